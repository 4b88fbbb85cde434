"""The page of statistical functions runs and is complete, and so is the table of agreement."""

import doctest
import importlib
import inspect
import pkgutil

import pytest
from tests.reference import agreements
from tests.reference.golden import SHARED
from tests.support.documents import ROOT

import consilium.statistics

PAGE = ROOT / "docs" / "reference" / "statistics.md"
TABLE = ROOT / "docs" / "reference" / "agreement-with-r.md"
# What other functions use, and nobody calls for an answer.
INSIDE = {"arrays", "heterogeneity", "kernels", "models"}


def test_the_examples_are_true():
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testfile(str(PAGE), module_relative=False, optionflags=flags).failed == 0


def test_every_public_function_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    missing = []
    for module in pkgutil.iter_modules(consilium.statistics.__path__):
        if module.name in INSIDE:
            continue
        loaded = importlib.import_module(f"consilium.statistics.{module.name}")
        missing += [
            f"{module.name}.{name}"
            for name, value in vars(loaded).items()
            if inspect.isfunction(value)
            and value.__module__ == loaded.__name__
            and not name.startswith("_")
            and name not in text
        ]
    assert missing == []


def test_every_reference_file_has_a_row():
    rows = TABLE.read_text(encoding="utf-8")
    assert [file for file in agreements.CHECKS if f"| `{file}` |" not in rows] == []
    if not SHARED.is_dir():
        pytest.skip("the reference files are kept outside the repository")
    files = {path.stem for path in SHARED.glob("*.json")} - {"manifest"}
    assert files <= set(agreements.CHECKS) | {"pairwise_meta"}
