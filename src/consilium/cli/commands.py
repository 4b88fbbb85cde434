"""The commands. Each reads, calls the library, and prints; none decides."""

from __future__ import annotations

import sys
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from consilium import __version__
from consilium.cli import NO_PLAN, PROBLEM
from consilium.cli.asking import register as register_asking
from consilium.cli.comparing import register as register_comparing
from consilium.cli.proving import register as register_proving
from consilium.cli.simulating import register as register_simulating
from consilium.cli.survival import register as register_survival
from consilium.errors import ConsiliumError, nearest
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region

app = typer.Typer(
    name="consilium",
    help="What experts, labels, guidelines and trials say for one patient with "
    "HER2-negative metastatic breast cancer. Educational, for health professionals.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Format(Enum):
    """How a plan is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


EditionPath = Annotated[
    Path | None,
    typer.Option("--edition", help="A folder with another edition than the bundled one."),
]
AsOf = Annotated[str, typer.Option("--as-of", help="The day whose knowledge is used (2026-01-12).")]
In = Annotated[Region, typer.Option("--region", help="Whose labels apply.")]


class UsageError(ConsiliumError):
    """An option or argument that cannot be."""


def edition_at(path: Path | None) -> Edition:
    """The bundled edition, or the one in a folder."""
    from consilium.knowledge.cache import default_folder  # noqa: PLC0415

    if path is None:
        return Edition.bundled()
    if not path.is_dir():
        raise UsageError(f"`{path}` is no folder with an edition")
    return Edition.read(path, default_folder())


def day(text: str) -> date:
    """The day of `--as-of`; today when it is not given."""
    if not text:
        return date.today()  # the face reads the clock
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"`--as-of {text}` is no date; write 2026-01-12") from None


def read_input(name: str) -> bytes:
    """The bytes of a file, or of standard input for `-`."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as problem:
        raise UsageError(f"cannot read `{name}`: {problem.strerror}") from None


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"consilium {__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Compute with what is said about HER2-negative metastatic breast cancer."""


@app.command()
def plan(
    file: Annotated[
        str, typer.Argument(help="A patient as JSON or FHIR R4; `-` reads standard input.")
    ],
    as_of: AsOf = "",
    region: In = Region.US,
    format: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Add or change a fact: `--set germline_brca=pathogenic`."),
    ] = None,
    why: Annotated[
        str, typer.Option("--why", help="Print every condition asked for one option.")
    ] = "",
    care_for: Annotated[
        list[str] | None,
        typer.Option("--care", help="Add how to give this regimen safely; may be repeated."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything, not only one screen.")] = False,
    save: Annotated[
        str, typer.Option("--save", help="Draw what may follow into this .svg or .png file.")
    ] = "",
    save_earlier: Annotated[
        str, typer.Option("--save-earlier", help="Draw earlier treatment into this file.")
    ] = "",
    edition: EditionPath = None,
) -> None:
    """Plan one patient: what each source would do, and why."""
    from consilium.cli.planning import planned  # noqa: PLC0415

    made = planned(
        read_input(file),
        edition_at(edition),
        day(as_of),
        region,
        set_ or [],
        where=file,
        care_for=care_for or [],
    )
    made.show(format.value, why=why, full=full)
    if save or save_earlier:
        made.draw(save, save_earlier)
    if made.plan.refusal is not None:
        raise typer.Exit(NO_PLAN)


@app.command()
def care(
    regimen: Annotated[str, typer.Argument(help="The regimen, such as sacituzumab-govitecan.")],
    file: Annotated[
        str, typer.Argument(help="A patient as JSON or FHIR R4; `-` reads standard input.")
    ],
    as_of: AsOf = "",
    region: In = Region.US,
    anc: Annotated[
        str, typer.Option("--anc", help="Neutrophils for one dose, with unit: `1400 /mm3`.")
    ] = "",
    platelets: Annotated[
        str, typer.Option("--platelets", help="Platelets for one dose, with unit.")
    ] = "",
    for_day: Annotated[
        int | None, typer.Option("--for-day", help="The day of the cycle these values are for.")
    ] = None,
    event: Annotated[
        str, typer.Option("--event", help="What happened: `neutropenia grade 3, day 8`.")
    ] = "",
    dose: Annotated[
        str, typer.Option("--dose", help="The present dose: `7.5 mg/kg day 1 and 8 of 21`.")
    ] = "",
    weight: Annotated[str, typer.Option("--weight", help="Body weight: `70 kg`.")] = "",
    surface: Annotated[str, typer.Option("--surface", help="Body surface: `1.7 m2`.")] = "",
    round_to: Annotated[
        str, typer.Option("--round-to", help="Round down to full steps of so many mg.")
    ] = "",
    start: Annotated[str, typer.Option("--start", help="Day 1 of cycle 1, for a calendar.")] = "",
    cycles: Annotated[int, typer.Option("--cycles", help="How many cycles to draw.")] = 1,
    g_csf: Annotated[
        str, typer.Option("--g-csf", help="`yes`, or the id of a schedule, puts G-CSF on days.")
    ] = "",
    save: Annotated[
        str, typer.Option("--save", help="Draw the calendar into this .svg or .png file.")
    ] = "",
    ics: Annotated[str, typer.Option("--ics", help="Write the calendar as iCalendar.")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", help="Add or change a fact.")] = None,
    format: Annotated[str, typer.Option("--format", help="text or json")] = "text",
    edition: EditionPath = None,
) -> None:
    """Give a regimen safely: gates, doses, what to do when something happens, the calendar."""
    from consilium.cli.care import run  # noqa: PLC0415
    from consilium.planning.giving import CareOptions  # noqa: PLC0415

    values = {name: text for name, text in (("anc", anc), ("platelets", platelets)) if text}
    options = CareOptions(
        values=values,
        for_day=for_day,
        event=event,
        dose=dose,
        weight=weight,
        surface=surface,
        round_to=round_to,
        start=start,
        cycles=cycles,
        g_csf=g_csf,
    )
    run(
        read_input(file),
        file,
        regimen,
        edition_at(edition),
        day(as_of),
        region,
        options,
        tuple(set_ or ()),
        format=format,
        save=save,
        ics=ics,
    )


@app.command()
def examples(
    as_of: AsOf = "",
    region: Annotated[Region | None, typer.Option("--region")] = None,
    edition: EditionPath = None,
) -> None:
    """Plan the example patients that come with the edition."""
    from consilium.cli.planning import show_examples  # noqa: PLC0415

    show_examples(edition_at(edition), as_of, region)


@app.command()
def interview(
    as_of: AsOf = "",
    region: In = Region.US,
    edition: EditionPath = None,
    save: Annotated[
        str, typer.Option("--save", help="Write the answers to this file when done.")
    ] = "",
) -> None:
    """Ask only the questions that matter, in the order of what they change."""
    from consilium.cli.interview import interview as ask  # noqa: PLC0415

    ask(edition_at(edition), day(as_of), region, save)


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port.")] = 8000,
    data: Annotated[
        Path | None, typer.Option("--data", help="The folder for the database and the key.")
    ] = None,
    database: Annotated[
        str,
        typer.Option("--database", help="postgres://user:password@host:5432/name; else SQLite."),
    ] = "",
    workers: Annotated[int, typer.Option("--workers", min=1, help="How many processes.")] = 2,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Threads in each.")] = 4,
) -> None:
    """Serve the planner as a site, until stopped."""
    from consilium.web.serving import serve as serve_site  # noqa: PLC0415

    typer.echo(f"The planner is at http://{host}:{port}/ (Ctrl-C ends it).")
    serve_site(host=host, port=port, workers=workers, threads=threads, data=data, database=database)


DataFolder = Annotated[
    Path | None, typer.Option("--data", help="The folder for the database and the key.")
]
Database = Annotated[
    str, typer.Option("--database", help="postgres://user:password@host:5432/name; else SQLite.")
]


@app.command()
def demo(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port.")] = 8000,
    data: DataFolder = None,
) -> None:
    """Serve a site filled with invented learners, marked synthetic, to look around in."""
    from consilium.cli.site import demonstrate  # noqa: PLC0415

    demonstrate(host, port, data)


@app.command()
def audit(
    file: Annotated[
        Path | None, typer.Argument(help="An exported audit; else the one of the site.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="Write the audit to this file as well.")
    ] = None,
    data: DataFolder = None,
    database: Database = "",
) -> None:
    """Verify the audit of a site: every entry chained to the one before."""
    from consilium.cli.site import check_audit  # noqa: PLC0415

    check_audit(file, data, database, export)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to; it will hold what is personal.")],
    data: DataFolder = None,
    database: Database = "",
) -> None:
    """Keep all that people did on a site in one file, for SQLite and PostgreSQL."""
    from consilium.cli.site import keep  # noqa: PLC0415

    keep(file, data, database)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `consilium backup` wrote.")],
    data: DataFolder = None,
    database: Database = "",
) -> None:
    """Put a backup into an empty site, and verify its audit."""
    from consilium.cli.site import put_back  # noqa: PLC0415

    put_back(file, data, database)


@app.command()
def push(data: DataFolder = None, database: Database = "") -> None:
    """Send what learners allow to the learning record store in CONSILIUM_LRS_URL."""
    from consilium.cli.site import push_statements  # noqa: PLC0415

    push_statements(data, database)


@app.command()
def forget(data: DataFolder = None, database: Database = "") -> None:
    """Remove records of completions that have been kept as long as their scheme says."""
    from consilium.cli.site import forget as forget_records  # noqa: PLC0415

    forget_records(data, database)


KINDS = (
    "drug",
    "regimen",
    "trial",
    "result",
    "position",
    "approval",
    "care",
    "source",
    "fact",
    "speaker",
    "organisation",
    "activity",
    "not-verified",
    "case",
)


def _kind(word: str) -> str:
    name = word
    if word not in KINDS:
        name = f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")
    if name not in KINDS:
        raise UsageError(
            f"`{word}` is no kind of record.{nearest(word, KINDS)} Known: {', '.join(KINDS)}"
        )
    return name


@app.command()
def show(
    kind: Annotated[
        str,
        typer.Argument(
            help="drug, regimen, trial, result, position, approval, care, source, fact, activity"
        ),
    ],
    name: Annotated[str, typer.Argument(help="Its id.")],
    format: Annotated[str, typer.Option("--format", help="text or json")] = "text",
    save: Annotated[
        str,
        typer.Option("--save", help="Draw the results of a trial into this .svg or .png file."),
    ] = "",
    as_of: AsOf = "",
    edition: EditionPath = None,
) -> None:
    """Print one record with its sources; with `--save`, draw what was measured."""
    from consilium.cli.records import draw_record, show_record  # noqa: PLC0415

    if save:
        draw_record(edition_at(edition), _kind(kind), name, day(as_of), Path(save))
    else:
        show_record(edition_at(edition), _kind(kind), name, format)


@app.command()
def activity(
    name: Annotated[str, typer.Argument(help="Its id; `consilium list activities` has them.")],
    format: Annotated[
        str, typer.Option("--format", help="markdown, csl, ris, jsonld or jats")
    ] = "markdown",
    edition: EditionPath = None,
) -> None:
    """Print an educational activity to be read on its own, or its record for a library."""
    from consilium.cli.records import print_activity  # noqa: PLC0415

    print_activity(edition_at(edition), name, format)


@app.command("list")
def list_(
    kind: Annotated[
        str, typer.Argument(help="What to list; `not-verified` lists what is not shown as a fact.")
    ],
    edition: EditionPath = None,
) -> None:
    """List the records of a kind."""
    from consilium.cli.records import list_records  # noqa: PLC0415

    list_records(edition_at(edition), _kind(kind))


@app.command()
def facts(
    edition: EditionPath = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="The JSON Schema of a patient file.")
    ] = False,
) -> None:
    """What can be entered about a patient, with units and codes."""
    from consilium.cli.records import list_facts, patient_schema  # noqa: PLC0415

    if schema:
        patient_schema(edition_at(edition))
    else:
        list_facts(edition_at(edition))


