"""A site moves from SQLite to PostgreSQL and back by its backup, with its audit whole."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.functional.web.test_at_once import ENVIRONMENT, STARTED, database, outside

__all__ = ["database"]

FILL = f"""{STARTED}
from consilium.web.starting import make_ready
make_ready()
from random import Random
from consilium.web.activity.synthetic import seed
from consilium.web.editions import the_edition
seed(the_edition(), "a demonstration phrase", Random(7))
print("{{}}")
"""
GO_ON = f"""{STARTED}
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from consilium.web.activity.models import Comment, Vote
from consilium.web.people import audit
before = audit.verify_here()
user = User.objects.create_user("came-later")
made = Comment.objects.create(learner=user, activity="trop2-roles-2026", text="new here")
audit.note("came-later", "joined")
after = audit.verify_here()
print(json.dumps({{
    "flaws": [before.flaw, after.flaw],
    "entries": after.entries - before.entries,
    "newest": made.pk == max(Comment.objects.values_list("pk", flat=True)),
    "votes": Vote.objects.count(),
    "knows": User.objects.get(username="demo-editor").check_password("a demonstration phrase"),
}}))
"""


def site(command: str, file: Path, data: Path, database: str) -> None:
    asked = [sys.executable, "-m", "consilium.cli", command, str(file), "--data", str(data)]
    more = ["--database", database] if database else []
    subprocess.run([*asked, *more], check=True, env=ENVIRONMENT, capture_output=True)


def records(file: Path) -> list[str]:
    body = json.loads(gzip.decompress(file.read_bytes()))
    return sorted(json.dumps(record, sort_keys=True) for record in body["records"])


@pytest.mark.slow
def test_a_backup_moves_between_databases_and_loses_nothing(tmp_path, database):
    """From SQLite to each database, and from there back into a new SQLite."""
    old, new, back = (tmp_path / name for name in ("old", "new", "back"))
    first, second, third = (tmp_path / f"{n}.backup" for n in range(3))
    outside(FILL, old, "")
    site("backup", first, old, "")
    site("restore", first, new, database)
    site("backup", second, new, database)
    site("restore", second, back, "")
    site("backup", third, back, "")
    assert records(first) == records(second) == records(third)
    for data, where in ((new, database), (back, "")):
        went_on = outside(GO_ON, data, where)
        votes = went_on.pop("votes")
        assert votes > 20
        assert went_on == {"flaws": ["", ""], "entries": 1, "newest": True, "knows": True}
