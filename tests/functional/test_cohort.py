"""`consilium cohort`: the answers of `plan` for every row, whatever is killed, broken or missing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from tests.support.builders import the_edition
from tests.support.cohorts import as_planned, as_written, case_of
from typer.testing import CliRunner

from consilium.cli.commands import app
from consilium.clinical.patient import PatientCase
from consilium.intake import patient_from_mapping
from consilium.intake.fhir.bulk import Block
from consilium.knowledge.records import Region
from consilium.planning import plan
from consilium.planning.known import Contradiction
from consilium.population import inputs
from consilium.population.counting import hidden
from consilium.population.engine import Engine
from consilium.population.synthetic import synthetic_blocks

DAY = date(2026, 11, 20)


def cohort(*words: str | Path) -> str:
    result = CliRunner().invoke(app, ["cohort", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def read_back(folder: Path) -> pl.DataFrame:
    return pl.concat(pl.read_parquet(f) for f in sorted(folder.glob("patients-*.parquet")))


# --- the same answers as `plan` -----------------------------------------------------------------


def differences(cases: list[PatientCase], *, as_of: date, region: Region) -> list[str]:
    engine = Engine(the_edition(), as_of, region)
    nothing = np.full(len(cases), -1)
    read = Block(len(cases), {}, {}, [], nothing, nothing, [], dict(enumerate(cases)))
    planned = engine.records([read])
    at = {int(row): place for place, row in enumerate(planned.rows)}
    found = []
    for row, case in enumerate(cases):
        try:
            wanted = as_planned(plan(case, the_edition(), as_of=as_of, region=region))
        except Contradiction:
            if row not in planned.problems:
                found.append(f"{row}: planned, and cannot be")
            continue
        if row in planned.problems:
            found.append(f"{row}: {planned.problems[row]}")
            continue
        place = at[row]
        said = as_written(
            planned.sheets[planned.sheet_of[place]], planned.gaps[planned.gaps_of[place]]
        )
        if said != wanted:
            found += [
                f"{row} {k}: {said.get(k)} is not {wanted[k]}"
                for k in wanted
                if said.get(k) != wanted[k]
            ]
    return found


def a_random_case(rng: random.Random) -> PatientCase:
    """Anything that can be entered, with values near the cut-offs, often contradictory."""
    edition = the_edition()
    near = {
        "bilirubin": 5,
        "pd_l1_cps": 30,
        "anc": 3000,
        "er_percent": 15,
        "line": 4,
        "prior_lines": 3,
    }
    listed = rng.random() < 0.5
    said: dict[str, object] = {"primary_cancer": "breast", "setting": "advanced"}
    for fact in edition.contents.facts:
        share = {"entered": 0.45, "defined": 0.08, "derived": 0 if listed else 0.12}[fact.origin]
        if fact.id in said or rng.random() > share:
            continue
        match fact.kind:
            case "choice":
                said[fact.id] = rng.choice([*fact.values, "not-tested", "unknown"])
            case "number":
                number = rng.uniform(fact.low, min(fact.high, near.get(fact.id, fact.high)))
                number = round(number) if fact.whole == "yes" or rng.random() < 0.7 else number
                said[fact.id] = (
                    {"value": round(number, 1), "unit": fact.unit}
                    if fact.unit
                    else round(number, 1)
                )
            case "members":
                members = list(fact.values) or ["endocrine-therapy", "chemotherapy", "taxane"]
                if fact.vocabulary == "drugs":
                    members = ["sacituzumab-govitecan", "trastuzumab-deruxtecan", "paclitaxel"]
                has = rng.sample(members, rng.randint(0, min(2, len(members))))
                said[fact.id] = {"has": has, "complete": rng.choice(["yes", "no"])}
    if listed:
        drugs = [
            "sacituzumab-govitecan",
            "trastuzumab-deruxtecan",
            "paclitaxel",
            "letrozole",
            "pembrolizumab",
        ]
        said["prior_therapies"] = [
            {
                "drugs": rng.sample(drugs, rng.randint(1, 2)),
                "setting": rng.choice(["adjuvant", "advanced", "neoadjuvant"]),
                "stopped_for": rng.choice(["progression", "toxicity", "unknown"]),
            }
            for _ in range(rng.randint(0, 3))
        ]
        said["prior_therapies_complete"] = rng.choice(["yes", "no"])
    return patient_from_mapping(said, edition)


def test_random_patients_are_planned_as_by_plan() -> None:
    rng = random.Random(7)
    cases = [a_random_case(rng) for _ in range(60)]
    assert differences(cases, as_of=DAY, region=Region.US) == []


@pytest.mark.slow
def test_many_random_patients_are_planned_as_by_plan() -> None:
    rng = random.Random(20)
    for day, region in ((DAY, Region.US), (date(2026, 1, 12), Region.EU)):
        cases = [a_random_case(rng) for _ in range(300)]
        assert differences(cases, as_of=day, region=region) == []


def test_worked_cases_are_planned_as_by_plan() -> None:
    edition = the_edition()
    today = [c for c in edition.cases() if c.as_of.last == DAY and c.region is Region.US]
    cases = []
    for case in today[:80]:
        try:
            cases.append(patient_from_mapping(case.patient, edition))
        except Exception:
            continue
    assert len(cases) > 30
    assert differences(cases, as_of=DAY, region=Region.US) == []


def test_rows_of_a_table_are_planned_as_by_plan() -> None:
    edition = the_edition()
    frame = next(synthetic_blocks(60, seed=3))
    engine = Engine(edition, DAY, Region.US)
    planned = engine.frame(frame)
    assert not planned.problems
    for row, said in enumerate(frame.drop("patient").iter_rows(named=True)):
        wanted = as_planned(plan(case_of(said), edition, as_of=DAY))
        sheet = planned.sheets[planned.sheet_of[row]]
        assert as_written(sheet, planned.gaps[planned.gaps_of[row]]) == wanted, said


# --- a run -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("registry") / "registry.parquet"
    result = CliRunner().invoke(app, ["synthesize", "600", "--out", str(path), "--seed", "5"])
    assert "Invented patients" in result.output
    return path


def test_every_patient_once_and_a_report(registry: Path, tmp_path: Path) -> None:
    cohort(
        registry,
        "--out",
        tmp_path,
        "--as-of",
        "2026-11-20",
        "--chunk",
        "250",
        "--compare-as-of",
        "2026-01-12",
    )
    found = read_back(tmp_path)
    assert sorted(found["patient"]) == sorted(pl.read_parquet(registry)["patient"])
    report = (tmp_path / "report.md").read_text()
    for heading in ("Who gets what", "Who lacks which fact", "Who would change", "Trials"):
        assert f"## {heading}" in report
    assert "shared the computation" in report
    assert "<svg" in (tmp_path / "figure-options.svg").read_text()


def test_a_run_goes_on_where_it_was_left(registry: Path, tmp_path: Path) -> None:
    words = (registry, "--out", tmp_path, "--as-of", "2026-11-20", "--chunk", "200")
    cohort(*words)
    kept = (tmp_path / "patients-000000.parquet").stat().st_mtime_ns
    whole = read_back(tmp_path)
    report = (tmp_path / "report.md").read_text()
    (tmp_path / "summary-000001.json").unlink()  # killed before the chunk was told finished
    (tmp_path / ".patients-000002.parquet.99").write_bytes(b"half")
    cohort(*words)
    assert (tmp_path / "patients-000000.parquet").stat().st_mtime_ns == kept
    assert read_back(tmp_path).equals(whole)
    assert not (tmp_path / ".patients-000002.parquet.99").exists()
    assert (tmp_path / "report.md").read_text().split("shared")[1] == report.split("shared")[1]


def test_another_run_is_not_mixed_into_a_folder(registry: Path, tmp_path: Path) -> None:
    cohort(registry, "--out", tmp_path, "--as-of", "2026-11-20")
    words = ["cohort", str(registry), "--out", str(tmp_path), "--as-of", "2026-01-12"]
    refused = CliRunner().invoke(app, words)
    assert "another run (different: as_of)" in str(refused.exception)
    assert CliRunner().invoke(app, [*words, "--restart"]).exit_code == 0


@pytest.mark.slow
def test_killed_at_random_every_patient_comes_once(registry: Path, tmp_path: Path) -> None:
    rng = random.Random(1)
    command = [
        sys.executable,
        "-m",
        "consilium.cli",
        "cohort",
        str(registry),
        "--out",
        str(tmp_path),
    ]
    command += ["--as-of", "2026-11-20", "--chunk", "20"]
    for _ in range(50):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.2, 2.2))
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    cohort(*command[4:])
    found = read_back(tmp_path)
    assert sorted(found["patient"]) == sorted(pl.read_parquet(registry)["patient"])
    assert not [p for p in tmp_path.glob(".*") if p.is_file()]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads the children from /proc")
def test_a_run_that_is_killed_leaves_no_helper_behind(registry: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "consilium.cli", "cohort", str(registry), "--out"]
    running = subprocess.Popen(
        [*command, str(tmp_path), "--as-of", "2026-11-20", "--chunk", "1", "--jobs", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    helpers: list[str] = []
    while len(helpers) < 3:  # two that plan, and one that keeps track of them
        assert running.poll() is None, "it ended before it could be killed"
        helpers = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    end = time.monotonic() + 60
    while left := [one for one in helpers if Path(f"/proc/{one}").exists()]:
        assert time.monotonic() < end, f"still running: {left}"
        time.sleep(0.1)


def test_bad_rows_are_set_aside_with_the_reason(tmp_path: Path) -> None:
    table = tmp_path / "registry.csv"
    table.write_text(
        "patient,primary_cancer,setting,er_percent,her2_ihc,prior_lines,prior_lines_note,prior_drugs\n"
        "good,breast,advanced,0,1+,0,x,none\n"
        "score,breast,advanced,0,4+,0,x,none\n"
        "share,breast,advanced,140,1+,0,x,none\n"
        "words,breast,advanced,0,1+,zero,x,none\n"
        "early,breast,early,0,1+,2,x,none\n"
        "drug,breast,advanced,0,1+,1,x,paclitaxel;aspirine\n"
        "unit,breast,advanced,0 %,1+,0,x,\n"
    )
    out = tmp_path / "out"
    cohort(table, "--out", out, "--as-of", "2026-11-20", "--format", "csv")
    good = pl.read_csv(out / "patients-000000.csv")
    assert good["patient"].to_list() == ["good", "unit"]
    aside = dict(pl.read_csv(out / "set-aside-000000.csv").iter_rows())
    assert aside.keys() == {"score", "share", "words", "early", "drug"}
    assert "4+" in aside["score"]
    assert "early disease cannot follow a line" in aside["early"]
    assert "prior_lines_note" in (out / "report.md").read_text()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", "name,colour\nx,red\n", "no column bears the name of a fact"),
        ("a.parquet", "not parquet", "cannot be read as a table"),
        ("a.txt", "x", "no kind that is read"),
        ("a.csv", "prior_therapies,line\n[],1\n", "counted from the first"),
        ("a.csv", "prior_drugs,prior_drugs:paclitaxel\n,yes\n", "leave one of them out"),
    ],
)
def test_what_is_no_table_of_patients_is_refused_in_words(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    words = ["cohort", str(tmp_path / name), "--out", str(tmp_path / "out")]
    assert says in str(CliRunner().invoke(app, words).exception)


# --- records ------------------------------------------------------------------------------------


def a_record(name: str, *, her2: str = "LA11841-6") -> list[dict[str, object]]:
    subject = {"reference": f"Patient/{name}"}
    loinc, sct = "http://loinc.org", "http://snomed.info/sct"
    return [
        {"resourceType": "Patient", "id": name, "gender": "female", "birthDate": "1970-02-03"},
        {
            "resourceType": "Condition",
            "id": f"{name}-c",
            "subject": subject,
            "code": {"coding": [{"system": sct, "code": "254837009"}]},
        },
        {
            "resourceType": "Condition",
            "id": f"{name}-m",
            "subject": subject,
            "code": {"coding": [{"system": sct, "code": "94222008"}]},
        },
        {
            "resourceType": "Observation",
            "id": f"{name}-h",
            "status": "final",
            "subject": subject,
            "effectiveDateTime": "2026-01-01",
            "code": {"coding": [{"system": loinc, "code": "85319-2"}]},
            "valueCodeableConcept": {"coding": [{"system": loinc, "code": her2}]},
        },
    ]


def test_a_folder_of_resources_is_dealt_out_by_patient(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    people = {f"p{n}": a_record(f"p{n}") for n in range(7)}
    by_kind: dict[str, list[bytes]] = {}
    for resources in people.values():
        for resource in resources:
            kind = str(resource["resourceType"])
            by_kind.setdefault(kind, []).append(msgspec.json.encode(resource))
    by_kind["Observation"].insert(2, b'{"resourceType": "Observation", "broken')
    for kind, lines in by_kind.items():
        # as some exporters write it: a mark at the start, and other ends of lines
        mark, ends = (b"\xef\xbb\xbf", b"\r\n\r\n") if kind == "Patient" else (b"", b"\n")
        (folder / f"{kind}.ndjson").write_bytes(mark + ends.join(lines) + ends)
    out = tmp_path / "out"
    cohort(folder, "--out", out, "--as-of", "2026-11-20")
    assert sorted(read_back(out)["patient"]) == sorted(people)
    aside = (out / "set-aside-lines.csv").read_text()
    assert "Observation.ndjson:3" in aside
    assert "Patient" not in aside
    assert not (out / "dealt").exists()


def test_bundles_one_a_line(tmp_path: Path) -> None:
    lines = []
    for n in range(3):
        entries = [{"resource": resource} for resource in a_record(f"p{n}")]
        lines.append(
            msgspec.json.encode({"resourceType": "Bundle", "type": "collection", "entry": entries})
        )
    lines.insert(1, b'{"resourceType": "Bundle", "entry": 7}')
    (tmp_path / "all.ndjson").write_bytes(b"\n".join(lines))
    cohort(tmp_path / "all.ndjson", "--out", tmp_path / "out", "--as-of", "2026-11-20")
    assert read_back(tmp_path / "out")["patient"].to_list() == [
        f"all.ndjson:{n}" for n in (1, 3, 4)
    ]
    assert "all.ndjson:2" in (tmp_path / "out" / "set-aside-000000.csv").read_text()


def test_long_records_make_short_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "all.ndjson"
    path.write_bytes(b"{}\n" * 10)
    monkeypatch.setattr(inputs, "CHUNK_BYTES", 6)
    chunks = list(inputs.Lines([path]).chunks(100, frozenset()))
    assert [len(chunk.keys) for chunk in chunks] == [3, 3, 3, 1]
    left = inputs.Lines([path]).chunks(100, frozenset({0, 2}))
    assert [chunk.number for chunk in left] == [1, 3]


def test_small_cells_are_hidden_and_cannot_be_told_from_the_rest() -> None:
    assert hidden({"a": 40, "b": 3, "c": 9, "d": 0}) == {"a": 40, "b": None, "c": None, "d": 0}
    assert hidden({"a": 2, "b": 1, "c": 9}) == {"a": None, "b": None, "c": 9}


def test_a_table_of_a_database(registry: Path, tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "registry.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE people AS SELECT * FROM '{registry}'")
    words = (path, "--table", "people", "--as-of", "2026-11-20", "--chunk", "250")
    cohort(*words, "--out", tmp_path / "a")
    cohort(registry, "--out", tmp_path / "b", "--as-of", "2026-11-20", "--chunk", "250")
    assert read_back(tmp_path / "a").equals(read_back(tmp_path / "b"))
    refused = CliRunner().invoke(app, ["cohort", str(path), "--out", str(tmp_path / "c")])
    assert "--table" in str(refused.exception)


# --- a patient who is named twice -----------------------------------------------------------------


def named_twice(*, chunks: int) -> pl.DataFrame:
    size = chunks * 5
    names = [f"p{n}" for n in range(size)]
    names[size - 1] = names[0]  # in another chunk
    names[1] = names[2]  # in the same one
    table = {"patient": names, "line": [1, 2, *([1] * (size - 2))]}
    return pl.DataFrame(table).with_columns(primary_cancer=pl.lit("breast"))


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_patient_who_is_named_twice_counts_once(tmp_path: Path, jobs: int) -> None:
    named_twice(chunks=4).write_parquet(tmp_path / "in.parquet")
    words = (tmp_path / "in.parquet", "--out", tmp_path / "out", "--chunk", "5", "--jobs", jobs)
    cohort(*words)
    whole = read_back(tmp_path / "out")
    assert whole["patient"].n_unique() == whole.height == 18
    aside = pl.concat(pl.read_csv(f) for f in sorted((tmp_path / "out").glob("set-aside-*")))
    assert sorted(aside["patient"]) == ["p0", "p2"]
    assert all("more than once" in reason for reason in aside["reason"])
    # a run that goes on after a kill knows who was named before
    for name in ("summary-000003.json", "patients-000003.parquet", "set-aside-000003.csv"):
        (tmp_path / "out" / name).unlink()
    cohort(*words)
    assert read_back(tmp_path / "out").equals(whole)


def test_a_record_that_comes_twice_counts_once(tmp_path: Path) -> None:
    def bundle(name: str, gender: str) -> str:
        patient = {"resourceType": "Patient", "id": name, "gender": gender}
        cancer = {
            "resourceType": "Condition",
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "254837009"}]},
        }
        entries = [{"resource": patient}, {"resource": cancer}]
        return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})

    for file, names in (("a.ndjson", "ab"), ("b.ndjson", "ca")):
        lines = [bundle(name, "female") for name in names]
        (tmp_path / file).write_text("\n".join(lines) + "\n")
    source = tmp_path
    cohort(source, "--out", tmp_path / "out")
    assert read_back(tmp_path / "out").height == 3
    aside = pl.read_csv(tmp_path / "out" / "set-aside-000000.csv")
    assert aside["patient"].to_list() == ["b.ndjson:2"]
