"""What the files of the bundled edition owe to the people who read them."""

import re
from collections import Counter
from itertools import product
from pathlib import Path

import msgspec
import pytest
import yaml
from tests.support import truth_table
from tests.support.builders import the_edition

from consilium.clinical.dates import Day
from consilium.clinical.therapies import DERIVED_FACTS
from consilium.evidence.sources import Citation
from consilium.knowledge.edition import Edition, bundled_root
from consilium.rules.conditions import facts_in
from consilium.rules.facts import MembersKind, nothing_known

EDITION = the_edition()
CONTENTS = EDITION.contents
ROOT = bundled_root()
SOURCE_PAGES = Path(__file__).resolve().parents[2] / "../shared/seeds"
STATEMENTS = (*CONTENTS.positions, *CONTENTS.approvals, *CONTENTS.care)

UNUSED_SOURCES: dict[str, str] = {}
"""Sources that nothing cites, each with the reason why it is kept."""


def records(value):
    """Every record inside a value, itself included."""
    if isinstance(value, msgspec.Struct):
        yield value
        value = [getattr(value, field) for field in value.__struct_fields__]
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, tuple | list | type({}.values())):
        for part in value:
            yield from records(part)


def test_it_loads_without_a_problem():
    assert Edition.read(ROOT).contents == CONTENTS


# --- facts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fact", EDITION.model.defined, ids=lambda fact: fact.id)
def test_a_definition_gives_every_patient_exactly_one_value(fact):
    """For every cell, that is, every way in which the facts below it can answer its tests."""
    model, conditions = EDITION.model, list(fact.definition.values())
    asked = sorted({name for when in conditions for name in facts_in(when)})
    cells = [
        truth_table.values_of(model, name, nothing_known(model.facts[name].kind), conditions)
        for name in asked
    ]
    for values in product(*cells):
        cell = dict(zip(asked, values, strict=True))
        fitting = [word for word, when in fact.definition.items() if truth_table.holds(when, cell)]
        assert len(fitting) == 1, (cell, fitting)


def test_every_way_of_counting_is_a_fact_and_every_counted_fact_has_one():
    counted = {fact.id for fact in CONTENTS.facts if fact.origin == "derived"}
    assert counted == set(DERIVED_FACTS)


def test_every_fact_that_can_be_entered_can_be_asked_for():
    assert [f.id for f in CONTENTS.facts if f.origin != "defined" and not f.ask] == []


@pytest.mark.parametrize(
    ("fact", "field"), [("prior_payload_classes", "payload_class"), ("prior_adc_targets", "target")]
)
def test_what_conjugates_carry_and_aim_at_can_be_told_of_a_patient(fact, field):
    kind = EDITION.model.facts[fact].kind
    assert isinstance(kind, MembersKind)
    named = {getattr(drug, field) for drug in CONTENTS.drugs} - {""}
    assert named <= set(kind.values)


def test_no_unit_is_worth_nothing():
    assert [f.id for f in CONTENTS.facts if any(worth <= 0 for worth in f.units.values())] == []


# --- regimens and drugs -------------------------------------------------------------------------


def test_every_regimen_has_drugs_or_stands_for_others():
    odd = [r.id for r in CONTENTS.regimens if bool(r.components) is bool(r.any_of)]
    assert odd == []
    assert all(EDITION.drugs_of(name) for name in EDITION.regimens)


def test_no_drug_shares_a_name_with_another():
    names = Counter(
        name
        for drug in CONTENTS.drugs
        for name in {word.lower() for word in (drug.name, drug.short, *drug.names, *drug.brands)}
        if name
    )
    assert [name for name, count in names.items() if count > 1] == []


# --- sources ------------------------------------------------------------------------------------


def test_every_source_is_cited_by_something():
    cited = {record.source for record in records(CONTENTS) if isinstance(record, Citation)}
    idle = set(EDITION.sources) - cited
    assert idle == set(UNUSED_SOURCES)


