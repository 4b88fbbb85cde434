"""Figures: fit for a page under a strict policy, and no number that the statements do not hold."""

import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from consilium.clinical.patient import PatientCase
from consilium.intake import read_patient
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.planning import plan
from consilium.planning.figures import say_ratio
from consilium.planning.plan import NextLine, Option
from consilium.report.figures import Figure, FigureError, Table
from consilium.report.figures.choosing import figure_of_drug, figures_of_trial, results_figure
from consilium.report.figures.curves import has_points, patient_curves, published_curves
from consilium.report.figures.forest import forest
from consilium.report.figures.lanes import has_lanes, patient_lanes, trial_lanes
from consilium.report.figures.network import trial_network
from consilium.report.figures.style import SERIES, SMALL, WIDTH, broken, drawing
from consilium.report.figures.svg import inline
from consilium.report.figures.tree import sequence_tree
from consilium.statistics.survival import kaplan_meier

EDITION = Edition.bundled()
DAY = date(2026, 11, 20)
SVG = "{http://www.w3.org/2000/svg}"
PRESENTATION = {
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity", "font-size", "font-weight", "font-family",
    "text-anchor", "clip-path",
}  # fmt: skip
OTHERS = {
    "d",
    "x",
    "y",
    "width",
    "height",
    "transform",
    "href",
    "id",
    "viewBox",
    "role",
    "data-statement",
}


def test_a_table_has_as_many_cells_as_columns():
    with pytest.raises(FigureError, match="1 cells under 2 columns"):
        Table(("a", "b"), (("only one",),))


def figures() -> list[Figure]:
    made = figures_of_trial(EDITION.trials["ascent-03"], EDITION, DAY)
    made += figures_of_trial(EDITION.trials["destiny-breast06"], EDITION, DAY)
    made.append(patient_lanes(a_patient(), EDITION, "2026-11-20"))
    made.append(sequence_tree(an_option(), EDITION, "2026-11-20"))
    made.append(trial_network(EDITION, DAY, asked=("sacituzumab-govitecan",)))
    made.append(km_of_two_arms())
    with drawing("A chart with axes of its own") as page:
        axes = page.panel(120)
        axes.plot([0, 6, 12], [1, 0.6, 0.3], color=SERIES[1].colour, linestyle=SERIES[1].dash)
        axes.fill_between([0, 12], [0.9, 0.2], [1, 0.4], color=SERIES[1].colour, alpha=0.2)
        page.y += 30
        made.append(page.finish(Table(("x",), ()), statements=(), sources=(), date="2026"))
    return made


def km_of_two_arms() -> Figure:
    curves = [
        ("first", kaplan_meier([2, 5, 8, 13, 20, 24], [1, 1, 0, 1, 0, 1])),
        ("second", kaplan_meier([1, 3, 3, 6, 9, 14], [1, 1, 1, 0, 1, 1])),
    ]
    return patient_curves(curves, title="Two arms", source="a table", as_of="2026-11-20")


def an_option() -> Option:
    facts = b"""{"setting": "advanced", "er_percent": 0, "pr_percent": 0, "her2_ihc": "1+", "germline_brca": "no-variant",
        "pd_l1": {"score": "cps", "assay": "22c3", "value": 3}, "prior_therapies": [], "prior_therapies_complete": "yes",
        "checkpoint_inhibitor_candidate": "no", "ecog_ps": 1}"""
    made = plan(read_patient(facts, EDITION, where="test"), EDITION, as_of=DAY, region=Region.US)
    return next(option for option in made.options if option.next_lines)


def a_patient() -> PatientCase:
    written = b"""{"prior_therapies": [
        {"drugs": ["capecitabine"], "setting": "advanced", "line": 1, "started": "2025-01", "ended": "2025-09",
         "outcome": "progression"},
        {"drugs": ["sacituzumab-govitecan"], "setting": "advanced", "line": 2, "started": "2025-10", "ongoing": true}
    ], "decision_date": "2026-02-01"}"""
    return read_patient(written, EDITION, where="test")


