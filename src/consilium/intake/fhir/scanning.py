"""One compiled pass over many records: which resources are alike in all that a reader looks at.

The text of a resource is cut apart into what tells it from others of its kind (its id,
the patient it speaks of, days, numbers, what it refers to) and all the rest, which is
its meaning. Equal meanings get one number. Nothing is interpreted here: what a meaning
says is for the readers to tell, once. A record in which anything is out of the
ordinary, or that is not strict JSON, is marked, and is left to the reader of single records.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from consilium.intake.decoding import LARGEST_INPUT
from consilium.statistics.kernels import kernel

Array = NDArray[Any]

MOST_DATES, MOST_NUMBERS = 6, 2
MOST_MEANINGS = 100_000
_SLOTS = 1 << 18
_DEEPEST, _MOST_KEYS, _MOST_RESOURCES = 60, 4096, 2000
_RELATIVE = b"RelatedPerson/"  # whom a resource is about stands in no meaning
_LONGEST_ID, _MOST_DIGITS = 80, 300
_DAYS_BEFORE = 1_000_000 - 719_468
_WORD = (1 << 64) - 1
_PRIME = 0x100000001B3
_OTHER_PRIME = 0x9E3779B97F4A7C15

KINDS = (
    "Bundle",
    "Patient",
    "Observation",
    "Condition",
    "MedicationRequest",
    "MedicationAdministration",
    "MedicationStatement",
    "MedicationDispense",
    "AllergyIntolerance",
)
# How the value of a key of a resource is taken.
_SKIP, _CONTENT, _QUANTITY, _PERIOD, _SUBJECT = 0, 1, 2, 3, 4
_ROOT, _BUNDLE, _ENTRIES, _ENTRY, _RESOURCE, _REQUEST = 5, 6, 7, 8, 9, 10
# What may come next.
_VALUE, _KEY_OR_END, _KEY, _AFTER, _VALUE_OR_END = 0, 1, 2, 3, 4
_ID, _DATE, _NUMBER, _KIND, _REFERENCE, _MARK, _REFUSE = 11, 12, 13, 14, 15, 16, 17

_DATES = """
    effectiveDateTime effectiveInstant issued onsetDateTime recordedDate authoredOn birthDate
    occurenceDateTime whenHandedOver whenPrepared dateAsserted
"""
_PERIODS = "effectivePeriod onsetPeriod occurencePeriod"
# What no reader of facts looks at.
_UNREAD = """
    meta text language implicitRules identifier category performer encounter note referenceRange
    specimen device basedOn hasMember recorder asserter requester participant evidence
    dosage dosageInstruction dispenseRequest substitution reportedBoolean reportedReference
    informationSource reasonCode reasonReference priority groupIdentifier insurance request
    context supportingInformation courseOfTherapyType eventHistory quantity daysSupply
