"""What a programme changed: intended plans against experts, and plans changed or confirmed.

The analysis of interactive decision tools in oncology: for each case the plan
that was intended before anything was shown, what the experts would do for that
patient, and whether the clinician then changed the plan, saw it confirmed, or
was left as before. A case record holds no patient and no person.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from io import StringIO
from statistics import median

import msgspec

from consilium.errors import ConsiliumError
from consilium.statistics.proportions import LEAST_SHOWN, Proportion, too_few

OUTCOMES_SCHEMA = "consilium-outcomes/1"


class OutcomesError(ConsiliumError):
    """A case record that contradicts itself."""


class Impact(Enum):
    """What seeing the experts did to the intended plan, as the clinician says."""

    CHANGED = "changed"
    CONFIRMED = "confirmed"
    NO_IMPACT = "no-impact"


class CaseRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case of one clinician, without either of them.

    ``scenario`` names the worked case or the cell of the plan, ``intended`` the
    regimen chosen before the options were shown (`none-of-these` where it is no
    regimen of the edition), ``experts`` the regimens that each person who speaks
    for such a patient favours, ``afterwards`` the plan when it was changed.
    ``prophylaxis`` says, of each thing that was asked about, whether it would be
    given from the start: as intended, and after the experts and labels were shown.
    """

    scenario: str
    intended: str
    experts: dict[str, tuple[str, ...]]
    impact: Impact
    objectives: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    afterwards: str = ""
    prophylaxis: dict[str, tuple[bool, bool]] = {}

    def __post_init__(self) -> None:
        if not self.intended:
            raise OutcomesError("a case record needs the plan that was intended")
        if self.afterwards and self.impact is not Impact.CHANGED:
            raise OutcomesError("only a changed plan has another one afterwards")

    @property
    def speaking(self) -> int:
        """How many experts favour any regimen for this patient."""
        return sum(bool(regimens) for regimens in self.experts.values())

    @property
    def discordant(self) -> bool | None:
        """Whether no expert who speaks favours what was intended; nothing when none speaks."""
        if not self.speaking:
            return None
        return all(self.intended not in regimens for regimens in self.experts.values())

    @property
    def experts_agree(self) -> bool | None:
        """Whether the experts who speak have a regimen in common; nothing when fewer than two."""
        named = [set(regimens) for regimens in self.experts.values() if regimens]
        return bool(set.intersection(*named)) if len(named) > 1 else None


class Share(msgspec.Struct, frozen=True):
    """A proportion as it is told: counts, share and 95 % interval, each from 0 to 1."""

    events: int
    of: int
    share: float
    low: float
    high: float


class Group(msgspec.Struct, frozen=True):
    """One scenario, objective or the whole. A group that is held back has no numbers."""

    name: str
    cases: int | None
    discordant: Share | None = None
    changed: Share | None = None
    confirmed: Share | None = None
    no_impact: Share | None = None
    changed_or_confirmed: Share | None = None
    experts_agree: Share | None = None

    @property
    def held_back(self) -> bool:
        """Whether the group is too small to be shown."""
        return self.cases is None


class Prevented(msgspec.Struct, frozen=True):
    """How often something would be given from the start: intended, and afterwards.

    ``taken_up`` is the share of those who had not intended it and would now.
    """

    what: str
    scenario: str
    intended: Share | None
    afterwards: Share | None
    taken_up: Share | None


class Outcomes(msgspec.Struct, frozen=True):
    """The outcomes of a programme."""

    schema: str
    synthetic: bool
    least_shown: int
    whole: Group
    by_scenario: tuple[Group, ...]
    by_objective: tuple[Group, ...]
    reasons: tuple[tuple[str, int], ...]
    prophylaxis: tuple[Prevented, ...]


def outcomes(records: Sequence[CaseRecord], *, synthetic: bool = False) -> Outcomes:
    """The analysis of case records; groups below five are held back."""
    whole = _group("all cases", records if len(records) >= LEAST_SHOWN else ())
    return Outcomes(
        OUTCOMES_SCHEMA,
        synthetic,
        LEAST_SHOWN,
        whole,
        _groups(records, lambda record: (record.scenario,)),
        _groups(records, lambda record: record.objectives),
        () if whole.held_back else _reasons(records),
        tuple(_prevented(records)),
    )


