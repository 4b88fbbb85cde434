"""What must hold across the files of an edition: ids, pointers, dates, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from consilium.clinical.dates import Day
from consilium.clinical.therapies import DERIVED_FACTS
from consilium.errors import nearest
from consilium.evidence.sources import Citation
from consilium.evidence.trials import Harm, Result
from consilium.knowledge.activity_checks import activity_problems, parts_of_activities
from consilium.knowledge.care_expected import CareClaim
from consilium.knowledge.contents import Contents
from consilium.knowledge.giving import Adjustment, Gate
from consilium.knowledge.problems import Place, Problem
from consilium.knowledge.records import Claim, Component, Waiver
from consilium.knowledge.typing_nodes import Pointer, fields_of, what_is
from consilium.rules.conditions import AllOf, facts_in


def check_contents(
    contents: Contents, places: Mapping[int, Place], pointers: Iterable[Pointer]
) -> list[Problem]:
    """Every problem that only shows when the files are read together."""
    checks = _Checks(contents, places)
    return [
        *checks.ids(),
        *checks.pointers(pointers),
        *checks.dates(),
        *checks.citations(),
        *checks.facts(),
        *checks.trials(),
        *checks.positions(),
        *checks.circles(),
        *checks.giving(),
        *checks.activities(),
    ]


def check_claims(
    contents: Contents,
    claims: Iterable[Claim],
    waivers: Iterable[Waiver],
    places: Mapping[int, Place],
) -> list[Problem]:
    """That claims and waivers have their own ids, name statements that are there, and say why."""
    checks = _Checks(contents, places)
    kinds = ("position", "approval", "care rule", "scope", "trial", "fact")
    records = [record for kind in kinds for record in checks.by_kind[kind]]
    known: set[str] = {record.id for record in records}  # type: ignore[attr-defined]
    known |= {invariant.id for invariant in contents.invariants}
    claimed = {claim.id for claim in claims}
    found: list[Problem] = []
    seen: set[str] = set()
    every: list[Claim | Waiver] = [*claims, *waivers]
    for record in every:
        if record.id in seen:
            found.append(checks.at(record, f"`{record.id}` is here twice"))
        seen.add(record.id)
        if isinstance(record, Claim):
            named = record.rests_on
            if not record.because or not named:
                found.append(checks.at(record, "a claim needs `because` and what it `rests_on`"))
            if not (record.shows or record.never_shows):
                found.append(checks.at(record, "a claim needs `shows` or `never_shows`"))
        else:
            named = record.statements
            if not named or not record.reason:
                found.append(checks.at(record, "a waiver names its statements and the reason"))
            if (record.finding == "gap") != (record.when is not None):
                found.append(checks.at(record, "a gap, and nothing else, is waived for a `when`"))
        for name in named:
            if name not in known and name not in claimed:
                hint = nearest(name, known).replace("Did you mean", "Closest:").rstrip("?")
                found.append(checks.at(record, f"no statement is called `{name}`.{hint}"))
    return found


def check_care_claims(
    contents: Contents, claims: Iterable[CareClaim], places: Mapping[int, Place]
) -> list[Problem]:
    """That claims on giving drugs have their own ids, claim something, and name what is there."""
    checks = _Checks(contents, places)
    known = {statement.id for statement in (*contents.care, *contents.giving)}
    found: list[Problem] = []
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            found.append(checks.at(claim, f"`{claim.id}` is here twice"))
        seen.add(claim.id)
        if not claim.because:
            found.append(checks.at(claim, "a claim needs `because`"))
        if not (claim.shows or claim.never_shows or claim.tightens_with):
            found.append(
                checks.at(claim, "a claim needs `shows`, `never_shows` or `tightens_with`")
            )
        if claim.shows and not claim.rests_on:
            found.append(checks.at(claim, "what a claim shows it shows because it `rests_on` some"))
        named = [*claim.rests_on, *(e.holds for e in (*claim.shows, *claim.never_shows) if e.holds)]
        for name in named:
            if name not in known:
                hint = nearest(name, known).replace("Did you mean", "Closest:").rstrip("?")
                found.append(checks.at(claim, f"no care statement is called `{name}`.{hint}"))
    return found


class _Checks:
    def __init__(self, contents: Contents, places: Mapping[int, Place]) -> None:
        self.contents, self.places = contents, places
        results = [r for trial in contents.trials for r in trial.results]
        self.by_kind: dict[str, list[msgspec.Struct]] = {
            "source": list(contents.sources),
            "fact": list(contents.facts),
            "drug": list(contents.drugs),
            "class": list(contents.classes),
            "regimen": list(contents.regimens),
            "speaker": list(contents.speakers),
            "position": list(contents.positions),
            "approval": list(contents.approvals),
            "result": list(results),
            "trial": list(contents.trials),
            "endpoint": list(contents.endpoints),
            "adverse event": list(contents.adverse_events),
            "harm": [harm for trial in contents.trials for harm in trial.harms],
            "care rule": [*contents.care, *contents.giving],
            "bedside fact": [*contents.bedside.facts, *contents.bedside.never],
            "not verified": list(contents.not_verified),
            "organisation": list(contents.organisations),
            "activity": list(contents.activities),
            **parts_of_activities(contents.activities),
            "scope": [*contents.scopes.scopes, *contents.scopes.exclusions],
        }

    def at(self, record: object, message: str) -> Problem:
        place = self.places.get(id(record), Place("edition", 1))
        return Problem(place.path, place.line, message)

    def ids(self) -> Iterator[Problem]:
        for kind, records in self.by_kind.items():
            seen: dict[str, object] = {}
            for record in records:
                name: str = record.id  # type: ignore[attr-defined]
                if name in seen:
                    first = self.places.get(id(seen[name]), Place("the edition", 1))
                    yield self.at(
                        record,
                        f"a {kind} is called `{name}` already, in {first.path} line {first.line}",
                    )
                seen.setdefault(name, record)

    def pointers(self, pointers: Iterable[Pointer]) -> Iterator[Problem]:
        names = {
            kind: {record.id for record in records}  # type: ignore[attr-defined]
            for kind, records in self.by_kind.items()
        }
        for pointer in pointers:
            known = names[pointer.kind]
            if pointer.id not in known:
                hint = nearest(pointer.id, known).replace("Did you mean", "Closest:").rstrip("?")
                message = f"no {pointer.kind} is called `{pointer.id}`.{hint}"
                yield Problem(pointer.place.path, pointer.place.line, message)

    def dates(self) -> Iterator[Problem]:
        today = self.contents.info.date.last
        for record in _records(self.contents):
            for field in record.__struct_fields__:
                value = getattr(record, field)
                if not isinstance(value, Day) or field in ("review_by", "date", "expires"):
                    continue
                if value.first > today:
                    yield self.at(
                        record, f"`{field}: {value}` lies after the edition's date, {today}"
                    )
            since, until = getattr(record, "since", None), getattr(record, "until", None)
            if isinstance(since, Day) and isinstance(until, Day) and until.last < since.first:
                yield self.at(record, f"`until: {until}` lies before `since: {since}`")
            checked, review = getattr(record, "checked", None), getattr(record, "review_by", None)
            if isinstance(checked, Day) and isinstance(review, Day) and review.last <= checked.last:
                yield self.at(record, f"`review_by: {review}` is not after `checked: {checked}`")

    def citations(self) -> Iterator[Problem]:
        sources = {source.id: source for source in self.contents.sources}
        for record in _records(self.contents):
            if isinstance(record, Citation):
                source = sources.get(record.source)
                if source is None:
                    continue
                if source.reading(record.read) is None:
                    names = ", ".join(read.id for read in source.read)
                    wrong = (
                        f"has no reading `{record.read}`"
                        if record.read
                        else "was read several times"
                    )
                    yield self.at(record, f"`{record.source}` {wrong}; name one of: {names}")
            elif _needs_source(record) and not getattr(record, "because", ()):
                what = f"`{record.id}`" if hasattr(record, "id") else what_is(type(record))
                yield self.at(record, f"{what} needs its source under `because`")

    def facts(self) -> Iterator[Problem]:
        for fact in self.contents.facts:
            if fact.origin == "defined" and set(fact.definition) != set(fact.values):
                yield self.at(fact, f"`{fact.id}` needs a definition for each of its values")
            if fact.origin != "defined" and fact.definition:
                yield self.at(fact, f"`{fact.id}` has a definition but its origin is {fact.origin}")
            if fact.origin == "defined" and not fact.because:
                yield self.at(fact, f"the definition of `{fact.id}` needs its source")
            if fact.origin == "derived" and fact.id not in DERIVED_FACTS:
                yield self.at(
                    fact, f"nothing derives `{fact.id}`; known: {', '.join(DERIVED_FACTS)}"
                )
            if fact.kind == "choice" and not fact.values:
                yield self.at(fact, f"`{fact.id}` needs its values")

    def trials(self) -> Iterator[Problem]:
        for trial in self.contents.trials:
            arms = {arm.id for arm in trial.arms}
            measured: list[Result | Harm] = [*trial.results, *trial.harms]
            for found in measured:
                for name in found.arms:
                    if name not in arms:
                        yield self.at(
                            found, f"`{name}` is no arm of {trial.id}.{nearest(name, arms)}"
                        )
            for result in trial.results:
                for name in _contrasted(result):
                    if name not in arms:
                        yield self.at(
                            result, f"`{name}` is no arm of {trial.id}.{nearest(name, arms)}"
                        )

    def giving(self) -> Iterator[Problem]:
        shared = {fact.id for fact in self.contents.facts}
        for fact in self.contents.bedside.facts:
            if fact.id in shared:
                yield self.at(fact, f"`{fact.id}` is a fact of patients already")
            if fact.origin != "entered":
                yield self.at(fact, f"`{fact.id}` is told at the bedside, so its origin is entered")
        rules = {rule.id for rule in self.contents.care}
        asked = {fact.id for fact in self.contents.facts if fact.group == "laboratory"}
        for statement in self.contents.giving:
            if isinstance(statement, Gate):
                for need in statement.needs:
                    if need not in asked:
                        yield self.at(
                            statement, f"a gate asks for laboratory values; `{need}` is none"
                        )
            if isinstance(statement, Adjustment) and statement.of and statement.of not in rules:
                hint = nearest(statement.of, rules)
                yield self.at(statement, f"no rule for choosing is called `{statement.of}`.{hint}")

    def activities(self) -> Iterator[Problem]:
        for record, message in activity_problems(self.contents):
            yield self.at(record, message)

    def positions(self) -> Iterator[Problem]:
        by_id = {position.id: position for position in self.contents.positions}
        for position in self.contents.positions:
            for name in position.overrides:
                other = by_id.get(name)
                if other is not None and other.who != position.who:
                    yield self.at(
                        position, f"`{name}` is by {other.who}; one overrides only one's own"
                    )
            if position.stance.value == "depends_on" and not position.facts:
                yield self.at(position, "`depends_on` needs the deciding `facts`")
            if position.stance.value != "depends_on" and not position.regimens:
                yield self.at(position, f"`{position.stance.value}` needs `regimens`")
            asked = facts_in(position.when)
            for extension in position.extends_to:
                parts = extension.parts if isinstance(extension, AllOf) else (extension,)
                if any(len(facts_in(part)) != 1 for part in parts):
                    yield self.at(position, "each part of `extends_to` tests one fact")
                for fact in sorted(facts_in(extension) - asked):
                    yield self.at(position, f"`extends_to` tests `{fact}`, which `when` does not")
        for approval in self.contents.approvals:
            if approval.status == "approved" and approval.when is None:
                yield self.at(approval, "an approval needs `when`: for whom it is")

    def circles(self) -> Iterator[Problem]:
        """Records that lead back to themselves; whoever follows them would never end."""
        held = self.contents
        facts: dict[str, Iterable[str]] = {
            fact.id: {f for when in fact.definition.values() for f in facts_in(when)}
            for fact in held.facts
        }
        results = [result for trial in held.trials for result in trial.results]
        yield from self._circles("overrides", held.positions, _field(held.positions, "overrides"))
        yield from self._circles("is defined by", held.facts, facts)
        yield from self._circles("is a kind of", held.classes, _field(held.classes, "kind_of"))
        yield from self._circles("is any of", held.regimens, _field(held.regimens, "any_of"))
        for records in (held.positions, held.approvals, results):
            yield from self._circles("supersedes", records, _field(records, "supersedes"))

    def _circles(
        self,
        verb: str,
        records: Iterable[msgspec.Struct],
        leads_to: Mapping[str, Iterable[str]],
    ) -> Iterator[Problem]:
        for record in records:
            name: str = record.id  # type: ignore[attr-defined]
            if _comes_back(name, leads_to):
                yield self.at(record, f"`{name}` {verb} itself in a circle")


def _field(records: Iterable[msgspec.Struct], field: str) -> dict[str, Iterable[str]]:
    """The ids under a field of each record, by the record's own id."""
    found: dict[str, Iterable[str]] = {}
    for record in records:
        named = getattr(record, field)
        found[record.id] = (named,) if isinstance(named, str) else named  # type: ignore[attr-defined]
    return found


def _records(value: object) -> Iterator[msgspec.Struct]:
    """Every record inside a value, itself included."""
    if isinstance(value, msgspec.Struct):
        yield value
        for field in value.__struct_fields__:
            yield from _records(getattr(value, field))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _records(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _records(part)


def _needs_source(record: msgspec.Struct) -> bool:
    if isinstance(record, Component):
        return record.dose != "not-stated"
    return fields_of(type(record)).get("because", (None, False))[1]


def _contrasted(result: object) -> tuple[str, ...]:
    contrast = getattr(result, "contrast", None)
    return (contrast.experimental, contrast.comparator) if contrast else ()


def _comes_back(name: str, leads_to: Mapping[str, Iterable[str]]) -> bool:
    """Whether going on from a name leads to it again."""
    seen: set[str] = set()
    queue = list(leads_to[name])
    while queue:
        other = queue.pop()
        if other == name:
            return True
        if other not in seen and other in leads_to:
            seen.add(other)
            queue += leads_to[other]
    return False
