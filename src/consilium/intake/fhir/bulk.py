"""Many records at once: what is known of each patient, without where it came from.

Gives what the reader of single records gives, fact by fact. What a resource says is asked
of the readers once for each meaning; cancers, variants and medicines, which are read
together, once for each set of them that is alike; then the latest day counts for each
patient and fact. A record in which more than that matters is read on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np

from consilium.clinical.dates import Day
from consilium.clinical.patient import Entered, PatientCase, PatientError, TherapyList
from consilium.clinical.therapies import DERIVED_FACTS
from consilium.intake.decoding import undisturbed
from consilium.intake.fhir.bundle import Resources
from consilium.intake.fhir.conditions import Extent, Spread
from consilium.intake.fhir.findings import Harvest
from consilium.intake.fhir.meanings import FIXED_DAY, NO_DAY, Meaning, Meanings, is_result
from consilium.intake.fhir.medications import MedicationReader
from consilium.intake.fhir.moments import Moment
from consilium.intake.fhir.reader import patient_from_fhir, years
from consilium.intake.fhir.scanning import Array, Scanned, Scanner
from consilium.intake.reading import read_patient
from consilium.intake.vocabulary import Vocabulary
from consilium.knowledge.records import FactRecord

_EPOCH = 1_000_000 - date(1970, 1, 1).toordinal()
_UNDATED, _FIXED = 0, -1
_NEVER = 1 << 40
_THRESHOLDS = (30, 90)
_MOST_KEPT = 200_000
_ALONE = -1
_EXACT = 1 << 53


class Numbers(NamedTuple):
    """The numbers of one fact, each with the place of its patient."""

    rows: Array
    values: Array


class Words(NamedTuple):
    """Everything else that was entered for one fact, as places in a list of entries."""

    rows: Array
    places: Array


class Block(NamedTuple):
    """What is known of some patients."""

    size: int
    numbers: dict[str, Numbers]
    words: dict[str, Words]
    entries: list[Entered]
    together: Array
    """For each patient the place in ``cases`` of what was read together, or -1."""
    given: Array
    """The same for the therapies."""
    cases: list[PatientCase]
    alone: dict[int, PatientCase | str]
    """Patients whose record was read on its own, or why it cannot be read."""


class _Found(NamedTuple):
    """Findings of many patients, a place in each column for each finding."""

    rows: Array
    facts: Array
    days: Array
    places: Array
    """The place among the entries; -1 for a number."""
    numbers: Array


class BulkReader:
    """Reads block after block; what it has learnt of one serves the next."""

    def __init__(self, vocabulary: Vocabulary, decision_date: Day) -> None:
        if decision_date.first != decision_date.last:
            raise ValueError(f"`{decision_date}` is no single day")
        self.vocabulary, self.decision_date = vocabulary, decision_date
        self.decided = decision_date.last.toordinal() + _EPOCH
        self.facts = tuple(vocabulary.facts)
        self._place_of = {fact: place for place, fact in enumerate(self.facts)}
        self.meanings = Meanings(vocabulary, decision_date)
        self.scanner = Scanner()
        self.patients = self.read_alone = 0
        self._begin()

    def _begin(self) -> None:
        self.scanner.forget()
        self._known: list[Meaning] = []
        self._entries: list[Entered] = []
        self._entry_of: dict[Entered, int] = {}
        self._table = _Table([], self._place_of, self._entry)
        self._by_number: dict[tuple[int, bytes], int] = {}
        self._said: list[tuple[tuple[str, Entered], ...]] = []
        self._cases: list[PatientCase] = []
        self._case_of: dict[tuple[object, ...], int] = {}
        self._ages: dict[int, float] = {}

    def read(self, records: Sequence[Sequence[bytes]]) -> Block:
        """What is known of the patients of these records, each given as its lines."""
        with undisturbed():
            return self._read(records)

    def _read(self, records: Sequence[Sequence[bytes]]) -> Block:
        if (
            self.scanner.is_full
            or len(self._case_of) > _MOST_KEPT
            or len(self._by_number) > (_MOST_KEPT)
        ):
            self._begin()
        scanned, new, data = self.scanner.scan(records)
        if new:
            self._known += map(self.meanings.of, new)
            self._table = _Table(self._known, self._place_of, self._entry)
        slow = scanned.slow.copy()
        left_out = self._left_out(scanned)
        table = self._table
        slow[scanned.record[table.alone[scanned.meaning]]] = True
        found = self._found(scanned, data, ~left_out)
        settled = self._settled(found, len(records), slow)
        together = self._together(scanned, data, ~left_out, slow)
        given = self._given(scanned, ~left_out, slow)
        self._shared(settled, together, given, slow)
        numbers, words = {}, {}
        keep = ~slow[settled.rows]
        for place in np.unique(settled.facts):
            of_fact = keep & (settled.facts == place)
            worded = settled.places >= 0
            fact = self.facts[place]
            numbers[fact] = Numbers(
                settled.rows[of_fact & ~worded], settled.numbers[of_fact & ~worded]
            )
            words[fact] = Words(settled.rows[of_fact & worded], settled.places[of_fact & worded])
        together[slow] = given[slow] = -1
        alone = {row: self._alone(records[row]) for row in np.flatnonzero(slow).tolist()}
        self.patients += len(records)
        self.read_alone += len(alone)
        return Block(
            len(records), numbers, words, self._entries, together, given, self._cases, alone
        )

    def _alone(self, lines: Sequence[bytes]) -> PatientCase | str:
        try:
            return read_patient(
                b"\n".join(lines), self.vocabulary, where="", decision_date=self.decision_date
            )
        except PatientError as problem:
            return str(problem).removeprefix(": ").strip()

    def _entry(self, entered: Entered) -> int:
        place = self._entry_of.get(entered)
        if place is None:
            place = self._entry_of[entered] = len(self._entries)
            self._entries.append(entered)
        return place

    # --- findings -------------------------------------------------------------------------------

    def _left_out(self, scanned: Scanned) -> Array:
        by = self._table.left_out_by[scanned.meaning]
        return _days(scanned, np.arange(len(by)), by) > self.decided

    def _found(self, scanned: Scanned, data: bytes, kept: Array) -> _Found:
        table = self._table
        meaning = scanned.meaning
        at = np.flatnonzero(kept)
        counts = table.counts[meaning[at]]
        resources = np.repeat(at, counts)
        starts = np.cumsum(counts) - counts
        places = table.firsts[meaning[resources]] + (
            np.arange(len(resources)) - np.repeat(starts, counts)
        )
        parts = [
            _Found(
                scanned.record[resources],
                table.facts[places],
                _days(scanned, resources, table.days[places]),
                table.places[places],
                table.numbers[places],
            ),
            self._aged(scanned, np.flatnonzero(kept & (table.born[meaning] >= 0))),
            *self._measured(scanned, data, kept),
        ]
        joined = _Found(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        return self._without_slips(scanned, data, joined)

    def _aged(self, scanned: Scanned, at: Array) -> _Found:
        if "age" not in self._place_of:
            at = at[:0]
        born = _days(scanned, at, self._table.born[scanned.meaning[at]])
        decided = self.decision_date.last.isoformat()
        ages = []
        for day in born.tolist():
            age = self._ages.get(day)
            if age is None:
                age = float(years(date.fromordinal(day - _EPOCH).isoformat(), decided))
                self._ages[day] = age
            ages.append(age)
        numbers = np.array(ages, np.float64)
        there = numbers >= 0
        size = int(there.sum())
        return _Found(
            scanned.record[at][there],
            np.full(size, self._place_of.get("age", 0)),
            np.full(size, self.decided),
            np.full(size, -1),
            numbers[there],
        )

    def _measured(self, scanned: Scanned, data: bytes, kept: Array) -> list[_Found]:
        """Laboratory values, and findings that depend on the number of an observation."""
        table, meaning = self._table, scanned.meaning
        plain = kept & (table.number_of[meaning] >= 0)
        mantissa, places = scanned.mantissa[:, 0], scanned.places[:, 0]
        with np.errstate(over="ignore"):
            digits = mantissa * table.factor[meaning]
        behind = places + table.factor_places[meaning]
        exact = plain & (places >= 0) & (behind <= 22)
        exact &= np.abs(mantissa.astype(np.float64) * table.factor[meaning]) < _EXACT
        at = np.flatnonzero(exact)
        # two numbers without rounding, so the quotient is the number nearest to the decimal
        values = digits[at] / _POWERS[behind[at]]
        good = np.zeros(len(at), np.bool_)
        facts = table.number_of[meaning[at]]
        for place in np.unique(facts):
            of_fact = facts == place
            good[of_fact] = _in_range(self.vocabulary.facts[self.facts[place]], values[of_fact])
        at, values, facts = at[good], values[good], facts[good]
        found = _Found(
            scanned.record[at],
            facts,
            _days(scanned, at, table.observed[meaning[at]]),
            np.full(len(at), -1),
            values,
        )
        asked = np.flatnonzero((plain & ~exact) | (kept & table.by_number[meaning]))
        return [found, self._asked(scanned, data, asked)]

    def _asked(self, scanned: Scanned, data: bytes, at: Array) -> _Found:
        """Observations whose number decides what is found, each kind of number asked once."""
        columns = (at, scanned.meaning[at], scanned.number_at[at], scanned.number_end[at])
        lists = (column.tolist() for column in (*columns, scanned.places[at]))
        asked: list[int] = []
        for resource, meaning, begins, ends, places in zip(*lists, strict=True):
            told = data[begins[0] : ends[0]]
            if places[1] != -1:
                told += b"|" + data[begins[1] : ends[1]]
            said = self._by_number.get((meaning, told))
            if said is None:
                text = data[int(scanned.start[resource]) : int(scanned.end[resource])]
                said = self._by_number[meaning, told] = len(self._said)
                self._said.append(self.meanings.findings(text))
            asked.append(said)
        distinct, inverse = np.unique(np.array(asked, np.int64), return_inverse=True)
        findings = [self._said[place] for place in distinct.tolist()]
        counts = np.array([len(one) for one in findings], np.int64)
        resources, which = np.repeat(at, counts[inverse]), np.repeat(inverse, counts[inverse])
        ends_at = np.cumsum(counts)
        nth = np.arange(len(which)) - np.repeat(
            np.cumsum(counts[inverse]) - counts[inverse], counts[inverse]
        )
        place = (ends_at - counts)[which] + nth
        flat = [one for group in findings for one in group]
        told_of = [_entry_or_number(entered, self._entry) for _, entered in flat]
        return _Found(
            scanned.record[resources],
            np.array([self._place_of[fact] for fact, _ in flat], np.int64)[place],
            _days(scanned, resources, self._table.observed[scanned.meaning[resources]]),
            np.array([one for one, _ in told_of], np.int64)[place],
            np.array([number for _, number in told_of], np.float64)[place],
        )

    def _without_slips(self, scanned: Scanned, data: bytes, found: _Found) -> _Found:
        """Without neutrophils that outnumber the leukocytes of the same day."""
        anc = self._place_of.get("anc", -1)
        factors = self._table.leukocytes[scanned.meaning]
        at = np.flatnonzero((factors > 0) & (scanned.places[:, 0] != -1))
        suspects = np.flatnonzero((found.facts == anc) & (found.places < 0))
        if not (len(at) and len(suspects)):
            return found
        exact = scanned.places[at, 0] >= 0
        counts = scanned.mantissa[at, 0] / _POWERS[np.where(exact, scanned.places[at, 0], 0)]
        for place in np.flatnonzero(~exact):
            span = data[
                int(scanned.number_at[at[place], 0]) : int(scanned.number_end[at[place], 0])
            ]
            counts[place] = float(span)
        counts *= factors[at]
        days = _days(scanned, at, self._table.observed[scanned.meaning[at]])
        keys = scanned.record[at] * _DAYS + days
        order = np.lexsort((counts, keys))
        keys, counts = keys[order], counts[order]
        wanted = found.rows[suspects] * _DAYS + found.days[suspects]
        first = np.searchsorted(keys, wanted)
        there = first < len(keys)
        first[~there] = 0
        there &= (keys[first] == wanted) & (found.days[suspects] > 0)
        wrong = suspects[there & (counts[first] < found.numbers[suspects])]
        return _Found(*(np.delete(column, wrong) for column in found)) if len(wrong) else found

    # --- one value for each fact ----------------------------------------------------------------

    def _settled(self, found: _Found, size: int, slow: Array) -> _Found:
        """The latest finding of each patient and fact; marks those whose latest is not clear."""
        keys = found.rows * len(self.facts) + found.facts
        order = np.lexsort((found.days, keys))
        found, keys = _Found(*(column[order] for column in found)), keys[order]
        ends = np.flatnonzero(np.diff(keys, append=-1))
        if len(ends) == len(keys):
            return found
        entries = self._entries
        results = np.array([*map(is_result, entries), True], np.bool_)[found.places]
        group = np.searchsorted(ends, np.arange(len(keys)))
        with_result = np.zeros(len(ends), np.bool_)
        with_result[group[results]] = True
        counted = results | ~with_result[group]
        found, keys = _Found(*(column[counted] for column in found)), keys[counted]
        ends = np.flatnonzero(np.diff(keys, append=-1))
        last = ends[np.searchsorted(ends, np.arange(len(keys)))]
        same = (found.places == found.places[last]) & (
            (found.places >= 0) | (found.numbers == found.numbers[last])
        )
        earlier = (found.days > _UNDATED) & (found.days < found.days[last])
        slow[found.rows[~same & ~earlier]] = True
        return _Found(*(column[ends] for column in found))

    # --- what is read together ------------------------------------------------------------------

    def _together(self, scanned: Scanned, data: bytes, kept: Array, slow: Array) -> Array:
        """For each patient the place of the case that cancers, spread and variants make."""
        cases = np.full(len(slow), -1, np.int64)
        wanted = self._table.together[scanned.meaning] & kept & ~slow[scanned.record]
        at = np.flatnonzero(wanted)
        resources, meanings = at.tolist(), scanned.meaning[at].tolist()
        for row, start, end in _by_row(scanned.record[at]):
            key = tuple(sorted(meanings[start:end]))
            case = self._case_of.get(key)
            if case is None:
                case = self._case_of[key] = self._case(scanned, data, resources[start:end])
            if case == _ALONE:
                slow[row] = True
            else:
                cases[row] = case
        return cases

    def _case(self, scanned: Scanned, data: bytes, resources: list[int]) -> int:
        """Reads what belongs together; none where other days would make it another case."""
        known = [self._known[int(scanned.meaning[resource])] for resource in resources]
        if any(one.refers for one in known) and any(one.other_cancer for one in known):
            return _ALONE
        texts = [
            data[int(scanned.start[resource]) : int(scanned.end[resource])]
            for resource in resources
        ]
        case = patient_from_fhir(
            [msgspec.json.decode(text) for text in texts],
            self.vocabulary,
            decision_date=self.decision_date,
        )
        # of several stages none is asked for its day: any metastasis makes the disease advanced
        if any(one.fact != "setting" for one in case.discordant):
            return _ALONE
        self._cases.append(case)
        return len(self._cases) - 1

    # --- medicines ------------------------------------------------------------------------------

    def _given(self, scanned: Scanned, kept: Array, slow: Array) -> Array:
        """For each patient the place of the case that the medicines make."""
        table, cases = self._table, np.full(len(slow), -1, np.int64)
        treated = np.zeros(len(slow), np.bool_)
        treated[scanned.record[table.given[scanned.meaning] & kept]] = True
        wanted = kept & (treated & ~slow)[scanned.record] & table.dated[scanned.meaning]
        slow[scanned.record[wanted & table.unordered[scanned.meaning]]] = True
        at = np.flatnonzero(wanted & ~slow[scanned.record])
        spread = at[table.together[scanned.meaning[at]]]
        since = np.full(len(slow), _NEVER)
        for slots in table.spread.T:
            days = _days(scanned, spread, slots[scanned.meaning[spread]])
            np.minimum.at(since, scanned.record[spread], np.where(days > 0, days, _NEVER))
        since[since == _NEVER] = _UNDATED
        told = at[~table.together[scanned.meaning[at]]]
        rows, meanings = scanned.record[told], scanned.meaning[told]
        start, end = (_days(scanned, told, slots[meanings]) for slots in table.moments.T)
        verdicts = rows[table.verdict[meanings]] * _DAYS + start[table.verdict[meanings]]
        days, times = np.unique(verdicts, return_counts=True)
        slow[days[times > 1] // _DAYS] = True  # two verdicts share a day
        order = np.lexsort((meanings, end, start, rows))
        columns = (column[order].tolist() for column in (meanings, start, end))
        named, starts, ends = columns
        for row, first, last in _by_row(rows[order]):
            if slow[row]:
                continue
            span = slice(first, last)
            history = _History(tuple(named[span]), starts[span], ends[span], int(since[row]))
            key = history.key
            case = self._case_of.get(key)
            if case is None:
                self._cases.append(history.case(self._known, self.vocabulary))
                case = self._case_of[key] = len(self._cases) - 1
            cases[row] = case
        return cases

    def _shared(self, settled: _Found, together: Array, given: Array, slow: Array) -> None:
        """Marks patients of whom one fact is told in more than one of the ways."""
        told = np.zeros((len(self._cases) + 1, len(self.facts)), np.bool_)
        for place in np.unique(together[together >= 0]):
            for fact in self._cases[place].entered:
                told[place, self._place_of[fact]] = True
        slow[settled.rows[told[together[settled.rows], settled.facts]]] = True
        counted = np.array([fact in DERIVED_FACTS for fact in self.facts], np.bool_)
        slow[settled.rows[counted[settled.facts] & (given[settled.rows] >= 0)]] = True
        twice = np.any(told & counted, axis=1)
        slow[(given >= 0) & twice[together]] = True


class _History(NamedTuple):
    """What was given to one patient and how the disease went, in the order of time."""

    meanings: tuple[int, ...]
    starts: list[int]
    ends: list[int]
    """Zero where there is no end, or where it is a verdict on one day."""
    since: int
    """The first day of spread."""

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for two patients whose medicines make the same therapies.

        Medicines are grouped by which day is the earlier and by whether two are more than 30
        or 90 days apart, and by nothing else of a day.
        """
        days = [self.since, *self.starts, *self.ends]
        distinct = sorted(set(days))
        order = {day: place for place, day in enumerate(distinct)}
        dated = distinct[1:] if not distinct[0] else distinct
        apart = []
        for place, day in enumerate(dated):
            for later in dated[place + 1 :]:
                size = later - day
                apart.append(1 if size <= _THRESHOLDS[0] else 2 if size <= _THRESHOLDS[1] else 3)
        return self.meanings, distinct[0] == 0, *[order[day] for day in days], *apart

    def case(self, known: list[Meaning], vocabulary: Vocabulary) -> PatientCase:
        """A case that holds the therapies alone."""
        extent = Extent((Spread("", "", Moment(_day(self.since)), ""),) if self.since else ())
        reader = MedicationReader(vocabulary, Resources([]), Harvest(), extent)
        exposures = []
        for place, *days in zip(self.meanings, self.starts, self.ends, strict=True):
            meaning = known[place]
            if meaning.given is not None:
                start, end = (_day(day) if day else None for day in days)
                exposures.append(meaning.given._replace(start=start, end=end))
            elif meaning.verdict is not None:
                reader.course_of_disease.append((Moment(_day(days[0])), meaning.verdict, ""))
        return PatientCase({}, TherapyList(reader.grouped(exposures), complete=False))


