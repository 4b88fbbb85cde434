"""Two therapies or trials side by side, and whether they may be compared at all."""

from consilium.comparing.comparison import Comparison, Verdict
from consilium.comparing.sides import ComparisonError
from consilium.comparing.weighing import compare

__all__ = ["Comparison", "ComparisonError", "Verdict", "compare"]
