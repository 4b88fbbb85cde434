"""A plan as the page shows it: three options with what forbids them first, the rest folded.

Every sentence is one of ``consilium.report``; here they are only put in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from string import ascii_uppercase

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consilium.guidance.interests import on_one_line
from consilium.guidance.labels import LabelStatus
from consilium.guidance.voices import Voice
from consilium.knowledge.edition import Edition
from consilium.planning import Plan, heard_by
from consilium.planning.plan import Option
from consilium.report import Document, document
from consilium.report.document import Item, Section
from consilium.web.planner.fields import Field, field_of

SHOWN_FIRST = 3
POSSIBLE = "possible-once-a-missing-fact-is-known"
_PHASES = {"3": "III", "2": "II", "1": "I", "2/3": "II/III", "1/2": "I/II"}


class OptionShown(msgspec.Struct, frozen=True):
    """One option: strength first, then label, results and cautions.

    In view are all the ``cautions`` that forbid it, or else the gravest; the others are folded.
    """

    letter: str
    regimen: str
    name: str
    strength: Item
    label: Item
    approved: bool
    kind: str
    results: tuple[tuple[str, Item], ...]
    cautions: tuple[Item, ...]
    more_cautions: tuple[Item, ...]
    notes: tuple[Item, ...]
    next_lines: tuple[Item, ...]


class ExpertShown(msgspec.Struct, frozen=True):
    """One person or panel: what they say for this patient, since when, and their ties."""

    name: str
    says: str
    cites: tuple[int, ...]
    ties: str


class GapShown(msgspec.Struct, frozen=True):
    """A missing fact, what answers would change, and the question to answer it with."""

    text: str
    field: Field | None


class SourceRow(msgspec.Struct, frozen=True):
    """One numbered source with how it was read."""

    number: int
    id: str
    reference: str
    identifier: str
    depth: str
    read_on: str


class IntendedShown(msgspec.Struct, frozen=True):
    """What is said of the treatment that the clinician had in mind."""

    name: str
    items: tuple[Item, ...]


class PlanShown(msgspec.Struct, frozen=True):
    """Everything that the plan part of the page shows."""

    subtitle: str
    in_short: str
    patient: str
    sections: dict[str, Section]
    unfolded: frozenset[str]
    """The sections that nobody has to open: what forbids something, where sources conflict."""
    options: tuple[OptionShown, ...]
    more_options: tuple[OptionShown, ...]
    forbidden_below: bool
    """Whether something forbids one of ``more_options``."""
    experts: tuple[ExpertShown, ...]
    agreement: str
    gaps: tuple[GapShown, ...]
    sources: tuple[SourceRow, ...]
    all_sources: int
    intended: IntendedShown | None
    refused: bool


def show(
    made: Plan, edition: Edition, said: Mapping[str, list[str]], intended: str = ""
) -> PlanShown:
    """Arrange a plan for the page."""
    brief = document(made, edition, brief=True)
    sections = {_slug(section): section for section in brief.sections}
    options = _options(made, sections.get("options"), edition)
    experts = sections.pop("experts-side-by-side", None)
    agreement, *rows = experts.items if experts else (Item(""),)
    gaps = sections.pop("gaps", Section(""))
    sections.pop("sources", None)
    sections.pop("options", None)
    if made.labels_only:
        # one screen of the terminal names the rest by a command; the page folds it instead
        full = {_slug(section): section for section in document(made, edition).sections}
        slug = "on-a-label-or-perhaps-but-nobody-here-takes-a-stance"
        sections["labels"] = full[slug]
        sections.pop(slug, None)
    said_of_intended = _intended(made, edition, intended, options[:SHOWN_FIRST])
    patient = sections.pop("patient").items[0].text
    sheet = (
        *_items(sections.values()),
        *rows,
        *gaps.items,
        *(item for option in options for item in _all_items(option)),
        *(said_of_intended.items if said_of_intended else ()),
    )
    cited = {number for item in sheet for number in item.cites}
    return PlanShown(
        subtitle=brief.subtitle,
        in_short=_in_short(options, len(gaps.items), made),
        patient=patient,
        sections=sections,
        unfolded=_unfolded(made),
        options=options[:SHOWN_FIRST],
        more_options=options[SHOWN_FIRST:],
        forbidden_below=any(map(_forbidden, made.options[SHOWN_FIRST:])),
        experts=tuple(
            _expert(item, heard, edition)
            for item, heard in zip(rows, heard_by(made).values(), strict=True)
        ),
        agreement=agreement.text,
        gaps=tuple(
            GapShown(item.text, field_of(edition, item.statement, said)) for item in gaps.items
        ),
        sources=sources(made, cited),
        all_sources=len(made.sources),
        intended=said_of_intended,
        refused=made.refusal is not None,
    )


def _unfolded(made: Plan) -> frozenset[str]:
    names = {"where-they-conflict", "depends-or-against"}
    if not made.options or any(map(_forbidden, made.possible)):
        names.add(POSSIBLE)
    if any(map(_forbidden, made.labels_only)):
        names.add("labels")
    return frozenset(names)


def _forbidden(option: Option) -> bool:
    return any(not c.open and c.kind == "contraindication" for c in option.cautions)


def sources(made: Plan, cited: set[int] | None = None) -> tuple[SourceRow, ...]:
    """The sources of a plan, or those among them that are cited."""
    return tuple(
        SourceRow(s.number, s.source, s.reference, s.identifier, _depth(s.depth), s.read_on)
        for s in made.sources
        if cited is None or s.number in cited
    )


def whole(made: Plan, edition: Edition) -> Document:
    """Everything that is said, without its list of sources."""
    found = document(made, edition)
    kept = tuple(section for section in found.sections if section.title != "Sources")
    return msgspec.structs.replace(found, sections=kept)


def _depth(depth: str) -> str:
    return depth.replace("_", " ")


def _slug(section: Section) -> str:
    if section.kind:
        return section.kind
    words = "".join(c if c.isalnum() else " " for c in section.title.casefold()).split()
    return "-".join(words)


def _items(sections: Iterable[Section]) -> Iterable[Item]:
    for section in sections:
        yield from section.items
        yield from _items(section.parts)


def _in_short(options: tuple[OptionShown, ...], missing: int, made: Plan) -> str:
    if made.refusal is not None:
        return _("No plan: outside what this edition covers")
    cautions = sum(bool(option.cautions) for option in options[:SHOWN_FIRST])
    one = ngettext("%d option", "%d options", len(options)) % len(options)
    two = ngettext("%d caution", "%d cautions", cautions) % cautions
    three = ngettext("%d fact missing", "%d facts missing", missing) % missing
    return f"{one} · {two} · {three}" if missing else f"{one} · {two}"


def _options(made: Plan, section: Section | None, edition: Edition) -> tuple[OptionShown, ...]:
    if section is None:
        return ()
    return tuple(
        _option(index, option, part, edition)
        for index, (option, part) in enumerate(zip(made.options, section.parts, strict=False))
    )


def _option(index: int, option: Option, part: Section, edition: Edition) -> OptionShown:
    by_kind: dict[str, list[Item]] = {}
    for item in part.items:
        by_kind.setdefault(item.kind, []).append(item)
    forbids, others = (tuple(by_kind.get(kind, ())) for kind in ("stop", "caution"))
    in_view = forbids or others[:1]
    return OptionShown(
        letter=ascii_uppercase[index] if index < len(ascii_uppercase) else str(index + 1),
        regimen=option.regimen,
        name=part.title,
        strength=by_kind["headline"][0],
        label=by_kind["label"][0],
        approved=option.label.status is LabelStatus.APPROVED,
        kind=part.kind,
        results=tuple((glyph(edition, item.statement), item) for item in by_kind.get("result", ())),
        cautions=in_view,
        more_cautions=others if forbids else others[1:],
        notes=tuple(by_kind.get("note", ())),
        next_lines=tuple(by_kind.get("next", ())),
    )


def _all_items(option: OptionShown) -> Iterable[Item]:
    yield option.strength
    yield option.label
    yield from (item for _glyph, item in option.results)
    yield from (*option.cautions, *option.more_cautions, *option.notes, *option.next_lines)


def glyph(edition: Edition, result: str) -> str:
    """What kind of study a result is from, in shape and letters."""
    return _glyphs(edition).get(result, "")


@lru_cache(maxsize=8)
def _glyphs(edition: Edition) -> dict[str, str]:
    found: dict[str, str] = {}
    for trial in edition.contents.trials:
        phase = _PHASES.get(trial.phase, "")
        mark = {
            "randomised-trial": f"{'●' if phase == 'III' else '◐'} RCT"
            + (f" phase {phase}" if phase else ""),
            "single-arm-trial": "○ single arm",
            "cohort": "▲ real-world",
        }.get(trial.kind, "")
        found |= {result.id: mark for result in trial.results}
    return found


def _expert(item: Item, heard: tuple[Voice, ...], edition: Edition) -> ExpertShown:
    name, _colon, says = item.text.partition("): ")
    # the text ends with the makers in brackets; the page has room for the whole ledger
    says = says.rpartition(" (")[0]
    entries = [voice.interest for voice in heard if voice.interest is not None]
    return ExpertShown(f"{name})", says, item.cites, on_one_line(entries, edition))


def _intended(
    made: Plan, edition: Edition, regimen: str, first: tuple[OptionShown, ...]
) -> IntendedShown | None:
    """Where the intended treatment stands in the plan, in the words of the plan.

    Of one that is among the ``first`` options, which stand in view, only the letter is told.
    """
    if not regimen or made.refusal is not None:
        return None
    if regimen not in edition.regimens:
        return IntendedShown(_("another treatment"), (Item(_("It is not in this edition.")),))
    name = edition.regimens[regimen].name
    for shown in first:
        if shown.regimen == regimen:
            return IntendedShown(name, (Item(_("That is option %s.") % shown.letter),))
    text = document(made, edition)
    items: list[Item] = []
    for section in text.sections:
        if section.kind in ("options", "possible"):
            for option, part in zip(
                made.options if section.kind == "options" else made.possible,
                section.parts,
                strict=False,
            ):
                if option.regimen == regimen:
                    items += [i for i in part.items if i.kind in ("headline", "label", "stop")]
        elif section.title.startswith("On a label"):
            items += [item for item in section.items if item.statement == regimen]
    against = {v.position for v in made.against if regimen in v.regimens}
    for section in text.sections:
        if section.title.startswith("Depends"):
            items += [item for item in section.items if item.statement in against]
    if not items:
        items = [Item(_("No source of this edition speaks of it for this patient."))]
    return IntendedShown(name, tuple(items))
