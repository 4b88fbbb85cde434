"""Rows of an invented registry as cases, and what `cohort` and `plan` say in one shape."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from tests.support.builders import the_edition

from consilium.clinical.patient import PatientCase
from consilium.intake import patient_from_mapping
from consilium.planning import Plan
from consilium.population.sheets import Sheet


def case_of(said: Mapping[str, object]) -> PatientCase:
    """A row of a synthetic registry, without its key, as a person would enter it."""
    edition = the_edition()
    mapping = {name: value for name, value in said.items() if value is not None}
    if "prior_therapies" in mapping:
        mapping["prior_therapies"] = msgspec.json.decode(mapping["prior_therapies"])
    else:
        mapping.pop("prior_therapies_complete", None)
    for name in ("anc", "bilirubin", "creatinine_clearance"):
        if name in mapping:
            mapping[name] = {"value": mapping[name], "unit": edition.facts[name].unit}
    return patient_from_mapping(mapping, edition)


def as_planned(made: Plan) -> dict[str, object]:
    """What `cohort` says of a patient, taken from a plan."""
    if made.refusal is not None:
        return {"refused": made.refusal.exclusion}
    return {
        "refused": "",
        "options": {
            o.regimen: (
                o.certainty,
                o.stance,
                o.label.status.value,
                tuple(v.position for v in o.voices if v.holds),
                o.contraindicated,
                tuple(f"{c.kind}:{c.rule}{'?' if c.open else ''}" for c in o.cautions),
            )
            for o in (*made.options, *made.possible, *made.labels_only)
        },
        "gaps": tuple(gap.fact for gap in made.gaps),
        "trials": {t.trial: t.fit for t in made.trials},
        "against": tuple(voice.position for voice in made.against),
    }


def as_written(sheet: Sheet, gaps: tuple[str, ...]) -> dict[str, object]:
    if sheet.refused:
        return {"refused": sheet.refused}
    return {
        "refused": "",
        "options": {o.regimen: tuple(o[1:]) for o in sheet.options},
        "gaps": gaps,
        "trials": dict.fromkeys(sheet.trials, "yes")
        | dict.fromkeys(sheet.trials_possible, "possible"),
        "against": sheet.against,
    }
