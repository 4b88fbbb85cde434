"""No page of the site is left out where every kind of page is looked at."""

import pytest
from django.urls import resolve
from tests.functional.web.pages import PAGES, SHOWN_BY
from tests.functional.web.test_permissions import METHODS, TABLE, address

NO_PAGE = {
    "plan/live": "a part of the plan page",
    "plan/chart": "text",
    "plan/pdf": "a file",
}
"""What answers a form with something else than a page; any other route has to have its kind."""


def is_page(answer) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/html")


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(TABLE))
def test_a_route_that_shows_a_page_has_a_kind(route, client_of):
    client = client_of("administrator")
    shows = any(
        is_page(answer) and answer.status_code < 300
        for method in METHODS[:2]
        if (answer := client.generic(method, address(route)))
    )
    if route in SHOWN_BY:
        assert SHOWN_BY[route] in PAGES
    else:
        assert not shows or route in NO_PAGE, f"`{route}` needs a kind in pages.py"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("route", sorted(SHOWN_BY))
def test_a_kind_is_where_it_says(open_page, live_server, filled, route):
    page = open_page("/")
    PAGES[SHOWN_BY[route]](page, live_server.url)
    path = page.evaluate("location.pathname")
    assert resolve(path).route == route
