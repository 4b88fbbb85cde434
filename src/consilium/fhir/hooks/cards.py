"""Cards: short, each with its source, and alarming only where something stands against a drug."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from consilium.care.cautions import Caution
from consilium.guidance.labels import LabelStatus
from consilium.knowledge.edition import Edition
from consilium.planning.plan import Option, Plan

LONGEST_SUMMARY = 139
TOPIC = {
    "system": "http://snomed.info/sct",
    "code": "254837009",
    "display": "Malignant neoplasm of breast",
}
OVERRIDES = (
    ("weighed", "Weighed, and ordered all the same"),
    ("record-out-of-date", "The record is not up to date"),
    ("does-not-apply", "Does not apply to this patient"),
)
OVERRIDE_SYSTEM = "urn:uuid:0d0e3c1e-6a0f-5d5b-9a1f-2f3f5a7c9b11"
_SHOWN = 4


class Cards:
    """The cards of one plan."""

    def __init__(
        self, made: Plan, edition: Edition, instance: str, planner: str, launch: str
    ) -> None:
        self.made, self.edition, self.instance = made, edition, instance
        self.planner, self.launch = planner, launch

    def whole_plan(self, notes: Sequence[str]) -> dict[str, object]:
        """What sources would do, in one card."""
        made = self.made
        options = [option for option in made.options if not option.contraindicated]
        gaps = [self.edition.facts[gap.fact].phrase for gap in made.gaps[:3]]
        if options:
            named = ", ".join(self._short(option) for option in options[:2])
            more = f" and {len(options) - 2} more" if len(options) > 2 else ""
            head = f"Sources speak for {named}{more}"
        elif made.possible:
            head = (
                f"{len(made.possible)} regimens cannot be told yet; {len(made.gaps)} facts missing"
            )
        else:
            head = "No source of this edition takes a stance on this patient"
        lines = [f"- **{o.name}**: {o.headline}. {_label(o)}" for o in options[:_SHOWN]]
        if not options and made.possible:
            named = ", ".join(self._short(option) for option in made.possible)
            lines.append(f"- Cannot be told yet: {named}")
        lines += [f"- Missing: {phrase}" for phrase in gaps]
        lines += [f"- Sources differ: {c.says}" for c in made.conflicts[:2]]
        lines += [f"- {cover.says}" for cover in made.cover[:2]]
        return self._card("plan", head, "info", [*lines, *(f"- {note}" for note in notes)])

    def drug(self, drug: str, notes: Sequence[str]) -> dict[str, object] | None:
        """What stands against one drug, what to look at first; nothing where nothing is to say."""
        options = [
            option
            for option in (*self.made.options, *self.made.possible, *self.made.labels_only)
            if drug in self.edition.drugs_of(option.regimen)
        ]
        name = self.edition.drugs[drug].name
        cautions = {c.rule: c for option in options for c in option.cautions if c.drug == drug}
        against = [c for c in cautions.values() if c.kind == "contraindication" and not c.open]
        if against:
            lines = [f"- {_said(caution)}" for caution in against]
            return self._card(drug, f"{name}: contraindicated as recorded", "critical", lines, True)
        before = [text for option in options for text in option.already]
        disadvised = [
            v for v in self.made.against if any(drug in self._drugs(r) for r in v.regimens)
        ]
        lines = [f"- {text}" for text in dict.fromkeys(before)]
        lines += [f"- {voice.name} advises against it for this patient" for voice in disadvised]
        if not lines and not options:
            lines.append(
                "- No source of this edition speaks for it here, and no label on record covers "
                "this patient"
            )
        first = [c for c in cautions.values() if c.kind in ("contraindication", "check-first")]
        checks = [f"- First: {_said(caution)}" for caution in first[:_SHOWN]]
        if lines:
            head = f"{name}: look again before ordering"
            return self._card(drug, head, "warning", [*lines, *checks], True)
        if checks:
            extra = [f"- {note}" for note in notes]
            return self._card(drug, f"{name}: to check first", "info", [*checks, *extra], True)
        return None

    def _drugs(self, regimen: str) -> tuple[str, ...]:
        return self.edition.drugs_of(regimen)

    def _short(self, option: Option) -> str:
        return self.edition.regimens[option.regimen].short or option.name

    def _card(
        self, about: str, head: str, indicator: str, lines: list[str], answerable: bool = False
    ) -> dict[str, object]:
        made = self.made
        card: dict[str, object] = {
            "uuid": str(uuid5(NAMESPACE_URL, f"{self.instance}/{about}")),
            "summary": head if len(head) <= LONGEST_SUMMARY else head[: LONGEST_SUMMARY - 1] + "…",
            "detail": "\n".join(
                [
                    *lines,
                    "",
                    f"As known on {made.as_of}, region {made.region}. Educational, for health "
                    "professionals.",
                ]
            ),
            "indicator": indicator,
            "source": {
                "label": f"consilium, edition {made.edition} ({made.edition_hash[:12]})",
                "topic": TOPIC,
            },
        }
        links = []
        if self.launch:
            links.append({"label": "Open the whole plan", "url": self.launch, "type": "smart"})
        if self.planner:
            links.append({"label": "Open the planner", "url": self.planner, "type": "absolute"})
        if links:
            card["links"] = links
        if answerable:
            card["overrideReasons"] = [
                {"code": code, "system": OVERRIDE_SYSTEM, "display": display}
                for code, display in OVERRIDES
            ]
        return card


def _label(option: Option) -> str:
    words = {
        LabelStatus.APPROVED: "Approved here",
        LabelStatus.OUTSIDE: "Outside the label here",
        LabelStatus.UNDER_REVIEW: "Under review here",
        LabelStatus.NONE_FOUND: "No approval found here when checked",
        LabelStatus.NOT_RECORDED: "Approval here not recorded",
        LabelStatus.CANNOT_TELL: "Whether its label covers this patient cannot be told",
    }
    return words[option.label.status] + "."


def _said(caution: Caution) -> str:
    return f"{caution.asks or caution.says} (cannot be told yet)" if caution.open else caution.says
