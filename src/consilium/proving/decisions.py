"""What a plan shows, as formulas: the standing of positions, labels, options and cautions.

Each follows the code that plans one patient, line by line; a test holds the two
together on every example that is found and on every worked case.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from consilium.guidance.voices import FAVOURABLE, conflicts
from consilium.knowledge.records import Approval, CareRule, Position, Shows, Stance
from consilium.proving.calendar import Moment
from consilium.proving.subject import Reading, Subject, Told
from consilium.rules.proving import Formula

_SPEAKS_APART = (Stance.DEPENDS_ON, Stance.ONLY_IN_TRIAL)


class NotProvable(ValueError):
    """Something that a worked case may expect and no formula says."""


class Heard(NamedTuple):
    """A position as if it held, for the planner's own test of a conflict."""

    position: str
    who: str
    stance: Stance
    regimens: tuple[str, ...]
    over: tuple[str, ...]
    holds: bool = True


def heard(position: Position) -> Heard:
    """A position as if it held."""
    return Heard(position.id, position.who, position.stance, position.regimens, position.over)


def point_apart(one: Position, other: Position) -> str:
    """Why the planner would call two positions of different speakers a conflict; empty if not."""
    found = conflicts((heard(one), heard(other)))  # type: ignore[arg-type]
    return found[0].says if found else ""


class Standings(NamedTuple):
    """The four outcomes of a position; ``applies`` and ``extends`` are two ways to hold."""

    applies: Formula
    extends: Formula
    overridden: Formula
    cannot_tell: Formula


