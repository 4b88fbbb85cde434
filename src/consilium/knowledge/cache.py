"""Compiled copies of an edition and of what is derived from it, good only for the very bytes they
were made from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import msgspec

_SEAL = 20
_Kept = TypeVar("_Kept")


def fingerprint(root: Path, files: Iterable[Path], code: Iterable[Path]) -> str:
    """A name for the bytes of an edition and of the code that reads it."""
    digest = blake2b(digest_size=20)
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode())
        digest.update(content)
    for path in code:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read(folder: Path, name: str, ending: str, kind: type[_Kept]) -> _Kept | None:
    """The compiled copy of that name; nothing when there is none, or it is damaged."""
    try:
        kept = (folder / f"{name}.{ending}").read_bytes()
    except OSError:
        return None
    seal, packed = kept[:_SEAL], kept[_SEAL:]
    # a bit that turned over could change a dose and still be a record of the right shape
    if seal != blake2b(packed, digest_size=_SEAL).digest():
        return None
    try:
        return msgspec.msgpack.decode(packed, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def write(folder: Path, name: str, ending: str, value: object) -> None:
    """Keep a compiled copy, whole or not at all; a folder that cannot be written is no error."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        whole = folder / f"{name}.{ending}"
        partial = whole.with_suffix(f".{os.getpid()}")
        packed = msgspec.msgpack.encode(value)
        partial.write_bytes(blake2b(packed, digest_size=_SEAL).digest() + packed)
        partial.replace(whole)
        for old in sorted(folder.glob(f"*.{ending}"), key=lambda path: path.stat().st_mtime)[:-4]:
            old.unlink(missing_ok=True)
    except OSError:
        return


def default_folder() -> Path:
    """Where compiled copies go: the user's cache folder."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "consilium"
