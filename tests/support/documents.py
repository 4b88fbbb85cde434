"""Reads the pages of the documentation, and does what they say."""

import re
import shlex
import shutil
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from tests.support.command_line import Run, bundled, run

from consilium.knowledge.edition import Edition

ROOT = Path(__file__).resolve().parents[2]
KNOWLEDGE = ROOT / "knowledge"

_BLOCK = re.compile(r"^```(\w*)[ \t]*(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"\s*#\s*exit (\d+)$")


class Block(NamedTuple):
    """A fenced block: its language, what stands after it, and its text."""

    language: str
    info: str
    text: str


class Command(NamedTuple):
    """A command of a page, what the page shows of its output, and its exit code."""

    words: tuple[str, ...]
    shown: tuple[str, ...]
    code: int


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in their order."""
    return [Block(*found) for found in _BLOCK.findall(page.read_text(encoding="utf-8"))]


def commands(text: str) -> list[Command]:
    """The commands of a console block, each with the output that follows it."""
    found: list[Command] = []
    for is_command, lines in groupby(text.splitlines(), lambda line: line.startswith("$ ")):
        if is_command:
            for line in lines:
                code = _EXIT.search(line)
                words = shlex.split(_EXIT.sub("", line)[2:])
                found.append(Command(tuple(words), (), int(code[1]) if code else 0))
        else:
            shown = tuple(line for line in lines if line.strip() not in ("", "..."))
            found[-1] = found[-1]._replace(shown=shown)
    return found


def follow(page: Path, folder: Path) -> None:
    """Write the files of a page into a folder, which is the current one, and run its commands."""
    for block in blocks(page):
        kind, _, name = block.info.partition("=")
        if kind in ("title", "append"):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("a" if kind == "append" else "w", encoding="utf-8") as file:
                file.write(block.text)
        elif block.language == "console":
            for command in commands(block.text):
                _do(command, folder)
        elif block.language == "python":
            execute(block, page)


def execute(block: Block, page: Path) -> None:
    """Run a Python example; the bundled edition is read once for all of them."""
    with patch.object(Edition, "bundled", bundled):
        exec(compile(block.text, str(page), "exec"), {})


def _do(command: Command, folder: Path) -> None:
    words = command.words
    if words[0] == "cp":
        assert words[:3] == ("cp", "-r", "knowledge"), words
        shutil.copytree(KNOWLEDGE, folder / words[3])
        return
    assert words[0] == "consilium", words
    into = words[words.index(">") + 1] if ">" in words else ""
    done = run(*words[1 : words.index(">") if into else None])
    assert done.code == command.code, (words, done.err)
    if into:
        (folder / into).write_text(done.out, encoding="utf-8")
    assert_shown(command.shown, done, words)


def assert_shown(shown: tuple[str, ...], done: Run, words: tuple[str, ...]) -> None:
    """The lines of a page stand in the output, in their order; line breaks do not matter."""
    printed = " ".join((done.out + " " + done.err).split())
    at = 0
    for line in shown:
        wanted = " ".join(line.split())
        found = printed.find(wanted, at)
        assert found >= 0, f"{' '.join(words)} does not show (any more, or here): {wanted}"
        at = found + len(wanted)