@pytest.mark.parametrize("made", figures(), ids=lambda made: made.title[:40])
class TestEveryFigure:
    def test_needs_no_style_and_nothing_from_outside(self, made: Figure):
        root = ElementTree.fromstring(made.svg)
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {
            "svg",
            "title",
            "desc",
            "g",
            "path",
            "text",
            "use",
            "defs",
            "clipPath",
            "rect",
        }
        ids = {element.get("id") for element in root.iter()} - {None}
        for element in root.iter():
            assert set(element.attrib) <= PRESENTATION | OTHERS
            for value in element.attrib.values():
                assert "http" not in value
            pointed = element.get("href", "#")[1:] or (element.get("clip-path") or "")[5:-1]
            assert not pointed or pointed in ids

    def test_says_what_it_is(self, made: Figure):
        root = ElementTree.fromstring(made.svg)
        assert root.get("role") == "img"
        assert [element.tag for element in root][:2] == [f"{SVG}title", f"{SVG}desc"]
        assert root[0].text == made.title
        shown = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
        assert f"As of {made.date}." in shown
        assert " ".join(shown.split()).startswith(made.title)

    def test_can_be_read_on_a_phone(self, made: Figure):
        root = ElementTree.fromstring(made.svg)
        assert float(root.attrib["viewBox"].split()[2]) == WIDTH <= 360
        assert (
            min(float(text.get("font-size", "0")) for text in root.iter(f"{SVG}text"))
            >= SMALL
            >= 12
        )

    def test_takes_the_ink_of_the_page(self, made: Figure):
        root = ElementTree.fromstring(made.svg)
        assert {text.get("fill") for text in root.iter(f"{SVG}text")} == {"currentColor"}
        paints = {e.get(p) for e in root.iter() for p in ("fill", "stroke")} - {
            None,
            "none",
            "currentColor",
        }
        assert paints <= {series.colour.lower() for series in SERIES}

    def test_has_plain_names_whatever_else_this_process_writes(self, made: Figure):
        # what makes PDF files registers the empty prefix for itself
        ElementTree.register_namespace("", "http://www.aiim.org/pdfa/ns/schema#")
        assert made.document().splitlines()[1].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
        assert inline(made.svg.encode(), "a", "b").startswith('<svg xmlns="http://www.w3.org')

    def test_is_written_as_a_file(self, made: Figure, tmp_path: Path):
        made.save(tmp_path / "it.svg")
        root = ElementTree.parse(tmp_path / "it.svg").getroot()
        assert root[2].get("fill", "").lower() == "#ffffff"
        made.save(tmp_path / "it.png")
        assert (tmp_path / "it.png").read_bytes().startswith(b"\x89PNG")
        with pytest.raises(FigureError, match=r"\.svg or \.png"):
            made.save(tmp_path / "it.gif")
        with pytest.raises(FigureError, match="cannot write"):
            made.save(tmp_path / "missing" / "it.svg")


def test_the_same_figure_is_the_same_bytes():
    trial = EDITION.trials["ascent-03"]
    first, again = (forest([(trial, r) for r in trial.results], EDITION, "2026") for _ in range(2))
    assert first.svg == again.svg
    assert first.png() == again.png()


def numbers(text: str) -> list[float]:
    return sorted(float(n) for n in re.findall(r"\d+(?:\.\d+)?", text))


@pytest.mark.parametrize("trial", EDITION.trials.values(), ids=lambda trial: trial.id)
def test_a_forest_shows_every_hazard_ratio_with_its_interval_and_no_other(trial):
    shown = [
        r
        for r in trial.results
        if r.contrast
        and r.contrast.measure == "hazard_ratio"
        and isinstance(r.contrast.value, float)
    ]
    if not shown:
        with pytest.raises(FigureError, match="no result"):
            forest([(trial, r) for r in trial.results], EDITION, "2026")
        return
    made = forest([(trial, r) for r in trial.results], EDITION, "2026")
    assert made.statements == tuple(r.id for r in shown)
    said = [row[made.table.columns.index("hazard ratio (95 % CI)")] for row in made.table.rows]
    words = [text.text for text in ElementTree.fromstring(made.svg).iter(f"{SVG}text")]
    for result, cell in zip(shown, said, strict=True):
        assert cell == say_ratio(result.contrast)
        held = (
            result.contrast.value,
            *(v for v in result.contrast.ci95 or () if isinstance(v, float)),
        )
        assert numbers(cell) == pytest.approx(sorted(held))
        assert cell in words
        assert result.id in made.svg


