"""A plan as sections of short sentences, each with its citations: the one text of all formats.

The renderers only set it; none adds a clinical word of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from consilium.care.cautions import Caution
from consilium.evidence.sources import Citation
from consilium.guidance.labels import Label, LabelStatus
from consilium.guidance.standing import Standing
from consilium.guidance.voices import Agreement, Voice
from consilium.knowledge.edition import Edition
from consilium.planning import Plan, heard_by
from consilium.planning.plan import Cover, FactShown, Gap, KeyResult, NextLine, Option


class Item(msgspec.Struct, frozen=True):
    """One sentence. ``statement`` is the record it says, ``cites`` its numbered sources."""

    text: str
    kind: str = "plain"
    cites: tuple[int, ...] = ()
    statement: str = ""


class Section(msgspec.Struct, frozen=True):
    """A heading with its sentences and the sections inside it."""

    title: str
    items: tuple[Item, ...] = ()
    parts: tuple[Section, ...] = ()
    kind: str = ""


class Document(msgspec.Struct, frozen=True):
    """A whole plan as text."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def document(made: Plan, edition: Edition, *, brief: bool = False) -> Document:
    """Arrange a plan; ``brief`` keeps what fits one screen."""
    return _Writer(made, edition, brief=brief).document()


_STANCES = {
    "recommends": "recommends",
    "may_be_preferred": "says may be preferred",
    "would_consider": "would consider",
    "acceptable": "says one can choose",
    "depends_on": "makes it depend on",
    "only_in_trial": "only in a trial:",
    "advises_against": "advises against",
}
_LABELS = {
    LabelStatus.APPROVED: "approved for this patient",
    LabelStatus.OUTSIDE: "outside, approved for other patients",
    LabelStatus.UNDER_REVIEW: "under review",
    LabelStatus.NONE_FOUND: "no approval found when checked",
    LabelStatus.NOT_RECORDED: "not recorded here",
    LabelStatus.CANNOT_TELL: "cannot be told",
}
_CAUTIONS = {
    "contraindication": "Do not give",
    "caution": "Caution",
    "check-first": "Check first",
    "note": "Note",
}
_AGREEMENT = {
    Agreement.AGREE: "The people who speak for this patient agree.",
    Agreement.SPLIT: "The people who speak for this patient do not agree.",
    Agreement.ONE_SPEAKS: "One person speaks for this patient.",
    Agreement.NOBODY_SPEAKS: "No person in this edition speaks for this patient.",
}
_MOST = 3
_CHECKS = 5


