"""What is written as FHIR is valid, and comes back as it was."""

from __future__ import annotations

import json
import random
from datetime import date
from importlib import import_module

from tests.support.builders import the_edition

from consilium.fhir.writing import HELD, as_care_plan, as_mcode
from consilium.intake import patient_from_mapping, read_patient
from consilium.planning import plan


def validated(bundle: dict[str, object]) -> None:
    """Each resource by the strict models of R4B."""
    for entry in bundle["entry"]:
        kind = entry["resource"]["resourceType"]
        model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
        model.model_validate(json.loads(json.dumps(entry["resource"])))


def a_case(rng: random.Random):
    edition = the_edition()
    said: dict[str, object] = {"primary_cancer": "breast", "setting": "advanced"}
    for name in HELD:
        fact = edition.facts[name]
        if name in said or rng.random() < 0.4:
            continue
        if fact.kind == "choice":
            said[name] = rng.choice(list(fact.values))
        else:
            number = rng.randint(int(fact.low), int(min(fact.high, 4 if name == "ecog_ps" else 90)))
            said[name] = {"value": number, "unit": fact.unit} if fact.unit else number
    return patient_from_mapping(said, edition)


def test_a_case_comes_back_as_it_was() -> None:
    rng = random.Random(3)
    for _ in range(30):
        case = a_case(rng)
        bundle = as_mcode(case)
        validated(bundle)
        back = read_patient(json.dumps(bundle).encode(), the_edition())
        for fact in HELD:
            wanted = case.entered[fact].value if fact in case.entered else None
            found = back.entered[fact].value if fact in back.entered else None
            assert found == wanted, fact
        assert not back.discordant
        assert set(back.entered) <= set(HELD) | set(case.entered)


def test_not_tested_is_not_negative() -> None:
    case = patient_from_mapping(
        {"primary_cancer": "breast", "her2_ihc": "not-tested"}, the_edition()
    )
    back = read_patient(json.dumps(as_mcode(case)).encode(), the_edition())
    assert back.entered["her2_ihc"].status.value == "not-tested"


def test_a_plan_is_a_proposal_and_names_what_is_missing() -> None:
    edition = the_edition()
    said = {
        "primary_cancer": "breast",
        "setting": "advanced",
        "er_percent": 0,
        "pr_percent": 0,
        "her2_ihc": "1+",
        "prior_therapies": [],
        "prior_therapies_complete": "yes",
        "checkpoint_inhibitor_candidate": "no",
        "germline_brca": "no-variant",
        "pd_l1_cps": 3,
    }
    made = plan(patient_from_mapping(said, edition), edition, as_of=date(2026, 11, 20))
    bundle = as_care_plan(made, edition)
    validated(bundle)
    bodies = {e["resource"]["resourceType"]: e["resource"] for e in bundle["entry"]}
    assert bodies["RequestGroup"]["intent"] == bodies["CarePlan"]["intent"] == "proposal"
    titles = [action["title"] for action in bodies["RequestGroup"]["action"]]
    assert titles == [option.name for option in made.options]
    assert all(action["documentation"] for action in bodies["RequestGroup"]["action"])
    del said["germline_brca"]
    made = plan(patient_from_mapping(said, edition), edition, as_of=date(2026, 11, 20))
    bundle = as_care_plan(made, edition)
    validated(bundle)
    guidance = bundle["entry"][2]["resource"]
    assert guidance["status"] == "data-required"
    assert len(guidance["dataRequirement"]) == len(made.gaps) > 0
