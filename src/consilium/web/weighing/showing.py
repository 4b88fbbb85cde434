"""A scenario as its page shows it; the same wherever sequences are followed."""

from __future__ import annotations

from collections.abc import Iterator

from consilium.knowledge.edition import Edition
from consilium.report.figures import Figure, FigureError
from consilium.report.outlook import gaps_said, harm_said, information_said, sentence
from consilium.sequencing.scenario import Scenario
from consilium.web.evidence.shelf import address


def outlook_shown(made: Scenario, edition: Edition) -> dict[str, object]:
    """What `weighing/_outlook.html` needs."""
    return {
        "made": made,
        "says": sentence(made),
        "origins": list(_origins(made, edition)),
        "gaps": gaps_said(made),
        "burdens": list(_burdens(made, edition)),
        "worth": information_said(made),
        "figures": list(_figures(made, edition)),
    }


def _origins(
    made: Scenario, edition: Edition
) -> Iterator[tuple[str, list[tuple[str, list[tuple[str, str]]]]]]:
    """Each course that says where it comes from: sentences with what they rest on."""
    for strategy in made.strategies:
        if strategy.course.says:
            yield (
                strategy.name,
                [
                    (said.text, [_link(use, edition) for use in said.uses])
                    for said in strategy.course.says
                ],
            )


def _link(use: str, edition: Edition) -> tuple[str, str]:
    return address("trial" if use in edition.trials else "statement", use), use


def _burdens(made: Scenario, edition: Edition) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for strategy in made.strategies:
        yield strategy.name, [(h.harm, harm_said(h, edition)) for h in strategy.harms]


def _figures(made: Scenario, edition: Edition) -> Iterator[Figure]:
    from consilium.report.figures.occupancy import (  # noqa: PLC0415  slow to import
        occupancy_figure,
        tornado_figure,
    )

    if not made.withheld and not made.unranked:
        for strategy in made.strategies:
            yield occupancy_figure(made, strategy, edition)
    try:
        yield tornado_figure(made, edition)
    except FigureError:
        return
