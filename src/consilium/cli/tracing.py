"""`consilium plan --why`: every condition asked for one option, with its answer."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from consilium.guidance.standing import Answers
from consilium.rules.answers import Answer
from consilium.rules.conditions import (
    ALWAYS,
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
)
from consilium.rules.say import say_known, say_test
from consilium.rules.trace import Trace, trace

_STYLE = {Answer.YES: "green", Answer.NO: "red", Answer.UNKNOWN: "yellow"}


def print_traces(regimen: str, answers: Answers, out: Console) -> None:
    """Every position, approval and care rule that speaks of a regimen."""
    knowledge = answers.knowledge
    drugs = knowledge.edition.drugs_of(regimen)
    for position in knowledge.positions:
        if regimen in (*position.regimens, *position.over):
            standing = answers.standing(position).value
            _one(f"position {position.id}: {standing}", position.when, answers, out)
    for approval in knowledge.approvals:
        if regimen in approval.regimens:
            _one(
                f"approval {approval.id} ({approval.status})", approval.when or ALWAYS, answers, out
            )
    for rule in knowledge.care:
        if rule.drug in drugs:
            _one(f"care {rule.id} ({rule.kind})", rule.when, answers, out)


def _one(title: str, condition: Condition, answers: Answers, out: Console) -> None:
    out.print(Text(title, style="bold"))
    _tree(trace(condition, answers.patient.facts, answers.knowledge.edition.model), answers, out, 1)


def _tree(traced: Trace, answers: Answers, out: Console, depth: int) -> None:
    model = answers.knowledge.edition.model
    mark = Text(f"{traced.answer.value:8}", style=_STYLE[traced.answer])
    if isinstance(traced.condition, IsOneOf | Bound | Includes):
        test = traced.condition
        known = model.known(test.fact, answers.patient.facts)
        unknown = traced.answer is Answer.UNKNOWN
        have = "not known" if unknown else say_known(model.facts[test.fact], known)
        said = say_test(test, model)
        out.print(Text.assemble("  " * depth, mark, said, (f"   here: {have}", "dim")))
        return
    match traced.condition:
        case AllOf(parts=()):
            words = "any patient"
        case AllOf():
            words = "all of"
        case AnyOf():
            words = "any of"
        case AtLeast(n=n):
            words = f"at least {n} of"
        case Not():
            words = "not"
        case _:
            words = ""
    out.print(Text.assemble("  " * depth, mark, words))
    for part in traced.parts:
        _tree(part, answers, out, depth + 1)
