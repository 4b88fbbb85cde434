"""The command line: `consilium`, and its exit codes.

0 done; 1 the input or the edition has problems, which were named; 2 the
command was not understood; 3 no plan is made for this patient, with the reason.
"""

from __future__ import annotations

import os
import sys

DONE, PROBLEM, USAGE, NO_PLAN = 0, 1, 2, 3


def main() -> None:
    """Run the command line; what a person can repair is printed, never a traceback."""
    from consilium.cli.commands import app  # noqa: PLC0415  so that `--version` stays quick
    from consilium.errors import ConsiliumError  # noqa: PLC0415

    try:
        app()
    except ConsiliumError as problem:
        print(f"consilium: {problem}", file=sys.stderr)
        sys.exit(PROBLEM)
    except BrokenPipeError:
        # the reader of the pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except KeyboardInterrupt:
        sys.exit(130)
