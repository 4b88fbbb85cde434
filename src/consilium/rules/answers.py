"""Three-valued answers (Kleene's strong logic): yes, no, and not known.

Kleene SC. Introduction to Metamathematics, 1952, section 64.
"""

from collections.abc import Iterable
from enum import Enum
from typing import NoReturn


class Answer(Enum):
    """What a condition says of one patient."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    def __bool__(self) -> NoReturn:
        raise TypeError("an Answer may be unknown: test `is Answer.YES`, or combine with all_of")


YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN


def all_of(answers: Iterable[Answer]) -> Answer:
    """YES when every answer is, NO as soon as one is NO."""
    return at_least(None, answers)


def any_of(answers: Iterable[Answer]) -> Answer:
    """YES as soon as one answer is, NO when every answer is NO."""
    return at_least(1, answers)


def at_least(n: int | None, answers: Iterable[Answer]) -> Answer:
    """Whether at least ``n`` answers are YES; ``None`` asks for all of them."""
    given = list(answers)
    wanted = len(given) if n is None else n
    yes = sum(a is YES for a in given)
    open_ = sum(a is UNKNOWN for a in given)
    if yes >= wanted:
        return YES
    return UNKNOWN if yes + open_ >= wanted else NO


def not_(answer: Answer) -> Answer:
    """YES and NO change places; what is not known stays so."""
    return {YES: NO, NO: YES, UNKNOWN: UNKNOWN}[answer]
