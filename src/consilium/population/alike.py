"""When two patients are alike: one number for everything that no condition can tell apart.

What is known of a fact becomes a code. A number becomes the stretch between two
bounds that some condition names, members only those that some condition asks
for. Facts that definitions or invariants tie together form a part, and what is
known of a part becomes one code again: whatever an answer rests on inside a part,
it rests on that code alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from consilium.rules.completions import Patient, Share
from consilium.rules.conditions import Bound, Condition, Includes, facts_in, tests_in
from consilium.rules.facts import Between, FactModel, Holding, Known, OneOf

Codes = NDArray[np.int32]
_MOST_PATIENTS = 5_000
NOTHING = 0
"""The code of a fact of which nothing is known."""


class Alphabet:
    """The codes of one fact: what is known of it, as far as a condition can tell."""

    def __init__(self, model: FactModel, fact: str, tests: Iterable[Condition]) -> None:
        self.fact, self.kind = fact, model.facts[fact].kind
        found = tuple(tests)
        bounds = [test for test in found if isinstance(test, Bound)]
        self.edges = sorted({edge for bound in bounds for edge in bound.edges})
        self.members = tuple(
            sorted({m for test in found if isinstance(test, Includes) for m in test.members})
        )
        self.known: list[Known | None] = [None]
        self._codes: dict[object, int] = {}

    def stretches(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """How many edges lie below each number."""
        passed = np.zeros(numbers.shape, np.int64)
        for value, upper in self.edges:
            passed += (numbers >= value) if upper else (numbers > value)
        return passed

    def _stretch(self, number: float) -> int:
        return sum((number >= v) if upper else (number > v) for v, upper in self.edges)

    def code(self, known: Known | None) -> int:
        """The code of what is known."""
        match known:
            case None:
                return NOTHING
            case OneOf(values):
                signature: object = values
            case Between(low, high):
                signature = (self._stretch(low), self._stretch(high), low == high)
            case Holding(has, may_have):
                asked = frozenset(self.members)
                known = Holding(has & asked, may_have & asked)
                signature = known
        return self._place(signature, known)

    def codes_of_numbers(self, numbers: NDArray[np.float64]) -> Codes:
        """The codes of a column of numbers, NaN where nothing is known."""
        found = np.zeros(len(numbers), np.int32)
        there = ~np.isnan(numbers)
        stretches = self.stretches(numbers)
        for stretch in np.unique(stretches[there]):
            rows = there & (stretches == stretch)
            number = float(numbers[np.argmax(rows)])
            signature = (int(stretch), int(stretch), True)
            found[rows] = self._place(signature, Between(number, number))
        return found

    def _place(self, signature: object, known: Known) -> int:
        code = self._codes.get(signature)
        if code is None:
            code = self._codes[signature] = len(self.known)
            self.known.append(known)
        return code


class Part:
    """Facts that definitions or invariants tie together, and what is known of all of them."""

    def __init__(self, model: FactModel, facts: tuple[str, ...]) -> None:
        self.model, self.facts, self.own = model, facts, frozenset(facts)
        self.rows: list[tuple[int, ...]] = []
        self._codes: dict[tuple[int, ...], int] = {}
        self._patients: list[Patient] = []
        self._shares: dict[int, Share] = {}

    def codes(self, columns: Mapping[str, Codes], alphabets: Mapping[str, Alphabet]) -> Codes:
        """One code for each patient for all that is known of the part."""
        size = len(next(iter(columns.values()))) if columns else 0
        present = [fact for fact in self.facts if fact in columns]
        table = np.zeros((size, len(self.facts)), np.int32)
        for place, fact in enumerate(self.facts):
            if fact in present:
                table[:, place] = columns[fact]
        firsts, inverse = distinct([np.ascontiguousarray(c) for c in table.T])
        codes = np.empty(len(firsts), np.int32)
        for index, row in enumerate(table[firsts].tolist()):
            codes[index] = self._code(tuple(row), alphabets)
        return codes[inverse]

    def _code(self, row: tuple[int, ...], alphabets: Mapping[str, Alphabet]) -> int:
        code = self._codes.get(row)
        if code is None:
            code = self._codes[row] = len(self.rows)
            self.rows.append(row)
            found = {
                fact: known
                for fact, place in zip(self.facts, row, strict=True)
                if (known := alphabets[fact].known[place]) is not None
            }
            self._patients.append(Patient(self.model, found))
        return code

    def patient(self, code: int) -> Patient:
        """Somebody of whom only this is known."""
        return self._patients[code]

    def share(self, code: int) -> Share:
        """What is known of somebody's own facts of this part."""
        found = self._shares.get(code)
        if found is None:
            found = self._shares[code] = self._patients[code].share(self.own)
        return found

    @property
    def contradictions(self) -> list[str | None]:
        """What cannot be, for each code; nothing for most."""
        return [patient.contradiction for patient in self._patients]


