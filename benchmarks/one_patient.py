"""One patient at a time: thirty rules beside peers, and every statement of the edition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.measuring import Row, ask_each, in_turn, ratio_of
from benchmarks.thirty_rules import MODEL, RULES, Patient, a_frame, patients
from benchmarks.worked_cases import worked_cases
from consilium.guidance.standing import Knowledge
from consilium.knowledge.edition import Edition
from consilium.planning.known import understand
from consilium.rules.answering import AnswerTable, answer, as_known

_PATIENTS, _SLOW_PATIENTS = 4000, 200
_NAME = "one patient, 30 rules"


def one_patient() -> Iterator[Row]:
    """Thirty rules for one patient, with the share of wrong answers beside each time."""
    asked = list(patients(a_frame(_PATIENTS, np.random.default_rng(20))))
    table = AnswerTable(MODEL, RULES)
    engines: dict[str, tuple[peers.Ask, peers.Read, int]] = {
        "consilium, AnswerTable": (table.codes, tuple, _PATIENTS),
        "zen, one expression a rule": (peers.zen_with_expressions(), peers.read_zen, _PATIENTS),
        "zen, one column a fact": (peers.zen_with_columns(), peers.read_zen, _PATIENTS),
        "rule-engine, strict": (peers.rule_engine_strict(), tuple, _SLOW_PATIENTS),
        "consilium, one rule after the other": (_walk, tuple, _SLOW_PATIENTS),
    }
    taken = in_turn(
        [(partial(ask_each, ask, asked[:size]), size) for ask, _, size in engines.values()]
    )
    times = dict(zip(engines, taken, strict=True))
    fastest_zen = min((n for n in times if n.startswith("zen")), key=lambda n: median(times[n]))
    expected = [_walk(patient) for patient in asked]
    ours, *_ = times
    for name, (ask, read, size) in engines.items():
        goal = name == ours
        other = fastest_zen if goal else ours
        slower, faster = (other, name) if goal else (name, other)
        ratio = ratio_of(times[slower], times[faster])
        yield Row(
            benchmark=_NAME,
            subject=name,
            figure=1e6 * median(times[name]),
            unit="µs CPU a patient",
            against=f"{other}{'' if goal else ' is faster'}",
            ratio=ratio,
            goal="at least 5 times faster than zen" if goal else "",
            met=ratio >= 5 if goal else None,
            note=_wrong(ask, read, asked[:size], expected),
        )


def _walk(patient: Patient) -> peers.Codes:
    """The plain reading that all others are held to."""
    codes = {"yes": AnswerTable.YES, "no": AnswerTable.NO, "unknown": AnswerTable.UNKNOWN}
    known = {name: as_known(value) for name, value in patient.items()}
    facts = {name: value for name, value in known.items() if value is not None}
    return tuple(codes[answer(rule, facts, MODEL).value] for rule in RULES.values())


def _wrong(
    ask: peers.Ask,
    read: Callable[[Any], peers.Codes],
    asked: Sequence[Patient],
    expected: Sequence[peers.Codes],
) -> str:
    """Shares of all statuses that are wrong, and that are open though the facts settle them."""
    wrong = lost = 0
    for patient, right in zip(asked, expected, strict=False):
        for said, meant in zip(read(ask(patient)), right, strict=True):
            if said != meant:
                lost += said == AnswerTable.UNKNOWN
                wrong += said != AnswerTable.UNKNOWN
    every = len(asked) * len(RULES)
    return f"{100 * wrong / every:.1f} % wrong, {100 * lost / every:.1f} % needlessly open"


def whole_edition(edition: Edition) -> Iterator[Row]:
    """Every statement in force, for one worked case after the other."""
    cases = worked_cases(edition)
    newest = max(cases, key=lambda c: c.as_of)
    knowledge = Knowledge(edition, newest.as_of, newest.region)
    facts = [understand(case.patient, edition).patient.facts for case in cases]
    tables = (knowledge.table, knowledge.bedside_table)
    times = in_turn([(partial(ask_each, t.codes, facts), len(facts)) for t in tables])
    both = [sum(pair) for pair in zip(*times, strict=True)]
    size = sum(len(table.ids) for table in tables)
    yield Row(
        benchmark="one patient, the whole edition",
        subject=f"consilium, AnswerTable, {size} conditions",
        figure=1e6 * median(both),
        unit="µs CPU a patient",
        note=f"partly known facts included, {len(facts)} worked cases",
    )
