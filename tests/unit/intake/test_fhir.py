"""What each code of a FHIR record is read as, and what it is never read as."""

import json

import pytest
from tests.unit.intake.an_edition import an_edition

from consilium.clinical.dates import Day
from consilium.clinical.patient import PatientError, Status
from consilium.intake import read_patient

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HGNC = "http://www.genenames.org"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
INTENT = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-procedure-intent"

POSITIVE, NEGATIVE, EQUIVOCAL = "10828004", "260385009", "42425007"


def coded(system, code, **more):
    return {"coding": [{"system": system, "code": code, **more}]}


def observation(code, name="o", *, system=LOINC, **body):
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": code if isinstance(code, dict) else coded(system, code),
        **body,
    }


def condition(system, code, name="c", *, display="", **body):
    return {
        "resourceType": "Condition",
        "id": name,
        "code": coded(system, code, display=display),
        **body,
    }


def read(*resources, **more):
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}
    return read_patient(json.dumps(bundle).encode(), an_edition(), **more)


def facts(case):
    return {
        name: one.value if one.status is Status.KNOWN else one.status
        for name, one in case.entered.items()
    }


def text(words):
    return {"valueCodeableConcept": {"text": words}}


def quantity(value, unit, **more):
    return {"valueQuantity": {"value": value, "unit": unit, "code": unit, **more}}


def answer(code, system=SNOMED, **more):
    return {"valueCodeableConcept": coded(system, code, **more)}


def absent(code):
    return {"dataAbsentReason": coded(ABSENT, code)}


# --- receptors, laboratory values, performance status -------------------------------------


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("85337-4", answer(POSITIVE), {"er_status": "positive"}),
        ("16112-5", answer("LA6577-6", LOINC), {"er_status": "negative"}),
        ("40557-1", answer(EQUIVOCAL), {"pr_status": Status.EQUIVOCAL}),
        ("85337-4", text("Positive (95%)"), {"er_percent": 95}),
        ("85337-4", {"valueString": "not detected"}, {"er_status": "negative"}),
        ("85337-4", quantity(95, "%"), {"er_percent": 95}),
        ("85329-1", quantity(0, "%"), {"er_percent": 0}),
        ("14228-1", quantity(90, "%"), {"er_percent": 90}),
        ("85325-9", quantity(1, "%", comparator="<"), {"pr_status": "negative"}),
        ("85325-9", quantity(90, "%", comparator=">"), {"pr_status": "positive"}),
        ("85337-4", absent("not-performed"), {"er_status": Status.NOT_TESTED}),
        ("85337-4", absent("unknown"), {"er_status": Status.UNKNOWN}),
        ("85337-4", answer("unknown", ABSENT), {"er_status": Status.UNKNOWN}),
        # A verdict on HER2 is no score, and a score no verdict.
        ("85319-2", answer(NEGATIVE), {"her2_status": "negative"}),
        ("48676-1", answer(POSITIVE), {"her2_status": "positive"}),
        ("18474-7", answer(EQUIVOCAL), {"her2_ihc": Status.EQUIVOCAL}),
        ("85319-2", answer("LA6111-4", LOINC), {"her2_ihc": "0"}),
        ("85319-2", answer("LA11841-6", LOINC), {"her2_ihc": "1+"}),
        ("85319-2", answer("LA11842-4", LOINC), {"her2_ihc": "2+"}),
        ("85319-2", answer("LA11843-2", LOINC), {"her2_ihc": "3+"}),
        ("85319-2", text("HER2 negative (1+)"), {"her2_ihc": "1+"}),
        ("85319-2", {"valueString": "Score 0"}, {"her2_ihc": "0"}),
        ("85319-2", {"valueInteger": 2}, {"her2_ihc": "2+"}),
        ("85319-2", text("HER2-low"), {"her2_category": "low"}),
        ("85319-2", text("HER2 ultralow"), {"her2_category": "ultralow"}),
        ("85319-2", absent("not-performed"), {"her2_ihc": Status.NOT_TESTED}),
        ("85318-4", answer(NEGATIVE), {"her2_ish": "not-amplified"}),
        ("31150-6", text("Amplified"), {"her2_ish": "amplified"}),
        ("31150-6", text("not amplified"), {"her2_ish": "not-amplified"}),
        ("62862-8", answer(POSITIVE), {"microsatellites": "unstable"}),
        ("81695-9", text("MSS"), {"microsatellites": "stable"}),
        ("81695-9", text("MSI-High"), {"microsatellites": "unstable"}),
        ("26499-4", quantity(1.5, "10*3/uL"), {"anc": 1500}),
        ("751-8", quantity(1.5, "10*9/L"), {"anc": 1500}),
        ("751-8", quantity(1500, "/uL"), {"anc": 1500}),
        ("718-7", quantity(13.5, "g/dl"), {"haemoglobin": 13.5}),
        ("10230-1", quantity(55, "%"), {"lvef": 55}),
        ("89247-1", {"valueInteger": 1}, {"ecog_ps": 1}),
        ("89247-1", answer("LA9624-3", LOINC), {"ecog_ps": 2}),
        ("89247-1", {"valueString": "ECOG 1"}, {"ecog_ps": 1}),
        ("89247-1", {"valueString": "ECOG PS 1 - restricted activity"}, {"ecog_ps": 1}),
        ("89247-1", {"valueString": "Fully active (0)"}, {"ecog_ps": 0}),
        ("85337-4", {"valueString": ">90%"}, {"er_status": "positive"}),
        ("85337-4", {"valueString": "90-100 %"}, {"er_status": "positive"}),
        ("85337-4", {"valueString": "<1%"}, {"er_status": "negative"}),
        ("85337-4", {"valueString": "ER+"}, {"er_status": "positive"}),
        ("85337-4", {"valueString": "PR-"}, {"er_status": "negative"}),
        ("85319-2", text("IHC 2+/ISH-"), {"her2_ihc": "2+", "her2_ish": "not-amplified"}),
        ("85319-2", text("HER2 0 (null)"), {"her2_ihc": "0"}),
        ("85319-2", text("not overexpressed"), {"her2_status": "negative"}),
        ("718-7", quantity(11, "G/DL"), {"haemoglobin": 11}),
        ("718-7", quantity(11, "gm/dL"), {"haemoglobin": 11}),
        ("751-8", quantity(1.8, "THOUS/MCL"), {"anc": 1800}),
        ({"text": "MSI status"}, text("MSS"), {"microsatellites": "stable"}),
        ({"text": "TMB"}, text("8 mut/Mb"), {"tmb": 8}),
        ("85319-2", text("Negative (0)"), {"her2_ihc": "0"}),
        (
            "85319-2",
            text("IHC 2+, FISH not amplified"),
            {"her2_ihc": "2+", "her2_ish": "not-amplified"},
        ),
        ("85337-4", text("positiv"), {"er_status": "positive"}),
        ("85337-4", text("négatif"), {"er_status": "negative"}),
        # A local code is known by its name, where that is all that is said.
        (coded("urn:oid:1.2", "7", display="ER"), text("Positive (95%)"), {"er_percent": 95}),
        ({"text": "Estrogen Receptor (ER) Status"}, text("Negative"), {"er_status": "negative"}),
        ({"text": "PgR % positivity"}, quantity(5, "%"), {"pr_percent": 5}),
        ({"text": "HER2/neu IHC"}, text("1+"), {"her2_ihc": "1+"}),
        ({"text": "HER2 FISH"}, text("Not amplified (ratio 1.2)"), {"her2_ish": "not-amplified"}),
        ({"text": "ECOG performance status"}, text("0: fully active"), {"ecog_ps": 0}),
        (
            {"text": "Menopausal status"},
            text("Postmenopausal"),
            {"menopausal_status": "postmenopausal"},
        ),
    ],
)
def test_one_observation_makes_one_fact(code, value, expected):
    case = read(observation(code, **value))
    assert facts(case) == expected
    assert not case.not_understood