class _Writer:
    def __init__(self, made: Plan, edition: Edition, *, brief: bool) -> None:
        self.made, self.edition, self.brief = made, edition, brief
        self.numbers = {shown.source: shown.number for shown in reversed(made.sources)}
        self.model = edition.model

    def document(self) -> Document:
        made = self.made
        return Document(
            title="Plan",
            subtitle=(
                f"edition {made.edition} · as of {made.as_of} · region {made.region} · "
                "educational, for health professionals"
            ),
            sections=tuple(
                section for section in self._sections() if section.items or section.parts
            ),
        )

    def _sections(self) -> Iterator[Section]:
        made = self.made
        yield self._patient()
        if made.refusal is not None:
            reason = Item(made.refusal.says, "stop", statement=made.refusal.exclusion)
            yield Section("Outside what this edition covers", (reason,), kind="refusal")
            yield self._understanding()
            return
        if made.cover:
            yield Section(
                "What this edition holds for this patient",
                tuple(Item(self._say_cover(c), "caution", statement=c.scope) for c in made.cover),
                kind="cover",
            )
        yield Section("Options", parts=tuple(self._option(o) for o in made.options), kind="options")
        if not made.options:
            yield Section(
                "Options",
                (Item("Nobody in this edition takes a stance for this patient as entered."),),
            )
        apart = made.against if self.brief else (*made.depends, *made.against)
        yield Section("Depends, or against", tuple(self._voice(voice) for voice in apart))
        yield self._experts()
        yield self._conflicts()
        if made.possible:
            yield (
                Section(
                    "Possible, once a missing fact is known",
                    parts=tuple(self._option(o) for o in made.possible),
                    items=(),
                    kind="possible",
                )
                if not self.brief
                else Section(
                    "Possible, once a missing fact is known",
                    tuple(self._possible(o) for o in made.possible),
                )
            )
        yield self._labels_only()
        yield self._gaps()
        yield self._trials()
        yield self._later()
        yield self._understanding()
        if not self.brief:
            yield self._overridden()
            yield self._facts()
        yield Section("Not considered", (Item("; ".join(made.not_considered) + "."),))
        yield self._sources()

    def _say_cover(self, cover: Cover) -> str:
        if not cover.missing:
            return cover.says
        return f"It may be, and cannot be told without {self._named(cover.missing)}: {cover.says}"

    def _named(self, facts: Iterable[str]) -> str:
        """Facts by their phrases; on one screen the first few and how many more."""
        names = list(dict.fromkeys(self._phrase(fact) for fact in facts))
        if not self.brief or len(names) <= _CHECKS + 1:
            return ", ".join(names)
        return f"{', '.join(names[:_CHECKS])} and {len(names) - _CHECKS} more"

    def _patient(self) -> Section:
        shown = [f.text for f in self.made.case if not self.brief or _tells(f)]
        return Section(
            "Patient", (Item("; ".join(dict.fromkeys(shown)) + ".", "fact"),), kind="patient"
        )

    def _cites(self, because: Iterable[Citation]) -> tuple[int, ...]:
        found = (self.numbers.get(citation.source) for citation in because)
        return tuple(sorted({number for number in found if number is not None}))

    def _option(self, option: Option) -> Section:
        cited = self._cites(c for v in option.voices for c in v.because)
        items = [
            self._label(option.label, option.regimen),
            Item(option.headline + ".", "headline", cited),
        ]
        items += self._results_in_brief(option) if self.brief else map(self._result, option.results)
        items += [Item(mark + ".", "caution") for mark in option.already]
        items += self._cautions_in_brief(option) if self.brief else self._cautions(option.cautions)
        if not self.brief:
            items += [self._voice(voice) for voice in option.voices]
        items += self._next(option.next_lines)
        return Section(
            option.name, tuple(items), kind="stop" if option.contraindicated else option.certainty
        )

    def _results_in_brief(self, option: Option) -> Iterator[Item]:
        by_trial: dict[str, list[KeyResult]] = {}
        for key in option.results:
            by_trial.setdefault(key.trial, []).append(key)
        for keys in list(by_trial.values())[:1]:
            said = []
            for key in keys[:2]:
                population = f" ({key.population})" if key.population else ""
                immature = ", immature" if "immature" in key.maturity else ""
                said.append(f"{key.short}{population}{immature}")
            cited = [c for key in keys[:2] for c in self.edition.results[key.result].because]
            flag = " (lowest tier)" if any(key.lowest_tier for key in keys[:2]) else ""
            against = f" against {keys[0].against}" if keys[0].against else ""
            text = f"{keys[0].name}{against}: {'; '.join(said)}{flag}."
            yield Item(text, "result", self._cites(cited), keys[0].result)

    def _cautions_in_brief(self, option: Option) -> Iterator[Item]:
        held = [
            c for c in option.cautions if not c.open and c.kind in ("contraindication", "caution")
        ]
        yield from self._cautions(tuple(held[:_MOST]))
        open_ = [c for c in option.cautions if c.open]
        asked = dict.fromkeys(self._phrase(fact) for c in open_ for fact in c.missing)
        forbids = any(c.kind == "contraindication" for c in open_)
        if asked:
            named = list(asked)[:_CHECKS]
            more = f" and {len(asked) - len(named)} more" if len(asked) > len(named) else ""
            word = "Check first, one may forbid it" if forbids else "Check first"
            shown = [c for c in open_ if set(c.missing) & set(named)]
            cited = self._cites(cited for c in shown for cited in c.because)
            yield Item(f"{word}: {', '.join(named)}{more}.", "caution", cited, open_[0].rule)

    def _label(self, label: Label, regimen: str) -> Item:
        text = _LABELS[label.status]
        if label.status is LabelStatus.APPROVED and label.since is not None:
            text += f" since {label.since}" + (
                " (first approval of the drug here; the date of this one is not stated)"
                if label.since_not_stated
                else ""
            )
        if label.status is LabelStatus.UNDER_REVIEW:
            text += f" since {label.since}" if label.since else ""
            text += f"; {label.also}" if label.also else ""
        if label.failing:
            text += f" ({', '.join(self._phrase(f) for f in label.failing)} in the way)"
        if label.missing:
            text += f", missing: {', '.join(self._phrase(f) for f in label.missing)}"
        cited = [c for name in label.approvals for c in self.edition.approvals[name].because]
        return Item(f"Label {self.made.region}: {text}.", "label", self._cites(cited), regimen)

    def _phrase(self, fact: str) -> str:
        return self.edition.facts[fact].phrase

    def _result(self, key: KeyResult) -> Item:
        notes = [key.population] if key.population else []
        notes += [key.maturity] if key.maturity not in ("", "not-stated") else []
        if key.crossover == "allowed":
            notes.append("crossover allowed")
        if key.fits == "unknown":
            notes.append("whether the patient fits the trial cannot be told")
        if key.lowest_tier:
            notes.append("seen on a page of the lowest tier only")
        notes.append(key.depth.replace("_", " "))
        cited = self.edition.results[key.result].because
        return Item(
            f"{key.name}: {key.text} ({'; '.join(notes)}).",
            "result",
            self._cites(cited),
            key.result,
        )

    def _cautions(self, found: tuple[Caution, ...]) -> Iterator[Item]:
        for caution in found:
            word = _CAUTIONS[caution.kind]
            kind = "stop" if caution.kind == "contraindication" else "caution"
            if caution.open:
                kind = "caution"
                missing = ", ".join(self._phrase(f) for f in caution.missing)
                word = f"Check {missing} first; {word.lower()} if it applies"
            yield Item(f"{word}: {caution.says}.", kind, self._cites(caution.because), caution.rule)

    def _voice(self, voice: Voice) -> Item:
        names = ", ".join(self._short(name) for name in voice.regimens)
        about = names or ", ".join(self._phrase(fact) for fact in voice.facts)
        text = f"{voice.name} {_STANCES[voice.stance.value]} {about}"
        if voice.over:
            text += f" over {', '.join(self._short(name) for name in voice.over)}"
        if voice.grading:
            text += f" ({voice.grading})"
        if voice.standing is Standing.EXTENDS:
            text += "; an extension: the source speaks of a neighbouring group"
        if voice.waiting:
            waiting = ", ".join(self._short(name) for name in voice.waiting)
            text += f"; waits for an approval here of {waiting}"
        if voice.missing:
            text += f"; cannot be told without {', '.join(self._phrase(f) for f in voice.missing)}"
        if voice.reasons:
            text += f". Because: {', '.join(reason.text for reason in voice.reasons)}"
        said = [cited.says for cited in voice.because if cited.says]
        if said:
            text += f". It says: {'; '.join(said)}"
        if voice.caveat:
            text += f". {voice.caveat}"
        text += f". Since {voice.since.replace('not-stated', 'a day that is not stated')}"
        if voice.overdue_since:
            text += f"; review overdue since {voice.overdue_since}"
        return Item(text + ".", "voice", self._cites(voice.because), voice.position)

    def _short(self, regimen: str) -> str:
        named = self.edition.regimens[regimen]
        return named.name

    def _next(self, lines: tuple[NextLine, ...]) -> list[Item]:
        if not lines:
            return []
        said = "; ".join(self._next_text(line) for line in lines[:_MOST])
        return [Item(f"Next, after progression: {said}.", "next")]

    def _next_text(self, line: NextLine, depth: int = 0) -> str:
        text = f"{' or '.join(line.names)} ({line.says})"
        if line.again and not self.brief:
            text += f" [{', '.join(dict.fromkeys(line.again))}]"
        if line.then and not self.brief and depth == 0:
            text += ", then " + " / ".join(self._next_text(part, 1) for part in line.then[:2])
        return text

    def _possible(self, option: Option) -> Item:
        missing = dict.fromkeys(f for voice in option.voices for f in voice.missing)
        return Item(
            f"{option.name}: {option.headline}; missing: {self._named(missing)}.",
            "possible",
            self._cites(c for v in option.voices for c in v.because),
        )

    def _labels_only(self) -> Section:
        items = []
        for option in self.made.labels_only:
            label = self._label(option.label, option.regimen)
            marks = "".join(f" {mark}." for mark in option.already)
            items.append(
                Item(f"{option.name}. {label.text}{marks}", "label", label.cites, option.regimen)
            )
        return Section(
            "On the label, but nobody here takes a stance",
            tuple(items[: 4 if self.brief else None]),
        )

    def _experts(self) -> Section:
        rows = []
        for name, heard in heard_by(self.made).items():
            said = "; ".join(
                f"{_STANCES[v.stance.value]} "
                + (
                    ", ".join(self._short(r) for r in v.regimens)
                    or ", ".join(self._phrase(f) for f in v.facts)
                )
                for v in heard
            )
            cites = self._cites(c for v in heard for c in v.because)
            rows.append(Item(f"{name}: {said}.", "voice", cites, heard[0].position))
        if not rows:
            return Section("Experts side by side")
        return Section(
            "Experts side by side", (Item(_AGREEMENT[self.made.agreement], "agreement"), *rows)
        )

    def _conflicts(self) -> Section:
        items = []
        for conflict in self.made.conflicts:
            one, other = (self.edition.positions[name] for name in conflict.positions)
            names = [self.edition.speakers[p.who].name for p in (one, other)]
            items.append(
                Item(
                    f"{names[0]} and {names[1]}: {conflict.says}.",
                    "conflict",
                    self._cites((*one.because, *other.because)),
                    one.id,
                )
            )
        return Section("Where they conflict", tuple(items))

    def _gaps(self) -> Section:
        items = []
        for gap in self._gaps_shown():
            changes = "; ".join(
                f"{change.answer}: {change.text}"
                for change in gap.would_change[: 2 if self.brief else None]
            )
            status = f" ({gap.status.replace('-', ' ')})" if gap.status != "unknown" else ""
            changes = f" {changes}." if changes else ""
            items.append(Item(f"{gap.ask}{status}{changes}", "gap", statement=gap.fact))
        return Section("Missing, and what it would change", tuple(items), kind="gaps")

    def _gaps_shown(self) -> tuple[Gap, ...]:
        if not self.brief:
            return self.made.gaps
        return tuple(gap for gap in self.made.gaps if gap.weight >= 1)[:_MOST]

    def _trials(self) -> Section:
        items = []
        for trial in self.made.trials:
            fit = "fits" if trial.fit == "yes" else "may fit"
            missing = (
                f"; unknown: {', '.join(self._phrase(f) for f in trial.missing)}"
                if trial.missing
                else ""
            )
            items.append(
                Item(
                    f"{trial.name} ({trial.nct}): {fit} as far as can be told{missing}. "
                    f"{trial.status.replace('-', ' ')} when checked {trial.checked}.",
                    "trial",
                    self._cites(trial.because),
                    trial.trial,
                )
            )
        return Section("Trials", tuple(items))

    def _later(self) -> Section:
        items = []
        for change in self.made.later:
            names = ", ".join(self._short(name) for name in change.regimens)
            fits = "for this patient" if change.fits == "yes" else "possibly for this patient"
            cited = self.edition.approvals[change.approval].because
            items.append(
                Item(
                    f"{names}: approved in {self.made.region} {fits} from {change.since}, "
                    "after the date of this plan.",
                    "label",
                    self._cites(cited),
                    change.approval,
                )
            )
        return Section("What came after this date", tuple(items))

    def _understanding(self) -> Section:
        items = [
            Item(f"{d.says} ({', '.join(d.where)}).", "caution", statement=d.fact)
            for d in self.made.discordant
        ]
        limit = 4 if self.brief else None
        items += [
            Item(f"Not understood: {n.what} ({n.where}): {n.why}.", "plain")
            for n in self.made.not_understood[:limit]
        ]
        left = len(self.made.not_understood) - len(self.made.not_understood[:limit])
        if left > 0:
            items.append(Item(f"{left} more not understood; see --format markdown.", "more"))
        return Section("In the record, but contradictory or not understood", tuple(items))

    def _overridden(self) -> Section:
        return Section(
            "Set aside by an exception of the same speaker",
            tuple(self._voice(v) for v in self.made.overridden),
        )

    def _facts(self) -> Section:
        items = []
        for fact in self.made.case:
            parts = [part for part in (fact.origin, fact.on, fact.how) if part]
            items.append(
                Item(
                    f"{fact.text} ({'; '.join(parts)})" if parts else fact.text,
                    "fact",
                    statement=fact.fact,
                )
            )
        return Section("Facts and where they come from", tuple(items))

    def _sources(self) -> Section:
        items = []
        for shown in self.made.sources:
            flag = "; lowest tier" if shown.lowest_tier else ""
            read = shown.depth.replace("_", " ")
            items.append(
                Item(
                    f"[{shown.number}] {shown.reference}. {shown.identifier} "
                    f"({read}, read {shown.read_on}{flag})",
                    "source",
                    (shown.number,),
                    shown.source,
                )
            )
        if self.brief:
            hint = "list them with --format markdown, or `consilium show source ID`"
            return Section("Sources", (Item(f"{len(items)} sources; {hint}.", "more"),))
        return Section("Sources", tuple(items))


def _tells(fact: FactShown) -> bool:
    """Whether a fact belongs in the one line that describes the patient."""
    if fact.how.startswith("follows"):
        return fact.fact in ("subtype", "her2_category") and fact.status == "known"
    if fact.how.startswith("counted"):
        named = fact.fact == "prior_drugs" and not fact.text.endswith("none")
        return fact.fact == "line" or named
    if fact.status == "partly-known":
        return bool(fact.origin)
    return fact.fact not in ("er_percent", "pr_percent", "setting", "primary_cancer")
