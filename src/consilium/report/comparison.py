"""A comparison as sections of short sentences, each with its citations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from consilium.comparing.comparison import (
    Cell,
    Comparison,
    EndpointVerdict,
    Pairing,
    Row,
    State,
    Verdict,
)
from consilium.evidence.sources import Citation
from consilium.knowledge.edition import Edition
from consilium.report.document import Document, Item, Section

_KINDS = {State.MET: "plain", State.DOUBTFUL: "caution", State.VIOLATED: "stop"}


def comparison_json(made: Comparison) -> bytes:
    """The comparison in its versioned shape."""
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


def comparison_document(made: Comparison, edition: Edition, *, brief: bool = False) -> Document:
    """Arrange a comparison; ``brief`` leaves out the pairs that cannot be compared at all."""
    return _Writer(made, edition, brief=brief).document()


class _Writer:
    def __init__(self, made: Comparison, edition: Edition, *, brief: bool) -> None:
        self.made, self.edition = made, edition
        shown = [p for p in made.pairings if p.best is not Verdict.NONE]
        self.pairings = tuple(shown) if brief and shown else made.pairings[: 1 if brief else None]
        cells = [c for p in self.pairings for row in p.rows for c in (row.one, row.other)]
        found = dict.fromkeys(c.source for cell in (*made.also, *cells) for c in cell.because)
        self.numbers = {name: number for number, name in enumerate(found, start=1)}

    def document(self) -> Document:
        made = self.made
        return Document(
            f"{made.one} against {made.other}",
            f"edition {made.edition} · as of {made.as_of} · educational, for health professionals",
            tuple(self._sections()),
        )

    def _sections(self) -> Iterator[Section]:
        gist = tuple(Item(text, "headline") for text in self.made.summary)
        yield Section("In short", (*gist, Item(self.made.warning, "caution")))
        if self.made.also:
            yield Section(
                "Seen, but not compared by chance",
                tuple(Item(c.text, "plain", self._cites(c.because)) for c in self.made.also),
            )
        for pairing in self.pairings:
            yield self._pairing(pairing)
        left = len(self.made.pairings) - len(self.pairings)
        if left:
            yield Section("More", (Item(f"{left} more pairs of trials with --full.", "more"),))
        yield Section("Sources", tuple(self._sources()))

    def _pairing(self, pairing: Pairing) -> Section:
        verdicts = tuple(item for v in pairing.verdicts for item in self._verdict(v))
        rows = tuple(self._row(pairing, row) for row in pairing.rows)
        same = pairing.one_trial == pairing.other_trial
        title = pairing.one_name if same else f"{pairing.one_name}, {pairing.other_name}"
        return Section(title, verdicts, (Section("Side by side", rows),))

    def _verdict(self, verdict: EndpointVerdict) -> Iterator[Item]:
        estimate = ""
        if verdict.estimate is not None:
            word = ", exploratory" if verdict.verdict is Verdict.DOUBTFUL else ""
            estimate = f"; {verdict.estimate.text}{word}"
        kind = "stop" if verdict.verdict is Verdict.NONE else "headline"
        cites = self._numbered(use for use in verdict.uses)
        yield Item(
            f"{verdict.name}: {verdict.verdict.value}{estimate}. {_sentence(verdict.why)}",
            kind,
            cites,
        )
        for assumption in verdict.assumptions:
            text = f"{assumption.name}: {assumption.state.value}; {assumption.says}"
            yield Item(f"{_sentence(text)}", _KINDS[assumption.state])

    def _row(self, pairing: Pairing, row: Row) -> Item:
        one, other = (self._cell(cell) for cell in (row.one, row.other))
        cites = sorted({*self._cites(row.one.because), *self._cites(row.other.because)})
        if not row.differs:
            return Item(f"{row.subject}: {one}", "plain", tuple(cites))
        return Item(
            f"{row.subject}: {self._short(pairing.one_trial)}: {one} "
            f"| {self._short(pairing.other_trial)}: {other}",
            "conflict",
            tuple(cites),
        )

    def _short(self, trial: str) -> str:
        return self.edition.trials[trial].names[0]

    @staticmethod
    def _cell(cell: Cell) -> str:
        return cell.text or "not in the stored sources"

    def _cites(self, because: Iterable[Citation]) -> tuple[int, ...]:
        return tuple(sorted({self.numbers[c.source] for c in because if c.source in self.numbers}))

    def _numbered(self, uses: Iterable[str]) -> tuple[int, ...]:
        cited = (
            c
            for use in uses
            if use in self.edition.results
            for c in self.edition.results[use].because
        )
        return self._cites(cited)

    def _sources(self) -> Iterator[Item]:
        for name, number in self.numbers.items():
            source = self.edition.sources[name]
            pmid = source.pmid and f"PMID {source.pmid}"
            place = (source.doi and f"doi:{source.doi}") or pmid or source.nct or source.url
            yield Item(f"[{number}] {source.reference}. {place}", "source", (number,), name)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."