@pytest.mark.parametrize(
    ("code", "value", "why"),
    [
        ("85337-4", text("Negative (5 %)"), "do not agree"),
        ("85337-4", text("see report"), "no verdict"),
        ("85337-4", text("cannot rule out positive"), "no verdict"),
        ("85337-4", text("0-10%"), "no verdict"),
        ("85337-4", text("<10%"), "no verdict"),
        (
            "85337-4",
            {"valueRange": {"low": {"value": 90}, "high": {"value": 100}}},
            "no verdict",
        ),
        ("85337-4", {}, "no verdict is stated"),
        ("85337-4", answer(POSITIVE, display="Negative"), "negative and positive at once"),
        ("85329-1", quantity(5, "fmol/mg"), "not read here"),
        ("85329-1", quantity(10, "%", comparator="<"), "either side of 1 %"),
        ("85329-1", {"valueString": "8/8"}, "not marked as a share"),
        ("14130-9", quantity(20, "fmol/mg"), "not a share of stained cells"),
        ("85319-2", text("1+ to 2+"), "range of scores"),
        ("85319-2", text("3+ (negative)"), "do not agree"),
        ("85319-2", quantity(15, "%"), "no score"),
        ("49683-6", quantity(2.4, "{ratio}"), "a ratio alone"),
        ("31150-6", quantity(2.4, "{ratio}"), "number alone"),
        ("10480-2", answer(POSITIVE), "does not say which"),
        ("770-8", quantity(60, "%"), "not an absolute neutrophil count"),
        ("751-8", quantity(60, "%"), "not read here"),
        ("751-8", {"valueQuantity": {"value": 1500}}, "has no unit"),
        ("751-8", quantity(1500, "/uL", comparator="<"), "a bound"),
        ("751-8", quantity(3000, "10*3/uL"), "lies outside"),
        ("751-8", {"valueQuantity": {"value": 2, "code": "10*9/L", "unit": "/uL"}}, "two units"),
        ("89247-1", {"valueInteger": 9}, "lies outside"),
        ("89243-0", {"valueInteger": 90}, "not turned into ECOG"),
        ("45284-7", text("c.1905+1G>A"), "none of the words"),
        ({"text": "Menopause"}, text("perimenopausal"), "does not say"),
        ("89247-1", text("0-1"), "not read here"),
        ({"text": "PR"}, quantity(160, "ms"), "not read here"),
    ],
)
def test_what_is_not_clear_is_listed_and_makes_no_fact(code, value, why):
    case = read(observation(code, **value))
    assert facts(case) == {}
    (listed,) = case.not_understood
    assert why in listed.why
    assert listed.where.startswith("Observation/o")


def test_more_neutrophils_than_leukocytes_on_one_day_are_refused():
    day = {"effectiveDateTime": "2026-01-02"}
    white = observation("6690-2", "w", **quantity(8.2, "10*3/uL"), **day)
    neutrophils = observation("751-8", "n", **quantity(45, "10*3/uL"), **day)
    assert "anc" not in facts(read(white, neutrophils))
    assert facts(read(neutrophils)) == {"anc": 45000}


def test_components_of_a_panel_are_read():
    panel = observation(
        "74885-5", component=[{"code": coded(LOINC, "31150-6"), **text("not amplified")}]
    )
    case = read(panel)
    assert facts(case) == {"her2_ish": "not-amplified"}
    assert case.entered["her2_ish"].origin.where.startswith("Observation/o.component[0]")


def test_what_else_a_panel_holds_is_listed():
    panel = observation(
        {"text": "Biomarkers"},
        component=[
            {"code": {"text": "ER"}, **text("Positive")},
            {"code": {"text": "Ki-67"}, "valueString": "25 %"},
            {"code": coded(LOINC, "49683-6", display="HER2 ratio"), **quantity(1.2, "{ratio}")},
        ],
    )
    case = read(panel)
    assert facts(case) == {"er_status": "positive"}
    assert [(one.where, one.what) for one in case.not_understood] == [
        ("Observation/o.component[1]", "Ki-67: 25 %"),
        ("Observation/o.component[2]", "HER2 ratio: 1.2 {ratio}"),
    ]


def test_a_panel_of_members_lacks_no_value_of_its_own():
    panel = observation("85319-2", hasMember=[{"reference": "Observation/m"}])
    assert not [one for one in read(panel).not_understood if "no verdict" in one.why]


