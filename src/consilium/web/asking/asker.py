"""One index of statements for each process, built at the first question."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from consilium.asking import Asker
from consilium.web.editions import the_edition


@cache
def the_asker() -> Asker:
    """Answers from the edition that this site serves, with a model where the site has set one."""
    if not settings.MODEL_URL:
        return Asker(the_edition())
    from consilium.web.asking.endpoint import Endpoint  # noqa: PLC0415  off by default

    return Asker(
        the_edition(), Endpoint(settings.MODEL_URL, settings.MODEL_NAME, settings.MODEL_KEY)
    )
