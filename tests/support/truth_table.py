"""The slow, obvious twin of ``consilium.rules``.

Written from the meaning of the words and not from the code: Kleene's tables are looked up, and
completions are listed one by one. Fit for small models only.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from itertools import pairwise, product
from math import prod

from consilium.rules.answering import as_known
from consilium.rules.answers import NO, UNKNOWN, YES, Answer
from consilium.rules.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Bound,
    Condition,
    Includes,
    IsOneOf,
    Not,
    Test,
    tests_in,
)
from consilium.rules.facts import (
    Between,
    FactModel,
    Holding,
    Known,
    NumberKind,
    OneOf,
    nothing_known,
)

Settled = str | float | frozenset[str]

AND = {
    (YES, YES): YES,
    (YES, UNKNOWN): UNKNOWN,
    (YES, NO): NO,
    (UNKNOWN, YES): UNKNOWN,
    (UNKNOWN, UNKNOWN): UNKNOWN,
    (UNKNOWN, NO): NO,
    (NO, YES): NO,
    (NO, UNKNOWN): NO,
    (NO, NO): NO,
}
OR = {
    (YES, YES): YES,
    (YES, UNKNOWN): YES,
    (YES, NO): YES,
    (UNKNOWN, YES): YES,
    (UNKNOWN, UNKNOWN): UNKNOWN,
    (UNKNOWN, NO): UNKNOWN,
    (NO, YES): YES,
    (NO, UNKNOWN): UNKNOWN,
    (NO, NO): NO,
}
NOT = {YES: NO, UNKNOWN: UNKNOWN, NO: YES}


def summed_up(seen: Iterable[bool]) -> Answer:
    """YES or NO when all that was seen agrees, UNKNOWN when it does not."""
    both = set(seen)
    assert both, "nothing was seen"
    return UNKNOWN if len(both) > 1 else (YES if both == {True} else NO)


def at_least(n: int, answers: Iterable[Answer]) -> Answer:
    """Every open answer closed both ways, and counted each time."""
    ways = [(True, False) if a is UNKNOWN else (a is YES,) for a in answers]
    return summed_up(sum(way) >= n for way in product(*ways))


# --- one settled patient ------------------------------------------------------------------------


def test_holds(test: Test, value: Settled) -> bool:
    """One test of one value."""
    match test:
        case IsOneOf():
            return value in test.values
        case Includes():
            return any(member in value for member in test.members)
        case Bound():
            return not (
                (test.below is not None and not value < test.below)
                or (test.up_to is not None and not value <= test.up_to)
                or (test.above is not None and not value > test.above)
                or (test.start is not None and not value >= test.start)
            )


test_holds.__test__ = False  # its name is no invitation to run it


def holds(condition: Condition, values: Mapping[str, Settled]) -> bool:
    """Two-valued: a condition of a patient of whom everything is known."""
    match condition:
        case AllOf():
            return all(holds(part, values) for part in condition.parts)
        case AnyOf():
            return any(holds(part, values) for part in condition.parts)
        case AtLeast():
            return sum(holds(part, values) for part in condition.parts) >= condition.n
        case Not():
            return not holds(condition.part, values)
        case _:
            return test_holds(condition, values[condition.fact])


def settled_facts(model: FactModel, entered: Mapping[str, Settled]) -> dict[str, Settled]:
    """The entered values, and the one value of every fact that follows from them."""
    values = dict(entered)
    for fact in model.defined:
        fitting = [word for word, when in fact.definition.items() if holds(when, values)]
        assert len(fitting) == 1, f"{fact.id} has the values {fitting} for {dict(entered)}"
        values[fact.id] = fitting[0]
    return values


# --- every value that a fact may have -----------------------------------------------------------


def values_of(
    model: FactModel, fact: str, known: Known, conditions: Iterable[Condition]
) -> list[Settled]:
    """Every value that is left; of a number, some value of every stretch that a test can part."""
    match known:
        case OneOf():
            return sorted(known.values)
        case Holding():
            free = sorted(known.may_have - known.has)
            return [
                known.has | {member for member, there in zip(free, chosen, strict=True) if there}
                for chosen in product((False, True), repeat=len(free))
            ]
        case Between():
            kind = model.facts[fact].kind
            bounds = [t for c in conditions for t in tests_in(c) if t.fact == fact]
            edges = {edge for bound in bounds for edge, _ in bound.edges}
            points = sorted({known.low, known.high, *edges})
            if isinstance(kind, NumberKind) and kind.whole:
                near = {edge + step for edge in points for step in (-1, 0, 1)}
            else:
                near = {*points, *((a + b) / 2 for a, b in pairwise(points))}
            return sorted(point for point in near if known.low <= point <= known.high)


def is_void(test: Test, model: FactModel) -> bool:
    """Whether no value at all passes, such as a whole number above 1 and below 2.

    The loader lets no such test through, and a range of whole numbers does not show it.
    """
    values = values_of(model, test.fact, nothing_known(model.facts[test.fact].kind), [test])
    return not any(test_holds(test, value) for value in values)


def is_sound(model: FactModel, *asked: Condition) -> bool:
    """Whether each test of a model and of some conditions has a value that passes."""
    definitions = (when for fact in model.defined for when in fact.definition.values())
    conditions = (*asked, *model.never.values(), *definitions)
    return not any(is_void(test, model) for when in conditions for test in tests_in(when))


# --- Kleene -------------------------------------------------------------------------------------


def kleene(condition: Condition, facts: Mapping[str, Known], model: FactModel) -> Answer:
    """One condition by looking the tables up."""
    match condition:
        case AllOf():
            return reduce(
                lambda a, b: AND[a, b], (kleene(p, facts, model) for p in condition.parts), YES
            )
        case AnyOf():
            return reduce(
                lambda a, b: OR[a, b], (kleene(p, facts, model) for p in condition.parts), NO
            )
        case AtLeast():
            return at_least(condition.n, [kleene(p, facts, model) for p in condition.parts])
        case Not():
            return NOT[kleene(condition.part, facts, model)]
        case _:
            known = model.known(condition.fact, facts)
            values = values_of(model, condition.fact, known, [condition])
            return summed_up(test_holds(condition, value) for value in values)


# --- completions --------------------------------------------------------------------------------


def as_facts(values: Mapping[str, Settled]) -> dict[str, Known]:
    """Settled values as what is known."""
    return {name: as_known(value) for name, value in values.items()}


def every_value(
    model: FactModel, given: Mapping[str, Known], asked: Iterable[Condition] = ()
) -> dict[str, list[Settled]]:
    """Every value that is left of each entered fact, as far as some test can part them."""
    conditions = [
        *asked,
        *model.never.values(),
        *(when for fact in model.defined for when in fact.definition.values()),
    ]
    return {
        name: values_of(model, name, model.known(name, given), conditions)
        for name, fact in model.facts.items()
        if not fact.follows
    }


def how_many(model: FactModel, given: Mapping[str, Known]) -> int:
    """How many combinations there are to list."""
    return prod(len(values) for values in every_value(model, given).values())


def completions(
    model: FactModel, given: Mapping[str, Known], asked: Iterable[Condition] = ()
) -> Iterator[dict[str, Settled]]:
    """Every patient who may be the one of whom ``given`` is known.

    One for each way in which the entered facts can answer all tests; those that can never be are
    left out, and those whose facts do not have the verdicts that were entered.
    """
    possible = every_value(model, given, asked)
    for chosen in product(*possible.values()):
        values = settled_facts(model, dict(zip(possible, chosen, strict=True)))
        if any(holds(never, values) for never in model.never.values()):
            continue
        if all(values[f.id] in model.known(f.id, given).values for f in model.defined):
            yield values


def settle(condition: Condition, model: FactModel, given: Mapping[str, Known]) -> Answer | None:
    """The answer that all completions give; ``None`` for a patient who cannot be."""
    seen = {holds(condition, values) for values in completions(model, given, [condition])}
    return summed_up(seen) if seen else None
