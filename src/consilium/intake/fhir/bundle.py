"""The resources of an input, whatever they came in, and what their references point to."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from operator import itemgetter

import msgspec

from consilium.clinical.patient import PatientError
from consilium.intake.fhir.codes import Concept, concept, mappings, words
from consilium.intake.fhir.moments import moment

Body = Mapping[str, object]

_LONGEST_ID = 80
_INSIDE = {"Bundle": "entry", "Parameters": "parameter"}
_READ_WHERE_CONTAINED = ("Observation", "Condition")


class Resource(msgspec.Struct, frozen=True, dict=True):
    """One resource and the place by which a person finds it again."""

    kind: str
    where: str
    body: Body
    holder: Body | None = None

    @cached_property
    def code(self) -> Concept:
        """What it is about."""
        return concept(self.body.get("code"))

    def is_one_of(self, *kinds: str) -> bool:
        """Whether it is a resource of one of these kinds."""
        return self.kind in kinds


class Resources:
    """All resources of one patient; ``several`` lets more than one be spoken of."""

    def __init__(self, values: Iterable[object], *, several: bool = False) -> None:
        self._counted: Counter[str] = Counter()
        self._addressed: list[tuple[Resource, str]] = []
        self.not_resources = 0
        self.names_another = False
        """Whether a Patient is given, and some resource speaks of another."""
        found: dict[str, Resource] = {}
        for value in values:
            for body, address in self._unpacked(value):
                resource = self._placed(body)
                before = found.get(resource.where)
                if before is not None and _updated(before.body) > _updated(body):
                    continue
                found[resource.where] = resource
                self._addressed.append((resource, address))
        self._grouped: list[Resource] | None = None
        self.all: list[Resource] = []
        for resource in found.values():
            self.all.append(resource)
            if "contained" in resource.body:
                self.all += self._contained(resource)
        if not several:
            self._check_one_patient()

    def of(self, *kinds: str) -> list[Resource]:
        """The resources of these kinds, in the order of the input."""
        return [resource for resource in self.all if resource.kind in kinds]

    def observations(self, tells: Callable[[Concept], object]) -> list[Resource]:
        """The observations whose code tells what is asked; every code is asked once."""
        if self._grouped is not self.all:
            self._grouped = self.all
            self._by_code: dict[Concept, list[tuple[int, Resource]]] = {}
            for place, resource in enumerate(self.all):
                if resource.kind == "Observation":
                    self._by_code.setdefault(resource.code, []).append((place, resource))
        found = [one for code, group in self._by_code.items() if tells(code) for one in group]
        return [resource for _, resource in sorted(found, key=itemgetter(0))]

    def resolve(self, reference: object, held_by: Resource) -> Resource | None:
        """The resource that a reference points to, when the input holds it."""
        if not isinstance(reference, dict):
            return None
        address = words(reference.get("reference"))
        if address.startswith("#"):
            holder = held_by.holder or held_by.body
            for body in mappings(holder.get("contained")):
                if words(body.get("id")) == address[1:]:
                    kind = words(body.get("resourceType"))
                    return Resource(kind, f"{held_by.where}{address}", body, holder)
            return None
        return self._by_reference.get(address) or self._by_reference.get(_local(address))

    def _unpacked(self, value: object) -> Iterable[tuple[Body, str]]:
        waiting: deque[tuple[object, str]] = deque([(value, "")])
        while waiting:
            body, address = waiting.popleft()
            if not isinstance(body, dict) or not words(body.get("resourceType")):
                self.not_resources += 1
                continue
            inside = _INSIDE.get(words(body["resourceType"]))
            if inside is None:
                yield body, address
                continue
            held = [
                (entry["resource"], words(entry.get("fullUrl")))
                for entry in _entries(body.get(inside))
                if "resource" in entry and not _is_deletion(entry)
            ]
            waiting.extendleft(reversed(held))

    def _placed(self, body: Body) -> Resource:
        kind = words(body.get("resourceType"))
        name = words(body.get("id"))[:_LONGEST_ID]
        if name:
            return Resource(kind, f"{kind}/{name}", body)
        self._counted[kind] += 1
        return Resource(kind, f"{kind}[{self._counted[kind]}]", body)

    @cached_property
    def _by_reference(self) -> dict[str, Resource]:
        """Each resource by everything that may point to it; few records point to any."""
        found: dict[str, Resource] = {}
        for resource, address in self._addressed:
            found[resource.where] = resource
            if address:
                found[address] = resource
                found.setdefault(_local(address), resource)
            if name := words(resource.body.get("id")):
                found[f"urn:uuid:{name}"] = resource
        return found

    def _contained(self, resource: Resource) -> list[Resource]:
        return [
            Resource(
                kind, f"{resource.where}#{words(body.get('id'))[:_LONGEST_ID]}", body, resource.body
            )
            for body in mappings(resource.body.get("contained"))
            if (kind := words(body.get("resourceType"))) in _READ_WHERE_CONTAINED
        ]

    def _check_one_patient(self) -> None:
        patients = self.of("Patient")
        named = {
            reference
            for resource in self.all
            for key in ("subject", "patient")
            if isinstance(subject := resource.body.get(key), dict)
            and isinstance(reference := subject.get("reference"), str)
        }
        subjects = {_local(words(one)) for one in named if "Patient/" in words(one)}
        given = {one.where for one in patients}
        given |= {_local(at) for one, at in self._addressed if at and one.kind == "Patient"}
        self.names_another = bool(patients) and not subjects <= given
        several = max(len(patients), len(subjects))
        if several > 1:
            raise PatientError(
                f"it holds the records of {several} patients; a plan is made for one, "
                "so give one patient at a time"
            )


def _entries(value: object) -> list[Body]:
    """The entries of a Bundle, or the parameters of Parameters with those inside others."""
    found: list[Body] = []
    waiting = deque(mappings(value))
    while waiting:
        entry = waiting.popleft()
        found.append(entry)
        if "part" in entry:
            waiting.extendleft(reversed(mappings(entry["part"])))
    return found


def _is_deletion(entry: Body) -> bool:
    request = entry.get("request")
    return isinstance(request, dict) and request.get("method") == "DELETE"


def _updated(body: Body) -> str:
    meta = body.get("meta")
    updated = moment(meta.get("lastUpdated")) if isinstance(meta, dict) else None
    if updated is None:
        return ""
    return updated.time.isoformat() if updated.time else updated.day.text


def _local(address: str) -> str:
    """`Type/id` of an absolute or versioned address; any other address as it is."""
    parts = address.split("/_history/", maxsplit=1)[0].split("/")
    return "/".join(parts[-2:]) if len(parts) >= 2 else address
