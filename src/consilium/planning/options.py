"""From statements that hold to options: regimens with voices, label, results and cautions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import msgspec

from consilium.care.cautions import Caution, cautions
from consilium.clinical.dates import Day
from consilium.evidence.trials import Result, Trial
from consilium.guidance.labels import Label, LabelStatus, label_of
from consilium.guidance.standing import Answers, Knowledge, Standing
from consilium.guidance.voices import FAVOURABLE, Voice
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Stance
from consilium.planning.figures import compared_with, say_result, say_result_briefly
from consilium.planning.next_lines import (
    NextLines,
    already_used,
    had_drugs,
    progressed_already,
)
from consilium.planning.plan import KeyResult, Option
from consilium.rules.answers import NO, UNKNOWN, YES

_RESULTS_SHOWN = 3
_ENDPOINTS = ("pfs", "os", "orr")
_ROLES = ("primary", "key-secondary", "secondary", "exploratory", "not-stated")


class Options:
    """Builds the options of one patient."""

    def __init__(
        self, answers: Answers, heard: tuple[Voice, ...], labels: dict[str, Label]
    ) -> None:
        self.answers, self.heard, self.labels = answers, heard, labels
        self.knowledge = answers.knowledge
        self.edition: Edition = answers.knowledge.edition
        self.next_lines = NextLines(self.knowledge)
        self.fits = {t.id: answers.settle(f"trial:{t.id}") for t in self.knowledge.trials}

    def named(self, *standings: Standing) -> tuple[str, ...]:
        """Regimens that some voice of these standings speaks for, strongest stance first."""
        found: dict[str, int] = {}
        for voice in self.heard:
            if voice.stance in FAVOURABLE and voice.standing in standings:
                for regimen in voice.regimens:
                    rank = FAVOURABLE.index(voice.stance)
                    found[regimen] = min(rank, found.get(regimen, rank))
        return tuple(sorted(found, key=lambda name: (found[name], name)))

    def option(self, regimen: str, *, follow: bool = True) -> Option:
        """One regimen with everything that speaks for and against it here."""
        speaking = tuple(v for v in self.heard if regimen in v.regimens and v.stance in FAVOURABLE)
        held = [v for v in speaking if v.holds]
        certainty = certainty_of(regimen, speaking)
        drugs = self.edition.drugs_of(regimen)
        named = self.edition.regimens[regimen]
        found = self._cautions(regimen, drugs)
        strongest = min(held or speaking, key=lambda v: FAVOURABLE.index(v.stance), default=None)
        facts = self.answers.patient.facts
        return Option(
            regimen=regimen,
            name=named.name,
            drugs=drugs if not named.any_of else (),
            stance=strongest.stance.value if strongest else "",
            certainty=certainty,
            headline=_headline(regimen, speaking, self.labels[regimen], self.edition),
            voices=speaking,
            label=self.labels[regimen],
            results=self._key_results(regimen),
            cautions=found,
            already=(
                *progressed_already(regimen, facts, self.edition),
                *already_used(regimen, facts, self.edition),
            ),
            older_than=self._older_than(regimen, held),
            would_change=_would_change(speaking),
            contraindicated=ruled_out(drugs, _forbidden(found), alternatives=bool(named.any_of)),
            next_lines=self.next_lines.after(facts, regimen) if follow else (),
        )

    def _older_than(self, regimen: str, held: list[Voice]) -> tuple[str, ...]:
        """Regimens approved for this patient after the guidelines that alone speak here did."""
        positions = [self.edition.positions[voice.position] for voice in held]
        said = [p.since for p in positions if isinstance(p.since, Day)]
        alone = bool(held) and all(voice.kind == "guideline" for voice in held)
        if not alone or not said or self.labels[regimen].status is LabelStatus.APPROVED:
            return ()
        newest = max(day.last for day in said)
        had = had_drugs(self.answers.patient.facts)
        return tuple(
            name
            for name, label in sorted(self.labels.items())
            if name != regimen
            and not had & set(self.edition.drugs_of(name))
            and label.status is LabelStatus.APPROVED
            and isinstance(label.since, Day)
            and label.since.last > newest
        )

    def _cautions(self, regimen: str, drugs: tuple[str, ...]) -> tuple[Caution, ...]:
        rules = [rule for rule in self.knowledge.care if rule.drug in drugs]
        held = {rule.id: self.answers.settle(f"care:{rule.id}") for rule in rules}
        found = cautions(rules, held, self.answers.patient, self.edition)
        if self.edition.regimens[regimen].any_of:
            # one of several drugs: only what forbids one of them matters to the choice
            return tuple(c for c in found if c.kind == "contraindication" and not c.open)
        return found

    def _key_results(self, regimen: str) -> tuple[KeyResult, ...]:
        """The results that bear on a regimen, of trials that the patient fits or may fit."""
        chosen: dict[tuple[str, str], KeyResult] = {}
        for wanted in (YES, UNKNOWN):
            for endpoint, key in evidence_of(self.knowledge, regimen):
                # without entry criteria nothing says that a study speaks of this patient
                if self.fits.get(key.trial, NO) is wanted and self._holds(key.result):
                    fitting = msgspec.structs.replace(key, fits=wanted.value)
                    chosen.setdefault((key.trial, endpoint), fitting)
        return tuple(list(chosen.values())[:_RESULTS_SHOWN])

    def _holds(self, result: str) -> bool:
        """Whether a result is of a population to which the patient belongs."""
        narrower = f"result:{result}" in self.knowledge.bedside
        return not narrower or self.answers.settle(f"result:{result}") is YES


@lru_cache(maxsize=4096)
def evidence_of(knowledge: Knowledge, regimen: str) -> tuple[tuple[str, KeyResult], ...]:
    """The results known on a day for a regimen, each with its endpoint.

    Survival comes first, whole populations before subgroups, the narrower of
    two populations before the wider, and primary before other analyses.
    """
    found: list[tuple[tuple[int, bool, bool, int], str, KeyResult]] = []
    for trial in knowledge.edition.contents.trials:
        # what a trial measures is not the effect of what it compares with
        arms = {
            arm.id
            for arm in trial.arms
            if regimen in (arm.regimen, arm.id) and arm.role != "comparator"
        }
        for result in trial.results if arms else ():
            subgroup = result.subgroup is not None
            if result.id not in knowledge.results or result.endpoint not in _ENDPOINTS:
                continue
            if (subgroup and result.holds_for is None) or not _measured(result) & arms:
                continue
            rank = (
                _ENDPOINTS.index(result.endpoint),
                subgroup,
                result.holds_for is None,
                _ROLES.index(result.role),
            )
            key = _key_result(result, trial, knowledge.edition)
            found.append((rank, result.endpoint, key))
    return tuple((endpoint, key) for _, endpoint, key in sorted(found, key=lambda part: part[0]))


def _key_result(result: Result, trial: Trial, edition: Edition) -> KeyResult:
    endpoint = edition.endpoints[result.endpoint]
    name = endpoint.short or endpoint.name
    found = (edition.sources[cited.source].reading(cited.read) for cited in result.because)
    reads = [read for read in found if read is not None]
    return KeyResult(
        result=result.id,
        trial=trial.id,
        name=trial.names[0],
        phase=trial.phase,
        text=say_result(result, name, edition.regimens),
        short=say_result_briefly(result, name),
        against=compared_with(result, edition.regimens),
        population=""
        if result.analysis_population in ("intention-to-treat", "not-stated")
        else result.analysis_population,
        maturity=result.maturity,
        depth=reads[0].depth.value if reads else "",
        fits="",
        crossover=trial.design.crossover if trial.design else "",
        lowest_tier=bool(reads)
        and all(read.tier is not None and read.tier.value == "C" for read in reads),
    )


def all_labels(answers: Answers) -> dict[str, Label]:
    """The label status of every regimen that a position or an approval names."""
    knowledge = answers.knowledge
    named: dict[str, None] = {}
    for position in knowledge.positions:
        named |= dict.fromkeys(position.regimens)
    for approval in knowledge.approvals:
        named |= dict.fromkeys(approval.regimens)
    return {name: label_of(name, answers) for name in named}


def ruled_out(drugs: tuple[str, ...], forbidden: set[str], *, alternatives: bool) -> bool:
    """Whether a contraindication stands: of every drug where one of several is given."""
    return forbidden >= set(drugs) if alternatives else bool(forbidden)


def _forbidden(found: Iterable[Caution]) -> set[str]:
    return {c.drug for c in found if c.kind == "contraindication" and not c.open}


def _measured(result: Result) -> set[str]:
    """The arms whose effect a result measures: the experimental one, or every cohort's."""
    return {result.contrast.experimental} if result.contrast else set(result.arms)


