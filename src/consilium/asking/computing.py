"""Questions that are worked out rather than looked up: a plan, dates, a comparison."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from consilium.asking.answer import Answer, Computed, Link, Said
from consilium.asking.asked import REGIONS
from consilium.asking.dating import calendar, dates, first_day, interval, relapse, say_day
from consilium.asking.describing import Described, as_input, described
from consilium.asking.gating import gate
from consilium.asking.retrieval import ranked
from consilium.asking.words import plain

if TYPE_CHECKING:
    from consilium.asking.asked import Asked
    from consilium.asking.asking import Asker
    from consilium.asking.statements import Statement
    from consilium.clinical.patient import PatientCase
    from consilium.planning.plan import Option, Plan, TrialFit

_WANTS_PLAN = re.compile(
    r"\bchoices\b|\bpossible\b|→|->|\bwhat (?:first|next|now|would|should|to|are (?:the|her|his) options|options|treatment|therapy|drug|do)|which (?:treatment|therapy|drug|option|adc)|"
    r"\boptions?\b|\bpatients?\b|\bpt\b|\bwoman\b|\blady\b|year[- ]old|\byo\b|y/o|\bfirst line\?|\bnext (?:line|treatment|therapy)|\bplan\b|how (?:would|should|to) (?:you |i |we )?(?:treat|manage)|best (?:treatment|option|next)|recommend"
)
_SCHEDULE = "sacituzumab-govitecan-tolaney-schedule"


def computed(asker: Asker, asked: Asked) -> Answer | None:
    """A plan, dates, a gate or a comparison, where the question asks for one."""
    if asked.scope == "activity":
        return None
    return (
        _g_csf(asker, asked)
        or interval(asker, asked)
        or relapse(asker, asked)
        or calendar(asker, asked)
        or gate(asker, asked)
        or (None if _ONE.search(plain(asked.question)) else _comparison(asker, asked))
        or _plan(asker, asked)
    )


_ONE = re.compile(
    r"\d{2}[- ]?(?:yo?\b|y/o|years?[- ]old)|\becog\b|\bpatient\b|\bwoman\b|\blady\b|\b(?:her|she)\b"
)
"""Words of a question on one patient, who is planned for rather than compared about."""


# -- a described patient ------------------------------------------------------------------------


def _plan(asker: Asker, asked: Asked) -> Answer | None:
    if asked.named.of("trial") or asked.named.of("person"):
        return None
    text = plain(asked.question)
    asks = set(asked.facets)
    if asks & {"prophylaxis", "premedication"} and (
        asked.named.of("drug") and not re.search(r"\boptions?\b|what (?:next|first|now)", text)
    ):
        return None  # of a drug that is chosen
    if _SUPPOSES.match(text) and not _ONE.search(text):
        return None
    found = described(asked.question, asker.names)
    # a question on a group is looked up; a patient has several facts, or is called one
    wanted = _WANTS_PLAN.search(text) is not None
    wanted = wanted or (bool(found.drugs) and _WEIGHS.search(text) is not None)
    told = found.count >= (4 if found.courses is not None else 5)
    if found.count < 3 or not found.facts.keys() & _CORE or not (wanted or told):
        return None
    if re.match(r"(?:does|did|do|is|are|was|were|has|have|why|what percent|who)\b", text):
        return None
    if _OF_A_GROUP.search(text):
        return None
    from consilium.clinical.patient import PatientError  # noqa: PLC0415
    from consilium.guidance.labels import LabelStatus  # noqa: PLC0415
    from consilium.planning import plan  # noqa: PLC0415

    region = _region(text, asked.region)
    try:
        case = _case(found, asker)
        made = plan(case, asker.edition, as_of=asked.as_of, region=region)
    except PatientError as problem:
        return asker.make(
            asked,
            "declined",
            reason="patient",
            lead=f"The description cannot be planned as it stands: {problem}",
            links=(Link("plan", "Describe the patient in the form instead"),),
            may_log=False,
        )
    entered = {*as_input(found), "subtype", "line", "pd_l1_cps", "prior_drugs"}
    understood = tuple(f.text for f in made.case if f.fact in entered)
    missing = (*found.taken, *(f"It would matter to know: {gap.ask}" for gap in made.gaps[:6]))
    if made.refusal is not None:
        return asker.make(
            asked, "declined", reason="patient", lead=f"No plan is made: {made.refusal.says}",
            understood=understood, may_log=False,
        )  # fmt: skip
    drugs = set(found.drugs)
    classes = {c.partition(":")[2] for c in asked.named.of("class")} - {"chemotherapy"}
    ahead = (
        drugs
        or {d.id for d in asker.edition.contents.drugs if classes & set(d.classes)} - found.given
    )
    on_label = bool(asks & {"approval", "indication"})

    def held(
        option: Option,
    ) -> set[str]:  # any of several drugs, for a regimen such as chemotherapy
        return set(asker.edition.drugs_of(option.regimen))

    shown = [*made.options, *made.possible]
    shown += [o for o in made.labels_only if on_label or ahead & held(o)]
    shown.sort(
        key=lambda o: (
            not drugs or held(o) != drugs,
            not ahead & held(o),
            on_label and o.label.status is not LabelStatus.APPROVED,
        )
    )
    parts: list[Computed] = []
    if _TRIALS.search(text):
        parts += _trials(made, asker, set(found.drugs) | found.given)
    for option in shown[: _MOST_OPTIONS - len(parts)]:
        part = _option(option, asker, on_label, asks, bool(drugs & held(option)))
        if part is not None:
            parts.append(part)
    meant = [*(f"drug:{d}" for d in found.drugs), *(f"class:{c}" for c in classes)]
    asked = msgspec.structs.replace(asked, region=region)
    favoured = {d for o in shown for d in held(o)}
    unfavoured = [
        p for d in found.drugs if d not in favoured and (p := _unfavoured(asker, asked, d))
    ]
    parts = [*unfavoured[:2], *parts]
    named = dict.fromkeys(use for part in unfavoured for use in part.uses)
    named |= dict.fromkeys(_beside(asker, asked, meant))
    named |= dict.fromkeys(use for part in parts for use in part.uses)
    statements = {name: Said.of(asker.index.by_id[name]) for name in named}
    return asker.make(
        asked,
        "plan",
        lead="Planned from the description; no advice of ours, only what the sources say.",
        understood=understood if region == "US" else (*understood, f"region {region}"),
        computed=tuple(parts),
        statements=tuple(statements.values())[:8],
        missing=missing,
        links=(Link("plan", "Open the plan form with these facts"),),
        may_log=False,
    )


def _case(found: Described, asker: Asker) -> PatientCase:
    """The described patient; a line that the courses contradict is left to them."""
    from consilium.clinical.patient import PatientError  # noqa: PLC0415
    from consilium.intake import patient_from_mapping  # noqa: PLC0415  only a patient needs it

    try:
        return patient_from_mapping(as_input(found), asker.edition)
    except PatientError:
        if "line" not in found.facts:
            raise
        return patient_from_mapping(as_input(found, line=False), asker.edition)


def _region(text: str, asked: str) -> str:
    """The region that a question names, if it names one and the edition holds it."""
    named = [code for code, pattern in REGIONS if re.search(pattern, text)]
    return named[0] if len(named) == 1 else asked or "US"


def _trials(made: Plan, asker: Asker, drugs: set[str]) -> list[Computed]:
    """The trials that the patient may fit, for whoever asks for them; of the drugs named first."""

    def named(fit: TrialFit) -> bool:
        arms = asker.edition.trials[fit.trial].arms
        return any(drugs & set(asker.edition.drugs_of(a.regimen)) for a in arms if a.regimen)

    return [
        Computed(f"{fit.name} ({fit.nct}), {fit.status}: {fit.fit}.", uses)
        for fit in sorted(made.trials, key=lambda f: not named(f))[:3]
        if (
            uses := tuple(
                n
                for n in (f"{fit.trial}/identity", f"{fit.trial}/population")
                if n in asker.index.by_id
            )
        )
    ]


def _unfavoured(asker: Asker, asked: Asked, drug: str) -> Computed | None:
    """That no option holds a drug that is asked about, with what it is approved for here."""
    own = (asker.index.by_id[i] for i in asker.index.by_entity.get(f"drug:{drug}", ()))
    uses = tuple(
        s.id
        for s in own
        if s.kind == "approval" and asked.region in s.regions and asker.holds(s, asked)
    )
    name = asker.names.say(f"drug:{drug}")
    says = f"{name}: no source held here favours it for these facts as they were told."
    return Computed(says, uses[:2]) if uses else None


def _beside(asker: Asker, asked: Asked, entities: list[str]) -> list[str]:
    """What the sources say of the drugs that are meant, to just what is asked or told of the patient."""
    if not entities:
        return []
    region, strong = asked.region or "US", set(asked.strong)

    def speaks(s: Statement) -> bool:
        near = asked.near.get(s.id, 0.0) > _NEAR
        return (
            s.kind in ("care", "approval", "drug")
            and (near or bool(strong & set(s.facets)))
            and (near or not s.regions or region in s.regions)
            and asker.holds(s, asked)
        )

    kept = [s for _, s in ranked(asker.index, asker.names, asked, speaks, entities=entities)]
    return [s.id for s in kept[:3]]


_MOST_OPTIONS = 6
_NEAR = 0.3
_TRIALS = re.compile(r"\b(?:which|what|any|a|is there) (?:\w+ ){0,3}(?:trial|study)|\btrials?\b")


def _option(
    option: Option, asker: Asker, on_label: bool, asks: set[str], meant: bool
) -> Computed | None:
    """One option in a line, with the statements it rests on; of one that is meant what to weigh too."""
    held = asker.index.by_id
    uses = [v.position for v in option.voices if v.position in held][:2]
    sure = "" if option.certainty == "certain" else f" ({option.certainty})"
    says = f"{option.name}{sure}: {option.headline}"
    approvals = [name for name in option.label.approvals if name in held]
    if approvals and (on_label or not uses):
        says += f"; label here: {option.label.status.value.replace('-', ' ')}"
        uses = [*approvals[:2], *uses]
    if meant:
        weighed = [c for c in option.cautions if c.rule in held]
        events = _EVENTS & asks
        close = [c for c in weighed if not c.open or events & set(held[c.rule].facets)]
        for caution in (close or weighed)[:3]:
            says += f"; to weigh: {caution.says}"
            uses.append(caution.rule)
    return Computed(f"{says}.", tuple(uses)) if uses else None


_EVENTS = frozenset(
    "interstitial-lung-disease neutropenia febrile-neutropenia diarrhoea stomatitis ocular-surface-event heart ugt1a1".split()
)
_CORE = frozenset(
    "subtype er_percent her2_category her2_ihc germline_brca pd_l1 pd_l1_below_10 line".split()
)
"""Facts without one of which a text tells of an event rather than of whom to treat."""
_SUPPOSES = re.compile(r"(?:since|because|as|given that|now that|considering that)\b")
_WEIGHS = re.compile(
    r"problem|concern|caution|precaution|\bwatch|\bcheck|consider|\brisks?\b|\bsafe|worr|\bneeds?\b|beware|up ?front|first dose"
)
_OF_A_GROUP = re.compile(
    r"how many|\bcohorts?\b|percent|what (?:share|proportion|fraction)|\bmedian\b|\bseries of\b|registry"
)


# -- dates of G-CSF -----------------------------------------------------------------------------


def _g_csf(asker: Asker, asked: Asked) -> Answer | None:
    if "drug:sacituzumab-govitecan" not in asked.named.entities:
        return None
    found = dates(asked.question, asked.as_of)
    if not found or not re.search(r"\bg-?csf|filgrastim|growth factor", plain(asked.question)):
        return None
    day = found[0]
    schedule = asker.index.by_id.get(_SCHEDULE)
    if schedule is None or not asker.holds(schedule, asked):
        return None
    from consilium.knowledge.giving import Prophylaxis  # noqa: PLC0415  only dates need it

    held = asker.edition.giving[_SCHEDULE]
    day_1 = first_day(asked.question, day)
    parts = [f"{say_day(day_1)} as day 1, {say_day(day_1 + timedelta(days=7))} as day 8"]
    if isinstance(held, Prophylaxis):
        for scheduled in held.gives:
            for n in scheduled.days:
                what = asker.names.say(f"drug:{scheduled.drug}") if scheduled.drug else "G-CSF"
                parts.append(f"day {n}, {say_day(day_1 + timedelta(days=n - 1))}: {what}")
    window = asker.index.by_id.get("pegfilgrastim-window")
    return asker.make(
        asked,
        "computed",
        computed=(Computed(f"By this schedule, with {'; '.join(parts)}.", (_SCHEDULE,)),),
        statements=tuple(Said.of(s) for s in (schedule, window) if s is not None),
        missing=tuple(held.interpretation.values()) if isinstance(held, Prophylaxis) else (),
        links=(Link("care", "The whole calendar: consilium care sacituzumab-govitecan"),),
        may_log=False,
    )


# -- two therapies side by side -----------------------------------------------------------------


def _comparison(asker: Asker, asked: Asked) -> Answer | None:
    text = plain(asked.question)
    drugs, trials = asked.named.of("drug"), asked.named.of("trial")
    indirect = _INDIRECT.search(text) is not None
    if asked.named.of("person") or (_LOOKED_UP & set(asked.facets) and not indirect):
        return None
    if re.search(r"meta-?anal|published network", text):
        return None  # it is stored what others have computed
    if len(trials) == 2 and (_ACROSS.search(text) or indirect):
        return _across(asker, asked, trials)
    classes = asked.named.of("class")
    if not drugs and len(classes) == 2 and not trials:
        drugs = _representing(asker, classes)
    if len(drugs) != 2 or trials:
        return None
    direct = _DIRECT.search(text) is not None
    measured = {"pfs", "os", "orr", "hr", "results"} & set(asked.facets)
    indirect = indirect or bool(measured and re.search(r"\bvs?\b|versus|against", text))
    if not direct and not indirect:
        return None
    from consilium.comparing import ComparisonError, compare  # noqa: PLC0415  rarely asked for

    one, other = (d.partition(":")[2] for d in drugs)
    names = " with ".join(asker.names.say(d) for d in drugs)
    together = _set_against(asker, one, other)
    if together:
        return None  # a trial did; it is looked up
    alone = f"No trial in the stored sources compares {names} head to head."
    link = Link("compare", f"All rows side by side: consilium compare {one} {other}")
    try:
        made = compare(asker.edition, one, other, as_of=asked.as_of)
    except ComparisonError:
        return None
    pairings = sorted(made.pairings, key=lambda p: -_fits(asker, asked, p.one_trial, p.other_trial))
    wanted = [e for e in ("pfs", "os") if e in asked.facets] or ["pfs", "os"]
    uses: dict[str, None] = {}
    for pairing in pairings:
        for verdict in pairing.verdicts:
            if verdict.endpoint in wanted:
                uses.update(dict.fromkeys(u for u in verdict.uses if u in asker.index.by_id))
    if not uses:
        return None
    shown = [asker.index.by_id[u] for u in uses if asker.index.by_id[u].kind == "result"]
    said = tuple(Said.of(s) for s in shown[:4])
    if direct and not indirect:
        return asker.make(
            asked, "not-in-sources", verdict="no", lead=alone, statements=said, links=(link,)
        )
    return asker.make(
        asked,
        "computed",
        verdict="not-said",
        lead=f"{alone} {made.warning}",
        computed=tuple(Computed(text, tuple(uses)) for text in made.summary),
        statements=said,
        links=(link,),
    )


def _representing(asker: Asker, classes: tuple[str, ...]) -> tuple[str, ...]:
    """Of each of two classes the first drug that a trial tested, none where a trial compared them."""
    tested = {
        drug: None
        for trial in asker.edition.contents.trials
        for arm in trial.arms[:1]
        if arm.regimen
        for drug in asker.edition.drugs_of(arm.regimen)
    }
    sides = [
        [d for d in tested if c.partition(":")[2] in asker.edition.drugs[d].classes]
        for c in classes
    ]
    if not all(sides) or any(_set_against(asker, a, b) for a in sides[0] for b in sides[1]):
        return ()
    return tuple(f"drug:{side[0]}" for side in sides)


def _across(asker: Asker, asked: Asked, trials: tuple[str, ...]) -> Answer | None:
    """Two trials set against each other, with the warning that this is no randomised comparison."""
    from consilium.comparing import ComparisonError, compare  # noqa: PLC0415  rarely asked for

    one, other = (t.partition(":")[2] for t in trials)
    try:
        made = compare(asker.edition, one, other, as_of=asked.as_of)
    except ComparisonError:
        return None
    wanted = [e for e in ("pfs", "os") if e in asked.facets] or ["pfs", "os"]
    uses = dict.fromkeys(
        use
        for pairing in made.pairings
        for verdict in pairing.verdicts
        if verdict.endpoint in wanted
        for use in verdict.uses
        if use in asker.index.by_id
    )
    if not uses:
        return None
    shown = [asker.index.by_id[u] for u in uses if asker.index.by_id[u].kind == "result"]
    names = " with ".join(asker.names.say(t) for t in trials)
    return asker.make(
        asked,
        "computed",
        verdict="not-said",
        lead=f"No trial in the stored sources sets the treatments of {names} against each other "
        f"head to head. {made.warning}",
        computed=tuple(Computed(text, tuple(uses)) for text in made.summary),
        statements=tuple(Said.of(s) for s in shown[:4]),
        links=(Link("compare", f"All rows side by side: consilium compare {one} {other}"),),
    )


_ACROSS = re.compile(
    r"\bbetter\b|\bprove|\bhow much does\b|\badds?\b|\bcompare .{0,60}\b(?:in|of)\b.{0,60}\b(?:with|and|to|against)\b"
    r"|\bwins?\b|\bbest\b|\bindirect|\bbucher|cross[- ]trial|which (?:drug|adc|one) (?:is|works)"
)
_LOOKED_UP = frozenset(
    """crossover eligibility population baseline design comparator payload linker dose schedule
    premedication lines phase nct presenter neutropenia diarrhoea stomatitis harm approval""".split()
)
_DIRECT = re.compile(
    r"head[- ]to[- ]head|\bh2h\b|direct(?:ly)?\b|(?:trial|study|studies|trials|evidence|ever|been)\b.{0,40}\b(?:compar\w+|versus|vs|against)|\bcompar\w+.{0,30}(?:trial|study)"
)
_INDIRECT = re.compile(
    r"\bindirect|cross[- ]trial|\bbetter\b|who wins|which is (?:more effective|superior|best)|network|bucher|matching[- ]adjusted|"
    r"superior\b|more effective|how (?:does|do|did) .{3,60} compare (?:with|to|against)|\bmore active|compare (?:the )?(?:efficacy|effectiveness|pfs|os|survival|results)|outperform|\bbeats?\b|\bstronger"
)


def _set_against(asker: Asker, one: str, other: str) -> bool:
    """Whether a trial set one drug against the other in different arms."""
    for trial in asker.edition.contents.trials:
        if trial.kind != "randomised-trial":
            continue
        arms = [set(asker.edition.drugs_of(a.regimen)) for a in trial.arms if a.regimen]
        if any(one in a and other not in a for a in arms) and any(
            other in a and one not in a for a in arms
        ):
            return True
    return False


def _fits(asker: Asker, asked: Asked, *trials: str) -> int:
    """How many of two trials are in the disease and the line that a question names."""
    text = plain(asked.question)
    fit = 0
    for name in trials:
        trial = asker.edition.trials.get(name)
        says = plain(trial.population.says) if trial else ""
        triple = re.search(r"triple|\btnbc", text) is not None
        hormone = "hr-positive" in asked.facets
        early = re.search(r"first[- ]line|1l\b|untreated|front", text) is not None
        later = re.search(r"pretreated|second|third|later|2l|3l", text) is not None
        fit += triple and "triple" in says
        fit += hormone and "hormone" in says
        fit += early and ("no systemic" in says or "first line" in says)
        fit += later and "after" in says
    return fit
