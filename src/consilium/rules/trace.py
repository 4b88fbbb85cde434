"""The reading `trace`: the answer for one patient with its reasons.

Every test asked is there with its answer, so that a face can say which of them
decided and which missing facts stand in the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from consilium.rules.answering import answer_test
from consilium.rules.answers import NO, UNKNOWN, YES, Answer, all_of, any_of, at_least, not_
from consilium.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
    Test,
)
from consilium.rules.facts import FactModel, Known


class Trace(msgspec.Struct, frozen=True):
    """A condition, its answer, and the traces of its parts."""

    condition: Condition
    answer: Answer
    parts: tuple[Trace, ...] = ()

    @property
    def is_test(self) -> bool:
        """Whether this is a single test of one fact."""
        return isinstance(self.condition, IsOneOf | Bound | Includes)


def trace(condition: Condition, facts: Mapping[str, Known], model: FactModel) -> Trace:
    """Answer a condition and keep every step."""
    match condition:
        case AllOf() | AnyOf() | AtLeast():
            parts = tuple(trace(part, facts, model) for part in condition.parts)
            answers = [part.answer for part in parts]
            if isinstance(condition, AllOf):
                return Trace(condition, all_of(answers), parts)
            if isinstance(condition, AnyOf):
                return Trace(condition, any_of(answers), parts)
            return Trace(condition, at_least(condition.n, answers), parts)
        case Not():
            part = trace(condition.part, facts, model)
            return Trace(condition, not_(part.answer), (part,))
        case _:
            return Trace(condition, answer_test(condition, model.known(condition.fact, facts)))


def deciding(traced: Trace) -> Iterator[tuple[Test, Answer]]:
    """The tests that the answer rests on, each with its own answer.

    For a YES those that made it so, for a NO those that failed, for an UNKNOWN
    those whose fact is missing.
    """
    if traced.is_test:
        yield traced.condition, traced.answer  # type: ignore[misc]
        return
    for part in _parts_that_decide(traced):
        yield from deciding(part)


def _parts_that_decide(traced: Trace) -> tuple[Trace, ...]:
    match traced.condition, traced.answer:
        case Not(), _:
            return traced.parts
        case (AllOf(), Answer.NO) | (AnyOf(), Answer.YES):
            # one is enough: the first settles it
            return next((part,) for part in traced.parts if part.answer is traced.answer)
        case AtLeast(), Answer.YES | Answer.NO:
            return tuple(part for part in traced.parts if part.answer is traced.answer)
        case _, Answer.UNKNOWN:
            return tuple(part for part in traced.parts if part.answer is UNKNOWN)
        case _:
            return traced.parts


def missing_facts(traced: Trace) -> tuple[str, ...]:
    """The facts that keep the answer open, in the order asked."""
    if traced.answer is not UNKNOWN:
        return ()
    return tuple(dict.fromkeys(test.fact for test, answer in deciding(traced) if answer is UNKNOWN))


def failed(traced: Trace) -> tuple[Test, ...]:
    """Every test that stands in the way of a YES, not only the first."""
    if traced.answer is YES:
        return ()
    if traced.is_test:
        return (traced.condition,) if traced.answer is NO else ()  # type: ignore[return-value]
    if isinstance(traced.condition, Not):
        return tuple(test for test, _ in deciding(traced))
    return tuple(test for part in traced.parts for test in failed(part))
