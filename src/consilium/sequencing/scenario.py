"""Sequences of one model compared: what each may bring, with both uncertainties apart.

The outcome is a model of stated assumptions, not evidence. What it says of survival is
withheld where it cannot predict the survival that trials have published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from consilium.evidence.parameters import Check, DesignArm, ModelFile
from consilium.knowledge.edition import Edition
from consilium.sequencing.burden import Burden, burdens
from consilium.sequencing.courses import Course, arm_of
from consilium.sequencing.errors import SequenceError
from consilium.sequencing.information import FEWEST_DRAWS, Information, groups_of, information
from consilium.sequencing.lines import LineOfTreatment
from consilium.sequencing.microsimulation import simulate as simulate_patients
from consilium.sequencing.numbers import Number, changed, median_of, numbers
from consilium.sequencing.renewal import Outlook, crossing, mixture, occupancy, outlook

Array = NDArray[np.float64]

CAVEAT = "A model of stated assumptions, not evidence."
_HALF_MONTH = 0.5
_CONJUGATE = "antibody-drug-conjugate"
_PLACES = ("first", "second", "later")
_TIMED = (("first",), ("second",), ("later", "second"))
"""The lines whose time stands for that of a line, nearest first."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Range:
    """A middle with the 95 % range that doubt about the numbers gives it.

    A median that is not reached within the horizon of the model is infinite.
    """

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        middle, low, high = (
            f"{value:.1f}" if np.isfinite(value) else "not reached"
            for value in (self.middle, self.low, self.high)
        )
        return middle if middle == low == high else f"{middle} ({low} to {high})"