@app.command()
def check(
    path: Annotated[
        Path | None, typer.Argument(help="A folder with an edition; the bundled one when left out.")
    ] = None,
    cases: Annotated[
        bool, typer.Option("--cases", help="Run the worked cases; say what none exercises.")
    ] = False,
    schemas: Annotated[
        Path | None,
        typer.Option("--schemas", help="Write the JSON Schema of every kind of file here."),
    ] = None,
) -> None:
    """Check an edition: every file, every problem, with its line."""
    from consilium.cli.checking import check_cases, check_edition, write_schemas  # noqa: PLC0415

    if schemas is not None:
        write_schemas(schemas)
        return
    if not check_edition(path) or (cases and not check_cases(path)):
        raise typer.Exit(PROBLEM)


@app.command(hidden=True)
def reference(
    folder: Annotated[Path, typer.Argument(help="Where to write the pages.")],
    edition: EditionPath = None,
) -> None:
    """Write the reference pages that are generated from the program and an edition."""
    from consilium.cli.reference import write_reference  # noqa: PLC0415

    write_reference(folder, edition_at(edition))


from consilium.cli.cohort import register as register_cohort  # noqa: E402  it uses the options above
from consilium.cli.exporting import register as register_exporting  # noqa: E402
from consilium.cli.hooks import register as register_hooks  # noqa: E402

register_asking(app)
register_comparing(app)
register_simulating(app)
register_survival(app)
register_proving(app)
register_cohort(app)
register_exporting(app)
register_hooks(app)
