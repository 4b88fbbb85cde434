"""One line of treatment as the engine needs it: how long until it is left, and what for.

Times are in months. Leaving a line is one event with three ways out: on to the next line,
a stop without a further line, or death.
"""

from __future__ import annotations

from dataclasses import dataclass

from consilium.sequencing.errors import SequenceError


@dataclass(frozen=True, slots=True)
class LineOfTreatment:
    """A line: Weibull time until it is left, and the shares of the three ways out.

    ``scale_months`` is the time by which 63 % have left, ``shape`` 1 is a constant hazard.
    Of those who leave, ``go_on`` start the next line, ``die`` die, and the rest stop without a
    further line. ``label`` names the regimen.
    """

    label: str
    scale_months: float
    shape: float = 1.0
    go_on: float = 1.0
    die: float = 0.0

    def __post_init__(self) -> None:
        if not (self.scale_months > 0 and self.shape > 0):
            raise SequenceError(f"{self.label}: scale and shape must be above 0")
        if not (0 <= self.go_on <= 1 and 0 <= self.die <= 1 and self.go_on + self.die <= 1 + 1e-12):
            raise SequenceError(
                f"{self.label}: {self.go_on:g} go on and {self.die:g} die; shares lie between 0 "
                "and 1 and sum to at most 1"
            )

    def slowed(self, frailty: float) -> LineOfTreatment:
        """The line of a patient whose hazard of leaving is ``frailty`` times that of the others."""
        scale = self.scale_months * frailty ** (-1 / self.shape)
        return LineOfTreatment(self.label, scale, self.shape, self.go_on, self.die)
