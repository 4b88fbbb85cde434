"""The page of a drug (the therapy page) and of a regimen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from consilium.care.calendar import calendar
from consilium.care.statements import Care, CareError
from consilium.evidence.trials import Result, Trial
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import (
    DoseSchedule,
    Gate,
    Giving,
    GivingStatement,
    Infusion,
    Premedication,
    Silence,
)
from consilium.knowledge.records import Approval, CareRule, Drug, Position, Regimen, Region
from consilium.planning.figures import compared_with, say_arms, say_ratio
from consilium.report.figures import Figure
from consilium.report.figures.choosing import figure_of_drug
from consilium.report.figures.cycles import cycle_calendar
from consilium.report.figures.naming import endpoint_name, in_whom, who_assessed
from consilium.rules.completions import Patient
from consilium.web.evidence.page import (
    Block,
    Chip,
    Item,
    Link,
    Page,
    Picture,
    Section,
    facts,
    grid,
    items,
    joined,
    plain,
)
from consilium.web.evidence.shelf import NOWHERE, Numbers, Shelf, address, said_day, trial_glyph

_ENDPOINTS = ("pfs", "os", "orr", "rwpfs", "rwos")
_GIVING = (DoseSchedule, Premedication, Infusion, Gate)


def drug_page(shelf: Shelf, drug: Drug) -> Page:
    """Where a drug fits, its evidence, giving it, preventing and managing, what to tell it from."""
    numbers = Numbers(shelf)
    lead = tuple(_identity(shelf, numbers, drug))
    regimens = shelf.on_drug(drug.id)
    statements = [
        s
        for s in (*shelf.edition.contents.care, *shelf.edition.contents.giving)
        if s.drug == drug.id
    ]
    here = [s for s in statements if _is_here(s, shelf)]
    sections = (
        Section("status", "Approvals", approvals_of(shelf, numbers, regimens), NOWHERE),
        Section("fits", "Where it fits", _positions(shelf, numbers, regimens), NOWHERE),
        Section("evidence", "Evidence", _evidence(shelf, numbers, drug, regimens), NOWHERE),
        Section("give", "Give it", _giving(shelf, numbers, drug, here), NOWHERE),
        Section("manage", "Prevent and manage", _managing(shelf, numbers, here), NOWHERE),
        Section("compare", "Compare", _comparing(shelf, drug), NOWHERE),
        Section(
            "regimens",
            "Regimens that hold it",
            items(Item((shelf.regimen(r),)) for r in sorted(regimens)),
            NOWHERE,
        ),
        Section(
            "silent",
            NOWHERE,
            _silent(shelf, numbers, drug, here),
            "Nothing that was looked for is missing",
        ),
    )
    return Page(
        "drug",
        drug.id,
        drug.name,
        lead,
        sections,
        numbers.listed(),
    )


def regimen_page(shelf: Shelf, regimen: Regimen) -> Page:
    """What a regimen is made of, who lets it be given, who speaks of it, and what was measured."""
    numbers = Numbers(shelf)
    named = {regimen.id}
    parts = [
        (
            Item((shelf.drug(part.drug),)),
            numbers.text(part.dose.replace("not-stated", "dose not stated"), part.because),
            plain(", ".join(map(str, part.days)) if part.days else "not stated"),
        )
        for part in regimen.components
    ]
    cycle = f"{regimen.cycle_length_days} days" if regimen.cycle_length_days else "not stated"
    made = facts(
        [
            ("cycle", numbers.text(cycle, regimen.because)),
            ("stands for", Item(shelf.regimens(regimen.any_of)) if regimen.any_of else ""),
            ("note", regimen.note),
        ]
    )
    sections = (
        Section(
            "parts",
            "Made of",
            (*grid("Drugs of the regimen", ("drug", "dose", "days of the cycle"), parts), *made),
            NOWHERE,
        ),
        Section("status", "Approvals", approvals_of(shelf, numbers, named), NOWHERE),
        Section("fits", "Where it fits", _positions(shelf, numbers, named), NOWHERE),
        Section("evidence", "Evidence", _results(shelf, numbers, named), NOWHERE),
        Section("give", "Give it", _calendar(shelf, regimen.id), NOWHERE),
    )
    lead = (
        [plain(f"Also called {regimen.short}")] if regimen.short not in ("", regimen.name) else []
    )
    return Page("regimen", regimen.id, regimen.name, tuple(lead), sections, numbers.listed())


# --- slots ------------------------------------------------------------------------------------


def _identity(shelf: Shelf, numbers: Numbers, drug: Drug) -> Iterator[Item]:
    classes = [shelf.edition.classes[name].name for name in drug.classes]
    told = [drug.short, *classes, drug.payload, drug.linker]
    if drug.drug_to_antibody_ratio is not None:
        told.append(f"{drug.drug_to_antibody_ratio:g} payloads per antibody")
    if drug.bystander_effect:
        told.append("bystander effect" if drug.bystander_effect == "yes" else "no bystander effect")
    told += [drug.route, *drug.brands]
    yield numbers.text(" · ".join(part for part in told if part), drug.because, drug.note)
    if drug.makers:
        paid = sum(
            any(
                _names(shelf.edition, s.organisation) & set(drug.makers)
                for s in activity.supporters
            )
            for activity in shelf.edition.contents.activities
        )
        supports = (
            f"; supporter of {paid} activit{'y' if paid == 1 else 'ies'} here" if paid else ""
        )
        yield plain(f"Maker: {', '.join(drug.makers)}{supports}")
    for fact in drug.facts:
        yield numbers.text(fact.says, fact.because, fact.note)


def _names(edition: Edition, organisation: str) -> set[str]:
    found = next(o for o in edition.contents.organisations if o.id == organisation)
    return {found.name, *found.spellings}


def approvals_of(shelf: Shelf, numbers: Numbers, regimens: Iterable[str]) -> tuple[Block, ...]:
    """Every approval of some regimens, by region and date; regions without a record say so."""
    named = set(regimens)
    found = [a for a in shelf.edition.contents.approvals if named & set(a.regimens)]
    if not found:
        return ()
    shown = sorted(
        found, key=lambda a: (a.regions[0] is not shelf.region, a.regions[0].value, said_when(a))
    )
    recorded = {region for approval in found for region in approval.regions}
    silent = [region.value for region in Region if region not in recorded]
    note = items([plain(f"Not recorded here: {', '.join(silent)}.")] if silent else [])
    return (
        *grid(
            "Approvals by region and date",
            ("region", "status", "since", "regimen", "for whom"),
            [_approval(shelf, numbers, approval) for approval in shown],
        ),
        *note,
    )


def _approval(shelf: Shelf, numbers: Numbers, approval: Approval) -> tuple[Item, ...]:
    status = approval.status.replace("-", " ")
    if approval.until is not None:
        status += f" until {said_day(approval.until)}"
    marks = shelf.stale(approval.review_by)
    if approval.id not in shelf.current:
        marks = [Chip(shelf.not_current(approval), "stale")]
    return (
        plain(", ".join(region.value for region in approval.regions)),
        Item(
            (Link(status, address("statement", approval.id)),),
            tuple(marks),
            numbers.cite(approval.because),
        ),
        plain(said_day(approval.since)),
        Item(shelf.regimens(approval.regimens)),
        plain(shelf.say(approval.when)),
    )


def said_when(approval: Approval) -> str:
    """A key that puts approvals in the order of their dates, undated ones last."""
    return getattr(approval.since, "text", "9999")


def _positions(shelf: Shelf, numbers: Numbers, regimens: set[str]) -> tuple[Block, ...]:
    contents = shelf.edition.contents.positions
    about = [p for p in contents if regimens & set(p.regimens)]
    behind = [p for p in contents if regimens & set(p.over) and not regimens & set(p.regimens)]
    return (
        *items(_position(shelf, numbers, p) for p in about),
        *items(
            (_position(shelf, numbers, p) for p in behind),
            "Where something else is preferred to it",
        ),
    )


def _position(shelf: Shelf, numbers: Numbers, position: Position) -> Item:
    notes = [f"For {shelf.say(position.when)}."]
    if position.premise:
        notes.append("On condition that it is approved.")
    if position.caveat:
        notes.append(position.caveat)
    return numbers.said(position, notes=tuple(notes))


def _evidence(shelf: Shelf, numbers: Numbers, drug: Drug, regimens: set[str]) -> tuple[Block, ...]:
    return (
        *_picture(
            drug_figure(shelf.edition, drug.id, shelf.as_of), f"/evidence/drugs/{drug.id}.png"
        ),
        *_results(shelf, numbers, regimens),
    )


def _results(shelf: Shelf, numbers: Numbers, regimens: set[str]) -> tuple[Block, ...]:
    found = [
        (trial, result)
        for trial in shelf.edition.contents.trials
        for result in trial.results
        if result.id in shelf.current and result.subgroup is None
        if _holds(trial, result, regimens)
    ]
    told = [(trial, result) for trial, result in found if result.endpoint in _ENDPOINTS]
    columns = ("trial", "endpoint", "against", "by arm", "ratio (95 % CI)", "maturity", "depth")
    others = len(found) - len(told)
    rest = f"{others} more of other endpoints, on the pages of the trials:"
    trials = joined(shelf.trial(t) for t in {trial.id: trial for trial, _ in found}.values())
    return (
        *grid("What was measured", columns, [result_row(shelf, numbers, *one) for one in told]),
        *(items([Item((Link(f"{rest} "), *trials))]) if others else ()),
    )


def _holds(trial: Trial, result: Result, regimens: set[str]) -> bool:
    arms = {arm.id: arm.regimen for arm in trial.arms}
    first = result.contrast.experimental if result.contrast else next(iter(result.arms), "")
    return arms.get(first, "") in regimens


def result_row(shelf: Shelf, numbers: Numbers, trial: Trial, result: Result) -> tuple[Item, ...]:
    """A result as a row of a table: medians before the ratio."""
    parts = [endpoint_name(result, shelf.edition), *who_assessed(result), *in_whom(result)]
    ratio = say_ratio(result.contrast) if result.contrast else "not stated"
    depth = [d.value.replace("_", " ") for d in shelf.depths(result.because)[:2]]
    return (
        Item((shelf.trial(trial),), (Chip(trial_glyph(trial)),)),
        Item(
            (Link(", ".join(parts), address("statement", result.id)),),
            (),
            numbers.cite(result.because),
        ),
        plain(compared_with(result, shelf.edition.regimens) or "no comparator"),
        plain(say_arms(result) or "no figure"),
        plain(ratio),
        plain(result.maturity.replace("not-stated", "not stated")),
        Item((Link(", ".join(depth)),), tuple(shelf.stale(result.review_by))),
    )


def _is_here(statement: CareRule | GivingStatement, shelf: Shelf) -> bool:
    return statement.id in shelf.current and (
        not statement.regions or shelf.region in statement.regions
    )


def _giving(
    shelf: Shelf, numbers: Numbers, drug: Drug, here: list[CareRule | GivingStatement]
) -> tuple[Block, ...]:
    single = drug.id if drug.id in shelf.edition.regimens else ""
    listed = [s for kind in _GIVING for s in here if isinstance(s, kind)]
    return (
        *(_calendar(shelf, single) if single else ()),
        *items(_care(shelf, numbers, s) for s in listed),
    )


def _managing(
    shelf: Shelf, numbers: Numbers, here: list[CareRule | GivingStatement]
) -> tuple[Block, ...]:
    topics: dict[str, list[Item]] = {}
    for statement in here:
        if not isinstance(statement, (*_GIVING, Silence)):
            topics.setdefault(statement.topic or "other", []).append(
                _care(shelf, numbers, statement)
            )
    order = sorted(topics, key=lambda topic: (topic == "other", topic))
    return tuple(
        block
        for topic in order
        for block in items(topics[topic], topic.replace("-", " ").capitalize())
    )


def _care(shelf: Shelf, numbers: Numbers, statement: CareRule | GivingStatement) -> Item:
    notes = []
    condition = getattr(statement, "when", None)
    if condition is not None and isinstance(statement, CareRule):
        notes.append(f"For {shelf.say(condition)}.")
    if statement.regions:
        notes.append(f"Region: {', '.join(region.value for region in statement.regions)}.")
    who = (
        shelf.edition.speakers[statement.who] if isinstance(statement, CareRule | Giving) else None
    )
    said = f"{who.short or who.name}: {statement.says}" if who else statement.says
    return numbers.said(
        statement, Link(said, address("statement", statement.id)), notes=tuple(notes)
    )


def _comparing(shelf: Shelf, drug: Drug) -> tuple[Block, ...]:
    """What shares its target or payload and what it must not be taken for; nothing passes over."""
    others = [d for d in shelf.edition.contents.drugs if d.id != drug.id]
    shared = {
        "same target": [d.id for d in others if drug.target and d.target == drug.target],
        "same class of payload": [
            d.id for d in others if drug.payload_class and d.payload_class == drug.payload_class
        ],
        "not to be taken for": list(drug.not_to_be_confused_with),
    }
    rows = [
        (name, Item(joined(map(shelf.drug, listed))) if listed else "")
        for name, listed in shared.items()
    ]
    given = shelf.edition.regimens
    beside = [
        Link(f"beside {shelf.edition.drugs[other].name}", f"/compare?one={drug.id}&other={other}")
        for other in dict.fromkeys(name for listed in shared.values() for name in listed)
        if drug.id in given and other in given
    ]
    alike = facts([*rows, ("side by side", Item(joined(beside)) if beside else "")])
    warning = plain("No rule, dose or result of one of these holds for another.")
    return (*alike, *items([warning] if alike else []))


def _silent(
    shelf: Shelf, numbers: Numbers, drug: Drug, here: list[CareRule | GivingStatement]
) -> tuple[Block, ...]:
    silences = [_care(shelf, numbers, s) for s in here if isinstance(s, Silence)]
    missing = [
        Item((Link(record.what),), (), (), (record.why,))
        for record in shelf.edition.contents.not_verified
        if record.about in (drug.id, drug.name)
    ]
    return (*items(silences), *items(missing, "Looked for and not confirmed"))


def _calendar(shelf: Shelf, regimen: str) -> tuple[Picture, ...]:
    return _picture(_calendar_figure(shelf.edition, regimen, shelf.as_of, shelf.region), "")


def _picture(made: Figure | None, href: str) -> tuple[Picture, ...]:
    return (Picture(made, href),) if made is not None else ()


@lru_cache(maxsize=64)
def drug_figure(edition: Edition, drug: str, as_of: date) -> Figure | None:
    """What was measured of a drug as known on a day, drawn once."""
    return figure_of_drug(drug, edition, as_of)


@lru_cache(maxsize=64)
def _calendar_figure(edition: Edition, regimen: str, as_of: date, region: Region) -> Figure | None:
    """One cycle from the day of the page on, where the sources place anything on days."""
    nobody = Patient(edition.model, {})
    try:
        made = calendar(Care(edition, as_of, region), regimen, nobody, start=as_of, cycles=1)
    except CareError:
        return None
    return cycle_calendar(made, edition, str(as_of)) if made.entries else None