@dataclass(frozen=True, slots=True)
class Strategy:
    """What one course may bring, in months and shares.

    ``outlook`` is at the middle of every parameter. ``reach_conjugate`` is the share who ever
    start a conjugate, ``months_on_conjugate`` the mean months on one within the horizon,
    ``until_third`` the median until a third treatment or death. ``survival_median`` and
    ``survival_mean`` (restricted to ``mean_until`` months) are ``None`` where withheld. Patients
    differ by ``patient_range``: the times by which 10, 50 and 90 % have died, withheld likewise.
    ``harms`` are figures of trials and records for each line, none of them computed here.
    """

    name: str
    course: Course
    outlook: Outlook
    reach_conjugate: Range
    months_on_conjugate: Range
    until_third: Range
    survival_median: Range | None
    survival_mean: Range | None
    patient_range: tuple[float, float, float] | None
    harms: tuple[Burden, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """``one`` less ``other`` (names of strategies) in the measure of the scenario."""

    one: str
    other: str
    months: Range


@dataclass(frozen=True, slots=True)
class Swing:
    """How far the difference moves when one parameter goes from end to end of its range."""

    parameter: str
    low: float
    high: float
    share_of_doubt: float


@dataclass(frozen=True, slots=True)
class Misfit:
    """A published median beside what the model predicts for it from the rest."""

    check: Check
    published: float
    predicted: Range

    @property
    def inside(self) -> bool:
        """Whether the published figure lies in the predicted range."""
        return self.predicted.low <= self.published <= self.predicted.high


@dataclass(frozen=True, slots=True)
class Scenario:
    """Strategies side by side.

    ``difference`` is that of the first over the second in ``measure``: mean months alive within
    ``mean_until`` months, or, where survival is withheld, mean months on a conjugate; ``gaps`` are
    those of every two where there are more. ``swings``
    are of that difference, widest first, and ``information`` is what better knowledge would bring
    to the choice between those two; ``uninformed`` says why it is not given. ``withheld`` says why
    survival is not shown, ``unranked`` why there is no difference. ``uses`` are the results, harms,
    trials and positions that anything here rests on.
    """

    model: str
    title: str
    edition: str
    seed: int
    draws: int
    mean_until: float
    strategies: tuple[Strategy, ...]
    difference: Range | None
    gaps: tuple[Gap, ...]
    measure: str
    swings: tuple[Swing, ...]
    information: Information | None
    uninformed: str
    misfits: tuple[Misfit, ...]
    numbers: dict[str, Number]
    withheld: str
    unranked: str
    uses: tuple[str, ...]
    caveat: str = CAVEAT


def scenario(
    edition: Edition,
    model: str,
    sequences: Sequence[Sequence[str] | Course],
    *,
    draws: int = 1000,
    seed: int = 1,
    mean_until: float = 36.0,
    assume: Mapping[str, float] | None = None,
    patients: int = 50_000,
) -> Scenario:
    """Compare sequences of regimens (by id), or courses, in one model of the edition.

    ``assume`` replaces the middle of parameters by id. Raises ``SequenceError`` for a model,
    regimen or parameter that is not held, and by name where a figure is missing.
    """
    if model not in edition.models:
        raise SequenceError(f"`{model}` is no model; known: {', '.join(edition.models)}")
    held = edition.models[model]
    if draws < 10:
        raise SequenceError("doubt about the numbers needs at least 10 draws")
    known = changed(numbers(edition, held), assume or {})
    courses = [one if isinstance(one, Course) else Course(tuple(one)) for one in sequences]
    return _Scenario(edition, held, known, draws, seed, mean_until, patients).made(courses)


def holds_time(edition: Edition, model: str, regimen: str, place: int) -> bool:
    """Whether a model can follow a regimen in a line, counted from 0."""
    return any(
        parameter.quantity == "time-on-line"
        and regimen in parameter.regimens
        and parameter.line in _TIMED[min(place, 2)]
        for parameter in edition.models[model].parameters
    )


class _Scenario:
    def __init__(
        self,
        edition: Edition,
        model: ModelFile,
        known: dict[str, Number],
        draws: int,
        seed: int,
        mean_until: float,
        patients: int,
    ) -> None:
        if not 0 < mean_until <= model.horizon_months:
            raise SequenceError(
                f"a mean within {mean_until:g} months needs 0 to {model.horizon_months:g}"
            )
        self.edition, self.model, self.known = edition, model, known
        self.many, self.seed, self.until, self.patients = draws, seed, mean_until, patients
        self.anchor = ""
        self._trials = {r.id: t.id for t in edition.trials.values() for r in t.results}
        self.drawn = {name: number.draws(seed, draws) for name, number in known.items()}
        self.middle = {name: np.array([number.middle]) for name, number in known.items()}
        self.cells = int(np.ceil(model.horizon_months / _HALF_MONTH)) + 1
        self.months: Array = np.arange(self.cells) * np.float64(_HALF_MONTH)

    def made(self, courses: Sequence[Course]) -> Scenario:
        if not courses:
            raise SequenceError("name at least one sequence, or a trial or a patient to follow")
        groups = tuple(groups_of(self.edition, self.model))
        harms = [self._harms(course) for course in courses]
        misfits = tuple(self._misfits())
        missed = [m for m in misfits if m.check.predicts == "overall-survival" and not m.inside]
        withheld = ""
        if missed:
            named = "; ".join(
                f"{m.check.id}: published {m.published:g} months, predicted {m.predicted}"
                for m in missed
            )
            withheld = f"survival is withheld, because the model misses what is known ({named})"
        elif not any(m.check.predicts == "overall-survival" for m in misfits):
            withheld = (
                "survival is withheld, because no published survival is held that the model would "
                "have to predict first"
            )
        first = [course.regimens[0] for course in courses]
        self.anchor = self._anchor(first)
        unranked = self._unranked(first)
        shown = not withheld and not unranked
        followed = [self._followed(course) for course in courses]
        strategies = tuple(
            self._strategy(course, suffered, values, shown=shown)
            for course, suffered, values in zip(courses, harms, followed, strict=True)
        )
        measure = "months on a conjugate" if withheld else f"months alive within {self.until:g}"
        difference: Range | None = None
        gaps: tuple[Gap, ...] = ()
        swings: tuple[Swing, ...] = ()
        worth: Information | None = None
        uninformed = "the worth of knowing more needs two sequences that may be set side by side"
        if len(strategies) > 1 and not unranked:
            outcome = "conjugate" if withheld else "mean"
            outcomes = np.column_stack([drawn[outcome] for _, drawn in followed])
            gaps = tuple(_gaps(strategies, [float(m[outcome][0]) for m, _ in followed], outcomes))
            difference = gaps[0].months
            swings = self._swings(courses[0], courses[1], outcome, outcomes)
            uninformed = ""
            if self.many < FEWEST_DRAWS:
                uninformed = f"the worth of knowing more needs at least {FEWEST_DRAWS} draws"
            else:
                moving = [swing.parameter for swing in swings]
                worth = information(outcomes[:, :2], self.drawn, moving, groups)
        return Scenario(
            self.model.id,
            self.model.title,
            self.edition.info.edition,
            self.seed,
            self.many,
            self.until,
            strategies,
            difference,
            gaps if len(strategies) > 2 else (),
            measure,
            swings,
            worth,
            uninformed,
            misfits,
            self.known,
            withheld,
            unranked,
            self._uses(misfits, strategies),
        )

    # -- what anchors a difference -------------------------------------------------------------

    def _first_lines(self, regimen: str) -> dict[str, str]:
        """The parameters of time on a regimen in the first line, by the trial they come from."""
        return {
            self._trials.get(p.figure.result, "") if p.figure else "": p.id
            for p in self.model.parameters
            if p.quantity == "time-on-line" and p.line == "first" and regimen in p.regimens
        }

    def _anchor(self, first: Sequence[str]) -> str:
        """The trial that measured the first lines of the sequences, or of the first of them."""
        trials = [set(self._first_lines(regimen)) for regimen in first]
        shared = set.intersection(*trials[:2]) if trials else set()
        order = [trial for regimen in first for trial in self._first_lines(regimen)]
        return next((t for t in order if t in shared), order[0] if order else "")

    def _unranked(self, first: Sequence[str]) -> str:
        """Why first lines may not be set against each other; empty if one trial had them all."""
        different = list(dict.fromkeys(first))
        trials = [set(self._first_lines(regimen)) for regimen in different]
        if len(different) < 2 or set.intersection(*trials):
            return ""
        names = (self.edition.regimens[r].short or self.edition.regimens[r].name for r in different)
        return (
            "Neither a difference nor survival is given: no trial in the model randomised "
            f"{' against '.join(names)} in the first line, and times of two trials rank nothing."
        )

    def _uses(self, misfits: Sequence[Misfit], strategies: Sequence[Strategy]) -> tuple[str, ...]:
        rests = [use for one in strategies for said in one.course.says for use in said.uses]
        rests += [use for number in self.known.values() for use in number.uses]
        rests += [misfit.check.arm.result for misfit in misfits]
        rests += [burden.harm for one in strategies for burden in one.harms if burden.harm]
        rests += [informing.trial for informing in self.model.informed_by]
        return tuple(dict.fromkeys(rests))

    # -- one sequence --------------------------------------------------------------------------

    def _harms(self, course: Course) -> tuple[Burden, ...]:
        found = [h for one in course.branches for h in burdens(self.edition, self.model, one)]
        return tuple(sorted(dict.fromkeys(found), key=lambda harm: harm.line))

    def _followed(self, course: Course) -> tuple[dict[str, Array], dict[str, Array]]:
        """Every outcome of a course, at the middle of every parameter and for each draw."""
        middle, drawn = (self._values(course, at, _OUTCOMES) for at in (self.middle, self.drawn))
        return middle, drawn

    def _strategy(
        self,
        course: Course,
        harms: tuple[Burden, ...],
        values: tuple[dict[str, Array], dict[str, Array]],
        *,
        shown: bool,
    ) -> Strategy:
        lines = [list(self._lines(one, self.middle)) for one in course.branches]
        shares = [float(share[0]) for share in self._shares(course, self.middle)]
        supportive = float(self._one("supportive-care", self.middle)[0])
        exact = mixture(
            [
                outlook(one, supportive_months=supportive, horizon_months=self.model.horizon_months)
                for one in lines
            ],
            shares,
        )
        middle, drawn = values
        ranges = {name: _range(float(middle[name][0]), drawn[name]) for name in _OUTCOMES}
        return Strategy(
            course.name or self._named(course.regimens),
            course,
            exact,
            ranges["reach"],
            ranges["conjugate"],
            ranges["third"],
            ranges["median"] if shown else None,
            ranges["mean"] if shown else None,
            self._patient_range(lines, shares, supportive) if shown else None,
            harms,
        )

    def _named(self, regimens: tuple[str, ...]) -> str:
        held = (self.edition.regimens[r] for r in regimens)
        return " then ".join(one.short or one.name for one in held)

    def _patient_range(
        self, lines: list[list[LineOfTreatment]], shares: list[float], supportive: float
    ) -> tuple[float, float, float]:
        """When 10, 50 and 90 % of single patients have died; each patient has one branch."""
        ends = np.rint(np.cumsum(shares) * self.patients).astype(int)
        died = np.concatenate(
            [
                simulate_patients(
                    one, supportive_months=supportive, patients=self.patients, seed=self.seed
                ).survival[begin:end]
                for one, begin, end in zip(lines, [0, *ends], ends, strict=False)
            ]
        )
        low, half, high = np.quantile(died, [0.1, 0.5, 0.9])
        return float(low), float(half), float(high)

    def _lines(
        self, regimens: tuple[str, ...], at: Mapping[str, Array]
    ) -> Iterator[LineOfTreatment]:
        scale, shape, go_on, die = self._tables(regimens, at)
        for number, regimen in enumerate(regimens):
            yield LineOfTreatment(
                self.edition.regimens[regimen].name,
                float(scale[0, number]),
                float(shape[0, number]),
                float(go_on[0, number]),
                float(die[0, number]),
            )

    def _tables(
        self, regimens: tuple[str, ...], at: Mapping[str, Array], first_line: str = ""
    ) -> tuple[Array, Array, Array, Array]:
        scales, shapes, going, dying = [], [], [], []
        payloads: set[str] = set()
        for number, regimen in enumerate(regimens):
            place = _PLACES[min(number, 2)]
            time = at[first_line] if first_line and number == 0 else self._time(regimen, place, at)
            used = self._payload(regimen)
            if used and used in payloads:
                time = time * self._one("later-conjugate", at)
            payloads |= {used} if used else set()
            shape = self._find("shape", regimen, place, at)
            scales.append(time / np.log(2) ** (1 / shape))
            shapes.append(shape)
            go = self._find("going-on", regimen, place, at)
            going.append(go)
            dying.append((1 - go) * self._find("dying", regimen, place, at))
        together = (np.broadcast_arrays(*column) for column in (scales, shapes, going, dying))
        made = [np.stack(column, axis=1) for column in together]
        return made[0], made[1], made[2], made[3]

    def _payload(self, regimen: str) -> str:
        for drug in self.edition.drugs_of(regimen):
            if _CONJUGATE in self.edition.profiles[drug].classes:
                return self.edition.profiles[drug].payload_class or ""
        return ""

    def _is_conjugate(self, regimen: str) -> bool:
        return any(
            _CONJUGATE in self.edition.profiles[drug].classes
            for drug in self.edition.drugs_of(regimen)
        )

    def _time(self, regimen: str, place: str, at: Mapping[str, Array]) -> Array:
        if regimen not in self.edition.regimens:
            raise SequenceError(f"`{regimen}` is no regimen of this edition")
        if place == "first":
            found = self._first_lines(regimen)
            if found:
                return at[found.get(self.anchor) or next(iter(found.values()))]
        for wanted in _TIMED[_PLACES.index(place)]:
            for parameter in self.model.parameters:
                if (
                    parameter.quantity == "time-on-line"
                    and regimen in parameter.regimens
                    and parameter.line == wanted
                ):
                    return at[parameter.id]
        raise SequenceError(
            f"the model `{self.model.id}` holds no time on {self.edition.regimens[regimen].name} "
            f"in a {place} line; none is made up"
        )

    def _find(self, quantity: str, regimen: str, place: str, at: Mapping[str, Array]) -> Array:
        """The parameter nearest to a regimen at a place: its own first, then that of the place."""
        candidates = [p for p in self.model.parameters if p.quantity == quantity]
        for own in (True, False):
            for line in (place, "any"):
                for parameter in candidates:
                    named = regimen in parameter.regimens if own else not parameter.regimens
                    if named and parameter.line == line:
                        return at[parameter.id]
        raise SequenceError(f"the model `{self.model.id}` holds no {quantity} for a {place} line")

    def _one(self, quantity: str, at: Mapping[str, Array]) -> Array:
        return next(at[p.id] for p in self.model.parameters if p.quantity == quantity)

    # -- outcomes over draws -------------------------------------------------------------------

    def _values(
        self,
        course: Course,
        at: Mapping[str, Array],
        outcomes: Sequence[str],
        first_line: str = "",
    ) -> dict[str, Array]:
        """Outcomes of a course, one for each draw, each branch by its share."""
        found: dict[str, list[Array]] = {name: [] for name in outcomes}
        shares = self._shares(course, at)
        every = [self._occupied(one, at, first_line) for one in course.branches]
        begin = 0
        for parts in zip(*every, strict=True):
            end = begin + len(parts[0].on)
            weights = [share[begin:end] if len(share) > 1 else share for share in shares]
            for name in outcomes:
                mixed = sum(
                    (
                        self._of(name, part) * weight.reshape(-1, *[1] * (name in _CURVES))
                        for part, weight in zip(parts, weights, strict=True)
                    ),
                    start=np.zeros(1),
                )
                if name in _CURVES:
                    mixed = np.array([crossing(self.months, row, 0.5) for row in mixed])
                found[name].append(mixed)
            begin = end
        return {name: np.concatenate(parts) for name, parts in found.items()}

    def _shares(self, course: Course, at: Mapping[str, Array]) -> tuple[Array, ...]:
        """The share of each branch of a course, one for each draw."""
        if not course.crossover:
            return (np.ones(1),)
        crossed = at[course.crossover]
        return (1 - crossed, crossed)

    def _of(self, outcome: str, part: _Occupied) -> Array:
        """What a branch shows: a curve over time, or one number, for each draw."""
        if outcome in _CURVES:
            on_lines, resting_lines = _CURVES[outcome]
            on, resting = part.on[:, :on_lines], part.resting[:, :resting_lines]
            return np.asarray(on.sum(axis=1) + resting.sum(axis=1))
        if outcome == "mean":
            inside = self.months <= self.until
            alive = part.on.sum(axis=1) + part.resting.sum(axis=1)
            return np.asarray(np.trapezoid(alive[:, inside], self.months[inside], axis=1))
        conjugates = [n for n, r in enumerate(part.regimens) if self._is_conjugate(r)]
        if outcome == "reach":
            return part.reach[:, conjugates[0]] if conjugates else np.zeros(len(part.on))
        held = part.on[:, conjugates].sum(axis=1)
        return np.asarray(np.trapezoid(held, dx=_HALF_MONTH, axis=1))

    def _occupied(
        self, regimens: tuple[str, ...], at: Mapping[str, Array], first_line: str
    ) -> Iterator[_Occupied]:
        scale, shape, go_on, die = self._tables(regimens, at, first_line)
        supportive = np.broadcast_to(self._one("supportive-care", at), len(scale))
        for start in range(0, len(scale), _BATCH):
            part = slice(start, start + _BATCH)
            on, resting, reach = occupancy(
                scale_months=scale[part],
                shape=shape[part],
                go_on=go_on[part],
                die=die[part],
                supportive_months=supportive[part],
                cells=self.cells,
                cell_months=_HALF_MONTH,
            )
            yield _Occupied(regimens, on, resting, reach)

    # -- what moves the answer -----------------------------------------------------------------

    def _swings(
        self, one: Course, other: Course, outcome: str, outcomes: Array
    ) -> tuple[Swing, ...]:
        swings = []
        for name, number in self.known.items():
            low, high = number.interval
            at = {key: np.full(2, value[0]) for key, value in self.middle.items()}
            at[name] = np.array([low, high])
            ends = np.subtract(*(self._values(c, at, [outcome])[outcome] for c in (one, other)))
            if abs(ends[1] - ends[0]) > 1e-9:
                gap = outcomes[:, 0] - outcomes[:, 1]
                related = np.corrcoef(self.drawn[name], gap)[0, 1] ** 2
                swings.append(Swing(name, float(ends[0]), float(ends[1]), float(related)))
        return tuple(sorted(swings, key=lambda s: -abs(s.high - s.low)))

    def _misfits(self) -> Iterator[Misfit]:
        """Each check, those of one arm from one pass over its draws."""
        published = [median_of(self.edition, check.arm, check.id) for check in self.model.checks]
        arms = [
            arm_of(self.edition, self.model, check.arm.result, check.arm.arm, check.id)
            for check in self.model.checks
        ]
        predicted = {arm: self._predicted(arm) for arm in dict.fromkeys(arms)}
        for check, median, arm in zip(self.model.checks, published, arms, strict=True):
            yield Misfit(check, median, predicted[arm][_PREDICTED[check.predicts]])

    def _predicted(self, arm: DesignArm) -> dict[str, Range]:
        course = Course(arm.sequence, arm.instead, arm.crossover)
        middle, drawn = (
            self._values(course, at, tuple(_CURVES), arm.first_line)
            for at in (self.middle, self.drawn)
        )
        return {name: _range(float(middle[name][0]), drawn[name]) for name in _CURVES}


@dataclass(frozen=True, slots=True)
class _Occupied:
    """Where the draws of one batch are over time in one branch (see ``occupancy``)."""

    regimens: tuple[str, ...]
    on: Array
    resting: Array
    reach: Array


def _gaps(strategies: Sequence[Strategy], middle: Sequence[float], drawn: Array) -> Iterator[Gap]:
    """The difference of every two, from the outcome of each at the middle and for every draw."""
    for i, j in combinations(range(len(strategies)), 2):
        gap = _range(middle[i] - middle[j], drawn[:, i] - drawn[:, j])
        yield Gap(strategies[i].name, strategies[j].name, gap)


_ALL = 99
_CURVES = {"median": (_ALL, _ALL), "third": (2, 2), "second": (2, 1)}
"""On how many lines, and resting after how many, a patient is without the event."""
_PREDICTED = {
    "leaving-second-line": "second",
    "third-treatment": "third",
    "overall-survival": "median",
}
_OUTCOMES = ("reach", "conjugate", "third", "median", "mean")


_NEVER = 1e9  # months


def _range(middle: float, values: Array) -> Range:
    """A median that a draw does not reach is later than any that is reached."""
    ends = np.quantile(np.where(np.isnan(values), _NEVER, values), [0.025, 0.975])
    found = np.array([_NEVER if np.isnan(middle) else middle, *ends])
    return Range(*np.where(found > _NEVER / 1e3, np.inf, found).tolist())
