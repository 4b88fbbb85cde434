"""The file and the line of every statement, for those who have to open them."""

from __future__ import annotations

import re
from pathlib import Path

_ID = re.compile(r"^(?:\s*-\s+)?(?:\{)?id:\s*([^\s,}]+)")
_FOLDERS = ("positions", "approvals", "care", "trials", "claims", "vocabulary")


class Places:
    """Where the statements of an edition stand; empty for an edition that has no files."""

    def __init__(self, root: Path | None) -> None:
        self._found: dict[str, str] = {}
        if root is None:
            return
        for folder in _FOLDERS:
            for path in sorted((root / folder).rglob("*.yaml")):
                name = f"{root.name}/{path.relative_to(root)}"
                for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
                    found = _ID.match(line)
                    if found:
                        self._found.setdefault(found[1].strip("\"'"), f"{name}:{number}")

    def of(self, statement: str) -> str:
        """The file and line of a statement by its id; empty when it has none."""
        return self._found.get(statement, "")
