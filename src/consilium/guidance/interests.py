"""The conflict ledger: who speaks, who makes the drugs named, what is declared, who paid.

It joins three things that are each on record: the makers of a drug, the
disclosures of a speaker, and the supporter of the activity in which a position
was said. It judges nobody. What is not on record is said to be so, which is
another thing than nothing to declare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Literal

import msgspec

from consilium.clinical.dates import Day
from consilium.knowledge.edition import Edition
from consilium.knowledge.learning import Activity, Disclosure, Organisation
from consilium.knowledge.records import Position

KINDS = {
    "employment": "employment",
    "shares-or-options": "shares or options",
    "royalties-or-patents": "royalties or patents",
    "consultant-or-adviser": "consulting or advice",
    "honoraria": "honoraria",
    "research-paid-to-institution": "research paid to the institution",
    "other-support": "other support",
}
"""The kinds of tie in words, in the order in which they are told."""
_SHORT = KINDS | {
    "consultant-or-adviser": "consulting",
    "research-paid-to-institution": "institutional research",
}
_SUPPORT = {"educational-grant": "an educational grant", "in-kind": "support in kind"}


class Tie(msgspec.Struct, frozen=True):
    """What one person declares of one maker of drugs that a position names."""

    who: str
    organisation: str
    drugs: tuple[str, ...]
    kinds: tuple[str, ...]


class Backing(msgspec.Struct, frozen=True):
    """Who paid for the activity in which a position was said, and what of it they make."""

    activity: str
    organisation: str
    kind: str
    drugs: tuple[str, ...]


class Interest(msgspec.Struct, frozen=True):
    """The ledger's entry for one position.

    ``status`` says whether disclosures are on record: `declared`,
    `nothing-declared` or `not-recorded`. Ties are to makers of the drugs that
    the position names and to nobody else; ``makers_not_recorded`` are drugs of
    which the edition does not know who makes them. ``says`` tells all of it in
    neutral words, ``briefly`` only to whom the ties are.
    """

    position: str
    status: Literal["declared", "nothing-declared", "not-recorded"]
    ties: tuple[Tie, ...]
    backing: tuple[Backing, ...]
    makers_not_recorded: tuple[str, ...]
    says: str
    briefly: str


@lru_cache(maxsize=64)
def ledger(edition: Edition, as_of: date) -> dict[str, Interest]:
    """The entry of every position, by its id, as far as it was public on a day; kept."""
    public = [a for a in edition.contents.activities if _public(a, as_of)]
    return {
        position.id: _interest(position, public, edition) for position in edition.contents.positions
    }


def _public(activity: Activity, as_of: date) -> bool:
    return not isinstance(activity.released, Day) or activity.released.last <= as_of


def makers_of(drug: str, edition: Edition) -> tuple[Organisation, ...]:
    """The organisations that make a drug, as far as the edition knows."""
    named = (edition.organisations_spelled[maker] for maker in edition.drugs[drug].makers)
    return tuple(dict.fromkeys(organisation for several in named for organisation in several))


def declared_with(
    disclosure: Disclosure, organisation: Organisation, edition: Edition
) -> tuple[str, ...]:
    """The kinds of tie that a disclosure lists with an organisation, however it is spelled."""
    return tuple(
        relationship.kind
        for relationship in disclosure.relationships
        if any(
            organisation in edition.organisations_spelled[spelling]
            for spelling in relationship.organisations
        )
    )


def _interest(position: Position, public: Iterable[Activity], edition: Edition) -> Interest:
    drugs = tuple(dict.fromkeys(d for name in position.regimens for d in edition.drugs_of(name)))
    makers: dict[Organisation, list[str]] = {}
    for drug in drugs:
        for maker in makers_of(drug, edition):
            makers.setdefault(maker, []).append(drug)
    declared = dict(_disclosures(position, public))
    ties = tuple(
        Tie(who, maker.name, tuple(makers[maker]), kinds)
        for who, disclosure in declared.items()
        for maker in makers
        if (kinds := declared_with(disclosure, maker, edition))
    )
    cited = {citation.source for citation in position.because}
    backing = tuple(
        Backing(
            activity.id,
            edition.organisations[support.organisation].name,
            support.kind,
            tuple(makers.get(edition.organisations[support.organisation], ())),
        )
        for activity in public
        if activity.source in cited
        for support in activity.supporters
    )
    resolved = declared and all(d.status != "unresolved" for d in declared.values())
    listed = any(d.relationships for d in declared.values())
    status: Literal["declared", "nothing-declared", "not-recorded"] = "not-recorded"
    if resolved:
        status = "declared" if listed else "nothing-declared"
    silent = tuple(drug for drug in drugs if not edition.drugs[drug].makers)
    speech = _Speech(position, status, tuple(declared), ties, backing, silent, edition)
    return Interest(
        position.id, status, ties, backing, silent, " ".join(speech.whole()), speech.briefly()
    )


def _disclosures(
    position: Position, public: Iterable[Activity]
) -> Iterator[tuple[str, Disclosure]]:
    """What the speaker declared, or the whole faculty where the activity itself speaks."""
    for activity in public:
        for member in activity.faculty:
            if position.who in (member.speaker, activity.speaker):
                yield member.speaker, member.disclosure


def on_one_line(entries: Sequence[Interest], edition: Edition) -> str:
    """Several entries of one speaker: whom they declare, what that maker makes here, and how.

    Who supported an activity is not told again.
    """
    held: dict[str, dict[str, tuple[dict[str, None], dict[str, None]]]] = {}
    for tie in (tie for entry in entries for tie in entry.ties):
        drugs, kinds = held.setdefault(tie.who, {}).setdefault(tie.organisation, ({}, {}))
        named = (edition.drugs[drug] for drug in tie.drugs)
        drugs.update(dict.fromkeys(drug.short or drug.name for drug in named))
        kinds.update(dict.fromkeys(tie.kinds))
    if not held:
        return f"{entries[0].briefly[:1].upper()}{entries[0].briefly[1:]}." if entries else ""
    said = []
    for who, makers in held.items():
        ties = "; ".join(
            f"{maker}, maker of {' and '.join(drugs)}"
            f" ({', '.join(_SHORT[kind] for kind in KINDS if kind in kinds)})"
            for maker, (drugs, kinds) in makers.items()
        )
        speaker = edition.speakers[who]
        said.append(f"{speaker.short or speaker.name} declares {ties}.")
    return " ".join(said)


class _Speech:
    """The words of one entry."""

    def __init__(
        self,
        position: Position,
        status: str,
        people: tuple[str, ...],
        ties: tuple[Tie, ...],
        backing: tuple[Backing, ...],
        silent: tuple[str, ...],
        edition: Edition,
    ) -> None:
        self.position, self.status, self.people = position, status, people
        self.ties, self.backing, self.silent, self.edition = ties, backing, silent, edition
        self.speaker = edition.speakers[position.who]

    def whole(self) -> Iterator[str]:
        if self.status == "not-recorded":
            owner = "its members declare" if self.speaker.kind == "guideline" else "is declared"
            yield f"{self._short(self.position.who)}: what {owner} is not recorded here."
        for who in self.people if self.status != "not-recorded" else ():
            held = [tie for tie in self.ties if tie.who == who]
            said = "; ".join(
                f"{tie.organisation}, maker of {self._drugs(tie.drugs)} "
                f"({', '.join(_in_order(tie.kinds))})"
                for tie in held
            )
            none = "no tie to a maker of these drugs that is recorded here"
            ties = f"ties to {said}" if said else none
            yield f"{self._short(who)} declares {ties}."
        for paid in self.backing:
            makes = f", which makes {self._drugs(paid.drugs)}" if paid.drugs else ""
            yield f"The activity had {_SUPPORT[paid.kind]} from {paid.organisation}{makes}."
        if self.silent:
            yield f"Who makes {self._drugs(self.silent)} is not recorded here."

    def briefly(self) -> str:
        """The makers only; who supported an activity is told once for all who spoke in it."""
        if self.status == "not-recorded":
            return "ties not recorded here"
        named = dict.fromkeys(tie.organisation for tie in self.ties)
        return f"ties: {', '.join(named)}" if named else "no tie to a maker"

    def _short(self, who: str) -> str:
        speaker = self.edition.speakers[who]
        return speaker.short or speaker.name

    def _drugs(self, drugs: Iterable[str]) -> str:
        names = [self.edition.drugs[drug].name for drug in drugs]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _in_order(kinds: tuple[str, ...]) -> list[str]:
    return [words for kind, words in KINDS.items() if kind in kinds]
