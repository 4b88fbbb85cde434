"""`consilium cohort` and `consilium synthesize`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consilium.cli.commands import AsOf, EditionPath, In, UsageError, day, edition_at
from consilium.errors import ConsiliumError
from consilium.knowledge.records import Region


def register(app: typer.Typer) -> None:
    """Add the commands for tables of patients."""
    app.command()(cohort)
    app.command()(synthesize)


def cohort(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A Parquet, CSV or NDJSON file, a folder of FHIR NDJSON, of Parquet or of OMOP "
            "tables, a DuckDB file, or the address of a PostgreSQL database.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="The folder to write into.")] = Path("cohort"),
    as_of: AsOf = "",
    region: In = Region.US,
    format: Annotated[str, typer.Option("--format", help="parquet or csv")] = "parquet",
    compare_as_of: Annotated[
        str, typer.Option("--compare-as-of", help="Who would change since this day.")
    ] = "",
    compare_edition: Annotated[
        Path | None, typer.Option("--compare-edition", help="Who would change since this edition.")
    ] = None,
    table: Annotated[str, typer.Option("--table", help="The table of a database.")] = "",
    key: Annotated[str, typer.Option("--key", help="The column that names the patient.")] = "",
    chunk: Annotated[int, typer.Option("--chunk", help="Patients at a time.", min=1)] = 20_000,
    jobs: Annotated[int, typer.Option("--jobs", help="Processes at work.", min=1)] = 1,
    restart: Annotated[
        bool, typer.Option("--restart", help="Forget what the folder holds of an earlier run.")
    ] = False,
    engine: Annotated[
        str,
        typer.Option(
            "--engine", help="Only the answers to all statements, by duckdb, polars or spark."
        ),
    ] = "",
    master: Annotated[
        str,
        typer.Option(
            "--master", help="Where `--engine spark` runs: `local[2]`, `yarn`, `spark://host:7077`."
        ),
    ] = "local[2]",
    print_sql: Annotated[
        str,
        typer.Option("--print-sql", help="Print the statements as SQL in this dialect, and stop."),
    ] = "",
    edition: EditionPath = None,
) -> None:
    """Plan every patient of a registry: options, gaps, cautions, and a report."""
    from consilium.population.counting import write_report  # noqa: PLC0415
    from consilium.population.opening import opened  # noqa: PLC0415
    from consilium.population.running import Settings, run, start, total  # noqa: PLC0415

    if format not in ("parquet", "csv"):
        raise UsageError(f"`--format {format}` is none of parquet and csv")
    loaded = edition_at(edition)
    other = edition_at(compare_edition) if compare_edition else None
    if compare_as_of:
        day(compare_as_of)
    if engine or print_sql:
        from consilium.cli.engines import answer_by, show_sql  # noqa: PLC0415

        about = (loaded, day(as_of), region)
        if print_sql:
            show_sql(source, key, print_sql, *about)
        else:
            answer_by(engine, source, key, out, master, *about)
        return
    found = opened(source, table=table, key=key, work=out / "dealt")
    settings = Settings(
        input=found.name,
        fingerprint=found.source.fingerprint,
        edition=loaded.info.edition,
        edition_hash=loaded.hash,
        as_of=day(as_of).isoformat(),
        region=region.value,
        chunk=chunk,
        format=format,
        compare_as_of=compare_as_of,
        compare_edition=other.info.edition if other else "",
        compare_hash=other.hash if other else "",
        unread=found.unread(loaded),
    )
    try:
        done = start(out, settings, restart=restart)
    except OSError as problem:
        raise UsageError(f"cannot write to `{out}`: {problem.strerror}") from None
    _progress(
        run(found.source, out, settings, loaded, other, done, jobs=jobs), found.source.total()
    )
    summary = total(out)
    found.finish(out, summary)
    write_report(out, summary, settings, loaded)
    typer.echo(
        f"{summary.patients} patients, {summary.planned} planned, "
        f"{sum(summary.aside.values())} set aside; read {out / 'report.md'}"
    )


def _progress(finished: object, total: int | None) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn("patients"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("patients", total=total)
        for number in finished:  # type: ignore[attr-defined]
            progress.advance(task, number)


def synthesize(
    size: Annotated[int, typer.Argument(metavar="N", help="How many patients.", min=1)],
    out: Annotated[Path, typer.Option("--out", help="A `.parquet` or `.csv` file.")] = Path(
        "synthetic.parquet"
    ),
    seed: Annotated[int, typer.Option("--seed", help="The same seed, the same patients.")] = 1,
) -> None:
    """Write an invented registry, for demonstrations and measurements."""
    from consilium.population.synthetic import SAYS, write_synthetic  # noqa: PLC0415

    try:
        write_synthetic(out, size, seed)
    except OSError as problem:
        raise UsageError(f"cannot write `{out}`: {problem.strerror}") from None
    except ValueError as problem:
        raise ConsiliumError(str(problem)) from None
    typer.echo(f"{out}: {size} patients. {SAYS}")