def test_every_statement_rests_on_a_page_of_tier_c_or_better():
    weak = [
        (record.source, record.read)
        for record in records(STATEMENTS)
        if isinstance(record, Citation)
        and (read := EDITION.sources[record.source].reading(record.read)) is not None
        and read.tier is not None
        and read.tier.value not in ("A", "B", "C")
    ]
    assert weak == []


def test_every_source_says_how_it_was_read():
    assert [source.id for source in CONTENTS.sources if not source.read] == []


# --- statements ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement", [*STATEMENTS, *CONTENTS.trials], ids=lambda statement: statement.id
)
def test_an_interpretation_is_of_a_fact_or_of_the_statement_itself(statement):
    """Of a fact that is tested, or that is left out although the words could be read as naming it."""
    named = set(EDITION.facts) | set(statement.__struct_fields__)
    assert set(statement.interpretation) <= named


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.id)
def test_a_statement_was_checked_after_it_was_made_and_is_not_due(statement):
    if isinstance(statement.since, Day):
        assert statement.since.first <= statement.checked.last
    assert statement.review_by.last > EDITION.info.date.last


def test_whoever_speaks_is_one_who_can():
    kinds = {name: speaker.kind for name, speaker in EDITION.speakers.items()}
    assert {kinds[p.who] for p in CONTENTS.positions} <= {"person", "guideline", "activity"}
    assert {kinds[rule.who] for rule in CONTENTS.care} <= {"regulator", "guideline", "person"}


def test_a_guideline_grades_by_its_own_scale():
    scales = {"nccn": {"nccn"}, "asco": {"asco"}, "esmo": {"esmo", "esmo-mcbs", "escat"}}
    graded = [p for p in CONTENTS.positions if p.grading is not None]
    assert [p.id for p in graded if p.grading.scale not in scales.get(p.who, set())] == []


def test_a_regulator_decides_for_its_own_regions():
    regions = {"fda": {"US"}, "ema": {"EU", "NO"}, "nmpa": {"CN"}}
    odd = [
        a.id for a in CONTENTS.approvals if not {r.value for r in a.regions} <= regions[a.regulator]
    ]
    assert odd == []


def test_no_rule_passes_from_one_drug_to_another():
    """A care rule cites what is about its own drug, where the source's name says which it is."""
    drugs = {drug.id for drug in CONTENTS.drugs}
    strayed = [
        (rule.id, cited.source)
        for rule in CONTENTS.care
        for cited in rule.because
        if (named := [drug for drug in drugs if cited.source.startswith(f"{drug}-")])
        and max(named, key=len) != rule.drug
    ]
    assert strayed == []


# --- words --------------------------------------------------------------------------------------

RUN = 12
TITLES = ("reference", "title", "name", "names", "address")


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def runs(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + RUN]) for i in range(len(found) - RUN + 1)}


@pytest.mark.samples
def test_no_sentence_is_copied_from_the_source_pages():
    pages = sorted(SOURCE_PAGES.glob("*.txt"))
    if not pages:
        pytest.skip("the source pages are kept outside the repository, and are not here")
    printed = set().union(*(runs(page.read_text(errors="replace")) for page in pages))
    copied = [
        f"{path.relative_to(ROOT)} line {line}: {' '.join(sorted(shared)[0])}"
        for path in sorted(ROOT.rglob("*.yaml"))
        for line, text in _texts(path)
        if (shared := runs(text) & printed)
    ]
    assert copied == []


def _texts(path: Path):
    """Every scalar of a file with its line; names and titles are facts, and are left out."""
    queue = [yaml.compose(path.read_text(encoding="utf-8"), yaml.CSafeLoader)]
    while queue:
        node = queue.pop()
        if isinstance(node, yaml.ScalarNode):
            yield node.start_mark.line + 1, node.value
        elif isinstance(node, yaml.SequenceNode):
            queue += node.value
        elif isinstance(node, yaml.MappingNode):
            queue += [part for key, part in node.value if key.value not in TITLES]
