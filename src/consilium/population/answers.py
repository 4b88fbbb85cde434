"""Exact answers to every statement for many patients, each group of alike ones asked once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from consilium.guidance.standing import Knowledge
from consilium.planning.gaps import Asked, asked_of, changes_of
from consilium.population.alike import Codes, Parts, distinct
from consilium.population.sheets import statements_shown
from consilium.rules.answering import AnswerTable, answer, answer_test
from consilium.rules.answers import NO, UNKNOWN, YES
from consilium.rules.conditions import Condition, tests_in

_CODE = {UNKNOWN: AnswerTable.UNKNOWN, YES: AnswerTable.YES, NO: AnswerTable.NO}
Small = NDArray[np.int8]


class Group(NamedTuple):
    """The answer to one statement of patients who are alike, and what each answer would add."""

    code: int
    changes: dict[tuple[str, str], int]


_DECIDED = Group(AnswerTable.NO, {})
"""Stands for the patients of whom one part decides; no answer would change anything."""


class Statement:
    """One condition with what is remembered of it."""

    def __init__(self, key: str, condition: Condition, parts: Parts, asked: Asked | None) -> None:
        self.key, self.condition, self.parts, self.asked = key, condition, parts, asked
        self.places = parts.touched(condition)
        self._tests = {
            place: tuple(dict.fromkeys(t for t in tests_in(condition) if parts.of[t.fact] == place))
            for place in self.places
        }
        self._local: dict[int, list[int]] = {place: [] for place in self.places}
        self._signatures: dict[int, dict[object, int]] = {place: {} for place in self.places}
        self._alone: dict[int, list[int]] = {place: [] for place in self.places}
        self._kept: dict[tuple[int, ...], Group] = {}
        self.groups = 0

    def ask(self, codes: Mapping[int, Codes], size: int) -> tuple[Small, list[Group], Codes]:
        """The answers, the groups met, and which group each patient is in."""
        if not self.places:
            group = self._settled((), ())
            return np.full(size, group.code, np.int8), [group], np.zeros(size, np.int32)
        local = [self._locals(place)[codes[place]] for place in self.places]
        answers = np.zeros(size, np.int8)
        inverse = np.zeros(size, np.int32)
        for place, column in zip(self.places, local, strict=True):
            # what one part decides on its own, no other can undo
            alone = np.array(self._alone[place], np.int8)[column]
            np.copyto(answers, alone, where=alone != AnswerTable.UNKNOWN)
        left = np.flatnonzero(answers == AnswerTable.UNKNOWN)
        firsts, among = distinct([column[left] for column in local])
        found = [_DECIDED]
        for first in left[firsts]:
            key = tuple(int(column[first]) for column in local)
            if key not in self._kept:
                here = tuple(int(codes[place][first]) for place in self.places)
                self._kept[key] = self._settled(self.places, here)
                self.groups += 1
            found.append(self._kept[key])
        inverse[left] = among + 1
        answers[left] = np.array([group.code for group in found], np.int8)[inverse[left]]
        return answers, found, inverse

    def _locals(self, place: int) -> Codes:
        """For each code of a part what this condition sees of it.

        A part all of whose tests are decided is seen as their answers; of one that
        leaves a test open everything counts.
        """
        part, local = self.parts.parts[place], self._local[place]
        model = self.parts.model
        for code in range(len(local), len(part.rows)):
            # a gap is weighed by what was entered, without what follows from it
            seen_by = [part.patient(code).facts]
            if self.asked is not None:
                seen_by.append(part.entered[code])
            answers = tuple(
                answer_test(test, model.known(test.fact, facts))
                for facts in seen_by
                for test in self._tests[place]
            )
            signature: object = answers if UNKNOWN not in answers else code
            seen = self._signatures[place]
            if signature not in seen:
                seen[signature] = len(seen)
                alone = answer(self.condition, part.patient(code).facts, model)
                self._alone[place].append(_CODE[alone])
            local.append(seen[signature])
        return np.array(local, np.int32)

    def _settled(self, places: tuple[int, ...], codes: tuple[int, ...]) -> Group:
        patient = self.parts.patient(places, codes)
        settled = patient.settle(self.condition)
        changes: dict[tuple[str, str], int] = {}
        if settled is UNKNOWN and self.asked is not None:
            changes = changes_of(self.key, patient, self.asked)
        return Group(_CODE[settled], changes)


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

    @property
    def groups(self) -> int:
        """How many groups of alike patients a computation was made for."""
        return sum(statement.groups for statement in self.statements)

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
            answered, groups, inverse = statement.ask(codes, size)
            answers[:, index] = answered
            if statement.asked is None:
                continue
            columns = sorted({self._columns[c] for group in groups for c in group.changes})
            if columns:
                table = np.zeros((len(groups), len(columns)), np.int16)
                at = {column: place for place, column in enumerate(columns)}
                for row, group in enumerate(groups):
                    for change, weight in group.changes.items():
                        table[row, at[self._columns[change]]] = weight
                weights[:, columns] += table[inverse]
            open_ = answered == AnswerTable.UNKNOWN
            if statement.key in self._asked.ranks and open_.any():
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