@pytest.mark.parametrize("name", ["ER/PR/HER2", "Estrogen receptor antibody", "Oestrogen", "HER2"])
def test_other_words_name_no_fact(name):
    about = coded(LOINC, "1-1", display=name) if name == "HER2" else {"text": f"{name} x"}
    assert facts(read(observation(about, **text("Positive")))) == {}


# --- PD-L1 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ("83052-1", {"valueString": "CPS 15, 22C3"}, {"pd_l1_cps": 15}),
        ({"text": "PD-L1 22C3 CPS"}, {"valueInteger": 12}, {"pd_l1_cps": 12}),
        (
            {"text": "PD-L1 combined positive score, clone 22C3"},
            quantity(12, "{score}"),
            {"pd_l1_cps": 12},
        ),
        ("83057-0", {"valueString": "IC 5 %"}, {"pd_l1_ic": 5}),
        ("83052-1", quantity(15, "{CPS}"), {"pd_l1_cps": 15}),
        ("83052-1", absent("not-performed"), {"pd_l1_cps": Status.NOT_TESTED}),
    ],
)
def test_a_pd_l1_score_is_read_with_its_own_assay(code, value, expected):
    assert facts(read(observation(code, **value))) == expected


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("83053-9", quantity(60, "%")),
        ("83053-9", {"valueString": "CPS 60, 22C3"}),
        ("83052-1", answer(POSITIVE)),
        ("83052-1", quantity(60, "%")),
        ("83052-1", {"valueInteger": 12}),
        ("83052-1", {"valueString": "TPS 60 %, 22C3"}),
        ("83052-1", {"valueString": "CPS >= 10"}),
        ("83052-1", {"valueString": "CPS of 10 or more"}),
        ("83052-1", {"valueString": "CPS 10+"}),
        ("83052-1", {"valueString": "CPS 15, SP263"}),
        ("83055-4", {"valueString": "CPS 15"}),
        ("83057-0", {"valueString": "TC 5 %"}),
        ({"text": "PD-L1"}, {"valueString": "CPS 15"}),
        ({"text": "PD-L1 SP263 CPS"}, {"valueInteger": 12}),
        ({"text": "PD-L1 22C3 CPS"}, quantity(12, "%")),
    ],
)
def test_any_other_pd_l1_result_is_listed_and_is_no_score(code, value):
    case = read(observation(code, **value))
    assert facts(case) == {}
    (listed,) = case.not_understood
    assert listed.what.startswith("PD-L1")


def test_scores_as_components_of_one_test_are_read_apart():
    scores = [
        {"code": {"text": "CPS"}, "valueInteger": 15},
        {"code": {"text": "TPS"}, "valueQuantity": {"value": 5, "unit": "%"}},
    ]
    case = read(observation("83052-1", component=scores))
    assert facts(case) == {"pd_l1_cps": 15}
    assert [one.what for one in case.not_understood] == ["PD-L1 TPS (22C3): 5 %"]


def test_what_a_withdrawn_report_holds_is_withdrawn():
    report = {"resourceType": "DiagnosticReport", "id": "r", "contained": [er(POSITIVE, "e")]}
    assert facts(read(report | {"status": "final"})) == {"er_status": "positive"}
    case = read(report | {"status": "entered-in-error"})
    assert facts(case) == {}
    assert case.not_understood[-2].why == "what holds it is entered in error"


# --- which result counts ------------------------------------------------------------------


def er(verdict, name, on=None):
    when = {"effectiveDateTime": on} if on else {}
    return observation("85337-4", name, **answer(verdict), **when)


def test_the_latest_result_counts_and_the_older_one_is_shown():
    case = read(er(NEGATIVE, "new", "2024-05-01"), er(POSITIVE, "old", "2019-01"))
    assert facts(case) == {"er_status": "negative"}
    assert case.entered["er_status"].origin.on == Day("2024-05-01")
    (discordance,) = case.discordant
    assert discordance.fact == "er_status"
    assert "2019-01" in discordance.says
    assert "2024-05-01" in discordance.says


@pytest.mark.parametrize("other", [None, "2024-05-01", "2024"])
def test_results_without_an_order_in_time_leave_the_fact_unknown(other):
    case = read(er(NEGATIVE, "a", "2024-05-01"), er(POSITIVE, "b", other))
    assert facts(case) == {"er_status": Status.UNKNOWN}
    assert len(case.discordant) == 1


def test_the_time_of_day_orders_results_of_one_day():
    first = er(NEGATIVE, "a", "2024-05-01T08:00:00+02:00")
    second = er(POSITIVE, "b", "2024-05-01T07:00:00Z")
    assert facts(read(second, first)) == {"er_status": "positive"}


def test_a_result_counts_before_a_test_that_was_not_done():
    case = read(
        er(POSITIVE, "a", "2020-01-01"),
        observation("85337-4", "b", **absent("not-performed"), effectiveDateTime="2024-01-01"),
    )
    assert facts(case) == {"er_status": "positive"}
    assert not case.discordant


def test_of_values_that_change_by_nature_only_the_last_may_contradict_one_another():
    days = ("2025-01-01", "2026-01-02", "2026-01-02")
    counts = [
        observation("751-8", f"n{n}", **quantity(number, "/uL"), effectiveDateTime=day)
        for n, (number, day) in enumerate(zip((1111, 2222, 3333), days, strict=True))
    ]
    case = read(*counts)
    assert facts(case) == {"anc": Status.UNKNOWN}
    (discordance,) = case.discordant
    assert "2222" in discordance.says
    assert "3333" in discordance.says
    assert "1111" not in discordance.says


def test_values_that_change_by_nature_are_no_contradiction():
    counts = [
        observation("751-8", f"n{year}", **quantity(value, "10*9/L"), effectiveDateTime=f"{year}")
        for year, value in ((2022, 2), (2024, 3), (2023, 4))
    ]
    case = read(*counts)
    assert facts(case) == {"anc": 3000}
    assert not case.discordant


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered"])
def test_withdrawn_results_are_dropped_and_listed(status):
    case = read(observation("85337-4", **answer(POSITIVE)) | {"status": status})
    assert facts(case) == {}
    assert case.not_understood[0].why.startswith(status.replace("-", " "))


