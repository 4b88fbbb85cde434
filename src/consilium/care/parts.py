"""The sections of a care sheet: before, each cycle, watch for, if it happens, stop, tell.

Every line is one statement with who says it. What is not in the stored sources
is said in its own section.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from consilium.care.cautions import Caution, cautions
from consilium.care.growth_factor import GrowthFactor
from consilium.care.statements import Care
from consilium.evidence.sources import Citation
from consilium.knowledge.giving import (
    Adjustment,
    Boxed,
    CareEvidence,
    DoseSchedule,
    EventRule,
    Giving,
    Infusion,
    Interchange,
    Monitoring,
    Premedication,
    Prophylaxis,
    Reproduction,
    SupportDose,
    Teaching,
    Window,
)
from consilium.rules.answers import NO, UNKNOWN
from consilium.rules.completions import Patient
from consilium.rules.say import say


class Line(msgspec.Struct, frozen=True):
    """One sentence. ``mark`` says how heavy it is, ``open`` that a fact is missing for it."""

    text: str
    statement: str = ""
    who: str = ""
    because: tuple[Citation, ...] = ()
    mark: str = ""
    open: bool = False
    missing: tuple[str, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """One section of the sheet."""

    id: str
    title: str
    lines: tuple[Line, ...]


def parts(
    care: Care, drugs: tuple[str, ...], patient: Patient, growth_factors: tuple[GrowthFactor, ...]
) -> tuple[Part, ...]:
    """The sections in which there is anything to say."""
    found = _Parts(care, drugs, patient, growth_factors).all()
    return tuple(part for part in found if part.lines)


class _Parts:
    def __init__(
        self,
        care: Care,
        drugs: tuple[str, ...],
        patient: Patient,
        growth_factors: tuple[GrowthFactor, ...],
    ) -> None:
        self.care, self.drugs, self.patient = care, drugs, patient
        self.growth_factors = growth_factors

    def all(self) -> Iterator[Part]:
        yield Part("before", "Before you start", tuple(self._before()))
        yield Part("each-cycle", "Each cycle", tuple(self._each_cycle()))
        yield Part("watch", "Watch for", tuple(self._watch()))
        yield Part("happens", "If it happens", tuple(self._happens()))
        yield Part("stop", "Stop for good", tuple(self._stop()))
        yield Part("tell", "Tell the patient", tuple(self._tell()))
        yield Part("silent", "Not in the stored sources", tuple(self._silent()))

    def _before(self) -> Iterator[Line]:
        for drug in self.drugs:
            rules = self.care.choosing(drug)
            if any(found.drug == drug for found in self.growth_factors):
                # the section on G-CSF says these factor by factor
                rules = tuple(r for r in rules if r.topic != "febrile-neutropenia")
            held = {rule.id: self.patient.settle(rule.when) for rule in rules}
            yield from (_caution(c) for c in cautions(rules, held, self.patient, self.care.edition))
            yield from self._lines(Boxed, drug, mark="caution")
            changes = [a for a in self.care.of(Adjustment, drug) if not a.of or a.of not in held]
            yield from self._for_patient(changes)
            yield from self._for_patient(
                m for m in self.care.of(Monitoring, drug) if "start" in m.at
            )
            yield from self._lines(Interchange, drug, mark="caution")
        for found in self.growth_factors:
            yield from _growth(found)

    def _each_cycle(self) -> Iterator[Line]:
        for drug in self.drugs:
            for schedule in self.care.of(DoseSchedule, drug):
                if self.patient.settle(schedule.when) is not NO:
                    yield _line(schedule, schedule.says)
            yield from self._for_patient(self.care.of(Premedication, drug))
            yield from self._lines(Infusion, drug)
            watched = self.care.of(Monitoring, drug)
            yield from self._for_patient(
                m for m in watched if {"before-each-dose", "during-infusion"} & set(m.at)
            )
            others = [
                p for p in self.care.of(Prophylaxis, drug) if p.topic != "febrile-neutropenia"
            ]
            yield from self._for_patient(others)
            for support in self._support_drugs(drug):
                yield from self._lines(SupportDose, support)
                yield from self._lines(Window, support)

    def _support_drugs(self, drug: str) -> tuple[str, ...]:
        named = (g.drug for p in self.care.of(Prophylaxis, drug) for g in p.gives if g.drug)
        return tuple(dict.fromkeys(named))

    def _watch(self) -> Iterator[Line]:
        for drug in self.drugs:
            watched = self.care.of(Monitoring, drug)
            yield from self._for_patient(
                m
                for m in watched
                if not {"before-each-dose", "during-infusion"} & set(m.at)
                and set(m.at) != {"start"}
            )
            yield from self._lines(CareEvidence, drug, leave_out="febrile-neutropenia")

    def _happens(self) -> Iterator[Line]:
        for drug in self.drugs:
            for rule in self.care.of(EventRule, drug):
                if rule.do != "stop":
                    yield _line(rule, rule.says)
                for support in rule.support:
                    yield from self._lines(SupportDose, support)

    def _stop(self) -> Iterator[Line]:
        for drug in self.drugs:
            for rule in self.care.of(EventRule, drug):
                if rule.do == "stop":
                    yield _line(rule, rule.says, mark="stop")
            for schedule in self.care.of(DoseSchedule, drug):
                if schedule.after_last == "stop":
                    yield _line(
                        schedule,
                        f"{self.care.name(drug)}: when a reduction below the last level is needed",
                        mark="stop",
                    )

    def _tell(self) -> Iterator[Line]:
        for drug in self.drugs:
            yield from self._for_patient(self.care.of(Teaching, drug))
            yield from self._for_patient(self.care.of(Reproduction, drug))

    def _silent(self) -> Iterator[Line]:
        for drug in self.drugs:
            for silence in self.care.silent(drug):
                yield Line(f"{self.care.name(drug)}: {silence.says}", silence.id, mark="silent")

    def _lines(
        self, kind: type[Giving], drug: str, *, mark: str = "", leave_out: str = ""
    ) -> Iterator[Line]:
        for found in self.care.of(kind, drug):
            if not leave_out or found.topic != leave_out:
                yield _line(found, found.says, mark=mark)

    def _for_patient(
        self,
        found: Iterable[
            Monitoring | Prophylaxis | Premedication | Adjustment | Teaching | Reproduction
        ],
    ) -> Iterator[Line]:
        for statement in found:
            held = self.patient.settle(statement.when)
            if held is NO:
                continue
            open_ = held is UNKNOWN
            text = statement.says
            if open_:
                text = f"if {say(statement.when, self.care.edition.model)}: {text}"
            yield _line(
                statement,
                text,
                open_=open_,
                missing=self.patient.missing(statement.when) if open_ else (),
            )


def _line(
    statement: Giving,
    text: str,
    *,
    mark: str = "",
    open_: bool = False,
    missing: tuple[str, ...] = (),
) -> Line:
    if statement.note:
        text = f"{text} ({statement.note.rstrip('.')})"
    # a measurement is nobody's advice
    who = "" if isinstance(statement, CareEvidence) else statement.who
    return Line(text, statement.id, who, statement.because, mark, open_, missing)


def _caution(found: Caution) -> Line:
    says = found.says + (f": {found.asks}" if found.asks else "")
    mark = found.kind
    if found.open and mark == "contraindication":
        # not read as present, and not as absent: it is asked for
        mark, says = "check-first", f"this would forbid it: {says}"
    return Line(says, found.rule, found.who, found.because, mark, found.open, found.missing)


def _growth(found: GrowthFactor) -> Iterator[Line]:
    for advice in found.advice:
        yield _line(advice, advice.says, mark="g-csf")
    for risk in found.risks:
        by_answer = {
            word: [f.says for f in risk.factors if f.answer == word]
            for word in ("present", "unknown", "judge", "absent")
        }
        said = "; ".join(
            f"{label}: {', '.join(by_answer[word])}"
            for word, label in (
                ("present", "present"),
                ("unknown", "not known"),
                ("judge", "for you to judge"),
                ("absent", "absent"),
            )
            if by_answer[word]
        )
        place = " [another region's list]" if risk.elsewhere else ""
        missing = tuple(dict.fromkeys(m for f in risk.factors for m in f.missing))
        yield Line(
            f"{risk.says}{place}. {said}",
            risk.statement,
            risk.who,
            risk.because,
            "risk" if risk.present else "",
            bool(missing),
            missing,
        )
    for schedule in found.schedules:
        flag = " (wording of the source ambiguous)" if schedule.flag else ""
        yield _line(schedule, f"{schedule.says}{flag}", mark="g-csf")
        for why in schedule.interpretation.values():
            yield Line(f"how it was read: {why}", schedule.id, mark="note")
    for note in found.notes:
        yield Line(note.says, note.statement, "", note.because, "note")
    for evidence in found.evidence:
        yield _line(evidence, evidence.says, mark="evidence")
