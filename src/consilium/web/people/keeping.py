"""Backup and restore: all that people did, as one file that SQLite and PostgreSQL both read."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError, transaction

from consilium.errors import ConsiliumError
from consilium.web.people.audit import Verified, verify_here

BACKUP = "consilium-backup/1"
_APPS = ("auth.group", "auth.user", "people", "activity", "otp_totp", "otp_static")


class BackupError(ConsiliumError):
    """A backup that cannot be written, read or put back."""


def backup(path: Path) -> Verified:
    """Write everything into a file, whole or not at all. Holds what is personal: keep it safe.

    Raises ``BackupError`` when the file cannot be written.
    """
    text = StringIO()
    with transaction.atomic():
        call_command("dumpdata", *_APPS, stdout=text, verbosity=0)
        found = verify_here()
    records = json.loads(text.getvalue())
    body = {"schema": BACKUP, "audit": found.seal, "sum": _sum(records), "records": records}
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(gzip.compress(json.dumps(body).encode()))
        partial.chmod(0o600)
        partial.replace(path)
    except OSError as problem:
        raise BackupError(f"cannot write `{path}`: {problem.strerror}") from None
    return found


def restore(path: Path) -> Verified:
    """Put a backup into a site in which nobody has joined; all of it, or nothing.

    Raises ``BackupError`` for a file that is no whole backup, for a site in use, and when the
    audit does not end where it ended in the backup.
    """
    try:
        body: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
        records, seal = body["records"], body["audit"]
        whole = body["sum"] == _sum(records)
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        raise BackupError(f"`{path}` is no whole backup") from None
    if not whole:
        raise BackupError(f"`{path}` is no whole backup: records are missing or changed")
    if body.get("schema") != BACKUP:
        raise BackupError(f"`{path}` is of another version: {body.get('schema')}")
    if User.objects.exists():
        raise BackupError("somebody has joined this site; restore into an empty one")
    with TemporaryDirectory() as folder:
        fixture = Path(folder) / "records.json"
        fixture.write_text(json.dumps(records), encoding="utf-8")
        try:
            with transaction.atomic():
                call_command("loaddata", str(fixture), verbosity=0)
                found = verify_here()
                if found.flaw or found.seal != seal:
                    raise BackupError(f"the audit is not whole: {found.flaw or 'another end'}")
        except (DeserializationError, DatabaseError) as problem:
            raise BackupError(f"`{path}` does not fit: {str(problem)[:200]}") from None
    return found


def _sum(records: list[Any]) -> str:
    return sha256(json.dumps(records, sort_keys=True).encode()).hexdigest()
