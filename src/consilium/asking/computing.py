"""Questions that are worked out rather than looked up: a plan, dates, a comparison."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from consilium.asking.answer import Answer, Computed, Link, Said
from consilium.asking.describing import as_input, described
from consilium.asking.words import plain

if TYPE_CHECKING:
    from consilium.asking.asked import Asked
    from consilium.asking.asking import Asker

_WANTS_PLAN = re.compile(
    r"\bwhat (?:first|next|now|would|should|to|are (?:the|her|his) options|options|treatment|therapy|drug|do)|which (?:treatment|therapy|drug|option|adc)|"
    r"\boptions?\b|\bpatients?\b|\bpt\b|\bwoman\b|\blady\b|year[- ]old|\byo\b|y/o|\bfirst line\?|\bnext (?:line|treatment|therapy)|\bplan\b|how (?:would|should|to) (?:you |i |we )?(?:treat|manage)|best (?:treatment|option|next)|recommend"
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DATE = re.compile(
    r"\b(\d{4})-(\d{2})-(\d{2})\b|\b(\d{1,2})(?:st|nd|rd|th)?(?: of)? (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?:,? (\d{4}))?|"
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* (\d{1,2})(?:st|nd|rd|th)?\b(?:,? (\d{4}))?"
)
_SCHEDULE = "sacituzumab-govitecan-tolaney-schedule"


def computed(asker: Asker, asked: Asked) -> Answer | None:
    """A plan, dates or a comparison, where the question asks for one."""
    return _g_csf(asker, asked) or _plan(asker, asked) or _comparison(asker, asked)


# -- a described patient ------------------------------------------------------------------------


def _plan(asker: Asker, asked: Asked) -> Answer | None:
    if asked.scope == "activity" or asked.named.of("trial") or asked.named.of("person"):
        return None
    text = plain(asked.question)
    found = described(asked.question, asker.names)
    # a question on a group is looked up; a patient has several facts, or is called one
    wanted = _WANTS_PLAN.search(text) is not None
    if found.count < 3 or not (wanted or found.count >= 5):
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
    missing = tuple(f"It would matter to know: {gap.ask}" for gap in made.gaps[:4])
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
    if "drug:sacituzumab-govitecan" not in asked.named.entities or asked.scope == "activity":
        return None
    if not {"prophylaxis", "schedule"} & set(asked.facets):
        return None
    found = _DATE.search(plain(asked.question))
    if found is None or not re.search(r"\bg-?csf|filgrastim|growth factor", plain(asked.question)):
        return None
    day = _date(found, asked.as_of)
    schedule = asker.index.by_id.get(_SCHEDULE)
    if day is None or schedule is None or not asker.holds(schedule, asked):
        return None
    from consilium.knowledge.giving import Prophylaxis  # noqa: PLC0415  only dates need it

    held = asker.edition.giving[_SCHEDULE]
    is_day_8 = re.search(r"\bday ?8\b|d8\b", plain(asked.question)) is not None
    day_1 = day - timedelta(days=7) if is_day_8 else day
    parts = [f"{_say(day_1)} as day 1, {_say(day_1 + timedelta(days=7))} as day 8"]
    if isinstance(held, Prophylaxis):
        for scheduled in held.gives:
            for n in scheduled.days:
                what = asker.names.say(f"drug:{scheduled.drug}") if scheduled.drug else "G-CSF"
                parts.append(f"day {n}, {_say(day_1 + timedelta(days=n - 1))}: {what}")
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


def _date(found: re.Match[str], as_of: date) -> date | None:
    iso_y, iso_m, iso_d, d1, m1, y1, m2, d2, y2 = found.groups()
    try:
        if iso_y:
            return date(int(iso_y), int(iso_m), int(iso_d))
        month = _MONTHS.index(m1 or m2) + 1
        return date(int(y1 or y2 or as_of.year), month, int(d1 or d2))
    except ValueError:
        return None


def _say(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


# -- two therapies side by side -----------------------------------------------------------------


def _comparison(asker: Asker, asked: Asked) -> Answer | None:
    text = plain(asked.question)
    drugs = asked.named.of("drug")
    if asked.scope == "activity" or len(drugs) != 2:
        return None
    if asked.named.of("trial") or not re.search(
        r"indirect|head[- ]to[- ]head|better than|which is (?:better|more effective|superior)|"
        r"superior to|more effective|\bmore active|compare (?:the )?(?:efficacy|effectiveness)|outperform",
        text,
    ):
        return None
    from consilium.comparing import ComparisonError, compare  # noqa: PLC0415  rarely asked for

    one, other = (d.partition(":")[2] for d in drugs)
    try:
        made = compare(asker.edition, one, other, as_of=asked.as_of)
    except ComparisonError:
        return None
    uses = {
        use
        for pairing in made.pairings
        for verdict in pairing.verdicts
        for use in verdict.uses
        if use in asker.index.by_id
    }
    if not uses:
        return None
    shown = [asker.index.by_id[u] for u in sorted(uses)]
    shown.sort(key=lambda s: not s.head)
    return asker.make(
        asked,
        "computed",
        verdict="not-said",
        lead=made.warning,
        computed=tuple(Computed(text, tuple(sorted(uses))) for text in made.summary),
        statements=tuple(Said.of(s) for s in shown[:4]),
        links=(Link("compare", f"All rows side by side: consilium compare {one} {other}"),),
    )