# --- genes --------------------------------------------------------------------------------

GERMLINE, SOMATIC = "LA6683-2", "LA6684-0"
CALLED = {"P": "LA6668-3", "LP": "LA26332-9", "VUS": "LA26333-7", "B": "LA6675-8"}


def variant(gene, name="v", *, present=True, source=None, call=None, hgvs=None, **body):
    parts = [
        ("48018-6", HGNC, gene),
        ("48002-0", LOINC, source),
        ("53037-8", LOINC, CALLED.get(call)),
    ]
    component = [
        {"code": coded(LOINC, code), "valueCodeableConcept": coded(system, value)}
        for code, system, value in parts
        if value
    ]
    if hgvs:
        component.append({"code": coded(LOINC, "48004-6"), **text(hgvs)})
    said = answer("LA9633-4" if present else "LA9634-2", LOINC)
    return observation("69548-6", name, component=component, **said, **body)


BRCA1, BRCA2, PALB2, PIK3CA, ESR1, PTEN = "HGNC:1100", "1101", "26144", "8975", "3467", "9588"


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        ([variant(BRCA1, source=GERMLINE, call="P")], {"germline_brca": "pathogenic"}),
        ([variant(BRCA2, source=GERMLINE, call="LP")], {"germline_brca": "likely-pathogenic"}),
        (
            [variant(BRCA2, source=GERMLINE, call="VUS")],
            {"germline_brca": "uncertain-significance"},
        ),
        ([variant(BRCA1, source=SOMATIC, call="P")], {"somatic_brca": "pathogenic"}),
        ([variant(PALB2, source=GERMLINE, call="P")], {"germline_palb2": "pathogenic"}),
        (
            [
                variant(BRCA1, "a", source=GERMLINE, call="VUS", hgvs="c.1A>G"),
                variant(BRCA2, "b", source=GERMLINE, call="P"),
            ],
            {"germline_brca": "pathogenic"},
        ),
        (
            [
                variant(BRCA1, "a", present=False, source=GERMLINE),
                variant(BRCA2, "b", present=False, source=GERMLINE),
            ],
            {"germline_brca": "no-variant"},
        ),
        ([variant(PALB2, present=False, source=GERMLINE)], {"germline_palb2": "no-variant"}),
        ([variant(PIK3CA)], {"pik3ca": "mutated"}),
        ([variant(PIK3CA, present=False, source=SOMATIC)], {"pik3ca": "not-mutated"}),
        ([variant(ESR1, source=SOMATIC)], {"esr1": "mutated"}),
        ([variant(PTEN, source=SOMATIC, call="P")], {"akt1_pten": "altered"}),
    ],
)
def test_variants_that_say_enough_are_facts(variants, expected):
    assert facts(read(*variants)) == expected


@pytest.mark.parametrize(
    ("variants", "why"),
    [
        ([variant(BRCA1, source=GERMLINE)], "significance is not stated"),
        ([variant(BRCA1, call="P")], "germline or somatic"),
        ([variant(BRCA1, source="LA18194-3", call="P")], "germline or somatic"),
        ([variant(BRCA1, source=GERMLINE, call="B")], "benign"),
        ([variant(BRCA1, present=False, source=GERMLINE)], "BRCA2 is not said to be free"),
        ([variant(BRCA1, present=False)], "germline or somatic"),
        (
            [variant(PALB2, present=False, source=GERMLINE, hgvs="c.1A>G")],
            "does not clear the gene",
        ),
        ([variant(PIK3CA, source=GERMLINE)], "not one of the tumour"),
        ([variant(PIK3CA, present=False, hgvs="c.3140A>G")], "nothing else"),
        ([variant(PIK3CA, call="VUS")], "uncertain significance"),
        ([variant(PTEN, source=SOMATIC)], "significance is not stated"),
        ([observation("21636-6", **answer(POSITIVE))], "germline or somatic"),
    ],
)
def test_variants_that_do_not_are_listed(variants, why):
    case = read(*variants)
    assert facts(case) == {}
    assert any(why in one.why for one in case.not_understood)


@pytest.mark.parametrize(
    ("test", "said", "expected"),
    [
        ("BRCA1/2 germline testing", "Negative", {"germline_brca": "no-variant"}),
        ("Germline BRCA", "No mutation detected", {"germline_brca": "no-variant"}),
        ("Germline BRCA1/BRCA2", "BRCA2 pathogenic variant", {"germline_brca": "pathogenic"}),
        ("BRCA germline", "VUS in BRCA1", {"germline_brca": "uncertain-significance"}),
        ("Germline BRCA1/2", "Not performed", {"germline_brca": Status.NOT_TESTED}),
        ("Somatic BRCA1/2", "BRCA1: pathogenic", {"somatic_brca": "pathogenic"}),
        ("ESR1 mutation (ctDNA)", "Not detected", {"esr1": "not-mutated"}),
        ("PIK3CA mutation", "Detected (H1047R)", {"pik3ca": "mutated"}),
        # neither the germline nor a significance is taken for granted
        ("BRCA1/2", "Negative", {}),
        ("Germline BRCA", "Positive", {}),
        ("Germline BRCA1", "Negative", {}),
        ("Germline BRCA1/2", "No pathogenic variant detected", {}),
        ("Germline BRCA1/2", "BRCA1: benign variant", {}),
        ("Family history BRCA1", "Positive", {}),
    ],
)
def test_a_test_of_genes_may_be_named_in_words(test, said, expected):
    case = read(observation({"text": test}, valueString=said))
    assert facts(case) == expected
    assert bool(case.not_understood) is not bool(expected)


def test_a_significance_of_its_own_observation_counts_for_its_variant():
    significance = observation(
        {"text": "diagnostic implication"},
        "d",
        derivedFrom=[{"reference": "Observation/v"}],
        component=[{"code": coded(LOINC, "53037-8"), **text("Likely pathogenic")}],
    )
    case = read(variant(BRCA1, source=GERMLINE), significance)
    assert facts(case) == {"germline_brca": "likely-pathogenic"}


