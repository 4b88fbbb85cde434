"""Exact answers to every statement for many patients, each group of alike ones asked once.

Two patients are alike to a statement when nothing that its answer rests on tells them
apart: the answers to its tests, and where a test is open, the ways in which the missing
facts could still go. What an answer would change rests on more, and has groups of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from consilium.guidance.standing import Knowledge
from consilium.planning.gaps import Asked, asked_of, changes_of
from consilium.population.alike import Codes, Part, Parts, distinct
from consilium.population.sheets import statements_shown
from consilium.rules.answering import AnswerTable, answer, answer_test
from consilium.rules.answers import NO, UNKNOWN, YES, Answer
from consilium.rules.completions import bits_of, rests_on
from consilium.rules.conditions import Condition, tests_in
from consilium.rules.facts import is_settled

_CODE = {UNKNOWN: AnswerTable.UNKNOWN, YES: AnswerTable.YES, NO: AnswerTable.NO}
Small = NDArray[np.int8]
Rows = NDArray[np.int64]


Changes = dict[tuple[str, str], int]
"""What each answer to a fact would add to its weight, in tenths."""


class View:
    """What one condition sees of a part: codes that it cannot tell apart are one to it."""

    def __init__(self, part: Part, sees: Callable[[View, int], Hashable], mask: int) -> None:
        self.part, self.sees = part, sees
        self.mask = mask
        """The condition's tests of facts of this part."""
        self.codes: list[int] = []
        """The first code of each that it tells apart."""
        self._places: dict[Hashable, int] = {}
        self._of: list[int] = []

    def column(self, codes: Codes) -> Codes:
        """What is seen of each patient, as places in ``codes``."""
        for code in range(len(self._of), len(self.part.rows)):
            # nobody is what cannot be, and must not stand for others
            cannot_be = self.part.patient(code).contradiction is not None
            seen = None if cannot_be else self.sees(self, code)
            place = self._places.setdefault(seen, len(self.codes))
            if place == len(self.codes):
                self.codes.append(code)
            self._of.append(place)
        column: Codes = np.array(self._of, np.int32)[codes]
        return column


