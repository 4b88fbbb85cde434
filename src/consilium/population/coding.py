"""Rows of a table, and records, as codes of what is known of each fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from consilium.clinical.patient import PatientCase, PatientError
from consilium.errors import ConsiliumError, nearest
from consilium.intake import patient_from_mapping
from consilium.intake.fhir.bulk import Block
from consilium.intake.vocabulary import Vocabulary
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import FactRecord
from consilium.planning.known import given_by, known_of
from consilium.population.alike import NOTHING, Alphabet, Codes, Parts
from consilium.rules.facts import Between, Holding, Known, MembersKind, NumberKind

HISTORY = ("prior_therapies", "prior_therapies_complete", "relapsed_on")
"""Columns that together tell the earlier treatment: JSON text, yes or no, a date."""

_BAD = -1


class TableError(ConsiliumError):
    """A table that cannot be read at all; a single bad row never raises it."""


class Coded(NamedTuple):
    """What is known of each fact for each row, and why a row cannot be read."""

    size: int
    columns: dict[str, Codes]
    problems: dict[int, str]


class Coding:
    """Turns patients into codes for one edition."""

    def __init__(self, edition: Edition, parts: Parts) -> None:
        self.edition, self.parts = edition, parts
        self.vocabulary = Vocabulary.of(edition)
        self._kept: dict[tuple[str, object], int | str] = {}
        self._histories: dict[tuple[str, ...], dict[str, int] | str] = {}
        self._cases: list[PatientCase] = []
        self._case_codes: dict[int, dict[str, int] | str] = {}

    # -- records ---------------------------------------------------------------------------------

    def records(self, blocks: Sequence[Block]) -> Coded:
        """Codes of records that were read in blocks."""
        coded = [self._block(block) for block in blocks]
        starts = np.cumsum([0, *(one.size for one in coded)]).tolist()
        return Coded(
            starts[-1],
            {f: np.concatenate([one.columns[f] for one in coded]) for f in self.parts.alphabets},
            {
                start + row: said
                for start, one in zip(starts, coded, strict=False)
                for row, said in one.problems.items()
            },
        )

    def _block(self, block: Block) -> Coded:
        columns = {f: np.zeros(block.size, np.int32) for f in self.parts.alphabets}
        problems: dict[int, str] = {}
        for fact, alphabet in self.parts.alphabets.items():
            if fact in block.numbers and isinstance(alphabet.kind, NumberKind):
                numbers = block.numbers[fact]
                columns[fact][numbers.rows] = alphabet.codes_of_numbers(numbers.values)
            if fact in block.words:
                words = block.words[fact]
                places, inverse = np.unique(words.places, return_inverse=True)
                codes = [
                    alphabet.code(known_of(block.entries[place], alphabet.kind))
                    for place in places.tolist()
                ]
                columns[fact][words.rows] = np.array(codes, np.int32)[inverse]
        for together in (block.together, block.given):
            self._read_together(block, together, columns, problems)
        for row, case in block.alone.items():
            known = self._codes_of(case)
            if isinstance(known, str):
                problems[row] = known
                continue
            for fact, code in known.items():
                columns[fact][row] = code
        return Coded(block.size, columns, problems)

    def _read_together(
        self,
        block: Block,
        together: NDArray[np.int64],
        columns: dict[str, Codes],
        problems: dict[int, str],
    ) -> None:
        rows = np.flatnonzero(together >= 0)
        places, inverse = np.unique(together[rows], return_inverse=True)
        if block.cases is not self._cases:
            self._cases, self._case_codes = block.cases, {}
        for place in places.tolist():
            if place not in self._case_codes:
                self._case_codes[place] = self._codes_of(block.cases[place])
        found = [self._case_codes[place] for place in places.tolist()]
        for index, codes in enumerate(found):
            if isinstance(codes, str):
                problems |= dict.fromkeys(rows[inverse == index].tolist(), codes)
        facts = {fact for codes in found if isinstance(codes, dict) for fact in codes}
        for fact in facts:
            table = [c.get(fact, NOTHING) if isinstance(c, dict) else NOTHING for c in found]
            column = np.array(table, np.int32)[inverse]
            told = column != NOTHING
            columns[fact][rows[told]] = column[told]

    def _codes_of(self, case: PatientCase | str) -> dict[str, int] | str:
        if isinstance(case, str):
            return case
        try:
            given = given_by(case, self.edition)[0]
        except PatientError as problem:
            return str(problem)
        alphabets = self.parts.alphabets
        return {f: alphabets[f].code(known) for f, known in given.items() if f in alphabets}

    # -- tables ----------------------------------------------------------------------------------

    def check(self, names: Iterable[str]) -> tuple[str, ...]:
        """The columns of a table that are not read.

        Raises ``TableError`` when none is, or two tell the same.
        """
        given = list(names)
        read = [name for name in given if self._reads(name)]
        if not read:
            offered = nearest(given[0], self.vocabulary.facts) if given else ""
            raise TableError(
                "no column bears the name of a fact of this edition; "
                f"`consilium facts` lists them.{offered}"
            )
        if "prior_therapies" in given:
            counted = [n for n in read if self._record(n).origin == "derived"]
            if counted:
                raise TableError(
                    f"there are columns `prior_therapies` and `{counted[0]}`, and the second is "
                    "counted from the first; leave one of them out"
                )
        for fact in self.vocabulary.facts:
            shapes = [n for n in read if n == fact or n.startswith(f"{fact}:")]
            if fact in shapes and len(shapes) > 1:
                raise TableError(
                    f"`{fact}` has a column of its own and `{shapes[-1]}`; leave one of them out"
                )
        return tuple(n for n in given if n not in read and n not in HISTORY)

    def _record(self, column: str) -> FactRecord:
        return self.vocabulary.facts[column.partition(":")[0]]

    def _reads(self, column: str) -> bool:
        fact, _, side = column.partition(":")
        record = self.vocabulary.facts.get(fact)
        if record is None or not side:
            return record is not None
        if record.kind == "number":
            return side in ("low", "high")
        return record.kind == "members" and side in self.vocabulary.members(record)

    def frame(self, frame: pl.DataFrame) -> Coded:
        """Codes of the rows of a table whose columns bear the names of facts."""
        problems: dict[int, str] = {}
        columns: dict[str, Codes] = {}
        sided: dict[str, dict[str, pl.Series]] = {}
        for name in frame.columns:
            fact, _, side = name.partition(":")
            if name in HISTORY or not self._reads(name):
                continue
            if side:
                sided.setdefault(fact, {})[side] = frame[name]
            elif (alphabet := self.parts.alphabets.get(fact)) is not None:
                columns[fact] = self._column(alphabet, frame[name], problems)
        for fact, sides in sided.items():
            alphabet = self.parts.alphabets.get(fact)
            if alphabet is None:
                continue
            if isinstance(alphabet.kind, NumberKind):
                columns[fact] = self._range(alphabet, sides, frame.height, problems)
            else:
                columns[fact] = self._members(alphabet, sides, frame.height, problems)
        if "prior_therapies" in frame.columns:
            columns |= self._history(frame, problems)
        for found in columns.values():
            found[found == _BAD] = NOTHING
        return Coded(frame.height, columns, problems)

    def _column(self, alphabet: Alphabet, column: pl.Series, problems: dict[int, str]) -> Codes:
        if isinstance(alphabet.kind, NumberKind) and column.dtype.is_numeric():
            return self._numbers(alphabet, column, problems)
        if column.dtype == pl.Boolean:
            column = column.replace_strict({True: "yes", False: "no"}, return_dtype=pl.String)
        values = column.unique()
        table: dict[object, int] = {}
        said: dict[object, str] = {}
        for value in values.to_list():
            plain = tuple(value) if isinstance(value, list) else value
            code = self._code(alphabet, value)
            if isinstance(code, str):
                said[plain] = code
                code = _BAD
            table[plain] = code
        if column.dtype == pl.List or isinstance(column.dtype, pl.Categorical | pl.Enum):
            coded = [table[tuple(v) if isinstance(v, list) else v] for v in column.to_list()]
            codes = np.array(coded, np.int32)
        else:
            old, new = list(table), list(table.values())
            codes = column.replace_strict(old, new, return_dtype=pl.Int32).to_numpy().copy()
        for row in np.flatnonzero(codes == _BAD):
            value = column[int(row)]
            plain = tuple(value) if isinstance(value, pl.Series) else value
            problems.setdefault(int(row), said[plain])
        return codes

    def _code(self, alphabet: Alphabet, value: object) -> int | str:
        """The code of one value as a person may have written it, or what is wrong with it."""
        if value is None or value == "":
            return NOTHING
        key = (alphabet.fact, tuple(value) if isinstance(value, list) else value)
        if key not in self._kept:
            given: object = value
            if isinstance(alphabet.kind, MembersKind) and isinstance(value, str):
                given = [part.strip() for part in value.split(";") if part.strip()]
                given = [] if given == ["none"] else given
            try:
                case = patient_from_mapping({alphabet.fact: given}, self.vocabulary, "")
                known = known_of(case.entered[alphabet.fact], alphabet.kind)
                self._kept[key] = alphabet.code(known)
            except PatientError as problem:
                self._kept[key] = str(problem).strip()
        return self._kept[key]

    def _numbers(self, alphabet: Alphabet, column: pl.Series, problems: dict[int, str]) -> Codes:
        numbers = column.cast(pl.Float64).to_numpy().astype(np.float64)
        kind = alphabet.kind
        assert isinstance(kind, NumberKind)
        wrong = (numbers < kind.low) | (numbers > kind.high)
        if kind.whole:
            wrong |= ~np.isnan(numbers) & (numbers != np.floor(numbers))
        for row in np.flatnonzero(wrong):
            problems.setdefault(
                int(row),
                f"{alphabet.fact}: is {numbers[row]:g}; write a "
                f"{'whole ' if kind.whole else ''}number from {kind.low:g} to {kind.high:g} "
                f"{kind.unit}".rstrip(),
            )
        codes = alphabet.codes_of_numbers(np.where(wrong, np.nan, numbers))
        codes[wrong] = _BAD
        return codes

    def _range(
        self,
        alphabet: Alphabet,
        sides: Mapping[str, pl.Series],
        size: int,
        problems: dict[int, str],
    ) -> Codes:
        kind = alphabet.kind
        assert isinstance(kind, NumberKind)
        ends = {}
        for side, otherwise in (("low", kind.low), ("high", kind.high)):
            column = sides.get(side, pl.Series([None] * size, dtype=pl.Float64))
            numbers = column.cast(pl.Float64, strict=False).fill_nan(None).fill_null(otherwise)
            ends[side] = numbers.to_numpy()
        wrong = (ends["low"] > ends["high"]) | (ends["low"] < kind.low) | (ends["high"] > kind.high)
        for row in np.flatnonzero(wrong):
            problems.setdefault(
                int(row), f"{alphabet.fact}: {ends['low'][row]:g} to {ends['high'][row]:g} is none"
            )

        pairs, inverse = np.unique(
            np.stack([ends["low"], ends["high"]], axis=1), axis=0, return_inverse=True
        )
        codes = np.array([alphabet.code(Between(float(a), float(b))) for a, b in pairs], np.int32)
        found: Codes = codes[inverse.reshape(-1)]
        found[wrong] = _BAD
        return found

    def _members(
        self,
        alphabet: Alphabet,
        sides: Mapping[str, pl.Series],
        size: int,
        problems: dict[int, str],
    ) -> Codes:
        has = np.zeros(size, np.int64)
        may = np.zeros(size, np.int64)
        for place, member in enumerate(alphabet.members):
            column = sides.get(member)
            if column is None:
                may |= 1 << place
                continue
            flags = self._flags(alphabet, member, column, problems)
            has |= np.where(flags == 1, 1 << place, 0)
            may |= np.where(flags == _BAD, 1 << place, 0)
        pairs, inverse = np.unique(np.stack([has, may], axis=1), axis=0, return_inverse=True)
        codes = [alphabet.code(Holding(_named(alphabet, h), _named(alphabet, m))) for h, m in pairs]
        found: Codes = np.array(codes, np.int32)[inverse.reshape(-1)]
        return found

    @staticmethod
    def _flags(
        alphabet: Alphabet, member: str, column: pl.Series, problems: dict[int, str]
    ) -> NDArray[np.int8]:
        if column.dtype == pl.Boolean or column.dtype.is_numeric():
            flags = column.cast(pl.Int8).fill_null(_BAD).to_numpy().copy()
        else:
            words = column.cast(pl.String).str.to_lowercase().str.strip_chars()
            known = {"yes": 1, "true": 1, "1": 1, "no": 0, "false": 0, "0": 0, "": _BAD}
            flags = (
                words.replace_strict(known, default=9, return_dtype=pl.Int8)
                .fill_null(_BAD)
                .to_numpy()
                .copy()
            )
            flags[words.is_null().to_numpy()] = _BAD
        for row in np.flatnonzero((flags != 0) & (flags != 1) & (flags != _BAD)):
            problems.setdefault(int(row), f"{alphabet.fact}:{member}: write yes or no, or nothing")
        return flags

    # -- earlier treatment -----------------------------------------------------------------------

    def _history(self, frame: pl.DataFrame, problems: dict[int, str]) -> dict[str, Codes]:
        """Counted facts, each distinct history counted once."""
        texts = [
            frame[name].cast(pl.String).fill_null("")
            if name in frame.columns
            else pl.Series(name, [""] * frame.height)
            for name in HISTORY
        ]
        keys = pl.DataFrame(texts)
        numbered = keys.unique(maintain_order=True).with_row_index("history")
        rows = keys.join(numbered, on=list(HISTORY), how="left", maintain_order="left")
        found = [self._history_of(tuple(key)) for key in numbered.select(HISTORY).iter_rows()]
        places = rows["history"].to_numpy()
        for history, counted in enumerate(found):
            if isinstance(counted, str):
                for row in np.flatnonzero(places == history):
                    problems.setdefault(int(row), counted)
        facts = {f for counted in found if isinstance(counted, dict) for f in counted}
        columns = {}
        for fact in facts & self.parts.alphabets.keys():
            table = [c.get(fact, NOTHING) if isinstance(c, dict) else NOTHING for c in found]
            columns[fact] = np.array(table, np.int32)[places]
        return columns

    def _history_of(self, key: tuple[str, ...]) -> dict[str, int] | str:
        if key not in self._histories:
            self._histories[key] = self._counted(*key)
        return self._histories[key]

    def _counted(self, therapies: str, complete: str, relapsed: str) -> dict[str, int] | str:
        given = self.known_history(therapies, complete, relapsed)
        if isinstance(given, str):
            return given
        alphabets = self.parts.alphabets
        return {f: alphabets[f].code(known) for f, known in given.items() if f in alphabets}

    def known_history(self, therapies: str, complete: str, relapsed: str) -> dict[str, Known] | str:
        """What follows from one history told as text, or what is wrong with it."""
        mapping: dict[str, object] = {}
        if relapsed:
            mapping["relapsed_on"] = relapsed
        if therapies:
            try:
                mapping["prior_therapies"] = msgspec.json.decode(therapies)
            except msgspec.DecodeError:
                return "prior_therapies: it is not JSON; write [] or a list of {drugs, setting}"
            mapping["prior_therapies_complete"] = complete or "no"
        try:
            return given_by(patient_from_mapping(mapping, self.vocabulary, ""), self.edition)[0]
        except PatientError as problem:
            return str(problem).strip()


def _named(alphabet: Alphabet, bits: int) -> frozenset[str]:
    return frozenset(m for place, m in enumerate(alphabet.members) if int(bits) >> place & 1)


def codes_of(given: Sequence[Mapping[str, Known]], parts: Parts) -> dict[str, Codes]:
    """Codes of what is known of each fact, for patients that were read already."""
    return {
        fact: np.array([alphabet.code(one.get(fact)) for one in given], np.int32)
        for fact, alphabet in parts.alphabets.items()
    }
