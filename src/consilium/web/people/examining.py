"""What an edition that was handed in would do: checked, compared and proved, in another process.

Takes up to a minute and much memory, so it runs beside the server, one at a time and within
bounds; the page of the edition says how far it is. A process that is killed leaves parts that
never end; they count as ended badly after ``LONGEST`` and can be asked for again.
"""

from __future__ import annotations

import fcntl
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from consilium.errors import ConsiliumError
from consilium.knowledge.edition import Edition
from consilium.learning.experts import plan_of
from consilium.planning.coverage import hold, statements
from consilium.report.document import document
from consilium.web.editions import the_edition
from consilium.web.people.models import Examination, ProposedEdition
from consilium.web.people.proposals import unpack

LONGEST = timedelta(minutes=10)
_MOST_BYTES = 6 * 2**30
_MOST_SAID = 200_000

Found = tuple[bool, Iterable[str]]
"""Whether all is well, and what was found, as lines."""


def begin(number: int) -> None:
    """Ask for every part again, and start the process that answers once this is committed."""
    Examination.objects.filter(edition_id=number).delete()
    Examination.objects.bulk_create(
        Examination(edition_id=number, part=part) for part in Examination.Part.values
    )
    transaction.on_commit(lambda: _start(number))


def ended(edition: ProposedEdition) -> bool:
    """Whether every part has been answered."""
    parts = edition.examinations.all()
    return len(parts) == len(Examination.Part) and all(part.ended for part in parts)


def given_up(edition: ProposedEdition) -> bool:
    """Whether a part is open that has had its time."""
    before = timezone.now() - LONGEST
    return any(not part.ended and part.asked < before for part in edition.examinations.all())


def examine(number: int) -> None:
    """Answer every part for the edition of this number."""
    proposed = ProposedEdition.objects.get(pk=number)
    current = the_edition()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "edition"
        unpack(bytes(proposed.archive), root)
        edition = Edition.read(root)
        asked: dict[str, Callable[[], Found]] = {
            Examination.Part.CHECK: lambda: _checked(edition),
            Examination.Part.AFFECTED: lambda: _affected(current, edition),
            Examination.Part.DIFF: lambda: _differs(current, edition),
            Examination.Part.PROVE: lambda: _proved(edition),
        }
        for part, ask in asked.items():
            try:
                holds, lines = ask()
                says = "\n".join(lines)
            except ImportError:
                holds, says = False, "not answered: this site lacks the extra `prove`"
            Examination.objects.filter(edition=proposed, part=part).update(
                holds=holds, says=says[:_MOST_SAID], ended=timezone.now()
            )


def _checked(edition: Edition) -> Found:
    """The worked cases, and the statements that none of them exercises."""
    cases = edition.cases()
    results = [hold(case, edition) for case in cases]
    failed = [result.case for result in results if not result.holds]
    held = {name for result in results for name in result.held}
    every = statements(edition)
    silent = [name for name in every if name not in held]
    today = timezone.localdate()
    overdue = [p.id for p in edition.contents.positions if p.review_by.last < today]
    return not failed, [
        f"{len(cases) - len(failed)} of {len(cases)} worked cases hold",
        *(f"  fails: {name}" for name in failed),
        f"{len(every) - len(silent)} of {len(every)} statements apply in some worked case",
        *(f"  no case exercises {name}" for name in silent),
        *(f"  overdue for review: {name}" for name in overdue),
    ]


def _affected(current: Edition, proposed: Edition) -> Found:
    """For which worked patients the plan would be another one, on the day of the new edition."""
    day = proposed.info.date.last
    cases = {case.id: case for case in (*current.cases(), *proposed.cases())}

    def shown(edition: Edition, name: str) -> object:
        try:
            made = plan_of(cases[name], edition, day, cases[name].region)
        except ConsiliumError as problem:
            return str(problem)
        return document(made, edition, brief=True).sections

    other = [name for name in sorted(cases) if shown(current, name) != shown(proposed, name)]
    return True, [
        f"{len(other)} of {len(cases)} worked patients get another plan",
        *(f"  {name}" for name in other),
    ]


def _differs(current: Edition, proposed: Edition) -> Found:
    from consilium.proving.differences import Side, differences  # noqa: PLC0415  an extra
    from consilium.proving.telling import difference_text  # noqa: PLC0415

    day = proposed.info.date.last
    found = differences(Side(current, day, "in use"), Side(proposed, day, "handed in"))
    return found.complete, difference_text(found)


def _proved(edition: Edition) -> Found:
    from consilium.proving.proof import prove  # noqa: PLC0415  an extra
    from consilium.proving.telling import proof_text  # noqa: PLC0415

    claims, waivers = edition.claims()
    proof = prove(edition, claims=claims, care_claims=edition.care_claims(), waivers=waivers)
    return proof.holds, proof_text(proof)


def _start(number: int) -> None:
    script = (
        "from consilium.web.starting import set_up; set_up()\n"
        f"from consilium.web.people.examining import within_bounds; within_bounds({number:d})"
    )
    command = [sys.executable, "-c", script]
    subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)


def within_bounds(number: int) -> None:
    """``examine`` in a process of its own: one at a time, bounded in time and memory."""
    with (Path(settings.DATA_FOLDER) / "examining.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        signal.alarm(int(LONGEST.total_seconds()))
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        examine(number)
