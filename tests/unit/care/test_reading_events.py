"""A line of words about one event: understood whole, or refused with the word that was not."""

import pytest

from consilium.care.bedside import DoseValues, read_told, read_values, settled
from consilium.care.statements import CareError
from consilium.knowledge.edition import Edition
from consilium.planning.giving import read_amount

EDITION = Edition.bundled()


def read(text):
    return read_told(text, EDITION, read_amount)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            "neutropenia grade 3, day 8, ANC 900/mm3",
            {"event": "neutropenia", "grade": 3, "day": 8, "anc": 900},
        ),
        ("neutropenia grade 3; ANC 0.9 x10^9/L", {"anc": 900}),
        (
            "FN, ANC 700 /mm3, temperature 38.6 C",
            {"event": "febrile-neutropenia", "temperature": 38.6},
        ),
        (
            "pneumonitis G2, suspected",
            {"event": "interstitial-lung-disease", "grade": 2, "certainty": "suspected"},
        ),
        ("ILD grade 1, resolved after 4 weeks", {"resolved_after_days": 28}),
        ("diarrhea grade 3, uncontrolled", {"event": "diarrhoea", "controlled": "no"}),
        (
            "neutropenia grade 4, lasting 1 weeks, second occurrence",
            {"lasting_days": 7, "occurrence": 2},
        ),
        ("LVEF fall, LVEF 42 %, fall 12 points", {"lvef": 42, "lvef_fall": 12}),
        ("anaemia, hb 75 g/L", {"haemoglobin": 7.5}),
        ("grade 3 neutropenia", {"event": "neutropenia", "grade": 3}),
        ("febrile neutropenia day 8", {"event": "febrile-neutropenia", "day": 8}),
        (
            "neutropenia grade 3 day 8 ANC 0.9 x10^9/L not prolonged",
            {"event": "neutropenia", "grade": 3, "day": 8, "anc": 900, "prolonged": "no"},
        ),
    ],
)
def test_a_line_is_read_whole(text, facts):
    told = read(text)
    for name, value in facts.items():
        found = told.word(name) if isinstance(value, str) else told.number(name)
        assert found == pytest.approx(value) if not isinstance(value, str) else found == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("grade 3, day 8", "names no event"),
        ("neutropenia grade 3, feeling poorly", "was not understood"),
        ("neutropenia grade 5", "grade 5 is death"),
        ("neutropenia grade", "a number from 1 to 4"),
        ("neutropenia grade 3 day 8 feeling poorly", "`feeling poorly` was not understood"),
        ("neutropenia grade 3 day 8 ANC 900", "has no unit"),
        ("neutropenia, ANC 1,200/mm3", "has a comma in the number"),
        ("LVEF 38, fall 22", "begin with it: left ventricular dysfunction, LVEF 38, fall 22"),
        ("sepsis", "Events known here"),
        ("neutropenia grade 3, ANC 900", "has no unit"),
        ("neutropenia grade 3, ANC 45 %", "is not read here"),
        ("neutropenia grade 3, grade 4", "contradicts what was said"),
        ("neutropenia grade 4, ANC 900/mm3", "contradicts itself"),
        ("thrombocytopenia grade 3, platelets 20 x10^9/L", "contradicts itself"),
        ("neutropenai grade 3", "Did you mean `neutropenia`?"),
    ],
)
def test_what_is_not_understood_is_refused(text, why):
    with pytest.raises(CareError, match=why.replace("?", r"\?")):
        read(text)


def test_values_are_kept_for_their_day_and_only_laboratory_values_are_taken():
    values = read_values({"anc": "1.4 x10^9/L"}, 8, EDITION, read_amount)
    assert values == DoseValues(8, {"anc": settled(1400.0)})
    with pytest.raises(CareError, match="no value for a dose"):
        read_values({"grade": "3"}, 8, EDITION, read_amount)
