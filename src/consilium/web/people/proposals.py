"""An edition handed in as an archive: read whole, compared with the one in use, unpacked."""

from __future__ import annotations

import shutil
import tempfile
from io import BytesIO
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

import msgspec
from django.utils.translation import gettext as _

from consilium.knowledge.edition import Edition
from consilium.knowledge.problems import EditionError
from consilium.web.refusals import Refused

_MOST_FILES, _LARGEST = 3000, 40_000_000


class Examined(msgspec.Struct, frozen=True):
    """An edition that loads: its name, the hash of its bytes, and what it changes."""

    name: str
    hash: str
    report: str


def examine(archive: bytes, current: Edition) -> Examined:
    """Read an archive. Raises ``Refused`` (422) with the problems of an edition that has any."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "edition"
        unpack(archive, root)
        try:
            edition = Edition.read(root)
            edition.cases()
        except EditionError as problem:
            raise Refused(422, str(problem)[:4000]) from None
    for activity in edition.contents.activities:
        for member in activity.faculty:
            if member.disclosure.status == "unresolved":
                raise Refused(
                    422,
                    _("The disclosure of %(who)s in %(activity)s is unresolved.")
                    % {"who": member.speaker, "activity": activity.id},
                )
    return Examined(
        f"{edition.info.edition} ({edition.info.date})", edition.hash, _report(current, edition)
    )


def _report(current: Edition, proposed: Edition) -> str:
    """Statements added, changed and removed, by id; `consilium diff` tells whose plan differs."""
    lines = []
    for kind in ("positions", "approvals", "care", "giving", "trials", "activities", "sources"):
        old = {record.id: record for record in getattr(current.contents, kind)}
        new = {record.id: record for record in getattr(proposed.contents, kind)}
        parts = {
            "added": [n for n in new if n not in old],
            "changed": [n for n in new if n in old and new[n] != old[n]],
            "removed": [n for n in old if n not in new],
        }
        lines += [f"{kind} {word}: {', '.join(names)}" for word, names in parts.items() if names]
    return "\n".join(lines) or "no statement differs"


def unpack(archive: bytes, folder: Path) -> None:
    """The files of an archive in a folder, whole or not at all. Raises ``Refused`` (422)."""
    try:
        packed = ZipFile(BytesIO(archive))
    except BadZipFile:
        raise Refused(422, _("That is no ZIP archive.")) from None
    files = [info for info in packed.infolist() if not info.is_dir()]
    roots = {PurePosixPath(i.filename).parts[0] for i in files if PurePosixPath(i.filename).parts}
    lone = len(roots) == 1 and all(len(PurePosixPath(i.filename).parts) > 1 for i in files)
    if len(files) > _MOST_FILES or sum(info.file_size for info in files) > _LARGEST:
        raise Refused(422, _("The archive is larger than any edition."))
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for info in files:
            path = PurePosixPath(info.filename)
            parts = path.parts[1:] if lone else path.parts
            if path.is_absolute() or ".." in parts or not parts or "\\" in info.filename:
                raise Refused(422, _("The archive holds a file outside of itself."))
            if path.suffix not in (".yaml", ".md"):
                raise Refused(422, _("An edition holds YAML and Markdown files only."))
            target = partial.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(info) as source:
                content = source.read(_LARGEST + 1)
            target.write_bytes(content)
        shutil.rmtree(folder, ignore_errors=True)
        partial.mkdir(parents=True, exist_ok=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
