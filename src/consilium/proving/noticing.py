"""How well the worked cases watch over an edition: mutants noticed, tests seen answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from consilium.knowledge.edition import Edition
from consilium.knowledge.records import WorkedCase
from consilium.proving.drafting import Draft, Drafting
from consilium.proving.findings import plain, written
from consilium.proving.killing import Unseen, killers, prepared, unseen
from consilium.proving.mutants import Mutant, mutants
from consilium.rules.say import say_test

Step = Callable[[int, int], None]


class Noticed(NamedTuple):
    """What the cases notice, what they do not, and drafts of cases that would."""

    mutants: int
    survivors: tuple[Mutant, ...]
    equivalent: tuple[Mutant, ...]
    unseen: tuple[Unseen, ...]
    drafts: tuple[Draft, ...]

    @property
    def unnoticed(self) -> tuple[Mutant, ...]:
        """The mutants that a case could notice and none does."""
        proved = {id(mutant) for mutant in self.equivalent}
        return tuple(mutant for mutant in self.survivors if id(mutant) not in proved)

    @property
    def complete(self) -> bool:
        """Whether every mutant is noticed or proved equivalent, and every test seen."""
        return not self.unnoticed and not self.unseen


def notice(
    edition: Edition,
    cases: Iterable[WorkedCase],
    *,
    seconds: float = 10,
    step: Step = lambda _done, _of: None,
) -> Noticed:
    """Try every mutant on every case, and draft cases for those that none notices."""
    ready = prepared(edition, cases)
    every = tuple(mutants(edition))
    survivors = []
    for done, mutant in enumerate(every):
        step(done, len(every))
        if next(killers(edition, ready, mutant), None) is None:
            survivors.append(mutant)
    step(len(every), len(every))
    left = tuple(unseen(edition, ready))
    drafting = Drafting(edition, survivors, left, seconds=seconds)
    drafts, equivalent = drafting.drafts()
    return Noticed(
        len(every),
        tuple(survivors),
        tuple(equivalent),
        tuple(one for one in left if drafting.can_be_seen(one)),
        tuple(drafts),
    )


def noticed_text(edition: Edition, found: Noticed) -> Iterator[str]:
    """What the cases notice, as lines of text."""
    can = found.mutants - len(found.equivalent)
    yield (
        f"{found.mutants} mutants: {len(found.equivalent)} are proved to change no plan, "
        f"{can - len(found.unnoticed)} of the other {can} are noticed by a worked case"
    )
    for mutant in found.unnoticed:
        yield f"  not noticed: {mutant.key}: {mutant.says}"
    yield f"{len(found.unseen)} tests are not seen answered yes, no and unknown by some case"
    for one in found.unseen:
        answers = ", ".join(answer.value for answer in one.answers)
        yield f"  {one.key}: {say_test(one.test, edition.model)}: never seen {answers}"
    if found.drafts:
        yield f"{len(found.drafts)} draft cases would notice and see all of it"


def draft_files(found: Noticed) -> Iterator[tuple[str, str]]:
    """Each draft as a file: its name, and its text."""
    for draft in found.drafts:
        case = draft.case
        content: dict[str, object] = {
            "id": case.id,
            "why": case.why,
            "as_of": str(case.as_of),
            "region": case.region.value,
            "patient": case.patient,
        }
        if case.shows:
            content["shows"] = [plain(one) for one in case.shows]
        if case.never_shows:
            content["never_shows"] = [plain(one) for one in case.never_shows]
        yield f"{draft.theme}/{case.id}.yaml", written(content)
