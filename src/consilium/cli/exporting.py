"""`consilium export`: the edition, or a patient and their plan, for other programs."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Annotated

import msgspec
import typer

from consilium.cli import NO_PLAN
from consilium.cli.commands import AsOf, EditionPath, In, UsageError, day, edition_at, read_input
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Approval, CareRule, Position, Region
from consilium.rules.say import say


class Form(Enum):
    """What is written: of the edition, or of one patient."""

    JSON = "json"
    QUESTIONNAIRE = "questionnaire"
    PLAN_DEFINITION = "plan-definition"
    MCODE = "mcode"
    CARE_PLAN = "care-plan"


_OF_A_PATIENT = (Form.MCODE, Form.CARE_PLAN)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    patient: Annotated[
        str,
        typer.Argument(
            metavar="[PATIENT]",
            help="For `mcode` and `care-plan`: a patient; `-` is standard input.",
        ),
    ] = "",
    format: Annotated[
        Form,
        typer.Option(
            "--format",
            help="The edition as plain `json`, a FHIR `questionnaire`, or `plan-definition`s; "
            "a patient as an `mcode` bundle, their plan as a `care-plan`.",
        ),
    ] = Form.JSON,
    as_of: AsOf = "",
    region: In = Region.US,
    edition: EditionPath = None,
) -> None:
    """Write the edition, or a patient, for another program: FHIR R4 or plain JSON."""
    if bool(patient) != (format in _OF_A_PATIENT):
        told = "needs a patient" if not patient else "is of the edition and takes no patient"
        raise UsageError(f"`--format {format.value}` {told}")
    loaded = edition_at(edition)
    match format:
        case Form.JSON:
            _write(as_json(loaded))
        case Form.QUESTIONNAIRE:
            from consilium.fhir.questionnaires import as_questionnaire  # noqa: PLC0415

            _write(as_questionnaire(loaded))
        case Form.PLAN_DEFINITION:
            from consilium.fhir.definitions import as_plan_definitions  # noqa: PLC0415

            _write(as_plan_definitions(loaded))
        case Form.MCODE:
            from consilium.fhir.patients import as_mcode  # noqa: PLC0415
            from consilium.intake import read_patient  # noqa: PLC0415

            _write(as_mcode(read_patient(read_input(patient), loaded, where=patient), loaded))
        case Form.CARE_PLAN:
            from consilium.cli.planning import planned  # noqa: PLC0415
            from consilium.fhir.plans import as_care_plan  # noqa: PLC0415

            made = planned(
                read_input(patient), loaded, day(as_of), region, [], where=patient, care_for=[]
            )
            _write(as_care_plan(made.plan, loaded))
            if made.plan.refusal is not None:
                raise typer.Exit(NO_PLAN)


def as_json(edition: Edition) -> dict[str, object]:
    """Every record of an edition; conditions as trees, and again in words by statement."""
    contents = edition.contents
    statements: list[Position | Approval | CareRule] = [
        *contents.positions,
        *contents.approvals,
        *contents.care,
    ]
    said = {one.id: say(one.when, edition.model) for one in statements if one.when is not None}
    return {"format": "consilium-edition/1", "edition": contents, "in_words": said}


def _write(body: object) -> None:
    text = msgspec.json.format(msgspec.json.encode(body), indent=2).decode()
    sys.stdout.write(text + "\n")
