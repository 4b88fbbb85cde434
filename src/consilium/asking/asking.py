"""``Asker``: a question in, an answer made of cited statements out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
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
from consilium.asking.asked import META_FACETS, MOST_CHARACTERS, Asked
from consilium.asking.choosing import chosen, gap_beside, lacking, seen, unseen
from consilium.asking.derive import statements
from consilium.asking.index import Index, TextSearch
from consilium.asking.model import Model, arranged
from consilium.asking.names import Named, Names
from consilium.asking.retrieval import coverage, ranked
from consilium.asking.statements import RANK, Statement
from consilium.asking.words import content, facets_of, numbers, plain, tokens
from consilium.clinical.dates import Day
from consilium.knowledge.edition import Edition
from consilium.knowledge.giving import Silence

if TYPE_CHECKING:
    from consilium.asking.nearness.near import Near

_META = re.compile(
    r"(?<!any )(?<!antitumour )(?<!clinical )(?<!anti-tumour )\b(?:activity|page|commentary|article|programme|program|website|site|cme|(?:this|which|what|faq) series|faq|webinar|poll|learning objective|key take|takeaway|this content)"
)
_PRONOUN = re.compile(
    r"\b(it|its|they|them|their|that|this|those|these|same|the (?:trial|study|drug|former|latter|other|first one|second one)|he|she|his|her)\b|^(?:and|what about|how about|also|ok|so)\b"
)


class Turn(msgspec.Struct, frozen=True):
    """An earlier question of the same conversation."""

    question: str


class Asker:
    """Answers from one edition. Build it once; asking changes nothing in it."""

    def __init__(
        self, edition: Edition, model: Model | None = None, text: TextSearch | None = None
    ) -> None:
        self.edition, self.model = edition, model
        self.names = Names(edition)
        self._harms = frozenset(edition.adverse_events)
        self._looked_for = [
            (frozenset(content(f"{r.about} {r.what}")), frozenset(content(r.what)), r)
            for r in edition.contents.not_verified
        ]
        self.index = Index(statements(edition), text)
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
        one = _THE_ONE.match(plain(question))
        if one and history and re.search(r"\b(?:trial|study)\b", plain(history[-1])):
            question = f"which trial {plain(question)[one.end() :]}"
        asked = self._understood(question, scope, as_of, history)
        asked.region = region
        asked.meaning = self._near.meaning(question) if self._near else None
        found = self._features(asked)
        turned = field.turned_away(found)
        if turned:
            return self._declined(question, scope, as_of, turned, turned in gates.LOGGED)
        if asked.named.unknown:
            return self._unknown(asked)
        from consilium.asking.computing import computed  # noqa: PLC0415  it imports planning

        worked = computed(self, asked)
        if worked is not None:
            return worked
        if field.outside(question, found, asked.named.entities, asked.facets):
            return self._declined(question, scope, as_of, "out-of-field", True)
        listed = self._listed(asked)
        if listed is not None:
            return listed
        answer = self._answered(asked)
        return arranged(answer, self.model, self.names) if self.model else answer

    # -- understanding ------------------------------------------------------------------------

    def _understood(
        self, question: str, scope: Scope, as_of: date, history: Sequence[str]
    ) -> Asked:
        named, facets = self.names.named(question), facets_of(question)
        if history and not named.unknown:
            short = len(tokens(question)) <= 12
            follows = _PRONOUN.search(plain(question)) is not None or len(tokens(question)) <= 4
            before = self.names.named(history[-1])
            for earlier in reversed(history[:-1]):
                if before.entities:
                    break
                before = self.names.named(earlier)
            named = self._other(question, named, before)
            ours = [e for e in named.entities if e.startswith(("trial:", "drug:", "person:"))]
            if short and (follows or not named.entities):
                if not ours:
                    named = Named((*named.entities, *before.entities))
                leads_on = re.match(r"(?:and|what about|how about)\b", plain(question)) is not None
                before_asked = facets_of(history[-1])
                if not [f for f in facets if f not in ("congress",)] or (leads_on and ours):
                    facets = tuple(dict.fromkeys((*facets, *before_asked)))
                elif (leads_on or _SAME_OF_OTHER.search(plain(question))) and set(facets) <= {
                    "arms",
                    "comparator",
                    "results",
                }:
                    facets = before_asked  # `and the control arm?`: the same of the other arm
        if named.unknown:
            strange = tuple(
                n
                for n in named.unknown
                if not (n.islower() and n.isalpha() and set(content(n)) <= self.index.vocabulary)
            )
            named = Named(named.entities, strange, named.mentions)
        meta = META_FACETS & set(facets)
        if _META.search(plain(question)) or (
            meta
            and not named.of("trial")
            and not named.of("drug")
            and self._may_mean_the_page(question, meta)
        ):
            own = tuple(f"activity:{a.id}" for a in self.edition.contents.activities)
            named = Named((*named.entities, *own), named.unknown)
        return Asked(question, named, facets, scope, as_of)

    def _other(self, question: str, named: Named, before: Named) -> Named:
        """`The other`: the one of a pair that the question before did not name."""
        if not re.search(r"\bthe other (?!hand)", plain(question)):
            return named
        pairs: list[set[str]] = [{"person:tolaney", "person:cortes"}]
        for class_ in ("parp-inhibitor",):
            pairs.append(
                {f"drug:{d.id}" for d in self.edition.contents.drugs if class_ in d.classes}
            )
        pairs.append({"drug:sacituzumab-govitecan", "drug:datopotamab-deruxtecan"})
        for pair in pairs:
            there = pair & set(before.entities)
            if len(there) == 1 and len(pair) == 2:
                rest = [e for e in named.entities if not e.startswith("class:")]
                return Named((*rest, *(pair - there)), named.unknown, named.mentions)
        return named

    def _may_mean_the_page(self, question: str, meta: frozenset[str] | set[str]) -> bool:
        """Whether a question such as `who is the provider?` asks about the activity unnamed."""
        strange = [
            word
            for word in re.findall(r"(?<=.)\b[A-Z][a-z]{3,}", question)
            if not set(content(word)) <= self.index.vocabulary
        ]
        short = len(tokens(question)) <= 7 and bool(meta - {"disclosure", "questions"})
        return not strange and (short or self.index.known_share(question) >= 0.5)

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

    def _features(self, asked: Asked) -> dict[str, float]:
        return field.features(
            asked.question,
            self.names.masked(asked.question),
            asked.named.entities,
            asked.facets,
            self.index.known_share(asked.question),
        )

    # -- answers ------------------------------------------------------------------------------

    def make(self, asked: Asked, kind: Kind, **parts: Any) -> Answer:
        """An answer to what was asked."""
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
        asked = Asked(shown, Named(()), (), scope, as_of)
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

    def _listed(self, asked: Asked) -> Answer | None:
        text = plain(asked.question)
        if re.match(r"(?:given|since|because|as|considering|now that|knowing)\b", text):
            return None
        lists = re.search(
            r"\b(?:which|what|list|name|all|how many|enumerate|give me|are there(?: any)?|any)\b.{0,50}\b(?:trials|studies|trial (?:ids?|numbers|identifiers)|ncts)\b|^(?:ongoing |all |the )?(?:phase \w+ )?(?:trials|studies) (?:are|were|is|of|with|on|in|that|testing|investigating|mentioned|named|discussed)",
            text,
        )
        one = re.search(
            r"\b(?:which|what) (?:trial|study)\b.*\b(?:improv|beat|prolong|won\b)", text
        )
        if not (lists or one) or len(asked.named.of("trial")) > 0:
            return None
        phase = re.search(r"phase[ -]?(iii|ii|i|[123])\b", text)
        rows = []
        asks = set(asked.facets)
        wanted = {e for e in asked.named.entities if e.startswith(("drug:", "class:"))} - {
            "class:chemotherapy"
        }
        for trial in self.edition.contents.trials:
            own = [
                self.index.by_id[i]
                for i in self.index.by_entity.get(f"trial:{trial.id}", ())
                if self.holds(self.index.by_id[i], asked)
            ]
            identity = next(
                (s for s in own if s.kind == "trial" and {"phase", "nct"} & set(s.facets)), None
            )
            if identity is None or trial.kind in ("cohort", "benchmark-set"):
                continue
            if "sequence" in asks and not any(
                "sequence" in s.facets for s in own if s.kind == "trial"
            ):
                continue
            if phase and trial.phase != _PHASES.get(phase[1], phase[1]):
                continue
            about = {e for s in own if s.kind != "position" for e in s.about}
            if wanted and not wanted & about:
                continue
            if not wanted <= about and len(wanted) > 1 and " or " not in text:
                continue
            ongoing = re.search(
                r"\bongoing|recruit|running|under ?way|in progress|active|no results|not (?:yet )?report",
                text,
            )
            if (
                ongoing
                and trial.kind != "trial-in-progress"
                and not ("ongoing" in identity.text and asked.scope == "activity")
            ):
                continue
            said = plain(trial.population.says + " " + identity.text)
            if re.search(r"triple|tnbc", text) and not re.search(r"triple|tnbc", said):
                continue
            if re.search(
                r"hormone|\bhr\b ?\+?|hr-pos|luminal|er[ -]?pos|er\+", text
            ) and not re.search(r"hormone|hr\+|luminal|oestrogen", said):
                continue
            if re.search(r"first[- ]line|untreated|frontline|1l\b", text) and not re.search(
                r"first-line|untreated|no systemic|not? .{0,20}(?:earlier )?(?:systemic )?treat",
                said,
            ):
                continue
            if "crossover" in asked.facets:
                crossing = [s for s in own if "crossover" in s.facets and s.kind == "trial"]
                refuses = re.search(r"\bnot\b|n't|without|no crossover|forb", text) is not None
                crossing = [
                    s
                    for s in crossing
                    if ("did not allow" in s.text) == refuses and s.facets[:1] == ("crossover",)
                ]
                if not crossing:
                    continue
                identity = crossing[0]
            if "maturity" in asked.facets:
                unripe = [
                    s for s in own if "os" in s.facets and re.search("immature|not reached", s.text)
                ]
                if not unripe:
                    continue
                identity = unripe[0]
            better = re.search(
                r"\bimprov|\bbenefit|\bprolong|\blonger|\bbetter|\bbeat|\bwon\b|positive for|\bmet\b",
                text,
            )
            if better and asks & {"pfs", "os"}:
                gained = [
                    s
                    for s in own
                    if s.kind == "result" and asks & {"pfs", "os"} <= set(s.facets) and _gained(s)
                ]
                if not gained:
                    continue
                identity = next((s for s in gained if s.head), gained[0])
            if "presenter" in asked.facets or re.search(r"presented at", text):
                shown = [s for s in own if "presenter" in s.facets]
                if not shown:
                    continue
                identity = shown[0]
            rows.append((trial.names[0], identity))
        if not rows:
            return None
        names = [name for name, _ in rows]
        count = f"{len(names)} in the stored sources" + (
            " of this page" if asked.scope == "activity" else ""
        )
        return self.make(
            asked,
            "answer",
            statements=tuple(Said.of(s) for _, s in rows[:5]),
            computed=(Computed(f"{count}: {', '.join(names)}.", tuple(s.id for _, s in rows)),),
            related=tuple(Said.of(s) for _, s in rows[5:]),
        )

    def _answered(self, asked: Asked) -> Answer:
        said: Verdict
        read = claims.reading(asked.question)
        ranked = self.ranked(asked)
        sides = self._sides(asked)
        kept = self._side_by_side(asked, sides) if sides else self._chosen(asked, ranked)
        kept = self._beside(asked, ranked, kept)
        missing = (
            lacking(asked, kept, self._harms)
            or self._known_gap(asked, ranked)
            or self._gap_beside(asked, kept)
            or self._silence(asked, kept)
            or self._unexplained(asked, kept)
            or self._not_verified(asked, kept)
            or self._strangers(asked)
        )
        if missing and read.manner == "premise":
            near = [s for _, s in ranked[:20]]
            said, proof = claims.verdict(read.claim, [*kept, *near], self.names, self._others)
            if said == "no" and proof is not None:
                return self.make(
                    asked,
                    "answer",
                    verdict=said,
                    lead=_LEADS["premise"]["no"],
                    statements=(Said.of(proof),),
                    missing=missing,
                )
        if missing or not kept:
            return self._not_there(asked, ranked, missing, kept, read)
        if not sides and unseen(self.index, self.names, asked, kept[0]):
            return self._not_found(asked, kept)
        said = ""
        lead = ""
        if read.manner:
            near = [s for _, s in ranked[:20]]
            said, proof = claims.verdict(read.claim, [*kept, *near], self.names, self._others)
            if proof is not None:
                kept = [proof, *[s for s in kept if s.id != proof.id]][:3]
            lead = _LEADS[read.manner].get(said, "")
            if read.manner == "yes-no" and said == "not-said":
                said = ""
        elif set(asked.facets) & {"pfs", "os"} and re.search(
            r"\bimprov|\bbenefit|\bprolong|\blonger|\bbetter|\bextend|\bsuperior|\bbeat|\bwon\b|\bwin\b|outperform",
            plain(asked.question),
        ):
            said, proof = claims.verdict(asked.question.rstrip("?"), kept, self.names)
            lead = {
                "no": "The premise does not stand as put.",
                "open": "That is not established.",
            }.get(said, "")
            said = said if lead else ""
        if not sides and proof_first(read.manner):
            ordered = kept
        else:
            ordered = sorted(kept, key=lambda s: RANK[s.kind]) if not sides else kept
        return self.make(
            asked,
            "answer",
            verdict=said,
            lead=lead,
            computed=_speaker(asked, ordered),
            statements=tuple(Said.of(s) for s in ordered[:5]),
            agreement=self._agreement(asked, ordered),
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

    def _known_gap(self, asked: Asked, ranked: list[tuple[float, Statement]]) -> tuple[str, ...]:
        """What somebody looked for and did not find, where the question asks for just that."""
        words = set(content(" ".join(self.names.repaired(asked.question))))
        for _, statement in ranked[:12]:
            if statement.kind != "gap" or statement.about[0] not in asked.named.entities:
                continue
            what = statement.text.rsplit(": ", 1)[-1].rstrip(".")
            if set(content(what)) <= words:
                return (what,)
        return ()

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

    def _gap_beside(self, asked: Asked, kept: list[Statement]) -> tuple[str, ...]:
        trials = asked.named.of("trial")
        if len(trials) != 1:
            return ()
        own = (self.index.by_id[i] for i in self.index.by_entity.get(trials[0], ()))
        gaps = [s for s in own if s.kind == "gap" and self.holds(s, asked)]
        return gap_beside(asked, kept, gaps)

    def _silence(self, asked: Asked, kept: list[Statement]) -> tuple[str, ...]:
        """A row of a label that was looked for and not read."""
        if not {"dose", "dose-reduction", "management"} & set(asked.facets):
            return ()
        for held in self.edition.contents.giving:
            if not isinstance(held, Silence) or f"drug:{held.drug}" not in asked.named.entities:
                continue
            events = set(held.events) & set(asked.strong)
            ruled = any(events & set(s.facets) and s.facets[1:2] == ("event",) for s in kept)
            if events and not ruled and not asked.named.of("trial"):
                return (f"a rule for this ({held.says})",)
        return ()

    def _unexplained(self, asked: Asked, kept: list[Statement]) -> tuple[str, ...]:
        """A question on a drug of which nothing that is said holds any word."""
        trait = _TRAIT.search(plain(asked.question)) if "baseline" in asked.facets else None
        if trait and asked.named.of("trial") and not self._harms & set(asked.facets):
            words = {w: self.index.weight(w) for w in content(trait[1] or trait[2])}
            counted = [s for s in kept if numbers(seen(s.text))]
            told = frozenset(w for s in counted for w in self.index.words(s.id))
            return ("a figure for this",) if words and coverage(words, told) < 0.35 else ()
        if asked.facets or asked.named.of("trial") or asked.named.of("person") or not kept:
            return ()
        if asked.named.of("drug") == () or self.names.repaired(asked.question) == ():
            return ()
        beside = " ".join(w for w in self.names.masked(asked.question) if not w.startswith("<"))
        words = {w: self.index.weight(w) for w in content(beside)}
        told = frozenset(w for s in kept for w in self.index.words(s.id))
        if not [
            w for w in words if len(w) > 3 and w not in self.index.vocabulary and not field.knows(w)
        ]:
            return ()
        if sum(words.values()) > 5 and coverage(words, told) < 0.3:
            return ("an answer to this",)
        return ()

    def _not_verified(self, asked: Asked, kept: list[Statement]) -> tuple[str, ...]:
        """What was looked for and could not be verified, where just that is asked."""
        if asked.scope == "activity":
            return ()
        words = {w: self.index.weight(w) for w in content(asked.question)}
        told = {w for s in kept for w in self.index.words(s.id)}
        best = coverage(words, frozenset(told))
        for all_words, what, record in self._looked_for:
            here = coverage(words, all_words)
            if here < 0.7:
                continue
            about = self.names.named(f"{record.about} {record.what}", repair=False).entities
            if not {e for e in asked.named.entities if e.startswith(("trial:", "drug:"))} <= {
                *about,
                f"trial:{record.about}",
                f"drug:{record.about}",
            }:
                continue
            if here >= 0.7 and here > best + 0.12 and len(what & set(words)) >= 0.5 * len(what):
                return (f"{record.what} (looked for: {record.why})",)
        return ()

    def _strangers(self, asked: Asked) -> tuple[str, ...]:
        """Names of people or studies in the middle of a question that the store does not know."""
        words = re.findall(r"[A-Za-z][\w'-]*", asked.question)
        capital = [w for w in words[1:] if re.match(r"[A-Z][a-z]{3,}$", w)]
        if len(capital) > 0.4 * len(words):
            return ()
        strange = [
            w
            for w in capital
            if not set(content(w)) <= self.index.vocabulary
            and not self.names.named(w).entities
            and not field.knows(w)
            and w not in _TITLES
        ]
        return tuple(f"anything by the name {w}" for w in strange[:2])

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
        gaps = [s for _, s in ranked if s.kind == "gap" and set(s.facets) & set(asked.facets)][:1]
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
            statements=tuple(Said.of(s) for s in gaps),
            related=tuple(Said.of(s) for s in near[:3]),
            links=links,
        )

    def _others(self, facet: str, about: frozenset[str]) -> frozenset[str]:
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


_SAME_OF_OTHER = re.compile(
    r"\bhow (?:does|did|do|is|was) (?:that|this|it|these|those) (?:compare|look|in|for)|\b(?:with|in|for|by) the (?:chemo\w*|control|comparator|other)(?: arm| group)?\?*$"
)
_TRAIT = re.compile(
    r"(?:percent\w*|share|proportion|portion|fraction|how many)\b.*?\b(?:with|had|having|were|was) ([a-z -]+)|\b(?:median|mean|average) (age)\b"
)
_THE_ONE = re.compile(
    r"^(?:and |what about |how about |is there )*(?:the |an? )?(?:other |second )?one (?=(?:for|of|with|testing|that|on|in|after|studying)\b)"
)
_TITLES = frozenset(("Prof", "Profs", "Professor", "Professors", "Doctor", "Doctors", "Madam"))
_PHASES = {"i": "1", "ii": "2", "iii": "3"}
_LEADS: dict[str, dict[str, str]] = {
    "yes-no": {"yes": "Yes.", "no": "No.", "open": "That is not established."},
    "claim": {
        "yes": "Yes.",
        "no": "No: the source says otherwise.",
        "open": "That is not established.",
        "not-said": "The stored sources do not say that in these words. What they say:",
    },
    "premise": {
        "yes": "",
        "no": "The premise does not stand: the source says otherwise.",
        "open": "The premise is not established.",
        "not-said": "The stored sources do not state the premise in these words. What they say:",
    },
}


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


def _speaker(asked: Asked, kept: list[Statement]) -> tuple[Computed, ...]:
    """Who says it, where just that is asked."""
    if not _SAID_BY.search(plain(asked.question)) or "presenter" in asked.facets:
        return ()
    by = next((s for s in kept if s.who), None)
    return (Computed(f"{by.who} says this.", (by.id,)),) if by is not None else ()


def _gained(statement: Statement) -> bool:
    """Whether a result says that the experimental arm did better, and with certainty."""
    if re.search(r"immature|not reached|subgroup|superseded", statement.text):
        return False
    if re.search(r"significantly improved|improved .* with statistical", statement.text):
        return True
    found = re.search(r"\(HR\) (\d\.\d+) \(95 % CI \d\.\d+ to (\d\.\d+)\)", statement.text)
    return found is not None and float(found[2]) < 1


def _tells_whom(statement: Statement, scope: Scope) -> bool:
    """Whether a statement is the one that says whom a trial took."""
    if scope == "activity":
        return statement.kind == "trial" and "population" in statement.facets
    return "population" in statement.facets[:1] and statement.head


def proof_first(manner: str) -> bool:
    """Whether the statement that settles a claim leads the answer."""
    return bool(manner)
