"""The kind of a declared fact, its members taken from the vocabulary where it says so."""

from __future__ import annotations

from consilium.knowledge.records import FactRecord
from consilium.rules.facts import ChoiceKind, Kind, MembersKind, NumberKind


def fact_kind(fact: FactRecord, drugs: tuple[str, ...], classes: tuple[str, ...]) -> Kind:
    """The kind of a declared fact."""
    match fact.kind:
        case "choice":
            return ChoiceKind(tuple(fact.values))
        case "number":
            return NumberKind(fact.low, fact.high, fact.unit, fact.whole == "yes")
        case "members":
            named = {"drugs": drugs, "classes": classes, "": tuple(fact.values)}
            return MembersKind(named[fact.vocabulary])
