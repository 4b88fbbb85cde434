"""Which mutants the worked cases notice.

A case notices a mutant when its patient's plan no longer shows what the case
says. A plan is made anew only where some answer differs, and without what no
case can speak of; a test holds such plans to those of the planner.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from consilium.clinical.patient import PatientCase, PatientError
from consilium.guidance.labels import Label, LabelStatus
from consilium.guidance.standing import Answers, Knowledge, Standing, extensions
from consilium.guidance.voices import Agreement, Voice, conflicts, voices
from consilium.intake import patient_from_mapping
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import (
    Approval,
    CareRule,
    Position,
    Shows,
    Stance,
    WorkedCase,
)
from consilium.planning.expectations import Outcome, shown
from consilium.planning.known import understand
from consilium.planning.making import knowledge_of
from consilium.planning.options import Options, all_labels
from consilium.planning.plan import KeyResult, Plan, Refusal
from consilium.proving.mutants import Mutant, mutated
from consilium.rules.answering import answer, answer_test, derive
from consilium.rules.answers import NO, UNKNOWN, YES, Answer
from consilium.rules.completions import Patient
from consilium.rules.conditions import ALWAYS, Condition, Test, facts_in, tests_in


class Prepared(NamedTuple):
    """A worked case whose patient has been understood and whose statements were answered."""

    case: WorkedCase
    patient: PatientCase
    known: Patient
    knowledge: Knowledge
    answers: Answers


def prepared(edition: Edition, cases: Iterable[WorkedCase]) -> tuple[Prepared, ...]:
    """The cases for whose patients a plan is made."""
    found = []
    for case in cases:
        try:
            patient = patient_from_mapping(case.patient, edition, case.id)
            known = understand(patient, edition).patient
        except PatientError:
            continue
        knowledge = knowledge_of(edition, case.as_of.last, case.region)
        found.append(Prepared(case, patient, known, knowledge, Answers(knowledge, known)))
    return tuple(found)


def killers(edition: Edition, cases: Iterable[Prepared], mutant: Mutant) -> Iterator[WorkedCase]:
    """The cases that notice a mutant, those that were made for its statement first."""
    able = [one for one in cases if _can_notice(one.case, mutant)]
    regimens = edition.approvals[mutant.id].regimens if mutant.id in edition.approvals else ()

    def near(one: Prepared) -> tuple[bool, bool]:
        return mutant.id not in one.case.why, not _names(one.case, mutant.id, regimens)

    ordered = sorted(able, key=near)
    edited = mutated(edition, mutant)
    for one in ordered:
        seen = _seen(one, mutant, edited)
        if seen is not None and not holds(one.case, seen):
            yield one.case


def holds(case: WorkedCase, seen: Outcome) -> bool:
    """Whether a plan shows what a case says, the questions that it asks left aside."""
    return all(shown(e, seen) for e in case.shows if not _asks(e)) and not any(
        shown(e, seen) for e in case.never_shows if not _asks(e)
    )


def _asks(expected: Shows) -> bool:
    return bool(expected.gap or (expected.scope and expected.certainty))


def _can_notice(case: WorkedCase, mutant: Mutant) -> bool:
    """Whether a case says anything that hangs on the kind of statement edited."""
    every = (*case.shows, *case.never_shows)
    match mutant.key.split(":")[0]:
        case "care":
            return any(e.caution == mutant.id or e.kind or e.without for e in every)
        case "trial":
            return any(e.trial == mutant.id for e in every)
        case "scope" | "unspoken":
            return any(e.scope == mutant.id for e in every)
        case _:
            return True


def _names(case: WorkedCase, statement: str, regimens: Sequence[str]) -> bool:
    return any(
        statement in (e.position, e.caution, e.trial, e.scope, e.excluded)
        or (e.label and e.regimen in regimens)
        for e in (*case.shows, *case.never_shows)
    )


def _seen(one: Prepared, mutant: Mutant, edited: Edition) -> Outcome | None:
    """What is seen of the patient under a mutant; nothing when no answer differs."""
    kind = mutant.key.split(":")[0]
    if kind == "definition":
        return _redefined(one, edited, mutant.id)
    if mutant.condition is not None:
        conditions = conditions_of(edited, mutant.key)
        if mutant.key not in one.knowledge.conditions:
            return None
        answers = {key: _settled(one.known, when) for key, when in conditions.items()}
        if all(one.answers.settle(key) is said for key, said in answers.items()):
            return None
        knowledge = _holding(one.knowledge, edited)
        return decided(_Edited(one.answers, knowledge, answers))
    if not _bears_on(one, mutant):
        return None
    knowledge = _with(one.knowledge, edited)
    if _counting(knowledge) == _counting(one.knowledge):
        return None
    return decided(_Edited(one.answers, knowledge, {}))


def _bears_on(one: Prepared, mutant: Mutant) -> bool:
    """Whether a statement that was removed or moved counted here before, or counts now."""
    statement = statement_of(one.knowledge.edition, mutant.key)
    if statement.regions and one.knowledge.region not in statement.regions:
        return False
    counted = _counts(one, statement)
    if mutant.statement is None or mutant.kind != "time":
        return counted
    return counted != _counts(one, mutant.statement)


def statement_of(edition: Edition, key: str) -> Position | Approval | CareRule:
    """The statement of a key."""
    kind, name = key.split(":")[:2]
    if kind == "position":
        return edition.positions[name]
    return edition.approvals[name] if kind == "approval" else edition.care[name]


def _counts(one: Prepared, statement: Position | Approval | CareRule) -> bool:
    starts = one.knowledge.edition.starts(statement)
    day = one.knowledge.as_of
    return (starts is None or starts.last <= day) and (
        statement.until is None or day < statement.until.last
    )


def _settled(known: Patient, condition: Condition) -> Answer:
    said = answer(condition, known.facts, known.model)
    return known.settle_open(condition) if said is UNKNOWN else said


def conditions_of(edited: Edition, key: str) -> dict[str, Condition]:
    """The edited condition, with the extensions that follow from it."""
    kind, name = key.split(":")
    match kind:
        case "position":
            position = edited.positions[name]
            found = {key: position.when}
            for index, extended in enumerate(extensions(position)):
                found[f"extension:{name}:{index}"] = extended
            return found
        case "approval":
            return {key: edited.approvals[name].when or ALWAYS}
        case "care":
            return {key: edited.care[name].when}
        case "trial":
            return {key: edited.trials[name].eligibility or ALWAYS}
        case _:
            scopes = edited.contents.scopes
            listed = {f"scope:{s.id}": s.when for s in scopes.scopes}
            listed |= {f"exclusion:{e.id}": e.when for e in scopes.exclusions}
            listed |= {f"unspoken:{u.id}": u.when for u in scopes.unspoken}
            return {key: listed[key]}


def _with(knowledge: Knowledge, edited: Edition) -> Knowledge:
    """What counts on the same day in the same region of an edited edition."""
    found = copy.copy(knowledge)
    found.edition = edited
    contents, day, region = edited.contents, knowledge.as_of, knowledge.region

    def here(statement: Position | Approval | CareRule) -> bool:
        return not statement.regions or region in statement.regions

    found.positions = tuple(p for p in edited.in_force(contents.positions, day) if here(p))
    found.approvals = tuple(a for a in edited.in_force(contents.approvals, day) if here(a))
    found.care = tuple(c for c in edited.in_force(contents.care, day) if here(c))
    found.overriding = {
        p.id: tuple(q.id for q in found.positions if p.id in q.overrides) for p in found.positions
    }
    return found


def _holding(knowledge: Knowledge, edited: Edition) -> Knowledge:
    """The same statements, as an edition words them in which only conditions are edited."""
    found = copy.copy(knowledge)
    found.edition = edited
    found.positions = tuple(edited.positions[p.id] for p in knowledge.positions)
    found.approvals = tuple(edited.approvals[a.id] for a in knowledge.approvals)
    found.care = tuple(edited.care[c.id] for c in knowledge.care)
    return found


def _counting(knowledge: Knowledge) -> tuple[object, ...]:
    return (
        [p.id for p in knowledge.positions],
        [a.id for a in knowledge.approvals],
        [c.id for c in knowledge.care],
        knowledge.overriding,
    )


class _Edited(Answers):
    """The answers of a patient, but for those of the edited statement."""

    def __init__(
        self,
        base: Answers,
        knowledge: Knowledge,
        answers: dict[str, Answer],
        patient: Patient | None = None,
    ) -> None:
        self.base, self.knowledge, self.edited = base, knowledge, answers
        self.patient = patient or base.patient

    def settle(self, key: str) -> Answer:
        """The exact answer of one condition by its key."""
        if key not in self.edited:
            if key in self.base.knowledge.conditions:
                return self.base.settle(key)
            base = key if not key.startswith("extension:") else f"position:{key.split(':')[1]}"
            self.edited |= {
                name: _settled(self.patient, when)
                for name, when in conditions_of(self.knowledge.edition, base).items()
            }
        return self.edited[key]


class _Bare(Options):
    """Options without the results and the next lines, of which no case speaks."""

    def __init__(
        self, answers: Answers, heard: tuple[Voice, ...], labels: dict[str, Label]
    ) -> None:
        self.answers, self.heard, self.labels = answers, heard, labels
        self.knowledge, self.edition = answers.knowledge, answers.knowledge.edition

    def _key_results(self, regimen: str) -> tuple[KeyResult, ...]:
        return ()


def decided(answers: Answers) -> Outcome:
    """What a plan decides, without its results, questions, next lines and sources."""
    refusal = next(
        (
            Refusal(e.id, e.says, ())
            for e in answers.knowledge.edition.contents.scopes.exclusions
            if answers.settle(f"exclusion:{e.id}") is YES
        ),
        None,
    )
    if refusal is not None:
        return Outcome(_blank(answers, refusal=refusal), answers)
    labels = all_labels(answers)
    heard = voices(answers, {name: label.status for name, label in labels.items()})
    options = _Bare(answers, heard, labels)
    held = options.named(Standing.APPLIES, Standing.EXTENDS)
    open_ = [name for name in options.named(Standing.CANNOT_TELL) if name not in held]
    silent = [
        name
        for name, label in labels.items()
        if name not in (*held, *open_)
        and label.status in (LabelStatus.APPROVED, LabelStatus.CANNOT_TELL)
    ]
    apart = (Stance.DEPENDS_ON, Stance.ONLY_IN_TRIAL)
    made = _blank(
        answers,
        options=tuple(options.option(name, follow=False) for name in held),
        possible=tuple(options.option(name, follow=False) for name in open_),
        labels_only=tuple(options.option(name, follow=False) for name in silent),
        against=tuple(v for v in heard if v.holds and v.stance is Stance.ADVISES_AGAINST),
        depends=tuple(v for v in heard if v.holds and v.stance in apart),
        conflicts=conflicts(heard),
    )
    return Outcome(made, answers)


def _blank(answers: Answers, **parts: object) -> Plan:
    knowledge = answers.knowledge
    fields: dict[str, object] = dict.fromkeys(Plan.__struct_fields__, ())
    fields |= {"schema": "", "edition": "", "edition_hash": "", "summary": "", "refusal": None}
    fields |= {"as_of": knowledge.as_of.isoformat(), "region": knowledge.region.value}
    fields |= {"agreement": Agreement.NOBODY_SPEAKS}
    return Plan(**(fields | parts))  # type: ignore[arg-type]


def _redefined(one: Prepared, edited: Edition, fact: str) -> Outcome | None:
    """What is seen of a patient of whom other verdicts follow; nothing when no answer differs."""
    facts = derive(edited.model, one.known.given)
    if facts == one.known.facts:
        return None
    known = Patient(edited.model, one.known.given)
    if known.contradiction is not None:
        return Outcome(None, None, known.contradiction)
    knowledge = copy.copy(one.knowledge)
    knowledge.edition = edited
    follow = _following(edited, fact)
    answers = {
        key: _settled(known, condition)
        for key, condition in knowledge.conditions.items()
        if follow & facts_in(condition)
    }
    if all(one.answers.settle(key) is said for key, said in answers.items()):
        return None
    return decided(_Edited(one.answers, knowledge, answers, known))


def _following(edition: Edition, fact: str) -> frozenset[str]:
    """A fact that follows from others, and those that follow from it."""
    found = {fact}
    for other in edition.model.defined:
        if any(facts_in(when) & found for when in other.definition.values()):
            found.add(other.id)
    return frozenset(found)


class Unseen(NamedTuple):
    """A test inside a condition that no worked case sees answered in one of the three ways."""

    key: str
    test: Test
    answers: tuple[Answer, ...]


def unseen(edition: Edition, cases: Iterable[Prepared]) -> Iterator[Unseen]:
    """Every test with the answers that no case gives it while its statement counts."""
    seen: dict[tuple[str, Test], set[Answer]] = {}
    for one in cases:
        for key, condition in one.knowledge.conditions.items():
            if key.split(":")[0] in _SPOKEN_OF:
                for test in tests_in(condition):
                    known = one.known.model.known(test.fact, one.known.facts)
                    seen.setdefault((key, test), set()).add(answer_test(test, known))
    for key, condition in _spoken_of(edition).items():
        for test in dict.fromkeys(tests_in(condition)):
            left = {YES, NO, UNKNOWN} - seen.get((key, test), set())
            if left:
                yield Unseen(key, test, tuple(sorted(left, key=lambda a: a.value)))


_SPOKEN_OF = ("position", "approval", "care", "scope", "unspoken", "exclusion", "trial")


def _spoken_of(edition: Edition) -> dict[str, Condition]:
    contents = edition.contents
    found = {f"position:{p.id}": p.when for p in contents.positions}
    found |= {f"approval:{a.id}": a.when or ALWAYS for a in contents.approvals}
    found |= {f"care:{c.id}": c.when for c in contents.care}
    found |= {f"scope:{s.id}": s.when for s in contents.scopes.scopes}
    found |= {f"exclusion:{e.id}": e.when for e in contents.scopes.exclusions}
    found |= {f"unspoken:{u.id}": u.when for u in contents.scopes.unspoken}
    found |= {f"trial:{t.id}": t.eligibility for t in contents.trials if t.eligibility is not None}
    return found
