"""Single values as people write them, and what to say when they are none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientError, Status
from consilium.errors import nearest
from consilium.intake.quantities import (
    exact,
    in_declared_unit,
    unit_is_needed,
    units_of,
    written_number,
)
from consilium.knowledge.records import FactRecord

HIGHEST_LINE = 20

# Ordinary values in the declared unit, for showing how a number with its unit is written.
_EXAMPLES = {"anc": "1500", "platelets": "150", "haemoglobin": "12", "weight": "60"}

_STATUS_WORDS = {status.value: status for status in Status if status is not Status.KNOWN}
_LONGEST_SHOWN = 60
_MOST_OFFERED = 12
_IDENTIFIER_KEYS = """
    name names firstname lastname surname familyname givenname fullname patientname initials
    mrn id ids patient patientid identifier identifiers patientidentifier recordnumber
    medicalrecordnumber chartnumber casenumber hospitalnumber studyid subjectid
    birthdate dateofbirth dob born birthday geburtsdatum
    ssn socialsecuritynumber nhsnumber insurance insurancenumber insuranceid passport
    address street city postcode zip zipcode phone telephone mobile email mail telecom photo
"""
_IDENTIFIERS = frozenset(_IDENTIFIER_KEYS.split())


class WrittenError(PatientError):
    """What is wrong with one value; completes a sentence that begins with its path."""


class Contradicted(WrittenError):
    """Two things that are readable and cannot both be."""


def status_of(value: object, fact: FactRecord | None) -> Status | None:
    """Which of the four ways of not knowing a value states, if it states one."""
    if value is None:
        return Status.UNKNOWN
    if not isinstance(value, str):
        return None
    word = value.strip()
    if fact is not None and (word in fact.values):
        return None
    if word in ("null", "~", ""):
        return Status.UNKNOWN
    return _STATUS_WORDS.get(word.casefold().replace("_", "-").replace(" ", "-"))


def choice(fact: FactRecord, value: object) -> str:
    """A word of a choice; ``true`` and ``false`` for yes and no."""
    words = tuple(fact.values)
    if isinstance(value, bool):
        word = "yes" if value else "no"
    elif isinstance(value, int):
        word = str(value)
    elif isinstance(value, str):
        word = value.strip()
    else:
        raise WrittenError(f"is {shown(value)}; write one of {', '.join(words)}")
    if word not in words and word.casefold() in ("true", "false"):
        word = "yes" if word.casefold() == "true" else "no"
    for spelling in (word, word.casefold(), word.casefold().replace("_", "-").replace(" ", "-")):
        if spelling in words:
            return spelling
    raise WrittenError(f"is {shown(value)}, which is none of its values.{one_of(word, words)}")


def a_number(fact: FactRecord, value: object, unit: str) -> tuple[float, str]:
    """A number in the declared unit of its fact, and how it was written."""
    if isinstance(value, str):
        written = written_number(value)
        if written is None:
            raise WrittenError(f"is {shown(value)}; {how_to_write(fact)}")
        number, beside = written
        if unit and beside:
            raise WrittenError(f"gives its unit twice, as `{beside}` and as `{unit}`")
        unit = unit or beside
    else:
        plain = exact(value)
        if plain is None:
            raise WrittenError(f"is {shown(value)}; {how_to_write(fact)}")
        number = plain
    if not unit and unit_is_needed(fact):
        raise WrittenError(f"is {shown(value)} without a unit; {how_to_write(fact)}")
    if not unit:
        unit = fact.unit
    return in_declared_unit(fact, Decimal(number), unit), f"{number} {unit}".strip()


def how_to_write(fact: FactRecord) -> str:
    """A sentence that shows how the number of a fact is written."""
    if not unit_is_needed(fact):
        return f"write a number{f' in {fact.unit}' if fact.unit else ''}"
    names = list(units_of(fact))
    factors = list(dict.fromkeys(units_of(fact).values()))
    base = Decimal(_EXAMPLES.get(fact.id, "1"))
    examples = []
    for factor in factors[:2]:
        name = next(n for n in names if units_of(fact)[n] == factor)
        shown_value = (base / Decimal(str(factor))).normalize()
        examples.append(f'{{value: {shown_value:f}, unit: "{name}"}}')
    return f"write {' or '.join(examples)}"


def a_line(value: object) -> int | None:
    """The number of a line of therapy."""
    if value is None:
        return None
    number = exact(value)
    if number is None or number != int(number) or not 1 <= number <= HIGHEST_LINE:
        raise WrittenError(f"has the line {shown(value)}; write a number from 1 to {HIGHEST_LINE}")
    return int(number)


def a_day(value: object) -> Day | None:
    """A date as written, to the day, the month or the year."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise WrittenError(f"has the date {shown(value)}; write 2026-01-12, 2026-01 or 2026")
    return Day(str(value).strip())


def yes_or_no(value: object) -> bool:
    """Yes or no, however it is written."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().casefold() in ("yes", "no", "true", "false"):
        return value.strip().casefold() in ("yes", "true")
    raise WrittenError(f"is {shown(value)}; write yes or no")


def a_word(value: object, allowed: tuple[str, ...], key: str) -> str:
    """One of the allowed words."""
    word = a_text(value, key).casefold()
    if word not in allowed:
        raise WrittenError(
            f"has the {key} {shown(value)}.{one_of(word, [w for w in allowed if w])}"
        )
    return word


def a_text(value: object, key: str) -> str:
    """A text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise WrittenError(f"has {shown(value)} where {key} is a word")
    return str(value).strip()


def a_list(value: object) -> list[object]:
    """A list; one text is a list of one."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list | tuple):
        raise WrittenError(f"has {shown(value)} where a list of drugs belongs")
    return list(value)


def only_keys(value: Mapping[object, object], allowed: tuple[str, ...]) -> None:
    """Refuse every key that is not read."""
    for key in value:
        if key in allowed:
            continue
        if isinstance(key, str) and is_identifier(key):
            raise WrittenError(
                f"has `{clipped(key)}`, which looks like an identifier of a person; "
                "none are taken or kept here, leave it out"
            )
        raise WrittenError(
            f"has the key {shown(key)}, which is not read here.{nearest(str(key), allowed)}"
        )


def is_identifier(key: str) -> bool:
    """Whether a key says that its value points at a person."""
    return re.sub(r"[^a-z]", "", key.casefold()) in _IDENTIFIERS


def one_of(word: str, allowed: Iterable[str]) -> str:
    """A sentence with the nearest allowed word, or with all of them where they are few."""
    words = list(allowed)
    offered = nearest(word, words)
    if offered or len(words) > _MOST_OFFERED:
        return offered
    return f" Write one of {', '.join(words)}."


def with_note(written: str, note: str) -> str:
    """What was written, with the note beside it."""
    return f"{written}; {note}" if note else written


def shown(value: object) -> str:
    """A value as a message may show it: short, and never a whole record."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    return f"`{clipped(str(value))}`"


def clipped(text: str) -> str:
    """A text as a message may show it."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
