"""Every number and clinical sentence of every output leads to a source record."""

import re

import pytest

from consilium.clinical.patient import PatientError
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import Edition
from consilium.planning import plan
from consilium.report import document, to_html, to_json, to_markdown
from consilium.report.document import Item, Section

EDITION = Edition.bundled()
CLINICAL = {"headline", "result", "voice", "conflict", "stop", "trial"}
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def plans():
    for case in EDITION.cases():
        try:
            patient = patient_from_mapping(case.patient, EDITION, case.id)
            yield case, plan(patient, EDITION, as_of=case.as_of.last, region=case.region)
        except PatientError:
            continue


PLANS = list(plans())


def items(sections: tuple[Section, ...]):
    for section in sections:
        yield from section.items
        yield from items(section.parts)


@pytest.mark.parametrize("brief", [True, False], ids=["brief", "full"])
def test_every_clinical_sentence_cites_a_source_that_exists(brief):
    for case, made in PLANS:
        numbers = {shown.number for shown in made.sources}
        for item in items(document(made, EDITION, brief=brief).sections):
            assert set(item.cites) <= numbers, (case.id, item)
            if item.kind in CLINICAL and made.refusal is None:
                assert item.cites or item.text.startswith("Approved here"), (case.id, item)
        for shown in made.sources:
            source = EDITION.sources[shown.source]
            assert shown.reference == source.reference
            assert shown.depth in {read.depth.value for read in source.read}


@pytest.mark.parametrize("brief", [True, False], ids=["brief", "full"])
def test_what_forbids_a_drug_stands_beside_every_option_that_holds_it(brief):
    forbidden = 0
    for case, made in PLANS:
        said = " ".join(i.text for i in items(document(made, EDITION, brief=brief).sections))
        for option in (*made.options, *made.possible):
            for caution in option.cautions:
                if caution.kind == "contraindication" and not caution.open:
                    forbidden += 1
                    assert caution.says in said, (case.id, option.regimen, caution.rule)
    assert forbidden >= 20


def figures_of(record) -> set[str]:
    """Every number that a result holds, as text in the forms in which it may be printed."""
    found: set[str] = set()

    def walk(value):
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.update({f"{value:g}", f"{value:.1f}", f"{value:.2f}"})
        elif isinstance(value, str):
            found.update(NUMBER.findall(value))
        elif isinstance(value, dict):
            for part in value.values():
                walk(part)
        elif isinstance(value, tuple):
            for part in value:
                walk(part)
        elif hasattr(value, "__struct_fields__"):
            for field in value.__struct_fields__:
                walk(getattr(value, field))

    walk(record)
    return found


def test_a_figure_on_the_page_is_the_figure_in_the_statement_it_cites():
    seen = 0
    for _, made in PLANS:
        for option in (*made.options, *made.possible, *made.labels_only):
            for key in option.results:
                held = figures_of(EDITION.results[key.result]) | {"95"}
                for text in (key.text, key.short):
                    # names of trials and endpoints hold digits that are no figures
                    said = re.sub(r"PFS2|TROP-2", "", text)
                    printed = set(NUMBER.findall(said))
                    assert printed <= held, (key.result, printed - held)
                seen += 1
    assert seen > 500


def test_brief_results_name_their_trial_and_hold_nothing_the_full_ones_do_not():
    for _, made in PLANS:
        for item in items(document(made, EDITION, brief=True).sections):
            if item.kind == "result":
                trial = next(
                    t
                    for t in EDITION.contents.trials
                    if any(r.id == item.statement for r in t.results)
                )
                assert item.text.startswith(trial.names[0])


def test_no_mirror_address_is_shown_as_a_citation():
    mirrors = {
        read.address
        for source in EDITION.sources.values()
        for read in source.read
        if read.address and read.address != source.url
    }
    for _, made in PLANS[:40]:
        text = to_markdown(made, EDITION)
        assert not [address for address in mirrors if address in text]


@pytest.mark.parametrize("case, made", PLANS[:60], ids=[case.id for case, _ in PLANS[:60]])
def test_every_format_says_the_same(case, made):
    """The formats set one document; a sentence of one is in the others."""
    import html as escaping

    markdown, page = to_markdown(made, EDITION), to_html(made, EDITION)
    for item in items(document(made, EDITION).sections):
        assert item.text.replace("*", r"\*").replace("<", r"\<") in markdown
        assert escaping.escape(item.text) in page
    assert b'"schema": "consilium-plan/1"' in to_json(made)


def test_one_edition_and_one_patient_give_one_plan():
    case, made = PLANS[0]
    patient = patient_from_mapping(case.patient, EDITION, case.id)
    again = plan(patient, EDITION, as_of=case.as_of.last, region=case.region)
    assert to_json(again) == to_json(made)


def test_items_without_a_citation_hold_no_figure_of_a_study():
    """What is said without a source is about the tool, the patient or a question."""
    allowed = {
        "fact",
        "gap",
        "plain",
        "more",
        "agreement",
        "possible",
        "next",
        "source",
        "label",
        "caution",
        "headline",
    }
    for case, made in PLANS:
        for item in items(document(made, EDITION).sections):
            if not item.cites:
                assert item.kind in allowed | ({"stop"} if made.refusal else set()), (case.id, item)
                assert "hazard ratio" not in item.text and "HR 0" not in item.text
                assert isinstance(item, Item)
