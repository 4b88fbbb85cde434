"""The page of a trial: who, design, results, harms, who speaks of it, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from consilium.evidence.trials import Fact, Harm, Trial
from consilium.knowledge.edition import Edition
from consilium.planning.figures import say_estimates
from consilium.report.figures import Figure
from consilium.report.figures.choosing import figures_of_trial
from consilium.report.figures.naming import arm_name
from consilium.web.evidence.page import (
    Block,
    Chip,
    Item,
    Link,
    Page,
    Picture,
    Section,
    facts,
    grid,
    items,
    plain,
)
from consilium.web.evidence.shelf import NOWHERE, Numbers, Shelf, address, said_day, trial_glyph
from consilium.web.evidence.therapies import result_row


def trial_page(shelf: Shelf, trial: Trial) -> Page:
    """One trial or cohort with all that is stored of it."""
    numbers = Numbers(shelf)
    status = trial.status
    lead = Item(
        (Link(status.says),),
        (Chip(trial_glyph(trial)), Chip(f"checked {said_day(status.checked)}")),
        numbers.cite(status.because),
    )
    also = [name for name in (*trial.names[1:], trial.nct, *trial.other_ids.values()) if name]
    sections = (
        Section("who", "Who", _who(shelf, numbers, trial), NOWHERE),
        Section("design", "Design and crossover", _design(shelf, numbers, trial), NOWHERE),
        Section("results", "Results", _results(shelf, numbers, trial), NOWHERE),
        Section("harms", "Harms", _harms(shelf, numbers, trial), NOWHERE),
        Section("more", "More that was said of it", _facts(numbers, trial.facts), NOWHERE),
        Section(
            "conflicts",
            "Where its sources part",
            _facts(numbers, trial.conflicts),
            "No two sources were seen to part",
        ),
        Section("experts", "What experts say", items(_turns(shelf, trial)), NOWHERE),
        Section(
            "positions",
            "Positions that use it",
            items(_positions(shelf, numbers, trial)),
            "No position cites a result of it",
        ),
        Section(
            "missing",
            NOWHERE,
            items(map(plain, trial.not_found)),
            "Nothing that was looked for is missing",
        ),
    )
    told = (lead, *((plain(" · ".join(also)),) if also else ()))
    return Page("trial", trial.id, trial.names[0], told, sections, numbers.listed())


def _who(shelf: Shelf, numbers: Numbers, trial: Trial) -> tuple[Block, ...]:
    population = trial.population
    read = shelf.say(trial.eligibility) if trial.eligibility is not None else ""
    rows = [
        ("studied", numbers.text(population.says, population.because, population.note)),
        ("entry criteria as facts", plain(read) if read else ""),
        *(
            (
                f"how {shelf.edition.facts[f].phrase if f in shelf.edition.facts else f} is read",
                plain(why),
            )
            for f, why in trial.interpretation.items()
        ),
    ]
    arms = [
        (
            plain(arm.label),
            Item((shelf.regimen(arm.regimen),))
            if arm.regimen
            else plain("not a regimen of the edition"),
            numbers.text(arm.therapy or "not stated", arm.because),
            plain("; ".join(f"{name}: {n}" for name, n in arm.n.items()) or "not stated"),
        )
        for arm in trial.arms
    ]
    fits = (
        items([Item((Link("Does my patient fit?", f"{address('trial', trial.id)}/fit"),))])
        if trial.eligibility is not None
        else ()
    )
    return (*facts(rows), *grid("Arms", ("arm", "regimen", "treatment", "patients"), arms), *fits)


def _design(shelf: Shelf, numbers: Numbers, trial: Trial) -> tuple[Block, ...]:
    design = trial.design
    if design is None:
        return ()
    stated = {"not-stated": "not stated", "not-allowed": "not allowed"}

    def said(word: str) -> str:
        return stated.get(word, word)

    return facts(
        [
            ("randomised", numbers.text(said(design.randomised), design.because)),
            ("allocation", said(design.allocation)),
            ("masking", said(design.masking)),
            (
                "crossover",
                numbers.text(said(design.crossover), design.because, design.crossover_note),
            ),
            ("stratified by", ", ".join(design.stratified_by)),
            ("note", design.note),
        ]
    )


def _results(shelf: Shelf, numbers: Numbers, trial: Trial) -> tuple[Block, ...]:
    known = [result for result in trial.results if result.id in shelf.current]
    later = len(trial.results) - len(known)
    columns = ("trial", "endpoint", "against", "by arm", "ratio (95 % CI)", "maturity", "depth")
    rows = [result_row(shelf, numbers, trial, result) for result in known]
    pictures = figures_shown(shelf.edition, trial.id, shelf.as_of)
    note = f"{later} result{'s' if later != 1 else ''} not yet public, or replaced, on this day."
    return (
        *(
            Picture(made, f"{address('trial', trial.id)}.png") if index == 0 else Picture(made)
            for index, made in enumerate(pictures)
        ),
        *grid("Results, medians before ratios", columns[1:], [row[1:] for row in rows]),
        *(items([plain(note)]) if later else ()),
    )


@lru_cache(maxsize=64)
def figures_shown(edition: Edition, trial: str, as_of: date) -> tuple[Figure, ...]:
    """The figures of a trial as known on a day, drawn once."""
    return tuple(figures_of_trial(edition.trials[trial], edition, as_of))


def _harms(shelf: Shelf, numbers: Numbers, trial: Trial) -> tuple[Block, ...]:
    known = [harm for harm in trial.harms if harm.id in shelf.current]
    return grid(
        "Harms; figures on two bases are never compared",
        ("event", "by arm", "basis", "in whom", "depth"),
        [_harm(shelf, numbers, trial, harm) for harm in known],
    )


def _harm(shelf: Shelf, numbers: Numbers, trial: Trial, harm: Harm) -> tuple[Item, ...]:
    name, _, _ = shelf.harm(harm).partition(": ")
    arms = ", ".join(
        f"{arm_name(trial, arm, shelf.edition)} {say_estimates([estimate]) or 'not stated'}"
        for arm, estimate in harm.arms.items()
    )
    depth = ", ".join(d.value.replace("_", " ") for d in shelf.depths(harm.because)[:2])
    return (
        Item((Link(name, address("statement", harm.id)),), (), numbers.cite(harm.because)),
        plain(arms),
        plain(harm.basis),
        plain(harm.analysis_population.replace("not-stated", "not stated")),
        Item((Link(depth),), tuple(shelf.stale(harm.review_by))),
    )


def _facts(numbers: Numbers, found: tuple[Fact, ...]) -> tuple[Block, ...]:
    return facts((fact.about, numbers.text(fact.says, fact.because, fact.note)) for fact in found)


def _turns(shelf: Shelf, trial: Trial) -> Iterator[Item]:
    measured = {r.id for r in trial.results} | {h.id for h in trial.harms}
    for title, turn in shelf.turns():
        if trial.id in turn.trials or measured & {*turn.results, *turn.harms}:
            words = (
                shelf.speaker(turn.speaker),
                Link(": " + " ".join(_sentence(s) for s in turn.says)),
            )
            yield Item(words, (Chip("❝ expert"),), (), (f"{title}, {turn.at}",))


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}."


def _positions(shelf: Shelf, numbers: Numbers, trial: Trial) -> Iterator[Item]:
    measured = {result.id for result in trial.results}
    for position in shelf.edition.contents.positions:
        if measured & set(position.results):
            yield numbers.said(position, notes=(f"For {shelf.say(position.when)}.",))
