"""What the pages ask of an edition: which records belong together, and how each is called.

Everything follows from the records; nothing here is said of a drug, a trial or a patient
that a record does not say.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property, lru_cache

import msgspec

from consilium.clinical.dates import Day
from consilium.evidence.sources import Citation, Depth, NotStated, Source, citations_in
from consilium.evidence.trials import Harm, Result, Trial
from consilium.guidance.interests import ledger
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import GivingStatement, Silence
from consilium.knowledge.learning import Turn
from consilium.knowledge.records import Approval, CareRule, FactRecord, Position, Region
from consilium.planning.figures import say_estimates
from consilium.report.figures.naming import finding
from consilium.rules.conditions import ALWAYS, Condition, facts_in
from consilium.rules.say import say
from consilium.web.evidence.page import Chip, Cited, Item, Link, joined

Statement = Position | Approval | Result | Harm | CareRule | GivingStatement
"""What has a permanent address."""

NOWHERE = "Not in the stored sources"
BIOMARKERS = ("receptors", "biomarkers")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_STANCES = {
    "recommends": "recommends",
    "would_consider": "would consider",
    "may_be_preferred": "says may be preferred:",
    "acceptable": "says one can choose",
    "depends_on": "lets facts decide between",
    "only_in_trial": "only in a trial:",
    "advises_against": "advises against",
}
_GRADES = {
    "any": "any grade",
    "2-or-worse": "grade 2 or worse",
    "3-or-worse": "grade 3 or worse",
    "3-4": "grade 3 to 4",
    "4": "grade 4",
    "5": "grade 5",
    "not-applicable": "",
}


def address(kind: str, name: str) -> str:
    """The permanent address of a record."""
    return f"/s/{name}" if kind == "statement" else f"/evidence/{kind}s/{name}"


def said_day(day: Day | NotStated) -> str:
    """A date in words, as exact as it was written."""
    if not isinstance(day, Day):
        return "date not stated"
    year, *rest = day.text.split("-")
    words = [year]
    if rest:
        words.insert(0, _MONTHS[int(rest[0]) - 1])
    if len(rest) == 2:
        words.insert(0, str(int(rest[1])))
    return " ".join(words)


class Shelf:
    """An edition as known on a day in a region, asked by the pages."""

    def __init__(self, edition: Edition, as_of: date, region: Region) -> None:
        self.edition, self.as_of, self.region = edition, as_of, region

    # --- names and links ----------------------------------------------------------------

    def drug(self, name: str) -> Link:
        """A drug with its page."""
        return Link(self.edition.drugs[name].name, address("drug", name))

    def regimen(self, name: str) -> Link:
        """A regimen with its page; one that is a single drug leads to the drug."""
        found = self.edition.regimens[name]
        return Link(found.short or found.name, address("regimen", name))

    def regimens(self, names: Iterable[str]) -> tuple[Link, ...]:
        """Several regimens with their pages."""
        return joined(map(self.regimen, names))

    def speaker(self, name: str) -> Link:
        """A speaker with the page of what they say."""
        found = self.edition.speakers[name]
        return Link(found.short or found.name, address("speaker", name))

    def trial(self, trial: Trial) -> Link:
        """A trial with its page."""
        return Link(trial.names[0], address("trial", trial.id))

    def statement(self, statement: Statement) -> Link:
        """A statement in one line, with its permanent address."""
        return Link(self.title(statement), address("statement", statement.id))

    def say(self, condition: Condition | None) -> str:
        """Whom a condition covers."""
        return say(condition or ALWAYS, self.edition.model)

    def interest(self, position: Position) -> str:
        """The ledger beside a position: who makes the drugs, what is declared, who paid."""
        return ledger(self.edition, self.as_of)[position.id].says

    def fact(self, name: str) -> Link:
        """A fact; a biomarker has a page."""
        record = self.edition.facts.get(name) or self.edition.bedside_facts[name]
        has_page = name in self.edition.facts and record.group in BIOMARKERS
        return Link(record.phrase, address("biomarker", name) if has_page else "")

    # --- statements ---------------------------------------------------------------------

    @cached_property
    def statements(self) -> dict[str, Statement]:
        """Everything with a permanent address, by id."""
        return all_statements(self.edition)

    @property
    def current(self) -> frozenset[str]:
        """The statements that count on the day, in any region."""
        return current_on(self.edition, self.as_of)

    def kind(self, statement: Statement) -> str:
        """What sort of statement it is, in words."""
        match statement:
            case Position():
                return "position"
            case Approval():
                return "approval"
            case Result():
                return "result"
            case Harm():
                return "harm"
            case CareRule() | Silence():
                return "care rule" if isinstance(statement, CareRule) else "silence"
            case _:
                return statement.kind.replace("-", " ")

    def title(self, statement: Statement) -> str:
        """A statement in one line."""
        match statement:
            case Position():
                return self._position(statement)
            case Approval():
                names = " or ".join(self._short(r) for r in statement.regimens)
                regions = ", ".join(region.value for region in statement.regions)
                who = self.edition.speakers[statement.regulator].short
                return f"{who}, {regions}: {names}, {statement.status.replace('-', ' ')}"
            case Result():
                return finding(self.trial_of(statement), statement, self.edition)
            case Harm():
                return f"{self.trial_of(statement).names[0]}: {self.harm(statement)}"
            case Silence():
                return f"{self.edition.drugs[statement.drug].name}: not read: {statement.says}"
            case _:
                return f"{self.edition.drugs[statement.drug].name}: {statement.says}"

    def harm(self, harm: Harm) -> str:
        """An adverse event with its grade and how often it was seen."""
        term = self.edition.adverse_events[harm.term].name
        name = ", ".join(part for part in (term, _GRADES[harm.grade]) if part)
        return f"{name}: {say_estimates(list(harm.arms.values()))}"

    def _position(self, position: Position) -> str:
        names = " or ".join(self._short(r) for r in position.regimens)
        who = self.edition.speakers[position.who]
        text = f"{who.short or who.name} {_STANCES[position.stance.value]} {names}".rstrip()
        if position.facts:
            decides = ", ".join(self.edition.facts[f].phrase for f in position.facts)
            text += f"{', by ' if names else ' '}{decides}"
        if position.over:
            text += f" over {' or '.join(self._short(r) for r in position.over)}"
        return text

    def _short(self, regimen: str) -> str:
        found = self.edition.regimens[regimen]
        return found.short or found.name

    def trial_of(self, measured: Result | Harm) -> Trial:
        """The trial that a figure belongs to."""
        return trials_by_figure(self.edition)[measured.id]

    def on_drug(self, drug: str) -> set[str]:
        """The regimens that hold a drug, or stand for one that does."""
        return {name for name in self.edition.regimens if drug in self.edition.drugs_of(name)}

    def turns(self) -> Iterable[tuple[str, Turn]]:
        """Every turn of every activity, with the activity's title."""
        for activity in self.edition.contents.activities:
            for turn in activity.turns:
                yield activity.title, turn

    # --- marks --------------------------------------------------------------------------

    def chips(self, statement: Statement) -> tuple[Chip, ...]:
        """What kind of evidence, how deep it was read, since when, and whether it is overdue."""
        found = [Chip(self.glyph(statement))]
        because = () if isinstance(statement, Silence) else statement.because
        found += [Chip(depth.value.replace("_", " ")) for depth in self.depths(because)[:2]]
        if not isinstance(statement, Silence):
            found.append(Chip(said_day(statement.since)))
            found += self.stale(statement.review_by)
            if statement.id not in self.current:
                found.append(Chip(self.not_current(statement), "stale"))
        return tuple(found)

    def not_current(self, statement: Statement) -> str:
        """Why a statement does not count on the day."""
        since = getattr(statement, "since", None)
        if isinstance(since, Day) and since.last > self.as_of:
            return "not yet public on this day"
        return "no longer counts on this day"

    def stale(self, review_by: Day) -> list[Chip]:
        """The mark of a statement that nobody has looked at again in time."""
        days = (self.as_of - review_by.last).days
        return [Chip(f"review overdue {days} d", "stale")] if days > 0 else []

    def depths(self, because: Iterable[Citation]) -> list[Depth]:
        """How the documents behind a statement were read, in the order cited."""
        found: dict[Depth, None] = {}
        for cited in because:
            source = self.edition.sources[cited.source]
            read = source.reading(cited.read)
            for one in (read,) if read else source.read:
                found[one.depth] = None
        return list(found)

    def glyph(self, statement: Statement) -> str:
        """Shape and letters for the kind of evidence."""
        match statement:
            case Result() | Harm():
                return trial_glyph(self.trial_of(statement))
            case Approval():
                return "§ label"
            case Silence():
                return "– not read"
        kind = self.edition.speakers[statement.who].kind
        return {"guideline": "¶ guideline", "regulator": "§ label"}.get(kind, "❝ expert")


