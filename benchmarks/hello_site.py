"""A Django site that says hello: what the frame costs with nothing in it."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def timed(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the time of the answer, as the planner states its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        start = perf_counter()
        response = get_response(request)
        response.headers["Server-Timing"] = f"app;dur={1000 * (perf_counter() - start):.1f}"
        return response

    return middleware


def hello(request: HttpRequest) -> HttpResponse:
    """The whole site."""
    return HttpResponse("hello")


urlpatterns = [path("", hello)]
if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        MIDDLEWARE=["benchmarks.hello_site.timed"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="only for measuring",
    )
application = get_wsgi_application()
