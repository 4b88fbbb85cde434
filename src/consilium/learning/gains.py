"""What learners gained: the same questions before and after, and how they judge the objectives.

Only those who took the test before and after count for a gain, and of the
attempts afterwards only the first: a later one has seen the statements again.
Groups below five are held back.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO

import msgspec

from consilium.knowledge.learning import KnowledgeTest
from consilium.learning.outcomes import Share, gain, share_cells, share_of

MET = 4
"""From which of five steps on an objective counts as met: mostly, or fully."""


class Taken(msgspec.Struct, frozen=True):
    """The tests of one learner, without the learner: which questions were right.

    ``before`` is nothing for who did not take it, ``after`` is the first attempt.
    """

    before: frozenset[str] | None
    after: frozenset[str]
    passed: bool


class Gained(msgspec.Struct, frozen=True):
    """One question or objective: the share of learners who have it right, before and after."""

    name: str
    before: Share | None
    after: Share | None


class Judged(msgspec.Struct, frozen=True):
    """One objective: the share of learners who say that they meet it, mostly or fully."""

    name: str
    met: Share | None


class Learning(msgspec.Struct, frozen=True):
    """What was gained. ``learners`` is nothing where it is held back.

    The medians count right answers of ``of``; an objective is right when all its
    questions are; ``passed`` is the share of those who tried at all.
    """

    learners: int | None
    of: int
    median_before: float | None
    median_after: float | None
    questions: tuple[Gained, ...]
    objectives: tuple[Gained, ...]
    passed: Share | None
    judged: tuple[Judged, ...]


def learning(
    test: KnowledgeTest, taken: Sequence[Taken], evaluations: Sequence[Mapping[str, str]]
) -> Learning:
    """What learners gained. ``evaluations`` are steps from 1 to 5 by the id of an objective."""
    pairs = [(each.before, each.after) for each in taken if each.before is not None]
    medians = gain([len(b) for b, _ in pairs], [len(a) for _, a in pairs])
    served: dict[str, set[str]] = {}
    for question in test.questions:
        for objective in question.objectives:
            served.setdefault(objective, set()).add(question.id)
    judged = sorted({name for each in evaluations for name in each})
    return Learning(
        learners=len(pairs) if medians else None,
        of=len(test.questions),
        median_before=medians[0] if medians else None,
        median_after=medians[1] if medians else None,
        questions=tuple(_gained(question.id, {question.id}, pairs) for question in test.questions),
        objectives=tuple(_gained(name, served[name], pairs) for name in sorted(served)),
        passed=share_of([each.passed for each in taken]),
        judged=tuple(
            Judged(name, share_of([int(e[name]) >= MET for e in evaluations if name in e]))
            for name in judged
        ),
    )


def _gained(
    name: str, asked: set[str], pairs: Sequence[tuple[frozenset[str], frozenset[str]]]
) -> Gained:
    return Gained(
        name,
        share_of([asked <= before for before, _ in pairs]),
        share_of([asked <= after for _, after in pairs]),
    )


def learning_as_csv(found: Learning) -> str:
    """One row for each question, objective and measure; what is held back has empty numbers."""
    text = StringIO()
    write = csv.writer(text, lineterminator="\n").writerow
    write(("kind", "name", "measure", "events", "of", "share", "ci95_low", "ci95_high"))
    for kind, groups in (("question", found.questions), ("objective", found.objectives)):
        for group in groups:
            write((kind, group.name, "right before", *share_cells(group.before)))
            write((kind, group.name, "right after", *share_cells(group.after)))
    write(("test", "all learners", "passed", *share_cells(found.passed)))
    for each in found.judged:
        write(("objective", each.name, "mostly or fully met, as judged", *share_cells(each.met)))
    return text.getvalue()
