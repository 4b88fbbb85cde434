"""Run the tests that touch a database once more, on a real PostgreSQL server.

Uses the one at ``CONSILIUM_TEST_POSTGRES``, or starts one of its own where PostgreSQL is
installed; says so and ends well where there is neither. Arguments go to pytest.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PORT = 5543
RUNS = (
    ["-n", "2", "-m", "django_db and not slow", "tests/functional"],
    ["tests/functional/web/test_voters_at_once.py"],
)
"""What pytest is given by default: every test marked for the database, and the voters."""


def main(arguments: list[str]) -> int:
    given = os.environ.get("CONSILIUM_TEST_POSTGRES", "")
    if given:
        return pytest_on(given, arguments)
    tools = newest_tools()
    if tools is None:
        print("No PostgreSQL here: its tests are left out (apt install postgresql).")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="consilium-postgres-"))
    data, as_user = (
        folder / "data",
        ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else [],
    )
    if as_user:
        shutil.chown(folder, "postgres")
    options = f"-p {PORT} -k {folder} -c listen_addresses=127.0.0.1"
    try:
        run([*as_user, tools / "initdb", "-D", data, "-A", "trust", "-U", "consilium"])
        run(
            [
                *as_user,
                tools / "pg_ctl",
                "-D",
                data,
                "-o",
                options,
                "-l",
                folder / "log",
                "-w",
                "start",
            ]
        )
        address = f"postgres://consilium@127.0.0.1:{PORT}"
        run([tools / "createdb", "-h", "127.0.0.1", "-p", str(PORT), "-U", "consilium", "site"])
        os.environ["CONSILIUM_TEST_POSTGRES_SITE"] = f"{address}/site"
        return pytest_on(f"{address}/consilium", arguments)
    finally:
        run([*as_user, tools / "pg_ctl", "-D", data, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def newest_tools() -> Path | None:
    """The folder of the newest installed server programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def run(command: list[object]) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def pytest_on(address: str, arguments: list[str]) -> int:
    os.environ["CONSILIUM_DATABASE"] = address
    print("On PostgreSQL")
    runs = [arguments] if arguments else RUNS
    return max(subprocess.call([sys.executable, "-m", "pytest", "-q", *given]) for given in runs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
