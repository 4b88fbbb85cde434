"""Cases, courses and editions that say only what matters."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from consilium.clinical.dates import Day
from consilium.clinical.patient import Entered, Origin, PatientCase, Therapy, TherapyList
from consilium.knowledge.edition import Edition
from consilium.planning.known import understand
from consilium.rules.answering import Value, as_known
from consilium.rules.answers import NO
from consilium.rules.completions import Patient
from consilium.rules.conditions import IsOneOf
from consilium.rules.facts import FactModel, Known

HERE = Origin("test")


@cache
def the_edition() -> Edition:
    """The bundled edition, read from its files once."""
    return Edition.bundled()


# --- patients -----------------------------------------------------------------------------------


def known(**facts: Value) -> dict[str, Known]:
    """Facts by their settled value, or by what is known of them."""
    found = {name: as_known(value) for name, value in facts.items()}
    return {name: value for name, value in found.items() if value is not None}


def a_course(*drugs: str, setting: str = "advanced", **rest: Any) -> Therapy:
    """One course of treatment; dates are written as text."""
    for name in ("started", "ended"):
        if name in rest:
            rest[name] = Day(rest[name])
    return Therapy(drugs=drugs, setting=setting, **rest)


def a_case(
    *courses: Therapy,
    complete: bool = False,
    relapsed_on: str | None = None,
    **facts: str | float | frozenset[str],
) -> PatientCase:
    """A patient with these earlier courses and these facts entered."""
    return PatientCase(
        {name: Entered(value, HERE) for name, value in facts.items()},
        TherapyList(courses, complete),
        Day(relapsed_on) if relapsed_on else None,
    )


def a_patient(edition: Edition, *courses: Therapy, **rest: Any) -> Patient:
    """What is known of such a patient."""
    return understand(a_case(*courses, **rest), edition).patient


def possible_words(model: FactModel, fact: str, **facts: Value) -> set[str]:
    """The values of a choice that some completion of the entered facts has."""
    patient = Patient(model, known(**facts))
    assert patient.contradiction is None, patient.contradiction
    values = model.facts[fact].kind.values
    return {v for v in values if patient.settle(IsOneOf(fact, (v,))) is not NO}


# --- editions -----------------------------------------------------------------------------------

# Drugs, numbers and speakers are invented.
TINY: Mapping[str, str] = {
    "EDITION.yaml": """\
edition: "1"
date: 2026-03-01
schema: consilium-edition/1
title: invented
maintainers: [nobody]
intended_use: tests
knowledge_until: 2026-02
""",
    "vocabulary/facts.yaml": """\
facts:
  - id: subtype
    kind: choice
    group: disease
    phrase: subtype
    values: {triple-negative: triple-negative, other: another subtype}
  - id: stage
    kind: choice
    group: disease
    phrase: stage
    values: {"0": stage 0, 1+: stage 1+, yes: stage yes, NO: stage NO}
  - id: line
    kind: number
    group: disease
    phrase: line
    origin: derived
    whole: yes
    low: 1
    high: 9
  - id: score
    kind: number
    group: disease
    phrase: score
    high: 100
  - id: neutrophils
    kind: number
    group: disease
    phrase: neutrophils
    unit: /mm3
    units: {/mm3: 1, x10^9/L: 1000}
    high: 500000
  - id: prior_drugs
    kind: members
    group: disease
    phrase: earlier drugs
    origin: derived
    vocabulary: drugs
invariants:
  - id: not-other-in-line-nine
    never: {subtype: other, line: 9}
    says: no other subtype in line 9
""",
    "vocabulary/scopes.yaml": """\
scopes:
  - {id: all, covers: full, when: {subtype: triple-negative}, says: covered}
""",
    "vocabulary/classes.yaml": """\
- {id: conjugate, name: conjugate}
""",
    "vocabulary/drugs.yaml": """\
- {id: example-drug, name: example drug, classes: [conjugate]}
- {id: other-drug, name: other drug, classes: [conjugate]}
""",
    "vocabulary/speakers.yaml": """\
- {id: an-expert, name: An Expert, kind: person}
- {id: a-panel, name: A Panel, kind: guideline}
""",
    "vocabulary/endpoints.yaml": """\
- {id: pfs, name: progression-free survival}
""",
    "vocabulary/adverse-events.yaml": """\
- {id: nausea, name: nausea}
""",
    "sources/a-paper.yaml": """\
id: a-paper
kind: paper
reference: Nobody A. J Invented 2026;1:1
read:
  - {id: abstract, depth: abstract, on: 2026-02-01}
""",
    "regimens/example-drug.yaml": """\
id: example-drug
name: example drug
components:
  - {drug: example-drug, dose: 9 mg/kg, days: [1, 8], because: [{source: a-paper}]}
""",
    "regimens/other-drug.yaml": """\
id: other-drug
name: other drug
components:
  - {drug: other-drug}
