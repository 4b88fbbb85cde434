"""Serves the site with gunicorn: threads, two processes, a graceful stop."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from consilium.knowledge.records import Region
from consilium.web.starting import make_ready, set_up


class _Site(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, chosen: dict[str, Any]) -> None:
        self.chosen = chosen
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from django.core.wsgi import get_wsgi_application  # noqa: PLC0415  after set_up

        application = get_wsgi_application()
        _warm()
        return application


def _warm() -> None:
    """Do once, before the processes part and the first of them listens, what all of them need."""
    from django.contrib.auth.models import AnonymousUser  # noqa: PLC0415  after set_up
    from django.db import connections  # noqa: PLC0415
    from django.http import HttpRequest  # noqa: PLC0415
    from django.urls import resolve  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from consilium.clinical.patient import PatientCase  # noqa: PLC0415
    from consilium.planning import plan  # noqa: PLC0415
    from consilium.report.figures.curves import has_points  # noqa: PLC0415
    from consilium.web.asking.asker import the_asker  # noqa: PLC0415
    from consilium.web.editions import the_edition  # noqa: PLC0415

    today = timezone.localdate()
    edition = the_edition()
    plan(PatientCase(entered={}), edition, as_of=today, region=Region.US)
    the_asker().ask("Which trials are held?", as_of=today)
    drugs = [f"/evidence/drugs/{name}" for name in list(edition.drugs)[:1]]
    trials = [
        f"/evidence/trials/{trial.id}"
        for trial in edition.contents.trials
        if any(map(has_points, trial.results))
    ]
    for path in ("/", "/plan", "/ask/", *drugs, *trials[:1]):
        request = HttpRequest()
        request.method, request.path, request.user = "GET", path, AnonymousUser()
        found = resolve(path)
        found.func(request, *found.args, **found.kwargs)
    connections.close_all()  # none may be shared by the processes that part
    gc.collect()
    gc.freeze()  # what was read stays: no collection walks it again, and the processes share it


def serve(
    *,
    host: str,
    port: int,
    workers: int,
    threads: int,
    data: Path | None = None,
    database: str = "",
) -> None:
    """Serve until stopped: SIGTERM lets requests end, SIGINT does not wait.

    The database is brought to this version first. Raises ``StartingError``
    for a data folder or a database that cannot be used.
    """
    set_up(data=data, database=database)
    make_ready()
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    chosen: dict[str, Any] = {
        "bind": address,
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "preload_app": True,
        "timeout": 30,
        "graceful_timeout": 20,
        "keepalive": 5,
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        "limit_request_field_size": 8190,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "proc_name": "consilium",
    }
    _Site(chosen).run()
