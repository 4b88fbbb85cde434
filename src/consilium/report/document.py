"""A plan as sections of short sentences, each with its citations: the one text of all formats.

The renderers only set it; none adds a clinical word of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from consilium.care.cautions import Caution
from consilium.evidence.sources import Citation
from consilium.guidance.labels import Label, LabelStatus
from consilium.guidance.standing import Standing
from consilium.guidance.voices import STANCE_WORDS, Agreement, Voice
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Stance
from consilium.planning import Plan, heard_by
from consilium.planning.plan import Cover, FactShown, Gap, KeyResult, NextLine, Option

if TYPE_CHECKING:
    from consilium.care.parts import Line
    from consilium.care.sheet import Sheet


class Item(msgspec.Struct, frozen=True):
    """One sentence. ``statement`` is the record it says, ``cites`` its numbered sources."""

    text: str
    kind: str = "plain"
    cites: tuple[int, ...] = ()
    statement: str = ""


class Section(msgspec.Struct, frozen=True):
    """A heading with its sentences and the sections inside it."""

    title: str
    items: tuple[Item, ...] = ()
    parts: tuple[Section, ...] = ()
    kind: str = ""


class Document(msgspec.Struct, frozen=True):
    """A whole plan as text."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def document(made: Plan, edition: Edition, *, brief: bool = False) -> Document:
    """Arrange a plan; ``brief`` keeps what fits one screen."""
    return _Writer(made, edition, brief=brief).document()


_LABELS = {
    LabelStatus.APPROVED: "approved for this patient",
    LabelStatus.OUTSIDE: "outside, approved for other patients",
    LabelStatus.UNDER_REVIEW: "under review",
    LabelStatus.NONE_FOUND: "no approval found when checked",
    LabelStatus.NOT_RECORDED: "not recorded here",
    LabelStatus.CANNOT_TELL: "cannot be told",
}
_CAUTIONS = {
    "contraindication": "Do not give",
    "caution": "Caution",
    "check-first": "Check first",
    "note": "Note",
}
_GATES = {"open": "open as far as this goes", "held": "hold", "asks": "asks for a value"}
_AGREEMENT = {
    Agreement.AGREE: "Those who speak for this patient have a drug in common.",
    Agreement.SPLIT: "Those who speak for this patient do not all name the same drugs.",
    Agreement.ONE_SPEAKS: "One person speaks for this patient.",
    Agreement.NOBODY_SPEAKS: "No person in this edition speaks for this patient.",
}
_MOST = 3
_LABELS_SHOWN = 4
_CHECKS = 5


def _gravest(option: Option) -> tuple[tuple[Caution, ...], int]:
    """What stands against an option in brief, gravest first, and how much more there is.

    Whatever forbids it is always among them.
    """
    held = [c for c in option.cautions if not c.open and c.kind in ("contraindication", "caution")]
    forbids = sum(c.kind == "contraindication" for c in held)
    shown = held[: max(_MOST, forbids)]
    return tuple(shown), len(held) - len(shown)


