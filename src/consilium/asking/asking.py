"""``Asker``: a question in, an answer made of cited statements out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from consilium.asking import claims, field, gates
from consilium.asking.answer import (
    ANSWER_SCHEMA,
    Answer,
    Computed,
    Kind,
    Link,
    Said,
    Scope,
    Verdict,
)
from consilium.asking.asked import FIGURES, GENERIC, MOST_CHARACTERS, Asked
from consilium.asking.choosing import chosen, lacking, unseen
from consilium.asking.describing import described
from consilium.asking.index import TextSearch
from consilium.asking.listing import listed
from consilium.asking.model import Model, arranged
from consilium.asking.names import Named, Names
from consilium.asking.retrieval import ranked
from consilium.asking.statements import RANK, Statement
from consilium.asking.stored import index_of
from consilium.asking.supposing import LEADS, denied, supposed, supposing
from consilium.asking.understanding import THE_ONE, understood
from consilium.asking.untold import strange, untold
from consilium.asking.wordings import Wordings, bundled
from consilium.asking.words import content, facets_of, plain, tokens
from consilium.clinical.dates import Day
from consilium.knowledge.edition import Edition

if TYPE_CHECKING:
    from consilium.asking.nearness.near import Near


class Turn(msgspec.Struct, frozen=True):
    """An earlier question of the same conversation."""

    question: str


class Asker:
    """Answers from one edition. Build it once; asking changes nothing in it."""

    def __init__(
        self,
        edition: Edition,
        model: Model | None = None,
        text: TextSearch | None = None,
        folder: Path | None = None,
    ) -> None:
        """``folder`` keeps the derived statements compiled, so that the next start is short."""
        self.edition, self.model = edition, model
        self.names = Names(edition)
        self.harms = frozenset(edition.adverse_events)
        self.looked_for = [
            (frozenset(content(f"{r.about} {r.what}")), frozenset(content(r.what)), r)
            for r in edition.contents.not_verified
        ]
        self.index = index_of(edition, text, folder)
        self.wordings = Wordings(self.names, self.index.by_id, bundled())
        self._near: Near | None = None

    def rank_by_meaning(
        self, near: Near, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> int:
        """Let nearness in meaning have a say too; returns how many statements were new to it.

        ``progress`` is told how many of how many are done. To be called before the first question.
        """
        held = list(self.index.by_id.values())
        total, done = near.lacking(held), 0

        def step(more: int) -> None:
            nonlocal done
            done += more
            progress(done, total)

        near.update(held, step)
        self._near = near
        return total

    def ask(
        self,
        question: str,
        *,
        as_of: date,
        scope: Scope = "all",
        region: str = "US",
        history: Sequence[str] = (),
    ) -> Answer:
        """What the stored sources say to a question.

        With scope `activity` only the source page speaks, as of its release.
        ``history`` holds earlier questions of the conversation, oldest first;
        nothing of them is kept.
        """
        question = question.strip()[:MOST_CHARACTERS]
        if scope == "activity":
            released = [a.released for a in self.edition.contents.activities]
            days = [d.last for d in released if isinstance(d, Day)]
            as_of = min([*days, as_of]) if days else as_of
        refused = gates.refused(question)
        if refused:
            return self._declined(question, scope, as_of, refused.reason, refused.may_log)
        one = THE_ONE.match(plain(question))
        if one and history and re.search(r"\b(?:trial|study)\b", plain(history[-1])):
            question = f"which trial {plain(question)[one.end() :]}"
        asked = understood(self, question, scope, as_of, history)
        asked.region = region
        asked.meaning = self._near.meaning(question) if self._near else None
        found = self.features(asked)
        turned = field.turned_away(found)
        patient = asked.patient = not _OWN.search(plain(question)) and self._describes(question)
        if turned and not (patient and turned in _OF_PERSONS):
            return self._declined(question, scope, as_of, turned, turned in gates.LOGGED)
        if asked.named.unknown:
            return self._unknown(asked)
        from consilium.asking.computing import computed  # noqa: PLC0415  it imports planning

        worked = computed(self, asked)
        if worked is not None:
            return worked
        if not patient and field.outside(question, found, asked.named.entities, asked.facets):
            return self._declined(question, scope, as_of, "out-of-field", True)
        several = listed(self, asked)
        if several is not None:
            return several
        answer = self._answered(asked)
        return arranged(answer, self.model, self.names) if self.model else answer

    # -- selecting ----------------------------------------------------------------------------

    def holds(self, statement: Statement, asked: Asked) -> bool:
        """Whether a statement may speak here: in scope, begun, not ended."""
        if asked.scope == "activity" and not statement.activity:
            return False
        day = asked.as_of.isoformat()
        if statement.since and statement.since > day:
            return False
        if statement.kind == "approval" and "approval-approved" in statement.facets:
            return True  # that it ended is part of what it says
        return not (statement.until and statement.until <= day)

    def ranked(
        self, asked: Asked, *, entities: Iterable[str] | None = None
    ) -> list[tuple[float, Statement]]:
        """The statements that may answer, with their score, best first."""
        return ranked(
            self.index, self.names, asked, lambda s: self.holds(s, asked), entities=entities
        )

    def _describes(self, question: str) -> bool:
        """Whether a patient with advanced disease is described."""
        found = described(question, self.names)
        return found.count > 2 and bool({"setting", "age", "ecog_ps"} & found.facts.keys())

    def features(self, asked: Asked) -> dict[str, float]:
        return field.features(
            asked.question,
            self.names.masked(asked.question),
            asked.named.entities,
            asked.facets,
            self.index.known_share(asked.question),
            len(strange(self, asked.question)),
        )

    # -- answers ------------------------------------------------------------------------------

    def make(self, asked: Asked, kind: Kind, **parts: Any) -> Answer:
        """An answer to what was asked; of a described patient nothing may be logged."""
        parts["may_log"] = parts.get("may_log", True) and not asked.patient
        return Answer(
            schema=ANSWER_SCHEMA,
            question=asked.question,
            scope=asked.scope,
            as_of=asked.as_of.isoformat(),
            edition=self.edition.info.edition,
            kind=kind,
            meaning=asked.meaning is not None and asked.meaning.used,
            **parts,
        )

    def _declined(
        self, question: str, scope: Scope, as_of: date, reason: str, may_log: bool
    ) -> Answer:
        shown = "" if reason == "identifiers" else question
        asked = Asked(shown, Named(()), (), scope, as_of, patient=self._describes(question))
        links: tuple[Link, ...] = ()
        if reason == "dose":
            links = (
                Link("care", "Work the dose out step by step: consilium care"),
                Link("plan", "Plan for a described patient: consilium plan"),
            )
        return self.make(
            asked, "declined", reason=reason, lead=gates.says(reason), may_log=may_log, links=links
        )

    def _unknown(self, asked: Asked) -> Answer:
        names = ", ".join(asked.named.unknown)
        near = [s for _, s in self.ranked(asked)[:2]] if asked.named.entities else []
        return self.make(
            asked,
            "declined",
            reason="unknown-name",
            lead=f"{gates.says('unknown-name')} {names}. Not in the stored sources.",
            related=tuple(Said.of(s) for s in near),
        )

    def _answered(self, asked: Asked) -> Answer:
        said: Verdict
        read = claims.reading(asked.question)
        ranked = self.ranked(asked)
        if read.manner == "premise":
            asked = supposing(self, asked, read.claim)
            ranked = self.ranked(asked)
        sides = self._sides(asked)
        kept = self._side_by_side(asked, sides) if sides else self._chosen(asked, ranked)
        kept = self._beside(asked, ranked, kept)
        missing = untold(self, asked, ranked, kept)
        corrected = supposed(self, asked, ranked, kept, read)
        if corrected is not None and (missing or read.manner != "claim"):
            return msgspec.structs.replace(corrected, missing=missing)
        if missing and kept and denied(asked, kept[0]):
            return self.make(
                asked,
                "answer",
                verdict="no",
                lead="The premise does not stand as put.",
                statements=tuple(Said.of(s) for s in kept[:2]),
            )
        told = self._partly(asked, kept) if missing else None
        if told is not None:
            return told
        if missing or not kept:
            return self._not_there(asked, ranked, missing, kept, read)
        if not sides and unseen(self.index, self.names, asked, kept[0]):
            return self._not_found(asked, kept)
        said = ""
        lead = ""
        if read.manner:
            near = [s for _, s in ranked[:20]]
            said, proof = claims.verdict(read.claim, [*kept, *near], self.names, self.others)
            if proof is not None:
                kept = [proof, *[s for s in kept if s.id != proof.id]][:3]
            lead = LEADS[read.manner].get(said, "")
            if read.manner == "yes-no" and said == "not-said":
                said = ""
        if not sides and proof_first(read.manner):
            ordered = kept
        else:
            ordered = kept if sides else _ordered(kept, set(asked.strong))
        return self.make(
            asked,
            "answer",
            verdict=said,
            lead=lead,
            computed=_speaker(asked, ordered),
            statements=tuple(Said.of(s) for s in ordered[:5]),
            agreement=self._agreement(asked, ordered),
        )

    def _partly(self, asked: Asked, kept: list[Statement]) -> Answer | None:
        """The half of a question that the statements tell, and which half they do not."""
        parts = [p.strip() for p in _HALVES.split(asked.question) if len(tokens(p)) > 1]
        if len(parts) < 2:
            return None
        there: list[Statement] = []
        open_: list[str] = []
        for part in parts:
            facets = tuple(f for f in facets_of(part) if f in asked.facets)
            half = msgspec.structs.replace(asked, question=part, facets=facets)
            specific = [f for f in facets if f not in GENERIC or f in FIGURES]
            if len(content(part)) < 2:
                specific = []
            own = [s for s in kept if s.kind != "gap" and set(specific) & set(s.facets)]
            if not specific or not own or lacking(half, own, self.harms):
                open_.append(part.rstrip(" ?"))
            else:
                there += [s for s in own if s not in there]
        if not there:
            return None
        here = (
            "this page does not say" if asked.scope == "activity" else "not in the stored sources"
        )
        return self.make(
            asked,
            "answer",
            statements=tuple(Said.of(s) for s in there[:5]),
            missing=tuple(f"Of “{part}”: {here}." for part in open_),
        )

    def _chosen(self, asked: Asked, ranked: list[tuple[float, Statement]]) -> list[Statement]:
        return chosen(self.index, self.names, asked, ranked)

    def _beside(
        self, asked: Asked, ranked: list[tuple[float, Statement]], kept: list[Statement]
    ) -> list[Statement]:
        """What must stand beside the statements chosen: whom a trial took, where the question
        says it of the trial; the meaning of a word that is asked for; where sources differ."""
        text = plain(asked.question)
        trials = asked.named.of("trial")
        if not kept:
            return kept
        more: list[Statement] = []
        first = False
        if (
            len(trials) == 1
            and _TAKEN.search(text)
            and {"pfs", "os", "orr", "results"} & set(asked.facets)
        ):
            whom = next((s for _, s in ranked if _tells_whom(s, asked.scope)), None)
            if whom is not None and whom not in kept:
                more.append(whom)
                first = _TOOK.search(text) is not None
        if asked.defines and trials:
            wanted = set(asked.facets)
            meant = [
                s
                for i in self.index.by_facet.get("definition", ())
                if wanted & set((s := self.index.by_id[i]).facets) - {"definition"}
                and self.holds(s, asked)
            ]
            meant.sort(key=lambda s: (-len(wanted & set(s.facets)), s.id))
            more += [s for s in meant[:1] if s not in kept]
        main = {f"{t}" for t in trials} or {
            e for s in kept[:1] for e in s.about if e.startswith("trial:")
        }
        shown = set(asked.strong) & {f for s in kept for f in s.facets}
        for _, s in ranked:
            if (
                "conflict" in s.facets
                and main & set(s.about)
                and shown & set(s.facets)
                and s not in kept
            ):
                more.append(s)
                break
        kept = [*more, *kept] if first else [*kept[: 5 - len(more)], *more]
        if asked.scope == "all" and not trials:
            kept = self._as_given(asked, kept)
        return kept[:5]

    def _as_given(self, asked: Asked, kept: list[Statement]) -> list[Statement]:
        """Dose, route and window of a drug beside the answer, where the question asserts one."""
        text = plain(asked.question)
        wanted = []
        if _DOSED.search(text):
            wanted.append(("care", "dose"))
        if _ROUTED.search(text):
            wanted.append(("drug", "route"))
        if {"drug:pegfilgrastim", "drug:filgrastim"} & set(asked.named.entities):
            wanted.append(("care", "window"))
        for kind, facet in wanted:
            for drug in asked.named.of("drug"):
                own = [self.index.by_id[i] for i in self.index.by_entity.get(drug, ())]
                found = [
                    s
                    for s in own
                    if s.kind == kind
                    and facet in s.facets[:2]
                    and self.holds(s, asked)
                    and s.about[1:2] != ()
                    and not any(s.id == k.id for k in kept)
                ]
                found = [s for s in found if drug in s.about[:2]]
                if (
                    found
                    and len(kept) < 5
                    and not any(facet in k.facets[:2] and drug in k.about for k in kept)
                ):
                    kept = [*kept, found[0]]
        return kept

    def _sides(self, asked: Asked) -> tuple[str, ...]:
        """The things that a question sets side by side, if it does."""
        for kind in ("trial", "drug"):
            found = asked.named.of(kind)
            if kind == "drug" and asked.named.of("trial"):
                return ()
            if len(found) >= 2 and (
                kind == "trial"
                or re.search(
                    r"\bcompar|\bvs?\b|versus|differ|both|\band\b|\bor\b|similar|each",
                    plain(asked.question),
                )
            ):
                return found[:4]
        return ()

    def _side_by_side(self, asked: Asked, sides: tuple[str, ...]) -> list[Statement]:
        kept: list[Statement] = []
        joint = [(v, s) for v, s in self.ranked(asked) if set(sides) <= set(s.about)]
        asks = set(asked.facets)
        if joint and (
            not asked.strong
            or set(asked.strong) & set(joint[0][1].facets)
            or asks & set(joint[0][1].facets) & {"design", "sequence", "advice", "opinion"}
        ):
            kept.append(joint[0][1])
        for entity in sides:
            ranked = self.ranked(asked, entities=(entity,))
            for _, statement in ranked[:6]:
                strong = set(asked.strong)
                if strong and not strong & set(statement.facets):
                    continue
                if statement.id not in {k.id for k in kept}:
                    kept.append(statement)
                    break
        return kept[:5]

    def _not_found(self, asked: Asked, kept: list[Statement]) -> Answer:
        """Somebody looked for it and says so."""
        here = (
            "This page does not say." if asked.scope == "activity" else "Not in the stored sources."
        )
        return self.make(
            asked,
            "not-in-sources",
            lead=here,
            statements=tuple(Said.of(s) for s in kept[:3]),
        )

    def _not_there(
        self,
        asked: Asked,
        ranked: list[tuple[float, Statement]],
        lacking: tuple[str, ...],
        chosen: list[Statement],
        read: claims.Reading,
    ) -> Answer:
        near = [s for s in chosen if s.kind != "gap"] or [
            s for _, s in ranked[:6] if s.kind != "gap"
        ]
        beside = [
            s
            for s in near[:1]
            if lacking == ("a figure for this",) and asked.near.get(s.id, 0.0) > 0.25
        ]
        near = near[len(beside) :]
        gaps = [s for _, s in ranked if s.kind == "gap" and set(s.facets) & set(asked.facets)][:1]
        beside += self._running(asked)
        here = (
            "This page does not say" if asked.scope == "activity" else "Not in the stored sources"
        )
        what = ", ".join(lacking) or "an answer to this"
        links: tuple[Link, ...] = ()
        if asked.scope == "activity":
            wider = msgspec.structs.replace(asked, scope="all", as_of=date.max)
            if self._chosen(wider, self.ranked(wider)):
                links = (Link("ask", "Ask all stored evidence instead (scope all)"),)
        return self.make(
            asked,
            "not-in-sources",
            verdict="not-said" if read.manner else "",
            lead=f"{here}: {what}.",
            statements=tuple(Said.of(s) for s in (*beside, *gaps)),
            related=tuple(Said.of(s) for s in near[:3]),
            links=links,
        )

    def _running(self, asked: Asked) -> list[Statement]:
        """That a trial has no results yet, where something of it is asked for that it cannot tell."""
        trials = [t.partition(":")[2] for t in asked.named.of("trial")]
        if not any(self.edition.trials[t].kind == "trial-in-progress" for t in trials):
            return []
        names = [f"{t}/{part}" for t in trials for part in ("status", "identity")]
        held = [self.index.by_id[n] for n in names if n in self.index.by_id]
        return [s for s in held if self.holds(s, asked)][:1]

    def others(self, facet: str, about: frozenset[str]) -> frozenset[str]:
        """The words in which a facet is told of other things than those named, and not of them."""
        there: set[str] = set()
        here: set[str] = set()
        for name in self.index.by_facet.get(facet, ()):
            statement = self.index.by_id[name]
            words = claims.words_of(statement, self.names)
            (here if about <= set(statement.about) else there).update(words)
        return frozenset(there - here)

    def _agreement(self, asked: Asked, chosen: list[Statement]) -> str:
        speaking = {s.who for s in chosen if s.who and s.kind in ("position", "remark")}
        if len(speaking) < 2 or not {"opinion", "advice", "agreement"} & set(asked.facets):
            return ""
        agrees = any("agreement" in s.facets for s in chosen)
        names = " and ".join(sorted(speaking))
        return (
            f"Both speak here: {names}." if not agrees else f"They agree, as far as said: {names}."
        )


_OWN = re.compile(
    r"\b(?:i have (?!a |an |this |another )|i'm\b|im\b|i am\b|i've\b|i was\b|me\b|myself\b|my (?:mum|mom|mother|wife|sister|aunt|daughter|"
    r"cancer|scan|breast|tumou?r|doctor|oncologist|own)\b)"
)
_OF_PERSONS = frozenset(("personal", "identifiers", "forecast"))
"""Kinds that a described patient may look like."""
_HALVES = re.compile(r"[?;]|,(?= (?:and|what|which|who|how|when|why|where)\b)|\b(?:and|plus)\b|\+")


_TAKEN = re.compile(
    r"her2[- ]?(?:positive|\+|neg|low|ultra|0)|\bcps\b|pd-?l1|hormone|\bhr ?(?:\+|-|pos|neg)|triple|tnbc|brca|first[- ]line|pretreated|"
    r"second[- ]line|\buntreated|\bmen\b|elderly|\bearly|\beligib|\bcandidates?"
)
_TOOK = re.compile(
    r"\b(?:took|enrol\w*|includ\w+|recruit\w*|randomi[sz]ed|studied|treated|tested|in|of|with|among) .{0,40}(?:patients|women|people|disease|cancer|below|positive|negative)\b|\bits (?:first|second|later)"
)
_DOSED = re.compile(
    r"\b(?:is|are|was) (?:dosed|given|administered|started)\b|mg/kg|mg/m|every (?:\d|two|three|week)|\bq\dw|day 1 only|\bweekly\b|\bdaily\b|days? 1 and 8"
)
_ROUTED = re.compile(
    r"\biv\b|intraven|subcut|\boral|\bby mouth|\btablets?\b|\bcapsules?\b|infusion"
)
_SAID_BY = re.compile(
    r"\bwho (?:made|gave|voiced|issued) (?:us )?(?:the|that|this|any)? ?(?:expert |clinical )?(?:statement|opinion|view|info\w*|details?|answer|comment|remark)|\bwho (?:brought up|told|talked|spoke|discussed|described|commented)|\bwho (?:said|says|thinks?|believes?|recommends?|prefers?|considers?|argues?|called?|mention(?:s|ed)|expects?|predict\w*|favou?rs?|uses?|gives?|finds?)\b|"
    r"\bwhich (?:of the (?:two|experts|speakers|doctors)|expert|speaker|doctor|faculty(?: member)?|of them)\b"
)


def _ordered(kept: list[Statement], strong: set[str]) -> list[Statement]:
    """Results before status before opinion; what was not asked for by name, and where sources
    differ, behind what was. The one that fits best leads, unless it is an opinion."""
    best = [
        s for s in kept[:1] if s.kind not in ("position", "remark") and "conflict" not in s.facets
    ]
    return best + sorted(
        kept[len(best) :],
        key=lambda s: ("conflict" in s.facets, len(strong - set(s.facets)), RANK[s.kind]),
    )


def _speaker(asked: Asked, kept: list[Statement]) -> tuple[Computed, ...]:
    """Who says it, where just that is asked."""
    if not _SAID_BY.search(plain(asked.question)) or "presenter" in asked.facets:
        return ()
    by = next((s for s in kept if s.who), None)
    return (Computed(f"{by.who} says this.", (by.id,)),) if by is not None else ()


def _tells_whom(statement: Statement, scope: Scope) -> bool:
    """Whether a statement is the one that says whom a trial took."""
    if scope == "activity":
        return statement.kind == "trial" and "population" in statement.facets
    return "population" in statement.facets[:1] and statement.head


def proof_first(manner: str) -> bool:
    """Whether the statement that settles a claim leads the answer."""
    return bool(manner)