def _day(number: int) -> Day:
    return Day(date.fromordinal(number - _EPOCH).isoformat())


def _by_row(rows: Array) -> Iterator[tuple[int, int, int]]:
    """Each patient with where those of their resources begin and end."""
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    for row, (start, end) in zip(
        rows[starts].tolist(), pairwise([*starts.tolist(), len(rows)]), strict=True
    ):
        yield row, start, end


_POWERS = 10.0 ** np.arange(23)
_DAYS = 1 << 22


def _days(scanned: Scanned, resources: Array, slots: Array) -> Array:
    """The day of each resource in a place; zero without one, and -1 for one in its meaning."""
    found = scanned.days[resources, np.maximum(slots, 0)].astype(np.int64)
    found[slots == NO_DAY] = _UNDATED
    found[slots == FIXED_DAY] = _FIXED
    return found


def _in_range(fact: FactRecord, values: Array) -> Array:
    there = (values >= fact.low) & (values <= fact.high)
    return there & (values == np.floor(values)) if fact.whole == "yes" else there


def _entry_or_number(entered: Entered, entry: Callable[[Entered], int]) -> tuple[int, float]:
    if isinstance(entered.value, float):
        return -1, entered.value
    return entry(entered), 0.0


class _Table:
    """Meanings as columns, so that a block is looked up at once."""

    def __init__(
        self,
        meanings: list[Meaning],
        place_of: dict[str, int],
        entry: Callable[[Entered], int],
    ) -> None:
        said = [one for meaning in meanings for one in meaning.findings]
        told = [_entry_or_number(one.entered, entry) for one in said]
        self.facts = np.array([place_of[one.fact] for one in said], np.int64)
        self.days = np.array([one.day for one in said], np.int64)
        self.places = np.array([place for place, _ in told], np.int64)
        self.numbers = np.array([number for _, number in told], np.float64)
        self.counts = np.array([len(one.findings) for one in meanings], np.int64)
        self.firsts = np.cumsum(self.counts) - self.counts
        self.alone = np.array([one.alone for one in meanings], np.bool_)
        self.together = np.array([one.together for one in meanings], np.bool_)
        self.given = np.array([one.given is not None for one in meanings], np.bool_)
        # whose days bear on the grouping of medicines
        dated = [bool(one.moments or one.spread) or one.refers for one in meanings]
        self.dated = np.array(dated, np.bool_)
        # whose days are not all told by the resource itself, or are more than are looked at
        unordered = [
            one.refers or len(one.spread) > 2 or FIXED_DAY in (*one.moments, *one.spread)
            for one in meanings
        ]
        self.unordered = np.array(unordered, np.bool_)
        self.moments = _two([one.moments for one in meanings])
        self.spread = _two([one.spread for one in meanings])
        self.verdict = np.array([one.verdict is not None for one in meanings], np.bool_)
        self.by_number = np.array([one.by_number for one in meanings], np.bool_)
        self.left_out_by = np.array([one.left_out_by for one in meanings], np.int64)
        self.observed = np.array([one.observed for one in meanings], np.int64)
        self.born = np.array([one.born for one in meanings], np.int64)
        self.leukocytes = np.array([one.leukocytes for one in meanings], np.int64)
        self.number_of = np.array(
            [place_of[one.number[0]] if one.number else -1 for one in meanings], np.int64
        )
        factors = [_digits(one.number[1] if one.number else Decimal(1)) for one in meanings]
        self.factor = np.array([digits for digits, _ in factors], np.int64)
        self.factor_places = np.array([places for _, places in factors], np.int64)


def _two(slots: list[tuple[int, ...]]) -> Array:
    """Two places of days for each meaning."""
    padded = [(*found, NO_DAY, NO_DAY)[:2] for found in slots]
    return np.array(padded, np.int64).reshape(-1, 2)


def _digits(factor: Decimal) -> tuple[int, int]:
    """A factor as a whole number and its places after the point."""
    sign, digits, exponent = factor.as_tuple()
    assert not sign and isinstance(exponent, int)
    whole = int("".join(map(str, digits)))
    return (whole * 10**exponent, 0) if exponent > 0 else (whole, -exponent)
