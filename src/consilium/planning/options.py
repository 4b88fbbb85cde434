"""From statements that hold to options: regimens with voices, label, results and cautions."""

from __future__ import annotations

from collections.abc import Iterable

from consilium.care.cautions import Caution, cautions
from consilium.evidence.trials import Result, Trial
from consilium.guidance.labels import Label, LabelStatus, label_of
from consilium.guidance.standing import Answers, Standing
from consilium.guidance.voices import FAVOURABLE, Voice
from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Stance
from consilium.planning.figures import compared_with, say_result, say_result_briefly
from consilium.planning.next_lines import NextLines, already_used, progressed_already
from consilium.planning.plan import KeyResult, Option
from consilium.rules.answers import NO, YES, Answer

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
        self.results = self.edition.results_known(self.knowledge.as_of)
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
        certainty = _certainty(regimen, speaking)
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
            would_change=_would_change(speaking),
            contraindicated=any(c.kind == "contraindication" and not c.open for c in found),
            next_lines=self.next_lines.after(facts, regimen) if follow else (),
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
        found: list[tuple[tuple[int, int, int], KeyResult]] = []
        for trial in self.edition.contents.trials:
            # without entry criteria nothing says that a study speaks of this patient
            fit = self.fits.get(trial.id, NO)
            if not any(regimen in (arm.regimen, arm.id) for arm in trial.arms):
                continue
            if fit is NO:
                continue
            for result in trial.results:
                if (
                    result.id not in self.results
                    or result.subgroup
                    or result.endpoint not in _ENDPOINTS
                ):
                    continue
                if not _measures(result, trial, regimen):
                    continue
                rank = (
                    0 if fit is YES else 1,
                    _ENDPOINTS.index(result.endpoint),
                    _ROLES.index(result.role),
                )
                found.append((rank, self._key_result(result, trial, fit)))
        found.sort(key=lambda pair: pair[0])
        chosen: dict[tuple[str, str], KeyResult] = {}
        for _, key in found:
            chosen.setdefault((key.trial, self.edition.results[key.result].endpoint), key)
        return tuple(list(chosen.values())[:_RESULTS_SHOWN])

    def _key_result(self, result: Result, trial: Trial, fit: Answer) -> KeyResult:
        endpoint = self.edition.endpoints[result.endpoint]
        reads = []
        for cited in result.because:
            source = self.edition.sources[cited.source]
            read = source.reading(cited.read)
            if read is not None:
                reads.append(read)
        return KeyResult(
            result=result.id,
            trial=trial.id,
            name=trial.names[0],
            phase=trial.phase,
            text=say_result(result, endpoint.short or endpoint.name, self.edition.regimens),
            short=say_result_briefly(result, endpoint.short or endpoint.name),
            against=compared_with(result, self.edition.regimens),
            maturity=result.maturity,
            depth=reads[0].depth.value if reads else "",
            fits=fit.value,
            crossover=trial.design.crossover if trial.design else "",
            lowest_tier=bool(reads)
            and all(r.tier is not None and r.tier.value == "C" for r in reads),
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


def _measures(result: Result, trial: Trial, regimen: str) -> bool:
    arms = {arm.id for arm in trial.arms if regimen in (arm.regimen, arm.id)}
    if result.contrast:
        return result.contrast.experimental in arms
    return bool(arms & set(result.arms))


def _certainty(regimen: str, speaking: Iterable[Voice]) -> str:
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


def _headline(regimen: str, speaking: tuple[Voice, ...], label: Label, edition: Edition) -> str:
    """The strength sentence that starts an option."""
    held = [v for v in speaking if v.holds and regimen not in v.waiting]
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
    if waiting:
        sentences.append(f"{_names(waiting, edition)}: once approved here")
    if not sentences and open_:
        sentences.append(f"Cannot be told yet: {_names(open_, edition)}")
    if not sentences:
        status = "Approved here" if label.status is LabelStatus.APPROVED else "Label cannot be told"
        sentences.append(f"{status}; nobody in this edition takes a stance")
    return "; ".join(sentences)


def _names(heard: list[Voice], edition: Edition) -> str:
    names = dict.fromkeys(edition.speakers[v.who].short or v.name for v in heard)
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
