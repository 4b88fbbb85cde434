"""No learner reads or changes what is another's, whatever address they try.

Walks every address of the site with the identifiers of somebody else's things. An identifier
that is new has to be filled in here first.
"""

import re

import pytest
from tests.functional.web.test_permissions import EXAMPLES, TABLE, routes
from tests.functional.web.test_taking_part import signed_in

ACTIVITY = "trop2-roles-2026"
OF_THE_EDITION = {"activity", "question", "case", "poll", "form", "kind", "name", "slot"}
"""What names something everybody may read."""
PRIVATE = "words that one learner has not shown"
NAME, BOARD, BIRTH = "learner-alpha", "board 771", "02-29"
FORM = {
    "text": "changed by another",
    "choice": "0",
    "step": "about",
    "state": "shown",
    "role": "learner",
    "disclosure": "nothing",
    "name": "somebody else",
}


@pytest.fixture
def theirs(db):
    """Somebody's things: the rows by model, and the identifiers that lead to them."""
    from django.contrib.auth.models import User

    from consilium.web.activity.models import (
        Certificate,
        Comment,
        DoneStep,
        Evaluation,
        LearningStatement,
        Notice,
        Vote,
    )
    from consilium.web.people.encrypted import closed
    from consilium.web.people.models import Profile

    owner = User.objects.create_user(NAME, password="a long enough phrase 7")
    own = {"learner": owner, "activity": ACTIVITY}
    comment = Comment.objects.create(**own, text=PRIVATE)
    Profile.objects.create(
        learner=owner, name=NAME, board_number=closed(BOARD), birth_day=closed(BIRTH)
    )
    Vote.objects.create(**own, poll="likelihood-now", choice=4)
    DoneStep.objects.create(**own, step="evaluation")
    Evaluation.objects.create(**own, answers={"plan-sequences": "5"})
    Certificate.objects.create(**own, code="c0de", name=NAME, edition="1", on="2026-01-12")
    Notice.objects.create(learner=owner, text=PRIVATE, address="/")
    LearningStatement.objects.create(learner=owner, statement={"said": PRIVATE})
    models = (Profile, Vote, DoneStep, Evaluation, Certificate, Notice, LearningStatement, Comment)

    def rows():
        return [User.objects.values().get(pk=owner.pk)] + [
            list(model.objects.filter(learner=owner).order_by("pk").values()) for model in models
        ]

    return rows, {"comment": str(comment.pk), "number": "1"}


BY_CODE = {"activities/certificates/<slug:code>", "activities/certificates/<slug:code>/pdf"}
"""Whoever was given the code of a certificate may see that it is true, its name included."""


@pytest.mark.parametrize("route", sorted(set(routes()) - BY_CODE))
def test_nobody_reads_or_changes_what_is_anothers_by_any_address(route, theirs, client_of):
    rows, ids = theirs
    path = "/" + route
    for kind, name in re.findall(r"<(?:(\w+):)?(\w+)>", route):
        value = ids.get(name) or (
            EXAMPLES.get(route, {}).get(name, "") if name in OF_THE_EDITION else ""
        )
        assert value, f"{route}: say in this test whose `{name}` is"
        path = path.replace(f"<{kind}:{name}>" if kind else f"<{name}>", value)
    before = rows()
    for who in ("anonymous", "learner"):
        other = client_of(who)
        for answer in (other.get(path), other.post(path, FORM)):
            shown = answer.content.decode(errors="replace")
            for secret in (PRIVATE, NAME, BOARD, BIRTH):
                assert secret not in shown
    assert rows() == before


@pytest.mark.django_db
def test_a_certificate_is_found_by_its_code_alone(theirs):
    other = signed_in("other")
    assert NAME in other.get("/activities/certificates/c0de").content.decode()
    for route, methods in TABLE.items():
        if "GET" in methods and "<" not in route:
            assert "c0de" not in other.get(f"/{route}").content.decode(errors="replace")
