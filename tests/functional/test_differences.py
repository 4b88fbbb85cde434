"""`consilium diff`: every edit that a plan can show is found, with a patient in whom it shows."""

from datetime import date

import msgspec
import pytest
from tests.support.faults import the_edition

from consilium.clinical.dates import Day
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region, Stance
from consilium.planning.making import plan
from consilium.proving.calendar import Calendar
from consilium.proving.differences import Difference, Side, differences
from consilium.proving.findings import Patient
from consilium.proving.records import statement_changes
from consilium.rules.conditions import Bound

pytest.importorskip("z3")

DAY = date(2026, 11, 20)
replaced = msgspec.structs.replace


def edited(field, name, **changes):
    contents = the_edition().contents
    listed = getattr(contents, field)
    assert any(one.id == name for one in listed), name
    changed = tuple(replaced(one, **changes) if one.id == name else one for one in listed)
    return Edition(replaced(contents, **{field: changed}))


def compared(new, regions=(Region.US,)):
    return differences(Side(the_edition(), DAY, "old"), Side(new, DAY, "new"), regions=regions)


def planned(edition, example: Patient, region, day=DAY):
    case = patient_from_mapping(example.facts, edition, "example")
    return plan(case, edition, as_of=day, region=region)


def only(found: Difference, kind: str, about: str):
    (change,) = [c for c in found.changes if (c.kind, c.about) == (kind, about)]
    assert change.example is not None
    return change


ADC, PARP = "tolaney-tn-1l-adc-upfront", "tolaney-gbrca-low-volume-parp"
LABEL = "us-sacituzumab-govitecan-tn-1l-alone"

EDITS = {
    "a stance": (
        edited("positions", ADC, stance=Stance.WOULD_CONSIDER),
        ("position", ADC, "stance recommends", "stance would_consider"),
    ),
    "a preference": (
        edited("positions", PARP, over=("datopotamab-deruxtecan",)),
        (
            "position",
            PARP,
            "over sacituzumab-govitecan or datopotamab-deruxtecan",
            "over datopotamab-deruxtecan",
        ),
    ),
    "a caveat": (
        edited("positions", ADC, caveat="only in the sun"),
        ("position", ADC, "other words in caveat", "reworded: caveat"),
    ),
    "the day of an approval": (
        edited("approvals", LABEL, since=Day("2026-06-25")),
        ("approval", LABEL, "since 2026-06-24", "since 2026-06-25"),
    ),
    "the kind of a care rule": (
        edited("care", "olaparib-us-pregnancy", kind="contraindication"),
        ("care", "olaparib-us-pregnancy", "kind caution", "kind contraindication"),
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_is_said_otherwise_of_the_same_patients_is_a_change(name):
    edition, (kind, about, before, after) = EDITS[name]
    found = compared(edition)
    assert found.complete
    assert [(one.kind, one.statement) for one in found.statements] == [(kind, about)]
    assert [(c.kind, c.about) for c in found.changes] == [(kind, about)]
    change = only(found, kind, about)
    assert (change.before, change.after) == (before, after)
    region = change.regions[0]
    old = planned(the_edition(), change.example, region)
    new = planned(edition, change.example, region)
    without = {"edition": "", "edition_hash": ""}
    assert replaced(old, **without) != replaced(new, **without), "the plans are the same"


def test_two_positions_that_only_change_their_stance_are_both_found():
    contents = the_edition().contents
    other = {ADC: Stance.ACCEPTABLE, PARP: Stance.MAY_BE_PREFERRED}
    positions = tuple(
        replaced(p, stance=other.get(p.id, p.stance)) if p.id in other else p
        for p in contents.positions
    )
    found = compared(Edition(replaced(contents, positions=positions)))
    assert found.complete
    assert {c.about for c in found.changes} == {ADC, PARP}


def test_a_region_taken_from_a_statement_changes_the_plans_of_that_region_alone():
    approval = the_edition().approvals["us-sacituzumab-tirumotecan"]
    everywhere = edited("positions", ADC, regions=(Region.US,))
    found = compared(everywhere, tuple(Region))
    gone = only(found, "position", ADC)
    assert (gone.before, gone.after) == ("said", "not said")
    assert set(gone.regions) == set(Region) - {Region.US}
    assert approval.regions == (Region.US,)
    found = compared(
        edited("approvals", approval.id, regions=(Region.US, Region.CA)), tuple(Region)
    )
    change = only(found, "label", "label of sacituzumab-tirumotecan")
    assert (change.before, change.after) == ("not-recorded", "none-found")
    assert change.regions == (Region.CA,)


def test_a_position_moved_in_time_changes_plans_between_its_two_days_only():
    later = edited("positions", ADC, since=Day("2026-03-01"))
    for day, changes in ((date(2026, 2, 1), True), (date(2026, 4, 1), False)):
        found = differences(
            Side(the_edition(), day, "old"), Side(later, day, "new"), regions=(Region.US,)
        )
        assert found.complete
        said = [c for c in found.changes if (c.before, c.after) == ("said", "not said")]
        assert bool(said) is changes
        # where it still holds, the plan gives the other day
        assert any(c.before == "since 2026-01-12" for c in found.changes) is not changes


def test_an_exception_taken_back_and_a_bound_moved_are_found_by_whom_they_reach():
    found = compared(edited("positions", "cortes-gbrca-depends-on-burden", overrides=()))
    change = only(found, "position", "cortes-tn-1l-sacituzumab-govitecan")
    assert (change.before, change.after) == ("not said", "said")
    when = the_edition().positions[ADC].when
    parts = tuple(
        Bound("pd_l1_cps", below=5) if getattr(p, "fact", "") == "pd_l1_cps" else p
        for p in when.parts
    )
    if parts == when.parts:
        parts = (*parts, Bound("pd_l1_cps", below=5))
    found = compared(edited("positions", ADC, when=replaced(when, parts=parts)))
    change = only(found, "position", ADC)
    assert (change.before, change.after) == ("said", "not said")
    assert change.example.facts["pd_l1_cps"] >= 5


def test_an_extension_that_becomes_the_rule_is_a_change():
    position = the_edition().positions[PARP]
    assert position.extends_to
    found = compared(edited("positions", PARP, when=position.when, extends_to=()))
    change = only(found, "position", PARP)
    assert (change.before, change.after) == ("said as an extension", "not said")


def test_the_same_edition_twice_shows_nothing():
    found = compared(Edition(the_edition().contents))
    assert found.complete and not found.changes and not found.statements


def test_a_result_that_was_replaced_shows_beside_the_options_it_measured():
    edition = the_edition()
    found = differences(
        Side(edition, date(2026, 1, 12), "old"), Side(edition, DAY, "new"), regions=(Region.US,)
    )
    change = only(found, "result", "tropion-breast01-orr-primary")
    assert (change.before, change.after) == ("beside an option", "not beside an option")
    assert any(
        one.statement == "tropion-breast01-orr-primary" and one.how == "ends"
        for one in found.statements
    )


def test_from_before_anything_was_said_every_statement_begins():
    """Statements on giving a drug, too: their conditions speak of doses and events."""
    edition = Edition.bundled()
    calendar = Calendar(edition)
    found = list(statement_changes(calendar, calendar, date(1900, 1, 1), date(2026, 11, 20)))
    assert {"position", "approval", "care", "giving", "result"} <= {change.kind for change in found}
    assert {change.how for change in found} <= {"begins", "ends"}