def test_a_variant_called_anew_counts_as_last_called():
    old = variant(BRCA1, "a", source=GERMLINE, call="P", hgvs="c.5A>G", effectiveDateTime="2018")
    new = variant(BRCA1, "b", source=GERMLINE, call="VUS", hgvs="c.5A>G", effectiveDateTime="2024")
    case = read(old, new)
    assert facts(case) == {"germline_brca": "uncertain-significance"}
    assert len(case.discordant) == 1


def test_one_variant_with_two_calls_of_unknown_order_stays_unknown():
    case = read(
        variant(BRCA1, "a", source=GERMLINE, call="P"),
        variant(BRCA1, "b", source=GERMLINE, call="VUS"),
    )
    assert facts(case) == {"germline_brca": Status.UNKNOWN}
    assert len(case.discordant) == 1


# --- cancer, metastases, stage ------------------------------------------------------------

BREAST = condition(SNOMED, "254837009")
BREAST_CANCER = {"primary_cancer": "breast"}
ADVANCED = BREAST_CANCER | {"setting": "advanced"}
STAGE = "21908-9"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([BREAST], {"primary_cancer": "breast"}),
        ([condition(ICD, "C50.911")], {"primary_cancer": "breast"}),
        ([condition(ICD, "Z17.0")], {"er_status": "positive"}),
        ([condition(ICD, "Z17.1")], {"er_status": "negative"}),
        ([condition("", "", display="Lobular carcinoma of breast")], {"primary_cancer": "breast"}),
        (
            [condition(SNOMED, "254637007", display="Non-small cell lung cancer")],
            {"primary_cancer": "other"},
        ),
        ([condition(ICD, "C34.1"), BREAST | {"id": "b"}], {"primary_cancer": "breast"}),
        ([condition(ICD, "D05.1")], {}),
        ([condition(ICD, "Z85.3", display="Personal history of malignant neoplasm of breast")], {}),
        ([condition("", "", display="Rule out breast cancer")], {}),
        ([condition("", "", display="Invasive ductal carcinoma")], {}),
        ([condition("", "", display="Brustkrebs")], BREAST_CANCER),
        ([condition("", "", display="乳癌")], BREAST_CANCER),
        ([condition("", "", display="Stage IV breast cancer")], ADVANCED),
        ([condition("", "", display="Breast cancer metastasized to bone (HCC)")], ADVANCED),
        ([condition("", "", display="Mammakarzinom, metastasiert")], ADVANCED),
        (
            [condition("", "", display="Metastatic triple-negative breast cancer")],
            ADVANCED | {"subtype": "triple-negative"},
        ),
        ([condition(ICD, "Z08", display="Follow-up after treatment for malignant neoplasm")], {}),
        ([condition(ICD, "I10", display="Malignant hypertension")], {}),
        ([condition("", "", display="Malignant hyperthermia")], {}),
        ([condition("", "", display="Anemia due to malignant neoplasm of breast")], {}),
        ([condition("", "", display="Genetic susceptibility to malignant neoplasm of breast")], {}),
        ([condition("http://jpfhir.jp/CodeSystem/ICD10-2013-full", "C509")], BREAST_CANCER),
        ([condition("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "C50.4")], BREAST_CANCER),
        (
            [condition(SNOMED, "706970001")],
            {"primary_cancer": "breast", "subtype": "triple-negative"},
        ),
        ([condition(SNOMED, "94222008")], {"setting": "advanced"}),
        ([condition(ICD, "C79.51")], {"setting": "advanced"}),
        ([condition(ICD, "C78.7")], {"setting": "advanced", "visceral_metastases": "yes"}),
        ([condition(SNOMED, "94391008")], {"setting": "advanced", "visceral_metastases": "yes"}),
        ([condition(SNOMED, "94225005")], {"setting": "advanced"}),
        ([condition(SNOMED, "94181007")], {}),
        ([condition(ICD, "C77.3")], {}),
        ([condition(ICD, "C77.2")], {"setting": "advanced"}),
        ([condition(ICD, "C79.81")], {}),
        (
            [condition("", "", display="Metastatic breast cancer")],
            {"primary_cancer": "breast", "setting": "advanced"},
        ),
        ([observation("1287652008", system=SNOMED, valueBoolean=False)], {}),
        ([observation("1287652008", system=SNOMED, valueBoolean=True)], {"setting": "advanced"}),
        ([observation("1287652008", system=SNOMED)], {"setting": "advanced"}),
        ([observation("1287652008", system=SNOMED, **absent("unknown"))], {}),
        ([observation(STAGE, **answer("258228008"))], {"setting": "advanced"}),
        ([observation(STAGE, **answer("1222837003"))], {"setting": "advanced"}),
        ([observation(STAGE, **answer("4", "http://cancerstaging.org"))], {"setting": "advanced"}),
        ([observation(STAGE, **text("Stage IV"))], {"setting": "advanced"}),
        ([observation(STAGE, **answer("258219007"))], {"setting": "early"}),
        ([observation(STAGE, **text("Stage 0"))], {}),
        ([observation(STAGE, **answer("258219007", display="Stage 4"))], {}),
        ([observation("21907-1", **answer("55440008"))], {"setting": "advanced"}),
        ([observation("21907-1", **answer("30893008"))], {}),
        (
            [observation(STAGE, **text("Stage II")), observation("21907-1", "m", **text("cM1"))],
            {"setting": "advanced"},
        ),
    ],
)
def test_the_cancer_and_how_far_it_has_spread(resources, expected):
    assert facts(read(*resources)) == expected


@pytest.mark.parametrize(
    "status", [{"verificationStatus": coded("", code)} for code in ("refuted", "entered-in-error")]
)
def test_refuted_diagnoses_are_dropped_and_listed(status):
    case = read(BREAST | status, condition(SNOMED, "94222008", "m") | status)
    assert facts(case) == {}
    assert len(case.not_understood) == 1


def test_a_metastasis_of_another_cancer_does_not_make_breast_cancer_advanced():
    lung = condition(ICD, "C34.1", "lung")
    brain = condition(
        SNOMED,
        "94225005",
        "brain",
        extension=[
            {"url": "x/condition-related", "valueReference": {"reference": "Condition/lung"}}
        ],
    )
    assert "setting" not in facts(read(BREAST, lung, brain))


def test_a_metastasis_after_an_early_stage_is_the_course_of_the_disease():
    stage = observation(STAGE, **text("Stage II"), effectiveDateTime="2018-01-01")
    later = condition(SNOMED, "94222008", "m", onsetDateTime="2022-01-01")
    case = read(stage, later)
    assert facts(case) == {"setting": "advanced"}
    assert not case.discordant
    earlier = condition(SNOMED, "94222008", "m", onsetDateTime="2017-01-01")
    assert len(read(stage, earlier).discordant) == 1


def test_conditions_that_bear_on_a_fact_are_pointed_out():
    case = read(condition(SNOMED, "1", display="Interstitial lung disease"))
    assert facts(case) == {}
    assert "`ild_history`" in case.not_understood[0].why
    carrier = read(condition(SNOMED, "1", display="BRCA1 gene mutation detected"))
    assert facts(carrier) == {}
    assert "`germline_brca`" in carrier.not_understood[0].why


# --- the patient --------------------------------------------------------------------------

PATIENT = {
    "resourceType": "Patient",
    "id": "secret-17",
    "name": [{"family": "Secret"}],
    "gender": "female",
    "birthDate": "1960-02-03",
}


@pytest.mark.parametrize(
    ("born", "decided", "age"),
    [
        ("1960-02-03", "2026-02-02", 65),
        ("1960-02-03", "2026-02-03", 66),
        ("1960-02", "2026-02-10", None),
        ("1960-02", "2026-03-10", 66),
        ("1960", "2026-03-10", None),
        ("2027-01-01", "2026-03-10", None),
    ],
)
def test_the_age_is_counted_to_the_decision_and_not_otherwise(born, decided, age):
    patient = PATIENT | {"birthDate": born}
    assert facts(read(patient)) == {"sex": "female"}
    case = read(patient, decision_date=Day(decided))
    assert facts(case).get("age") == age
    assert case.decision_date == Day(decided)


def test_what_is_said_of_a_relative_is_not_said_of_the_patient():
    mother = {"reference": "RelatedPerson/mother"}
    about = (er(POSITIVE, "a") | {"focus": [mother]}, er(POSITIVE, "b") | {"subject": mother})
    case = read(PATIENT, *about, BREAST | {"subject": mother})
    assert facts(case) == {"sex": "female"}
    assert {one.why for one in case.not_understood} == {"it is about a relative, not the patient"}


@pytest.mark.parametrize("died", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-01-01"}])
def test_a_death_is_pointed_out(died):
    assert read(PATIENT | died).not_understood[0].where == "Patient.deceased"
    assert not read(PATIENT | {"deceasedBoolean": False}).not_understood


def test_no_identifier_of_the_patient_is_kept():
    kept = repr(read(PATIENT, BREAST | {"subject": {"reference": "Patient/secret-17"}}))
    assert "secret" not in kept.casefold()
    assert "1960" not in kept


def test_records_of_two_patients_are_refused_without_naming_them():
    with pytest.raises(PatientError, match="2 patients") as refused:
        read(PATIENT, PATIENT | {"id": "secret-18"})
    assert "secret" not in str(refused.value)
    with pytest.raises(PatientError, match="2 patients"):
        read(
            BREAST | {"subject": {"reference": "Patient/a"}},
            BREAST | {"id": "d", "subject": {"reference": "Patient/b"}},
        )


def test_what_is_dated_after_the_decision_is_left_out():
    case = read(er(POSITIVE, "a", "2026-05-01"), decision_date=Day("2026-04"))
    assert facts(case) == {}
    assert "dated after the decision" in case.not_understood[0].why


# --- what an input may be made of ---------------------------------------------------------


def test_resources_of_another_patient_are_pointed_out():
    other = BREAST | {"subject": {"reference": "Patient/other"}}
    own = BREAST | {"subject": {"reference": "https://x/fhir/Patient/secret-17"}}
    assert "is not the one given" in read(PATIENT, other).not_understood[0].why
    assert not read(PATIENT, own).not_understood
    assert not read(other).not_understood


def test_a_single_resource_and_nested_bundles_are_read():
    single = json.dumps(BREAST).encode()
    assert facts(read_patient(single, an_edition())) == {"primary_cancer": "breast"}
    nested = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": BREAST}]}
    assert facts(read(nested, PATIENT)) == {"primary_cancer": "breast", "sex": "female"}


def test_the_resources_of_parameters_are_read():
    inside = {"name": "b", "part": [{"name": "c", "resource": er(POSITIVE, "e")}]}
    whole = {"resourceType": "Bundle", "entry": [{"resource": BREAST}]}
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "a", "resource": whole}, inside, {"name": "d", "valueString": "x"}],
    }
    assert facts(read(parameters)) == {"primary_cancer": "breast", "er_status": "positive"}


