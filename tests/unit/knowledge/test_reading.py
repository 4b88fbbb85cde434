"""What is read is what was written, and nothing that is written can break the reader."""

import random
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.builders import AN_ACTIVITY, TINY, a_tiny_edition, an_edition_folder

from consilium.knowledge.edition import Edition, bundled_root
from consilium.knowledge.files import all_files
from consilium.knowledge.problems import EditionError
from consilium.rules.conditions import AllOf, AnyOf, AtLeast, Bound, Includes, IsOneOf, Not

POSITIONS = "positions/first-line.yaml"
PROBE = settings(max_examples=40, deadline=None)


# --- scalars ------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["0", "1+", "yes", "NO"])
def test_a_word_means_what_was_written(tmp_path, word):
    edition = a_tiny_edition(
        tmp_path,
        {POSITIONS: TINY[POSITIONS].replace("subtype: triple-negative, line: 1", f"stage: {word}")},
    )
    assert edition.positions["expert-first-line"].when == IsOneOf("stage", (word,))


def test_text_keeps_its_leading_noughts_and_its_dots(tmp_path):
    edition = a_tiny_edition(
        tmp_path,
        {"EDITION.yaml": TINY["EDITION.yaml"].replace('edition: "1"', "edition: 2026.10")},
    )
    assert edition.info.edition == "2026.10"
    assert edition.trials["example-01"].phase == "3"


# --- conditions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "condition"),
    [
        ("{}", AllOf(())),
        ("{score: 5}", Bound("score", start=5, up_to=5)),
        ("{score: {from: 5, below: 9}}", Bound("score", start=5, below=9)),
        ("{score: [1, 5]}", AnyOf((Bound("score", start=1, up_to=1), Bound("score", start=5, up_to=5)))),
        ("{neutrophils: {above: 1.5 x10^9/L}}", Bound("neutrophils", above=1500)),
        ("{stage: [yes, NO]}", IsOneOf("stage", ("yes", "NO"))),
        ("{prior_drugs: {includes: example-drug}}", Includes("prior_drugs", ("example-drug",))),
        ("{stage: yes, line: 2}", AllOf((IsOneOf("stage", ("yes",)), Bound("line", start=2, up_to=2)))),
        ("{not: {stage: yes}}", Not(IsOneOf("stage", ("yes",)))),
        ("{any: [{stage: yes}, {stage: NO}]}", AnyOf((IsOneOf("stage", ("yes",)), IsOneOf("stage", ("NO",))))),
        ("{at_least: {n: 1, of: [{stage: yes}]}}", AtLeast(1, (IsOneOf("stage", ("yes",)),))),
    ],
)  # fmt: skip
def test_a_condition_is_read_as_its_tree(tmp_path, written, condition):
    text = TINY[POSITIONS].replace("{subtype: triple-negative, line: 1}", written)
    edition = a_tiny_edition(tmp_path, {POSITIONS: text})
    assert edition.positions["expert-first-line"].when == condition


# --- what nobody would write --------------------------------------------------------------------


def read_or_refuse(root: Path) -> None:
    """Anything but an edition or an ``EditionError`` is a defect."""
    try:
        edition = Edition.read(root)
        assert edition.model.defined is not None
        assert edition.profiles is not None
    except EditionError as error:
        assert error.problems


scalars = st.one_of(
    st.sampled_from(
        [
            "id",
            "when",
            "any",
            "not",
            "all",
            "at_least",
            "of",
            "n",
            "because",
            "source",
            "a-paper",
            "subtype",
            "line",
            "score",
            "yes",
            "0",
            "1+",
            "NO",
            "~",
            "null",
            "nan",
            "inf",
            "-1",
            "²",
            "2026-01-12",
            "2026-13",
            "example-drug",
            "expert-first-line",
            "x10^9/L",
            "1e400",
        ]
    ),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=8),
)
WHOLE = {**TINY, **AN_ACTIVITY}
documents = st.recursive(
    scalars,
    lambda part: st.one_of(st.lists(part, max_size=4), st.dictionaries(scalars, part, max_size=4)),
    max_leaves=12,
)


@PROBE
@given(st.sampled_from(sorted(WHOLE)), documents)
def test_any_yaml_in_any_place_is_read_or_refused(tmp_path_factory, name, document):
    written = yaml.safe_dump(document, allow_unicode=True)
    root = an_edition_folder(tmp_path_factory.mktemp("edition"), WHOLE | {name: written})
    read_or_refuse(root)


@PROBE
@given(st.sampled_from(sorted(WHOLE)), st.text(max_size=60) | st.binary(max_size=60))
def test_any_text_in_any_place_is_read_or_refused(tmp_path_factory, name, text):
    content = text if isinstance(text, bytes) else text.encode()
    read_or_refuse(an_edition_folder(tmp_path_factory.mktemp("edition"), WHOLE | {name: content}))


@PROBE
@given(st.data())
def test_any_value_of_the_tiny_edition_can_be_any_other(tmp_path_factory, data):
    """One part of a file in the place of another, or something else altogether."""
    name = data.draw(st.sampled_from(sorted(WHOLE)))
    document = yaml.load(WHOLE[name], Loader=yaml.BaseLoader)
    places = list(_places(document))
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(documents | st.sampled_from([other[k] for other, k in places]))
    try:
        written = yaml.safe_dump(document, allow_unicode=True)
    except RecursionError:
        return
    read_or_refuse(an_edition_folder(tmp_path_factory.mktemp("edition"), WHOLE | {name: written}))


def _places(value):
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield value, key
        yield from _places(value[key])


@cache
def bundled_texts() -> tuple[tuple[str, str], ...]:
    """The smaller files of the bundled edition, each with its place."""
    root = bundled_root()
    return tuple(
        (str(path.relative_to(root)), path.read_text(encoding="utf-8"))
        for path in all_files(root)
        if path.stat().st_size < 20_000
    )


PIECES = ("", ":", "- ", "{", "}", "[", "]", "\n", "  ", "'", '"', "&a ", "*a", "!!int ", "%", "\t")


@PROBE
@given(st.integers(0, 2**32 - 1))
def test_bundled_files_with_slips_of_the_pen_are_read_or_refused(tmp_path_factory, seed):
    draw = random.Random(seed)
    name, text = draw.choice(bundled_texts())
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(text) + 1)
        cut = draw.choice((0, 0, 1, 20, 200))
        other = draw.randrange(len(text) + 1)
        piece = draw.choice((*PIECES, text[other : other + 40]))
        text = text[:place] + piece + text[place + cut :]
    read_or_refuse(an_edition_folder(tmp_path_factory.mktemp("edition"), {name: text}))
