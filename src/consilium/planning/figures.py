"""Results as one line of text: medians before ratios, with interval and maturity.

Numbers are printed as the statement holds them; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping

from consilium.evidence.trials import Contrast, Estimate, Limit, Result
from consilium.knowledge.records import Regimen


def figure(value: Limit) -> str:
    """A number with the digits it was published with, or the word in its place."""
    if isinstance(value, str):
        return value.replace("-", " ")
    return f"{value:g}" if value == int(value) and abs(value) >= 100 else _decimals(value)


def ratio(value: Limit) -> str:
    """A ratio with two decimals, three where three were published."""
    if isinstance(value, str):
        return value.replace("-", " ")
    return f"{value:.2f}" if round(value, 2) == value else f"{value:g}"


def _decimals(value: float) -> str:
    return f"{value:.1f}" if round(value, 1) == value else f"{value:g}"


def percent(value: float) -> str:
    """A share as published."""
    return f"{value:g} %"


def say_result(result: Result, endpoint: str, names: Mapping[str, Regimen]) -> str:
    """One result in a line."""
    line = _say_figures(result, endpoint, "hazard ratio", "95 % CI ")
    others = compared_with(result, names)
    return f"{line}, against {others}" if others else line


def say_result_briefly(result: Result, endpoint: str) -> str:
    """One result in as few words as it can be said in; what it was compared with goes before."""
    return _say_figures(result, endpoint, "HR", "")


def compared_with(result: Result, names: Mapping[str, Regimen]) -> str:
    """What the experimental arm was compared with, in words."""
    contrast = result.contrast
    others = (contrast.comparator,) if contrast else tuple(result.arms)[1:]
    return " and ".join(
        (names[o].short or names[o].name) if o in names else o.replace("-", " ") for o in others
    )


def _say_figures(result: Result, endpoint: str, hazard_ratio: str, interval: str) -> str:
    contrast = result.contrast
    said = say_arms(result)
    parts = [said] if said else []
    if contrast and isinstance(contrast.value, int | float):
        measure = contrast.measure.replace("_", " ").replace("hazard ratio", hazard_ratio)
        parts.append(f"{measure} {say_ratio(contrast, interval)}")
    return (
        f"{endpoint} {', '.join(parts)}"
        if parts
        else f"{endpoint}: no figure in the stored sources"
    )


def say_ratio(contrast: Contrast, interval: str = "") -> str:
    """The value of a contrast with its interval, without the name of its measure."""
    text = ratio(contrast.value)
    if contrast.ci95:
        text += f" ({interval}{ratio(contrast.ci95[0])} to {ratio(contrast.ci95[1])})"
    return text


def arms_in_order(result: Result) -> tuple[str, ...]:
    """The arms of a result, the experimental one first where there is a contrast."""
    contrast = result.contrast
    order = (contrast.experimental, contrast.comparator) if contrast else tuple(result.arms)
    return tuple(name for name in order if name in result.arms)


def say_arms(result: Result) -> str:
    """What the arms of a result showed, the experimental one first, with the unit."""
    return say_estimates([result.arms[name] for name in arms_in_order(result)])


def say_estimates(arms: list[Estimate]) -> str:
    """Estimates of the same kind side by side, with their unit."""
    if any(arm.median_months is not None for arm in arms):
        medians = [
            figure(a.median_months if a.median_months is not None else "not-stated") for a in arms
        ]
        unit = "months" if any(isinstance(a.median_months, int | float) for a in arms) else ""
        return f"median {' v '.join(medians)} {unit}".rstrip()
    if any(arm.percent is not None for arm in arms):
        return " v ".join(
            percent(a.percent) if a.percent is not None else "not stated" for a in arms
        )
    values = [f"{figure(a.value)} {a.unit}".rstrip() for a in arms if a.value is not None]
    return " v ".join(values)
