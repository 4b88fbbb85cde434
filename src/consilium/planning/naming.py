"""A regimen as a person calls it: by its id, or by a name or brand of the one drug that it is."""

from __future__ import annotations

from consilium.care.statements import CareError
from consilium.intake.vocabulary import Vocabulary
from consilium.knowledge.edition import Edition


def named(regimen: str, edition: Edition) -> str:
    """A regimen by its id, or by a name or brand of the one drug that it is.

    A part of a name that several drugs share is refused with all of them.
    """
    text = "-".join(regimen.casefold().split())
    if text in edition.regimens:
        return text
    drug = Vocabulary.of(edition).drug_by_name(regimen)
    if drug in edition.regimens:
        return drug
    sharing = [name for name in edition.regimens if text in name.split("-")]
    if len(sharing) > 1:
        raise CareError(
            f"`{regimen}` could be any of these, which are not the same: {', '.join(sharing)}"
        )
    return regimen
