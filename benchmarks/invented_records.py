"""Small invented records in FHIR, no two alike. Nobody in them exists, and the shares mean nothing.

About fifteen resources each: a person, the cancer and where it has spread, receptors, HER2,
PD-L1, BRCA, performance status, laboratory values with their units, and medicines.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

import msgspec

_LOINC, _SNOMED = "http://loinc.org", "http://snomed.info/sct"
_HGNC = "http://www.genenames.org/geneId"
_POSITIVE, _NEGATIVE = "10828004", "260385009"
_SITES = (
    ("94222008", "Secondary malignant neoplasm of bone (disorder)"),
    ("94381002", "Secondary malignant neoplasm of liver (disorder)"),
    ("94391008", "Secondary malignant neoplasm of lung (disorder)"),
    ("94225005", "Secondary malignant neoplasm of brain (disorder)"),
    ("94392001", "Secondary malignant neoplasm of lymph node (disorder)"),
)
_OTHER_CONDITIONS = (
    ("38341003", "Hypertensive disorder"),
    ("44054006", "Diabetes mellitus type 2"),
)
_LABORATORY = (
    ("777-3", "Platelets [#/volume] in Blood", "10*3/uL", 60, 420, 0),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 7.5, 15.5, 1),
    ("718-7", "Hemoglobin [Mass/volume] in Blood", "g/L", 75, 155, 0),
    ("10230-1", "Left ventricular Ejection fraction", "%", 35, 70, 0),
    ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0.4, 2.5, 2),
    ("1975-2", "Bilirubin.total [Mass/volume] in Serum", "mg/dL", 0.1, 3.0, 2),
    ("29463-7", "Body weight", "kg", 45, 110, 1),
)
_LINES = {
    "triple-negative": (
        ("pembrolizumab", "paclitaxel"),
        ("sacituzumab govitecan-hziy",),
        ("capecitabine 500 MG Oral Tablet",),
        ("eribulin",),
    ),
    "hormone receptor": (
        ("letrozole 2.5 MG Oral Tablet", "palbociclib"),
        ("fulvestrant",),
        ("capecitabine 500 MG Oral Tablet",),
        ("Enhertu",),
    ),
}
_TODAY = date(2026, 11, 1)


def invented_record(rng: random.Random, number: int) -> dict[str, object]:
    """One patient as a Bundle."""
    return _Record(rng, number).bundle()


def invented_line(rng: random.Random, number: int) -> bytes:
    """The same as one line of NDJSON."""
    return msgspec.json.encode(invented_record(rng, number))


def invented_long_line(rng: random.Random, size: int) -> bytes:
    """A record of about so many bytes, most of them laboratory values of many days."""
    record = _Record(rng, 1)
    record.bundle()
    while len(msgspec.json.encode(record.resources)) < size:
        for _ in range(20):
            record.laboratory()
    return msgspec.json.encode(record.entries())


class _Record:
    def __init__(self, rng: random.Random, number: int) -> None:
        self.rng, self.number = rng, number
        self.resources: list[dict[str, object]] = []
        self.worded = rng.random() < 0.2
        self.triple = rng.random() < 0.25

    def bundle(self) -> dict[str, object]:
        rng = self.rng
        born = date(1935, 1, 1) + timedelta(days=rng.randrange(20_000))
        self.resources.append(
            {
                "resourceType": "Patient",
                "id": f"p{self.number}",
                "gender": "female" if rng.random() < 0.99 else "male",
                "birthDate": born.isoformat(),
            }
        )
        self._conditions()
        self._receptors()
        if rng.random() < 0.35:
            self._brca()
        if rng.random() < 0.7:
            self._observe("89247-1", "ECOG Performance Status", valueInteger=rng.randrange(4))
        self.laboratory()
        self._medicines()
        return self.entries()

    def entries(self) -> dict[str, object]:
        entries = [{"resource": one} for one in self.resources]
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}

    def _day(self, since: date = date(2015, 1, 1)) -> str:
        return (since + timedelta(days=self.rng.randrange((_TODAY - since).days))).isoformat()

    def _add(self, kind: str, **body: object) -> None:
        self.resources.append(
            {
                "resourceType": kind,
                "id": f"{kind[0].lower()}{self.rng.randrange(1 << 48):x}",
                "subject": {"reference": f"Patient/p{self.number}"},
                **body,
            }
        )

    def _observe(self, code: str, display: str, on: str = "", **said: object) -> None:
        self._add(
            "Observation",
            status="final",
            code=_coded(_LOINC, code, display if self.worded else ""),
            effectiveDateTime=on or self._day(),
            **said,
        )

    def _conditions(self) -> None:
        rng = self.rng
        conditions = [("254837009", "Malignant neoplasm of breast (disorder)")]
        conditions += rng.sample(_SITES, rng.choice((0, 1, 1, 2, 3)))
        conditions += rng.sample(_OTHER_CONDITIONS, rng.choice((0, 0, 1)))
        for code, display in conditions:
            self._add(
                "Condition",
                code=_coded(_SNOMED, code, display),
                verificationStatus=_coded(
                    "http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"
                ),
                onsetDateTime=self._day(),
            )

    def _receptors(self) -> None:
        rng = self.rng
        for status, percent, name in (
            ("16112-5", "85329-1", "Estrogen receptor"),
            ("16113-3", "85325-9", "Progesterone receptor"),
        ):
            if rng.random() < 0.5:
                verdict = _NEGATIVE if self.triple or rng.random() < 0.1 else _POSITIVE
                said = {"valueCodeableConcept": _coded(_SNOMED, verdict)}
                self._observe(status, f"{name} in Tissue", **said)
            else:
                share = _quantity(0 if self.triple else rng.randrange(1, 101), "%")
                self._observe(percent, f"Cells.{name}/100 cells", valueQuantity=share)
        score = rng.choice(("LA6111-4", "LA11841-6", "LA11842-4"))
        her2 = rng.choice(
            (
                {"valueCodeableConcept": _coded(_LOINC, score)},
                {"valueString": rng.choice(("IHC 0", "1+", "2+ (equivocal)"))},
                {"valueCodeableConcept": _coded(_SNOMED, _NEGATIVE, "Negative")},
            )
        )
        self._observe("85319-2", "HER2 in Breast cancer specimen by Immune stain", **her2)
        if rng.random() < 0.3:
            said = {"valueCodeableConcept": _coded(_SNOMED, _NEGATIVE, "Not amplified")}
            self._observe("85318-4", "ERBB2 gene duplication by FISH", **said)
        if rng.random() < 0.3:
            said = {"valueString": f"CPS {rng.randrange(0, 60)} (22C3)"}
            self._observe("83052-1", "PD-L1 by clone 22C3 in Tissue by Immune stain", **said)

    def _brca(self) -> None:
        rng = self.rng
        carrier = rng.random() < 0.3
        for gene, name in (("1100", "BRCA1"), ("1101", "BRCA2")):
            present = carrier and name == "BRCA2"
            parts = [
                _part("48018-6", _coded(_HGNC, f"HGNC:{gene}", name)),
                _part("48002-0", _coded(_LOINC, "LA6683-2", "Germline")),
            ]
            if present:
                parts.append(_part("53037-8", _coded(_LOINC, "LA6668-3", "Pathogenic")))
            answer = "LA9633-4" if present else "LA9634-2"
            self._observe(
                "69548-6",
                "Genetic variant assessment",
                valueCodeableConcept=_coded(_LOINC, answer),
                component=parts,
            )

    def laboratory(self) -> None:
        rng = self.rng
        for _ in range(rng.choice((1, 1, 2))):
            on = self._day(date(2026, 1, 1))
            leukocytes = round(rng.uniform(1.5, 12), 2)
            share = rng.uniform(0.3, 0.8) if rng.random() < 0.98 else 1.4
            for code, display, count in (
                ("6690-2", "Leukocytes [#/volume] in Blood", leukocytes),
                ("751-8", "Neutrophils [#/volume] in Blood", round(leukocytes * share, 2)),
            ):
                self._observe(code, display, on, valueQuantity=_quantity(count, "10*3/uL"))
        for code, display, unit, low, high, places in rng.sample(_LABORATORY, 2):
            number = round(rng.uniform(low, high), places) if places else rng.randint(low, high)
            on = self._day(date(2026, 1, 1)) + rng.choice(("", "T08:30:00+01:00"))
            self._observe(code, display, on, valueQuantity=_quantity(number, unit))

    def _medicines(self) -> None:
        rng = self.rng
        lines = _LINES["triple-negative" if self.triple else "hormone receptor"]
        begun = date(2019, 1, 1) + timedelta(days=rng.randrange(1500))
        for drugs in lines[: rng.choice((0, 0, 0, 1, 1, 2, 3))]:
            on = begun.isoformat()
            status = rng.choices(("completed", "active", "stopped"), (8, 1, 1))[0]
            for name in drugs:
                named = {"medicationCodeableConcept": {"text": name}}
                if "Tablet" in name:
                    self._add(
                        "MedicationRequest", status=status, intent="order", **named, authoredOn=on
                    )
                else:
                    self._add(
                        "MedicationAdministration",
                        status="completed",
                        **named,
                        effectivePeriod={"start": on, "end": on},
                    )
            begun += timedelta(days=rng.randrange(40, 420))


def _coded(system: str, code: str, display: str = "") -> dict[str, object]:
    coding = {"system": system, "code": code}
    return {"coding": [coding]} | ({"text": display} if display else {})


def _quantity(value: float, unit: str) -> dict[str, object]:
    return {"value": value, "unit": unit, "code": unit}


def _part(code: str, value: dict[str, object]) -> dict[str, object]:
    return {"code": _coded(_LOINC, code), "valueCodeableConcept": value}
