"""Run a command beside a PostgreSQL server of its own, whose address is in its environment.

``with_postgres.py make test``: the server is new, listens on a free port of this machine, and
is gone afterwards. Needs PostgreSQL installed and nothing else; as root it runs as `postgres`.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path


def main(command: list[str]) -> int:
    tools = newest_tools()
    if tools is None:
        print("PostgreSQL is not installed (apt install postgresql).", file=sys.stderr)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="consilium-postgres-"))
    data = folder / "data"
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    port = free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    control = [*as_user, tools / "pg_ctl", "-D", data]
    try:
        run([*as_user, tools / "initdb", "-D", data, "-A", "trust", "-U", "consilium"])
        run([*control, "-o", options, "-l", folder / "log", "-w", "start"])
        address = f"postgres://consilium@127.0.0.1:{port}/postgres"
        return subprocess.call(command, env=os.environ | {"CONSILIUM_TEST_POSTGRES": address})
    finally:
        run([*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def newest_tools() -> Path | None:
    """The folder of the newest installed server programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def run(command: list[object]) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
