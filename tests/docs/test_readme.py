"""The README shows what the program does today."""

import re
import shlex

import pytest
from tests.support.command_line import run
from tests.support.documents import ROOT, blocks, execute

README = ROOT / "README.md"
BLOCKS = blocks(README)
COMMANDS = [
    line
    for block in BLOCKS
    for line in block.text.splitlines()
    if line.startswith(("consilium ", ".venv/bin/consilium "))
]
SHOWN = next(block.text for block in BLOCKS if block.language == "text")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the files that the README shows, on a terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for block in BLOCKS:
        if block.info.startswith("title="):
            (tmp_path / block.info.removeprefix("title=")).write_text(block.text, encoding="utf-8")
    return tmp_path


def test_it_shows_commands():
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_its_work(command, folder):
    done = run(*shlex.split(command)[1:])
    assert done.code == 0, done.err
    assert done.out


def test_the_python_example_runs(folder):
    for block in BLOCKS:
        if block.language == "python":
            execute(block, README)


def headlines(text: str) -> list[str]:
    """The titles of parts and the regimens of options."""
    found = []
    for line in text.splitlines():
        option = re.match(r"[A-Z]  (.+?)(?:   |$)", line)
        if option:
            found.append(option[1])
        elif line.endswith("─"):
            found.append(line.strip("─ "))
    return found


def test_the_headlines_of_the_plan_shown_are_still_printed(folder):
    printed = headlines(run("examples").out)
    assert len(headlines(SHOWN)) >= 8
    assert set(headlines(SHOWN)) - set(printed) == set()


def test_every_command_is_in_the_table():
    listed = re.findall(r"^  (\w+)  +\S", run("--help").out.split("Commands:")[1], re.MULTILINE)
    table = re.findall(r"^\| `(\w+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed
    assert set(listed) - set(table) == set()
