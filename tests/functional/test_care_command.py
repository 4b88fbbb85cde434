"""`consilium care` as a person types it."""

import json

import pytest
from tests.support.command_line import run
from tests.support.rfc5545 import read

PATIENT = json.dumps(
    {
        "setting": "advanced",
        "age": 70,
        "weight": {"value": 72.5, "unit": "kg"},
        "anc": {"value": 3000, "unit": "/mm3"},
    }
).encode()
SG = ("care", "sacituzumab-govitecan", "-", "--as-of", "2026-11-20")


def test_the_gate_of_day_8_from_the_file_to_the_terminal():
    found = run(*SG, "--anc", "1400 /mm3", "--for-day", "8", given=PATIENT)
    assert found.code == 0
    said = " ".join(found.out.split())
    assert "day 8: OPEN as far as this goes" in said
    assert "day 1: ASKS" in said
    assert "neutrophils on record: 3000 /mm3" in said and "opens no gate" in said
    for title in ("Before you start", "Each cycle", "If it happens", "Stop for good"):
        assert title in found.out
    assert "Watch for" in found.out and "Tell the patient" in found.out


def test_what_to_do_now_and_the_next_dose():
    event = "neutropenia grade 3, day 8, ANC 900/mm3, prolonged"
    found = run(*SG, "--event", event, "--dose", "10 mg/kg", given=PATIENT)
    said = " ".join(found.out.split())
    assert "now: hold the dose until dose of day 8 and neutrophils 1000 /mm3 or more" in said
    assert "one level down: 7.5 mg/kg; not raised again" in said
    assert "10 mg/kg x 72.5 kg: 725 mg" in said


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--anc", "1400 /mm3"), "add `--for-day 8`"),
        (("--anc", "1.4", "--for-day", "8"), "could mean two things"),
        (("--dose", "5.4 mg/kg day 1 of 21"), "trastuzumab deruxtecan"),
        (("--event", "feeling poorly"), "was not understood"),
        (("--ics", "x.ics"), "needs `--start"),
        (("--g-csf", "yes"), "add `--start"),
        (("--start", "2027-02-29"), "is no date"),
        (("--start", "9999-12-20"), "no calendar goes on from"),
        (("--start", "2026-12-01", "--ics", "/no/such/folder/x.ics"), "cannot be written"),
        (("--weight", "160"), "needs its unit: 70 kg, or 154 lb"),
        (("--weight", "72,5 kg"), "a comma in the number"),
        (("--weight", "725 kg"), "lies outside 0 to 400"),
        (("--anc", "1,400 /mm3", "--for-day", "8"), "a comma in the number"),
        (("--anc", "1400 /mm3", "--for-day", "15"), "day 15 has no dose"),
        (("--event", "neutropenia grade 3, day 30"), "no day 30 in a cycle of 21 days"),
    ],
)
def test_what_cannot_be_answered_safely_says_why(arguments, why):
    found = run(*SG, *arguments, given=PATIENT)
    assert found.code == 1
    assert why in found.err and "Traceback" not in found.err


def test_an_unknown_regimen_offers_the_nearest():
    found = run("care", "sacituzumab-govitecam", "-", given=PATIENT)
    assert found.code == 1 and "Did you mean `sacituzumab-govitecan`?" in found.err


def test_the_calendar_as_table_picture_and_file(tmp_path):
    svg, ics = tmp_path / "care.svg", tmp_path / "care.ics"
    days = ("--start", "2026-12-01", "--cycles", "3", "--g-csf", "yes")
    found = run(*SG, *days, "--save", str(svg), "--ics", str(ics), given=PATIENT)
    assert found.code == 0 and "2026-12-08" in found.out
    assert "<svg" in svg.read_text()
    events = read(ics.read_bytes())
    assert sum(event.summary.startswith("Dose") for event in events) == 6
    assert b"72.5" not in ics.read_bytes() and b"3000" not in ics.read_bytes()


