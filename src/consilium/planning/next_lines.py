"""The same rules, applied to the patient as they would be after progression on an option.

Facts that may be another by then are taken as unknown; what is counted moves on
by one line. Branches that answer every statement alike are one branch.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from consilium.guidance.standing import Knowledge
from consilium.guidance.voices import FAVOURABLE
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Stance
from consilium.planning.plan import NextLine
from consilium.rules.answering import AnswerTable
from consilium.rules.conditions import facts_in
from consilium.rules.facts import Between, Holding, Known, OneOf, nothing_known

DEPTH = 3
_SHOWN = 4


def advance(facts: dict[str, Known], regimen: str, edition: Edition) -> dict[str, Known]:
    """What is known of the patient after progression on one more line.

    Agrees with counting the longer list of therapies from the start.
    """
    after = {name: known for name, known in facts.items() if name in lasting_facts(edition)}
    drugs, classes = _given_with(regimen, edition)
    steps = {
        "line": True,
        "prior_lines": True,
        "prior_systemic_therapies": True,
        "prior_chemotherapy_lines": "chemotherapy" in classes,
        "prior_endocrine_lines": "endocrine-therapy" in classes,
        "prior_nonendocrine_lines": "endocrine-therapy" not in classes,
    }
    for name, counts in steps.items():
        known = after.get(name) or nothing_known(edition.model.facts[name].kind)
        if counts and isinstance(known, Between):
            top = nothing_known(edition.model.facts[name].kind)
            high = top.high if isinstance(top, Between) else known.high
            after[name] = Between(known.low + 1, min(known.high + 1, high))
    if "chemotherapy" in classes:
        after["prior_chemotherapy"] = OneOf(frozenset({"yes"}))
    if "endocrine-therapy" in classes:
        after["prior_endocrine_therapy"] = OneOf(frozenset({"yes"}))
        after["progressed_on_endocrine_line"] = OneOf(frozenset({"yes"}))
    open_drugs = edition.drugs_of(regimen) if edition.regimens[regimen].any_of else ()
    sure, perhaps = _held(drugs, edition), _held(open_drugs, edition)
    sure["prior_classes"] |= classes
    for name, members in sure.items():
        known = after.get(name) or nothing_known(edition.model.facts[name].kind)
        if isinstance(known, Holding):
            has = known.has | members
            # one of several drugs was given, and which one is not said
            after[name] = Holding(has, (known.may_have | perhaps[name]) - has)
    return after


def _held(drugs: tuple[str, ...], edition: Edition) -> dict[str, frozenset[str]]:
    """The members that each fact with several gains from some drugs given for advanced disease."""
    profiles = [edition.profiles[drug] for drug in drugs if drug in edition.profiles]
    classes = frozenset(name for profile in profiles for name in profile.classes)
    checkpoint = frozenset({"advanced"}) if "checkpoint-inhibitor" in classes else frozenset()
    return {
        "prior_drugs": frozenset(drugs),
        "progressed_on": frozenset(drugs),
        "prior_classes": classes,
        "prior_payload_classes": frozenset(p.payload_class for p in profiles if p.payload_class),
        "prior_adc_targets": frozenset(p.target for p in profiles if p.target),
        "prior_checkpoint_inhibitor": checkpoint,
    }


@lru_cache(maxsize=64)
def lasting_facts(edition: Edition) -> frozenset[str]:
    """The facts that the next progression does not change.

    A verdict lasts when all that it rests on does and none of it is counted anew.
    """

    def lasts(name: str) -> bool:
        fact = edition.facts[name]
        asked = {f for when in fact.definition.values() for f in facts_in(when)}
        return fact.lasting == "yes" and all(
            edition.facts[f].origin != "derived" and lasts(f) for f in asked
        )

    return frozenset(name for name in edition.facts if lasts(name))


@lru_cache(maxsize=1024)
def _given_with(regimen: str, edition: Edition) -> tuple[tuple[str, ...], frozenset[str]]:
    """The drugs that a regimen certainly holds, and their classes."""
    named = edition.regimens[regimen]
    if named.any_of:
        common = [_given_with(other, edition)[1] for other in named.any_of]
        return (), frozenset.intersection(*common)
    drugs = tuple(part.drug for part in named.components)
    found = [edition.profiles[drug].classes for drug in drugs if drug in edition.profiles]
    return drugs, frozenset().union(*found)


class Spoken(NamedTuple):
    """A statement that speaks for regimens; ``stance`` is "approved" where it takes none."""

    stance: str
    statement: str
    regimens: tuple[str, ...]


class NextLines:
    """Walks the lines that may follow, each distinct state of knowledge once."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge, self.edition = knowledge, knowledge.edition
        keys = {key: index for index, key in enumerate(knowledge.table.ids)}
        self.positions = [
            (
                keys[f"position:{p.id}"],
                p,
                [keys[f"position:{o}"] for o in knowledge.overriding[p.id]],
            )
            for p in knowledge.positions
            if p.stance in FAVOURABLE
        ]
        self.approvals = [
            (keys[f"approval:{a.id}"], a) for a in knowledge.approvals if a.status == "approved"
        ]
        self._seen: dict[tuple[int, int, int, frozenset[str]], tuple[NextLine, ...]] = {}

    def after(self, facts: dict[str, Known], regimen: str) -> tuple[NextLine, ...]:
        """What may follow a regimen, up to ``DEPTH`` lines deep in all."""
        return self._follow(advance(facts, regimen, self.edition), DEPTH - 1)

    def spoken(self, facts: dict[str, Known]) -> tuple[Spoken, ...]:
        """What speaks for regimens not given before, stances first and the strongest of them."""
        return tuple(self._spoken(self.knowledge.table.state(facts)[0], facts))

    def _follow(self, facts: dict[str, Known], depth: int) -> tuple[NextLine, ...]:
        if depth == 0:
            return ()
        codes, yes, no = self.knowledge.table.state(facts)
        key = (yes, no, depth, had_drugs(facts))
        found = self._seen.get(key)
        if found is None:
            found = self._seen[key] = self._groups(codes, facts, depth)
        return found

    def _groups(
        self, codes: tuple[int, ...], facts: dict[str, Known], depth: int
    ) -> tuple[NextLine, ...]:
        line = facts["line"]
        number = int(line.low) if isinstance(line, Between) else 0
        by_stance: dict[str, dict[str, None]] = {}
        named: set[str] = set()
        for stance, _, regimens in self._spoken(codes, facts):
            for regimen in regimens:
                if regimen not in named:
                    named.add(regimen)
                    by_stance.setdefault(stance, {})[regimen] = None
        groups = []
        for stance, chosen in list(by_stance.items())[:_SHOWN]:
            regimens = tuple(chosen)
            groups.append(
                NextLine(
                    line=number,
                    regimens=regimens,
                    names=tuple(self._short(name) for name in regimens),
                    stance=stance,
                    says=_SAYS[stance],
                    again=self._again(regimens, facts),
                    then=self._follow(advance(facts, regimens[0], self.edition), depth - 1),
                )
            )
        return tuple(groups)

    def _again(self, regimens: tuple[str, ...], facts: dict[str, Known]) -> tuple[str, ...]:
        """What of each regimen was used before, named where several are listed."""
        found = []
        for name in regimens:
            marks = already_used(name, facts, self.edition)
            used = [mark.removesuffix(_USED) for mark in marks if mark.endswith(_USED)]
            said = [f"{' and '.join(used)}{_USED}"] if used else []
            said += [mark for mark in marks if not mark.endswith(_USED)]
            found += [
                f"{self._short(name)}: {mark}" if len(regimens) > 1 else mark for mark in said
            ]
        return tuple(found)

    def _spoken(self, codes: tuple[int, ...], facts: dict[str, Known]) -> Iterator[Spoken]:
        had = had_drugs(facts)
        for one in self._speaking(codes):
            left = tuple(r for r in one.regimens if not set(self._drugs(r)) & had)
            if left:
                yield one._replace(regimens=left)

    def _speaking(self, codes: tuple[int, ...]) -> Iterator[Spoken]:
        held = sorted(
            (
                position
                for index, position, over in self.positions
                if codes[index] == AnswerTable.YES
                and not any(codes[o] == AnswerTable.YES for o in over)
            ),
            key=lambda position: FAVOURABLE.index(position.stance),
        )
        for position in held:
            yield Spoken(position.stance.value, position.id, position.regimens)
        for index, approval in self.approvals:
            if codes[index] == AnswerTable.YES:
                yield Spoken("approved", approval.id, approval.regimens)

    def _drugs(self, regimen: str) -> tuple[str, ...]:
        named = self.edition.regimens[regimen]
        return tuple(part.drug for part in named.components)

    def _short(self, regimen: str) -> str:
        named = self.edition.regimens[regimen]
        return named.short or named.name