def test_of_two_versions_of_a_resource_the_later_counts():
    old = er(NEGATIVE, "a") | {"meta": {"lastUpdated": "2020-01-01T00:00:00Z"}}
    new = er(POSITIVE, "a") | {"meta": {"lastUpdated": "2024-01-01T00:00:00Z"}}
    assert facts(read(new, old)) == {"er_status": "positive"}


def test_what_is_not_used_is_listed_once_for_each_kind():
    others = [{"resourceType": "Encounter", "id": f"e{n}"} for n in range(300)]
    heights = [observation("8302-2", f"h{n}", **quantity(170, "cm")) for n in range(300)]
    case = read(*others, *heights)
    assert [one.what for one in case.not_understood] == [
        "300 not used: LOINC 8302-2 ×300",
        "300 not used: Encounter ×300",
    ]


# --- medicines ----------------------------------------------------------------------------


LETROZOLE = ("letrozole",)


def medicine(name, on=None, identity=None, *, kind="MedicationRequest", status="completed", **body):
    when = {"authoredOn" if kind == "MedicationRequest" else "effectiveDateTime": on} if on else {}
    return {
        "resourceType": kind,
        "id": identity or f"{name}-{on}".replace(" ", "-"),
        "status": status,
        "medicationCodeableConcept": name if isinstance(name, dict) else {"text": name},
        **when,
        **body,
    }


