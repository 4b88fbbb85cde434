"""Prover and planner cannot drift apart: what a formula says of a patient, the plan shows."""

from collections.abc import Iterator
from datetime import date

import pytest
from tests.support.faults import the_edition

from consilium.clinical.patient import PatientError
from consilium.intake import patient_from_mapping
from consilium.knowledge.records import Region, Shows
from consilium.planning.expectations import outcome, shown
from consilium.proving.calendar import Moment
from consilium.proving.contradictions import splits
from consilium.proving.decisions import Decisions
from consilium.proving.findings import enlarged, entered
from consilium.proving.killing import decided, prepared
from consilium.proving.subject import Subject
from consilium.rules.proving import Example

pytest.importorskip("z3")

MOMENTS = (
    Moment(Region.US, date(2026, 11, 20)),
    Moment(Region.EU, date(2026, 11, 20)),
    Moment(Region.US, date(2026, 6, 1)),
    Moment(Region.CN, date(2024, 6, 1)),
)


@pytest.fixture(scope="module")
def subject():
    return Subject(the_edition())


def expected(decisions: Decisions) -> Iterator[Shows]:
    """Everything that a plan of a day could show of the statements that count."""
    edition = decisions.edition
    regimens = dict.fromkeys(r for a in decisions.approvals for r in a.regimens)
    regimens |= dict.fromkeys(r for p in decisions.positions for r in p.regimens)
    for position in decisions.positions:
        yield Shows(position=position.id)
        for certainty in ("certain", "extension", "waiting"):
            yield Shows(position=position.id, certainty=certainty)
        yield Shows(position=position.id, stance=position.stance)
    for regimen in regimens:
        for label in ("approved", "outside", "under-review", "none-found", "not-recorded"):
            yield Shows(regimen=regimen, label=label)
        for certainty in ("certain", "extension", "waiting"):
            yield Shows(regimen=regimen, certainty=certainty)
        yield Shows(regimen=regimen, kind="contraindication")
    for rule in decisions.care:
        named = [r for r in regimens if rule.drug in edition.drugs_of(r)]
        yield from (Shows(regimen=r, caution=rule.id) for r in named)
    for trial in edition.contents.trials:
        if trial.eligibility is not None:
            yield Shows(trial=trial.id, fit="yes")
    for scope in edition.contents.scopes.scopes:
        yield Shows(scope=scope.id)
    for exclusion in edition.contents.scopes.exclusions:
        yield Shows(excluded=exclusion.id)
    for one, other in zip(decisions.positions, decisions.positions[1:], strict=False):
        yield Shows(conflict=(one.id, other.id))


def patients(subject: Subject, moment: Moment) -> Iterator[tuple[dict[str, object], Example]]:
    """Patients of whom everything is known: one in each position's group, where there are any."""
    decisions = Decisions(subject, subject.complete, moment)
    for position in decisions.positions[::3]:
        example = subject.find(decisions.holds(position), subject.planned)
        if example is not None:
            model = subject.edition.model
            yield (
                {
                    fact: entered(subject.edition, fact, value)
                    for fact, value in example.values.items()
                    if not model.facts[fact].follows
                },
                example,
            )


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda m: f"{m.region.value}-{m.day}")
def test_a_formula_is_true_of_just_the_patients_whose_plan_shows_it(subject, moment):
    decisions = Decisions(subject, subject.complete, moment)
    prover, looked_at = subject.prover, 0
    formulas = [(one, decisions.shown(one)) for one in expected(decisions)]
    for facts, example in patients(subject, moment):
        case = patient_from_mapping(facts, subject.edition, "example")
        try:
            seen = outcome(case, subject.edition, as_of=moment.day, region=moment.region)
        except PatientError:
            continue
        prover.solver.push()
        prover.solver.add(*(prover.literal(one) for one in subject.literals(example.values)))
        prover.solver.check()
        model = prover.solver.model()
        prover.solver.pop()
        for one, formula in formulas:
            said = bool(prover.z3.is_true(model.eval(formula, model_completion=True)))
            assert said is shown(one, seen), (one, facts)
            looked_at += 1
    assert looked_at > 400


def test_every_split_shows_as_a_conflict_in_the_plan_of_its_example(subject):
    edition, found = the_edition(), list(splits(subject))
    assert len(found) > 10
    for split in found:

        def conflict(example, split=split):
            case = patient_from_mapping(example.facts, edition, "example")
            seen = outcome(case, edition, as_of=example.day, region=example.region)
            return shown(Shows(conflict=split.positions), seen)

        example = split.example
        assert example is not None
        assert conflict(example) or enlarged(edition, example, conflict) is not None


def test_what_is_decided_of_a_mutant_is_decided_as_the_planner_does():
    """Mutants are looked at with a shorter plan; of every case it shows what the whole one does."""
    edition = the_edition()
    for one in prepared(edition, edition.cases()[::6]):
        whole = outcome(one.patient, edition, as_of=one.case.as_of.last, region=one.case.region)
        short = decided(one.answers)
        for expectation in (*one.case.shows, *one.case.never_shows):
            if not expectation.gap and not (expectation.scope and expectation.certainty):
                assert shown(expectation, short) is shown(expectation, whole), one.case.id
        if whole.plan.refusal is None:
            for part in ("options", "possible", "labels_only"):
                listed = sorted((o.regimen, o.certainty) for o in getattr(short.plan, part))
                there = sorted((o.regimen, o.certainty) for o in getattr(whole.plan, part))
                assert listed == there
            pairs = [
                {frozenset(c.positions) for c in p.conflicts} for p in (short.plan, whole.plan)
            ]
            assert pairs[0] == pairs[1]
