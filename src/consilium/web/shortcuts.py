"""The keyboard shortcuts: what they do, and the switch that turns all of them off."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from consilium.web.editions import A_YEAR

COOKIE = "consilium-shortcuts"
"""``off``, or not there. The script of the site reads it before it acts on a key."""
KEYS = (
    ("/", _("to the ask box")),
    ("?", _("this page")),
    ("g p", _("go to the planner")),
    ("g a", _("go to Ask")),
    ("g e", _("go to the evidence")),
    ("j", _("next option of a plan")),
    ("k", _("previous option of a plan")),
    ("e", _("everything behind a plan, with all sources; elsewhere the evidence")),
    ("p", _("the plan on paper")),
)


@require_http_methods(["GET", "HEAD", "POST"])
def shortcuts_page(request: HttpRequest) -> HttpResponse:
    """Shown, or turned off and on; the choice is kept in a cookie and nowhere else."""
    if request.method != "POST":
        on = request.COOKIES.get(COOKIE) != "off"
        return render(request, "shortcuts.html", {"keys": KEYS, "on": on})
    response = HttpResponseRedirect(reverse("shortcuts"))
    if request.POST.get("shortcuts") == "off":
        secure = request.is_secure()
        response.set_cookie(COOKIE, "off", max_age=A_YEAR, samesite="Lax", secure=secure)
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
