"""Questions that are worked out rather than looked up: a plan, dates, a comparison."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from consilium.asking.answer import Answer, Computed, Link, Said
from consilium.asking.dating import calendar, dates, first_day, interval, relapse, say_day
from consilium.asking.describing import as_input, described
from consilium.asking.gating import gate
from consilium.asking.words import plain

if TYPE_CHECKING:
    from consilium.asking.asked import Asked
    from consilium.asking.asking import Asker

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
        or _plan(asker, asked)
        or _comparison(asker, asked)
    )


# -- a described patient ------------------------------------------------------------------------


def _plan(asker: Asker, asked: Asked) -> Answer | None:
    if asked.named.of("trial") or asked.named.of("person"):
        return None
    text = plain(asked.question)
    asks = set(asked.facets)
    if asks & {"approval", "prophylaxis", "premedication"} and (
        asked.named.of("drug") and not re.search(r"\boptions?\b|what (?:next|first|now)", text)
    ):
        return None  # of a drug that is chosen
    found = described(asked.question, asker.names)
    # a question on a group is looked up; a patient has several facts, or is called one
    wanted = _WANTS_PLAN.search(text) is not None
    told = found.count >= (4 if "prior_therapies" in found.facts else 5)
    if found.count < 3 or not (wanted or told):
        return None
    if re.match(r"(?:does|did|do|is|are|was|were|has|have|why|how many|what percent|who)\b", text):
        return None
    from consilium.clinical.patient import PatientError  # noqa: PLC0415
    from consilium.intake import patient_from_mapping  # noqa: PLC0415  only a patient needs it
    from consilium.planning import plan  # noqa: PLC0415

    try:
        case = patient_from_mapping(as_input(found.facts), asker.edition)
        made = plan(case, asker.edition, as_of=asked.as_of, region=asked.region or "US")
    except PatientError as problem:
        return asker.make(
            asked,
            "declined",
            reason="patient",
            lead=f"The description cannot be planned as it stands: {problem}",
            links=(Link("plan", "Describe the patient in the form instead"),),
            may_log=False,
        )
    entered = {*as_input(found.facts), "subtype", "line", "pd_l1_cps", "prior_drugs"}
    understood = tuple(f.text for f in made.case if f.fact in entered)
    missing = (*found.taken, *(f"It would matter to know: {gap.ask}" for gap in made.gaps[:4]))
    if made.refusal is not None:
        return asker.make(
            asked, "declined", reason="patient", lead=f"No plan is made: {made.refusal.says}",
            understood=understood, may_log=False,
        )  # fmt: skip
    statements: dict[str, Said] = {}
    options = []
    for option in [*made.options, *made.possible][:4]:
        voices = [v.position for v in option.voices if v.position in asker.index.by_id]
        for name in voices[:2]:
            statements.setdefault(name, Said.of(asker.index.by_id[name]))
        if voices:
            sure = "" if option.certainty == "certain" else f" ({option.certainty})"
            options.append(Computed(f"{option.name}{sure}: {option.headline}", tuple(voices)))
    return asker.make(
        asked,
        "plan",
        lead="Planned from the description; no advice of ours, only what the sources say.",
        understood=understood,
        computed=tuple(options),
        statements=tuple(statements.values())[:5],
        missing=missing,
        links=(Link("plan", "Open the plan form with these facts"),),
        may_log=False,
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
    drugs = asked.named.of("drug")
    if len(drugs) != 2 or asked.named.of("trial") or asked.named.of("person"):
        return None
    direct = _DIRECT.search(text) is not None
    measured = {"pfs", "os", "orr", "hr", "results"} & set(asked.facets)
    indirect = _INDIRECT.search(text) or (measured and re.search(r"\bvs?\b|versus|against", text))
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


_DIRECT = re.compile(
    r"head[- ]to[- ]head|direct(?:ly)?\b|(?:trial|study|studies|trials|evidence|ever|been)\b.{0,40}\b(?:compar\w+|versus|vs|against)|\bcompar\w+.{0,30}(?:trial|study)"
)
_INDIRECT = re.compile(
    r"\bindirect|cross[- ]trial|better than|which is (?:better|more effective|superior|best)|network|bucher|matching[- ]adjusted|"
    r"superior to|more effective|\bmore active|compare (?:the )?(?:efficacy|effectiveness|pfs|os|survival|results)|outperform|\bbeats?\b|\bstronger"
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