class _Writer:
    def __init__(self, made: Plan, edition: Edition, *, brief: bool) -> None:
        self.made, self.edition, self.brief = made, edition, brief
        self.numbers = {shown.source: shown.number for shown in reversed(made.sources)}
        self.model = edition.model
        labelled = (*made.options, *made.possible, *made.labels_only)
        self._since = {o.regimen: o.label.since for o in labelled}

    def document(self) -> Document:
        made = self.made
        return Document(
            title="Plan",
            subtitle=(
                f"edition {made.edition} · as of {made.as_of} · region {made.region} · "
                "educational, for health professionals"
            ),
            sections=tuple(
                section for section in self._sections() if section.items or section.parts
            ),
        )

    def _sections(self) -> Iterator[Section]:
        made = self.made
        yield self._patient()
        if made.refusal is not None:
            reason = Item(made.refusal.says, "stop", statement=made.refusal.exclusion)
            yield Section("Outside what this edition covers", (reason,), kind="refusal")
            yield self._understanding()
            return
        if made.cover:
            yield Section(
                "What this edition holds for this patient",
                tuple(Item(self._say_cover(c), "caution", statement=c.scope) for c in made.cover),
                kind="cover",
            )
        yield Section("Options", parts=tuple(self._option(o) for o in made.options), kind="options")
        if not made.options:
            yield Section(
                "Options",
                (Item("Nobody in this edition takes a stance for this patient as entered."),),
            )
        apart = made.against if self.brief else (*made.depends, *made.against)
        yield Section("Depends, or against", tuple(self._voice(voice) for voice in apart))
        yield self._experts()
        yield self._conflicts()
        if made.possible:
            yield (
                Section(
                    "Possible, once a missing fact is known",
                    parts=tuple(self._option(o) for o in made.possible),
                    items=(),
                    kind="possible",
                )
                if not self.brief
                else Section(
                    "Possible, once a missing fact is known",
                    tuple(self._possible(o) for o in made.possible),
                )
            )
        yield self._labels_only()
        yield self._gaps()
        yield self._trials()
        yield self._later()
        yield self._understanding()
        for sheet in made.care:
            yield self._care(sheet)
        if not self.brief:
            yield self._overridden()
            yield self._facts()
        yield Section("Not considered", (Item("; ".join(made.not_considered) + "."),))
        yield self._sources()

    def _say_cover(self, cover: Cover) -> str:
        if not cover.missing:
            return cover.says
        return f"Perhaps (not known: {self._named(cover.missing)}): {cover.says}"

    def _named(self, facts: Iterable[str]) -> str:
        """Facts by their phrases; on one screen the first few and how many more."""
        names = list(dict.fromkeys(self._phrase(fact) for fact in facts))
        if not self.brief or len(names) <= _CHECKS + 1:
            return ", ".join(names)
        return f"{', '.join(names[:_CHECKS])} and {len(names) - _CHECKS} more"

    def _patient(self) -> Section:
        shown = [f.text for f in self.made.case if not self.brief or _tells(f)]
        said = "; ".join(dict.fromkeys(shown)) or "Nothing is known yet"
        return Section("Patient", (Item(f"{said}.", "fact"),), kind="patient")

    def _cites(self, because: Iterable[Citation]) -> tuple[int, ...]:
        found = (self.numbers.get(citation.source) for citation in because)
        return tuple(sorted({number for number in found if number is not None}))

    def _option(self, option: Option) -> Section:
        cited = self._cites(c for v in option.voices for c in v.because)
        items = [
            self._label(option.label, option.regimen),
            Item(option.headline + ".", "headline", cited),
            *self._older(option),
        ]
        if self.brief:
            items += self._reservations(option)
        items += self._results_in_brief(option) if self.brief else map(self._result, option.results)
        items += [Item(mark + ".", "caution") for mark in option.already]
        items += (
            self._cautions_in_brief(option)
            if self.brief
            else self._cautions(option.cautions, option)
        )
        if not self.brief:
            items += [self._voice(voice) for voice in option.voices]
        items += self._next(option.next_lines)
        return Section(
            option.name, tuple(items), kind="stop" if option.contraindicated else option.certainty
        )

    def _older(self, option: Option) -> Iterator[Item]:
        if option.older_than:
            newer = ", ".join(
                f"{self._short(name)} ({self._since[name]})" for name in option.older_than
            )
            yield Item(
                f"Said before these were approved here for such a patient: {newer}.", "caution"
            )

    def _reservations(self, option: Option) -> Iterator[Item]:
        """What a guideline adds to its stance; what a person adds stands with the experts."""
        for voice in option.voices:
            if voice.holds and voice.kind == "guideline" and voice.caveat:
                text = f"{self._who(voice)}: {voice.caveat}"
                yield Item(text, "note", self._cites(voice.because), voice.position)

    def _who(self, voice: Voice) -> str:
        speaker = self.edition.speakers[voice.who]
        return speaker.short or speaker.name

    def _results_in_brief(self, option: Option) -> Iterator[Item]:
        by_trial: dict[str, list[KeyResult]] = {}
        for key in option.results:
            by_trial.setdefault(key.trial, []).append(key)
        for keys in list(by_trial.values())[:1]:
            said = []
            for key in keys[:2]:
                population = f" ({key.population})" if key.population else ""
                immature = ", immature" if "immature" in key.maturity else ""
                said.append(f"{key.short}{population}{immature}")
            cited = [c for key in keys[:2] for c in self.edition.results[key.result].because]
            flag = " (lowest tier)" if any(key.lowest_tier for key in keys[:2]) else ""
            against = f" against {keys[0].against}" if keys[0].against else ""
            text = f"{keys[0].name}{against}: {'; '.join(said)}{flag}."
            yield Item(text, "result", self._cites(cited), keys[0].result)

    def _cautions_in_brief(self, option: Option) -> Iterator[Item]:
        yield from self._cautions(_gravest(option)[0], option)
        open_ = [c for c in option.cautions if c.open]
        asked = dict.fromkeys(self._phrase(fact) for c in open_ for fact in c.missing)
        forbids = any(c.kind == "contraindication" for c in open_)
        if asked:
            named = list(asked)[:_CHECKS]
            more = f" and {len(asked) - len(named)} more" if len(asked) > len(named) else ""
            word = "Check first, one may forbid it" if forbids else "Check first"
            shown = [c for c in open_ if set(c.missing) & set(named)]
            cited = self._cites(cited for c in shown for cited in c.because)
            yield Item(f"{word}: {', '.join(named)}{more}.", "caution", cited, open_[0].rule)

    def _label(self, label: Label, regimen: str) -> Item:
        text = _LABELS[label.status]
        if label.status is LabelStatus.APPROVED and label.since is not None:
            text += f" since {label.since}" + (
                " (first approval of the drug here; the date of this one is not stated)"
                if label.since_not_stated
                else ""
            )
        if label.status is LabelStatus.UNDER_REVIEW:
            text += f" since {label.since}" if label.since else ""
            text += f"; {label.also}" if label.also else ""
        if label.failing:
            # another subtype says enough; what its label asks for besides is of no use here
            failing = ("subtype",) if "subtype" in label.failing else label.failing
            text += f" (in the way: {', '.join(self._phrase(f) for f in failing)})"
        if label.missing:
            text += f", missing: {', '.join(self._phrase(f) for f in label.missing)}"
        cited = [c for name in label.approvals for c in self.edition.approvals[name].because]
        return Item(f"Label {self.made.region}: {text}.", "label", self._cites(cited), regimen)

    def _phrase(self, fact: str) -> str:
        return self.edition.facts[fact].phrase

    def _result(self, key: KeyResult) -> Item:
        notes = [key.population] if key.population else []
        notes += [key.maturity] if key.maturity not in ("", "not-stated") else []
        if key.crossover == "allowed":
            notes.append("crossover allowed")
        if key.fits == "unknown":
            notes.append("whether the patient fits the trial cannot be told")
        if key.lowest_tier:
            notes.append("seen on a page of the lowest tier only")
        notes.append(key.depth.replace("_", " "))
        cited = self.edition.results[key.result].because
        return Item(
            f"{key.name}: {key.text} ({'; '.join(notes)}).",
            "result",
            self._cites(cited),
            key.result,
        )

    def _cautions(self, found: tuple[Caution, ...], option: Option) -> Iterator[Item]:
        for caution in found:
            word = _CAUTIONS[caution.kind]
            if option.drugs != (caution.drug,):
                # a rule is of one drug, whatever it is given with or instead of
                word = f"{word}, {self.edition.drugs[caution.drug].name}"
            kind = "stop" if caution.kind == "contraindication" else "caution"
            if caution.open:
                kind = "caution"
                missing = ", ".join(self._phrase(f) for f in caution.missing)
                word = f"Check {missing} first; {word.lower()} if it applies"
            yield Item(f"{word}: {caution.says}.", kind, self._cites(caution.because), caution.rule)

    def _voice(self, voice: Voice) -> Item:
        names = ", ".join(self._short(name) for name in voice.regimens)
        about = names or self._deciding(voice)
        text = f"{voice.name} {STANCE_WORDS[voice.stance]} {about}"
        if names and voice.stance is Stance.DEPENDS_ON:
            text += f", by {self._deciding(voice)}"
        if voice.over:
            text += f" over {', '.join(self._short(name) for name in voice.over)}"
        if voice.grading:
            text += f" ({voice.grading})"
        if voice.standing is Standing.EXTENDS:
            text += "; an extension: the source speaks of a neighbouring group"
        if voice.waiting:
            waiting = ", ".join(self._short(name) for name in voice.waiting)
            text += f"; on condition that it is approved here: {waiting}"
        if voice.missing:
            text += f"; cannot be told without {', '.join(self._phrase(f) for f in voice.missing)}"
        if voice.reasons:
            text += f". Because: {', '.join(reason.text for reason in voice.reasons)}"
        said = [cited.says for cited in voice.because if cited.says]
        if said:
            text += f". It says: {'; '.join(said)}"
        if voice.caveat:
            text += f". {voice.caveat.rstrip('.')}"
        text += f". Since {voice.since.replace('not-stated', 'a day that is not stated')}"
        if voice.overdue_since:
            text += f"; review overdue since {voice.overdue_since}"
        if voice.interest is not None:
            text += f". {voice.interest.says.rstrip('.')}"
        return Item(text + ".", "voice", self._cites(voice.because), voice.position)

    def _short(self, regimen: str) -> str:
        named = self.edition.regimens[regimen]
        return named.name

    def _next(self, lines: tuple[NextLine, ...]) -> list[Item]:
        if not lines:
            return []
        said = "; ".join(self._next_text(line) for line in lines[:_MOST])
        return [Item(f"Next, after progression: {said}.", "next")]

    def _next_text(self, line: NextLine, depth: int = 0) -> str:
        text = f"{' or '.join(line.names)} ({line.says})"
        if line.again:
            text += f" [{', '.join(dict.fromkeys(line.again))}]"
        if line.then and not self.brief and depth == 0:
            first = f" after {line.names[0]}" if len(line.names) > 1 else ""
            text += f", then{first} " + " / ".join(
                self._next_text(part, 1) for part in line.then[:2]
            )
        return text

    def _possible(self, option: Option) -> Item:
        missing = dict.fromkeys(f for voice in option.voices for f in voice.missing)
        label = self._label(option.label, option.regimen)
        cited = self._cites(c for v in option.voices for c in v.because)
        warnings, because = self._warnings(option)
        return Item(
            f"{option.name}. {label.text} {option.headline}; missing: {self._named(missing)}."
            f"{warnings}",
            "stop" if option.contraindicated else "possible",
            tuple(sorted({*label.cites, *cited, *because})),
        )

    def _warnings(self, option: Option) -> tuple[str, set[int]]:
        """What stands against an option that is told in one line, gravest first."""
        gravest, left = _gravest(option)
        shown = list(self._cautions(gravest, option))
        more = f" {left} more caution{'s' if left > 1 else ''} when shown in full." if left else ""
        return (
            "".join(f" {item.text}" for item in shown) + more,
            {number for item in shown for number in item.cites},
        )

    def _labels_only(self) -> Section:
        items = []
        for option in self.made.labels_only:
            label = self._label(option.label, option.regimen)
            marks = "".join(f" {mark[0].upper()}{mark[1:]}." for mark in option.already)
            warnings, because = self._warnings(option)
            cites = sorted({*label.cites, *because})
            kind = "stop" if option.contraindicated else "label"
            text = f"{option.name}. {label.text}{marks}{warnings}"
            items.append(Item(text, kind, tuple(cites), option.regimen))
        shown = items[: _LABELS_SHOWN if self.brief else None]
        if len(items) > len(shown):
            others = ", ".join(o.name for o in self.made.labels_only[len(shown) :])
            shown.append(Item(f"{len(items) - len(shown)} more with --full: {others}.", "more"))
        return Section("On a label, or perhaps, but nobody here takes a stance", tuple(shown))

    def _experts(self) -> Section:
        rows = []
        for name, heard in heard_by(self.made).items():
            said = "; ".join(dict.fromkeys(self._stance(v) for v in _together(_telling(heard))))
            cites = self._cites(c for v in heard for c in v.because)
            since = ", ".join(dict.fromkeys(v.since for v in heard))
            caveats = " ".join(dict.fromkeys(v.caveat for v in heard if v.caveat and self.brief))
            text = f"{name} ({since}): {said}. {caveats}".rstrip()
            text += self._interests(heard)
            rows.append(Item(text, "voice", cites, heard[0].position))
        if not rows:
            return Section("Experts side by side")
        return Section(
            "Experts side by side",
            (Item(_AGREEMENT[self.made.agreement] + self._supported(), "agreement"), *rows),
        )

    def _interests(self, heard: Iterable[Voice]) -> str:
        """What one speaker declares of the makers of all drugs named here."""
        known = [v.interest for v in heard if v.interest is not None]
        if not self.brief:
            return "".join(f" {said}" for said in dict.fromkeys(i.says for i in known))
        makers = dict.fromkeys(tie.organisation for i in known for tie in i.ties)
        if makers:
            return f" (ties: {', '.join(makers)})"
        return f" ({known[0].briefly})" if known else ""

    def _supported(self) -> str:
        """Once for all who spoke in a supported activity; the full text says it of each."""
        by: dict[str, dict[str, None]] = {}
        for heard in heard_by(self.made).values() if self.brief else ():
            for voice in heard:
                for paid in voice.interest.backing if voice.interest else ():
                    by.setdefault(paid.organisation, {})[self._who(voice)] = None
        return "".join(
            f" {organisation} supported the activity: {', '.join(names)}."
            for organisation, names in by.items()
        )

    def _deciding(self, voice: Voice) -> str:
        return " and ".join(self._phrase(fact) for fact in voice.facts)

    def _stance(self, voice: Voice) -> str:
        """What one voice says, without who says it."""
        named = (
            self._briefly(voice.regimens)
            if self.brief
            else ", ".join(self._short(name) for name in voice.regimens)
        )
        if voice.stance is Stance.DEPENDS_ON:
            between = f" between {named}" if named else ""
            text = f"lets {self._deciding(voice)} decide{between}"
        else:
            text = f"{STANCE_WORDS[voice.stance]} {named}"
        if voice.waiting:
            waiting = ", ".join(self._short(name) for name in voice.waiting)
            same = voice.waiting == voice.regimens
            text += " if approved here" if same else f" ({waiting} if approved here)"
        if voice.standing is Standing.EXTENDS:
            text += " (an extension: the source speaks of a neighbouring group)"
        return text

    def _conflicts(self) -> Section:
        """Every clash once: who says what, against whom."""
        voices = {v.position: v for v in self._heard()}
        sides: dict[str, dict[str, Voice]] = {}
        for conflict in self.made.conflicts:
            one, other = (voices[name] for name in conflict.positions)
            sides.setdefault(other.position, {})[one.position] = one
        items = []
        for name, ones in sides.items():
            against = voices[name]
            cited = (cite for v in (*ones.values(), against) for cite in v.because)
            said = "; ".join(self._side(list(ones.values())))
            text = f"{said}. On the other side, {self._side([against])[0]}."
            items.append(Item(text, "conflict", self._cites(cited), next(iter(ones))))
        return Section("Where they conflict", tuple(items))

    def _side(self, said: list[Voice]) -> list[str]:
        """What several voices say, those of one speaker and one stance together."""
        grouped: dict[tuple[str, str, str, tuple[str, ...]], dict[str, None]] = {}
        for v in said:
            key = (self._who(v), v.since, STANCE_WORDS[v.stance], v.over)
            grouped.setdefault(key, {}).update(dict.fromkeys(v.regimens))
        texts = []
        for (who, since, stance, over), named in grouped.items():
            rather = f", over {self._briefly(over)}" if over else ""
            texts.append(f"{who} ({since}) {stance} {self._briefly(named)}{rather}")
        return texts

    def _briefly(self, regimens: Iterable[str]) -> str:
        named = (self.edition.regimens[name] for name in regimens)
        return ", ".join(regimen.short or regimen.name for regimen in named)

    def _heard(self) -> Iterator[Voice]:
        made = self.made
        for option in (*made.options, *made.possible):
            yield from option.voices
        yield from (*made.against, *made.depends)

    def _gaps(self) -> Section:
        items = []
        for gap in self._gaps_shown():
            changes = "; ".join(
                f"{change.answer}: {change.text}"
                for change in gap.would_change[: 2 if self.brief else None]
            )
            status = f" ({gap.status.replace('-', ' ')})" if gap.status != "unknown" else ""
            changes = f" {changes}." if changes else ""
            items.append(Item(f"{gap.ask}{status}{changes}", "gap", statement=gap.fact))
        return Section("Missing, and what it would change", tuple(items), kind="gaps")

    def _gaps_shown(self) -> tuple[Gap, ...]:
        if not self.brief:
            return self.made.gaps
        return tuple(g for g in self.made.gaps if g.weight >= 1 and g.would_change)[:_MOST]

    def _trials(self) -> Section:
        items = []
        for trial in self.made.trials:
            if self.brief and trial.status == "active-not-recruiting":
                continue
            fit = "fits" if trial.fit == "yes" else "may fit"
            missing = f"; unknown: {self._named(trial.missing)}" if trial.missing else ""
            items.append(
                Item(
                    f"{trial.name} ({trial.nct}): {fit} as far as can be told{missing}. "
                    f"{trial.status.replace('-', ' ')} when checked {trial.checked}.",
                    "trial",
                    self._cites(trial.because),
                    trial.trial,
                )
            )
        return Section("Trials", tuple(items))

    def _later(self) -> Section:
        items = []
        for change in self.made.later:
            names = ", ".join(self._short(name) for name in change.regimens)
            fits = "for this patient" if change.fits == "yes" else "possibly for this patient"
            cited = self.edition.approvals[change.approval].because
            items.append(
                Item(
                    f"{names}: approved in {self.made.region} {fits} from {change.since}, "
                    "after the date of this plan.",
                    "label",
                    self._cites(cited),
                    change.approval,
                )
            )
        return Section("What came after this date", tuple(items))

    def _understanding(self) -> Section:
        items = [
            Item(f"{d.says} ({', '.join(d.where)}).", "caution", statement=d.fact)
            for d in self.made.discordant
        ]
        limit = 4 if self.brief else None
        items += [
            Item(f"Not understood: {n.what} ({n.where}): {n.why}.", "plain")
            for n in self.made.not_understood[:limit]
        ]
        left = len(self.made.not_understood) - len(self.made.not_understood[:limit])
        if left > 0:
            items.append(Item(f"{left} more not understood; see --format markdown.", "more"))
        return Section("In the record, but contradictory or not understood", tuple(items))

    def _care(self, sheet: Sheet) -> Section:
        """How to give one regimen; on one screen only what stands before the first dose."""
        gates = [
            Item(
                f"{self.edition.drugs[gate.drug].name}, day {gate.day}: {_GATES[gate.answer]}. "
                f"{self.edition.speakers[gate.who].name}: {gate.says} ({gate.text.rstrip('.')}).",
                "caution",
                self._cites(gate.because),
                gate.gate,
            )
            for gate in sheet.gates
        ]
        parts = [
            Section(part.title, tuple(self._care_line(line) for line in part.lines))
            for part in (sheet.parts[:1] if self.brief else sheet.parts)
            if part.lines
        ]
        return Section(
            f"Giving {sheet.name}", parts=(Section("Gates", tuple(gates)), *parts), kind="care"
        )

    def _care_line(self, line: Line) -> Item:
        phrases = {**self.edition.bedside_facts, **self.edition.facts}
        missing = ", ".join(phrases[fact].phrase for fact in line.missing)
        open_ = f" (cannot be told: {missing})" if line.open and missing else ""
        who = f"{self.edition.speakers[line.who].name}: " if line.who else ""
        kind = {"": "care", "note": "care", "contraindication": "stop", "stop": "stop"}.get(
            line.mark, "caution"
        )
        word = (
            f"{_CAUTIONS[line.mark]}. " if line.mark in ("contraindication", "check-first") else ""
        )
        return Item(
            f"{word}{who}{line.text}{open_}", kind, self._cites(line.because), line.statement
        )

    def _overridden(self) -> Section:
        return Section(
            "Set aside by an exception of the same speaker",
            tuple(self._voice(v) for v in self.made.overridden),
        )

    def _facts(self) -> Section:
        items = []
        for fact in self.made.case:
            parts = [part for part in (fact.origin, fact.on, fact.how) if part]
            items.append(
                Item(
                    f"{fact.text} ({'; '.join(parts)})" if parts else fact.text,
                    "fact",
                    statement=fact.fact,
                )
            )
        return Section("Facts and where they come from", tuple(items))

    def _sources(self) -> Section:
        items = []
        for shown in self.made.sources:
            flag = "; lowest tier" if shown.lowest_tier else ""
            read = shown.depth.replace("_", " ")
            items.append(
                Item(
                    f"[{shown.number}] {shown.reference}. {shown.identifier} "
                    f"({read}, read {shown.read_on}{flag})",
                    "source",
                    (shown.number,),
                    shown.source,
                )
            )
        if self.brief:
            hint = "list them with --format markdown, or `consilium show source ID`"
            return Section("Sources", (Item(f"{len(items)} sources; {hint}.", "more"),))
        return Section("Sources", tuple(items))


