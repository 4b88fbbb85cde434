"""A scenario as its page shows it; the same wherever sequences are followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from consilium.knowledge.edition import Edition
from consilium.report.figures import Figure, FigureError
from consilium.report.outlook import gaps_said, harm_said, information_said, sentence
from consilium.sequencing.errors import SequenceError
from consilium.sequencing.scenario import Scenario
from consilium.web.evidence.shelf import address
from consilium.web.refusals import Refused


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


def wanted_of(
    given: Mapping[str, str], edition: Edition, model: str, prefix: str = ""
) -> dict[str, str]:
    """What a form says of each parameter of a model, by its id."""
    parameters = edition.models[model].parameters if model in edition.models else ()
    return {p.id: str(given.get(f"{prefix}p-{p.id}", "")).strip()[:12] for p in parameters}


def assumed(wanted: Mapping[str, str]) -> tuple[tuple[str, float], ...]:
    """The parameters that have another value. Raises ``SequenceError`` for what is no number."""
    return tuple((name, _number(text)) for name, text in wanted.items() if text)


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise SequenceError(_("`%s` is no number; write 0.6") % text) from None


def parameters_shown(
    edition: Edition, model: str, wanted: dict[str, str], made: Scenario | None
) -> list[dict[str, object]]:
    """The parameters as the form asks for them; ``wanted`` are the answers given in it."""
    if model not in edition.models:
        raise Refused(404, _("This edition holds no model of sequences."))
    from consilium.sequencing.numbers import numbers  # noqa: PLC0415  reads every figure

    known = made.numbers if made else numbers(edition, edition.models[model])
    return [
        {
            "id": name,
            "says": number.parameter.says,
            "middle": f"{number.middle:.2f}",
            "low": f"{number.interval[0]:.2f}",
            "high": f"{number.interval[1]:.2f}",
            "assumed": number.assumed,
            "why": number.parameter.assumed.why
            if number.parameter.assumed
            else number.parameter.caveat,
            "uses": number.uses,
            "wanted": wanted.get(name, ""),
        }
        for name, number in known.items()
    ]
