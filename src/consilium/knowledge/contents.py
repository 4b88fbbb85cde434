"""What an edition holds once its files are read: one frozen record, cacheable as it is."""

import msgspec

from consilium.evidence.parameters import ModelFile
from consilium.evidence.sources import Source
from consilium.evidence.trials import Trial
from consilium.knowledge.giving import BedsideFile, GivingStatement
from consilium.knowledge.learning import Activity, Organisation
from consilium.knowledge.records import (
    Approval,
    CareRule,
    Drug,
    DrugClass,
    EditionInfo,
    FactRecord,
    Invariant,
    NotVerified,
    Position,
    Regimen,
    ScopesFile,
    Speaker,
    Term,
)


class Contents(msgspec.Struct, frozen=True):
    """Every record of an edition, in the order of its files."""

    info: EditionInfo
    facts: tuple[FactRecord, ...]
    invariants: tuple[Invariant, ...]
    scopes: ScopesFile
    classes: tuple[DrugClass, ...] = ()
    drugs: tuple[Drug, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    endpoints: tuple[Term, ...] = ()
    adverse_events: tuple[Term, ...] = ()
    sources: tuple[Source, ...] = ()
    regimens: tuple[Regimen, ...] = ()
    trials: tuple[Trial, ...] = ()
    approvals: tuple[Approval, ...] = ()
    positions: tuple[Position, ...] = ()
    care: tuple[CareRule, ...] = ()
    giving: tuple[GivingStatement, ...] = ()
    bedside: BedsideFile = BedsideFile()
    organisations: tuple[Organisation, ...] = ()
    activities: tuple[Activity, ...] = ()
    models: tuple[ModelFile, ...] = ()
    not_verified: tuple[NotVerified, ...] = ()
