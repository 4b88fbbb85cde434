"""A plan written as FHIR is valid, proposes, and names what is missing."""

from __future__ import annotations

import json
from datetime import date
from importlib import import_module

from tests.support.builders import the_edition

from consilium.fhir.plans import as_care_plan
from consilium.intake import patient_from_mapping
from consilium.planning import plan


def validated(bundle: dict[str, object]) -> None:
    """Each resource by the strict models of R4B."""
    for entry in bundle["entry"]:
        kind = entry["resource"]["resourceType"]
        model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
        model.model_validate(json.loads(json.dumps(entry["resource"])))


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
