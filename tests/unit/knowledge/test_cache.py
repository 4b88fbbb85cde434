"""The compiled copy: as good as the files, or not used."""

from pathlib import Path

import pytest
from tests.support.builders import an_edition_folder

from consilium.knowledge import loading
from consilium.knowledge.edition import Edition


@pytest.fixture
def root(tmp_path):
    return an_edition_folder(tmp_path)


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "compiled"


@pytest.fixture
def loads(monkeypatch):
    """How often the files were read and checked."""
    calls = []
    load = loading.load
    monkeypatch.setattr(loading, "load", lambda root: calls.append(root) or load(root))
    return calls


def the_copy(folder: Path) -> Path:
    (found,) = folder.glob("*.edition")
    return found


def test_it_holds_what_the_files_hold(root, kept, loads):
    plain, first, second = Edition.read(root), Edition.read(root, kept), Edition.read(root, kept)
    assert len(loads) == 2
    assert plain.contents == first.contents == second.contents
    assert plain.hash == first.hash == second.hash


@pytest.mark.parametrize("name", ["EDITION.yaml", "positions/first-line.yaml"])
def test_one_changed_byte_of_the_files_puts_it_aside(root, kept, loads, name):
    before = Edition.read(root, kept)
    with (root / name).open("a") as file:
        file.write("#")
    after = Edition.read(root, kept)
    assert len(loads) == 2
    assert before.hash != after.hash
    assert before.contents == after.contents


def test_so_does_a_file_of_another_name(root, kept):
    before = Edition.read(root, kept).hash
    (root / "positions/first-line.yaml").rename(root / "positions/other.yaml")
    assert Edition.read(root, kept).hash != before


@pytest.mark.parametrize("place", [0, 30, 0.25, 0.5, 0.75, -1])
def test_one_changed_byte_of_the_copy_puts_it_aside(root, kept, loads, place):
    whole = Edition.read(root, kept).contents
    content = bytearray(the_copy(kept).read_bytes())
    index = int(place * len(content)) if isinstance(place, float) else place
    content[index] ^= 1
    the_copy(kept).write_bytes(content)
    assert Edition.read(root, kept).contents == whole
    assert len(loads) == 2


@pytest.mark.parametrize("content", [b"", b"\xc1", b"not an edition"])
def test_a_copy_that_is_none_is_put_aside(root, kept, loads, content):
    whole = Edition.read(root, kept).contents
    the_copy(kept).write_bytes(content)
    assert Edition.read(root, kept).contents == whole
    assert len(loads) == 2


def test_a_folder_that_cannot_be_written_is_no_error(root, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    assert Edition.read(root, blocked / "compiled").info.edition == "1"


def test_an_edition_with_problems_leaves_no_copy(tmp_path, kept):
    root = an_edition_folder(tmp_path, {"positions/first-line.yaml": ""})
    with pytest.raises(Exception, match="the file is empty"):
        Edition.read(root, kept)
    assert not list(tmp_path.rglob("*.edition"))


def test_only_the_last_few_copies_are_kept(root, kept):
    for number in range(8):
        with (root / "EDITION.yaml").open("a") as file:
            file.write(f"# {number}\n")
        Edition.read(root, kept)
    assert len(list(kept.glob("*.edition"))) <= 5
