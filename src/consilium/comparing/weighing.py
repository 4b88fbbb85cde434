"""``compare``: every pair of trials of two therapies, and the verdict on each endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from consilium.clinical.dates import Day
from consilium.comparing.assumptions import Measured, assumptions
from consilium.comparing.comparison import (
    COMPARISON_SCHEMA,
    Cell,
    Comparison,
    Contrasted,
    EndpointVerdict,
    Pairing,
    State,
    Verdict,
)
from consilium.comparing.indirect import indirect_ratio
from consilium.comparing.rows import rows
from consilium.comparing.sides import ComparisonError, Side, Studied, side, studied
from consilium.evidence.trials import Arm, Result, Trial
from consilium.knowledge.edition import Edition

ENDPOINTS = ("pfs", "os")
"""The endpoints on which a verdict is given."""

_ROLES = ("primary", "key-secondary", "secondary", "not-stated", "exploratory")
_READERS = ("bicr", "investigator", "not-stated")


def compare(edition: Edition, one: str, other: str, *, as_of: date) -> Comparison:
    """Two therapies, classes, trials or sequences side by side, as known on a day.

    Raises ``ComparisonError`` for a name that the edition does not hold or for
    a thing compared with itself.
    """
    return _Comparing(edition, side(edition, one), side(edition, other), as_of).comparison()


class _Comparing:
    def __init__(self, edition: Edition, one: Side, other: Side, as_of: date) -> None:
        if (one.regimens, one.trial) == (other.regimens, other.trial):
            raise ComparisonError(f"both sides are {one.name}; name two different ones")
        if one.sequence != other.sequence:
            raise ComparisonError("a sequence is compared with a sequence; write `A then B` twice")
        self.edition, self.one, self.other, self.as_of = edition, one, other, as_of
        self.known = edition.results_known(as_of)

    def comparison(self) -> Comparison:
        pairings: tuple[Pairing, ...] = ()
        also: tuple[Cell, ...] = ()
        if self.one.sequence:
            also = self._sequences()
            summary: tuple[str, ...] = (self._of_sequences(),)
        else:
            found = [*self._randomised(), *self._indirect()]
            pairings = tuple(sorted(found, key=lambda p: p.best.rank))
            summary = tuple(self._summary(pairings))
        return Comparison(
            COMPARISON_SCHEMA,
            self.edition.info.edition,
            self.as_of.isoformat(),
            self.one.name,
            self.other.name,
            summary,
            pairings,
            also,
        )

    # -- pairs of trials -----------------------------------------------------------------------

    def _randomised(self) -> Iterator[Pairing]:
        ones = list(studied(self.edition, self.one))
        others = list(studied(self.edition, self.other))
        for one in ones:
            for other in others:
                same = one.trial.id == other.trial.id and one.arm.id != other.arm.id
                if same and _is_randomised(one.trial):
                    yield self._pairing(one, other, self._direct(one.trial, one.arm, other.arm))

    def _indirect(self) -> Iterator[Pairing]:
        for one in studied(self.edition, self.one):
            for other in studied(self.edition, self.other):
                if (
                    one.trial.id != other.trial.id
                    and one.arm.role == other.arm.role == "experimental"
                    and one.arm.regimen != other.arm.regimen
                ):
                    yield self._pairing(one, other, self._anchored(one, other))

    def _pairing(
        self, one: Studied, other: Studied, verdicts: Iterator[EndpointVerdict]
    ) -> Pairing:
        return Pairing(
            one.trial.id,
            other.trial.id,
            f"{one.arm.label} in {one.trial.names[0]}",
            f"{other.arm.label} in {other.trial.names[0]}",
            rows(self.edition, one, other, self.known),
            tuple(verdicts),
        )

    def _direct(self, trial: Trial, one: Arm, other: Arm) -> Iterator[EndpointVerdict]:
        for endpoint in ENDPOINTS:
            result = next(iter(self._results(trial, endpoint, one, other)), None)
            if result is None:
                continue
            said = _published(result, one.id)
            why = f"{trial.names[0]} assigned patients to one or the other by chance"
            if said is None:
                why += f"; no ratio with an interval is in the stored sources ({result.maturity})"
            yield EndpointVerdict(
                endpoint,
                self.edition.endpoints[endpoint].name,
                Verdict.RANDOMISED,
                why,
                (result.id, f"{trial.id}/design"),
                (),
                said,
            )

    def _anchored(self, one: Studied, other: Studied) -> Iterator[EndpointVerdict]:
        for endpoint in ENDPOINTS:
            name = self.edition.endpoints[endpoint].name
            unrandomised = [s for s in (one, other) if not _is_randomised(s.trial)]
            if unrandomised:
                names = " and ".join(s.trial.names[0] for s in unrandomised)
                yield EndpointVerdict(
                    endpoint,
                    name,
                    Verdict.NONE,
                    f"{names} had no randomised comparator, so nothing anchors the two",
                    tuple(f"{s.trial.id}/design" for s in unrandomised),
                )
                continue
            pair = self._pair(one, other, endpoint)
            if pair is None:
                silent = [s.trial.names[0] for s in (one, other) if not self._measured(s, endpoint)]
                yield EndpointVerdict(
                    endpoint,
                    name,
                    Verdict.NONE,
                    f"no {name} of {' and '.join(silent)} is in the stored sources",
                    tuple(f"{s.trial.id}/results" for s in (one, other)),
                )
                continue
            yield self._weighed(endpoint, name, *pair)

    def _weighed(self, endpoint: str, name: str, one: Measured, other: Measured) -> EndpointVerdict:
        assumed = assumptions(self.edition, one, other)
        uses = tuple(
            dict.fromkeys(
                [one.result.id, other.result.id, *(use for a in assumed for use in a.uses)]
            )
        )
        violated = [a for a in assumed if a.state is State.VIOLATED]
        doubtful = [a for a in assumed if a.state is State.DOUBTFUL]
        if violated:
            why = "; ".join(f"{a.name}: {a.says}" for a in violated)
            return EndpointVerdict(endpoint, name, Verdict.NONE, why, uses, assumed)
        try:
            ratio = indirect_ratio(self.edition, one.result.id, other.result.id)
        except ComparisonError as problem:
            return EndpointVerdict(endpoint, name, Verdict.NONE, str(problem), uses, assumed)
        verdict = Verdict.DOUBTFUL if doubtful else Verdict.USABLE
        why = (
            "in doubt: " + ", ".join(a.name for a in doubtful)
            if doubtful
            else "every assumption that can be examined holds"
        )
        return EndpointVerdict(endpoint, name, verdict, why, uses, assumed, ratio)

    # -- results -------------------------------------------------------------------------------

    def _results(self, trial: Trial, endpoint: str, one: Arm, other: Arm) -> list[Result]:
        """Results of the whole trial population that set the two arms side by side, best first."""
        found = [
            r
            for r in trial.results
            if r.id in self.known
            and r.endpoint == endpoint
            and r.subgroup is None
            and {one.id, other.id} <= set(r.arms)
        ]
        return sorted(
            found,
            key=lambda r: (
                r.holds_for is not None,
                _ROLES.index(r.role),
                _READERS.index(r.assessor),
                -_day(r),
            ),
        )

    def _measured(self, of: Studied, endpoint: str) -> list[Measured]:
        return [
            Measured(of.trial, result, of.arm, arm)
            for arm in of.trial.arms
            if arm.role == "comparator"
            for result in self._results(of.trial, endpoint, of.arm, arm)
        ]

    def _pair(
        self, one: Studied, other: Studied, endpoint: str
    ) -> tuple[Measured, Measured] | None:
        """The best results of both, read by the same kind of reader where both have one."""
        ones, others = self._measured(one, endpoint), self._measured(other, endpoint)
        for here in ones:
            for there in others:
                if here.result.assessor == there.result.assessor:
                    return here, there
        return (ones[0], others[0]) if ones and others else None

    # -- words ---------------------------------------------------------------------------------

    def _summary(self, pairings: tuple[Pairing, ...]) -> Iterator[str]:
        """A sentence for each pair that can be compared at all, and one for those that cannot."""
        one, other = self.one.name, self.other.name
        if not pairings:
            yield (
                f"{one} and {other} cannot be compared: the stored sources hold no trial of both, "
                "and no two trials that share a comparator."
            )
        barred = [p for p in pairings if p.best is Verdict.NONE]
        for pairing in pairings:
            if pairing not in barred:
                said = "; ".join(_said(verdict) for verdict in pairing.verdicts)
                yield f"{self._where(pairing)}: {said}."
        if barred:
            reason = barred[0].verdicts[0].why if barred[0].verdicts else "no result is held"
            others = "; ".join(self._where(pairing) for pairing in barred)
            yield (
                f"Cannot be compared: {others}."
                if len(barred) > 1
                else f"{others}: cannot be compared: {reason}."
            )

    def _where(self, pairing: Pairing) -> str:
        names = dict.fromkeys(
            self.edition.trials[t].names[0] for t in (pairing.one_trial, pairing.other_trial)
        )
        return " and ".join(names)

    def _sequences(self) -> tuple[Cell, ...]:
        wanted = {self.one.regimens, self.other.regimens}
        found = []
        for trial in self.edition.trials.values():
            arms = [arm for arm in trial.arms if arm.sequence in wanted]
            if arms:
                names = "; ".join(arm.label for arm in arms)
                state = trial.status.value.replace("-", " ")
                if not _is_randomised(trial):
                    state += ", not randomised as far as is held"
                found.append(
                    Cell(
                        f"{trial.names[0]} ({state}): {names}",
                        tuple(c for arm in arms for c in arm.because),
                        (f"{trial.id}/arms", f"{trial.id}/design"),
                    )
                )
        return tuple(found)

    def _of_sequences(self) -> str:
        randomised = [
            trial.names[0]
            for trial in self.edition.trials.values()
            if _is_randomised(trial)
            and {self.one.regimens, self.other.regimens} <= {arm.sequence for arm in trial.arms}
        ]
        if randomised:
            return (
                f"{self.one.name} against {self.other.name}: randomised in {', '.join(randomised)}."
            )
        return (
            f"{self.one.name} and {self.other.name} cannot be compared: no study in the stored "
            "sources assigned patients to one order or the other by chance. What was seen of "
            "either order is listed, not ranked."
        )


def _said(verdict: EndpointVerdict) -> str:
    text = f"{verdict.name}: {verdict.verdict.value}"
    if verdict.estimate is None:
        return text
    exploratory = "exploratory " if verdict.verdict is Verdict.DOUBTFUL else ""
    return f"{text} ({exploratory}{verdict.estimate.text})"


def _is_randomised(trial: Trial) -> bool:
    return trial.design is not None and trial.design.randomised == "yes"


def _day(result: Result) -> int:
    return result.since.last.toordinal() if isinstance(result.since, Day) else 0


def _published(result: Result, first: str) -> Contrasted | None:
    """The published ratio, turned round where the first side was the comparator."""
    contrast = result.contrast
    if contrast is None or not isinstance(contrast.value, int | float) or contrast.ci95 is None:
        return None
    low, high = contrast.ci95
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    value, limits = float(contrast.value), (float(low), float(high))
    turned = contrast.experimental != first
    if turned:
        value, limits = 1 / value, (1 / limits[1], 1 / limits[0])
    measure = contrast.measure.replace("_", " ").replace("hazard ratio", "HR")
    note = ", turned round" if turned else ""
    text = f"{measure} {value:.2f} (95 % CI {limits[0]:.2f} to {limits[1]:.2f}{note})"
    return Contrasted(contrast.measure, value, limits, "", text)
