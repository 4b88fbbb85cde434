"""`consilium prove`, `diff` and `draw`: what they find in editions that are broken on purpose."""

import json
import shutil
from datetime import date
from xml.etree import ElementTree

import msgspec
import pytest
import yaml
from tests.support.command_line import run
from tests.support.faults import FAULTS, broken, claims_and_waivers, findings, the_edition

from consilium.guidance.labels import label_of
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import bundled_root
from consilium.knowledge.records import Region
from consilium.planning.expectations import outcome
from consilium.planning.known import understand
from consilium.proving.calendar import Calendar, Moment
from consilium.proving.decisions import Decisions
from consilium.proving.differences import Side, differences
from consilium.proving.drawing import End, Question, draw, mermaid, svg
from consilium.proving.findings import Kind, draft, enlarged, is_shown
from consilium.proving.gaps import gaps
from consilium.proving.knowing import Knowledgeable
from consilium.proving.proof import prove
from consilium.proving.subject import Partial, Subject
from consilium.proving.telling import proof_text
from consilium.rules.conditions import Bound
from consilium.rules.facts import is_settled
from consilium.rules.proving import Prover, Undecided, Verdict, solver_module

pytest.importorskip("z3")


def test_there_are_enough_faults_of_every_class():
    assert len(FAULTS) >= 30
    assert {fault.kind for fault in FAULTS} == {
        "gap",
        "contradiction",
        "dead",
        "shadowed",
        "constant",
        "redundant",
        "claim",
    }


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name.replace(" ", "-") for fault in FAULTS])
def test_a_fault_is_found_with_a_patient_who_shows_it(fault):
    edition = broken(fault)
    found = [
        finding
        for finding in findings(fault, edition)
        if finding.kind.value == fault.kind
        and not finding.waived
        and set(fault.statements) <= set(finding.statements)
    ]
    assert found, f"{fault.name} was not found"
    wanted = fault.patient.items()
    finding = next((f for f in found if f.example and wanted <= f.example.facts.items()), found[0])
    example = finding.example
    if any(words in finding.says for words in ("on no day", "for nobody", "nobody could be")):
        assert example is None, "there is nobody who could be an example"
        return
    assert example is not None
    if not is_shown(edition, finding):
        example = enlarged(edition, example, lambda one: is_shown(edition, finding, one))
        assert example is not None, "no plan of this patient shows what the finding says"
    assert fault.patient.items() <= example.facts.items()
    if finding.seen or finding.unseen:
        assert is_shown(edition, msgspec.structs.replace(finding, example=example))
    else:
        if finding.kind is Kind.REDUNDANT:
            return  # no plan prints the parts of a definition
        # two values at once: with all that it follows from known, the plan still cannot tell it
        assert "makes one patient both" in finding.says
        (fact,) = fault.statements
        case = patient_from_mapping(example.facts, edition, "example")
        assert not is_settled(understand(case, edition).patient.facts[fact])
    written = yaml.load(draft(finding), Loader=yaml.BaseLoader)
    assert written["id"] and written["why"] == finding.says
    patient_from_mapping(written["patient"], edition, "draft")


def test_the_bundled_edition_has_none_of_these_faults():
    """So it is the fault that is found, and nothing that was there before."""
    for fault in FAULTS:
        if fault.asks != "idle":
            there = [
                finding
                for finding in findings(fault, the_edition())
                if finding.kind.value == fault.kind
                and not finding.waived
                and set(fault.statements) <= set(finding.statements)
            ]
            assert not there, fault.name


