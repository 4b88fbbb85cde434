"""Run the tests that touch a database once more, on a PostgreSQL server that is running.

The one at ``CONSILIUM_TEST_POSTGRES``, or one on this machine at which the user of these tests
may create databases; says why not and ends well where there is neither. The arguments go to
pytest; by default they are every test that is marked for the database and not slow.
"""

import os
import subprocess
import sys

import psycopg

VARIABLE = "CONSILIUM_TEST_POSTGRES"
LOCAL = ("postgres:///postgres", "postgres://127.0.0.1/postgres")
"""By the socket, and by the network, in the name of whoever runs the tests."""


def main(arguments: list[str]) -> int:
    address = os.environ.get(VARIABLE, "") or running_here()
    if not address:
        return 0
    print(f"The tests that touch a database, once more on PostgreSQL {version(address)}")
    given = arguments or [
        "-n",
        "2",
        "-m",
        "(django_db or postgres) and not slow",
        "tests/functional",
    ]
    environment = os.environ | {VARIABLE: address, "CONSILIUM_DATABASE": address}
    return subprocess.call([sys.executable, "-m", "pytest", "-q", *given], env=environment)


def running_here() -> str:
    """The address of a server on this machine that lets us in; empty, with the reason said."""
    refusals = []
    for address in LOCAL:
        try:
            with psycopg.connect(address, connect_timeout=2) as connection:
                asked = "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
                row = connection.execute(asked).fetchone()
        except psycopg.OperationalError as problem:
            refusals.append(str(problem).strip().splitlines()[0])
        else:
            if row and row[0]:
                return address
            refusals.append("this user may not create databases")
    print(
        "SKIPPED on PostgreSQL: no server that these tests may use.\n"
        f"  on this machine: {refusals[0]}\n"
        f"  name one in {VARIABLE} (postgres://user:password@host:5432/name; the user may create\n"
        "  databases), or let `make test-postgres` start one of its own (apt install postgresql)."
    )
    return ""


def version(address: str) -> str:
    """The version of the server; stops with a sentence where there is no server."""
    try:
        with psycopg.connect(address, connect_timeout=5) as connection:
            return connection.info.parameter_status("server_version") or ""
    except psycopg.OperationalError as problem:
        sys.exit(f"{VARIABLE} names no server that answers: {str(problem).strip()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