def trial_glyph(trial: Trial) -> str:
    """Shape and letters for the kind of study."""
    phase = {"2": "II", "3": "III"}.get(trial.phase, "")
    match trial.kind:
        case "randomised-trial":
            return f"{'◐' if phase == 'II' else '●'} RCT phase {phase}".removesuffix(" phase ")
        case "single-arm-trial":
            return "○ single arm"
        case "trial-in-progress":
            return f"… in progress, phase {phase}".removesuffix(", phase ")
        case _:
            return "▲ real-world" if trial.kind == "cohort" else "▲ benchmark"


class Numbers:
    """The sources of one page, numbered in the order in which they are cited."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._numbers: dict[tuple[str, str], int] = {}

    def cite(self, because: Iterable[Citation]) -> tuple[int, ...]:
        """The numbers of some citations."""
        keys = dict.fromkeys((cited.source, cited.read) for cited in because)
        return tuple(self._numbers.setdefault(key, len(self._numbers) + 1) for key in keys)

    def said(self, statement: Statement, *words: Link, notes: tuple[str, ...] = ()) -> Item:
        """A statement with its marks; ``words`` stand in for its one line."""
        because = () if isinstance(statement, Silence) else statement.because
        if isinstance(statement, Position):
            notes = (*notes, self.shelf.interest(statement))
        return Item(
            words or (self.shelf.statement(statement),),
            self.shelf.chips(statement),
            self.cite(because),
            notes,
        )

    def text(self, text: str, because: Iterable[Citation] = (), note: str = "") -> Item:
        """A sourced sentence that is no statement of its own."""
        return Item((Link(text),), (), self.cite(because), (note,) if note else ())

    def listed(self) -> tuple[Cited, ...]:
        """The sources, to stand at the end of the page."""
        return tuple(
            Cited(number, self._source(self.shelf.edition.sources[name], read))
            for (name, read), number in self._numbers.items()
        )

    def _source(self, source: Source, name: str) -> Item:
        read = source.reading(name) or source.read[0]
        chips = [Chip(read.depth.value.replace("_", " ")), Chip(f"read {said_day(read.on)}")]
        if read.tier is not None and read.tier.value == "C":
            chips.append(Chip("lowest tier", "stale"))
        through = f", through {read.through}" if read.through else ""
        words = Link(source.reference, address("source", source.id)), Link(through)
        return Item(words, tuple(chips))


@lru_cache(maxsize=2)
def all_statements(edition: Edition) -> dict[str, Statement]:
    """Everything with a permanent address, by id."""
    found: dict[str, Statement] = {}
    found.update(edition.positions)
    found.update(edition.approvals)
    found.update(edition.results)
    found.update(edition.harms)
    found.update(edition.care)
    found.update(edition.giving)
    return found


@lru_cache(maxsize=16)
def current_on(edition: Edition, as_of: date) -> frozenset[str]:
    """The statements that count on a day, in any region."""
    contents = edition.contents
    dated = [s for s in contents.giving if not isinstance(s, Silence)]
    harms = [h for t in contents.trials for h in t.harms]
    found = {s.id for s in edition.in_force(contents.positions, as_of)}
    found |= {s.id for s in edition.in_force(contents.approvals, as_of)}
    found |= {s.id for s in edition.in_force(contents.care, as_of)}
    found |= {s.id for s in edition.in_force(dated, as_of)}
    found |= {s.id for s in contents.giving if isinstance(s, Silence)}
    found |= set(edition.results_known(as_of))
    found |= {h.id for h in harms if not isinstance(h.since, Day) or h.since.last <= as_of}
    return frozenset(found)


@lru_cache(maxsize=2)
def trials_by_figure(edition: Edition) -> dict[str, Trial]:
    """The trial of each result and harm."""
    found: dict[str, Trial] = {}
    for trial in edition.contents.trials:
        found |= dict.fromkeys((result.id for result in trial.results), trial)
        found |= dict.fromkeys((harm.id for harm in trial.harms), trial)
    return found


@lru_cache(maxsize=2)
def citing(edition: Edition) -> dict[str, list[Statement | Trial]]:
    """For each source the records that cite it; a trial stands for what is no result or harm."""
    found: dict[str, list[Statement | Trial]] = {name: [] for name in edition.sources}
    for statement in all_statements(edition).values():
        _note(found, statement, statement)
    for trial in edition.trials.values():
        _note(found, trial, msgspec.structs.replace(trial, results=(), harms=()))
    return found


def _note(
    found: dict[str, list[Statement | Trial]], record: Statement | Trial, read: object
) -> None:
    for name in dict.fromkeys(cited.source for cited in citations_in(read)):
        found[name].append(record)


@lru_cache(maxsize=2)
def testing(edition: Edition) -> dict[str, list[Statement | Trial]]:
    """For each fact the statements and trials whose conditions ask about it."""
    found: dict[str, list[Statement | Trial]] = {name: [] for name in edition.facts}
    for statement in all_statements(edition).values():
        condition = getattr(statement, "when", None) or getattr(statement, "holds_for", None)
        for name in facts_in(condition) if condition is not None else ():
            if name in found:
                found[name].append(statement)
    for trial in edition.trials.values():
        for name in facts_in(trial.eligibility) if trial.eligibility is not None else ():
            found[name].append(trial)
    return found


def biomarkers(edition: Edition) -> list[FactRecord]:
    """The facts about the tumour and the genes that have a page."""
    return [fact for fact in edition.contents.facts if fact.group in BIOMARKERS]
