"""What the prover found, each with the smallest patient who shows it.

An example is given as one enters a patient, holds only the facts that matter,
and has been planned: what a finding says of the plan, the plan shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import Enum

import msgspec
import yaml

from consilium.clinical.patient import PatientError
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region, Shows, Stance
from consilium.planning.expectations import Outcome, outcome, shown
from consilium.proving.calendar import Moment
from consilium.proving.places import Places
from consilium.proving.subject import Subject
from consilium.rules.facts import ChoiceKind, MembersKind
from consilium.rules.proving import Formula, Literal, Value, settled
from consilium.rules.say import say_known, say_value


class Kind(Enum):
    """What can be wrong with an edition."""

    GAP = "gap"
    CONTRADICTION = "contradiction"
    DEAD = "dead"
    SHADOWED = "shadowed"
    CONSTANT = "constant"
    REDUNDANT = "redundant"
    CLAIM = "claim"
    KNOWING = "knowing"
    WAIVER = "waiver"


class Patient(msgspec.Struct, frozen=True):
    """An example: the facts that matter, the region and the day on which they do.

    ``open_facts`` are missing on purpose: that they are is what matters. Of
    ``whole``, everything true of the patient found, only ``kept`` is entered.
    """

    facts: dict[str, object]
    words: tuple[str, ...]
    region: Region
    day: date
    open_facts: tuple[str, ...] = ()
    kept: tuple[Literal, ...] = ()
    whole: tuple[Literal, ...] = ()

    @property
    def says(self) -> str:
        """The patient in plain words."""
        missing = "".join(f"; {fact.replace('_', ' ')} not known" for fact in self.open_facts)
        return f"{'; '.join(self.words) or 'any patient'}{missing}"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was found, and the statements it is about.

    The plan of the example shows all of ``seen`` and none of ``unseen``.
    ``waived`` holds the reason where the edition explains it.
    """

    kind: Kind
    statements: tuple[str, ...]
    says: str
    example: Patient | None = None
    seen: tuple[Shows, ...] = ()
    unseen: tuple[Shows, ...] = ()
    where: tuple[str, ...] = ()
    waived: str = ""
    waiver: str = ""

    @property
    def name(self) -> str:
        """A short name for a draft case."""
        return "-".join([self.kind.value, *self.statements[:2]])[:80]


def example_of(
    subject: Subject,
    values: Mapping[str, Value],
    goal: Formula,
    moment: Moment,
    *,
    without: frozenset[str] = frozenset(),
) -> Patient | None:
    """The fewest facts of a patient that make something certain, whatever else is true of them."""
    literals = subject.literals(values, without)
    kept = subject.prover.smallest(literals, goal)
    if kept is None:
        return None
    left_open = tuple(sorted(without & set(values)))
    found = patient_of(subject.edition, kept, moment, open_facts=left_open)
    return msgspec.structs.replace(found, whole=tuple(literals))


def enlarged(
    edition: Edition, patient: Patient, shows: Callable[[Patient], bool]
) -> Patient | None:
    """A patient with as few more facts as it takes until their plan shows something.

    What holds in every completion may hold by one statement here and by another
    there; a plan then says of each that it cannot be told.
    """

    def of(kept: Sequence[Literal]) -> Patient:
        moment = Moment(patient.region, patient.day)
        found = patient_of(edition, kept, moment, open_facts=patient.open_facts)
        return msgspec.structs.replace(found, whole=patient.whole)

    kept = list(patient.kept)
    for literal in sorted(patient.whole, key=lambda one: one.rank):
        if literal not in kept:
            kept.append(literal)
            if shows(of(kept)):
                break
    else:
        return None
    for literal in kept[len(patient.kept) : -1]:
        fewer = [one for one in kept if one != literal]
        if shows(of(fewer)):
            kept = fewer
    return of(kept)


def patient_of(
    edition: Edition,
    kept: Sequence[Literal],
    moment: Moment,
    *,
    open_facts: tuple[str, ...] = (),
) -> Patient:
    """A patient from what is true of them."""
    values: dict[str, Value] = {}
    absent: dict[str, list[str]] = {}
    for literal in kept:
        if literal.member:
            # once a list matters it is entered whole, as its reader would expect
            values[literal.fact] = literal.value
            if not literal.there:
                absent.setdefault(literal.fact, []).append(literal.member)
        else:
            values[literal.fact] = literal.value
    ordered = [fact for fact in edition.facts if fact in values]
    facts = {fact: entered(edition, fact, values[fact]) for fact in ordered}
    words = [say(edition, fact, values[fact], absent.get(fact, ())) for fact in ordered]
    return Patient(facts, tuple(words), moment.region, moment.day, open_facts, tuple(kept))