def test_json_holds_the_whole_sheet():
    found = run(*SG, "--format", "json", "--event", "ILD grade 2", given=PATIENT)
    sheet = json.loads(found.out)
    assert sheet["schema"] == "consilium-care/1"
    assert sheet["events"][0]["do"] == "none-read"
    assert [part["id"] for part in sheet["parts"]] == [
        "before",
        "each-cycle",
        "watch",
        "happens",
        "stop",
        "tell",
        "silent",
    ]


def test_pounds_are_computed_exactly():
    found = run(*SG, "--weight", "160 lb", given=PATIENT)
    assert "10 mg/kg x 72.5747792 kg: 725.747792 mg" in " ".join(found.out.split())


@pytest.mark.parametrize("name", ["Trodelvy", "SG", "Sacituzumab Govitecan", "IMMU-132"])
def test_a_brand_or_a_short_name_of_one_drug_is_understood(name):
    found = run("care", name, "-", given=PATIENT)
    assert found.code == 0 and "Giving sacituzumab govitecan" in found.out


@pytest.mark.parametrize("name", ["sacituzumab", "deruxtecan"])
def test_a_name_that_two_drugs_share_is_refused_with_all_of_them(name):
    found = run("care", name, "-", given=PATIENT)
    assert found.code == 1 and "are not the same" in found.err
    assert found.err.count(name) >= 3


def test_no_milligrams_are_shown_to_give_where_the_treatment_has_ended():
    found = run(*SG, "--event", "infusion reaction grade 4", given=PATIENT)
    said = " ".join(found.out.split())
    assert "end this drug for good" in said and "NO MILLIGRAMS. permanently discontinued" in said
    assert "725 mg" not in said


@pytest.mark.parametrize(
    ("regimen", "arguments", "why"),
    [
        ("sacituzumab-govitecan", ("--event", "diarrhoea grade 3"), "waits for what was not told"),
        ("sacituzumab-govitecan", ("--event", "stomatitis grade 3"), "no rule was read for it"),
        (
            "trastuzumab-deruxtecan",
            ("--event", "LVEF fall, LVEF 39 %, fall 5 points, repeat confirmed"),
            "NO MILLIGRAMS. permanently discontinued",
        ),
    ],
)
def test_a_dose_is_not_simply_given_on_after_an_event(regimen, arguments, why):
    found = run("care", regimen, "-", *arguments, given=PATIENT)
    assert why in " ".join(found.out.split())


def test_no_milligrams_against_a_contraindication():
    given = b'{"severe_hypersensitivity": ["sacituzumab-govitecan"], "weight": "70 kg"}'
    said = " ".join(run(*SG, given=given).out.split())
    assert "NO MILLIGRAMS. not after a severe hypersensitivity reaction" in said
    assert "700 mg" not in said


def test_a_held_dose_says_so_and_the_lower_one_is_computed():
    found = run(*SG, "--event", "febrile neutropenia day 15", given=PATIENT)
    said = " ".join(found.out.split())
    assert "day 15 has no dose; the next one is that of day 1 of the next cycle" in said
    assert "725 mg on days 1 and 8 of 21 days (10 mg/kg). NOT NOW: held" in said
    assert "543.75 mg on days 1 and 8 of 21 days (7.5 mg/kg)" in said
    held = " ".join(run(*SG, "--anc", "900 /mm3", "--for-day", "8", given=PATIENT).out.split())
    assert "NOT NOW: day 8 is held" in held


@pytest.mark.parametrize(("day", "before"), [("2025-06-01", True), ("2026-11-20", False)])
def test_the_day_of_the_2025_wording_is_not_known_and_that_is_said(day, before):
    asked = ("care", "sacituzumab-govitecan", "-", "--as-of", day)
    found = run(*asked, "--event", "febrile neutropenia, temperature 38.6 C", given=PATIENT)
    said = " ".join(found.out.split())
    assert ("25 % less" in said) is before
    assert "dated to 2025 and to no day" in said or "to 2025 and to no day" in said