@pytest.mark.parametrize("trial", EDITION.trials.values(), ids=lambda trial: trial.id)
def test_lanes_show_every_median_with_its_interval(trial):
    shown = [r for r in trial.results if has_lanes(r)]
    if not shown:
        with pytest.raises(FigureError, match="no median"):
            trial_lanes(trial, trial.results, EDITION, "2026")
        return
    made = trial_lanes(trial, trial.results, EDITION, "2026")
    rows = iter(made.table.rows)
    words = [text.text for text in ElementTree.fromstring(made.svg).iter(f"{SVG}text")]
    for result in shown:
        for arm in (
            result.arms.values()
            if result.contrast is None
            else (
                result.arms[n]
                for n in (result.contrast.experimental, result.contrast.comparator)
                if n in result.arms
            )
        ):
            cell = next(rows)[2]
            held = [v for v in (arm.median_months, *(arm.ci95 or ())) if isinstance(v, int | float)]
            assert numbers(cell) == pytest.approx(sorted(held))
            assert cell in words


def test_a_bar_is_as_long_as_its_median():
    made = trial_lanes(
        EDITION.trials["ascent-03"], [EDITION.results["ascent-03-pfs-bicr"]], EDITION, "2026"
    )
    bars = [
        [float(n) for n in re.findall(r"[\d.]+", element.get("d", ""))]
        for element in ElementTree.fromstring(made.svg).iter(f"{SVG}path")
        if element.get("fill") in ("#0072b2", "#d55e00")
    ]
    long, short = (max(bar[::2]) - min(bar[::2]) for bar in bars)
    assert long / short == pytest.approx(9.7 / 6.9, rel=0.01)


def test_the_courses_of_a_patient_stand_on_time_only_when_all_are_dated():
    dated = patient_lanes(a_patient(), EDITION, "2026-02-01")
    assert "Months from 2025-01-01" in dated.svg
    undated = read_patient(
        b'{"prior_therapies": [{"drugs": ["capecitabine"], "setting": "advanced"}]}',
        EDITION,
        where="test",
    )
    made = patient_lanes(undated, EDITION, "2026-02-01")
    assert "Not to scale" in made.svg
    assert made.table.rows == (("advanced", "capecitabine", "not stated", "not stated", ""),)
    with pytest.raises(FigureError, match="no earlier treatment"):
        patient_lanes(PatientCase({}), EDITION, str(date(2026, 2, 1)))


def test_rows_are_broken_where_they_would_not_fit():
    with drawing("x"):
        assert broken("one two three", 40, 12) == ["one", "two", "three"]
        assert broken("one two", 400, 12) == ["one two"]


def test_a_tree_holds_every_line_that_may_follow():
    def below(lines: tuple[NextLine, ...]) -> list[NextLine]:
        return [found for line in lines for found in (line, *below(line.then))]

    option = an_option()
    made = sequence_tree(option, EDITION, "2026-11-20")
    lines = below(option.next_lines)
    assert [(row[0], row[2], row[3]) for row in made.table.rows] == [
        (str(line.line), " or ".join(line.names), line.says) for line in lines
    ]
    words = " ".join(
        text.text or "" for text in ElementTree.fromstring(made.svg).iter(f"{SVG}text")
    )
    for line in lines:
        assert f"Line {line.line}: {' or '.join(line.names)}" in words
    assert set(made.statements) == {voice.position for voice in option.voices}