def _telling(heard: tuple[Voice, ...]) -> list[Voice]:
    """The voices of one person without weaker words on the same regimens."""
    order = list(STANCE_WORDS)
    return [
        v
        for v in heard
        if not any(
            set(v.regimens) == set(w.regimens)
            and order.index(w.stance) < order.index(v.stance)
            and w.stance is not Stance.DEPENDS_ON
            for w in heard
        )
    ]


def _together(heard: Iterable[Voice]) -> list[Voice]:
    """The voices of one person, those that differ in nothing but their regimens as one."""
    found: dict[tuple[Stance, Standing, str], Voice] = {}
    for voice in heard:
        apart = voice.waiting or voice.stance is Stance.DEPENDS_ON
        key = (voice.stance, voice.standing, voice.position if apart else "")
        other = found.get(key)
        regimens = (*other.regimens, *voice.regimens) if other else voice.regimens
        found[key] = msgspec.structs.replace(
            other or voice, regimens=tuple(dict.fromkeys(regimens))
        )
    return list(found.values())


def _tells(fact: FactShown) -> bool:
    """Whether a fact belongs in the one line that describes the patient."""
    if fact.how.startswith("follows"):
        return fact.fact in ("subtype", "her2_category") and fact.status == "known"
    if fact.how.startswith("counted"):
        named = fact.fact == "prior_drugs" and not fact.text.endswith("none")
        return fact.fact == "line" or named
    if fact.status == "partly-known":
        return bool(fact.origin)
    return fact.fact not in ("er_percent", "pr_percent", "setting", "primary_cancer")
