"""Tutorials, how-to guides and explanations do what they say."""

import doctest
import json

import pytest
from benchmarks import sizing
from tests.support.command_line import bundled
from tests.support.documents import ROOT, follow

DOCS = ROOT / "docs"
FOLLOWED = sorted([*DOCS.glob("tutorials/*.md"), *DOCS.glob("how-to/*.md")])
EXPLAINED = sorted(DOCS.glob("explanation/*.md"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, on a terminal of 100 columns, with a cache of its own."""
    bundled()  # from the cache that is there
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.stem)
def test_a_page_can_be_followed_from_top_to_bottom(page, folder):
    follow(page, folder)


@pytest.mark.parametrize("page", EXPLAINED, ids=lambda page: page.stem)
def test_the_examples_of_an_explanation_are_true(page):
    result = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_every_page_is_listed():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = [*DOCS.glob("*/*.md"), *DOCS.glob("reference/generated/*")]
    missing = [p.name for p in pages if p.relative_to(DOCS).as_posix() not in index]
    assert missing == []


def test_the_sizing_of_a_registry_is_computed_from_what_was_measured():
    text = (DOCS / "how-to" / "plan-a-registry.md").read_text(encoding="utf-8")
    results = (ROOT / "benchmarks" / "results.json").read_bytes()
    assert sizing.page(text, results) == text, "python -m benchmarks.sizing writes it again"


def test_a_size_is_the_fixed_part_and_the_patients_by_the_rate():
    rows = [
        {"benchmark": benchmark, "subject": subject, "figure": figure}
        for benchmark, *subjects in sizing.WORK.values()
        for subject, figure in zip(subjects, (1000.0, 60.0), strict=True)
        if subject
    ]
    table = sizing.table(json.dumps({"rows": rows}).encode())
    assert "| `--engine spark` | 1,000 | 18 min CPU: 9.3 min on 2 cores, 65 s on 200 |" in table
    assert "not measured" not in table
    assert sizing.table(b'{"rows": []}').count("not measured") == len(sizing.WORK)