def test_a_whole_scope_is_not_waived_by_one_line_nor_by_two():
    claims, waivers = claims_and_waivers()
    assert claims
    (later,) = [w for w in waivers if w.id == "triple-negative-after-one-line"]
    halves = [
        msgspec.structs.replace(later, id=name, when=Bound("prior_lines", **bound))
        for name, bound in (("few", {"below": 3}), ("many", {"start": 3}))
    ]
    whole = msgspec.structs.replace(later, id="whole", when=Bound("prior_lines", start=0))
    edition = the_edition()
    for listed, said in (((whole,), "waives the whole scope"), (halves, "together they waive")):
        subject = Subject(edition, also=[w.when for w in listed])
        found = [f for f in gaps(subject, listed) if f.kind is Kind.WAIVER]
        assert [f.statements for f in found] == [tuple(w.id for w in listed)]
        assert said in found[0].says


def test_a_question_beyond_its_budget_is_said_to_be_undecided(monkeypatch):
    def beyond(self, *assumed):
        raise Undecided("not decided within the budget: timeout")

    monkeypatch.setattr(Prover, "_check", beyond)
    claims, waivers = claims_and_waivers()
    proof = prove(the_edition(), claims=claims[:2], waivers=waivers)
    assert "gaps: not decided within the budget: timeout" in proof.undecided
    assert not proof.holds
    assert "not decided: gaps: not decided within the budget: timeout" in proof_text(proof)
    for judged in proof.claims:
        assert judged.verdict is Verdict.NOT_DECIDED
        assert "within the budget" in judged.finding.says


def test_a_status_that_may_turn_around_is_seen_to():
    """The question on learning can say no: a label under review is no certain answer."""
    subject = Subject(the_edition())
    known = Knowledgeable(subject)
    moment = Moment(Region.US, date(2026, 6, 1))
    before = Decisions(subject, Partial(subject, known.before), moment)
    after = Decisions(subject, Partial(subject, known.after), moment)
    regimen = "sacituzumab-govitecan-pembrolizumab"
    was, stays = before.label(regimen, "under-review"), after.label(regimen, "under-review")
    assert known.turned(was, subject.prover.logic.no(stays))
    for status in ("approved", "outside"):
        was, stays = before.label(regimen, status), after.label(regimen, status)
        assert not known.turned(was, subject.prover.logic.no(stays))


def test_the_calendar_counts_what_the_edition_says_is_in_force():
    edition = the_edition()
    calendar = Calendar(edition)
    contents = edition.contents
    for index in range(0, len(calendar.starts), 5):
        day = calendar.day_of(index)
        for region in (Region.US, Region.CN):
            for kind, listed in (
                ("position", contents.positions),
                ("approval", contents.approvals),
                ("care", contents.care),
            ):
                expected = {
                    f"{kind}:{s.id}"
                    for s in edition.in_force(listed, day)
                    if not s.regions or region in s.regions
                }
                assert set(calendar.in_force(kind, Moment(region, day))) == expected


# --- the commands -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def broken_folder(tmp_path_factory):
    """A copy of the edition's files in which one bound was moved."""
    root = tmp_path_factory.mktemp("edition") / "knowledge"
    shutil.copytree(bundled_root(), root)
    path = root / "approvals" / "talazoparib.yaml"
    text = path.read_text("utf-8")
    changed = text.replace(
        "germline_brca: [pathogenic, likely-pathogenic]",
        "germline_brca: [pathogenic, likely-pathogenic, uncertain-significance]",
        1,
    )
    assert changed != text
    path.write_text(changed, "utf-8")
    return root


def test_a_broken_folder_is_refused_with_its_file_and_line(broken_folder):
    made = run("prove", str(broken_folder))
    assert made.code == 1
    assert "CLAIM" in made.out and "uncertain significance" in made.out
    assert "knowledge/approvals/talazoparib.yaml:" in made.out
    assert "as a case that fails today" in made.out
    assert "minus" in made.out and "waivers with reasons" in made.out


def test_diff_of_two_folders_names_the_patients(broken_folder):
    made = run("diff", str(bundled_root()), str(broken_folder), "--format", "json")
    assert made.code == 0, made.out
    found = json.loads(made.out)
    assert found["complete"]
    assert [one["statement"] for one in found["statements"]] == ["us-talazoparib-gbrca"]
    label = next(one for one in found["changes"] if one["kind"] == "label")
    assert (label["about"], label["before"], label["after"]) == (
        "label of talazoparib",
        "outside",
        "approved",
    )
    assert label["regions"] == ["US"]
    assert label["example"]["patient"]["germline_brca"] == "uncertain-significance"


