"""Runs the command line inside the test process, as a person would outside it."""

import io
import sys
from functools import cache
from typing import NamedTuple
from unittest.mock import patch

from consilium.knowledge.edition import Edition

bundled = cache(Edition.bundled)


class Run(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def run(*arguments: str, given: bytes = b"") -> Run:
    """Run `consilium` with arguments and standard input; any exception but its exit is a defect."""
    from consilium.cli import main

    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    kept = sys.argv, sys.stdin, sys.stdout, sys.stderr
    sys.argv = ["consilium", *arguments]
    sys.stdin = io.TextIOWrapper(io.BytesIO(given), encoding="utf-8")
    sys.stdout, sys.stderr = out, err
    code: object = 0
    try:
        # reading the edition anew for each of hundreds of runs would test nothing more
        with patch.object(Edition, "bundled", bundled):
            main()
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = kept
    out.flush()
    printed = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
    return Run(int(str(code)), printed, err.getvalue())
