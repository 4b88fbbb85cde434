"""Compute with what experts, labels, guidelines and trials say about HER2-negative
metastatic breast cancer.

>>> from consilium import Edition, plan, read_patient  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consilium.intake import read_patient as read_patient
    from consilium.knowledge.edition import Edition as Edition
    from consilium.planning import plan as plan

__all__ = ["Edition", "plan", "read_patient"]
__version__ = "0.1.0"

_HOMES = {
    "Edition": "consilium.knowledge.edition",
    "plan": "consilium.planning",
    "read_patient": "consilium.intake",
}


def __getattr__(name: str) -> Any:
    # imported on first use, so that the command line starts at once
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module `consilium` has no attribute `{name}`")