def test_diff_says_the_same_as_text_and_as_markdown():
    for format_ in ("text", "markdown"):
        made = run("diff", "2026-06-23", "2026-06-24", "--region", "US", "--format", format_)
        assert made.code == 0
        assert "us-sacituzumab-govitecan-tn-1l-alone" in made.out
        assert "Complete: it is proved" in made.out


def test_diff_does_not_know_a_revision_that_is_none():
    made = run("diff", "no-such-revision", "2026-11-20")
    assert made.code == 1
    assert "no revision" in made.err


def test_every_example_of_a_difference_is_planned_that_way():
    """Prover and planner cannot drift apart: each side's plan shows its side of the change."""
    edition = the_edition()
    old, new = date(2026, 1, 12), date(2026, 11, 20)
    found = differences(Side(edition, old, "old"), Side(edition, new, "new"), regions=(Region.US,))
    assert found.complete and found.changes
    for change in found.changes:
        example = change.example
        assert example is not None
        if change.kind != "label":
            continue
        regimen = change.about.removeprefix("label of ")
        case = patient_from_mapping(example.facts, edition, "example")
        for day, status in ((old, change.before), (new, change.after)):
            seen = outcome(case, edition, as_of=day, region=Region.US)
            assert seen.answers is not None
            assert label_of(regimen, seen.answers).status.value == status


@pytest.mark.parametrize("scope", [s.id for s in the_edition().contents.scopes.scopes])
def test_a_scope_is_drawn_on_one_page(scope):
    edition = the_edition()
    record = next(s for s in edition.contents.scopes.scopes if s.id == scope)
    made = draw(edition, record, Moment(Region.US, edition.info.date.last))
    chart = mermaid(made)
    assert chart.startswith("---\ntitle: ") and "flowchart LR" in chart
    image = ElementTree.fromstring(svg(made))
    _, _, width, height = (float(n) for n in image.attrib["viewBox"].split())
    assert width <= 2_600 and height <= 1_900, "no page holds this legibly"
    boxes = [e for e in image if e.tag.endswith("rect")][1:]
    spans = [tuple(float(b.attrib[k]) for k in ("x", "y", "width", "height")) for b in boxes]
    for index, (x, y, wide, high) in enumerate(spans):
        assert min(x, y) >= 0 and x + wide <= width and y + high <= height
        for other_x, other_y, _, other_high in spans[index + 1 :]:
            apart = y + high <= other_y or other_y + other_high <= y
            assert x != other_x or apart, "two boxes lie on one another"


def test_a_drawing_parts_the_carriers_as_the_source_page_does():
    edition = the_edition()
    name = "triple-negative-first-line-no-checkpoint-inhibitor"
    record = next(s for s in edition.contents.scopes.scopes if s.id == name)
    ((_, node),) = draw(edition, record, Moment(Region.US, date(2026, 1, 12))).roots
    for wanted in ("below 10", "pathogenic", "low-volume", "no symptoms"):
        while isinstance(node, Question) and not any(wanted in a for a, _ in node.branches):
            node = node.branches[0][1]
        assert isinstance(node, Question), wanted
        node = next(following for answered, following in node.branches if wanted in answered)
    while isinstance(node, Question):
        node = node.branches[0][1]
    assert isinstance(node, End)
    assert any("Tolaney recommends olaparib or talazoparib" in line for line in node.lines)


def test_an_unknown_scope_is_named_with_those_that_are_there():
    made = run("draw", "triple-negative")
    assert made.code == 1
    assert "triple-negative-later-lines" in made.err


def test_the_solver_is_there_in_this_run():
    assert solver_module().get_version()