def entered(edition: Edition, fact: str, value: Value) -> object:
    """A value as one enters it."""
    if isinstance(value, str):
        return value
    if isinstance(value, frozenset):
        return sorted(value)
    number = int(value) if float(value).is_integer() else value
    record = edition.facts[fact]
    return {"value": number, "unit": record.unit} if record.units else number


def say(edition: Edition, fact: str, value: Value, absent: Sequence[str] = ()) -> str:
    """A fact of an example in plain words."""
    declared = edition.model.facts[fact]
    if isinstance(value, str) and isinstance(declared.kind, ChoiceKind):
        return say_value(declared, value)
    if isinstance(value, frozenset) and isinstance(declared.kind, MembersKind) and absent:
        named = [declared.phrases.get(m) or m.replace("-", " ") for m in sorted(absent)]
        there = [declared.phrases.get(m) or m.replace("-", " ") for m in sorted(value)]
        says = f"{', '.join(there)}, and not " if there else "not "
        return f"{declared.phrase}: {says}{' nor '.join(named)}"
    return say_known(declared, settled(value))


def planned(edition: Edition, patient: Patient) -> Outcome:
    """The plan of an example."""
    case = patient_from_mapping(patient.facts, edition, "example")
    return outcome(case, edition, as_of=patient.day, region=patient.region)


def is_shown(edition: Edition, finding: Finding, example: Patient | None = None) -> bool:
    """Whether the plan of a finding's example shows what the finding says."""
    example = example or finding.example
    if example is None:
        return True
    try:
        seen = planned(edition, example)
    except PatientError:
        return False
    return all(shown(one, seen) for one in finding.seen) and not any(
        shown(one, seen) for one in finding.unseen
    )


def located(finding: Finding, places: Places) -> Finding:
    """A finding with the files and lines of its statements."""
    where = tuple(place for name in finding.statements if (place := places.of(name)))
    return msgspec.structs.replace(finding, where=where)


def draft(finding: Finding) -> str:
    """A finding as a worked case that fails today, for a clinician to confirm or to mend."""
    example = finding.example
    if example is None:
        return ""
    shows = [plain(one) for one in finding.unseen]
    never = [plain(one) for one in finding.seen[-1:]] if not shows else []
    case: dict[str, object] = {
        "id": finding.name,
        "why": finding.says,
        "as_of": example.day.isoformat(),
        "region": example.region.value,
        "patient": dict(example.facts),
    }
    if shows:
        case["shows"] = shows
    if never:
        case["never_shows"] = never
    return written(case)


def plain(expected: Shows) -> dict[str, object]:
    """What is to be shown, as it is written in a case."""
    found: dict[str, object] = {}
    for field in expected.__struct_fields__:
        value = getattr(expected, field)
        if value in ("", (), None):
            continue
        if isinstance(value, Stance):
            value = value.value
        elif isinstance(value, tuple):
            value = [v.value if isinstance(v, Stance) else v for v in value]
        found[field] = value
    return found


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)  # lists stand further in than their key


class _Row(dict[str, object]):
    pass


_Dumper.add_representer(
    _Row,
    lambda dumper, row: dumper.represent_mapping(
        "tag:yaml.org,2002:map", row.items(), flow_style=True
    ),
)
_Dumper.add_representer(
    tuple,
    lambda dumper, row: dumper.represent_sequence("tag:yaml.org,2002:seq", row, flow_style=True),
)


def written(case: Mapping[str, object]) -> str:
    """A case in the form of the files that hold them."""
    shaped: dict[str, object] = {}
    for key, value in case.items():
        if key in ("shows", "never_shows") and isinstance(value, list):
            shaped[key] = [_Row({k: _flow(v) for k, v in row.items()}) for row in value]
        elif key == "patient" and isinstance(value, Mapping):
            shaped[key] = {k: _flow(v) for k, v in value.items()}
        else:
            shaped[key] = value
    text = yaml.dump(shaped, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    # scalars are text in an edition, so its yes, no and dates need no quotation marks
    return (
        text.replace(": 'yes'", ": yes")
        .replace(": 'no'", ": no")
        .replace("as_of: '", "as_of: ")
        .replace(f"{case.get('as_of')}'", f"{case.get('as_of')}")
    )


def _flow(value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping):
        return _Row(dict(value))
    return value
