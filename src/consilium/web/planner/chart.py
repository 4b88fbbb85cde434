"""A plan as a few plain lines to paste into a chart: no identifier, no markup."""

from __future__ import annotations

from textwrap import fill

from consilium.knowledge.edition import Edition
from consilium.planning import Plan
from consilium.report import document

_WIDTH = 96
_KINDS = ("headline", "label", "stop")


def chart_text(made: Plan, edition: Edition) -> str:
    """Patient, options with strength and label, what forbids, what is missing."""
    text = document(made, edition, brief=True)
    lines = [f"consilium, {text.subtitle}"]
    for section in text.sections:
        match section.kind:
            case "patient" | "refusal" | "cover":
                lines += [_fill(item.text) for item in section.items]
            case "options":
                for number, part in enumerate(section.parts, start=1):
                    said = " ".join(i.text for i in part.items if i.kind in _KINDS)
                    lines.append(_fill(f"{number}. {part.title}: {said}"))
            case "gaps":
                lines += [_fill(f"Missing: {item.text}") for item in section.items]
            case _:
                if section.title == "Options":
                    lines += [_fill(item.text) for item in section.items]
    lines.append(_fill(f"What this plan does not weigh: {'; '.join(made.not_considered)}."))
    lines.append(f"{len(made.sources)} sources; edition {made.edition} {made.edition_hash[:12]}")
    return "\n".join(lines) + "\n"


def _fill(text: str) -> str:
    return fill(text, _WIDTH, subsequent_indent="  ")
