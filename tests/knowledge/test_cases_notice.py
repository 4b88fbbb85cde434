"""The worked cases watch over the edition: no small fault in it goes unnoticed."""

import pytest
import yaml
from tests.support.faults import the_edition

from consilium.proving.drafting import Drafting
from consilium.proving.killing import killers, prepared, unseen
from consilium.proving.mutants import mutants
from consilium.proving.noticing import Noticed, draft_files, notice

pytest.importorskip("z3")

POSITION = "position:tolaney-gbrca-low-volume-parp"


@pytest.mark.slow
def test_every_mutant_is_noticed_or_proved_to_change_no_plan():
    found = notice(the_edition(), the_edition().cases())
    assert found.mutants > 1_000
    assert not found.unnoticed
    assert found.complete and not found.drafts
    assert 0 < len(found.equivalent) < found.mutants / 10


def test_every_test_is_seen_answered_yes_no_and_unknown_by_some_case():
    ready = prepared(the_edition(), the_edition().cases())
    assert list(unseen(the_edition(), ready)) == []


def test_without_its_cases_a_statement_is_watched_by_nobody_and_drafts_are_offered():
    """The question can say no, and what it drafts answers it."""
    edition = the_edition()
    of_it = [m for m in mutants(edition) if m.key == POSITION]
    assert any(m.kind == "moved" for m in of_it)
    none = prepared(edition, ())
    assert all(next(killers(edition, none, m), None) is None for m in of_it)
    drafts, equivalent = Drafting(edition, of_it).drafts()
    assert drafts
    ready = prepared(edition, [draft.case for draft in drafts])
    for mutant in of_it:
        noticed = next(killers(edition, ready, mutant), None) is not None
        assert noticed is not (mutant in equivalent), mutant.says
    found = Noticed(len(of_it), tuple(of_it), tuple(equivalent), (), tuple(drafts))
    for name, text in draft_files(found):
        written = yaml.load(text, Loader=yaml.BaseLoader)
        assert name == f"positions/{written['id']}.yaml"
        assert POSITION.split(":")[1] in written["why"]


def test_a_mutant_that_changes_no_plan_is_proved_so():
    """It began on the edition's own day: no day of the edition lies before or after."""
    edition = the_edition()
    later = [m for m in mutants(edition) if m.key == "approval:cn-datopotamab-deruxtecan-tn"]
    after = [m for m in later if m.kind == "time" and "later" in m.says]
    assert Drafting(edition, after).drafts() == ([], after), "no day of the edition shows it"