def test_a_figure_shows_what_was_known_on_its_day():
    trial = EDITION.trials["ascent-03"]
    early, late = (figures_of_trial(trial, EDITION, day)[0] for day in (date(2026, 1, 12), DAY))
    assert "ascent-03-pfs2" in late.statements
    assert "ascent-03-pfs2" not in early.statements
    assert figures_of_trial(trial, EDITION, date(2024, 1, 1)) == []


def test_a_drug_has_its_trials_one_under_another_and_never_pooled():
    made = figure_of_drug("sacituzumab-govitecan", EDITION, DAY)
    assert made is not None
    assert {"ascent-pfs-bicr-bmneg", "ascent-03-pfs-bicr"} & set(made.statements)
    assert "nothing pooled here" in " ".join(
        text.text or "" for text in ElementTree.fromstring(made.svg).iter(f"{SVG}text")
    )
    for name in made.statements:
        trial = next(t for t in EDITION.contents.trials if EDITION.results[name] in t.results)
        arm = next(a for a in trial.arms if a.id == EDITION.results[name].contrast.experimental)
        assert "sacituzumab-govitecan" in EDITION.drugs_of(arm.regimen)
    assert figure_of_drug("carboplatin", EDITION, DAY) is None


def test_what_has_no_figure_is_told():
    with pytest.raises(FigureError, match="a source has no figure"):
        results_figure(EDITION, "source", "ascent-03-primary", DAY)
    with pytest.raises(FigureError, match="can be drawn"):
        results_figure(EDITION, "drug", "carboplatin", DAY)
    assert results_figure(EDITION, "result", "ascent-03-os", DAY).statements == ("ascent-03-os",)


def test_a_curve_of_patients_says_who_was_at_risk_censored_and_had_the_event_by_then():
    rows = {(arm, month): rest for arm, month, *rest in km_of_two_arms().table.rows}
    assert rows["first", "0"] == ["6", "0", "0", "100 % (100 to 100)"]
    assert rows["first", "12"][:3] == ["3", "1", "2"]
    assert rows["second", "12"][:3] == ["1", "1", "4"]
    assert rows["second", "18"] == ["0", "1", "5", "0 %"]


def test_every_published_point_stands_in_its_figure_and_no_curve_goes_beyond_it():
    drawn = 0
    for trial in EDITION.contents.trials:
        for result in filter(has_points, trial.results):
            made = published_curves(trial, result, EDITION, str(DAY))
            printed = " ".join(cell for row in made.table.rows for cell in row)
            for mark in result.landmarks:
                for estimate in mark.arms.values():
                    if estimate.percent is not None:
                        assert f"at {mark.month:g} months {estimate.percent:g} %" in printed
            for arm in result.arms.values():
                if isinstance(arm.median_months, float):
                    assert f"median {arm.median_months:g} months" in printed
            assert "No curve was digitised" in made.svg or "No curve is drawn" in made.svg
            assert f'data-statement="{result.id}"' in made.svg or "No curve is drawn" in made.svg
            drawn += 1
    assert drawn > 10


def test_a_result_without_points_has_no_curve():
    trial = EDITION.trials["ascent"]
    result = next(r for r in trial.results if not has_points(r))
    with pytest.raises(FigureError, match="no share at a stated month"):
        published_curves(trial, result, EDITION, str(DAY))


def test_a_network_counts_each_randomised_trial_once():
    made = trial_network(EDITION, DAY, asked=("sacituzumab-govitecan", "datopotamab-deruxtecan"))
    trials = [row[0] for row in made.table.rows]
    assert len(trials) == len(set(trials)) and "ASCENT-03" in trials
    assert "SG and Dato-DXd met in none" in made.title
    assert "does not say that they may be compared" in " ".join(
        (text.text or "") for text in ElementTree.fromstring(made.svg).iter(f"{SVG}text")
    )
    early = trial_network(EDITION, date(2025, 1, 1))
    assert "TROPION-Breast02" not in [row[0] for row in early.table.rows]
    with pytest.raises(FigureError, match="no trial known"):
        trial_network(EDITION, DAY, endpoint="orr")