class Parts:
    """All facts of a model, in parts that do not bear on one another."""

    def __init__(self, model: FactModel, conditions: Iterable[Condition]) -> None:
        self.model = model
        definitions = [when for fact in model.defined for when in fact.definition.values()]
        every = [*conditions, *definitions, *model.never.values()]
        tests: dict[str, list[Condition]] = {}
        for condition in every:
            for test in tests_in(condition):
                tests.setdefault(test.fact, []).append(test)
        # a verdict that nobody asks for still bounds what it rests on
        read = tests.keys() | {fact.id for fact in model.defined}
        self.alphabets = {
            fact: Alphabet(model, fact, tests.get(fact, ())) for fact in model.facts if fact in read
        }
        self.parts = [Part(model, group) for group in self._groups()]
        self._patients: dict[tuple[tuple[int, ...], tuple[int, ...]], Patient] = {}
        self.of = {fact: place for place, part in enumerate(self.parts) for fact in part.facts}

    def _groups(self) -> list[tuple[str, ...]]:
        leader = {fact: fact for fact in self.alphabets}

        def find(fact: str) -> str:
            while leader[fact] != fact:
                fact = leader[fact]
            return fact

        tied = [sorted(facts_in(never)) for never in self.model.never.values()]
        tied += [
            [fact.id, *sorted(facts_in(when))]
            for fact in self.model.defined
            for when in fact.definition.values()
        ]
        for facts in tied:
            first, *others = [fact for fact in facts if fact in leader] or [""]
            for other in others:
                leader[find(other)] = find(first)
        groups: dict[str, list[str]] = {}
        for fact in self.alphabets:
            groups.setdefault(find(fact), []).append(fact)
        return [tuple(group) for group in groups.values()]

    def patient(self, places: tuple[int, ...], codes: tuple[int, ...]) -> Patient:
        """Somebody of whom only this is known of these parts; statements on them share one."""
        if len(places) == 1:
            return self.parts[places[0]].patient(codes[0])
        key = places, codes
        found = self._patients.get(key)
        if found is None:
            if len(self._patients) >= _MOST_PATIENTS:
                self._patients.clear()
            parts = zip(places, codes, strict=True)
            shares = [self.parts[place].share(code) for place, code in parts]
            found = self._patients[key] = Patient.of(self.model, shares)
        return found

    def touched(self, condition: Condition) -> tuple[int, ...]:
        """The places of the parts that a condition asks about."""
        asked = {self.of[fact] for fact in facts_in(condition)}
        return tuple(sorted(asked))


def distinct(columns: Sequence[NDArray[np.int32]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first row of each combination of columns, and which combination each row has."""
    if not columns:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    keys = columns[0].astype(np.int64)
    reach = int(keys.max(initial=0)) + 1
    for column in columns[1:]:
        size = int(column.max(initial=0)) + 1
        if reach * size >= 1 << 62:
            _, keys = np.unique(keys, return_inverse=True)
            reach = int(keys.max(initial=0)) + 1
        keys = keys * size + column
        reach *= size
    _, firsts, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return firsts, inverse