""",
    "trials/example-01.yaml": """\
id: example-01
names: [EXAMPLE-01]
kind: randomised-trial
phase: "3"
status: {value: completed, says: over, checked: 2026-02-01, because: [{source: a-paper}]}
population: {says: first line, because: [{source: a-paper}]}
because: [{source: a-paper}]
arms:
  - {id: example-drug, label: example drug, role: experimental, regimen: example-drug}
  - {id: comparator, label: other drug, role: comparator, regimen: other-drug}
results:
  - id: example-01-pfs
    endpoint: pfs
    since: 2026-01-20
    checked: 2026-02-01
    review_by: 2026-08-01
    because: [{source: a-paper, at: table 2}]
    arms:
      example-drug: {median_months: 9.4, ci95: [8.1, not-reached]}
      comparator: {median_months: 6.2, ci95: [5.0, 7.0]}
    contrast: {experimental: example-drug, comparator: comparator, measure: hazard_ratio, value: 0.6, ci95: [0.5, 0.8]}
""",
    "approvals/example-drug.yaml": """\
- id: us-example-drug
  regulator: fda
  regions: [US]
  regimens: [example-drug]
  status: approved
  since: 2026-01-10
  checked: 2026-02-01
  review_by: 2026-08-01
  because: [{source: a-paper}]
  when: {subtype: triple-negative, line: 1}
""",
    "positions/first-line.yaml": """\
- id: expert-first-line
  who: an-expert
  stance: recommends
  regimens: [example-drug]
  since: 2026-01-20
  checked: 2026-02-01
  review_by: 2026-08-01
  when: {subtype: triple-negative, line: 1}
  because: [{source: a-paper}]
""",
    "care/example-drug.yaml": """\
- id: example-drug-neutrophils
  drug: example-drug
  kind: check-first
  who: a-panel
  since: 2026-01-20
  checked: 2026-02-01
  review_by: 2026-08-01
  says: neutrophils before each dose
  because: [{source: a-paper}]
  when: {neutrophils: {below: 1500 /mm3}}
""",
    "not-verified/all.yaml": """\
- {id: a-rumour, about: example drug, what: a figure, why: seen on no page}
""",
}

# What an activity adds to it; kept apart, since it points at statements that tests replace.
AN_ACTIVITY: Mapping[str, str] = {
    "vocabulary/organisations.yaml": """\
- {id: example-maker, name: Example Maker, spellings: [Example Maker, Example Mkaer]}
- {id: payer, name: Payer, spellings: [Payer, Payer/Owner]}
- {id: owner, name: Owner, spellings: [Owner, Payer/Owner]}
""",
    "activities/an-activity.yaml": """\
id: an-activity
series: invented
type: faq
title: An activity
abstract: questions and answers
source: a-paper
speaker: a-panel
released: 2026-01-20
checked: 2026-02-01
review_by: 2026-08-01
provider: {organisation: owner, as_written: Owner of Examples}
supporters:
  - {organisation: payer, kind: educational-grant}
audience: {says: anybody}
objectives:
  - {id: to-learn, says: learn}
faculty:
  - speaker: an-expert
    role: primary-author
    disclosure:
      status: declared
      at: last page
      relationships:
        - {kind: honoraria, organisations: [Example Mkaer, Payer/Owner]}
takeaways:
  - {id: the-takeaway, says: longer, at: top, question: the-question, results: [example-01-pfs]}
questions:
  - id: the-question
    short: which
    asks: Which drug?
    at: first question
    objectives: [to-learn]
    turns:
      - {id: turn-1, speaker: an-expert, at: first answer, says: [this one], positions: [expert-first-line]}
      - id: turn-2
        speaker: an-expert
        at: second answer
        says: [as said]
        agrees_with: [turn-1]
        remarks:
          - {id: the-remark, says: promising, about: praise}
polls:
  - {id: before, asks: if so, options: ["no", "yes"], premise: {says: not approved, approvals: [us-example-drug]}, successor: after}
  - {id: after, asks: as it is, options: ["no", "yes"]}
credit: {id: a-scheme, says: no credit, requires: [steps, test], pass_percent: 50, attempts: 2, expires: 2027-01-31, keep_years: 6}
test:
  questions:
    - {id: tested, asks: "Which?", options: [this, that], right: this, because: longer, objectives: [to-learn], results: [example-01-pfs]}
""",
}


def an_edition_folder(folder: Path, changed: Mapping[str, str | bytes | None] = {}) -> Path:
    """A tiny edition as files; ``changed`` replaces files whole, and ``None`` leaves one out."""
    root = folder / "knowledge"
    for name, text in (dict(TINY) | dict(changed)).items():
        if text is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def a_tiny_edition(folder: Path, changed: Mapping[str, str | bytes | None] = {}) -> Edition:
    """The tiny edition, read and checked."""
    return Edition.read(an_edition_folder(folder, changed))