class Decisions:
    """What is shown in one region on one day, under one reading of the answers."""

    def __init__(self, subject: Subject, reading: Reading, moment: Moment) -> None:
        self.subject, self.reading, self.moment = subject, reading, moment
        self.logic, self.edition = subject.prover.logic, subject.edition
        self._standings: dict[str, Standings] = {}
        self._labels: dict[str, dict[str, Formula]] = {}
        self._certainties: dict[str, dict[str, Formula]] = {}

    def _counting(self, kind: str) -> list[str]:
        return [key.split(":", 1)[1] for key in self.subject.calendar.in_force(kind, self.moment)]

    @cached_property
    def positions(self) -> tuple[Position, ...]:
        """The positions that count."""
        return tuple(self.edition.positions[name] for name in self._counting("position"))

    @cached_property
    def approvals(self) -> tuple[Approval, ...]:
        """The approvals that count."""
        return tuple(self.edition.approvals[name] for name in self._counting("approval"))

    @cached_property
    def care(self) -> tuple[CareRule, ...]:
        """The care rules that count."""
        return tuple(self.edition.care[name] for name in self._counting("care"))

    def _any(self, parts: Iterable[Formula]) -> Formula:
        return self.logic.some(*parts)

    def _all(self, parts: Iterable[Formula]) -> Formula:
        return self.logic.every(*parts)

    @cached_property
    def planned(self) -> Formula:
        """A plan is made."""
        exclusions = self.edition.contents.scopes.exclusions
        return self.logic.no(
            self._any(self.reading.told(f"exclusion:{e.id}").yes for e in exclusions)
        )

    # --- positions ------------------------------------------------------------------------------

    def standings(self, position: Position) -> Standings:
        """How a position stands."""
        found = self._standings.get(position.id)
        if found is None:
            found = self._standings[position.id] = self._standings_of(position)
        return found

    def _standings_of(self, position: Position) -> Standings:
        logic = self.logic
        when = self.reading.told(f"position:{position.id}")
        extended = [
            self.reading.told(f"extension:{position.id}:{index}")
            for index in range(len(position.extends_to))
        ]
        applies, extends = when.yes, logic.every(when.no, self._any(e.yes for e in extended))
        open_ = logic.some(
            logic.every(logic.no(when.yes), logic.no(when.no)),
            logic.every(
                when.no,
                logic.no(self._any(e.yes for e in extended)),
                logic.no(self._all(e.no for e in extended)),
            ),
        )
        others = [self.standings(q) for q in self.positions if position.id in q.overrides]
        displaced = self._any(logic.some(o.applies, o.extends) for o in others)
        unsure = self._any(o.cannot_tell for o in others)
        clear = logic.every(logic.no(displaced), logic.no(unsure))
        base = logic.some(applies, extends)
        return Standings(
            logic.every(applies, clear),
            logic.every(extends, clear),
            logic.every(base, displaced),
            logic.some(open_, logic.every(base, logic.no(displaced), unsure)),
        )

    def holds(self, position: Position) -> Formula:
        """A position applies, as an extension or not."""
        found = self.standings(position)
        return self.logic.some(found.applies, found.extends)

    def waits(self, position: Position, regimen: str) -> Formula:
        """The speaker's premise, an approval here, does not hold for a regimen."""
        if position.premise != "approved":
            return self.logic.false
        return self.logic.no(self.label(regimen, "approved"))

    # --- labels ---------------------------------------------------------------------------------

    def label(self, regimen: str, status: str) -> Formula:
        """The label status of a regimen."""
        found = self._labels.get(regimen)
        if found is None:
            found = self._labels[regimen] = self._label_of(regimen)
        return found[status]

    def _label_of(self, regimen: str) -> dict[str, Formula]:
        logic = self.logic
        records = [a for a in self.approvals if regimen in a.regimens]
        told: dict[str, Told] = {a.id: self.reading.told(f"approval:{a.id}") for a in records}
        approved = [a for a in records if a.status == "approved"]
        fits = self._any(told[a.id].yes for a in approved)
        left_open = logic.no(self._all(told[a.id].no for a in approved))
        review = self._any(logic.no(told[a.id].no) for a in records if a.status == "under-review")
        found: dict[str, Formula] = {
            "approved": fits,
            "cannot-tell": logic.every(logic.no(fits), left_open),
            "under-review": logic.every(logic.no(fits), logic.no(left_open), review),
        }
        rest = logic.every(logic.no(fits), logic.no(left_open), logic.no(review))
        never = logic.false
        outside = bool(approved)
        none_found = not approved and any(a.status == "none-found" for a in records)
        found["outside"] = rest if outside else never
        found["none-found"] = rest if none_found else never
        found["not-recorded"] = never if outside or none_found else rest
        return found

    # --- options --------------------------------------------------------------------------------

    def speaking(self, regimen: str) -> tuple[Position, ...]:
        """The positions that speak for a regimen when they hold."""
        return tuple(p for p in self.positions if regimen in p.regimens and p.stance in FAVOURABLE)

    def certainty(self, regimen: str) -> dict[str, Formula]:
        """How certain it is that a regimen is an option; each excludes those before it."""
        found = self._certainties.get(regimen)
        if found is None:
            found = self._certainties[regimen] = self._certainty_of(regimen)
        return found

    def _certainty_of(self, regimen: str) -> dict[str, Formula]:
        logic = self.logic
        certain, extension, waiting, possible = [], [], [], []
        for position in self.speaking(regimen):
            standing, waits = self.standings(position), self.waits(position, regimen)
            certain.append(logic.every(standing.applies, logic.no(waits)))
            extension.append(logic.every(standing.extends, logic.no(waits)))
            waiting.append(logic.every(logic.some(standing.applies, standing.extends), waits))
            possible.append(standing.cannot_tell)
        found: dict[str, Formula] = {}
        earlier: list[Formula] = []
        for name, parts in (
            ("certain", certain),
            ("extension", extension),
            ("waiting", waiting),
            ("possible", possible),
        ):
            here = self._any(parts)
            found[name] = logic.every(here, logic.no(self._any(earlier)))
            earlier.append(here)
        label = logic.some(self.label(regimen, "approved"), self.label(regimen, "cannot-tell"))
        found["label-only"] = logic.every(label, logic.no(self._any(earlier)))
        return found

    def listed(self, regimen: str) -> Formula:
        """A plan lists a regimen: as an option, a possible one, or by its label alone."""
        return self.logic.every(self.planned, self._any(self.certainty(regimen).values()))

    def warned(self, regimen: str, *, rule: str = "", kind: str = "") -> Formula:
        """An option carries a caution: one rule, or any of a kind."""
        logic = self.logic
        several = bool(self.edition.regimens[regimen].any_of)
        found = []
        for care in self.care:
            if care.drug not in self.edition.drugs_of(regimen):
                continue
            if (rule and care.id != rule) or (kind and care.kind != kind):
                continue
            told = self.reading.told(f"care:{care.id}")
            if several:
                # one of several drugs: only what forbids one of them matters to the choice
                found.append(told.yes if care.kind == "contraindication" else logic.false)
            else:
                found.append(told.yes if care.kind == "note" else logic.no(told.no))
        return self._any(found)

    # --- what a case or a claim expects -----------------------------------------------------------

    def shown(self, expected: Shows) -> Formula:
        """A plan shows what is described."""
        if expected.contradiction or expected.gap:
            raise NotProvable(
                "a claim cannot speak of contradictions entered, nor of questions asked"
            )
        parts: list[Formula] = []
        if expected.position:
            parts.append(self._position(expected))
        if expected.regimen:
            parts.append(self._regimen(expected))
        elif expected.caution or expected.kind:
            parts.append(self._caution(expected))
        if expected.conflict:
            parts.append(self._conflict(expected))
        if expected.preference:
            parts.append(self._preference(expected))
        if expected.trial:
            told = self.reading.told(f"trial:{expected.trial}")
            fits = {
                "yes": told.yes,
                "no": told.no,
                "possible": self.logic.every(self.logic.no(told.yes), self.logic.no(told.no)),
                "": self.logic.no(told.no),
            }
            parts.append(self.logic.every(self.planned, fits[expected.fit]))
        if expected.scope:
            unspoken = f"unspoken:{expected.scope}" in self.subject.conditions
            kind = "unspoken" if unspoken else "scope"
            told = self.reading.told(f"{kind}:{expected.scope}")
            open_ = self.logic.every(self.logic.no(told.yes), self.logic.no(told.no))
            certain = expected.certainty != "possible"
            parts.append(self.logic.every(self.planned, told.yes if certain else open_))
        if expected.excluded:
            parts.append(self.reading.told(f"exclusion:{expected.excluded}").yes)
        if expected.stance and not (expected.position or expected.regimen):
            parts.append(self.takes(_stances(expected)))
        if not parts:
            raise NotProvable("nothing is said of what is to be shown")
        return self._all(parts)

    def takes(self, stances: Iterable[Stance]) -> Formula:
        """Some position of these stances holds."""
        wanted = tuple(stances)
        held = [self.holds(p) for p in self.positions if p.stance in wanted]
        return self.logic.every(self.planned, self._any(held))

    def _position(self, expected: Shows) -> Formula:
        logic = self.logic
        position = next((p for p in self.positions if p.id == expected.position), None)
        wanted = _stances(expected)
        if position is None or (wanted and position.stance not in wanted):
            return logic.false
        standing = self.standings(position)
        waiting = self._any(self.waits(position, regimen) for regimen in position.regimens)
        found = {
            "certain": logic.every(standing.applies, logic.no(waiting)),
            "extension": standing.extends,
            "possible": standing.cannot_tell,
            "waiting": logic.every(self.holds(position), waiting),
            "": self.holds(position),
        }[expected.certainty]
        if expected.certainty == "possible" and position.stance not in FAVOURABLE:
            return logic.false
        return logic.every(self.planned, found)

    def _regimen(self, expected: Shows) -> Formula:
        names = (expected.regimen,) if isinstance(expected.regimen, str) else expected.regimen
        return self._any(self._one_regimen(name, expected) for name in names)

    def _one_regimen(self, name: str, expected: Shows) -> Formula:
        logic = self.logic
        parts: list[Formula] = []
        if expected.because:
            raise NotProvable("a claim cannot speak of the reasons of a label")
        if expected.label:
            parts.append(self.label(name, expected.label))
            if not (expected.stance or expected.caution or expected.certainty or expected.without):
                return parts[0]
        parts.append(self.listed(name))
        if expected.certainty:
            parts.append(self.certainty(name)[expected.certainty])
        wanted = _stances(expected)
        if wanted:
            parts.append(
                self._any(
                    logic.every(self.holds(p), logic.no(self.waits(p, name)))
                    for p in self.speaking(name)
                    if p.stance in wanted
                )
            )
        if expected.caution or expected.kind:
            parts.append(self.warned(name, rule=expected.caution, kind=expected.kind))
        if expected.without:
            parts.append(logic.no(self.warned(name, kind=expected.without)))
        return self._all(parts)

    def _caution(self, expected: Shows) -> Formula:
        named = dict.fromkeys(name for p in self.positions for name in p.regimens)
        named |= dict.fromkeys(name for a in self.approvals for name in a.regimens)
        return self._any(
            self.logic.every(
                self.listed(name), self.warned(name, rule=expected.caution, kind=expected.kind)
            )
            for name in named
        )

    def _conflict(self, expected: Shows) -> Formula:
        pair = [p for p in self.positions if p.id in expected.conflict]
        if len(pair) != 2:
            return self.logic.false
        return self.logic.every(self.planned, self.conflict(pair[0], pair[1]))

    def conflict(self, one: Position, other: Position) -> Formula:
        """Two speakers point apart: both positions hold, and the planner calls it a conflict."""
        if one.who == other.who or not point_apart(one, other):
            return self.logic.false
        both = self.logic.every(self.holds(one), self.holds(other))
        apart = set(one.over) & set(other.regimens) or set(other.over) & set(one.regimens)
        firm = one.stance is other.stance is Stance.RECOMMENDS
        if not firm or (apart and not set(one.regimens) & set(other.regimens)):
            return both
        # who recommends both in separate words does not differ from who recommends one
        common = [
            self.logic.every(self._firmly(one.who, regimen), self._firmly(other.who, regimen))
            for regimen in dict.fromkeys(r for p in self.positions for r in p.regimens)
        ]
        return self.logic.every(both, self.logic.no(self._any(common)))

    def _firmly(self, who: str, regimen: str) -> Formula:
        return self._any(
            self.holds(p)
            for p in self.positions
            if p.who == who and p.stance is Stance.RECOMMENDS and regimen in p.regimens
        )

    def _preference(self, expected: Shows) -> Formula:
        better, worse = expected.preference
        found = [self.holds(p) for p in self.positions if better in p.regimens and worse in p.over]
        return self.logic.every(self.planned, self._any(found))


def _stances(expected: Shows) -> tuple[Stance, ...]:
    if expected.stance is None:
        return ()
    return (expected.stance,) if isinstance(expected.stance, Stance) else expected.stance
