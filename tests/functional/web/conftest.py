"""The site under test: a client for each role, a live server, and a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(autouse=True)
def plain_requests(monkeypatch):
    """No test is slowed or refused for what another one asked."""
    from consilium.web import limits

    monkeypatch.setattr(limits, "_bucket", limits.Bucket(10**9))


def somebody(role: str, name: str = ""):
    """An account with a role; made when it is first asked for."""
    from django.contrib.auth.models import User

    from consilium.web.people.roles import LEARNER, give_role

    user, new = User.objects.get_or_create(username=name or f"a-{role}")
    if new and role != LEARNER:
        give_role(user, role)
    return user


@pytest.fixture
def client_of(db):
    """A client signed in as a role: `anonymous`, or one of the accounts."""

    def make(role: str) -> Client:
        client = Client(raise_request_exception=False)
        if role != "anonymous":
            client.force_login(somebody(role), "django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def filled(db):
    """A site with people, comments, kept cases, and an edition that was handed in."""
    from tests.support.filled_site import fill

    fill()


@pytest.fixture(scope="session")
def chromium():
    """A real Chromium; browser tests are skipped by name where there is none."""
    if not Path(CHROMIUM).exists() and shutil.which("chromium") is None:
        pytest.skip("browser tests need Chromium (apt install chromium)")
    from playwright.sync_api import sync_playwright

    # the synchronous driver runs an event loop, which Django's database code asks about
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """A page with what must not happen on it: foreign requests, console errors."""

    def __init__(self, page, address: str) -> None:
        self.page, self.address = page, address
        self.foreign: list[str] = []
        self.errors: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _request(self, request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", "about:")):
            self.foreign.append(request.url)

    def _console(self, message) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.errors.append(message.text)


@pytest.fixture
def open_page(chromium, live_server) -> Iterator:
    """Open a page of the site: ``open_page("/plan", width=360, scripts=False)``.

    Afterwards no page may have asked anybody else for anything, or met an
    error on its console (a violation of the content security policy is one).
    """
    contexts, watched = [], []

    def open_(
        path: str = "/", *, width: int = 1280, height: int = 800, scripts: bool = True, **more
    ):
        context = chromium.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=scripts, **more
        )
        contexts.append(context)
        page = context.new_page()
        watched.append(Watched(page, live_server.url))
        page.goto(live_server.url + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    for one in watched:
        assert one.foreign == []
        assert one.errors == []
