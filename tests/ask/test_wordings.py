"""The questions that statements carry in other words, and what is kept between runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from consilium.asking import Asker
from consilium.asking.stored import index_of
from consilium.asking.wordings import Wordings, bundled
from consilium.knowledge.edition import Edition

EDITION = Edition.bundled()
ASKER = Asker(EDITION)


def test_a_wording_is_nearest_to_itself() -> None:
    for name, question in bundled()[::97]:
        near = ASKER.wordings.near(question)
        assert near == {} or near[name] == pytest.approx(1.0) or near[name] > 0.6, question


def test_nearness_is_the_cosine_of_rare_words_by_hand() -> None:
    asked = [("one", "purple elephants dance"), ("two", "purple rain"), ("three", "green tea")]
    wordings = Wordings(ASKER.names, {"one", "two", "three"}, asked)
    near = wordings.near("purple elephants dance")
    assert near["one"] == pytest.approx(1.0)
    assert 0 < near["two"] < 0.5
    assert "three" not in near


def test_each_half_of_a_question_finds_its_own() -> None:
    asked = [("one", "purple elephants dance"), ("two", "green tea brewing")]
    wordings = Wordings(ASKER.names, {"one", "two"}, asked)
    near = wordings.near("do purple elephants dance, and is green tea brewing?")
    assert min(near["one"], near["two"]) > 0.6


def test_wordings_of_statements_that_are_not_held_find_nothing() -> None:
    wordings = Wordings(ASKER.names, (), [("gone", "purple elephants")])
    assert wordings.near("purple elephants") == {}


def test_a_question_of_names_alone_is_near_to_nothing() -> None:
    assert ASKER.wordings.near("Trodelvy Datroway") == {}


def test_a_kept_index_answers_as_a_new_one(tmp_path: Path) -> None:
    made = index_of(EDITION, folder=tmp_path)
    (kept,) = tmp_path.iterdir()
    again = index_of(EDITION, folder=tmp_path)
    assert again.by_id == made.by_id
    assert again.held == made.held
    assert again.text.find(["payload"], 5) == made.text.find(["payload"], 5)
    kept.write_bytes(kept.read_bytes()[:-9] + b"otherwise")
    assert index_of(EDITION, folder=tmp_path).by_id == made.by_id


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert index_of(EDITION, folder=tmp_path / "file" / "below").by_id
