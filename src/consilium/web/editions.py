"""What a page is asked about: the edition, the day and the region. None is patient data.

Region, day and density stand in the query of any page, or in a cookie from an
earlier choice; the query wins.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from threading import Lock

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.web.navigation import NAVIGATION
from consilium.web.refusals import API, Refused

COOKIES = {"region": "consilium-region", "as_of": "consilium-as-of", "density": "consilium-density"}
DENSITIES = ("comfortable", "compact")
A_YEAR = 365 * 24 * 3600
_TODAY = "today"


class Asking(msgspec.Struct, frozen=True):
    """The edition, day and region that a page is asked about. ``today`` when no day was chosen."""

    edition: Edition
    as_of: date
    region: Region
    today: bool = True
    density: str = "comfortable"

    @property
    def other_density(self) -> str:
        """The density to change to."""
        return DENSITIES[self.density == DENSITIES[0]]


_READING = Lock()


@cache
def the_edition() -> Edition:
    """The edition that this site serves, read once for each process."""
    folder = settings.EDITION_FOLDER
    # two threads in which msgspec prepares the same types at once end the process
    with _READING:
        return Edition.read(Path(folder)) if folder else Edition.bundled()


def asking(request: HttpRequest, *, posted: bool = False) -> Asking:
    """What a request asks about; ``posted`` looks into the form first.

    Raises ``Refused`` (400) for a region or day that cannot be.
    """
    region, as_of, density = (
        (request.POST.get(name) if posted else "") or _said(request, name) for name in COOKIES
    )
    return Asking(
        edition=the_edition(),
        as_of=a_day(as_of) if as_of not in ("", _TODAY) else timezone.localdate(),
        region=a_region(region) if region else Region.US,
        today=as_of in ("", _TODAY),
        density=density if density in DENSITIES else DENSITIES[0],
    )


def asked_by_program(request: HttpRequest) -> Asking:
    """What the query of a program asks about; a choice kept in a cookie is none of its own.

    Raises ``Refused`` (400) for a region or day that cannot be.
    """
    as_of, region = request.GET.get("as_of"), request.GET.get("region")
    return Asking(
        edition=the_edition(),
        as_of=timezone.localdate() if as_of is None else a_day(as_of),
        region=Region.US if region is None else a_region(region),
    )


def a_region(text: str) -> Region:
    """A region by its code. Raises ``Refused``."""
    try:
        return Region(text)
    except ValueError:
        known = ", ".join(region.value for region in Region)
        raise Refused(400, _("There is no region of that name; one of %s.") % known) from None


def a_day(text: str) -> date:
    """A day as 2026-01-12. Raises ``Refused``."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise Refused(400, _("That is no date; write 2026-01-12.")) from None


def _said(request: HttpRequest, name: str) -> str:
    return request.GET.get(name) or request.COOKIES.get(COOKIES[name], "")


def remember_choices(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a region, day or density chosen in the query holds on the next page too."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.GET and not request.path.startswith(API):
            # a page that refuses its region or day can still be set more densely
            names = COOKIES if response.status_code < 400 else ("density",)
            remember(request, response, {name: request.GET.get(name, "") for name in names})
        return response

    return middleware


def remember(request: HttpRequest, response: HttpResponse, chosen: dict[str, str]) -> None:
    """Keep a choice in its cookie. Today is no choice: it would be yesterday tomorrow."""
    for name, value in chosen.items():
        if name == "as_of" and value in (_TODAY, timezone.localdate().isoformat()):
            response.delete_cookie(COOKIES[name], samesite="Lax")
        elif value:
            response.set_cookie(
                COOKIES[name],
                value[:20],
                max_age=A_YEAR,
                httponly=True,
                samesite="Lax",
                secure=request.is_secure(),
            )


def shown_on_every_page(request: HttpRequest) -> dict[str, object]:
    """Context of every template: ``asking``, the regions to choose from, the navigation."""
    return {
        "asking": SimpleLazyObject(lambda: _asking_or_default(request)),
        "regions": tuple(Region),
        "navigation": NAVIGATION,
    }


def _asking_or_default(request: HttpRequest) -> Asking:
    """An error page shows itself even where region or day are the error."""
    try:
        return asking(request)
    except Refused:
        return Asking(the_edition(), timezone.localdate(), Region.US)
