"""Random models, conditions and patients, small enough for a slow twin to list every completion."""

from collections.abc import Iterable

from hypothesis import strategies as st

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
)
from consilium.rules.facts import (
    Between,
    ChoiceKind,
    FactDeclaration,
    FactModel,
    Holding,
    Known,
    MembersKind,
    NumberKind,
    OneOf,
)

WORDS = ("red", "green", "blue", "black")


@st.composite
def fact_models(draw) -> FactModel:
    """A few entered facts of every kind, and facts defined by conditions over those before them.

    Of a patient of whom everything is known, a defined fact has exactly one value.
    """
    facts = []
    for index in range(draw(st.integers(1, 2))):
        facts.append(FactDeclaration(f"choice{index}", ChoiceKind(draw(_words(2)))))
    for index in range(draw(st.integers(0, 1))):
        facts.append(FactDeclaration(f"number{index}", draw(_number_kinds())))
    for index in range(draw(st.integers(0, 1))):
        facts.append(FactDeclaration(f"members{index}", MembersKind(draw(_words(1)))))
    for index in range(draw(st.integers(0, 2))):
        parted = draw(_partitions(FactModel(facts)))
        facts.append(FactDeclaration(f"defined{index}", ChoiceKind(tuple(parted)), "", {}, parted))
    model = FactModel(facts)
    never = draw(st.lists(st.lists(tests(model), min_size=2, max_size=2), max_size=1))
    model.never |= {f"never{index}": AllOf(tuple(parts)) for index, parts in enumerate(never)}
    return model


def _words(at_least: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.integers(at_least, len(WORDS)).map(lambda size: WORDS[:size])


@st.composite
def _number_kinds(draw) -> NumberKind:
    low = draw(st.integers(-1, 2))
    return NumberKind(low, low + draw(st.integers(1, 4)), whole=draw(st.booleans()))


@st.composite
def _partitions(draw, model: FactModel) -> dict[str, Condition]:
    """Two or three values, each with the condition under which a fact has it and no other."""
    parts = conditions(model, most_tests=3)
    first = draw(parts)
    if draw(st.booleans()):
        return {"yes": first, "no": Not(first)}
    second = draw(parts)
    return {
        "high": first,
        "middle": AllOf((Not(first), second)),
        "low": Not(AnyOf((first, second))),
    }


def tests(model: FactModel) -> st.SearchStrategy[Test]:
    """One test of one fact."""
    return st.sampled_from(list(model.facts.values())).flatmap(_test_of)


tests.__test__ = False  # its name is no invitation to run it


@st.composite
def _test_of(draw, fact: FactDeclaration) -> Test:
    match fact.kind:
        case ChoiceKind(values):
            return IsOneOf(fact.id, draw(_some(values, at_least=1)))
        case MembersKind(values):
            return Includes(fact.id, draw(_some(values, at_least=1)))
        case NumberKind() as kind:
            low, high = sorted((draw(_numbers(kind)), draw(_numbers(kind))))
            lower = draw(st.sampled_from([{}, {"start": low}, {"above": low}]))
            uppers = [{"below": high}, {"up_to": high}, *([{}] if lower else [])]
            return Bound(fact.id, **lower, **draw(st.sampled_from(uppers)))


def _some(values: Iterable[str], *, at_least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(tuple(values)), min_size=at_least, unique=True).map(tuple)


def _numbers(kind: NumberKind) -> st.SearchStrategy[float]:
    """Numbers of which any two are often equal."""
    low, high = int(kind.low), int(kind.high)
    if kind.whole:
        return st.integers(low, high).map(float)
    return st.integers(2 * low, 2 * high).map(lambda twice: twice / 2)


def conditions(model: FactModel, *, most_tests: int = 6) -> st.SearchStrategy[Condition]:
    """Any condition over the facts of a model."""

    def combined(part: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        parts = st.lists(part, max_size=3).map(tuple)
        counted = st.lists(part, min_size=1, max_size=4).map(tuple)
        return st.one_of(
            parts.map(AllOf),
            parts.map(AnyOf),
            part.map(Not),
            counted.flatmap(
                lambda of: st.integers(1, len(of)).map(lambda number: AtLeast(number, of))
            ),
        )

    return st.recursive(tests(model), combined, max_leaves=most_tests)


@st.composite
def patients(draw, model: FactModel, *, narrowed_choices: bool = True) -> dict[str, Known]:
    """What is known of one patient, by fact; a fact of which nothing is known is left out.

    Numbers may be ranges and lists of members incomplete. A choice may be narrowed to several
    values, unless ``narrowed_choices`` says not. A verdict may be entered for a defined fact, and
    may contradict what it follows from.
    """
    known = {}
    for fact in model.facts.values():
        if draw(st.integers(0, 3)) >= (3 if fact.follows else 1):
            known[fact.id] = draw(_known(fact, narrowed_choices=narrowed_choices))
    return known


@st.composite
def _known(draw, fact: FactDeclaration, *, narrowed_choices: bool) -> Known:
    match fact.kind:
        case ChoiceKind(values):
            one = draw(st.sampled_from(values))
            others = draw(_some(values)) if narrowed_choices and draw(st.booleans()) else ()
            return OneOf(frozenset({one, *others}))
        case MembersKind(values):
            has = frozenset(draw(_some(values)))
            may_have = frozenset(draw(_some(values))) if draw(st.booleans()) else frozenset()
            return Holding(has, may_have - has)
        case NumberKind() as kind:
            low, high = sorted((draw(_numbers(kind)), draw(_numbers(kind))))
            return Between(low, high if draw(st.booleans()) else low)