def certainty_of(regimen: str, speaking: Iterable[Voice]) -> str:
    """How sure it is that a regimen is an option, from those who speak for it."""
    standings = {
        "waiting" if regimen in voice.waiting and voice.holds else voice.standing.value
        for voice in speaking
    }
    for standing, certainty in (
        (Standing.APPLIES.value, "certain"),
        (Standing.EXTENDS.value, "extension"),
        ("waiting", "waiting"),
        (Standing.CANNOT_TELL.value, "possible"),
    ):
        if standing in standings:
            return certainty
    return "label-only"


_HEADLINES = {
    Stance.RECOMMENDS: "Recommended by {}",
    Stance.MAY_BE_PREFERRED: "May be preferred, says {}",
    Stance.WOULD_CONSIDER: "Would be considered by {}",
    Stance.ACCEPTABLE: "One can choose it, says {}",
}


_OPENINGS = tuple(template.split("{}", maxsplit=1)[0] for template in _HEADLINES.values())

_WAITING = dict.fromkeys(LabelStatus, "once it is approved here for such a patient") | {
    LabelStatus.CANNOT_TELL: "if its approval here covers this patient",
    LabelStatus.NOT_RECORDED: "if it is approved here, which is not recorded",
}


def _headline(regimen: str, speaking: tuple[Voice, ...], label: Label, edition: Edition) -> str:
    """The strength sentence that starts an option; each speaker is named at the strongest."""
    held = _strongest([v for v in speaking if v.holds and regimen not in v.waiting])
    waiting = [v for v in speaking if v.holds and regimen in v.waiting]
    open_ = [v for v in speaking if v.standing is Standing.CANNOT_TELL]
    sentences = []
    for stance, template in _HEADLINES.items():
        firm = _names(
            [v for v in held if v.stance is stance and v.standing is Standing.APPLIES], edition
        )
        wider = _names(
            [v for v in held if v.stance is stance and v.standing is Standing.EXTENDS], edition
        )
        if firm:
            sentences.append(template.format(firm))
        if wider:
            sentences.append(template.format(wider) + " (an extension to this patient)")
    for stance, template in _HEADLINES.items():
        conditional = _names([v for v in waiting if v.stance is stance], edition)
        if conditional:
            sentences.append(f"{template.format(conditional)} {_WAITING[label.status]}")
    if not sentences and open_:
        sentences.append(f"Cannot be told yet: {_names(open_, edition)}")
    if not sentences:
        status = "Approved here" if label.status is LabelStatus.APPROVED else "Label cannot be told"
        sentences.append(f"{status}; nobody in this edition takes a stance")
    first, *others = sentences
    return "; ".join([first, *(_lower(other) for other in others)])


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:] if sentence.startswith(_OPENINGS) else sentence


def _strongest(held: list[Voice]) -> list[Voice]:
    """One voice per speaker: the same person's weaker words add nothing to the stronger."""
    found: dict[str, Voice] = {}
    for voice in sorted(
        held, key=lambda v: (FAVOURABLE.index(v.stance), v.standing is Standing.EXTENDS)
    ):
        found.setdefault(voice.who, voice)
    return [voice for voice in held if voice is found[voice.who]]


def _names(heard: list[Voice], edition: Edition) -> str:
    """Who speaks; a guideline with its date, since approvals may have come after it."""
    names: dict[str, None] = {}
    for voice in heard:
        name = edition.speakers[voice.who].short or voice.name
        names[f"{name} ({voice.since})" if voice.kind == "guideline" else name] = None
    words = list(names)
    return (
        words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
    )


def _would_change(speaking: Iterable[Voice]) -> tuple[str, ...]:
    """The reasons on which the favourable voices rest; another answer would unsettle them."""
    found: dict[str, None] = {}
    for voice in speaking:
        if voice.holds:
            found |= dict.fromkeys(reason.text for reason in voice.reasons)
    return tuple(found)