def therapies(case):
    return [(one.drugs, one.setting) for one in case.therapies.therapies]


def intent(code):
    return {"extension": [{"url": INTENT, "valueCodeableConcept": coded(SNOMED, code)}]}


BONE = condition(SNOMED, "94222008", "bone", onsetDateTime="2022-01-01")


@pytest.mark.parametrize(
    "named",
    [
        coded(RXNORM, "56946"),
        coded(RXNORM, "583214", display="Paclitaxel 100 MG Injection"),
        {"text": "Taxol"},
        {"text": "paclitaxel 80 mg/m2 IV weekly, d1,8,15 q28d"},
        {"text": "PACLitaxel (TAXOL) 150 mg in sodium chloride 0.9% 250 mL chemo infusion"},
        {"text": "paclitaxel 150 mg in NaCl 0.9% 250 mL IVPB"},
    ],
)
def test_a_medicine_is_known_by_code_or_by_name(named):
    assert therapies(read(medicine(named, "2023", "m"))) == [(("paclitaxel",), "unknown")]


@pytest.mark.parametrize(
    ("named", "drugs", "unread"),
    [
        (coded("http://www.whocc.no/atc", "L02BA03"), ("fulvestrant",), ()),
        (
            coded("http://fhir.de/CodeSystem/bfarm/atc", "L02BG04", display="Letrozol"),
            LETROZOLE,
            (),
        ),
        ({"text": "Letrozol 2,5 mg Filmtabletten"}, LETROZOLE, ()),
        ({"text": "Letrozol nach Plan"}, (), ("Letrozol nach Plan",)),
        # Two drugs share the code; what is not known stays in the list.
        (coded("http://www.whocc.no/atc", "L01CD01"), (), ("ATC L01CD01",)),
        (coded("http://www.whocc.no/atc", "L01EB01", display="Gefitinib"), (), ("Gefitinib",)),
    ],
)
def test_a_medicine_is_known_by_its_place_in_the_atc_or_its_european_name(named, drugs, unread):
    (therapy,) = read(medicine(named, "2023", "m")).therapies.therapies
    assert (therapy.drugs, therapy.unread) == (drugs, unread)


def test_a_code_and_a_name_that_differ_are_neither():
    case = read(medicine(coded(RXNORM, "56946", display="docetaxel"), "2023", "m"))
    assert [one.drugs for one in case.therapies.therapies] == [()]
    assert case.therapies.therapies[0].unread == ("docetaxel",)


def test_a_medicine_may_be_contained_or_referred_to():
    drug = {"resourceType": "Medication", "id": "d", "code": {"text": "capecitabine"}}
    inside = {
        "resourceType": "MedicationRequest",
        "id": "a",
        "status": "completed",
        "contained": [drug],
        "medicationReference": {"reference": "#d"},
    }
    outside = inside | {"contained": [], "medicationReference": {"reference": "Medication/d"}}
    assert therapies(read(inside)) == [(("capecitabine",), "unknown")]
    assert therapies(read(outside, drug)) == [(("capecitabine",), "unknown")]
    made_of = {"itemCodeableConcept": coded(RXNORM, "56946")}
    unnamed = {"resourceType": "Medication", "id": "d", "ingredient": [made_of]}
    assert therapies(read(outside, unnamed)) == [(("paclitaxel",), "unknown")]


def test_the_list_of_a_record_is_never_complete():
    assert not read(medicine("paclitaxel", "2023")).therapies.complete
    assert not read(PATIENT).therapies.complete


def test_drugs_begun_within_thirty_days_are_one_regimen():
    case = read(medicine("carboplatin", "2023-01-01"), medicine("gemcitabine", "2023-01-30"))
    assert therapies(case) == [(("carboplatin", "gemcitabine"), "unknown")]
    assert "30 days" in case.therapies.therapies[0].origin.rule


def test_cycles_of_a_drug_are_one_course_and_a_gap_begins_the_next():
    cycles = [medicine("paclitaxel", f"2023-{month:02}-01") for month in (1, 2, 3, 8)]
    started = [one.started for one in read(*cycles).therapies.therapies]
    assert started == [Day("2023-01-01"), Day("2023-08-01")]


def worsened(on):
    return observation("97509-4", "w", **answer("271299001"), effectiveDateTime=on)


def test_a_new_drug_after_progression_is_a_new_line():
    case = read(
        BONE,
        medicine("paclitaxel", "2022-02-01"),
        worsened("2022-03-20"),
        medicine("capecitabine", "2022-03-25"),
    )
    first, second = case.therapies.therapies
    assert (first.drugs, first.outcome, first.setting) == (
        ("paclitaxel",),
        "progression",
        "advanced",
    )
    assert (second.drugs, second.same_line) == (("capecitabine",), False)
    assert "first evidence of metastasis (2022-01-01)" in first.origin.rule


@pytest.mark.parametrize(
    ("reason", "same_line", "stopped_for"),
    [
        ("407563006", True, "toxicity"),
        ("266721009", False, "progression"),
        ("105480006", False, "preference"),
        (None, True, ""),
    ],
)
def test_the_reason_for_stopping_decides_whether_the_line_goes_on(reason, same_line, stopped_for):
    stopped = {"statusReason": coded(SNOMED, reason)} if reason else {}
    case = read(
        BONE,
        medicine("letrozole", "2022-02-01", status="stopped", **stopped),
        medicine("exemestane", "2022-04-01"),
    )
    first, second = case.therapies.therapies
    assert first.stopped_for == stopped_for
    assert second.same_line is same_line


def test_drugs_of_one_curative_course_are_not_counted_apart():
    case = read(
        medicine("doxorubicin", "2018-01-01", **intent("373846009")),
        medicine("paclitaxel", "2018-03-15", **intent("373846009")),
    )
    assert therapies(case) == [(("doxorubicin", "paclitaxel"), "adjuvant")]


