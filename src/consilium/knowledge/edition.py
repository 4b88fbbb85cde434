"""One edition: its records by id, its facts as a model, and what was in force when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from consilium.clinical.dates import Day
from consilium.clinical.therapies import DrugProfile
from consilium.evidence.parameters import ModelFile
from consilium.evidence.sources import Source
from consilium.evidence.trials import Harm, Result, Trial
from consilium.knowledge import cache as compiled
from consilium.knowledge.bedside import bedside_model, bedside_records
from consilium.knowledge.care_expected import CareCase, CareClaim
from consilium.knowledge.contents import Contents
from consilium.knowledge.files import all_files
from consilium.knowledge.giving import Giving, GivingStatement
from consilium.knowledge.kinds import fact_kind
from consilium.knowledge.learning import Activity, Organisation
from consilium.knowledge.records import (
    Approval,
    CareRule,
    Claim,
    Drug,
    DrugClass,
    EditionInfo,
    FactRecord,
    Position,
    Regimen,
    Speaker,
    Term,
    Waiver,
    WorkedCase,
)
from consilium.rules.facts import ChoiceKind, FactDeclaration, FactModel, MembersKind, NumberKind

_Named = TypeVar("_Named")
_Dated = TypeVar("_Dated", Position, Approval, CareRule, Giving)


_ENDING = "edition"


class Edition:
    """The knowledge as published on a date.

    Use ``Edition.bundled()`` for the one that ships with the program, or
    ``Edition.read(path)`` for a folder of files.
    """

    def __init__(
        self, contents: Contents, root: Path | None = None, content_hash: str = ""
    ) -> None:
        self.contents, self.root, self.hash = contents, root, content_hash

    @classmethod
    def bundled(cls, cache_folder: Path | None = None) -> Edition:
        """The edition that ships with the program, from its compiled copy where one is good."""
        return cls.read(bundled_root(), cache_folder or compiled.default_folder())

    @classmethod
    def read(cls, root: Path, cache_folder: Path | None = None) -> Edition:
        """An edition from its folder.

        With ``cache_folder`` a compiled copy is used and kept there; it is good
        only for the same bytes of data and of reading code. Raises
        ``EditionError`` with every problem of every file.
        """
        here = Path(__file__).parents[1]
        code = [
            *sorted((here / "knowledge").glob("*.py")),
            *sorted((here / "evidence").glob("*.py")),
            here / "rules" / "conditions.py",
        ]
        name = compiled.fingerprint(root, all_files(root), code)
        contents = compiled.read(cache_folder, name, _ENDING, Contents) if cache_folder else None
        if contents is None:
            from consilium.knowledge.loading import load  # noqa: PLC0415  YAML is slow to import

            contents = load(root)
            if cache_folder:
                compiled.write(cache_folder, name, _ENDING, contents)
        return cls(contents, root, name)

    def cases(self) -> tuple[WorkedCase, ...]:
        """The worked cases that come with the edition."""
        from consilium.knowledge.loading import load_cases  # noqa: PLC0415  YAML is slow to import

        return load_cases(self.root, self.contents) if self.root else ()

    def care_cases(self) -> tuple[CareCase, ...]:
        """The doses and events that were worked out by hand."""
        from consilium.knowledge.loading import (  # noqa: PLC0415  YAML is slow to import
            load_care_cases,
        )

        return load_care_cases(self.root, self.contents) if self.root else ()

    def care_claims(self) -> tuple[CareClaim, ...]:
        """What is claimed of giving the drugs, whoever the patient and whatever is told."""
        from consilium.knowledge.loading import (  # noqa: PLC0415  YAML is slow to import
            load_care_claims,
        )

        return load_care_claims(self.root, self.contents) if self.root else ()

    def claims(self) -> tuple[tuple[Claim, ...], tuple[Waiver, ...]]:
        """What is claimed of every patient, and the findings that are left standing."""
        from consilium.knowledge.loading import load_claims  # noqa: PLC0415  YAML is slow to import

        return load_claims(self.root, self.contents) if self.root else ((), ())

    @property
    def info(self) -> EditionInfo:
        """Which edition this is."""
        return self.contents.info

    @cached_property
    def facts(self) -> dict[str, FactRecord]:
        """Declared facts by id."""
        return _by_id(self.contents.facts)

    @cached_property
    def drugs(self) -> dict[str, Drug]:
        """Drugs by id."""
        return _by_id(self.contents.drugs)

    @cached_property
    def classes(self) -> dict[str, DrugClass]:
        """Classes of drugs by id."""
        return _by_id(self.contents.classes)

    @cached_property
    def regimens(self) -> dict[str, Regimen]:
        """Regimens by id."""
        return _by_id(self.contents.regimens)

    @cached_property
    def trials(self) -> dict[str, Trial]:
        """Trials and cohorts by id."""
        return _by_id(self.contents.trials)

    @cached_property
    def results(self) -> dict[str, Result]:
        """Results of all trials by id."""
        return _by_id(r for trial in self.contents.trials for r in trial.results)

    @cached_property
    def harms(self) -> dict[str, Harm]:
        """Harms of all trials by id."""
        return _by_id(h for trial in self.contents.trials for h in trial.harms)

    @cached_property
    def models(self) -> dict[str, ModelFile]:
        """Models of sequences by id, each with what it borrows of another."""
        held = _by_id(self.contents.models)
        return {name: model.with_borrowed(held) for name, model in held.items()}

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Documents by id."""
        return _by_id(self.contents.sources)

    @cached_property
    def speakers(self) -> dict[str, Speaker]:
        """Who can take a position, by id."""
        return _by_id(self.contents.speakers)

    @cached_property
    def positions(self) -> dict[str, Position]:
        """Positions by id."""
        return _by_id(self.contents.positions)

    @cached_property
    def approvals(self) -> dict[str, Approval]:
        """Approvals by id."""
        return _by_id(self.contents.approvals)

    @cached_property
    def care(self) -> dict[str, CareRule]:
        """Care rules by id."""
        return _by_id(self.contents.care)

    @cached_property
    def giving(self) -> dict[str, GivingStatement]:
        """Statements on giving a drug, by id."""
        return _by_id(self.contents.giving)

    @cached_property
    def bedside_facts(self) -> dict[str, FactRecord]:
        """What can be told of one dose or one event, by id."""
        events = {term.id: term.name for term in self.contents.adverse_events}
        return _by_id(bedside_records(self.contents.facts, self.contents.bedside.facts, events))

    @cached_property
    def bedside_model(self) -> FactModel:
        """The facts of one dose or one event, with the reports that contradict themselves."""
        return bedside_model(self.bedside_facts.values(), self.contents.bedside.never)

    @cached_property
    def activities(self) -> dict[str, Activity]:
        """Educational activities by id."""
        return _by_id(self.contents.activities)

    @cached_property
    def organisations(self) -> dict[str, Organisation]:
        """Companies and institutions by id."""
        return _by_id(self.contents.organisations)

    @cached_property
    def organisations_spelled(self) -> dict[str, tuple[Organisation, ...]]:
        """The organisations that a spelling names, mostly one."""
        found: dict[str, tuple[Organisation, ...]] = {}
        for organisation in self.contents.organisations:
            for spelling in organisation.spellings:
                found[spelling] = (*found.get(spelling, ()), organisation)
        return found

    @cached_property
    def endpoints(self) -> dict[str, Term]:
        """Endpoints by id."""
        return _by_id(self.contents.endpoints)

    @cached_property
    def adverse_events(self) -> dict[str, Term]:
        """Adverse-event terms by id."""
        return _by_id(self.contents.adverse_events)

    @cached_property
    def profiles(self) -> dict[str, DrugProfile]:
        """What counting lines needs of each drug; classes include those above them."""
        return {
            drug.id: DrugProfile(
                frozenset(above for named in drug.classes for above in self._upwards(named)),
                drug.target,
                drug.payload_class,
            )
            for drug in self.contents.drugs
        }

    def _upwards(self, name: str) -> Iterable[str]:
        while name:
            yield name
            name = self.classes[name].kind_of

    @cached_property
    def model(self) -> FactModel:
        """The facts with their definitions and what can never be."""
        return FactModel(
            (
                FactDeclaration(
                    fact.id,
                    self._kind(fact),
                    fact.phrase,
                    self._phrases(fact),
                    fact.definition,
                )
                for fact in self.contents.facts
            ),
            {invariant.id: invariant.never for invariant in self.contents.invariants},
        )

    def _kind(self, fact: FactRecord) -> ChoiceKind | NumberKind | MembersKind:
        return fact_kind(fact, tuple(self.drugs), tuple(self.classes))

    def _phrases(self, fact: FactRecord) -> dict[str, str]:
        match fact.vocabulary:
            case "drugs":
                return {drug.id: drug.name for drug in self.contents.drugs}
            case "classes":
                return {named.id: named.name for named in self.contents.classes}
            case _:
                return fact.values

    def drugs_of(self, regimen: str) -> tuple[str, ...]:
        """The drugs of a regimen; the alternatives of one that names several."""
        found = self.regimens[regimen]
        return tuple(part.drug for part in found.components) or tuple(
            drug for other in found.any_of for drug in self.drugs_of(other)
        )

    def starts(self, statement: Position | Approval | CareRule | Giving) -> Day | None:
        """The first day on which a statement counts; ``None`` when no date bounds it.

        A statement whose date is not stated counts from the first dated
        approval of its regimen in its regions.
        """
        if isinstance(statement.since, Day):
            return statement.since
        regimens = (
            (statement.drug,) if isinstance(statement, CareRule | Giving) else statement.regimens
        )
        dated = [
            approval.since
            for approval in self.contents.approvals
            if isinstance(approval.since, Day)
            and approval.status == "approved"
            and set(approval.regimens) & set(regimens)
            and (not statement.regions or set(approval.regions) & set(statement.regions))
        ]
        return min(dated, key=lambda day: day.last, default=None)

    def in_force(self, statements: Iterable[_Dated], as_of: date) -> tuple[_Dated, ...]:
        """The statements that count on a day: begun, not ended, not superseded."""
        begun = [s for s in statements if self._has_begun(s, as_of)]
        replaced = {old for s in begun for old in getattr(s, "supersedes", ())}
        return tuple(s for s in begun if s.id not in replaced)

    def _has_begun(self, statement: Position | Approval | CareRule | Giving, as_of: date) -> bool:
        start = self.starts(statement)
        return (start is None or start.last <= as_of) and (
            statement.until is None or as_of < statement.until.last
        )

    def results_known(self, as_of: date) -> dict[str, Result]:
        """The results that were public on a day, without those a later one replaces."""
        known = [
            r
            for r in self.results.values()
            if not isinstance(r.since, Day) or r.since.last <= as_of
        ]
        replaced = {old for r in known for old in r.supersedes}
        return {r.id: r for r in known if r.id not in replaced}


def bundled_root() -> Path:
    """The folder of the bundled edition: inside the wheel, or beside the sources."""
    package = Path(__file__).parents[1]
    installed = package / "_edition"
    return installed if installed.is_dir() else package.parents[1] / "knowledge"


def _by_id(records: Iterable[_Named]) -> dict[str, _Named]:
    return {record.id: record for record in records}  # type: ignore[attr-defined]
