"""Parameters of models: each points at the results it rests on, or is marked an assumption.

Nothing is typed twice: a figure is read from its result, so a result that is taken out of the
edition takes its parameters with it, by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from consilium.clinical.dates import Day
from consilium.errors import ConsiliumError
from consilium.evidence.references import HarmId, RegimenId, ResultId, TrialId
from consilium.rules.conditions import Condition

Quantity = Literal[
    "time-on-line",
    "shape",
    "going-on",
    "dying",
    "supportive-care",
    "later-conjugate",
    "crossover",
]


class ParameterError(ConsiliumError):
    """A parameter that cannot be as it stands."""


class Assumed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number that no result gives: our choice, its range, and why."""

    value: float
    low: float
    high: float
    why: str

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ParameterError(
                f"{self.value:g} lies outside its range {self.low:g} to {self.high:g}"
            )


class FigureOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One figure of one arm of a result: its median in months, or its share.

    ``month`` asks for the landmark at that month.
    """

    result: ResultId
    arm: str
    month: float | None = None


class Ratio(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A series in which something was seen before and after: one figure over another."""

    later: FigureOf
    earlier: FigureOf
    note: str = ""


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number of a model (`models/*.yaml`).

    ``time-on-line`` is the median in months until the next treatment or death, ``shape`` the
    Weibull shape (1 is a constant hazard), ``going-on`` the share of those leaving a line who
    start the next, ``dying`` the share of the others who die at that moment, ``supportive-care``
    the mean survival in months of the rest (a median ``less`` another, as if their hazard were
    constant), ``later-conjugate`` the factor on the time on a
    conjugate after another with the same class of payload, ``crossover`` the share of those going
    on after the first line of an arm who have what its design names instead. ``spread`` is the
    factor by which a figure without an interval may be off, ``between_series`` that by which
    series differ.
    """

    id: str
    quantity: Quantity
    says: str
    checked: Day
    review_by: Day
    regimens: tuple[RegimenId, ...] = ()
    line: Literal["first", "second", "later", "any"] = "any"
    figure: FigureOf | None = None
    landmark: FigureOf | None = None
    less: FigureOf | None = None
    assumed: Assumed | None = None
    updated_by: tuple[Ratio, ...] = ()
    spread: float = 1.3
    between_series: float = 1.5
    caveat: str = ""

    def __post_init__(self) -> None:
        if (self.figure is None) == (self.assumed is None):
            raise ParameterError(f"`{self.id}` needs either a figure of a result or `assumed`")
        if self.landmark is not None and self.figure is None:
            raise ParameterError(f"`{self.id}` has a landmark and no median to set it against")
        if self.less is not None and self.quantity != "supportive-care":
            raise ParameterError(f"`{self.id}`: only survival after the last line is a difference")


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published figure that a model must predict before it may show what is not known.

    It is predicted for that arm of the design of its trial. The parameters may not rest on the
    figure that is predicted.
    """

    id: str
    arm: FigureOf
    predicts: Literal["leaving-second-line", "third-treatment", "overall-survival"]
    note: str = ""


class DesignArm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an arm of a trial was given, and what followed.

    ``sequence`` is the usual course, its first line timed by the parameter ``first_line``;
    ``crossover`` the parameter with the share of those going on who had ``instead``.
    ``going_on`` is what the trial says of further treatment: shown beside the model, not put in.
    """

    arm: str
    sequence: tuple[RegimenId, ...]
    first_line: str
    crossover: str = ""
    instead: tuple[RegimenId, ...] = ()
    going_on: FigureOf | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if bool(self.crossover) != bool(self.instead):
            raise ParameterError(f"`{self.arm}` needs both `crossover` and `instead`, or neither")
        if self.instead and (
            self.instead[0] != self.sequence[0] or len(self.instead) != len(self.sequence)
        ):
            raise ParameterError(
                f"`{self.arm}`: who crosses over has the same first line and as many lines"
            )


class TrialDesign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The arms of a trial as sequences, with what is known of treatment afterwards."""

    trial: TrialId
    arms: tuple[DesignArm, ...]


class Informing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trial under way that would tell some parameters of a model, and why it would."""

    trial: TrialId
    parameters: tuple[str, ...]
    says: str


class FollowedAs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A regimen that is advised and has no parameters, the one that ``stands`` for it, and why."""

    regimen: RegimenId
    stands: RegimenId
    why: str


HarmAbout = Literal["stopping", "severe", "neutropenia", "neutropenia-with-growth-factor"]


class HarmOnLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A harm that stands for a regimen in the first or a later line, as one arm showed it."""

    regimen: RegimenId
    line: Literal["first", "later"]
    about: HarmAbout
    harm: HarmId
    arm: str
    note: str = ""


class Borrowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of another model that hold here too, with its harms of later lines and what it
    says of regimens that stand for others."""

    model: str
    parameters: tuple[str, ...]


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model: whom it is about (``when``), its parameters, and what it is held against."""

    id: str
    title: str
    says: str
    when: Condition
    horizon_months: float
    parameters: tuple[Parameter, ...]
    borrows: Borrowed | None = None
    followed_as: tuple[FollowedAs, ...] = ()
    designs: tuple[TrialDesign, ...] = ()
    checks: tuple[Check, ...] = ()
    informed_by: tuple[Informing, ...] = ()
    harms: tuple[HarmOnLine, ...] = ()

    def __post_init__(self) -> None:
        held = {parameter.id for parameter in self.parameters}
        held.update(self.borrows.parameters if self.borrows else ())
        for design in self.designs:
            for arm in design.arms:
                for name in filter(None, (arm.first_line, arm.crossover)):
                    if name not in held:
                        raise ParameterError(
                            f"the design of `{design.trial}` rests on `{name}`, which is no "
                            "parameter here"
                        )
        for informing in self.informed_by:
            for name in informing.parameters:
                if name not in held:
                    raise ParameterError(
                        f"`{informing.trial}` would inform `{name}`, which is no parameter here"
                    )

    def with_borrowed(self, models: Mapping[str, ModelFile]) -> ModelFile:
        """The model with what it borrows. Raises ``ParameterError`` for what is not there."""
        if self.borrows is None:
            return self
        lender = models.get(self.borrows.model)
        lent = {p.id: p for p in lender.parameters} if lender else {}
        missing = [name for name in self.borrows.parameters if name not in lent]
        if lender is None or missing:
            raise ParameterError(
                f"`{self.id}` borrows {', '.join(missing)} of `{self.borrows.model}`, which has "
                "none of that name"
            )
        return msgspec.structs.replace(
            self,
            parameters=(*self.parameters, *(lent[name] for name in self.borrows.parameters)),
            followed_as=(*self.followed_as, *lender.followed_as),
            informed_by=(
                *self.informed_by,
                *(
                    i
                    for i in lender.informed_by
                    if set(i.parameters) <= set(self.borrows.parameters)
                ),
            ),
            harms=(*self.harms, *(harm for harm in lender.harms if harm.line == "later")),
        )