def _prevented(records: Sequence[CaseRecord]) -> Iterator[Prevented]:
    """For each thing that was asked about: all cases, then each scenario that is not held back."""
    for what in sorted({name for record in records for name in record.prophylaxis}):
        asked: dict[str, list[tuple[bool, bool]]] = {}
        for record in records:
            if what in record.prophylaxis:
                asked.setdefault(record.scenario, []).append(record.prophylaxis[what])
        hidden = too_few({name: len(said) for name, said in asked.items()})
        yield _said_of(what, "", [each for said in asked.values() for each in said])
        for name in sorted(asked):
            yield _said_of(what, name, () if name in hidden else asked[name])


def _said_of(what: str, scenario: str, said: Sequence[tuple[bool, bool]]) -> Prevented:
    return Prevented(
        what,
        scenario,
        share_of([before for before, _ in said]),
        share_of([after for _, after in said]),
        share_of([after for before, after in said if not before]),
    )


def _groups(
    records: Sequence[CaseRecord], names: Callable[[CaseRecord], Iterable[str]]
) -> tuple[Group, ...]:
    found: dict[str, list[CaseRecord]] = {}
    for record in records:
        for name in names(record):
            found.setdefault(name, []).append(record)
    hidden = too_few({name: len(held) for name, held in found.items()})
    return tuple(_group(name, () if name in hidden else found[name]) for name in sorted(found))


def _group(name: str, records: Sequence[CaseRecord]) -> Group:
    """A group with its shares; with no numbers when it is handed none."""
    if not records:
        return Group(name, None)
    impacts = [record.impact for record in records]
    return Group(
        name,
        len(records),
        discordant=share_of([r.discordant for r in records]),
        changed=share_of([i is Impact.CHANGED for i in impacts]),
        confirmed=share_of([i is Impact.CONFIRMED for i in impacts]),
        no_impact=share_of([i is Impact.NO_IMPACT for i in impacts]),
        changed_or_confirmed=share_of([i is not Impact.NO_IMPACT for i in impacts]),
        experts_agree=share_of([r.experts_agree for r in records]),
    )


def share_of(answers: Sequence[bool | None]) -> Share | None:
    """The share of yes among those that can be answered; held back when they are too few."""
    told = [answer for answer in answers if answer is not None]
    if len(told) < LEAST_SHOWN:
        return None
    found = Proportion(sum(told), len(told))
    low, high = found.interval
    return Share(found.events, found.total, found.value, low, high)


def _reasons(records: Sequence[CaseRecord]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for record in records:
        for reason in record.reasons:
            counts[reason] = counts.get(reason, 0) + 1
    shown = [(name, count) for name, count in counts.items() if count >= LEAST_SHOWN]
    return tuple(sorted(shown, key=lambda pair: (-pair[1], pair[0])))


def gain(before: Sequence[int], after: Sequence[int]) -> tuple[float, float] | None:
    """Median number of right answers before and after, of the same people in the same order.

    Nothing below five people. Raises ``OutcomesError`` when the two differ in length.
    """
    if len(before) != len(after):
        raise OutcomesError("before and after are of the same people")
    if len(before) < LEAST_SHOWN:
        return None
    return float(median(before)), float(median(after))


# --- out of the program --------------------------------------------------------------------------

_SHARES = (
    "discordant",
    "changed",
    "confirmed",
    "no_impact",
    "changed_or_confirmed",
    "experts_agree",
)


def as_csv(found: Outcomes) -> str:
    """One row for each group and measure; a group that is held back has empty numbers."""
    text = StringIO()
    write = csv.writer(text, lineterminator="\n").writerow
    write(("kind", "group", "cases", "measure", "events", "of", "share", "ci95_low", "ci95_high"))
    kinds = (
        ("whole", (found.whole,)),
        ("scenario", found.by_scenario),
        ("objective", found.by_objective),
    )
    for kind, groups in kinds:
        for group in groups:
            cases = "" if group.cases is None else group.cases
            for name in _SHARES:
                numbers = share_cells(getattr(group, name))
                write((kind, group.name, cases, name.replace("_", " "), *numbers))
    for each in found.prophylaxis:
        for name in ("intended", "afterwards", "taken_up"):
            share: Share | None = getattr(each, name)
            measure = f"{each.what} from the start, {name.replace('_', ' ')}"
            cases = each.intended.of if each.intended else ""
            group_name = each.scenario or found.whole.name
            write(("prophylaxis", group_name, cases, measure, *share_cells(share)))
    return text.getvalue()


def share_cells(share: Share | None) -> tuple[object, ...]:
    """A share as five cells of a row: events, of, share, limits; empty where it is held back."""
    if share is None:
        return ("", "", "", "", "")
    parts = (share.share, share.low, share.high)
    return (share.events, share.of, *(f"{part:.4f}" for part in parts))


def as_json(found: msgspec.Struct) -> bytes:
    """Outcomes, or what was learnt, as JSON."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
