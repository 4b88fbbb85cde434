"""The edition, a patient and a plan, written for other programs."""

import json

import pytest
from tests.properties.test_fhir_round_trips import valid
from tests.support.builders import the_edition
from tests.support.command_line import run

from consilium.fhir.questionnaires import as_questionnaire
from consilium.intake import patient_from_mapping, read_patient
from consilium.rules.say import say

SAID = {
    "primary_cancer": "breast",
    "setting": "advanced",
    "er_percent": {"value": 0, "unit": "%"},
    "her2_ihc": "1+",
    "germline_brca": "not-tested",
    "anc": {"value": 1.4, "unit": "x10^9/L"},
    "ecog_ps": 1,
    "severe_hypersensitivity": ["paclitaxel"],
    "prior_therapies": [
        {"drugs": ["paclitaxel"], "setting": "adjuvant", "started": "2022-01", "ended": "2022-06"},
        {"drugs": ["capecitabine"], "setting": "advanced", "stopped_for": "progression"},
    ],
    "prior_therapies_complete": "yes",
    "relapsed_on": "2024-02-01",
}


@pytest.fixture
def patient(tmp_path):
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(SAID))
    return str(path)


def exported(*arguments: str):
    ran = run("export", *arguments)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_the_same_edition_is_written_the_same():
    for form in ("json", "questionnaire", "plan-definition"):
        assert run("export", "--format", form).out == run("export", "--format", form).out


def test_every_position_is_a_plan_definition_with_its_condition_and_sources():
    edition = the_edition()
    bundle = exported("--format", "plan-definition")
    for entry in bundle["entry"]:
        valid({**bundle, "entry": [entry]})
    by_id = {entry["resource"]["id"]: entry["resource"] for entry in bundle["entry"]}
    assert set(by_id) == set(edition.positions)
    for name, position in edition.positions.items():
        body = by_id[name]
        assert {a["label"] for a in body["relatedArtifact"]} == {c.source for c in position.because}
        assert len(body["action"]) == max(1, len(position.regimens))
        for action in body["action"]:
            (condition,) = action["condition"]
            assert condition["expression"]["description"] == say(position.when, edition.model)
            assert action["code"] == [{"text": position.stance.value}]


def test_advice_against_a_regimen_says_so_in_its_title():
    bundle = exported("--format", "plan-definition")
    actions = [a for e in bundle["entry"] for a in e["resource"]["action"]]
    against = [a for a in actions if a["code"][0]["text"] == "advises_against"]
    assert all(a["title"].startswith("advises against") for a in against)


def test_the_questionnaire_asks_every_fact_with_its_answers_and_units():
    edition = the_edition()
    body = exported("--format", "questionnaire")
    valid({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": body}]})
    items = {i["linkId"]: i for group in body["item"] for i in group.get("item", ())}
    for fact in edition.facts.values():
        item = items[fact.id]
        if fact.values:
            codes = [option["valueCoding"]["code"] for option in item["answerOption"]]
            assert codes == list(fact.values)
        if fact.units:
            units = [one["valueCoding"]["code"] for one in item["extension"]]
            assert units == list(fact.units)


def answers_to(said: dict[str, object]) -> dict[str, object]:
    """The answers of somebody who fills in the questionnaire."""

    def answer(value: object, kind: str) -> dict[str, object]:
        if kind == "quantity":
            return {"valueQuantity": {"value": value["value"], "unit": value["unit"]}}
        key = {"choice": "valueCoding", "date": "valueDate", "integer": "valueInteger"}[kind]
        return {key: {"code": value} if kind == "choice" else value}

    asked = as_questionnaire(the_edition())
    types = {i["linkId"]: i["type"] for g in asked["item"] for i in (g, *g.get("item", ()))}
    items: list[dict[str, object]] = []
    for name, value in said.items():
        if name == "prior_therapies":
            for course in value:
                parts = [
                    {
                        "linkId": f"prior_therapies/{part}",
                        "answer": [
                            answer(one, types[f"prior_therapies/{part}"])
                            for one in (given if isinstance(given, list) else [given])
                        ],
                    }
                    for part, given in course.items()
                ]
                items.append({"linkId": name, "item": parts})
        elif name == "prior_therapies_complete":
            items.append({"linkId": name, "answer": [{"valueBoolean": value == "yes"}]})
        elif value == "not-tested":
            items.append({"linkId": f"{name}/why-not", "answer": [answer(value, "choice")]})
        else:
            listed = value if isinstance(value, list) else [value]
            items.append({"linkId": name, "answer": [answer(v, types[name]) for v in listed]})
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{asked['url']}|{asked['version']}",
        "status": "completed",
        "item": [{"linkId": "group/1", "item": items}],
    }


def test_the_answers_to_the_questionnaire_are_the_patient():
    response = answers_to(SAID)
    valid({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": response}]})
    back = read_patient(json.dumps(response).encode(), the_edition())
    assert back == patient_from_mapping(SAID, the_edition())


def test_plain_json_holds_every_statement_and_says_its_condition():
    edition = the_edition()
    body = exported()
    assert {p["id"] for p in body["edition"]["positions"]} == set(edition.positions)
    assert set(edition.positions) <= set(body["in_words"])
    assert len(body["edition"]["facts"]) == len(edition.facts)


def test_a_patient_and_a_plan_are_written(patient):
    bundle = exported("--format", "mcode", patient)
    valid(bundle)
    assert bundle["entry"][0]["resource"]["resourceType"] == "Patient"
    plan = exported("--format", "care-plan", patient, "--as-of", "2026-11-20")
    valid(plan)
    assert plan["entry"][0]["resource"]["resourceType"] == "CarePlan"


@pytest.mark.parametrize("arguments", [("--format", "mcode"), ("--format", "json", "x.json")])
def test_an_option_that_cannot_be_is_refused(arguments):
    ran = run("export", *arguments)
    assert ran.code == 1
    assert "patient" in ran.err
