"""What the sources advise line after line, as far as they do: a policy that a model can follow.

Nothing is chosen for the reader. Where sources name several regimens alike the advice stops and
names them, and where none speaks it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from consilium.clinical.patient import PatientCase, PatientError
from consilium.errors import nearest
from consilium.guidance.standing import Standing
from consilium.guidance.voices import FAVOURABLE
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region, Stance
from consilium.planning.known import understand
from consilium.planning.making import knowledge_of, plan
from consilium.planning.naming import named
from consilium.planning.next_lines import DEPTH, NextLines, Spoken, advance, already_used
from consilium.planning.plan import Plan
from consilium.rules.answers import YES
from consilium.rules.completions import Patient
from consilium.rules.facts import Between
from consilium.sequencing.courses import Course, Reasoned
from consilium.sequencing.errors import SequenceError
from consilium.sequencing.scenario import holds_time


class AdvisedLine(msgspec.Struct, frozen=True):
    """One line: the regimen, the stance, and the positions that decided.

    ``alike`` are the other regimens that were named as strongly, where the reader chose;
    ``again`` what of the regimen was used before.
    """

    line: int
    regimen: str
    stance: str
    positions: tuple[str, ...]
    alike: tuple[str, ...] = ()
    again: tuple[str, ...] = ()


class Advice(msgspec.Struct, frozen=True):
    """Lines in order, and why they end.

    ``open`` are regimens between which nothing decides in ``line``.
    """

    lines: tuple[AdvisedLine, ...]
    ends: str
    open: tuple[str, ...] = ()
    line: int = 0


def advise(
    case: PatientCase,
    edition: Edition,
    *,
    as_of: date,
    region: str | Region = Region.US,
    who: str = "",
    choose: Mapping[int, str] | None = None,
) -> Advice:
    """Follow the plan of one patient and the next lines that it leads to.

    ``who`` is the one source to follow, by name or id; all where it is empty, the strongest words
    first. ``choose`` settles a line (by its number) for a regimen that a source speaks for there.
    Raises ``PatientError`` for a source or a choice that is not held.
    """
    chosen = {line: _regimen(words, edition) for line, words in (choose or {}).items()}
    speaker = _speaker(who, edition) if who else ""
    made = plan(case, edition, as_of=as_of, region=region)
    facts = understand(case, edition).patient.facts
    if made.refusal is not None:
        return Advice((), made.refusal.says)
    number = facts.get("line")
    if not isinstance(number, Between) or number.low != number.high:
        return Advice((), "the line that is being chosen is not known; enter it")
    next_lines = NextLines(knowledge_of(edition, as_of, Region(region)))
    lines: list[AdvisedLine] = []
    spoken = tuple(_spoken(made))
    for line in range(int(number.low), int(number.low) + DEPTH):
        heard = [
            one
            for one in spoken
            if one.stance in _FOR
            and (not speaker or edition.positions[one.statement].who == speaker)
        ]
        found = _settled(line, heard, chosen.get(line, ""), edition)
        if isinstance(found, Advice):
            return msgspec.structs.replace(found, lines=tuple(lines))
        again = already_used(found.regimen, facts, edition)
        lines.append(msgspec.structs.replace(found, again=again))
        facts = advance(facts, found.regimen, edition)
        spoken = next_lines.spoken(facts)
    return Advice(tuple(lines), f"no more than {DEPTH} lines are looked ahead")


def advised_courses(
    case: PatientCase,
    edition: Edition,
    model: str,
    sources: Sequence[str],
    *,
    as_of: date,
    region: str | Region = Region.US,
    choose: Mapping[int, str] | None = None,
    then: str = "",
) -> tuple[Course, ...]:
    """What each of ``sources`` advises one patient, as a model can follow it; "" is all of them.

    Raises as ``advise`` and ``course_of_advice`` do.
    """
    return tuple(
        course_of_advice(
            advise(case, edition, as_of=as_of, region=region, who=who, choose=choose),
            case,
            edition,
            model,
            who=who,
            then=then,
        )
        for who in sources
    )


def course_of_advice(
    advice: Advice,
    case: PatientCase,
    edition: Edition,
    model: str,
    *,
    who: str = "",
    then: str = "",
) -> Course:
    """The advice as a course that a model can follow, each line with what decided it.

    It ends where the advice does or where the model holds no time; ``then`` names what the reader
    wants followed after that, up to the third line. Raises ``SequenceError`` for a patient whom
    the model is not about, and for advice without a line that it can follow.
    """
    _is_about(case, edition, model)
    after = _regimen(then, edition) if then else ""
    if not advice.lines:
        raise SequenceError(_capital(f"no first line can be followed: {_ending(advice, edition)}"))
    regimens: list[str] = []
    says: list[Reasoned] = []
    ends = _ending(advice, edition)
    for place, line in enumerate(advice.lines):
        followed, why = _followed_as(line.regimen, edition, model)
        says.append(Reasoned(f"{_line_said(line, edition)}{why}.", line.positions))
        if not holds_time(edition, model, followed, place):
            ends = (
                f"the model holds no time on {edition.regimens[followed].name} in line "
                f"{line.line}, and none is made up"
            )
            break
        regimens.append(followed)
    if not regimens:
        raise SequenceError(_capital(f"no first line can be followed: {ends}"))
    left = DEPTH - len(regimens)
    says.append(Reasoned(f"After that {ends}{_and_then(after, edition) if left else ''}."))
    if after:
        regimens += [_followed_as(after, edition, model)[0]] * left
    source = edition.speakers[_speaker(who, edition)] if who else None
    whose = f"{source.short or source.name}'s advice" if source else "the sources' advice"
    held = (edition.regimens[regimen] for regimen in regimens)
    steps = " then ".join(one.short or one.name for one in held)
    return Course(tuple(regimens), name=f"{whose} ({steps})", says=tuple(says))


_FOR = {stance.value for stance in FAVOURABLE}


def _spoken(made: Plan) -> Iterator[Spoken]:
    """What is said for certain of the line being chosen, of what nothing forbids."""
    for option in made.options:
        if option.certainty != "certain" or option.contraindicated:
            continue
        for voice in option.voices:
            if voice.standing is Standing.APPLIES and option.regimen not in voice.waiting:
                yield Spoken(voice.stance.value, voice.position, (option.regimen,))


def _settled(
    line: int, heard: Iterable[Spoken], chosen: str, edition: Edition
) -> AdvisedLine | Advice:
    """The one regimen of a line; or why there is none."""
    by_stance: dict[Stance, dict[str, dict[str, None]]] = {stance: {} for stance in FAVOURABLE}
    for one in heard:
        for regimen in one.regimens:
            by_stance[Stance(one.stance)].setdefault(regimen, {})[one.statement] = None
    named_here = {
        regimen: stance for stance, group in reversed(by_stance.items()) for regimen in group
    }
    if chosen and chosen not in named_here:
        known = ", ".join(edition.regimens[r].name for r in named_here) or "nothing"
        raise PatientError(
            f"no source that is followed speaks for `{chosen}` in line {line}; spoken for: {known}"
        )
    stance = named_here[chosen] if chosen else next((s for s in FAVOURABLE if by_stance[s]), None)
    if stance is None:
        return Advice((), f"no source that is followed speaks for a regimen in line {line}")
    group = by_stance[stance]
    if len(group) > 1 and not chosen:
        return Advice(
            (),
            f"nothing decides in line {line} between {_among(group, edition)}",
            tuple(group),
            line,
        )
    regimen = chosen or next(iter(group))
    others = tuple(r for r in group if r != regimen)
    return AdvisedLine(line, regimen, stance.value, tuple(group[regimen]), others)


def _is_about(case: PatientCase, edition: Edition, model: str) -> None:
    if model not in edition.models:
        raise SequenceError(f"`{model}` is no model; known: {', '.join(edition.models)}")
    held = edition.models[model]
    patient: Patient = understand(case, edition).patient
    if patient.settle(held.when) is YES:
        return
    missing = patient.missing(held.when)
    what = f"; missing: {', '.join(missing)}" if missing else ""
    raise SequenceError(
        f"the model is about {held.title}, and this patient is not known to be{what}"
    )


def _followed_as(regimen: str, edition: Edition, model: str) -> tuple[str, str]:
    """The regimen that stands for one in the model, and why in words."""
    for one in edition.models[model].followed_as:
        if one.regimen == regimen:
            other = edition.regimens[one.stands].name
            return one.stands, f"; it is followed as {other}: {one.why}"
    return regimen, ""


def _line_said(line: AdvisedLine, edition: Edition) -> str:
    who = dict.fromkeys(
        edition.speakers[edition.positions[name].who].short
        or edition.speakers[edition.positions[name].who].name
        for name in line.positions
    )
    words = line.stance.replace("_", " ")
    told = f"Line {line.line}, {edition.regimens[line.regimen].name}: {words}, {', '.join(who)}"
    if line.again:
        told += f" ({', '.join(line.again)})"
    if line.alike:
        told += f"; chosen by the reader beside {_among(line.alike, edition)}"
    return told


def _ending(advice: Advice, edition: Edition) -> str:
    return f"{advice.ends}; choose one" if advice.open else advice.ends


def _and_then(then: str, edition: Edition) -> str:
    if not then:
        return (
            "; nothing further is followed but survival after the last line, so survival is not to "
            "be set beside that of longer sequences"
        )
    return f"; {edition.regimens[then].name} is followed from there, as the reader asked"


def _among(regimens: Iterable[str], edition: Edition) -> str:
    return " and ".join(edition.regimens[name].name for name in regimens)


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def _regimen(words: str, edition: Edition) -> str:
    found = named(words, edition)
    if found not in edition.regimens:
        raise PatientError(f"no regimen is called `{words}`.{nearest(found, edition.regimens)}")
    return found


def _speaker(words: str, edition: Edition) -> str:
    key = words.casefold().strip()
    for speaker in edition.speakers.values():
        if key in {speaker.id, speaker.name.casefold(), (speaker.short or speaker.id).casefold()}:
            return speaker.id
    known = sorted({position.who for position in edition.positions.values()})
    raise PatientError(f"no source is called `{words}`.{nearest(words, known)}")
