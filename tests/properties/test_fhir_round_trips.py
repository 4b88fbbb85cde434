"""A generated patient, written as an mCODE bundle, comes back with all that the bundle can hold."""

import json
from datetime import date, timedelta
from importlib import import_module

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.builders import the_edition

from consilium.clinical.patient import Entered, PatientCase, Status
from consilium.fhir.holding import PLACES, Observed, is_held, place_of
from consilium.fhir.patients import as_mcode
from consilium.intake import patient_from_mapping, read_patient
from consilium.knowledge.records import FactRecord

STATUSES = [status.value for status in Status if status is not Status.KNOWN]
DRUGS = [
    drug.id
    for drug in the_edition().drugs.values()
    if not {"growth-factor", "supportive"} & set(drug.classes)
]


def values_of(fact: FactRecord) -> st.SearchStrategy[object]:
    """What a person may write for a fact, a reason for knowing nothing included."""
    match fact.kind:
        case "choice":
            said = st.sampled_from(list(fact.values))
        case "number":
            number = st.integers(int(fact.low), int(min(fact.high, 100)))
            unit = {"unit": fact.unit} if fact.unit else {}
            said = number.map(lambda value: {"value": value, **unit})
        case "members":
            words = DRUGS if fact.vocabulary else list(fact.values)
            some = st.lists(st.sampled_from(words), unique=True, max_size=3)
            said = st.one_of(
                st.just([]),
                some.map(lambda has: {"has": has, "complete": "no"} if has else []),
            )
            if fact.vocabulary == "classes":
                said = st.just([])
    return st.one_of(said, said, st.sampled_from(STATUSES))


@st.composite
def courses(draw) -> list[dict[str, object]]:
    """Courses one after the other, each with a stated reason for its end."""
    started = date(2018, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    listed: list[dict[str, object]] = []
    used: set[str] = set()
    for index in range(draw(st.integers(0, 4))):
        free = [drug for drug in DRUGS if drug not in used]
        drugs = draw(st.lists(st.sampled_from(free), min_size=1, max_size=3, unique=True))
        used |= set(drugs)
        ended = started + timedelta(days=draw(st.integers(40, 300)))
        listed.append(
            {
                "drugs": drugs,
                "setting": "adjuvant" if index == 0 and draw(st.booleans()) else "advanced",
                "started": started.isoformat(),
                "ended": ended.isoformat(),
                "outcome": draw(st.sampled_from(["", "response", "stable", "progression"])),
                "stopped_for": draw(
                    st.sampled_from(["progression", "toxicity", "preference", "unknown"])
                ),
            }
        )
        # closer together, a change for toxicity is the same line to whoever reads the record
        started = ended + timedelta(days=draw(st.integers(91, 200)))
    if listed and draw(st.booleans()):
        listed[-1] |= {"ended": None, "ongoing": "yes", "stopped_for": ""}
    return listed


@st.composite
def patients(draw) -> PatientCase:
    """A patient of whom some facts are known."""
    edition = the_edition()
    names = draw(st.lists(st.sampled_from(list(edition.facts)), unique=True, max_size=20))
    said: dict[str, object] = {}
    if draw(st.booleans()):
        said |= {"primary_cancer": "breast", "setting": "advanced"}
    for name in names:
        fact = edition.facts[name]
        value = draw(values_of(fact))
        if (isinstance(value, dict) and "value" in value) or isinstance(value, str):
            given = value if isinstance(value, dict) else {"value": value}
            on = draw(st.sampled_from([None, "2024-03-05", "2024-03", "2024"]))
            value = given | ({"date": on} if on else {})
        said[name] = value
    said["prior_therapies"] = draw(courses())
    return patient_from_mapping(said, edition)


def held(case: PatientCase) -> dict[str, Entered]:
    """The facts of a case that are written whole and read again."""
    facts = the_edition().facts
    return {
        name: entered
        for name, entered in case.entered.items()
        if is_held(facts[name], entered, case) and not getattr(place_of(facts[name]), "again", "")
    }


def valid(bundle: dict[str, object]) -> None:
    """Hold each resource, and the Bundle, against the strict models of R4B."""
    for body in [bundle, *(entry["resource"] for entry in bundle["entry"])]:
        kind = body["resourceType"]
        model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
        model.model_validate_json(json.dumps(body))


def written_and_read(case: PatientCase) -> PatientCase:
    bundle = as_mcode(case, the_edition())
    valid(bundle)
    return read_patient(json.dumps(bundle).encode(), the_edition())


@settings(deadline=None)
@given(patients())
def test_every_fact_that_is_held_comes_back(case: PatientCase) -> None:
    back = written_and_read(case)
    wanted = {n: (one.status, one.value) for n, one in held(case).items()}
    assert {n: (one.status, one.value) for n, one in back.entered.items()} == wanted
    for name, one in held(case).items():
        if isinstance(PLACES.get(name), Observed):
            assert back.entered[name].origin.on == one.origin.on, name
    assert not back.discordant


@settings(deadline=None)
@given(patients())
def test_every_course_of_treatment_comes_back(case: PatientCase) -> None:
    def told(one: PatientCase) -> list[object]:
        return [
            (
                sorted(t.drugs),
                t.setting,
                t.started,
                t.ended,
                t.ongoing,
                t.outcome,
                t.stopped_for,
            )
            for t in one.therapies.therapies
        ]

    back = written_and_read(case)
    assert told(back) == told(case)
    assert not back.therapies.complete


def test_every_place_is_of_a_fact_and_holds_words_of_that_fact() -> None:
    facts = the_edition().facts
    assert set(PLACES) <= set(facts)
    for name, fact in facts.items():
        place = place_of(fact)
        assert set(getattr(place, "values", ())) <= set(fact.values), name


def test_what_has_no_place_is_left_out_and_nothing_is_made_up() -> None:
    said = {name: "unknown" for name in the_edition().facts}
    case = patient_from_mapping(said | {"age": 61, "disease_volume": "low"}, the_edition())
    bundle = as_mcode(case, the_edition())
    assert "birthDate" not in json.dumps(bundle)
    assert "identifier" not in json.dumps(bundle)
    assert "low" not in json.dumps(bundle)


def test_a_weight_is_written_and_no_weight_of_a_record_is_taken_for_that_of_a_dose() -> None:
    case = patient_from_mapping({"weight": {"value": 14.3, "unit": "kg"}}, the_edition())
    assert "29463-7" in json.dumps(as_mcode(case, the_edition()))
    assert written_and_read(case).entered == {}


def test_a_course_without_dates_comes_back_without_any() -> None:
    course = {"drugs": ["paclitaxel"], "setting": "advanced", "stopped_for": "progression"}
    back = written_and_read(patient_from_mapping({"prior_therapies": [course]}, the_edition()))
    (found,) = back.therapies.therapies
    assert (found.drugs, found.setting, found.started) == (("paclitaxel",), "advanced", None)
    assert found.stopped_for == "progression"
