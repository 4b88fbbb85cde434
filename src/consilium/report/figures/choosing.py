"""Which figures show a trial, a result or a drug, as known on a day."""

from __future__ import annotations

from datetime import date

from consilium.clinical.patient import PatientCase
from consilium.evidence.trials import Result, Trial
from consilium.knowledge.edition import Edition
from consilium.planning import Plan
from consilium.report.figures.curves import has_points, published_curves
from consilium.report.figures.figure import Figure, FigureError
from consilium.report.figures.forest import can_stand_in_a_forest, forest
from consilium.report.figures.lanes import has_lanes, patient_lanes, trial_lanes
from consilium.report.figures.tree import sequence_tree

_ENDPOINTS_OF_A_DRUG = ("pfs", "os")


def results_known(trial: Trial, edition: Edition, as_of: date) -> list[Result]:
    """The results of a trial that were public on a day, without those a later one replaced."""
    known = edition.results_known(as_of)
    return [result for result in trial.results if result.id in known]


def figures_of_trial(trial: Trial, edition: Edition, as_of: date) -> list[Figure]:
    """Its hazard ratios, its medians, and curves through published points, where it has any."""
    known = results_known(trial, edition, as_of)
    whole = [result for result in known if result.subgroup is None]
    made = []
    if any(map(can_stand_in_a_forest, known)):
        made.append(forest([(trial, result) for result in known], edition, str(as_of)))
    if any(map(has_lanes, whole)):
        title = f"{trial.names[0]}: medians by arm"
        made.append(trial_lanes(trial, whole, edition, str(as_of), title if made else ""))
    made += [published_curves(trial, r, edition, str(as_of)) for r in whole if has_points(r)]
    return made


def figure_of_drug(drug: str, edition: Edition, as_of: date) -> Figure | None:
    """Progression-free and overall survival where the experimental arm held a drug."""
    shown = [
        (trial, result)
        for trial in edition.trials.values()
        for result in results_known(trial, edition, as_of)
        if result.endpoint in _ENDPOINTS_OF_A_DRUG
        and result.subgroup is None
        and can_stand_in_a_forest(result)
        and _experimental_holds(trial, result, drug, edition)
    ]
    if not shown:
        return None
    name, trials = edition.drugs[drug].name, dict.fromkeys(trial.names[0] for trial, _ in shown)
    said = f"{name} against the comparator of {_count(len(trials), 'trial')}"
    return forest(shown, edition, str(as_of), title=f"{said}, each as measured")


def figures_of_plan(made: Plan, case: PatientCase, edition: Edition) -> list[Figure]:
    """What was given before, and what may follow, where there is any."""
    earlier = patient_lanes(case, edition, made.as_of) if case.therapies.therapies else None
    return [figure for figure in (earlier, sequence_of(made, edition)) if figure is not None]


def sequence_of(made: Plan, edition: Edition) -> Figure | None:
    """What may follow the first option after which something is said."""
    followed = next((option for option in made.options if option.next_lines), None)
    return sequence_tree(followed, edition, made.as_of) if followed else None


def results_figure(edition: Edition, kind: str, name: str, as_of: date) -> Figure:
    """The first figure of a trial, a result or a drug.

    Raises ``FigureError`` for another kind of record, and where nothing can be drawn.
    """
    match kind:
        case "trial":
            found = figures_of_trial(edition.trials[name], edition, as_of)
            made = found[0] if found else None
        case "result":
            trial = next(t for t in edition.contents.trials if edition.results[name] in t.results)
            made = _one(trial, edition.results[name], edition, as_of)
        case "drug":
            made = figure_of_drug(name, edition, as_of)
        case _:
            raise FigureError(f"a {kind} has no figure; a trial, a result or a drug may have one")
    if made is None:
        raise FigureError(
            f"nothing that was known of `{name}` on {as_of} can be drawn: "
            "no hazard ratio and no median is in the stored sources"
        )
    return made


def _one(trial: Trial, result: Result, edition: Edition, as_of: date) -> Figure | None:
    if can_stand_in_a_forest(result):
        return forest([(trial, result)], edition, str(as_of))
    return trial_lanes(trial, [result], edition, str(as_of)) if has_lanes(result) else None


def _experimental_holds(trial: Trial, result: Result, drug: str, edition: Edition) -> bool:
    contrast = result.contrast
    arm = next((a for a in trial.arms if contrast and a.id == contrast.experimental), None)
    regimen = arm.regimen if arm else ""
    return bool(regimen) and drug in edition.drugs_of(regimen)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
