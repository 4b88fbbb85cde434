"""Who takes which stance for one patient, whether they agree, and where they conflict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

import msgspec

from consilium.evidence.sources import Citation
from consilium.guidance.interests import Interest
from consilium.guidance.labels import LabelStatus
from consilium.guidance.standing import Answers, Standing, extensions
from consilium.knowledge.records import Position, Stance
from consilium.rules.answers import NO
from consilium.rules.conditions import Condition
from consilium.rules.say import say_test
from consilium.rules.trace import Trace, deciding, trace

FAVOURABLE = (
    Stance.RECOMMENDS,
    Stance.MAY_BE_PREFERRED,
    Stance.WOULD_CONSIDER,
    Stance.ACCEPTABLE,
)
"""Stances that speak for a regimen, from the strongest words to the weakest."""


STANCE_WORDS = {
    Stance.RECOMMENDS: "recommends",
    Stance.MAY_BE_PREFERRED: "says may be preferred:",
    Stance.WOULD_CONSIDER: "would consider",
    Stance.ACCEPTABLE: "says one can choose",
    Stance.DEPENDS_ON: "lets facts decide between",
    Stance.ONLY_IN_TRIAL: "only in a trial:",
    Stance.ADVISES_AGAINST: "advises against",
}
"""A stance in words, before the regimens it is about; strongest first."""


class Reason(msgspec.Struct, frozen=True):
    """One test that made a position apply, in words."""

    fact: str
    text: str


class Voice(msgspec.Struct, frozen=True):
    """A position as it stands for one patient.

    ``waiting`` names the regimens for which the speaker's premise, an approval
    here, does not hold yet; ``missing`` the facts that keep it open;
    ``interest`` is the entry of the conflict ledger.
    """

    position: str
    who: str
    name: str
    kind: str
    stance: Stance
    standing: Standing
    regimens: tuple[str, ...]
    over: tuple[str, ...]
    reasons: tuple[Reason, ...]
    because: tuple[Citation, ...]
    since: str
    missing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    grading: str = ""
    caveat: str = ""
    interpretation: dict[str, str] = {}
    overdue_since: str = ""
    overridden_by: tuple[str, ...] = ()
    interest: Interest | None = None

    @property
    def holds(self) -> bool:
        """Whether the position applies, as an extension or not."""
        return self.standing in (Standing.APPLIES, Standing.EXTENDS)


def voices(answers: Answers, labels: dict[str, LabelStatus]) -> tuple[Voice, ...]:
    """Every position that applies, is overridden, or cannot be told."""
    found = []
    for position in answers.knowledge.positions:
        standing = answers.standing(position)
        if standing is not Standing.DOES_NOT_APPLY:
            found.append(_voice(position, standing, answers, labels))
    return tuple(found)


def _voice(
    position: Position, standing: Standing, answers: Answers, labels: dict[str, LabelStatus]
) -> Voice:
    knowledge = answers.knowledge
    edition = knowledge.edition
    speaker = edition.speakers[position.who]
    traced = _trace_of(position, standing, answers)
    missing = _missing(position, standing, answers)
    waiting = tuple(
        name
        for name in position.regimens
        if position.premise == "approved" and labels.get(name) is not LabelStatus.APPROVED
    )
    overdue = position.review_by.last < knowledge.as_of
    grading = position.grading
    return Voice(
        position=position.id,
        who=position.who,
        name=speaker.name,
        kind=speaker.kind,
        stance=position.stance,
        standing=standing,
        regimens=position.regimens,
        over=position.over,
        reasons=_reasons(traced, answers) if standing is not Standing.CANNOT_TELL else (),
        because=position.because,
        since=str(position.since),
        missing=missing,
        waiting=waiting,
        facts=position.facts,
        grading=_say_grading(grading) if grading else "",
        caveat=position.caveat,
        interpretation=position.interpretation,
        overdue_since=str(position.review_by) if overdue else "",
        overridden_by=knowledge.overriding.get(position.id, ())
        if standing is Standing.OVERRIDDEN
        else (),
        interest=knowledge.interests[position.id],
    )


def _say_grading(grading: object) -> str:
    parts = [getattr(grading, name) for name in ("scale", "category", "level", "recommendation")]
    scale, *rest = (str(part) for part in parts)
    return " ".join([scale.upper(), *(part for part in rest if part)])


def _trace_of(position: Position, standing: Standing, answers: Answers) -> Trace:
    condition: Condition = position.when
    if standing is Standing.EXTENDS:
        for index, extended in enumerate(extensions(position)):
            if answers.settle(f"extension:{position.id}:{index}").value == "yes":
                condition = extended
    return trace(condition, answers.patient.facts, answers.knowledge.edition.model)


def _missing(position: Position, standing: Standing, answers: Answers) -> tuple[str, ...]:
    if standing is not Standing.CANNOT_TELL:
        return ()
    named = dict.fromkeys(answers.patient.missing(position.when))
    if answers.settle(f"position:{position.id}") is NO:
        for extended in extensions(position):
            named |= dict.fromkeys(answers.patient.missing(extended))
    for name in answers.knowledge.overriding.get(position.id, ()):
        other = answers.knowledge.edition.positions[name]
        if answers.standing(other) is Standing.CANNOT_TELL:
            named |= dict.fromkeys(answers.patient.missing(other.when))
    return tuple(named)


def _reasons(traced: Trace, answers: Answers) -> tuple[Reason, ...]:
    model = answers.knowledge.edition.model
    found = {}
    for test, answer in deciding(traced):
        words = say_test(test, model)
        found[words if answer.value == "yes" else f"not {words}"] = test.fact
    return tuple(Reason(fact, text) for text, fact in found.items())


class Agreement(Enum):
    """What the people who speak for a patient have in common."""

    AGREE = "agree"
    SPLIT = "split"
    ONE_SPEAKS = "one-speaks"
    NOBODY_SPEAKS = "nobody-speaks"


class Conflict(msgspec.Struct, frozen=True):
    """Two positions that hold for this patient and point apart."""

    positions: tuple[str, str]
    says: str


def conflicts(heard: Sequence[Voice]) -> tuple[Conflict, ...]:
    """Every pair of positions by different speakers that point apart."""
    held = [voice for voice in heard if voice.holds]
    firm: dict[str, set[str]] = {}
    for voice in held:
        if voice.stance is Stance.RECOMMENDS:
            firm.setdefault(voice.who, set()).update(voice.regimens)
    found = []
    for index, one in enumerate(held):
        for other in held[index + 1 :]:
            if one.who == other.who:
                continue
            says = _clash(one, other, firm) or _clash(other, one, firm)
            if says:
                found.append(Conflict((one.position, other.position), says))
    return tuple(found)


def _clash(one: Voice, other: Voice, firm: dict[str, set[str]]) -> str:
    favoured, named = set(one.regimens), set(other.regimens)
    if one.stance is Stance.ADVISES_AGAINST and other.stance in FAVOURABLE and favoured & named:
        return "one advises against what the other speaks for"
    if one.stance not in FAVOURABLE or other.stance not in FAVOURABLE:
        return ""
    if set(one.over) & named and not favoured & named:
        return "one prefers another regimen over the one that the other speaks for"
    both = one.stance is Stance.RECOMMENDS and other.stance is Stance.RECOMMENDS
    # somebody who recommends both in separate words does not differ from who recommends one
    if both and not firm[one.who] & firm[other.who]:
        return "they recommend different regimens"
    return ""


def agreement(heard: Sequence[Voice]) -> tuple[Agreement, tuple[str, ...]]:
    """Whether the people who speak for this patient agree, and who they are.

    They agree when each speaks for a regimen that every other speaks for too. A
    stance that names the deciding facts and no direction is no agreement.
    """
    people = [v for v in heard if v.kind == "person" and v.holds]
    speaking = tuple(dict.fromkeys(v.who for v in people))
    if not speaking:
        return Agreement.NOBODY_SPEAKS, ()
    if len(speaking) == 1:
        return Agreement.ONE_SPEAKS, speaking
    named = [_named_by(who, people) for who in speaking]
    common = set.intersection(*named)
    return (Agreement.AGREE if common else Agreement.SPLIT), speaking


def _named_by(who: str, people: Iterable[Voice]) -> set[str]:
    return {
        regimen
        for voice in people
        if voice.who == who and voice.stance in FAVOURABLE
        for regimen in voice.regimens
    }
