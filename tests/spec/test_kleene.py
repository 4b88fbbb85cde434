"""What yes, no and unknown make together (Kleene's strong logic)."""

import pytest

from consilium.rules.answers import NO, UNKNOWN, YES, all_of, any_of, at_least, not_

WORDS = {"yes": YES, "no": NO, "?": UNKNOWN}


def rows(table: str) -> list[list[str]]:
    return [row.split() for row in table.strip().splitlines()]


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    rows("""
        yes yes   yes yes
        yes ?     ?   yes
        yes no    no  yes
        ?   yes   ?   yes
        ?   ?     ?   ?
        ?   no    no  ?
        no  yes   no  yes
        no  ?     no  ?
        no  no    no  no
    """),
)
def test_two_answers(one, other, both, either):
    pair = [WORDS[one], WORDS[other]]
    assert all_of(pair) is WORDS[both]
    assert any_of(pair) is WORDS[either]


@pytest.mark.parametrize(("answer", "negated"), rows("yes no\n no yes\n ? ?"))
def test_not(answer, negated):
    assert not_(WORDS[answer]) is WORDS[negated]


@pytest.mark.parametrize(
    ("given", "one_of_them", "two_of_them", "three_of_them"),
    [
        ("yes yes yes", "yes", "yes", "yes"),
        ("yes yes ?", "yes", "yes", "?"),
        ("yes yes no", "yes", "yes", "no"),
        ("yes ? ?", "yes", "?", "?"),
        ("yes ? no", "yes", "?", "no"),
        ("yes no no", "yes", "no", "no"),
        ("? ? ?", "?", "?", "?"),
        ("? ? no", "?", "?", "no"),
        ("? no no", "?", "no", "no"),
        ("no no no", "no", "no", "no"),
    ],
)
def test_at_least(given, one_of_them, two_of_them, three_of_them):
    answers = [WORDS[word] for word in given.split()]
    for n, expected in enumerate((one_of_them, two_of_them, three_of_them), start=1):
        assert at_least(n, answers) is WORDS[expected]


def test_nothing_asked():
    assert all_of([]) is YES
    assert any_of([]) is NO
    assert at_least(1, []) is NO


@pytest.mark.parametrize("answer", [YES, NO, UNKNOWN])
def test_an_answer_is_no_boolean(answer):
    with pytest.raises(TypeError, match="may be unknown"):
        bool(answer)
