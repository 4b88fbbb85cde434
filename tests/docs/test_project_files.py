"""The files around the program: what they promise, and what must not stand in them."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

# Put together from pieces, so that this file passes its own checks.
REGISTRIES = {
    ("py", "pi"): ("org",),
    ("python", "hosted"): ("org",),
    ("npm", "js"): ("org", "com"),
    ("cra", "tes"): ("io",),
    (r"deb\.", "debian"): ("org",),
    (r"archive\.", "ubuntu"): ("com",),
}
REGISTRY_HOST = re.compile(
    "|".join(
        rf"\b{''.join(name)}\.{ending}\b"
        for name, endings in REGISTRIES.items()
        for ending in endings
    ),
    re.IGNORECASE,
)
# A folder at the top of somebody's machine. A web address or a relative path has something
# before the slash and is not meant.
FOLDERS = ("home", "root", "Users", "work")
MACHINE_PATH = re.compile(r"(?<![\w.~*})-])/(?:" + "|".join(FOLDERS) + r")/\w")

PROMISED_TARGETS = {
    "setup",
    "run",
    "test",
    "test-slow",
    "test-spark",
    "bench",
    "lock",
    "wheel-check",
    "clean",
    "help",
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def files_of_the_project() -> list[Path]:
    """Every file that is in the repository or would be added to it."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("only a git checkout can tell which files belong to the project")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = {ROOT / name for name in os.fsdecode(listed.stdout).split("\0") if name}
    return sorted(path for path in paths if path.is_file())


def text_of(path: Path) -> str | None:
    """The text of a file, or nothing when it is binary."""
    content = path.read_bytes()
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def places(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {row.strip()[:100]}"
        for path in files_of_the_project()
        for number, row in enumerate((text_of(path) or "").splitlines(), start=1)
        if pattern.search(row)
    ]


def pinned(lock: str) -> dict[str, str]:
    """The requirements of a lock file by name, each with its options."""
    rows = re.sub(r"\\\n", " ", read(lock)).splitlines()
    requirements = (row.strip() for row in rows if row.strip() and not row.lstrip().startswith("#"))
    return {re.split(r"[=<>!~ \[;@]", row, maxsplit=1)[0]: row for row in requirements}


def project() -> dict[str, object]:
    table = tomllib.loads(read("pyproject.toml"))["project"]
    assert isinstance(table, dict)
    return table


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[=<>!~ \[;]", each, maxsplit=1)[0].lower() for each in requirements}


# -- What must not stand in a file --------------------------------------------------------------


def test_no_file_names_the_host_of_a_package_registry():
    assert places(REGISTRY_HOST) == []


def test_no_file_names_a_path_of_somebodys_machine():
    assert places(MACHINE_PATH) == []


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("open('/" + "home/someone/case.json')", True),
        ("# made by: cd /" + "work/project", True),
        ("file:///" + "Users/someone/case.json", True),
        ("https://example.org/home/page", False),
        ("docs/home/plan.md, ../home/page", False),
        ("case/Users/someone", False),
    ],
)
def test_a_machine_path_is_told_from_an_address(row, found):
    assert bool(MACHINE_PATH.search(row)) is found


def test_a_registry_is_found_by_its_host():
    assert REGISTRY_HOST.search("--index-url https://" + "py" + "pi.org/simple")
    assert REGISTRY_HOST.search("files.python" + "hosted.org")
    assert not REGISTRY_HOST.search("a package called pypi-tools, or debian 12")


# -- Locks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-bench.lock", "requirements-spark.lock"]
)
def test_a_lock_pins_each_requirement_with_its_hashes(lock):
    requirements = pinned(lock)
    assert requirements
    bad = [
        name
        for name, row in requirements.items()
        if not re.fullmatch(r"[a-z0-9-]+==\S+(\s*;[^-]+)?(\s+--hash=sha256:[0-9a-f]{64})+", row)
    ]
    assert bad == []


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-bench.lock", "requirements-spark.lock"]
)
def test_a_lock_names_no_address_and_no_place_on_a_machine(lock):
    bad = [
        row
        for row in read(lock).splitlines()
        if "://" in row or re.search(r"(^|\s)(/|~|-i\b|-f\b|--(?!hash=))", row)
    ]
    assert bad == []


def test_the_lock_holds_what_the_project_and_its_checks_need():
    extras = project()["optional-dependencies"]
    wanted = named(project()["dependencies"])
    for extra in ("sql", "prove", "dev"):
        wanted |= named(extras[extra])
    assert wanted - set(pinned("requirements.lock")) == set()
    for extra in ("bench", "spark"):
        assert named(extras[extra]) - set(pinned(f"requirements-{extra}.lock")) == set()
    assert named(extras["spark"]) & set(pinned("requirements.lock")) == set(), "it is 455 MB"


def test_the_lock_holds_the_build_backend():
    # The project is installed from the lock alone, without build isolation.
    backend = tomllib.loads(read("pyproject.toml"))["build-system"]["requires"]
    assert named(backend) - set(pinned("requirements.lock")) == set()


def test_the_two_locks_agree():
    ours, bench = pinned("requirements.lock"), pinned("requirements-bench.lock")
    differing = [name for name in ours.keys() & bench.keys() if ours[name] != bench[name]]
    assert differing == []


# -- What the project promises ------------------------------------------------------------------


def test_the_licence_is_apache_2():
    licence = read("LICENSE")
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert project()["license"] == "Apache-2.0"


def test_the_makefile_has_the_promised_targets_and_explains_them():
    makefile = read("Makefile")
    explained = set(re.findall(r"^([a-z-]+):[^\n#]*## \S", makefile, flags=re.MULTILINE))
    assert PROMISED_TARGETS - explained == set()


def test_the_documents_name_only_targets_that_exist():
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", ".ci/run"):
        # A command stands at the start of a row or in backticks; elsewhere "make" is a verb.
        asked = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", read(name), flags=re.MULTILINE))
        assert asked - targets == set(), name


def test_continuous_integration_can_be_started():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")


def test_the_citation_carries_the_version_of_the_project():
    assert yaml.safe_load(read("CITATION.cff"))["version"] == project()["version"]


def test_commit_hooks_are_all_local():
    repos = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]


def test_links_between_documents_lead_somewhere():
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_decision_is_listed():
    index = read("docs/README.md")
    missing = [
        page.name
        for page in (ROOT / "docs" / "decisions").glob("*.md")
        if f"decisions/{page.name}" not in index
    ]
    assert missing == []