class Statement:
    """One condition with what is remembered of it."""

    def __init__(self, key: str, condition: Condition, parts: Parts, asked: Asked | None) -> None:
        self.key, self.condition, self.parts, self.asked = key, condition, parts, asked
        model = parts.model
        self.places = parts.touched(condition)
        self._tests = tuple(dict.fromkeys(tests_in(condition)))
        self._rests_on = tuple(rests_on(condition, model))
        self._settling: list[View] = []
        self._weighing: list[View] = []
        bits = bits_of(model)
        for part in (parts.parts[place] for place in self.places):
            mask = bits.node(condition).mask & sum(map(bits.mask_of, part.facts))
            self._settling.append(View(part, self._decides, mask))
            self._weighing.append(View(part, self._changes, mask))
        self._alone: list[list[int]] = [[] for _ in self.places]
        self._settled: dict[tuple[int, ...], int] = {}
        self._weighed: dict[tuple[int, ...], Changes] = {}

    def ask(self, codes: Mapping[int, Codes], size: int) -> Small:
        """The answers."""
        if not self.places:
            return np.full(size, self._settle(()), np.int8)
        answers = np.zeros(size, np.int8)
        columns = []
        for view, alone, place in zip(self._settling, self._alone, self.places, strict=True):
            column = view.column(codes[place])
            for code in view.codes[len(alone) :]:
                facts = view.part.patient(code).facts
                alone.append(_CODE[answer(self.condition, facts, self.parts.model)])
            # what one part decides on its own, no other can undo
            decided = np.array(alone, np.int8)[column]
            np.copyto(answers, decided, where=decided != AnswerTable.UNKNOWN)
            columns.append(column)
        left = np.flatnonzero(answers == AnswerTable.UNKNOWN)
        keys, inverse = _met(columns, left)
        for key in keys:
            if key not in self._settled:
                self._settled[key] = self._settle(self._codes(self._settling, key))
        answers[left] = np.array([self._settled[key] for key in keys], np.int8)[inverse]
        return answers

    def weigh(self, codes: Mapping[int, Codes], rows: Rows) -> tuple[list[Changes], Rows]:
        """What answers would change for patients of whom the statement is open, and for whom."""
        assert self.asked is not None
        views = zip(self._weighing, self.places, strict=True)
        keys, inverse = _met([view.column(codes[place]) for view, place in views], rows)
        for key in keys:
            if key not in self._weighed:
                patient = self.parts.patient(self.places, self._codes(self._weighing, key))
                self._weighed[key] = changes_of(self.key, patient, self.asked)
        return [self._weighed[key] for key in keys], inverse

    @staticmethod
    def _codes(views: list[View], key: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(view.codes[place] for view, place in zip(views, key, strict=True))

    def _settle(self, codes: tuple[int, ...]) -> int:
        return _CODE[self.parts.patient(self.places, codes).settle(self.condition)]

    def _answers(self, view: View, code: int) -> tuple[Answer, ...]:
        facts, model = view.part.patient(code).facts, self.parts.model
        return tuple(
            answer_test(test, model.known(test.fact, facts))
            for test in self._tests
            if test.fact in view.part.own
        )

    def _decides(self, view: View, code: int) -> Hashable:
        """All that the answer can rest on: of decided tests nothing but their answers."""
        answers = self._answers(view, code)
        if UNKNOWN not in answers:
            return answers
        return answers, view.part.patient(code).open_to(view.mask)

    def _changes(self, view: View, code: int) -> Hashable:
        """All that a weight can rest on: of settled facts nothing but the answers to tests."""
        patient, model = view.part.patient(code), self.parts.model
        found: list[object] = [self._answers(view, code)]
        for fact in self._rests_on:
            if fact in view.part.own:
                for facts in (patient.facts, patient.given):
                    known = model.known(fact, facts)
                    entered = is_settled(known) and not model.facts[fact].follows
                    found.append(patient.bits.rails(known, fact, view.mask) if entered else known)
        return tuple(found)


def _met(columns: list[Codes], rows: Rows) -> tuple[list[tuple[int, ...]], Rows]:
    """Each combination that some rows have, and which of them each row has."""
    among = [column[rows] for column in columns]
    firsts, inverse = distinct(among)
    return list(zip(*(column[firsts].tolist() for column in among), strict=True)), inverse


class Answered(NamedTuple):
    """Every answer for a chunk of patients, and the missing facts that matter most to each."""

    ids: tuple[str, ...]
    codes: NDArray[np.int8]  # a row for each patient, a column for each statement
    gaps: NDArray[np.int16]  # the places of facts in ``facts``, -1 where there are no more
    facts: tuple[str, ...]


class Asking:
    """Answers all statements of what is known on a day in a region."""

    def __init__(self, knowledge: Knowledge, parts: Parts) -> None:
        self.knowledge, self.parts = knowledge, parts
        self.ids = statements_shown(knowledge)
        asked = asked_of(knowledge)
        self.statements = [
            Statement(key, condition, parts, asked if key in knowledge.choosing else None)
            for key, condition in knowledge.conditions.items()
            if key in self.ids
        ]
        self.facts = tuple(asked.cells)
        self._places = {fact: place for place, fact in enumerate(self.facts)}
        self._asked = asked
        self._columns: dict[tuple[str, str], int] = {
            (fact, cell): 0 for fact, cells in asked.cells.items() for cell in cells
        }
        self._columns = {key: place for place, key in enumerate(self._columns)}

    def part_codes(self, columns: Mapping[str, Codes], size: int) -> dict[int, Codes]:
        """One code for each patient and part."""
        found = {}
        for place, part in enumerate(self.parts.parts):
            own = {fact: columns[fact] for fact in part.facts if fact in columns}
            if own:
                found[place] = part.codes(own, self.parts.alphabets)
            else:
                empty = {part.facts[0]: np.zeros(1, np.int32)}
                code = part.codes(empty, self.parts.alphabets)[0]
                found[place] = np.full(size, code, np.int32)
        return found

    def answer(self, codes: Mapping[int, Codes], size: int) -> Answered:
        """All answers, and the gaps in the order of `plan`."""
        parts = [
            self._slice({place: column[start : start + _ROWS] for place, column in codes.items()})
            for start in range(0, size, _ROWS)
        ] or [self._slice({place: column[:0] for place, column in codes.items()})]
        return Answered(
            self.ids,
            np.concatenate([part.codes for part in parts]),
            np.concatenate([part.gaps for part in parts]),
            self.facts,
        )

    def _slice(self, codes: Mapping[int, Codes]) -> Answered:
        size = len(next(iter(codes.values()))) if codes else 0
        answers = np.zeros((size, len(self.ids)), np.int8)
        weights = np.zeros((size, len(self._columns)), np.int16)
        first = np.full((size, len(self.facts)), _LAST, np.int16)
        for index, statement in enumerate(self.statements):
            answers[:, index] = answered = statement.ask(codes, size)
            open_ = answered == AnswerTable.UNKNOWN
            if statement.key not in self._asked.ranks or not open_.any():
                continue
            rows = np.flatnonzero(open_)
            changes, inverse = statement.weigh(codes, rows)
            columns = sorted({self._columns[change] for group in changes for change in group})
            if columns:
                table = np.zeros((len(changes), len(columns)), np.int16)
                at = {column: place for place, column in enumerate(columns)}
                for row, group in enumerate(changes):
                    for change, weight in group.items():
                        table[row, at[self._columns[change]]] = weight
                weights[np.ix_(rows, np.array(columns))] += table[inverse]
            for fact, rank in self._asked.ranks[statement.key].items():
                place = self._places[fact]
                np.minimum(first[:, place], rank, out=first[:, place], where=open_)
        return Answered(self.ids, answers, self._order(weights, first), self.facts)

    def _order(self, weights: NDArray[np.int16], first: NDArray[np.int16]) -> NDArray[np.int16]:
        size = len(weights)
        heaviest = np.zeros((size, len(self.facts)), np.int64)
        for (fact, _), column in self._columns.items():
            place = self._places[fact]
            np.maximum(heaviest[:, place], weights[:, column], out=heaviest[:, place])
        order = np.where(heaviest > 0, -heaviest * (_LAST + 1) + first, np.int64(1))
        places = np.argsort(order, axis=1, kind="stable")[:, :_SHOWN].astype(np.int16)
        chosen = np.take_along_axis(order, places.astype(np.int64), axis=1)
        return np.where(chosen < 1, places, np.int16(-1))


_ROWS = 1 << 14
"""Patients whose answers are weighed at a time; what a weighing needs is many times the answers."""
_LAST = 32_000
_SHOWN = 8
