"""One index of statements for each process, built at the first question."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.db import connection

from consilium.asking import Asker
from consilium.knowledge.cache import default_folder
from consilium.web.editions import the_edition


@cache
def the_asker() -> Asker:
    """Answers from the edition that this site serves, with what the site has set for them."""
    endpoint = None
    if settings.MODEL_URL:
        from consilium.web.asking.endpoint import Endpoint  # noqa: PLC0415  off by default

        endpoint = Endpoint(settings.MODEL_URL, settings.MODEL_NAME, settings.MODEL_KEY)
    text = None
    if connection.vendor == "postgresql":
        from consilium.web.asking.full_text import PostgresText  # noqa: PLC0415  needs psycopg

        text = PostgresText()
    asker = Asker(the_edition(), endpoint, text, default_folder())
    if settings.SEMANTIC:
        from consilium.asking.nearness.installed import near  # noqa: PLC0415  off by default

        asker.rank_by_meaning(near(settings.DATA_FOLDER))
    return asker
