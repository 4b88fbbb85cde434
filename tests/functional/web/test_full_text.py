"""Full text on PostgreSQL finds what SQLite's finds; skipped on SQLite, by name."""

import msgspec
import pytest
from django.db import connection
from tests.ask.scoring import DAY, questions
from tests.support.builders import the_edition

from consilium.asking import Asker
from consilium.asking.index import Fts5
from consilium.asking.words import content
from consilium.web.asking.full_text import PostgresText

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def plain_asker():
    return Asker(the_edition())


@pytest.fixture
def text(plain_asker):
    if connection.vendor != "postgresql":
        pytest.skip("full text of PostgreSQL; the tests run on SQLite (`make test-postgres`)")
    made = PostgresText()
    made.update(plain_asker.index.by_id.values())
    return made


def test_both_engines_rank_alike(plain_asker, text):
    fts5 = Fts5()
    fts5.update(plain_asker.index.by_id.values())
    for row in questions("tuning"):
        words = content(row["q"])
        here, there = dict(text.find(words, 10_000)), dict(fts5.find(words, 10_000))
        assert here == pytest.approx(there, rel=1e-6, abs=1e-5), row["q"]


def test_answers_are_the_same(plain_asker, text):
    asker = Asker(the_edition(), text=text)
    for row in questions("tuning")[::6]:
        given = {"as_of": DAY, "scope": row["scope"], "history": tuple(row.get("after", ()))}
        assert asker.ask(row["q"], **given) == plain_asker.ask(row["q"], **given)


def test_only_what_changed_is_written(plain_asker, text):
    held = list(plain_asker.index.by_id.values())
    assert text.update(held) == (0, 0)
    other = msgspec.structs.replace(held[0], text=held[0].text + " Hapaxlegomenon.")
    assert text.update([other, *held[1:-1]]) == (1, 1)
    assert [name for name, _ in text.find(["hapaxlegomenon"], 5)] == [held[0].id]
    assert text.find(["'", "%s", ""], 5) == []


@pytest.mark.parametrize("lost", ["TRUNCATE ask_full_text", "DROP TABLE ask_full_text"])
def test_a_table_that_is_lost_is_written_again(text, lost):
    before = text.find(["crossover"], 5)
    with connection.cursor() as cursor:
        cursor.execute(lost)
    assert text.find(["crossover"], 5) == before != []
