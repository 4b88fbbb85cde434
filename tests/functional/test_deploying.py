"""The examples under deploy/ fit the program, and its settings pass Django's own check."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.command_line import run

DEPLOY = Path(__file__).parents[2] / "deploy"
CONTAINER = (DEPLOY / "Containerfile").read_text()
UNIT = DEPLOY / "consilium.service"
SETTINGS = (DEPLOY.parent / "src/consilium/web/settings.py").read_text()
HOW_TO = (DEPLOY.parent / "docs/how-to/run-the-web-planner.md").read_text()


def test_the_settings_of_production_pass_the_check_for_deployment(tmp_path):
    """Every warning fails, in a process of its own: settings are read once."""
    code = (
        "from consilium.web.starting import set_up; set_up();"
        "from django.core.management import call_command;"
        "call_command('check', deploy=True, fail_level='WARNING')"
    )
    production = {
        "CONSILIUM_DATA": str(tmp_path),
        "CONSILIUM_HTTPS": "yes",
        "CONSILIUM_HOSTS": "planner.example.org",
    }
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CONSILIUM", "DJANGO"))}
    done = subprocess.run(  # noqa: PLW1510  the code is looked at
        [sys.executable, "-c", code], env=inherited | production, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    open_to_all = subprocess.run(  # noqa: PLW1510  the code is looked at
        [sys.executable, "-c", code],
        env=inherited | production | {"CONSILIUM_HTTPS": ""},
        capture_output=True,
        text=True,
    )
    assert open_to_all.returncode != 0, "without TLS the check must complain"


def test_every_setting_of_the_environment_is_described():
    read = set(re.findall(r'"(CONSILIUM_[A-Z_]+)"', SETTINGS))
    assert len(read) > 8
    assert {name for name in read if f"`{name}`" not in HOW_TO} == set()


def options_of(command: list[str]) -> set[str]:
    return {word for word in command if word.startswith("--")}


def of_the_container(word: str) -> list[str]:
    return re.findall(rf"^{word} (.*)$", CONTAINER, re.MULTILINE)


def the_commands() -> dict[str, list[str]]:
    unit = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE))
    (entry,) = of_the_container("ENTRYPOINT")
    return {"unit": shlex.split(unit["ExecStart"]), "container": re.findall(r'"([^"]*)"', entry)}


@pytest.mark.parametrize("where", ["unit", "container"])
def test_the_command_exists_with_its_options(where):
    program, name, *options = the_commands()[where]
    assert program.endswith("/bin/consilium")
    described = run(name, "--help").out
    assert all(option in described for option in options_of(options))


def test_the_container_runs_without_rights_and_writes_in_its_volume_only():
    final = CONTAINER.rpartition("\nFROM ")[2]
    (user,) = of_the_container("USER")
    assert user not in ("root", "0")
    assert re.search(rf"useradd [^\n]*{user}\b", final)
    assert final.index("\nUSER ") < final.index("\nENTRYPOINT ")
    assert f"install -d -o {user} /data" in final
    assert of_the_container("VOLUME") == ["/data"]
    told = dict(one.split("=", 1) for one in " ".join(of_the_container("ENV")).split())
    assert told["CONSILIUM_DATA"] == "/data"
    assert told["XDG_CACHE_HOME"].startswith("/data/")
    (port,) = of_the_container("EXPOSE")
    assert f"127.0.0.1:{port}/readyz" in CONTAINER
    assert of_the_container("STOPSIGNAL") == ["SIGTERM"]


def test_what_the_container_copies_is_what_it_starts():
    (built,) = re.findall(r"COPY --from=build (\S+) (\S+)", CONTAINER)
    assert built[0] == built[1]
    assert the_commands()["container"][0].startswith(f"{built[1]}/bin/")
    (extras,) = re.findall(r'"\.\[([\w,]+)\]"', CONTAINER)
    declared = (DEPLOY.parent / "pyproject.toml").read_text()
    assert all(re.search(rf"^{extra} = ", declared, re.MULTILINE) for extra in extras.split(","))


def test_the_unit_has_no_rights_and_time_to_stop():
    unit = UNIT.read_text()
    for said in (
        "DynamicUser=yes",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "KillSignal=SIGTERM",
    ):
        assert f"\n{said}\n" in unit
    graceful = re.search(
        r'"graceful_timeout": (\d+)', (DEPLOY.parent / "src/consilium/web/serving.py").read_text()
    )
    waits = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert graceful and waits and int(waits[1]) > int(graceful[1])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_finds_no_fault_with_the_unit(tmp_path):
    """With a program that is here, since the unit names the place where one would install it."""
    text = UNIT.read_text().replace(the_commands()["unit"][0], sys.executable)
    unit = tmp_path / UNIT.name
    unit.write_text(text)
    done = subprocess.run(  # noqa: PLW1510  the code is looked at
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True
    )
    about = [line for line in (done.stdout + done.stderr).splitlines() if UNIT.name in line]
    assert (done.returncode, about) == (0, [])
