"""`consilium simulate`: what sequences may bring, as a model of stated assumptions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consilium.clinical.patient import PatientCase
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region


def register(app: typer.Typer) -> None:
    """Add the command that simulates."""
    app.command()(simulate)


def simulate(
    sequences: Annotated[
        list[str] | None,
        typer.Argument(help="One or more sequences: `Dato-DXd then chemotherapy`."),
    ] = None,
    trial: Annotated[
        str,
        typer.Option("--trial", help="A trial whose arms are followed, with its crossover."),
    ] = "",
    patient: Annotated[
        str,
        typer.Option(
            "--patient", help="A patient (JSON or FHIR R4; `-` reads standard input) to be advised."
        ),
    ] = "",
    follow: Annotated[
        list[str] | None,
        typer.Option("--follow", help="With --patient: the source to follow; may be repeated."),
    ] = None,
    choose: Annotated[
        list[str] | None,
        typer.Option("--choose", help="With --patient: settle a line: `1=Dato-DXd`."),
    ] = None,
    then: Annotated[
        str,
        typer.Option("--then", help="With --patient: what follows where the advice ends."),
    ] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="With --patient: add or change a fact: `--set her2_ihc=0`."),
    ] = None,
    as_of: Annotated[
        str, typer.Option("--as-of", help="With --patient: the day whose knowledge is used.")
    ] = "",
    region: Annotated[
        Region, typer.Option("--region", help="With --patient: whose labels apply.")
    ] = Region.US,
    model: Annotated[
        str,
        typer.Option("--model", help="Which model of the edition; else the one that fits."),
    ] = "",
    assume: Annotated[
        list[str] | None,
        typer.Option("--assume", help="Another value of a parameter: `supportive-care=5`."),
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", help="Draws for doubt about the numbers.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same answer.")] = 1,
    until: Annotated[float, typer.Option("--months", help="Months alive within so many.")] = 36,
    format: Annotated[str, typer.Option("--format", help="text, markdown, html or json")] = "text",
    save: Annotated[
        Path | None,
        typer.Option("--save", help="Draw where patients are over time into this .svg or .png."),
    ] = None,
    tornado: Annotated[
        Path | None,
        typer.Option("--tornado", help="Draw what the difference rests on into this .svg or .png."),
    ] = None,
    edition: Annotated[
        Path | None,
        typer.Option("--edition", help="A folder with another edition than the bundled one."),
    ] = None,
) -> None:
    """Simulate sequences of treatment, after the model has predicted what is known."""
    from rich.console import Console  # noqa: PLC0415

    from consilium.cli.commands import UsageError, day, edition_at  # noqa: PLC0415
    from consilium.cli.console import console  # noqa: PLC0415
    from consilium.planning.advice import advised_courses  # noqa: PLC0415
    from consilium.planning.policies import (  # noqa: PLC0415
        courses_of,
        courses_of_trial,
        model_for,
    )
    from consilium.report.outlook import outlook_document, outlook_json  # noqa: PLC0415
    from consilium.sequencing.scenario import scenario  # noqa: PLC0415

    held = edition_at(edition)
    courses = courses_of(held, sequences or ())
    case = _case(patient, set_ or [], held) if patient else None
    model = model or model_for(held, trial=trial, case=case)
    if trial:
        courses = (*courses_of_trial(held, model, trial), *courses)
    if case:
        advised = advised_courses(
            case,
            held,
            model,
            follow or [""],
            as_of=day(as_of),
            region=region,
            choose=dict(_chosen(one) for one in choose or ()),
            then=then,
        )
        courses = (*advised, *courses)
    with Console(stderr=True).status("Drawing parameters and following the cohorts"):
        made = scenario(
            held,
            model,
            courses,
            draws=draws,
            seed=seed,
            mean_until=until,
            assume=dict(_assumed(one) for one in assume or ()),
        )
    if save or tornado:
        from consilium.report.figures.occupancy import (  # noqa: PLC0415
            occupancy_figure,
            tornado_figure,
        )

        if save:
            occupancy_figure(made, made.strategies[0], held).save(save)
        if tornado:
            tornado_figure(made, held).save(tornado)
    match format:
        case "text":
            from consilium.report.terminal import print_document  # noqa: PLC0415

            print_document(outlook_document(made, held), console())
        case "markdown":
            from consilium.report.markdown import markdown  # noqa: PLC0415

            typer.echo(markdown(outlook_document(made, held)), nl=False)
        case "html":
            from consilium.report.html import html  # noqa: PLC0415

            typer.echo(html(outlook_document(made, held)), nl=False)
        case "json":
            typer.echo(outlook_json(made).decode(), nl=False)
        case _:
            raise UsageError(f"`--format {format}` is not text, markdown, html or json")


def _case(file: str, changes: list[str], held: Edition) -> PatientCase:
    from consilium.cli.commands import read_input  # noqa: PLC0415
    from consilium.cli.planning import with_changes  # noqa: PLC0415
    from consilium.intake import read_patient  # noqa: PLC0415

    where = "standard input" if file == "-" else file
    return with_changes(read_patient(read_input(file), held, where=where), changes, held)


def _chosen(words: str) -> tuple[int, str]:
    from consilium.cli.commands import UsageError  # noqa: PLC0415

    line, equals, regimen = words.partition("=")
    if not equals or not line.strip().isdecimal():
        raise UsageError(f"`--choose {words}` is not `line=therapy`; write `--choose 1=Dato-DXd`")
    return int(line), regimen.strip()


def _assumed(words: str) -> tuple[str, float]:
    from consilium.cli.commands import UsageError  # noqa: PLC0415

    name, _, value = words.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise UsageError(f"`--assume {words}` is not `parameter=number`") from None