@pytest.mark.parametrize(
    ("code", "setting"),
    [
        ("363676003", "advanced"),
        ("373846009", "adjuvant"),
        ("373847000", "neoadjuvant"),
        ("373808002", "unknown"),
    ],
)
def test_the_stated_intent_gives_the_setting(code, setting):
    case = read(BONE, medicine("paclitaxel", "2023", **intent(code)))
    assert therapies(case) == [(("paclitaxel",), setting)]


def test_a_drug_before_the_first_evidence_of_metastasis_has_no_setting():
    assert therapies(read(BONE, medicine("paclitaxel", "2021-12-01"))) == [
        (("paclitaxel",), "unknown")
    ]


def test_a_drug_that_goes_on_beside_a_new_one_opens_no_line():
    monthly = [medicine("goserelin", f"2022-{month:02}-01") for month in range(2, 8)]
    case = read(
        BONE, *monthly, medicine("letrozole", "2022-02-01"), medicine("capecitabine", "2022-05-15")
    )
    assert [one.drugs for one in case.therapies.therapies] == [
        ("goserelin", "letrozole"),
        ("capecitabine", "goserelin"),
    ]


def test_drugs_without_a_date_are_kept_together():
    case = read(medicine("paclitaxel"), medicine("capecitabine"))
    assert therapies(case) == [(("capecitabine", "paclitaxel"), "unknown")]


OCPA = "http://hl7.org/fhir/us/codex-ocpa/CodeSystem/"


def counted(line, name, **body):
    value = {"valueCodeableConcept": coded(f"{OCPA}treatment-line-cs", line)}
    return observation(
        "line-of-therapy",
        name,
        system=f"{OCPA}ocpa-codes",
        **({} if "valueInteger" in body else value),
        **body,
    )


def test_lines_are_those_that_the_record_counts():
    drugs = (
        medicine("letrozole", "2022-02-01", "a"),
        medicine("exemestane", "2022-02-20", "b"),
        medicine("fulvestrant", "2022-08-01", "c"),
    )
    assert therapies(read(BONE, *drugs)) == [
        (("exemestane", "letrozole"), "advanced"),
        (("fulvestrant",), "advanced"),
    ]
    second = [{"reference": f"MedicationRequest/{name}"} for name in "bc"]
    first = {"effectivePeriod": {"start": "2022-01-15", "end": "2022-02-10"}}
    case = read(BONE, *drugs, counted("1L", "x", **first), counted("2L", "y", partOf=second))
    assert therapies(case) == [
        (("letrozole",), "advanced"),
        (("exemestane", "fulvestrant"), "advanced"),
    ]
    assert "line 2" in case.therapies.therapies[1].origin.rule
    assert not case.not_understood


@pytest.mark.parametrize(
    ("line", "body", "why"),
    [
        ("3L-plus", {}, "no number of a line"),
        ("2L", {}, "no medicine of the record"),
        ("2L", {"status": "entered-in-error"}, "entered in error"),
    ],
)
def test_a_line_that_counts_no_medicine_is_listed(line, body, why):
    (listed,) = read(counted(line, "x") | body).not_understood
    assert why in listed.why


@pytest.mark.parametrize(
    ("said", "stopped_for"),
    [
        ("Disease progression", "progression"),
        ("Toxicity: neuropathy", "toxicity"),
        ("Not tolerated", "toxicity"),
        ("Completed planned course", "completed"),
        ("No progression", "unknown"),
    ],
)
def test_a_reason_for_stopping_may_be_told_in_words(said, stopped_for):
    case = read(medicine("paclitaxel", "2023", status="stopped", statusReason={"text": said}))
    assert case.therapies.therapies[0].stopped_for == stopped_for


def test_an_order_that_stays_active_is_ongoing_unless_a_later_one_began():
    case = read(
        medicine("paclitaxel", "2023-01-01", status="active"),
        medicine("capecitabine", "2024-01-01", status="active"),
    )
    assert [one.ongoing for one in case.therapies.therapies] == [False, True]
    assert "paclitaxel recorded as active" in case.discordant[0].says


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (medicine("pegfilgrastim", "2023"), "makes no line"),
        (medicine("Ibuprofen 200 MG Oral Tablet", "2023"), "not taken for a cancer drug"),
        (medicine("paclitaxel", "2023", status="cancelled"), "cancelled"),
        (medicine("paclitaxel", "2023", status="entered-in-error"), "entered in error"),
        (medicine("paclitaxel", "2023", intent="proposal"), "proposed, not ordered"),
        (medicine("paclitaxel", "2023", doNotPerform=True), "not to give"),
        (
            medicine("paclitaxel", "2023", kind="MedicationStatement", status="not-taken"),
            "not taken",
        ),
        (
            medicine("paclitaxel", "2023", kind="MedicationAdministration", status="not-done"),
            "not given",
        ),
    ],
)
def test_what_was_not_given_or_treats_no_cancer_makes_no_therapy(record, why):
    case = read(record)
    assert case.therapies.therapies == ()
    assert why in case.not_understood[0].why


@pytest.mark.parametrize(
    ("done", "treatment"),
    [
        ("Chemotherapy", True),
        ("Injection, sacituzumab govitecan-hziy, 2.5 mg", True),
        ("Injection, denosumab, 1 mg", False),
        ("Simple mastectomy", False),
    ],
)
def test_a_treatment_that_is_a_procedure_is_pointed_out(done, treatment):
    (listed,) = read(
        {"resourceType": "Procedure", "id": "p", "code": {"text": done}}
    ).not_understood
    assert ("enter it with its drugs" in listed.why) is treatment


@pytest.mark.parametrize(
    "name", ["gefitinib 250 MG Oral Tablet", "Tukysa 150 mg", "ddAC-T", "TCHP"]
)
def test_a_cancer_drug_that_the_edition_does_not_know_stays_in_the_list_by_its_name(name):
    case = read(medicine(name, "2023"))
    (therapy,) = case.therapies.therapies
    assert (therapy.drugs, therapy.unread) == ((), (name,))
    assert "looks like a cancer drug" in case.not_understood[0].why
