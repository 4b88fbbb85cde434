"""The planner's pages. A patient comes in a POST, is shown, and is kept nowhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from consilium.web.limits import costs


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page."""
    return render(request, "planner/home.html")


@require_http_methods(["GET", "HEAD", "POST"])
@costs(1)
def plan_page(request: HttpRequest) -> HttpResponse:
    """The form, and the plan beside it."""
    return render(request, "planner/plan.html")