"""
_ACTIONS = {
    "id": _ID,
    "subject": _SUBJECT,
    "patient": _SUBJECT,
    "contained": _REFUSE,
    "valueQuantity": _QUANTITY,
    "valueInteger": _NUMBER,
    "valueDecimal": _NUMBER,
    "focus": _MARK,
    "derivedFrom": _MARK,
    "partOf": _MARK,
    **dict.fromkeys(_DATES.split(), _DATE),
    **dict.fromkeys(_PERIODS.split(), _PERIOD),
    **dict.fromkeys(_UNREAD.split(), _SKIP),
}
_OF_EVERY_KIND = ("id", "subject", "patient", "contained")
_OF_A_PATIENT = (*_OF_EVERY_KIND, "birthDate")
_INSIDE = (
    "resourceType",
    "entry",
    "resource",
    "request",
    "reference",
    "valueQuantity",
    "value",
    "start",
    "end",
    "gender",
)


class Scanned(NamedTuple):
    """The resources of some records, one place in each column for each resource."""

    slow: Array
    """For each record, whether it has to be read on its own."""
    record: Array
    meaning: Array
    start: Array
    end: Array
    days: Array
    """Six days for each resource, counted from 1970-01-01 and one million; zero for none."""
    mantissa: Array
    """Two numbers for each resource, as digits and places after the point."""
    places: Array
    """-1 where there is no number, -2 where one has more digits than fit."""
    number_at: Array
    """Where the two numbers stand in the data."""
    number_end: Array


class Exemplar(NamedTuple):
    """The first resource of a meaning: its text, and where in it the days begin."""

    text: bytes
    days_at: tuple[int, ...]
    numbers: int
    references: int


def _hash(text: bytes, seed: int) -> int:
    found = seed
    for byte in text:
        found = ((found ^ byte) * _PRIME) & _WORD
        found ^= found >> 29
    return found


class Scanner:
    """Scans blocks of records; a meaning keeps its number from block to block."""

    def __init__(self) -> None:
        # nobody who writes a record can know which texts would be taken for one another
        self._seeds = np.array([secrets.randbits(64) | 1 for _ in range(5)], np.uint64)
        seed = int(self._seeds[0])
        self._inside = np.array([_hash(k.encode(), seed) for k in _INSIDE], np.uint64)
        self._kinds = np.array([_hash(k.encode(), seed) for k in KINDS], np.uint64)
        self._keys = np.zeros(512, np.uint64)
        self._actions = np.zeros((3, 512), np.int64)
        for key, action in _ACTIONS.items():
            found = _hash(key.encode(), seed)
            place = found & 511
            while self._keys[place]:
                place = (place + 1) & 511
            self._keys[place] = found
            self._actions[0, place] = action if key in _OF_EVERY_KIND else _SKIP
            self._actions[1, place] = action if key in _OF_A_PATIENT else _SKIP
            self._actions[2, place] = action
        self.forget()

    def forget(self) -> None:
        """Begin anew with the numbers of meanings."""
        self._slots = np.full(_SLOTS, -1, np.int64)
        self._signs = np.zeros((_SLOTS, 2), np.uint64)
        self._first = np.zeros((MOST_MEANINGS, 4 + MOST_DATES), np.int64)
        self.meanings = 0

    @property
    def is_full(self) -> bool:
        """Whether so many meanings are known that it is time to forget them."""
        return self.meanings > MOST_MEANINGS // 2

    def scan(self, records: Sequence[Sequence[bytes]]) -> tuple[Scanned, list[Exemplar], bytes]:
        """The resources of records, what meanings are new, and the text they stand in."""
        lines = [line for record in records for line in record]
        data = b"".join(lines)
        sizes = np.array([len(line) for line in lines], np.int64)
        ends = np.cumsum(sizes)
        of_record = np.repeat(np.arange(len(records)), [len(record) for record in records]).astype(
            np.int64
        )
        slow = np.zeros(len(records), np.int8)
        totals = np.bincount(of_record, weights=sizes, minlength=len(records))
        slow[totals > LARGEST_INPUT] = 1
        utf8, relatives = _is_utf8(data), _RELATIVE in data
        if relatives or not utf8:
            for line, record in zip(lines, of_record, strict=True):
                slow[record] |= _RELATIVE in line or not _is_utf8(line)
        room = len(data) // len(b'{"resourceType":"X"}') + 1
        columns = np.zeros((4, room), np.int64)
        days = np.zeros((room, MOST_DATES), np.int32)
        numbers = np.zeros((4, room, MOST_NUMBERS), np.int64)
        before = self.meanings
        size, self.meanings = _scan(
            np.frombuffer(data or b" ", np.uint8),
            ends - sizes,
            ends,
            of_record,
            slow,
            self._seeds,
            self._inside,
            self._kinds,
            self._keys,
            self._actions,
            self._slots,
            self._signs,
            self._first,
            before,
            columns,
            days,
            numbers,
        )
        scanned = Scanned(
            slow.astype(np.bool_),
            columns[0, :size],
            columns[1, :size],
            columns[2, :size],
            columns[3, :size],
            days[:size],
            numbers[0, :size],
            numbers[1, :size],
            numbers[2, :size],
            numbers[3, :size],
        )
        return scanned, [self._exemplar(n, data) for n in range(before, self.meanings)], data

    def _exemplar(self, meaning: int, data: bytes) -> Exemplar:
        start, end, numbers, references, *at = (int(n) for n in self._first[meaning])
        return Exemplar(data[start:end], tuple(n - start for n in at if n), numbers, references)


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _all_slow(
    data: Array,
    starts: Array,
    ends: Array,
    of_record: Array,
    slow: Array,
    seeds: Array,
    inside: Array,
    kinds: Array,
    keys: Array,
    actions: Array,
    slots: Array,
    signs: Array,
    first: Array,
    meanings: int,
    columns: Array,
    days: Array,
    numbers: Array,
) -> tuple[int, int]:
    """Where nothing can be compiled every record is read on its own."""
    slow[:] = 1
    return 0, meanings


@kernel(twin=_all_slow)
def _scan(
    data: Array,
    starts: Array,
    ends: Array,
    of_record: Array,
    slow: Array,
    seeds: Array,
    inside: Array,
    kinds: Array,
    keys: Array,
    actions: Array,
    slots: Array,
    signs: Array,
    first: Array,
    meanings: int,
    columns: Array,
    days: Array,
    numbers: Array,
) -> tuple[int, int]:
    """Read strictly, one character after the other; whatever is unusual makes the record slow."""
    prime, other_prime = np.uint64(_PRIME), np.uint64(_OTHER_PRIME)
    shift, other_shift = np.uint64(29), np.uint64(31)
    byte, half = np.uint64(8), np.uint64(32)
    is_object = np.zeros(_DEEPEST + 1, np.bool_)
    modes = np.zeros(_DEEPEST + 1, np.int64)
    keys_from = np.zeros(_DEEPEST + 1, np.int64)
    kept = np.zeros(_MOST_KEYS, np.uint64)
    date_at = np.zeros(MOST_DATES, np.int64)
    wheres = np.zeros(columns.shape[1], np.uint64)
    mask = slots.shape[0] - 1
    size = record_first = patients = 0
    last_record = -1
    record_subject = np.uint64(0)
    for line in range(starts.shape[0]):
        record = of_record[line]
        if record != last_record:
            if last_record >= 0 and size == record_first:
                slow[last_record] = 1
            last_record, record_first, patients = record, size, 0
            record_subject = np.uint64(0)
        if slow[record]:
            continue
        at, end = starts[line], ends[line]
        depth, count = -1, 0
        mode, need = _ROOT, _VALUE  # of the value that comes next, and what may come next
        named, in_subject = False, False
        kind = group = n_dates = n_numbers = n_references = 0
        row_start = at
        sign, other, subject, where = seeds[1], seeds[2], np.uint64(0), np.uint64(0)
        good = True
        while good:
            while at < end and (
                data[at] == 32 or data[at] == 9 or data[at] == 10 or data[at] == 13
            ):
                at += 1
            if at >= end:
                good = depth < 0 and need == _AFTER
                break
            c = data[at]
            begin, target, marker = at, _SKIP, 0
            close = False
            if need == _AFTER:
                if depth < 0:
                    good = False
                elif c == 44:  # a comma
                    at += 1
                    target = modes[depth]
                    if is_object[depth]:
                        need = _KEY
                    else:
                        need = _VALUE
                        mode = _ENTRY if modes[depth] == _ENTRIES else modes[depth]
                else:
                    close = True
            elif need == _KEY or need == _KEY_OR_END:
                if need == _KEY_OR_END and c == 125:
                    close = True
                elif c != 34:
                    good = False
                else:
                    found = seeds[0]
                    at += 1
                    while at < end and data[at] != 34:
                        if data[at] < 32 or data[at] == 92:
                            good = False
                            break
                        found = (found ^ np.uint64(data[at])) * prime
                        found ^= found >> shift
                        at += 1
                    at += 1
                    while at < end and (
                        data[at] == 32 or data[at] == 9 or data[at] == 10 or data[at] == 13
                    ):
                        at += 1
                    if not good or at >= end or data[at] != 58 or count >= _MOST_KEYS:
                        good = False
                        break
                    at += 1
                    for place in range(keys_from[depth], count):
                        if kept[place] == found:
                            good = False  # a key that is given twice
                    kept[count] = found
                    count += 1
                    need = _VALUE
                    inside_of = modes[depth]
                    if inside_of == _RESOURCE and in_subject:
                        in_subject = False
                        if record_subject == 0:
                            record_subject = subject
                        elif record_subject != subject:
                            good = False
                    if inside_of == _CONTENT:
                        target = _CONTENT
                        mode = _CONTENT
                        if found == inside[4]:
                            mode = _REFERENCE
                        elif found == inside[5]:
                            mode = _QUANTITY
                    elif inside_of == _QUANTITY:
                        target = _CONTENT
                        mode = _NUMBER if found == inside[6] else _CONTENT
                    elif inside_of == _PERIOD:
                        target = _CONTENT
                        mode = _DATE if found == inside[7] or found == inside[8] else _CONTENT
                    elif inside_of == _SUBJECT:
                        target = mode = _SUBJECT
                    elif inside_of == _BUNDLE:
                        mode = _ENTRIES if found == inside[1] else _SKIP
                    elif inside_of == _ENTRY:
                        mode = _SKIP
                        if found == inside[2]:
                            mode = _RESOURCE
                        elif found == inside[3]:
                            mode = _REQUEST
                    elif inside_of == _ROOT or (inside_of == _RESOURCE and not named):
                        mode = _KIND
                        good = good and found == inside[0]
                    elif inside_of == _RESOURCE:
                        mode = _SKIP
                        if group == 2:
                            mode = _CONTENT
                        elif group == 1 and found == inside[9]:
                            mode = _CONTENT
                        slot = np.int64(found & np.uint64(511))
                        while keys[slot] != 0:
                            if keys[slot] == found:
                                mode = actions[group, slot]
                                break
                            slot = (slot + 1) & 511
                        if mode == _REFUSE:
                            good = False
                        elif mode == _SUBJECT:
                            in_subject = True
                            subject = seeds[2]
                        elif mode != _SKIP and mode != _ID:
                            target = _CONTENT
                        if mode == _MARK:
                            mode = _SKIP
                    else:
                        mode = inside_of
                    if target == _CONTENT:
                        sign = (sign ^ found) * prime
                        sign ^= sign >> shift
                        other = (other ^ found) * other_prime
                        other ^= other >> other_shift
                    elif target == _SUBJECT:
                        subject = (subject ^ found) * prime
                        subject ^= subject >> shift
                    continue
            elif need == _VALUE_OR_END and c == 93:
                close = True
            elif c == 123 or c == 91:  # an object or a list opens
                opens = c == 123
                if mode == _DATE or mode == _NUMBER or mode == _REFERENCE:
                    mode = _CONTENT
                if opens:
                    good = mode != _ENTRIES and mode != _ID and mode != _KIND
                else:
                    if mode == _QUANTITY or mode == _PERIOD:
                        mode = _CONTENT
                    good = mode <= _SUBJECT or mode == _ENTRIES or mode == _REQUEST
                depth += 1
                if depth >= _DEEPEST:
                    good = False
                    break
                is_object[depth] = opens
                modes[depth] = target = mode
                keys_from[depth] = count
                at += 1
                if opens:
                    need = _KEY_OR_END
                    if mode == _RESOURCE or mode == _ROOT:
                        row_start = begin
                        named, in_subject = False, False
                        n_dates = n_numbers = n_references = 0
                        sign, other, where = seeds[1], seeds[2], np.uint64(0)
                else:
                    need = _VALUE_OR_END
                    mode = _ENTRY if mode == _ENTRIES else mode
            elif c == 34:  # a text
                escaped = False
                at += 1
                while at < end and data[at] != 34:
                    if data[at] < 32:
                        good = False
                        break
                    if data[at] == 92:
                        escaped = True
                        at += 1
                        if at >= end:
                            break
                        c = data[at]
                        if c == 117:  # four digits, and no half of a pair
                            if at + 4 >= end:
                                good = False
                                break
                            for place in range(at + 1, at + 5):
                                c = data[place] | 32
                                if not (48 <= data[place] <= 57 or 97 <= c <= 102):
                                    good = False
                            if (data[at + 1] | 32) == 100 and data[at + 2] > 55:
                                good = False
                            at += 4
                        elif not (
                            c == 34
                            or c == 92
                            or c == 47
                            or c == 98
                            or c == 102
                            or c == 110
                            or c == 114
                            or c == 116
                        ):
                            good = False
                            break
                    at += 1
                if at >= end:
                    good = False
                    break
                at += 1
                need = _AFTER
                length = at - begin - 2
                if mode == _DATE:
                    target = _CONTENT
                    first_at = begin + 1
                    if (
                        length >= 10
                        and n_dates < MOST_DATES
                        and not escaped
                        and (length == 10 or data[first_at + 10] == 84)
                        and data[first_at + 4] == 45
                        and data[first_at + 7] == 45
                    ):
                        digits = True
                        for place in range(first_at, first_at + 10):
                            if place - first_at != 4 and place - first_at != 7:
                                digits = digits and 48 <= data[place] <= 57
                        year = month = day = 0
                        for place in range(4):
                            year = year * 10 + int(data[first_at + place]) - 48
                        for place in range(5, 7):
                            month = month * 10 + int(data[first_at + place]) - 48
                        for place in range(8, 10):
                            day = day * 10 + int(data[first_at + place]) - 48
                        longest = 31
                        if month == 4 or month == 6 or month == 9 or month == 11:
                            longest = 30
                        elif month == 2:
                            leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
                            longest = 29 if leap else 28
                        if digits and year >= 1 and 1 <= month <= 12 and 1 <= day <= longest:
                            from_march = year - (1 if month <= 2 else 0)
                            era = from_march // 400
                            year_of_era = from_march - era * 400
                            shifted = month - 3 if month > 2 else month + 9
                            day_of_year = (153 * shifted + 2) // 5 + day - 1
                            day_of_era = (
                                year_of_era * 365
                                + year_of_era // 4
                                - year_of_era // 100
                                + day_of_year
                            )
                            days[size, n_dates] = era * 146097 + day_of_era + _DAYS_BEFORE
                            if n_dates < MOST_DATES:
                                date_at[n_dates] = first_at
                            n_dates += 1
                            target = _SKIP
                            marker = 1 if length == 10 else 2
                elif mode == _REFERENCE:
                    n_references += 1
                    marker = 4
                elif mode == _NUMBER or mode == _QUANTITY or mode == _PERIOD:
                    target = _CONTENT
                elif mode == _ID:
                    where = seeds[0] ^ np.uint64(kind)
                    for place in range(begin + 1, at - 1):
                        if data[place] <= 32 or data[place] >= 127:
                            good = False
                        where = (where ^ np.uint64(data[place])) * prime
                        where ^= where >> shift
                    good = good and not escaped and 0 < length <= _LONGEST_ID
                elif mode == _KIND:
                    found = seeds[0]
                    for place in range(begin + 1, at - 1):
                        if not 65 <= data[place] <= 122:
                            good = False
                        found = (found ^ np.uint64(data[place])) * prime
                        found ^= found >> shift
                    named = True
                    is_bundle = found == kinds[0]
                    if is_bundle and modes[depth] == _ROOT:
                        modes[depth] = _BUNDLE
                    else:
                        good = good and not is_bundle
                        modes[depth] = _RESOURCE
                        kind = int(found >> np.uint64(8))
                        group = 0
                        for place in range(1, kinds.shape[0]):
                            if kinds[place] == found:
                                group = 1 if place == 1 else 2
                        if group == 1:
                            patients += 1
                        sign = (sign ^ found) * prime
                        sign ^= sign >> shift
                        other = (other ^ found) * other_prime
                        other ^= other >> other_shift
                elif mode == _REQUEST:
                    # an entry that takes a resource away
                    good = not (length == 6 and data[begin + 1] == 68 and data[begin + 2] == 69)
                    good = good and not escaped
                elif mode >= _ROOT:
                    good = False
                else:
                    target = mode
            elif c == 45 or 48 <= c <= 57:  # a number
                if c == 45:
                    at += 1
                whole_at = at
                mantissa = np.int64(0)
                digits_read = 0
                while at < end and 48 <= data[at] <= 57:
                    if digits_read < 16:
                        mantissa = mantissa * 10 + np.int64(data[at]) - 48
                    if mantissa != 0:
                        digits_read += 1
                    at += 1
                if at == whole_at or (data[whole_at] == 48 and at > whole_at + 1):
                    good = False
                good = good and at - whole_at < _MOST_DIGITS
                behind = 0
                if at < end and data[at] == 46:
                    at += 1
                    point_at = at
                    while at < end and 48 <= data[at] <= 57:
                        if digits_read < 16:
                            mantissa = mantissa * 10 + np.int64(data[at]) - 48
                        if mantissa != 0:
                            digits_read += 1
                        at += 1
                    behind = at - point_at
                    good = good and behind > 0
                if digits_read > 15 or behind > 22:
                    behind = -2
                if at < end and (data[at] | 32) == 101:
                    behind = -2
                    at += 1
                    if at < end and (data[at] == 43 or data[at] == 45):
                        at += 1
                    power_at = at
                    while at < end and 48 <= data[at] <= 57:
                        at += 1
                    good = good and 0 < at - power_at <= 2
                need = _AFTER
                if mode == _NUMBER and n_numbers < MOST_NUMBERS:
                    numbers[0, size, n_numbers] = -mantissa if c == 45 else mantissa
                    numbers[1, size, n_numbers] = behind
                    numbers[2, size, n_numbers] = begin
                    numbers[3, size, n_numbers] = at
                    n_numbers += 1
                    marker = 3
                elif mode == _SUBJECT or mode == _SKIP or mode == _REQUEST:
                    target = mode
                elif mode <= _PERIOD or mode == _DATE or mode == _NUMBER or mode == _REFERENCE:
                    target = _CONTENT
                else:
                    good = False
            else:  # true, false, null
                length = 0
                if c == 116 and at + 4 <= end:
                    length = 4
                    good = data[at + 1] == 114 and data[at + 2] == 117 and data[at + 3] == 101
                elif c == 102 and at + 5 <= end:
                    length = 5
                    good = (
                        data[at + 1] == 97
                        and data[at + 2] == 108
                        and data[at + 3] == 115
                        and data[at + 4] == 101
                    )
                elif c == 110 and at + 4 <= end:
                    length = 4
                    good = data[at + 1] == 117 and data[at + 2] == 108 and data[at + 3] == 108
                else:
                    good = False
                at += length
                need = _AFTER
                if mode == _SUBJECT or mode == _SKIP or mode == _REQUEST:
                    target = mode
                elif mode <= _PERIOD or mode == _DATE or mode == _NUMBER or mode == _REFERENCE:
                    target = _CONTENT
                else:
                    good = False
            if not good:
                break
            if close:
                if c != (125 if is_object[depth] else 93):
                    good = False
                    break
                at += 1
                target = modes[depth]
                if is_object[depth]:
                    count = keys_from[depth]
                    if target == _ROOT or (target == _RESOURCE and not named):
                        good = False
                depth -= 1
                need = _AFTER
            if target == _CONTENT or target == _QUANTITY or target == _PERIOD:
                # eight characters at a time, each word made secret before it is taken in
                place = begin
                while place + 8 <= at:
                    word = np.uint64(data[place + 7])
                    for back in range(6, -1, -1):
                        word = (word << byte) | np.uint64(data[place + back])
                    place += 8
                    mixed = word * seeds[3]
                    sign = (sign ^ mixed ^ (mixed >> half)) * prime
                    sign ^= sign >> shift
                    mixed = word * seeds[4]
                    other = (other ^ mixed ^ (mixed >> half)) * other_prime
                    other ^= other >> other_shift
                while place < at:
                    sign = (sign ^ np.uint64(data[place])) * prime
                    sign ^= sign >> shift
                    other = (other ^ np.uint64(data[place])) * other_prime
                    other ^= other >> other_shift
                    place += 1
            elif target == _SUBJECT:
                for place in range(begin, at):
                    subject = (subject ^ np.uint64(data[place])) * prime
                    subject ^= subject >> shift
            if marker:
                sign = (sign ^ np.uint64(marker)) * prime
                sign ^= sign >> shift
                other = (other ^ np.uint64(marker + 7)) * other_prime
                other ^= other >> other_shift
            if close and target == _RESOURCE and good:
                if in_subject:
                    in_subject = False
                    if record_subject == 0:
                        record_subject = subject
                    elif record_subject != subject:
                        good = False
                if where != 0:
                    for place in range(record_first, size):
                        if wheres[place] == where:
                            good = False  # the same resource twice
                good = good and patients <= 1 and size - record_first < _MOST_RESOURCES
                if not good:
                    break
                slot = np.int64(sign & np.uint64(mask))
                while slots[slot] >= 0 and not (signs[slot, 0] == sign and signs[slot, 1] == other):
                    slot = (slot + 1) & mask
                if slots[slot] < 0:
                    if meanings >= first.shape[0]:
                        good = False
                        break
                    slots[slot] = meanings
                    signs[slot, 0], signs[slot, 1] = sign, other
                    first[meanings, 0], first[meanings, 1] = row_start, at
                    first[meanings, 2], first[meanings, 3] = n_numbers, n_references
                    for date in range(MOST_DATES):
                        first[meanings, 4 + date] = date_at[date] if date < n_dates else 0
                    meanings += 1
                wheres[size] = where
                columns[0, size], columns[1, size] = record, slots[slot]
                columns[2, size], columns[3, size] = row_start, at
                for date in range(n_dates, MOST_DATES):
                    days[size, date] = 0
                for number in range(n_numbers, MOST_NUMBERS):
                    numbers[1, size, number] = -1
                size += 1
        if not good:
            slow[record] = 1
            size = record_first
    if last_record >= 0 and size == record_first:
        slow[last_record] = 1
    return size, meanings
