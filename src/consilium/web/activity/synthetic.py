"""A demonstration: invented learners with votes and cases, each marked synthetic."""

from __future__ import annotations

from random import Random

import msgspec
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Question
from consilium.knowledge.records import Region
from consilium.learning.experts import favoured_by, plan_of
from consilium.learning.outcomes import CaseRecord, Impact
from consilium.planning import heard_by
from consilium.web.activity.models import Comment, KeptCase, Vote
from consilium.web.activity.shown import premise_of, worked_cases
from consilium.web.people import audit
from consilium.web.people.roles import ADMINISTRATOR, EDITOR, FACULTY, give_role

_LEARNERS, _CASES = 24, 18
_HABITS = ("single-agent-chemotherapy", "gemcitabine-carboplatin", "capecitabine", "paclitaxel")
_REASONS = ("experts", "results", "label", "guideline", "safety", "access")
_LIKELY = (1, 2, 4, 9, 8)
STAFF = {"demo-faculty": FACULTY, "demo-editor": EDITOR, "demo-admin": ADMINISTRATOR}


@transaction.atomic
def seed(edition: Edition, password: str, rng: Random) -> bool:
    """Fill an empty site; nothing, and ``False``, where somebody has joined already."""
    if User.objects.exists():
        return False
    for name, role in STAFF.items():
        give_role(User.objects.create_user(name, password=password), role)
    learners = [
        User.objects.create_user(f"demo-learner-{n:02}", password=password if n == 1 else None)
        for n in range(1, _LEARNERS + 1)
    ]
    today = timezone.localdate()
    for activity in edition.contents.activities:
        for poll in activity.polls:
            if not premise_of(poll, edition, today).overtaken:
                weights = _LIKELY[: len(poll.options)]
                for learner in learners:
                    (choice,) = rng.choices(range(len(weights)), weights)
                    Vote.objects.create(
                        learner=learner, activity=activity.id, poll=poll.id, choice=choice
                    )
        Comment.objects.create(
            learner=learners[0],
            activity=activity.id,
            text="Synthetic: does G-CSF from the start change how often you see diarrhoea?",
            to_faculty=True,
            state=Comment.State.SHOWN,
        )
        for question in activity.questions:
            told = question.prophylaxis or any(turn.positions for turn in question.turns)
            for name in question.try_on if told else ():
                records = _records(name, question, edition, rng)
                KeptCase.objects.bulk_create(
                    KeptCase(
                        on=today,
                        activity=activity.id,
                        scenario=name,
                        record=msgspec.to_builtins(record),
                        synthetic=True,
                    )
                    for record in records
                )
    audit.note("demonstration", "seeded", learners=_LEARNERS)
    return True


def _records(name: str, question: Question, edition: Edition, rng: Random) -> list[CaseRecord]:
    """Cases of one patient by invented clinicians, about half of whom think as an expert does."""
    made = plan_of(worked_cases(edition)[name], edition, edition.info.date.last, Region.US)
    people = {
        voices[0].who: favoured_by(voices)
        for voices in heard_by(made).values()
        if voices[0].kind == "person"
    }
    liked = sorted({regimen for regimens in people.values() for regimen in regimens})
    found = []
    for _ in range(rng.randint(_CASES // 2, _CASES)):
        agrees = bool(liked) and rng.random() < 0.55
        intended = rng.choice(liked) if agrees else rng.choice(_HABITS)
        chances = (2, 12, 4) if agrees else (9, 1, 6)
        (impact,) = rng.choices(tuple(Impact), chances)
        found.append(
            CaseRecord(
                scenario=name,
                intended=intended,
                experts=people,
                impact=impact,
                objectives=question.objectives,
                reasons=tuple(sorted(rng.sample(_REASONS, 2))),
                afterwards=rng.choice(liked) if impact is Impact.CHANGED and liked else "",
                prophylaxis={each: _prevents(rng) for each in question.prophylaxis},
            )
        )
    return found


def _prevents(rng: Random) -> tuple[bool, bool]:
    """Whether something would be given from the start: intended, and afterwards."""
    intended = rng.random() < 0.4
    return intended, intended or rng.random() < 0.5
