"""The statements that an edition holds, derived from its records and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from consilium.asking.statements import Cited, Kind, Statement
from consilium.asking.words import facets_of
from consilium.clinical.dates import Day
from consilium.evidence.sources import Citation, Source
from consilium.evidence.trials import Arm, Estimate, Fact, Harm, Limit, Result, Trial
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import RiskList, Silence
from consilium.knowledge.learning import Activity, Relationship
from consilium.knowledge.records import Approval, Code, Drug, Position
from consilium.planning.figures import figure, percent, ratio
from consilium.rules.say import say

_STANCES = {
    "recommends": "recommends",
    "would_consider": "would consider",
    "may_be_preferred": "finds that there may be preferred",
    "acceptable": "says one can choose",
    "depends_on": "says the choice depends on the facts of the case; named are",
    "only_in_trial": "names only within a trial",
    "advises_against": "advises against",
}
_ENDPOINT_FACETS = {
    "rwpfs": ("pfs", "real-world"),
    "rwos": ("os", "real-world"),
    "incidence-neutropenia": ("neutropenia",),
    "incidence-diarrhoea": ("diarrhoea",),
    "gcsf-use": ("prophylaxis", "g-csf-use"),
    "qol": ("qol",),
    "qol-ttd": ("qol",),
    "attrition": ("attrition",),
    "death-before-next-line": ("attrition",),
    "started-line": ("attrition", "subsequent"),
    "tfst": ("subsequent", "tfst"),
    "tsst": ("subsequent", "tsst"),
}
_TOPIC_FACETS = {
    "febrile-neutropenia": ("febrile-neutropenia", "prophylaxis", "neutropenia"),
    "g-csf": ("prophylaxis", "schedule"),
    "eye": ("ocular-surface-event",),
    "emesis": ("nausea", "vomiting", "premedication"),
    "infusion": ("infusion-reaction", "administration"),
    "bone-marrow": ("blood-counts", "neutropenia"),
    "cardiac": ("heart",),
    "ild": ("interstitial-lung-disease",),
    "alopecia": ("alopecia", "hair"),
    "pregnancy": ("pregnancy",),
}


def statements(edition: Edition) -> Iterator[Statement]:
    """Every statement of an edition, in a stable order."""
    for statement in _Deriving(edition).all():
        yield msgspec.structs.replace(statement, text=_with_standard_terms(statement.text))


class _Deriving:
    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.regimens = edition.regimens
        speaking = {
            record.who
            for record in (
                *edition.contents.positions,
                *edition.contents.care,
                *edition.contents.giving,
            )
            if not isinstance(record, Silence)
        }
        self.panels = [
            speaker
            for speaker in edition.contents.speakers
            if speaker.kind == "guideline" and speaker.id in speaking
        ]
        self.replaced = {
            old: new.since for new in edition.contents.positions for old in new.supersedes
        }

    def all(self) -> Iterator[Statement]:
        contents = self.edition.contents
        for activity in contents.activities:
            yield from self.activity(activity)
        for trial in contents.trials:
            yield from self.trial(trial)
        for drug in contents.drugs:
            yield from self.drug(drug)
        yield from self.approvals()
        yield from self.positions()
        yield from self.care()
        yield from self.words()
        yield from self.not_verified()

    # -- shared -------------------------------------------------------------------------------

    def cited(self, because: Iterable[Citation]) -> tuple[Cited, ...]:
        found: dict[str, Cited] = {}
        for citation in because:
            source = self.edition.sources[citation.source]
            read = source.reading(citation.read) or source.read[0]
            found.setdefault(
                citation.source,
                Cited(
                    source=source.id,
                    reference=source.reference,
                    depth=read.depth.value,
                    published=str(source.published),
                    at=citation.at,
                    identifier=source.doi or source.nct or source.url,
                ),
            )
        return tuple(found.values())

    def called(self, because: Iterable[Citation]) -> str:
        """By what else a statement may be looked for: the names of its sources."""
        named: dict[str, None] = {}
        for citation in because:
            source = self.edition.sources[citation.source]
            named[source.id.replace("-", " ")] = None
            named[source.reference.split(" ", 1)[0]] = None
        return " ".join(named)

    def therapies(self, names: Iterable[str]) -> tuple[str, ...]:
        """Drugs and classes of some regimens, as entities."""
        about: dict[str, None] = {}
        for name in names:
            if name in self.regimens:
                about[f"regimen:{name}"] = None
                drugs: Sequence[str] = self.edition.drugs_of(name)
            else:
                drugs = (name,) if name in self.edition.drugs else ()
            for drug in drugs:
                about[f"drug:{drug}"] = None
                for class_ in self.edition.drugs[drug].classes:
                    about[f"class:{class_}"] = None
        return tuple(about)

    def told(
        self,
        record: str,
        facts: Iterable[Fact],
        kind: Kind,
        *,
        about: tuple[str, ...] = (),
        facets: tuple[str, ...] = (),
        page: str = "",
    ) -> Iterator[Statement]:
        """The sourced sentences that a record of the vocabulary carries."""
        for fact in facts:
            yield Statement(
                id=f"{record}/fact-{_slug(fact.about)}",
                kind=kind,
                text=fact.says if fact.says.endswith(".") else f"{fact.says}.",
                citations=self.cited(fact.because),
                also=f"{fact.about} {fact.note} {self.called(fact.because)}".strip(),
                about=tuple(dict.fromkeys((*about, *self.mentioned(fact.says)))),
                facets=tuple(
                    dict.fromkeys((*facets, *_gap_facets(fact.about), *_facets_in(fact.says)))
                ),
                since=_source_day(self.edition, fact.because),
                page=page,
                note=fact.note,
                head=True,
            )

    def mentioned(self, text: str) -> Iterator[str]:
        """The drugs, classes and panels that a sentence names, as entities; a panel that speaks here."""
        for drug in self.edition.contents.drugs:
            if re.search(rf"\b{re.escape(drug.name)}\b", text, re.IGNORECASE):
                yield from self.therapies([drug.id])
        for class_ in self.edition.contents.classes:
            short = _CLASS_SHORTS.get(class_.id, class_.name)
            if class_.name.lower() in text.lower() or re.search(rf"\b{short}s?\b", text):
                yield f"class:{class_.id}"
        for speaker in self.panels:
            if re.search(rf"\b{speaker.short}\b", text):
                yield f"person:{speaker.short.lower()}"

    def name(self, regimen: str) -> str:
        if regimen in self.edition.drugs:
            drug = self.edition.drugs[regimen]
            short = f" ({drug.short})" if drug.short and drug.short != drug.name else ""
            return f"{drug.name}{short}"
        held = self.regimens.get(regimen)
        return held.name if held else regimen.replace("-", " ")

    def names(self, regimens: Iterable[str], word: str = "or") -> str:
        named = [self.name(r) for r in regimens]
        return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} {word} {named[-1]}"

    # -- the activity -------------------------------------------------------------------------

    def activity(self, act: Activity) -> Iterator[Statement]:
        here = self.cited([Citation(source=act.source)])
        since, page, about = _day(act.released), f"activity/{act.id}", f"activity:{act.id}"

        def at(place: str) -> tuple[Cited, ...]:
            return self.cited([Citation(source=act.source, at=place)])

        def meta(name: str, text: str, *facets: str, cite: Sequence[Cited] = here) -> Statement:
            return Statement(
                id=f"{act.id}/{name}",
                kind="meta",
                text=text,
                citations=tuple(cite),
                about=(about,),
                facets=facets,
                since=since,
                page=page,
                activity=True,
            )

        for point in act.points:
            who = self.edition.speakers[point.speaker] if point.speaker else None
            drugs = self.therapies(point.drugs)
            people = [f"person:{p.lower()}" for p in point.people]
            kind: Kind = "remark"
            if {"phase", "arms", "design", "crossover", "presenter"} & set(point.facets):
                kind = "trial"
            elif "results" in point.facets:
                kind = "result"
            elif {"payload", "target", "bystander"} & set(point.facets):
                kind = "drug"
            elif "boxed-warning" in point.facets:
                kind = "care"
            yield Statement(
                id=point.id,
                kind=kind,
                text=point.says,
                citations=at(point.at),
                about=(
                    *(f"trial:{t}" for t in point.trials),
                    *drugs,
                    *(f"class:{c}" for c in point.classes),
                    *people,
                    *((f"person:{who.short.lower()}",) if who else ()),
                ),
                facets=point.facets,
                who=who.name if who else "",
                since=since,
                page=page,
                activity=True,
                head=True,
            )
        yield meta(
            "title",
            f"The activity is called “{act.title}”; it is a commentary "
            f"({act.type_as_written}) in the series {act.series}.",
            "title",
            "series",
            "type",
        )
        yield meta(
            "released", f"The activity was released on {_long(act.released)}.", "released", "date"
        )
        yield meta(
            "provider",
            f"The activity is provided by {act.provider.as_written}.",
            "provider",
        )
        for support in act.supporters:
            yield meta(
                f"support-{support.organisation}",
                f"The activity was supported by an educational grant from {support.written}"
                if support.kind == "educational-grant"
                else f"The activity had support in kind from {support.written}",
                "supporter",
                "funding",
            )
        for banner in act.banners:
            yield meta(
                f"banner-{banner.organisation}",
                f"{banner.written} is named in a banner; what part it had is not said.",
                "banner",
            )
        yield meta("audience", f"The activity is meant for {act.audience.says}.", "audience")
        yield meta(
            "objectives",
            "Learning objectives, in our words: "
            + "; ".join(f"({n}) {o.says}" for n, o in enumerate(act.objectives, 1))
            + ".",
            "objectives",
        )
        yield meta(
            "questions",
            "The faculty answers "
            + {4: "four"}.get(len(act.questions), str(len(act.questions)))
            + " questions: "
            + "; ".join(f"({n}) {q.asks}" for n, q in enumerate(act.questions, 1)),
            "questions",
        )
        for n, question in enumerate(act.questions, 1):
            said = [self.edition.speakers[turn.speaker] for turn in question.turns]
            order = ", then ".join(f"Dr {speaker.short}" for speaker in said)
            names = dict.fromkeys(f"person:{speaker.short.lower()}" for speaker in said)
            base = meta(
                f"question-{question.id}",
                f"Question {n} of {len(act.questions)} (the {_ORDINALS[n - 1]} question): "
                f"{question.asks} Who answers it, in this order: {order}.",
                *dict.fromkeys(("questions", "author", *_facets_in(question.asks))),
                cite=at(question.at),
            )
            about_it = (about, *names, *self.mentioned(question.asks))
            yield Statement(**{**_fields(base), "about": about_it})
        if act.event:
            yield meta(
                "event",
                f"The questions came from the audience of a {act.event.kind}, "
                f"“{act.event.title}”, held after the {act.event.after}"
                f"{'; its own date is not stated' if act.event.held == 'not-stated' else ''}.",
                "webinar",
                "congress",
            )
        for poll in act.polls:
            if poll.premise is None:
                continue
            yield meta(
                "poll",
                f"The poll asks, in our words: {poll.asks} The page shows no options for it.",
                "poll",
            )
        if act.discussion:
            yield meta("discussion", f"Readers are asked: {act.discussion.asks}", "discussion")
        yield meta("abstract", f"What it is about, in our words: {act.abstract}", "abstract")
        if act.takeaways:
            yield meta(
                "takeaways",
                "Key takeaways, in our words: "
                + " ".join(f"({n}) {t.says}" for n, t in enumerate(act.takeaways, 1)),
                "takeaway",
                cite=at("key takeaways"),
            )
        if act.not_stated:
            yield meta(
                "not-stated",
                f"The page does not state: {'; '.join(act.not_stated)}.",
                "not-stated",
                "credit",
                "expires",
            )
        for member in act.faculty:
            speaker = self.edition.speakers[member.speaker]
            key = f"person:{speaker.short.lower()}"
            role = {
                "primary-author": "the primary author of the activity",
                "not-stated": "faculty of the activity; the page heads no role for this person",
            }.get(member.role, f"{member.role} of the activity")
            base = meta(
                f"role-{member.speaker}",
                f"{speaker.name}, {speaker.credentials}, is {role}.",
                "author",
                "role",
                "credentials",
            )
            yield Statement(**{**_fields(base), "about": (about, key), "who": ""})
            ties = [tie.kind for tie in member.disclosure.relationships]
            lacking = [_TIES[kind] for kind in _TIES if kind not in ties]
            base = meta(
                f"{member.speaker}-kinds",
                f"{speaker.name} discloses ties of {len(ties)} kinds: "
                f"{', '.join(_TIES.get(kind, kind) for kind in ties)}."
                + (f" None is listed under: {', '.join(lacking)}." if lacking else ""),
                "disclosure",
                cite=at(member.disclosure.at),
            )
            yield Statement(**{**_fields(base), "about": (about, key)})
            for tie in member.disclosure.relationships:
                text = f"{speaker.name} discloses: {_tie(tie)}."
                base = meta(
                    f"{member.speaker}-{tie.kind}",
                    text,
                    "disclosure",
                    f"disclosure-{tie.kind}",
                    cite=at(member.disclosure.at),
                )
                organisations = tuple(
                    f"company:{o.id}"
                    for spelled in tie.organisations
                    for o in self.edition.organisations_spelled.get(spelled, ())
                )
                yield Statement(**{**_fields(base), "about": (about, key, *organisations)})

    # -- trials -------------------------------------------------------------------------------

    def trial(self, trial: Trial) -> Iterator[Statement]:
        name = trial.names[0]
        arms = {arm.id: arm for arm in trial.arms}
        held = [arm.regimen for arm in trial.arms if arm.regimen] + [
            r for arm in trial.arms for r in arm.sequence
        ]
        experimental = [
            a.regimen for a in trial.arms if a.regimen and a.role in ("experimental", "cohort")
        ]
        about = (f"trial:{trial.id}", *self.therapies(experimental or held))
        first = _earliest(trial)
        cohort = trial.kind in ("cohort", "benchmark-set")

        whom = tuple(
            f
            for f in facets_of(trial.population.says + " " + trial.names[0])
            if f in ("tnbc", "hr-positive")
        )

        def made(  # one maker for all sentences of a trial
            key: str,
            text: str,
            because: Iterable[Citation],
            *facets: str,
            kind: Kind = "trial",
            **more: Any,
        ) -> Statement:
            held_because = tuple(because) or trial.because
            return Statement(
                id=f"{trial.id}/{key}",
                kind=kind,
                text=text,
                citations=self.cited(held_because),
                about=more.pop("about", about),
                facets=(*facets, *whom, *(("real-world",) if cohort else ())),
                also=self.called(held_because),
                page=f"trial/{trial.id}",
                since=more.pop("since", first),
                **more,
            )

        ids = [f"{k} {v}" for k, v in trial.other_ids.items()]
        numbers = ", ".join([*([trial.nct] if trial.nct else []), *trial.names[1:], *ids])
        phase = f"phase {_roman(trial.phase)} " if trial.phase[:1].isdigit() else ""
        randomised = trial.design is not None and trial.design.randomised == "yes"
        what = {
            "randomised-trial": f"{'randomised ' if randomised else ''}{phase}trial",
            "single-arm-trial": f"single-arm {phase}trial",
            "trial-in-progress": f"{phase}trial in progress",
            "cohort": "set of cohorts from routine care",
            "benchmark-set": "set of benchmark figures",
        }[trial.kind]
        yield made(
            "identity",
            f"{name}{f' ({numbers})' if numbers else ''} is a {what}.",
            trial.because,
            "phase",
            *(("nct",) if trial.nct else ()),
            "names",
            *(("randomised", "design") if trial.design is not None else ()),
            head=True,
        )
        yield made(
            "population",
            f"{name} population: {trial.population.says}.",
            trial.population.because,
            "population",
            "eligibility",
            "lines",
            *(("pd-l1", "immunotherapy") if "PD-" in trial.population.says else ()),
            head=True,
            note=trial.population.note,
        )
        papers = {
            s.id: _referenced(s)
            for c in (*trial.because, *(c for r in trial.results for c in r.because))
            if (s := self.edition.sources[c.source]).kind.value in ("paper", "congress-abstract")
        }
        if papers and not cohort:
            yield made(
                "publications",
                f"{name} is reported in: {'; '.join(papers.values())}.",
                [Citation(source=i) for i in papers],
                "publication",
                since="",
            )
        if trial.population.note:
            yield made(
                "population-note",
                f"{name}, more on its patients: {trial.population.note.rstrip('.')}.",
                trial.population.because,
                *dict.fromkeys(
                    (
                        "population",
                        "eligibility",
                        "baseline",
                        *_lines_of(trial.population.note),
                        *_facets_in(trial.population.note),
                    )
                ),
            )
        yield made(
            "status", f"{name} status: {trial.status.says}.", trial.status.because, "status",
            since="",
        )  # fmt: skip
        if trial.arms:
            parts = [
                f"{a.label}{f' ({a.therapy})' if a.therapy and a.therapy != a.label else ''}"
                for a in trial.arms
            ]
            yield made(
                "arms",
                f"{name} arms: {'; '.join(parts)}.",
                [c for a in trial.arms for c in a.because],
                "arms",
                "comparator",
                "dose-in-trial",
                "schedule",
                head=True,
            )
            sizes = [
                f"{a.label}: {', '.join(f'{n} ({p})' for p, n in a.n.items())}"
                for a in trial.arms
                if a.n
            ]
            if sizes:
                itt = [a.n.get("intention-to-treat", 0) for a in trial.arms]
                total = f" In all {sum(itt)} patients were assigned." if all(itt) else ""
                yield made(
                    "n",
                    f"{name} patients by arm: {'; '.join(sizes)}.{total}",
                    [c for a in trial.arms for c in a.because],
                    "n",
                    "size",
                    head=True,
                )
            if not sizes:
                first_result = next(
                    (r for r in trial.results if any(e.n for e in r.arms.values())), None
                )
                if first_result is not None and first_result.subgroup is None:
                    held_n = {k: e.n for k, e in first_result.arms.items() if e.n}
                    listed = "; ".join(f"{self.arm_name(arms, k)} {n}" for k, n in held_n.items())
                    yield made(
                        "n",
                        f"{name} patients by arm, as analysed: {listed}.",
                        first_result.because,
                        "n",
                        "size",
                        head=True,
                    )
            mixes = [(a, a.mix) for a in trial.arms if a.mix]
            for arm, mix in mixes:
                unit = " %" if arm.mix_unit == "percent" else ""
                yield made(
                    f"mix-{arm.id}",
                    f"{name}, drugs of the {arm.label} arm: "
                    + ", ".join(f"{self.name(k)} {v:g}{unit}" for k, v in mix.items())
                    + ".",
                    arm.because,
                    "comparator",
                    "arms",
                    "mix",
                )
        if trial.design:
            d = trial.design
            if d.crossover != "not-stated":
                said = (
                    "allowed crossover from the comparator arm"
                    if d.crossover == "allowed"
                    else "did not allow crossover"
                )
                yield made(
                    "crossover",
                    f"{name} {said}. {d.crossover_note}".strip(),
                    d.because,
                    "crossover",
                    "design",
                    head=True,
                )
            design = [
                part
                for part in (
                    {"yes": "randomised", "no": "not randomised"}.get(d.randomised, ""),
                    d.allocation if d.allocation != "not-stated" else "",
                    d.masking if d.masking != "not-stated" else "",
                    f"stratified by {', '.join(d.stratified_by)}" if d.stratified_by else "",
                )
                if part
            ]
            if design:
                yield made(
                    "design",
                    f"{name} design: {', '.join(design)}.{f' {d.note}' if d.note else ''}",
                    d.because,
                    "design",
                    "randomised",
                    *(("masking",) if d.masking != "not-stated" else ()),
                    *(("allocation",) if d.allocation != "not-stated" else ()),
                    *(("stratified",) if d.stratified_by else ()),
                    head=True,
                )
        if trial.eligibility is not None:
            yield made(
                "eligibility",
                f"{name} took patients with {say(trial.eligibility, self.edition.model)}.",
                trial.population.because,
                "eligibility",
                "population",
            )
        for fact in trial.facts:
            yield made(
                f"fact-{_slug(fact.about)}",
                f"{name}, {fact.about}: {fact.says}{'' if fact.says.endswith('.') else '.'}",
                fact.because,
                *dict.fromkeys((*_gap_facets(fact.about), *_facets_in(fact.says))),
                since=_source_day(self.edition, fact.because),
            )
        for fact in trial.conflicts:
            yield made(
                f"conflict-{_slug(fact.about)}",
                f"{name}, sources differ on {fact.about}: {fact.says}"
                f"{'' if fact.says.endswith('.') else '.'}",
                fact.because,
                "conflict",
                *_facets_in(fact.about),
                since=_source_day(self.edition, fact.because),
            )
        for result in trial.results:
            yield self.result(trial, arms, result)
        for harm in trial.harms:
            yield self.harm(trial, arms, harm)
        for lacking in trial.not_found:
            yield made(
                f"gap-{_slug(lacking)}",
                f"{name}: looked for and not found in the stored sources: {lacking}.",
                trial.because,
                *_gap_facets(lacking),
                kind="gap",
            )

    def arm_name(self, arms: dict[str, Arm], key: str) -> str:
        arm = arms.get(key)
        alone = arm is not None and sum(a.regimen == arm.regimen for a in arms.values()) == 1
        if arm and arm.regimen and alone:
            held = self.regimens[arm.regimen]
            drugs = [self.edition.drugs[d] for d in self.edition.drugs_of(arm.regimen)]
            if len(drugs) == 1 and drugs[0].short and drugs[0].name == held.name:
                return f"{held.name} ({drugs[0].short})"
            return held.name
        return arm.label if arm else key.replace("-", " ")

    def result(self, trial: Trial, arms: dict[str, Arm], result: Result) -> Statement:
        endpoint = self.edition.endpoints[result.endpoint]
        label = endpoint.name + (
            f" ({endpoint.short})" if endpoint.short and endpoint.short != endpoint.name else ""
        )
        group = (
            f"subgroup {result.subgroup.factor} {result.subgroup.level}".strip()
            if result.subgroup
            else ""
        )
        context = [
            {"bicr": "blinded central review", "investigator": "investigator-assessed"}.get(
                result.assessor, ""
            ),
            result.analysis_population if result.analysis_population != "not-stated" else "",
            group,
        ]
        shown = ", ".join(part for part in context if part)
        parts = [
            f"{self.arm_name(arms, key)} {_estimate(estimate)}"
            for key, estimate in result.arms.items()
            if _estimate(estimate)
        ]
        text = f"{trial.names[0]}, {label}{f' ({shown})' if shown else ''}: "
        text += " v ".join(parts)
        contrast = result.contrast
        if contrast is not None and isinstance(contrast.value, int | float):
            interval = (
                f" (95 % CI {ratio(contrast.ci95[0])} to {ratio(contrast.ci95[1])})"
                if contrast.ci95
                else ""
            )
            measure = contrast.measure.replace("_", " ")
            measure = "hazard ratio (HR)" if measure == "hazard ratio" else measure
            text += f"{'; ' if parts else ''}{measure} {ratio(contrast.value)}{interval}"
            text += f", p {_p(contrast.p)}" if contrast.p else ""
        elif contrast is not None and contrast.p:
            text += f"; p {_p(contrast.p)}"
        if not parts and contrast is None:
            text += "no figure in the stored sources"
        if result.median_follow_up is not None:
            text += f"; median follow-up {figure(result.median_follow_up.months)} months"
        if result.maturity != "not-stated":
            text += f"; {result.maturity}"
        if isinstance(result.data_cutoff, Day):
            text += f"; data cut-off {_long(result.data_cutoff)}"
        text += "."
        parted = result.subgroup is not None or result.holds_for is not None
        if parted or any(e.events for e in result.arms.values()):
            text += self.sizes(arms, result)
        for mark in result.landmarks:
            shares = [f"{self.arm_name(arms, k)} {_estimate(v)}" for k, v in mark.arms.items()]
            text += f" At {mark.month:g} months {' v '.join(shares)}."
        if result.note:
            text += f" {result.note}"
        facets = list(_ENDPOINT_FACETS.get(result.endpoint, (result.endpoint,)))
        facets.append("results")
        if result.subgroup or result.holds_for is not None:
            facets += ["subgroup", *_facets_in(f"{result.analysis_population} {group}")]
        if contrast is not None:
            facets.append("hr")
        if result.median_follow_up is not None:
            facets.append("follow-up")
        if any(e.median_months is not None for e in result.arms.values()):
            facets.append("median")
        if result.landmarks:
            facets.append("landmark")
        if result.role == "primary":
            facets.append("primary-endpoint")
        if "immature" in result.maturity:
            facets.append("maturity")
        if isinstance(result.data_cutoff, Day):
            facets.append("data-cut-off")
        if contrast is not None and contrast.p:
            facets.append("p-value")
        if (contrast is not None and contrast.ci95) or any(e.ci95 for e in result.arms.values()):
            facets.append("interval")
        superseded = {old for r in trial.results for old in r.supersedes}
        cohort = trial.kind in ("cohort", "benchmark-set")
        if cohort:
            facets.append("real-world")
        if any(a.sequence for a in trial.arms):
            facets.append("sequence")
        shown_arms = [a for k, a in arms.items() if k in result.arms]
        regimens = [r for a in shown_arms for r in (a.regimen, *a.sequence) if r]
        if cohort and not regimens:
            regimens = [r for a in arms.values() for r in (a.regimen, *a.sequence) if r]
        if not {"tnbc", "hr-positive"} & set(facets):
            facets += [f for f in facets_of(trial.population.says) if f in ("tnbc", "hr-positive")]
        return Statement(
            id=result.id,
            kind="result",
            text=text,
            citations=self.cited(result.because),
            also=self.called(result.because),
            group=group or (result.analysis_population if result.holds_for is not None else ""),
            about=(f"trial:{trial.id}", *self.therapies(regimens)),
            facets=tuple(dict.fromkeys(facets)),
            since=_day(result.since),
            page=f"trial/{trial.id}",
            head=result.subgroup is None
            and result.id not in superseded
            and result.analysis_population in ("intention-to-treat", "not-stated")
            and (result.assessor != "investigator" or result.role == "primary"),
        )

    def sizes(self, arms: dict[str, Arm], result: Result) -> str:
        """How many patients and events the arms of a part of a trial had."""
        held = [
            f"{self.arm_name(arms, key)} {e.n}" + (f" ({e.events} events)" if e.events else "")
            for key, e in result.arms.items()
            if e.n and not (e.count and e.percent is not None)
        ]
        return f" Patients: {', '.join(held)}." if held else ""

    def harm(self, trial: Trial, arms: dict[str, Arm], harm: Harm) -> Statement:
        term = self.edition.adverse_events[harm.term]
        grade = {
            "any": "any grade",
            "3-or-worse": "grade 3 or worse",
            "2-or-worse": "grade 2 or worse",
            "not-applicable": "",
        }.get(harm.grade, f"grade {harm.grade}")
        parts = [
            f"{self.arm_name(arms, key)} {_estimate(e)}"
            for key, e in harm.arms.items()
            if _estimate(e)
        ]
        name = term.name + (f" ({term.short})" if term.short else "")
        whole = ("not-stated", "safety set", "intention-to-treat", "treated patients")
        group = "" if harm.analysis_population in whole else harm.analysis_population
        if not parts:
            parts = ["no figure in the stored sources"]
        text = (
            f"{trial.names[0]}, {name}{f', {grade}' if grade else ''}"
            f"{f' ({group})' if group else ''}: {' v '.join(parts)} ({harm.basis})."
        )
        return Statement(
            id=harm.id,
            kind="harm",
            text=text + (f" {harm.note}" if harm.note else ""),
            citations=self.cited(harm.because),
            about=(
                f"trial:{trial.id}",
                *self.therapies(
                    [a.regimen for k, a in arms.items() if k in harm.arms and a.regimen]
                ),
            ),
            facets=(
                "harm",
                harm.term,
                *(("grade-3",) if harm.grade.startswith("3") else ()),
                *(("fatal-adverse-event",) if harm.grade == "5" else ()),
                *(("exposure-adjusted",) if "exposure" in harm.basis else ()),
                *(("subgroup", *_facets_in(group)) if group else ()),
            ),
            also=self.called(harm.because),
            group=group,
            since=_day(harm.since),
            page=f"trial/{trial.id}",
            head="exposure" not in harm.basis and not group,
        )

    # -- drugs, labels, advice, care ----------------------------------------------------------

    def drug(self, drug: Drug) -> Iterator[Statement]:
        about = self.therapies([drug.id])
        yield from self.told(drug.id, drug.facts, "drug", about=about, page=f"drug/{drug.id}")
        yield from self.coded(drug, about)
        if not drug.because:
            return
        cited = self.cited(drug.because)
        name = self.name(drug.id)

        def made(key: str, text: str, *facets: str) -> Statement:
            return Statement(
                id=f"{drug.id}/{key}",
                kind="drug",
                text=text,
                citations=cited,
                about=about,
                facets=facets,
                page=f"drug/{drug.id}",
                head=True,
            )

        classes = ", ".join(self.edition.classes[c].name for c in drug.classes[:1])
        called = [b for b in (*drug.brands, *drug.names) if b.lower() != drug.name.lower()]
        called = list(dict.fromkeys(called))
        brand = f" Brand name: {', '.join(drug.brands)}." if drug.brands else ""
        also = f" Also called {', '.join(called)}." if called else ""
        yield made("names", f"{name} is a {classes}.{brand}{also}", "names", "brand", "class")
        if drug.payload:
            kind = drug.payload_class.replace("-", " ").replace(
                "topoisomerase 1", "topoisomerase I"
            )
            yield made(
                "payload",
                f"The payload of {name} is {drug.payload} ({kind}).",
                "payload",
                "mechanism",
            )
        if drug.linker:
            yield made("linker", f"The linker of {name}: {drug.linker}.", "linker", "mechanism")
        if drug.target or drug.antibody:
            yield made(
                "target",
                f"{name} is directed against {drug.target.upper()}; antibody: {drug.antibody}.",
                "target",
                "antibody",
                "mechanism",
            )
        if drug.drug_to_antibody_ratio is not None:
            yield made(
                "dar",
                f"The drug-to-antibody ratio (DAR) of {name} is {drug.drug_to_antibody_ratio:g}.",
                "dar",
            )
        if drug.bystander_effect:
            has = "has" if drug.bystander_effect == "yes" else "has no"
            yield made("bystander", f"{name} {has} bystander effect.", "bystander", "mechanism")
        if drug.payload and drug.drug_to_antibody_ratio is not None:
            yield made(
                "profile",
                f"{name} in short: directed against {drug.target.upper()}; payload {drug.payload}; "
                f"linker {drug.linker}; drug-to-antibody ratio (DAR) {drug.drug_to_antibody_ratio:g}.",
                "dar",
                "payload",
                "linker",
                "target",
            )
        if drug.makers:
            yield made("maker", f"{name} is made by {' and '.join(drug.makers)}.", "maker")
        if drug.route:
            yield made("route", f"{name} is given as {drug.route}.", "route", "administration")
        if drug.note:
            yield made("note", f"{name}: {drug.note}", "warning", "interchange")

    def coded(self, drug: Drug, about: tuple[str, ...]) -> Iterator[Statement]:
        held = [c for c in drug.codes if c.because]
        if held:
            yield Statement(
                id=f"{drug.id}/codes",
                kind="drug",
                text=f"Codes of {self.name(drug.id)}: {'; '.join(_coded(c) for c in held)}.",
                citations=self.cited([b for c in held for b in c.because]),
                about=about,
                facets=("loinc",),
                page=f"drug/{drug.id}",
            )

    def approvals(self) -> Iterator[Statement]:
        for held in self.edition.contents.approvals:
            regions = ", ".join(_REGIONS.get(r.value, r.value) for r in held.regions)
            regulator = self.edition.speakers[held.regulator]
            when = say(held.when, self.edition.model) if held.when is not None else ""
            what = held.says or when
            dated = isinstance(held.since, Day) and held.status != "none-found"
            day = f", {_long(held.since)}" if dated else ""
            until = f" It ended on {_long(held.until)}." if held.until else ""
            words = {
                "approved": "approved",
                "under-review": "under review",
                "none-found": "not approved as far as found, and no approval found when checked on "
                f"{_long(held.checked)}",
            }
            yield Statement(
                id=held.id,
                kind="approval",
                text=f"{self.names(held.regimens)}, {regions} ({regulator.short}): "
                f"{words[held.status]}{day}: {what}.{until}",
                citations=self.cited(held.because),
                about=self.therapies(held.regimens),
                facets=(
                    "approval",
                    "indication",
                    f"approval-{held.status}",
                    *_lines(held, what),
                    *_facets_in(what),
                ),
                since=_day(held.since),
                until=str(held.until or ""),
                regions=tuple(r.value for r in held.regions),
                page=f"approval/{held.id}",
                head=held.status == "approved" and held.until is None,
            )

    def positions(self) -> Iterator[Statement]:
        pages = {a.source for a in self.edition.contents.activities}
        for held in self.edition.contents.positions:
            who = self.edition.speakers[held.who]
            on_page = bool(pages & {c.source for c in held.because})
            yield self.position(held, who.short or who.name, on_page)

    def position(self, held: Position, who: str, on_page: bool) -> Statement:
        named = held.regimens or ()
        what = self.names(named) if named else ""
        if held.stance.value == "depends_on":
            what = ", ".join(self.edition.facts[f].phrase for f in held.facts)
        over = f" over {self.names(held.over)}" if held.over else ""
        waits = ", once approved" if held.premise else ""
        grading = ""
        if held.grading:
            g = held.grading
            category = f"category {g.category}" if g.category[:1].isdigit() else g.category
            inner = ", ".join(x for x in (category, g.level, g.recommendation) if x)
            grading = f" ({g.scale.upper()}: {inner})" if inner else ""
        stance = _STANCES[held.stance.value]
        if self.edition.speakers[held.who].kind == "guideline" and isinstance(held.since, Day):
            since = f", in the version of {_long(held.since)},"
        else:
            since = ""
        replaced = self.replaced.get(held.id)
        later = f" Superseded by the version of {_long(replaced)}." if replaced else ""
        classes = [
            set(self.edition.drugs[d].classes) for n in named for d in self.edition.drugs_of(n)
        ]
        for class_, plural in _PLURALS.items():
            if classes and all(class_ in held_classes for held_classes in classes):
                what += f" ({plural if len(named) > 1 else plural.rstrip('s')})"
        text = (
            f"{who}{since} {stance} {what}{over}{waits}{grading} for: "
            f"{say(held.when, self.edition.model)}."
        )
        return Statement(
            id=held.id,
            kind="position",
            text=text + (f" {held.caveat}" if held.caveat else "") + later,
            citations=self.cited(held.because),
            about=(
                *self.therapies(named),
                f"person:{who.lower()}",
                *(f"trial:{t}" for t in _trials_of(self.edition, held.results)),
            ),
            facets=("advice", "opinion", *_lines_of(text), *_facets_in(text)),
            who=self.edition.speakers[held.who].name,
            since=_day(held.since),
            until=str(held.until or ""),
            regions=tuple(r.value for r in held.regions),
            page=f"position/{held.id}",
            activity=on_page,
        )

    def care(self) -> Iterator[Statement]:
        for rule in self.edition.contents.care:
            facets = list(_TOPIC_FACETS.get(rule.topic, (rule.topic,) if rule.topic else ()))
            if rule.kind == "contraindication":
                facets.append("contraindication")
            yield self.given(rule, rule.kind, facets)
        for item in self.edition.contents.giving:
            if isinstance(item, Silence):
                continue  # it cites nothing; its gaps are listed as not verified
            facets = list(_TOPIC_FACETS.get(item.topic, (item.topic,) if item.topic else ()))
            facets += _GIVING_FACETS.get(item.kind, (item.kind,))
            yield self.given(item, item.kind, facets)

    def given(self, rule: Any, kind: str, facets: list[str]) -> Statement:
        who = self.edition.speakers[rule.who]
        regions = tuple(r.value for r in rule.regions)
        lead = self.name(rule.drug)
        label = who.short or who.name
        what = "recommended dose and schedule: " if kind == "dose" else ""
        says = rule.says
        if isinstance(rule, RiskList):
            says += ": " + ", ".join(f.says for f in rule.factors)
        facets += [f for f in _facets_in(says) if f not in facets]
        if "boxed" in rule.id or "box-" in rule.id:
            facets.append("boxed-warning")
        return Statement(
            id=rule.id,
            kind="care",
            text=f"{lead} ({label}): {what}{says}{'' if says.endswith('.') else '.'}",
            citations=self.cited(rule.because),
            also=f"{rule.note} {self.called(rule.because)}",
            about=(
                *self.therapies([rule.drug]),
                *((f"person:{label.lower()}",) if who.kind in ("person", "guideline") else ()),
            ),
            facets=("care", kind, *dict.fromkeys(facets)),
            who=who.name if who.kind in ("person", "guideline") else "",
            since=_day(rule.since),
            until=str(rule.until or ""),
            regions=regions,
            page=f"care/{rule.id}",
            note=rule.note,
            head=True,
        )

    def words(self) -> Iterator[Statement]:
        contents = self.edition.contents
        for term in (*contents.adverse_events, *contents.endpoints):
            yield from self.told(f"term/{term.id}", term.facts, "definition", facets=(term.id,))
        for speaker in contents.speakers:
            yield from self.told(
                f"speaker/{speaker.id}",
                speaker.facts,
                "definition",
                about=(f"person:{(speaker.short or speaker.name).lower()}",),
            )
        for fact in contents.facts:
            yield from self.told(
                f"fact/{fact.id}",
                fact.facts,
                "definition",
                about=(f"fact:{fact.id}",),
                facets=("definition", *_facets_in(fact.phrase)),
                page=f"fact/{fact.id}",
            )
            coded = [c for c in fact.codes if c.because]
            if coded:
                yield Statement(
                    id=f"fact/{fact.id}-codes",
                    kind="definition",
                    text=f"Codes for {fact.phrase}: {'; '.join(_coded(c) for c in coded)}.",
                    citations=self.cited([b for c in coded for b in c.because]),
                    about=(f"fact:{fact.id}",),
                    facets=("loinc", *_facets_in(fact.phrase)),
                    page=f"fact/{fact.id}",
                )
            why = fact.why or "; ".join(c.says for c in fact.because if c.says)
            if not fact.because or not why:
                continue
            values = "; ".join(f"{k}: {v}" for k, v in fact.values.items())
            yield Statement(
                id=f"fact/{fact.id}",
                kind="definition",
                text=f"{fact.phrase[:1].upper()}{fact.phrase[1:]}: {why}"
                + ("" if why.endswith(".") else ".")
                + (f" Values: {values}." if values and len(values) < 300 else ""),
                citations=self.cited(fact.because),
                about=(f"fact:{fact.id}",),
                facets=("definition", *_facets_in(f"{fact.phrase} {why} {values}")),
                page=f"fact/{fact.id}",
            )

    def not_verified(self) -> Iterator[Statement]:
        """What was looked for on a drug or in a guideline; it cites what was read of either."""
        for record in self.edition.contents.not_verified:
            name, about, read, page = self.looked_at(record.about)
            if record.held_otherwise or not read:
                continue
            yield Statement(
                id=f"not-verified/{record.id}",
                kind="gap",
                text=f"{name}: looked for and not verified in the stored sources: {record.what} "
                f"({record.why}).",
                citations=self.cited(read[:2]),
                about=tuple(
                    dict.fromkeys((*about, *self.mentioned(f"{record.about} {record.what}")))
                ),
                facets=_gap_facets(record.what),
                page=page,
            )

    def looked_at(self, what: str) -> tuple[str, tuple[str, ...], list[Citation], str]:
        """A drug, a regimen or a panel by name: its entities, what was read of it, its page."""
        contents = self.edition.contents
        drugs = [what] if what in self.edition.drugs else []
        if what in self.regimens:
            drugs = list(self.edition.drugs_of(what))
        if drugs:
            rules = [*contents.care, *(g for g in contents.giving if not isinstance(g, Silence))]
            read = [c for d in drugs for c in self.edition.drugs[d].because] or [
                c for rule in rules if rule.drug in drugs for c in rule.because
            ]
            return self.name(what), self.therapies([what]), read, f"drug/{drugs[0]}"
        panel = what.split(",", maxsplit=1)[0].split(maxsplit=1)[0]
        held = {panel.short: panel.id for panel in self.panels}
        read = [c for p in contents.positions if p.who == held.get(panel) for c in p.because]
        return what, (f"person:{panel.lower()}",), read, ""


_GIVING_FACETS: dict[str, tuple[str, ...]] = {
    "dose": ("dose", "schedule", "dose-reduction"),
    "gate": ("gate", "blood-counts", "neutropenia"),
    "event": ("management", "dose-reduction"),
    "prophylaxis": ("prophylaxis",),
    "premedication": ("premedication",),
    "infusion": ("administration", "infusion"),
    "support-dose": ("dose", "management"),
    "risk-list": ("risk-factors", "febrile-neutropenia", "prophylaxis"),
    "adjustment": ("dose-reduction",),
}


def _referenced(source: Source) -> str:
    numbers = [f"doi {source.doi}"] * bool(source.doi) + [f"PMID {source.pmid}"] * bool(source.pmid)
    return f"{source.reference.rstrip('.')} ({', '.join(numbers)})" if numbers else source.reference


_STANDARD = tuple(
    (re.compile(plain), term, re.compile(known, re.IGNORECASE))
    for plain, term, known in (
        (r"\bconjugates\b", "ADCs", r"\bADCs?\b|antibody.drug"),
        (r"\bconjugate\b", "ADC", r"\bADCs?\b|antibody.drug"),
        (r"\bgrowth factor\b(?! support)", "G-CSF", r"\bG-CSF\b"),
        (
            r"\b(?:haematological |non-haematological |severe )?harm\b(?! to the unborn)",
            "toxicity",
            r"toxic",
        ),
        (r"\bunborn child\b", "embryo-fetal toxicity", r"f(?:o)?etal"),
        (r"(?<=: )hold\b", "withhold", r"withh"),
        (r"\bblood counts?\b", "CBC", r"\bCBC\b"),
        (r"\bneutrophil count\b|\bneutrophils\b", "ANC", r"\bANC\b"),
        (r"\bevery year\b", "annually", r"annual"),
        (r"\b[Hh]air loss\b", "alopecia", r"alopecia"),
        (r"\bsore mouth\b", "stomatitis", r"stomatitis|mucositis"),
        (r"\bwent with\b(?! atezolizumab| receptor| better)", "was associated with", r"associated"),
        (r"\bnot raised again\b", "no re-escalation", r"escalat"),
        (r"\balone\b(?=,)", "monotherapy", r"monotherap"),
        (r"\bwatch(?:ed)?\b", "monitor", r"monitor"),
        (r"\bexfoliative skin reaction\b", "SJS, TEN or DRESS", r"DRESS"),
        (r"\beye examination\b", "ophthalmic examination", r"ophthalm"),
        (r"\bat the start\b", "initiation", r"initiation"),
        (r"\bfundus\b", "fundoscopy", r"fundosc"),
        (r"\bejection fraction\b", "LVEF", r"\bLVEF\b"),
        (r"\bnot to be given\b|\bnot given\b", "contraindicated", r"contraindicat"),
    )
)
"""Plain words of the edition, the term of the field, and what makes the term superfluous."""


def _with_standard_terms(text: str) -> str:
    """A sentence with the term of the field put behind the first plain word for it."""
    for plain, term, known in _STANDARD:
        found = plain.search(text)
        if found and not known.search(text):
            text = f"{text[: found.end()].rstrip()} ({term}){text[found.end() :]}"
    return text


def _coded(code: Code) -> str:
    note = f" ({code.note})" if code.note else ""
    return f"{code.system} {code.code}, {code.display}{note}"


def _fields(statement: Statement) -> dict[str, Any]:
    return {name: getattr(statement, name) for name in statement.__struct_fields__}


def _day(day: Day | str | None) -> str:
    return day.last.isoformat() if isinstance(day, Day) else ""


_MONTHS = (
    "January February March April May June July August September October November December"
).split()


def _long(day: Day | str | None) -> str:
    text = day.text if isinstance(day, Day) else str(day or "")
    parts = text.split("-")
    if len(parts) < 2 or not parts[0].isdigit():
        return text
    month = _MONTHS[int(parts[1]) - 1]
    return f"{int(parts[2])} {month} {parts[0]}" if len(parts) > 2 else f"{month} {parts[0]}"


def _roman(phase: str) -> str:
    return {"1": "I", "2": "II", "3": "III"}.get(phase, phase)


def _p(text: str) -> str:
    return text if text[:1] in "<>=" else f"= {text}"


def _slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split()[:7])


def _limit(value: Limit) -> str:
    return value.replace("-", " ") if isinstance(value, str) else figure(value)


def _estimate(estimate: Estimate) -> str:
    interval = (
        f" (95 % CI {_limit(estimate.ci95[0])} to {_limit(estimate.ci95[1])})"
        if estimate.ci95
        else ""
    )
    if isinstance(estimate.median_months, int | float):
        return f"median {figure(estimate.median_months)} months{interval}"
    if estimate.median_months == "not-reached":
        return f"median not reached{interval}"
    if estimate.percent is not None:
        of = f" ({estimate.count} of {estimate.n})" if estimate.count and estimate.n else ""
        return f"{percent(estimate.percent)}{interval}{of}"
    if estimate.value is not None:
        return f"{figure(estimate.value)} {estimate.unit}".rstrip() + interval
    if estimate.count is not None:
        of = f" of {estimate.n}" if estimate.n else ""
        return f"{estimate.count}{of} patients"
    return estimate.note


_CLASS_SHORTS = {"growth-factor": "G-CSF", "antibody-drug-conjugate": "ADC"}
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_TIES = {
    "consultant-or-adviser": "consultant or adviser",
    "honoraria": "honoraria",
    "research-paid-to-institution": "research paid to the institution",
    "shares-or-options": "individual publicly traded stock or options",
    "other-support": "other financial or material support",
    "royalties-or-patents": "royalties or patents",
}


def _tie(tie: Relationship) -> str:
    words = _TIES.get(tie.kind, tie.kind)
    if tie.organisations:
        return f"{words} ({len(tie.organisations)}): {', '.join(tie.organisations)}"
    return f"{words}: " + "; ".join(f"{p.number} ({p.status}), on {p.about}" for p in tie.patents)


def _earliest(trial: Trial) -> str:
    days = [r.since.last for r in trial.results if isinstance(r.since, Day)]
    return min(days).isoformat() if days else ""


def _source_day(edition: Edition, because: Iterable[Citation]) -> str:
    days = [
        source.published.last
        for c in because
        if isinstance((source := edition.sources[c.source]).published, Day)
    ]
    return min(days).isoformat() if days else ""


def _trials_of(edition: Edition, results: Iterable[str]) -> tuple[str, ...]:
    wanted = set(results)
    return tuple(t.id for t in edition.contents.trials if any(r.id in wanted for r in t.results))


def _lines(held: Approval, what: str) -> tuple[str, ...]:
    return _lines_of(what)


def _lines_of(text: str) -> tuple[str, ...]:
    lower = text.lower()
    return ("lines",) if "line" in lower else ()


_PLURALS = {"trop-2-directed-adc": "TROP-2-directed ADCs", "parp-inhibitor": "PARP inhibitors"}
_REGIONS = {"CN": "CN/China"}
_NOISE = frozenset(
    """results approval advice opinion author names reason status disclosure disclosure-shares-or-options
    comparator masking nct series population arms n objectives maker webinar forecast design lines
    agreement orr sequence landmark released released-on real-world patient-numbers half-life""".split()
)
"""Subjects that a passing word of our own sentences would give them."""


def _facets_in(text: str) -> tuple[str, ...]:
    return tuple(f for f in facets_of(text) if f not in _NOISE)


def _gap_facets(lacking: str) -> tuple[str, ...]:
    return tuple(
        f
        for f in facets_of(lacking, every=True)
        if f
        not in ("results", "disclosure", "risk-factors", "disclosure-shares-or-options", "status")
    )
