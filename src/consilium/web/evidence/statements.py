"""The page of one statement: what it says, for whom, because of what, and its history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from consilium.evidence.sources import Citation
from consilium.evidence.trials import Contrast, Estimate, Harm, Result
from consilium.knowledge.giving import Giving, GivingStatement, Silence
from consilium.knowledge.records import Approval, CareRule, Position
from consilium.planning.figures import say_estimates, say_ratio
from consilium.report.figures.naming import arm_name, endpoint_name, who_assessed
from consilium.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Includes,
    IsOneOf,
    Not,
    facts_in,
)
from consilium.rules.say import say
from consilium.web.evidence.page import (
    Block,
    Item,
    Link,
    Page,
    Section,
    facts,
    grid,
    items,
    joined,
    plain,
)
from consilium.web.evidence.shelf import NOWHERE, Numbers, Shelf, Statement, address, said_day

_CONDITIONS = AllOf | AnyOf | AtLeast | Bound | Includes | IsOneOf | Not
# keys that every page of a statement shows in a slot of their own
_SHOWN = frozenset(
    (
        "id",
        "says",
        "because",
        "since",
        "until",
        "checked",
        "review_by",
        "supersedes",
        "interpretation",
        "note",
        "regions",
        "drug",
        "who",
        "kind",
        "topic",
        "when",
    )
)


def statement_page(shelf: Shelf, statement: Statement) -> Page:
    """One statement at its permanent address."""
    numbers = Numbers(shelf)
    because = () if isinstance(statement, Silence) else statement.because
    lead = Item((Link(shelf.kind(statement)),), shelf.chips(statement), numbers.cite(because))
    sections = (
        Section("says", "What it says", tuple(_says(shelf, numbers, statement)), NOWHERE),
        Section("whom", "For whom", tuple(_whom(shelf, statement)), "For any patient"),
        Section("why", "Because", items(_because(shelf, numbers, because)), NOWHERE),
        Section(
            "reading",
            "How words were made operational",
            tuple(_reading(shelf, statement)),
            "Nothing had to be read into it",
        ),
        Section("history", "History", (*_history(shelf, statement),), NOWHERE),
        Section(
            "used",
            "Used by",
            items(_used(shelf, numbers, statement)),
            "Nothing else in the edition points at it",
        ),
    )
    return Page(
        "statement", statement.id, shelf.title(statement), (lead,), sections, numbers.listed()
    )


def _says(shelf: Shelf, numbers: Numbers, statement: Statement) -> Iterator[Block]:
    match statement:
        case Position():
            yield from _position(shelf, statement)
        case Approval():
            yield from facts(
                [
                    ("regulator", Item((shelf.speaker(statement.regulator),))),
                    ("status", statement.status.replace("-", " ")),
                    ("regimens", Item(shelf.regimens(statement.regimens))),
                    ("regions", ", ".join(region.value for region in statement.regions)),
                    ("says", statement.says),
                    ("note", statement.note),
                ]
            )
        case Result() | Harm():
            yield from _measured(shelf, numbers, statement)
        case _:
            yield from _care(shelf, statement)


def _position(shelf: Shelf, position: Position) -> Iterator[Block]:
    grading = position.grading
    graded = ""
    if grading is not None:
        parts = (grading.category, grading.level, grading.recommendation)
        graded = f"{grading.scale.upper()} {' '.join(p for p in parts if p)}"
    yield from facts(
        [
            ("who", Item((shelf.speaker(position.who),))),
            ("stance", position.stance.value.replace("_", " ")),
            ("regimens", Item(shelf.regimens(position.regimens)) if position.regimens else ""),
            ("over", Item(shelf.regimens(position.over)) if position.over else ""),
            (
                "decided by",
                Item(joined(shelf.fact(f) for f in position.facts)) if position.facts else "",
            ),
            ("premise", "that it is approved" if position.premise else ""),
            ("grading", graded),
            ("regions", ", ".join(region.value for region in position.regions)),
            (
                "exception to",
                Item(_statements(shelf, position.overrides)) if position.overrides else "",
            ),
            ("rests on", Item(_statements(shelf, position.results)) if position.results else ""),
            ("caveat", position.caveat),
            ("note", position.note),
            ("ties on record", shelf.interest(position)),
        ]
    )


def _measured(shelf: Shelf, numbers: Numbers, measured: Result | Harm) -> Iterator[Block]:
    trial = shelf.trial_of(measured)
    if isinstance(measured, Result):
        term = shelf.edition.endpoints[measured.endpoint]
        follow_up = measured.median_follow_up
        subgroup = measured.subgroup
        rows: list[tuple[str, Item | str]] = [
            ("trial", Item((shelf.trial(trial),))),
            ("endpoint", f"{term.name}: {term.meaning}" if term.meaning else term.name),
            ("judged by", ", ".join(who_assessed(measured)) or "not stated"),
            ("role", measured.role.replace("-", " ")),
            ("measured in", measured.analysis_population.replace("not-stated", "not stated")),
            (
                "subgroup",
                f"{subgroup.factor} {subgroup.level}, {subgroup.planned}" if subgroup else "",
            ),
            ("maturity", measured.maturity.replace("not-stated", "not stated")),
            ("data cut-off", said_day(measured.data_cutoff)),
            (
                "median follow-up",
                numbers.text(f"{follow_up.months:g} months", follow_up.because)
                if follow_up
                else "not stated",
            ),
        ]
    else:
        term = shelf.edition.adverse_events[measured.term]
        rows = [
            ("trial", Item((shelf.trial(trial),))),
            ("event", f"{term.name}: {term.meaning}" if term.meaning else term.name),
            ("grade", measured.grade.replace("-", " ")),
            ("basis", measured.basis),
            ("measured in", measured.analysis_population.replace("not-stated", "not stated")),
        ]
    yield from facts([*rows, ("derived", measured.derived), ("note", measured.note)])
    cited = numbers.cite(measured.because)
    yield from grid(
        "By arm",
        ("arm", "patients", "figure", "95 % CI"),
        [
            (
                plain(arm_name(trial, arm, shelf.edition)),
                plain(_counts(estimate)),
                Item((Link(say_estimates([estimate]) or "not stated"),), (), cited),
                plain(_interval(estimate.ci95)),
            )
            for arm, estimate in measured.arms.items()
        ],
    )
    if isinstance(measured, Result):
        yield from _contrast(shelf, numbers, measured)


def _contrast(shelf: Shelf, numbers: Numbers, result: Result) -> Iterator[Block]:
    contrast: Contrast | None = result.contrast
    trial = shelf.trial_of(result)
    if contrast is not None:
        names = [
            arm_name(trial, a, shelf.edition) for a in (contrast.experimental, contrast.comparator)
        ]
        said = f"{say_ratio(contrast, '95 % CI ')}, {names[0]} against {names[1]}"
        yield from facts(
            [
                (
                    contrast.measure.replace("_", " "),
                    Item((Link(said),), (), numbers.cite(contrast.because or result.because)),
                ),
                ("p", contrast.p),
                ("note", contrast.note),
            ]
        )
    yield from grid(
        f"Free of the event ({endpoint_name(result, shelf.edition)})",
        ("month", "arm", "share", "95 % CI"),
        [
            (
                plain(f"{landmark.month:g}"),
                plain(arm_name(trial, arm, shelf.edition)),
                Item(
                    (Link(say_estimates([estimate])),),
                    (),
                    numbers.cite(landmark.because or result.because),
                ),
                plain(_interval(estimate.ci95)),
            )
            for landmark in result.landmarks
            for arm, estimate in landmark.arms.items()
        ],
    )


def _counts(estimate: Estimate) -> str:
    parts = [f"{estimate.n}" if estimate.n is not None else "not stated"]
    if estimate.events is not None:
        parts.append(f"{estimate.events} events")
    if estimate.count is not None:
        parts.append(f"{estimate.count} of them")
    return ", ".join(parts)


def _interval(ci95: tuple[object, object] | None) -> str:
    if ci95 is None:
        return "not stated"
    low, high = (str(v).replace("-", " ") if isinstance(v, str) else f"{v:g}" for v in ci95)
    return f"{low} to {high}"


def _care(shelf: Shelf, statement: CareRule | GivingStatement) -> Iterator[Block]:
    rows: list[tuple[str, Item | str]] = [("drug", Item((shelf.drug(statement.drug),)))]
    if isinstance(statement, CareRule | Giving):
        rows.append(("who says so", Item((shelf.speaker(statement.who),))))
    rows += [
        ("kind", shelf.kind(statement)),
        ("says", statement.says),
        ("about", statement.topic.replace("-", " ")),
        ("regions", ", ".join(region.value for region in statement.regions)),
        ("note", getattr(statement, "note", "")),
    ]
    for name in statement.__struct_fields__:
        value = getattr(statement, name)
        if name not in _SHOWN and value not in ("", (), {}, None):
            rows.append((name.replace("_", " "), _value(shelf, value)))
    yield from facts(rows)


def _value(shelf: Shelf, value: object) -> Item:
    """A key of a care statement that has no slot of its own."""
    found = _words(shelf, value)
    return Item(found if isinstance(found, tuple) else (Link(found),))


def _words(shelf: Shelf, value: object) -> str | tuple[Link, ...]:
    edition = shelf.edition
    if isinstance(value, _CONDITIONS):
        bedside = not facts_in(value) <= set(edition.facts)
        return say(value, edition.bedside_model if bedside else edition.model)
    if isinstance(value, msgspec.Struct):
        parts = [
            f"{field.replace('_', ' ')} {_plain(shelf, part)}"
            for field in value.__struct_fields__
            if (part := getattr(value, field)) not in ("", (), {}, None)
        ]
        return ", ".join(parts)
    if isinstance(value, tuple):
        if value and all(isinstance(v, str) and v in shelf.statements for v in value):
            return _statements(shelf, tuple(str(v) for v in value))
        if value and all(isinstance(v, str) and v in edition.drugs for v in value):
            return joined(shelf.drug(str(v)) for v in value)
        return "; ".join(_plain(shelf, part) for part in value)
    known = {
        **{f: r.phrase for f, r in edition.bedside_facts.items()},
        **{t: r.name for t, r in edition.adverse_events.items()},
    }
    text = str(getattr(value, "value", value))
    return known.get(text, text.replace("not-stated", "not stated").replace("not-read", "not read"))


def _plain(shelf: Shelf, value: object) -> str:
    found = _words(shelf, value)
    return found if isinstance(found, str) else "".join(link.text for link in found)


def _statements(shelf: Shelf, names: tuple[str, ...]) -> tuple[Link, ...]:
    return joined((shelf.statement(shelf.statements[name]) for name in names), "; ")


def _whom(shelf: Shelf, statement: Statement) -> Iterator[Block]:
    condition = (
        getattr(statement, "when", None)
        if not isinstance(statement, Result)
        else statement.holds_for
    )
    if isinstance(statement, Position | Approval | CareRule):
        yield from items([plain(shelf.say(condition))])
    elif isinstance(statement, Result):
        population = shelf.trial_of(statement).population.says
        yield from items([plain(population if condition is None else shelf.say(condition))])
    elif isinstance(statement, Harm):
        yield from items([plain(shelf.trial_of(statement).population.says)])
    elif condition is not None and condition != AllOf(()):
        yield from items([_value(shelf, condition)])
    if isinstance(statement, Position):
        yield from items(
            (plain(shelf.say(also)) for also in statement.extends_to), "Shown as an extension for"
        )


def _because(shelf: Shelf, numbers: Numbers, because: tuple[Citation, ...]) -> Iterator[Item]:
    for cited in because:
        source = shelf.edition.sources[cited.source]
        said = f"{cited.says}" if cited.says else "it says so"
        at = f" ({cited.at})" if cited.at else ""
        words = Link(f"{said}{at}: "), Link(source.reference, address("source", source.id))
        yield Item(words, (), numbers.cite([cited]))


def _reading(shelf: Shelf, statement: Statement) -> Iterator[Block]:
    read: dict[str, str] = getattr(statement, "interpretation", {})
    known = shelf.edition.facts
    yield from facts(
        (known[key].phrase if key in known else key.replace("_", " "), plain(why))
        for key, why in read.items()
    )


def _history(shelf: Shelf, statement: Statement) -> Iterator[Block]:
    if isinstance(statement, Silence):
        yield from items([plain("Looked for and not read; it has no date of its own.")])
        return
    until = getattr(statement, "until", None)
    supersedes: tuple[str, ...] = getattr(statement, "supersedes", ())
    after = [s for s in shelf.statements.values() if statement.id in getattr(s, "supersedes", ())]
    since = statement.since
    counted = ""
    if since == "not-stated" and isinstance(statement, Position | Approval | CareRule | Giving):
        start = shelf.edition.starts(statement)
        counted = (
            f"; counts from {said_day(start)}, the first dated approval"
            if start
            else "; no date bounds it"
        )
    yield from facts(
        [
            (
                "address",
                Item(
                    (Link(address("statement", statement.id), address("statement", statement.id)),)
                ),
            ),
            ("since", f"{said_day(since)}{counted}"),
            ("until", said_day(until) if until else "no end recorded"),
            (
                "takes the place of",
                Item(_statements(shelf, supersedes)) if supersedes else "nothing",
            ),
            (
                "replaced by",
                Item(joined((shelf.statement(s) for s in after), "; ")) if after else "nothing",
            ),
            ("checked", said_day(statement.checked)),
            (
                "to be reviewed by",
                Item(
                    (Link(said_day(statement.review_by)),), tuple(shelf.stale(statement.review_by))
                ),
            ),
        ]
    )
    told = changelog(shelf.edition.root) if shelf.edition.root else ()
    same_day = [
        plain(line) for day, line in told if since != "not-stated" and day == said_day(since)
    ]
    yield from items(same_day, "In the edition's changelog of that day")


@lru_cache(maxsize=2)
def changelog(root: Path) -> tuple[tuple[str, str], ...]:
    """The entries of the edition's own changelog, each with the day that it begins with, if any."""
    path = root / "CHANGELOG.md"
    if not path.is_file():
        return ()
    entries = re.split(r"\n(?=- |#|\n)", path.read_text(encoding="utf-8"))
    found = []
    for entry in entries:
        text = " ".join(entry.split())
        if text.startswith("- "):
            text = text[2:]
            day = re.match(r"(?:\d{1,2} )?[A-Z][a-z]+ \d{4}", text)
            found.append((day[0] if day else "", text))
    return tuple(found)


def _used(shelf: Shelf, numbers: Numbers, statement: Statement) -> Iterator[Item]:
    for other in shelf.statements.values():
        named = {
            name
            for field in ("results", "harms", "overrides")
            for name in getattr(other, field, ())
        }
        if statement.id in named:
            yield numbers.said(other)
    for title, turn in shelf.turns():
        if statement.id in {*turn.positions, *turn.results, *turn.harms, *turn.care}:
            yield Item((shelf.speaker(turn.speaker), Link(f" in {title}, {turn.at}")))