_SAYS = {
    Stance.RECOMMENDS.value: "recommended",
    Stance.MAY_BE_PREFERRED.value: "may be preferred",
    Stance.WOULD_CONSIDER.value: "would be considered",
    Stance.ACCEPTABLE.value: "one can choose",
    "approved": "approved, no stance",
}


def had_drugs(facts: dict[str, Known]) -> frozenset[str]:
    """The drugs that were certainly given before."""
    used = facts.get("prior_drugs")
    return used.has if isinstance(used, Holding) else frozenset()


_USED = " already used"
_CLASSES_TOLD = ("parp-inhibitor", "checkpoint-inhibitor")


def already_used(regimen: str, facts: dict[str, Known], edition: Edition) -> tuple[str, ...]:
    """What of a regimen earlier treatment had too, and whether it holds a drug ruled out."""
    drugs, classes = _given_with(regimen, edition)
    marks = []
    candidate = facts.get("checkpoint_inhibitor_candidate")
    if "checkpoint-inhibitor" in classes and candidate == OneOf(frozenset({"no"})):
        marks.append("entered as no candidate for a checkpoint inhibitor, which this holds")
    before = facts.get("prior_classes")
    for name in _CLASSES_TOLD:
        if name in classes and isinstance(before, Holding) and name in before.has:
            phrase = edition.model.facts["prior_classes"].phrases.get(name, name)
            marks.append(f"{phrase}{_USED}")
    for drug in drugs:
        profile = edition.profiles.get(drug)
        for fact, word in (
            ("prior_payload_classes", profile.payload_class if profile else ""),
            ("prior_adc_targets", profile.target if profile else ""),
        ):
            known = facts.get(fact)
            if word and isinstance(known, Holding) and word in known.has:
                phrase = edition.model.facts[fact].phrases.get(word, word)
                what = "payload" if fact == "prior_payload_classes" else "target"
                marks.append(f"{phrase} {what}{_USED}")
    return tuple(dict.fromkeys(marks))


def progressed_already(regimen: str, facts: dict[str, Known], edition: Edition) -> tuple[str, ...]:
    """The drugs of a regimen on which the disease progressed or that were not tolerated."""
    marks = []
    for fact, words in (
        ("progressed_on", "progression on {} already"),
        ("not_tolerated", "{} stopped before as not tolerated"),
    ):
        known = facts.get(fact)
        had = known.has if isinstance(known, Holding) else frozenset()
        drugs = _given_with(regimen, edition)[0]
        marks += [words.format(edition.drugs[drug].name) for drug in drugs if drug in had]
    return tuple(marks)
