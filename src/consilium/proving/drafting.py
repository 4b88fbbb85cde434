"""Draft cases that would notice what no worked case does, and proofs that nothing can.

For each mutant that survives, the prover looks for a patient, a region and a
day on which a plan shows something else. There is none: the mutant is
equivalent. Otherwise as many mutants as can be noticed in one patient are put
into one draft, for a clinician to confirm against the sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import msgspec

from consilium.clinical.dates import Day
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region, Shows, Stance, WorkedCase
from consilium.proving.calendar import Moment
from consilium.proving.decisions import Decisions
from consilium.proving.differences import STATUSES
from consilium.proving.findings import Patient, enlarged, patient_of
from consilium.proving.killing import (
    Unseen,
    conditions_of,
    decided,
    holds,
    killers,
    prepared,
    statement_of,
)
from consilium.proving.mutants import Mutant, mutated
from consilium.proving.subject import Reading, Subject, Told
from consilium.rules.answers import UNKNOWN, YES, Answer
from consilium.rules.completions import written_out
from consilium.rules.conditions import facts_in
from consilium.rules.proving import Formula
from consilium.rules.say import say_test


class Sign(NamedTuple):
    """How one plan tells a mutant: what is shown (or is not), and of which patients."""

    expected: Shows
    shows: bool
    formula: Formula


class Where(NamedTuple):
    """A region on a day, and whether the patients looked for are coherent."""

    moment: Moment
    coherent: bool


class Wish(NamedTuple):
    """Something that a draft is to do: notice a mutant, or see a test answered in one way."""

    about: str
    signs: list[Sign]
    mutant: Mutant | None = None
    asked: str = ""


class Draft(NamedTuple):
    """A worked case as it would be filed, and the mutants that it notices."""

    case: WorkedCase
    patient: Patient
    mutants: tuple[Mutant, ...]
    theme: str = ""


class _Swapped:
    """A reading in which some statements are answered as a mutant would."""

    def __init__(self, base: Reading, told: dict[str, Told]) -> None:
        self.base, self._told = base, told

    def told(self, key: str) -> Told:
        """YES and NO of a statement by its key."""
        return self._told.get(key) or self.base.told(key)


class Drafting:
    """Looks for the patients in whom mutants show."""

    def __init__(
        self,
        edition: Edition,
        survivors: Iterable[Mutant],
        unseen: Iterable[Unseen] = (),
        *,
        seconds: float = 10,
    ) -> None:
        self.edition, self.survivors, self.unseen = edition, tuple(survivors), tuple(unseen)
        edited = [m.condition for m in self.survivors if m.condition is not None]
        self.subject = Subject(edition, also=edited, seconds=seconds)
        self.logic = self.subject.prover.logic
        self._decisions: dict[Moment, Decisions] = {}
        self._names: set[str] = set()

    def _named(self, about: str, moment: Moment) -> str:
        """A name for a draft that no other has."""
        name = base = f"{about}-{moment.region.value.lower()}-{moment.day}"
        number = 1
        while name in self._names:
            number += 1
            name = f"{base}-{number}"
        self._names.add(name)
        return name

    def signs(self, mutant: Mutant) -> Iterator[tuple[Moment, list[Sign]]]:
        """Every moment at which a mutant may show, with the ways in which it does."""
        kind = mutant.key.split(":")[0]
        if kind == "definition":
            yield from self._of_definition(mutant)
            return
        for moment in self._moments(mutant):
            now = self._now(moment)
            then = self._then(mutant, moment)
            signs = []
            for expected in self._expectations(mutant, moment):
                here, there = now.shown(expected), then.shown(expected)
                if not here.eq(there):
                    no, every = self.logic.no, self.logic.every
                    signs.append(Sign(expected, True, every(here, no(there))))
                    signs.append(Sign(expected, False, every(no(here), there)))
            if signs:
                yield moment, signs

    def _now(self, moment: Moment) -> Decisions:
        if moment not in self._decisions:
            self._decisions[moment] = Decisions(self.subject, self.subject.complete, moment)
        return self._decisions[moment]

    def _then(self, mutant: Mutant, moment: Moment) -> Decisions:
        """What is decided under a mutant."""
        edited = mutated(self.edition, mutant)
        told: dict[str, Told] = {}
        if mutant.condition is not None:
            for key, condition in conditions_of(edited, mutant.key).items():
                holds = self.subject.prover.holds(condition)
                told[key] = Told(holds, self.logic.no(holds))
        found = Decisions(self.subject, _Swapped(self.subject.complete, told), moment)
        found.edition = edited
        contents, region = edited.contents, moment.region
        found.positions = tuple(
            p
            for p in edited.in_force(contents.positions, moment.day)
            if not p.regions or region in p.regions
        )
        found.approvals = tuple(
            a for a in edited.in_force(contents.approvals, moment.day) if region in a.regions
        )
        found.care = tuple(
            c
            for c in edited.in_force(contents.care, moment.day)
            if not c.regions or region in c.regions
        )
        return found

    def _moments(self, mutant: Mutant) -> Iterator[Moment]:
        kind = mutant.key.split(":")[0]
        if kind in ("scope", "unspoken", "exclusion", "trial"):
            yield Moment(Region.US, self.edition.info.date.last)
            return
        statement = statement_of(self.edition, mutant.key)
        regions = statement.regions or tuple(Region)
        if mutant.kind == "time" and mutant.statement is not None:
            for region in regions:
                for day in _days_between(statement, mutant.statement):
                    yield Moment(region, day)
            return
        calendar = self.subject.calendar
        for moment in calendar.moments(self._bearing(mutant), regions):
            if calendar.counts(mutant.key, moment):
                yield moment

    def _bearing(self, mutant: Mutant) -> list[str]:
        """The statements beside which a mutant may show or not."""
        kind, name = mutant.key.split(":")
        contents = self.edition.contents
        if kind == "position":
            position = self.edition.positions[name]
            near = {name, *position.overrides}
            near |= {p.id for p in contents.positions if near & set(p.overrides)}
            return [f"position:{one}" for one in sorted(near)]
        if kind == "approval":
            regimens = set(self.edition.approvals[name].regimens)
            return [f"approval:{a.id}" for a in contents.approvals if regimens & set(a.regimens)]
        regimens = set(self._regimens_with(self.edition.care[name].drug))
        return [
            mutant.key,
            *(f"position:{p.id}" for p in contents.positions if regimens & set(p.regimens)),
            *(f"approval:{a.id}" for a in contents.approvals if regimens & set(a.regimens)),
        ]

    def _regimens_with(self, drug: str) -> list[str]:
        return [name for name in self.edition.regimens if drug in self.edition.drugs_of(name)]

    def _expectations(self, mutant: Mutant, moment: Moment) -> list[Shows]:
        """What a plan may show otherwise under a mutant."""
        kind, name = mutant.key.split(":")
        match kind:
            case "position":
                overridden = self.edition.positions[name].overrides
                return [Shows(position=one) for one in (name, *overridden)]
            case "approval":
                regimens = self.edition.approvals[name].regimens
                return [
                    Shows(regimen=r, label=s)  # type: ignore[arg-type]
                    for r in regimens
                    for s in STATUSES
                ]
            case "care":
                drug = self.edition.care[name].drug
                return [Shows(regimen=r, caution=name) for r in self._regimens_with(drug)]
            case "trial":
                return [Shows(trial=name, fit="yes")]
            case "scope" | "unspoken":
                return [Shows(scope=name)]
            case _:
                return [Shows(excluded=name)]

    def _of_definition(self, mutant: Mutant) -> Iterator[tuple[Moment, list[Sign]]]:
        """Another definition may show anywhere: every scope, label, position and care rule."""
        edited = mutated(self.edition, mutant)
        asked = [
            key
            for key in self.subject.conditions
            if key.split(":")[0] in ("position", "approval", "care", "scope", "exclusion", "trial")
        ]
        changed: dict[str, Told] = {}
        for key in asked:
            condition = self.subject.conditions[key]
            here = written_out(condition, self.edition.model)
            there = written_out(condition, edited.model)
            if here != there:
                holds = self.subject.prover.holds(there)
                changed[key] = Told(holds, self.logic.no(holds))
        dated = [key for key in changed if key in self.subject.calendar.statements]
        moments = self.subject.calendar.moments(dated) if dated else iter(())
        last = Moment(Region.US, self.edition.info.date.last)
        for here_now in (last, *(moment for moment in moments if moment != last)):
            now = self._now(here_now)
            then = Decisions(self.subject, _Swapped(self.subject.complete, changed), here_now)
            signs = []
            for expected in self._everything(changed, now):
                one, other = now.shown(expected), then.shown(expected)
                if not one.eq(other):
                    no, every = self.logic.no, self.logic.every
                    signs.append(Sign(expected, True, every(one, no(other))))
                    signs.append(Sign(expected, False, every(no(one), other)))
            if signs:
                yield here_now, signs

    def _everything(self, changed: Iterable[str], now: Decisions) -> Iterator[Shows]:
        for key in changed:
            kind, name = key.split(":")[:2]
            if kind == "scope":
                yield Shows(scope=name)
            elif kind == "exclusion":
                yield Shows(excluded=name)
            elif kind == "trial":
                yield Shows(trial=name, fit="yes")
            elif kind == "position":
                yield Shows(position=name)
            elif kind == "approval":
                for regimen in self.edition.approvals[name].regimens:
                    yield Shows(regimen=regimen, label="approved")
            else:
                for regimen in self._regimens_with(self.edition.care[name].drug):
                    yield Shows(regimen=regimen, caution=name)

    def _seen(self, unseen: Unseen, wanted: Answer) -> tuple[Where, list[Sign]] | None:
        """A moment and the patients in whom a test is answered in a way that no case sees."""
        test = self.subject.prover.holds(unseen.test)
        asked = self.logic.every(
            test if wanted is YES else self.logic.no(test), self.subject.planned
        )
        probe = Mutant(unseen.key, "seen", "")
        for moment in self._moments(probe):
            signs = []
            now = self._now(moment)
            for expected in self._expectations(probe, moment):
                held = now.shown(expected)
                signs.append(Sign(expected, True, self.logic.every(asked, held)))
                signs.append(Sign(expected, False, self.logic.every(asked, self.logic.no(held))))
            signs.sort(key=lambda sign: not sign.shows)
            coherent, possible = self._coherent_first(signs)
            if possible:
                return Where(moment, coherent), possible
            coherent, possible = self._coherent_first(self._refused(unseen, wanted))
            if possible:
                return Where(moment, coherent), possible
        return None

    def _refused(self, unseen: Unseen, wanted: Answer) -> list[Sign]:
        """The patients for whom no plan is made, where no others answer a test so."""
        test = self.subject.prover.holds(unseen.test)
        asked = test if wanted is YES else self.logic.no(test)
        return [
            Sign(
                Shows(excluded=exclusion.id),
                True,
                self.logic.every(asked, self.subject.holds(f"exclusion:{exclusion.id}")),
            )
            for exclusion in sorted(
                self.edition.contents.scopes.exclusions,
                key=lambda one: unseen.test.fact not in facts_in(one.when),
            )
        ]

    def can_be_seen(self, unseen: Unseen) -> bool:
        """Whether some patient answers a test in one of the ways that no case sees."""
        return any(
            wanted is UNKNOWN or self._seen(unseen, wanted) is not None for wanted in unseen.answers
        )

    # --- drafts -----------------------------------------------------------------------------------

    def _theme(self, key: str) -> str:
        """What a reader would look at together: one drug, or one kind of statement."""
        kind, name = key.split(":")[:2]
        if kind == "care":
            return self.edition.care[name].drug
        if kind == "approval":
            return self.edition.drugs_of(self.edition.approvals[name].regimens[0])[0]
        return f"{kind}s"

    def drafts(self) -> tuple[list[Draft], list[Mutant]]:
        """As few patients as show all mutants, and the mutants that no patient shows."""
        waiting: dict[tuple[Where, str], list[Wish]] = {}
        equivalent: list[Mutant] = []
        for mutant in self.survivors:
            found = self._first_sign(mutant)
            if found is None:
                equivalent.append(mutant)
            else:
                wish = Wish(mutant.id, found[1], mutant)
                waiting.setdefault((found[0], self._theme(mutant.key)), []).append(wish)
        for unseen in self.unseen:
            for wanted in unseen.answers:
                found = self._seen(unseen, wanted) if wanted is not UNKNOWN else None
                if found is not None:
                    said = say_test(unseen.test, self.edition.model)
                    asked = said if wanted is YES else f"not {said}"
                    wish = Wish(unseen.key.split(":")[1], found[1], asked=asked)
                    waiting.setdefault((found[0], self._theme(unseen.key)), []).append(wish)
        made: list[Draft] = []
        for (where, theme), group in waiting.items():
            left = group
            while left:
                draft, left = self._one_draft(where, left)
                made.append(draft._replace(theme=theme))
        made += self._blank()
        return made, equivalent

    def _blank(self) -> list[Draft]:
        """Patients of whom nothing is known, for the tests that no case leaves open."""
        moments: dict[Moment, list[str]] = {}
        last = self.edition.info.date.last
        for unseen in self.unseen:
            if UNKNOWN not in unseen.answers:
                continue
            found = None
            if unseen.key in self.subject.calendar.statements:
                found = self.subject.calendar.together([unseen.key])
            moments.setdefault(found or Moment(Region.US, last), []).append(unseen.key)
        made = []
        for moment, keys in moments.items():
            regimens = [
                regimen
                for approval in self._now(moment).approvals
                if approval.status == "approved" and f"approval:{approval.id}" in keys
                for regimen in approval.regimens
            ]
            case = WorkedCase(
                id=self._named("nothing-known", moment),
                why=(
                    "nothing is known of this patient, so no advice holds and whether a label that "
                    "asks about anything fits cannot be told"
                ),
                as_of=Day(moment.day.isoformat()),
                region=moment.region,
                patient={},
                shows=tuple(
                    Shows(regimen=regimen, label="cannot-tell")
                    for regimen in dict.fromkeys(regimens)
                ),
                never_shows=(Shows(stance=tuple(Stance)),),
            )
            patient = Patient({}, ("nothing is known",), moment.region, moment.day)
            made.append(Draft(case, patient, (), "nothing-known"))
        return made

    def _first_sign(self, mutant: Mutant) -> tuple[Where, list[Sign]] | None:
        for moment, signs in self.signs(mutant):
            coherent, possible = self._coherent_first(signs)
            if possible:
                return Where(moment, coherent), possible
        return None

    def _possible(self, *formulas: Formula) -> bool:
        return self.subject.prover.possible(*formulas)

    def _coherent_first(self, signs: list[Sign]) -> tuple[bool, list[Sign]]:
        """The signs that some patient shows, of coherent patients where there are any."""
        left = [sign for sign in signs if sign.formula is not self.logic.false]
        plausible = [s for s in left if self._possible(s.formula, self.subject.coherent)]
        if plausible:
            return True, plausible
        return False, [sign for sign in left if self._possible(sign.formula)]

    def _following(self, facts: set[str]) -> frozenset[str]:
        """Some verdicts, and those that follow from them."""
        found = set(facts)
        for fact in self.edition.model.defined:
            if any(facts_in(when) & found for when in fact.definition.values()):
                found.add(fact.id)
        return frozenset(found)

    def _one_draft(self, where: Where, group: list[Wish]) -> tuple[Draft, list[Wish]]:
        """One patient who does what the first wish asks, and as many others as can be joined."""
        chosen: list[tuple[Wish, Sign]] = []
        left: list[Wish] = []
        moment = where.moment
        formula = self.logic.true
        given = self.subject.coherent if where.coherent else self.logic.true
        for wish in group:
            for sign in wish.signs:
                joined = self.logic.every(formula, sign.formula)
                if len(chosen) < MOST and self._possible(joined, given):
                    formula = joined
                    chosen.append((wish, sign))
                    break
            else:
                left.append(wish)
        example = self.subject.find(formula)
        assert example is not None
        # where a definition is edited, its verdict must follow from what is entered
        redefined = {
            wish.mutant.id
            for wish, _ in chosen
            if wish.mutant is not None and wish.mutant.key.startswith("definition:")
        }
        literals = self.subject.literals(example.values, self._following(redefined))
        kept = self.subject.prover.smallest(literals, formula)
        assert kept is not None
        patient = patient_of(self.edition, kept, moment)
        patient = msgspec.structs.replace(patient, whole=tuple(literals))
        shows = dict.fromkeys(sign.expected for _, sign in chosen if sign.shows)
        never = dict.fromkeys(sign.expected for _, sign in chosen if not sign.shows)
        name = self._named(chosen[0][0].about, moment)

        def as_case(entered: Patient) -> WorkedCase:
            return WorkedCase(
                id=name,
                why=_why(wish for wish, _ in chosen),
                as_of=Day(moment.day.isoformat()),
                region=moment.region,
                patient=dict(entered.facts),
                shows=tuple(shows),
                never_shows=tuple(never),
            )

        noticed = tuple(wish.mutant for wish, _ in chosen if wish.mutant is not None)

        def does(entered: Patient) -> bool:
            """The case is true of the edition, and of none of the mutants."""
            ready = prepared(self.edition, [as_case(entered)])
            return all(holds(one.case, decided(one.answers)) for one in ready) and all(
                next(killers(self.edition, ready, mutant), None) is not None for mutant in noticed
            )

        if not does(patient):
            patient = enlarged(self.edition, patient, does) or patient
        return Draft(as_case(patient), patient, noticed), left


MOST = 12
"""What one draft may notice or see; more of it in one patient cannot be checked by reading."""


def _why(wishes: Iterable[Wish]) -> str:
    """What a draft is there to show, for whoever confirms it."""
    edges: dict[str, dict[str, None]] = {}
    others: dict[str, None] = {}
    for wish in wishes:
        mutant = wish.mutant
        if mutant is None or mutant.asked:
            asked, name = (wish.asked, wish.about) if mutant is None else (mutant.asked, mutant.id)
            edges.setdefault(asked, {})[name] = None
        elif mutant.kind == "time":
            others[f"{_DAYS[mutant.says[:4], 'later' in mutant.says]} {mutant.id}"] = None
        elif mutant.kind == "exception":
            others[f"{mutant.id} as {mutant.says.replace('no exception', 'the exception')}"] = None
        else:
            others[f"what {mutant.id} adds"] = None
    said = "; ".join(f"{asked} ({', '.join(named)})" for asked, named in edges.items())
    return "; ".join([*others, f"at the edge of {said}"] if said else others)


_DAYS = {
    ("begi", False): "the day before",
    ("begi", True): "the first day of",
    ("ends", False): "the last day of",
    ("ends", True): "the day that ends",
}


def _days_between(one: object, other: object) -> list[date]:
    """The days on which just one of two versions of a statement counts."""
    found = []
    for field in ("since", "until"):
        was, becomes = getattr(one, field), getattr(other, field)
        if isinstance(was, Day) and isinstance(becomes, Day) and was != becomes:
            found.append(min(was.last, becomes.last))
    return found
