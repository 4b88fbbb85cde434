"""What a worked case says a plan must and must not show, held against the plan.

Cases and claims share this language, so that a counterexample can be filed as
a case without translation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from consilium.clinical.patient import PatientCase
from consilium.guidance.labels import label_of
from consilium.guidance.standing import Answers, Knowledge
from consilium.guidance.voices import Voice
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region, Shows, Stance
from consilium.planning.known import Contradiction, understand
from consilium.planning.making import knowledge_of, plan
from consilium.planning.plan import Option, Plan
from consilium.rules.answers import NO, UNKNOWN, YES


class Outcome(msgspec.Struct):
    """A plan, or the name of the contradiction for which none was made."""

    plan: Plan | None
    answers: Answers | None
    contradiction: str = ""


def outcome(case: PatientCase, edition: Edition, *, as_of: date, region: Region) -> Outcome:
    """Plan a patient and keep what is needed to look at the plan."""
    try:
        made = plan(case, edition, as_of=as_of, region=region)
    except Contradiction as problem:
        return Outcome(None, None, problem.name)
    knowledge: Knowledge = knowledge_of(edition, as_of, region)
    return Outcome(made, Answers(knowledge, understand(case, edition).patient))


def shown(expected: Shows, seen: Outcome) -> bool:
    """Whether a plan shows what is described; all keys given must match in one place."""
    if expected.contradiction:
        return expected.contradiction == seen.contradiction
    if seen.plan is None or seen.answers is None:
        return False
    checks = [
        check
        for key, check in (
            (expected.position, _position),
            (expected.regimen, _regimen),
            (not expected.regimen and (expected.caution or expected.kind), _caution),
            (expected.stance and not expected.position and not expected.regimen, _stance),
            (expected.conflict, _conflict),
            (expected.preference, _preference),
            (expected.gap, _gap),
            (expected.trial, _trial),
            (expected.scope, _scope),
            (expected.excluded, _excluded),
        )
        if key
    ]
    return bool(checks) and all(check(expected, seen.plan, seen.answers) for check in checks)


def _voices(made: Plan) -> Iterator[Voice]:
    for option in (*made.options, *made.possible):
        yield from option.voices
    yield from made.against
    yield from made.depends


def _options(made: Plan) -> tuple[Option, ...]:
    return (*made.options, *made.possible, *made.labels_only)


def _stances(expected: Shows) -> tuple[Stance, ...]:
    if expected.stance is None:
        return ()
    return (expected.stance,) if isinstance(expected.stance, Stance) else expected.stance


def _position(expected: Shows, made: Plan, answers: Answers) -> bool:
    wanted = _stances(expected)
    standings = {"certain": "applies", "extension": "extends", "possible": "cannot-tell"}
    standing = standings.get(expected.certainty)
    return any(
        voice.position == expected.position
        and (not wanted or voice.stance in wanted)
        and (voice.standing.value == standing if standing else voice.holds)
        and (expected.certainty != "waiting" or bool(voice.waiting))
        and (expected.certainty != "certain" or not voice.waiting)
        for voice in _voices(made)
    )


def _regimen(expected: Shows, made: Plan, answers: Answers) -> bool:
    names = (expected.regimen,) if isinstance(expected.regimen, str) else expected.regimen
    return any(_one_regimen(name, expected, made, answers) for name in names)


def _one_regimen(name: str, expected: Shows, made: Plan, answers: Answers) -> bool:
    option = next((o for o in _options(made) if o.regimen == name), None)
    if expected.label:
        label = option.label if option else label_of(name, answers)
        if label.status.value != expected.label:
            return False
        if expected.because and expected.because not in (*label.failing, *label.missing):
            return False
        if not (expected.stance or expected.caution or expected.certainty or expected.without):
            return True
    if option is None:
        return False
    if expected.certainty and option.certainty != expected.certainty:
        return False
    wanted = _stances(expected)
    if wanted and not any(
        v.holds and v.stance in wanted and name not in v.waiting for v in option.voices
    ):
        return False
    if expected.without and any(c.kind == expected.without for c in option.cautions):
        return False
    return not (expected.caution or expected.kind) or _warns(expected, option)


def _warns(expected: Shows, option: Option) -> bool:
    return any(
        (not expected.caution or caution.rule == expected.caution)
        and (not expected.kind or caution.kind == expected.kind)
        for caution in option.cautions
    )


def _caution(expected: Shows, made: Plan, answers: Answers) -> bool:
    return any(_warns(expected, option) for option in _options(made))


def _stance(expected: Shows, made: Plan, answers: Answers) -> bool:
    wanted = _stances(expected)
    return any(voice.holds and voice.stance in wanted for voice in _voices(made))


def _conflict(expected: Shows, made: Plan, answers: Answers) -> bool:
    return any(set(conflict.positions) == set(expected.conflict) for conflict in made.conflicts)


def _preference(expected: Shows, made: Plan, answers: Answers) -> bool:
    better, worse = expected.preference
    return any(
        voice.holds and better in voice.regimens and worse in voice.over for voice in _voices(made)
    )


def _gap(expected: Shows, made: Plan, answers: Answers) -> bool:
    return any(gap.fact == expected.gap for gap in made.gaps)


def _trial(expected: Shows, made: Plan, answers: Answers) -> bool:
    fit = answers.settle(f"trial:{expected.trial}")
    wanted = {"yes": (YES,), "possible": (UNKNOWN,), "no": (NO,), "": (YES, UNKNOWN)}
    return fit in wanted[expected.fit]


def _scope(expected: Shows, made: Plan, answers: Answers) -> bool:
    if expected.certainty == "possible":
        # said with what is missing to tell whether it is so
        return any(cover.scope == expected.scope and cover.missing for cover in made.cover)
    unspoken = {one.id for one in answers.knowledge.edition.contents.scopes.unspoken}
    kind = "unspoken" if expected.scope in unspoken else "scope"
    return answers.settle(f"{kind}:{expected.scope}") is YES


def _excluded(expected: Shows, made: Plan, answers: Answers) -> bool:
    return made.refusal is not None and made.refusal.exclusion == expected.excluded
