"""The records of two editions side by side: which begin, end, come, go or say something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.proving.calendar import Calendar, Moment
from consilium.proving.restating import fields_changed
from consilium.rules.conditions import Condition
from consilium.rules.facts import FactModel
from consilium.rules.say import say


class StatementChange(msgspec.Struct, frozen=True):
    """A statement that is on one side only, or says something else on the other."""

    statement: str
    kind: str
    how: str
    says: str
    regions: tuple[str, ...] = ()


_DATED = {"position": "positions", "approval": "approvals", "care": "care"}


def records_of(edition: Edition) -> dict[str, Any]:
    """Every record of which a plan, a care sheet or a question is made, by kind and id."""
    contents = edition.contents
    kinds: dict[str, tuple[Any, ...]] = {
        "position": contents.positions,
        "approval": contents.approvals,
        "care": contents.care,
        "giving": contents.giving,
        "result": tuple(r for trial in contents.trials for r in trial.results),
        "scope": contents.scopes.scopes,
        "exclusion": contents.scopes.exclusions,
        "unspoken": contents.scopes.unspoken,
        "trial": contents.trials,
        "fact": contents.facts,
        "invariant": contents.invariants,
        "regimen": contents.regimens,
        "drug": contents.drugs,
        "class": contents.classes,
        "speaker": contents.speakers,
        "source": contents.sources,
    }
    return {f"{kind}:{one.id}": one for kind, listed in kinds.items() for one in listed}


def statement_changes(
    before: Calendar, after: Calendar, old: date, new: date
) -> Iterator[StatementChange]:
    """Every record that counts on one side only, or differs between them."""
    then, now = records_of(before.edition), records_of(after.edition)
    counted, counts = _counting(before, old), _counting(after, new)
    # a statement on giving a drug speaks of the dose or the event, of the patient, or of both
    told = after.edition.bedside_model.facts | after.edition.model.facts
    everything_said = FactModel(told.values())
    for key in dict.fromkeys((*then, *now)):
        kind, name = key.split(":", 1)
        how = _how(key, then, now, key in counted, key in counts)
        if not how:
            continue
        record = now.get(key) or then[key]
        when = getattr(record, "when", None)
        says = ""
        if how == "changed":
            says = ", ".join(fields_changed(then[key], now[key]))
        elif key in now and isinstance(when, Condition):
            says = say(when, everything_said)
        regions = tuple(region.value for region in getattr(record, "regions", ()))
        yield StatementChange(name, kind, how, says, regions)


def _how(
    key: str, then: Mapping[str, Any], now: Mapping[str, Any], counted: bool, counts: bool
) -> str:
    """What became of a record; empty where nothing did."""
    if key not in now:
        return "removed"
    if key not in then:
        return "added"
    if counted != counts:
        return "begins" if counts else "ends"
    return "changed" if then[key] is not now[key] and then[key] != now[key] else ""


def _counting(calendar: Calendar, day: date) -> set[str]:
    """The records that count somewhere on a day; what has no date always does."""
    edition = calendar.edition
    found = {
        f"{kind}:{statement.id}"
        for kind, field in _DATED.items()
        for statement in getattr(edition.contents, field)
        if any(calendar.counts(f"{kind}:{statement.id}", Moment(r, day)) for r in Region)
    }
    found |= {f"giving:{one.id}" for one in _given(edition, day)}
    return found | {f"result:{name}" for name in edition.results_known(day)}


def _given(edition: Edition, day: date) -> tuple[Any, ...]:
    return edition.in_force(
        (one for one in edition.contents.giving if hasattr(one, "since")),
        day,
    )
