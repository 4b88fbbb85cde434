"""The facts of one dose or one event: laboratory values taken for it, and what the bedside adds.

They are another set than the facts of a patient, although a count has the same
name in both: a value in the record is never read as one taken for a dose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from consilium.knowledge.giving import BedsideNever
from consilium.knowledge.kinds import fact_kind
from consilium.knowledge.records import FactRecord
from consilium.rules.facts import FactDeclaration, FactModel

EVENT = "event"
_SHARED_GROUP = "laboratory"


def bedside_records(
    patient_facts: Iterable[FactRecord],
    bedside_facts: Iterable[FactRecord],
    events: Mapping[str, str],
) -> tuple[FactRecord, ...]:
    """Every fact that can be told of a dose or an event; ``events`` are names by id."""
    shared = tuple(fact for fact in patient_facts if fact.group == _SHARED_GROUP)
    event = FactRecord(
        id=EVENT,
        kind="choice",
        group="event",
        phrase="event",
        ask="What happened?",
        values=dict(events),
    )
    return (event, *shared, *bedside_facts)


def bedside_model(records: Iterable[FactRecord], never: Iterable[BedsideNever]) -> FactModel:
    """The bedside facts as a model, with the reports that contradict themselves."""
    return FactModel(
        (FactDeclaration(f.id, fact_kind(f, (), ()), f.phrase, dict(f.values)) for f in records),
        {impossible.id: impossible.never for impossible in never},
    )
