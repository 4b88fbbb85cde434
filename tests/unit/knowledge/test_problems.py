"""Each kind of mistake in the files of an edition, with its file, its line and what is said of it."""

import re

import pytest
from tests.support.builders import TINY, a_tiny_edition, an_edition_folder

from consilium.knowledge.edition import Edition
from consilium.knowledge.problems import EditionError, Problem

POSITIONS = "positions/first-line.yaml"
FACTS = "vocabulary/facts.yaml"
TRIAL = "trials/example-01.yaml"
APPROVALS = "approvals/example-drug.yaml"
REGIMEN = "regimens/example-drug.yaml"


def problems_of(folder, changed) -> tuple[Problem, ...]:
    with pytest.raises(EditionError) as raised:
        a_tiny_edition(folder, changed)
    return raised.value.problems


def with_(name: str, old: str, new: str) -> dict[str, str]:
    """The tiny edition with one passage of one file replaced."""
    assert TINY[name].count(old) == 1, (name, old)
    return {name: TINY[name].replace(old, new)}


def when(condition: str) -> dict[str, str]:
    """The tiny edition with another condition on line 9 of its only position."""
    return with_(POSITIONS, "{subtype: triple-negative, line: 1}", condition)


def test_the_tiny_edition_has_no_problem(tmp_path):
    assert a_tiny_edition(tmp_path).info.edition == "1"


KEYS_AND_TYPES = [
    (
        "unknown key, with the nearest",
        with_(POSITIONS, "  stance: recommends", "  stanze: recommends"),
        (POSITIONS, 3, r"`stanze` is not a key of a position\. Did you mean `stance`\?"),
        (POSITIONS, 1, r"a position needs the key `stance`"),
    ),
    (
        "unknown key, like no other",
        with_("vocabulary/endpoints.yaml", "name: progression-free survival}", "name: pfs, zz: 1}"),
        ("vocabulary/endpoints.yaml", 1, r"`zz` is not a key of a term\. Known keys: id, name, .*"),
    ),
    (
        "duplicate key",
        with_(POSITIONS, "  stance: recommends", "  stance: recommends\n  stance: acceptable"),
        (POSITIONS, 4, r"`stance` is here twice; the first is on line 3"),
    ),
    (
        "missing key",
        with_(POSITIONS, "  checked: 2026-02-01\n", ""),
        (POSITIONS, 1, r"a position needs the key `checked`"),
    ),
    (
        "a word that is none of those allowed",
        with_(POSITIONS, "recommends", "recommend"),
        (POSITIONS, 3, r"`recommend` is not allowed here\. Did you mean `recommends`\?"),
    ),
    (
        "text where a number belongs",
        with_(REGIMEN, "days: [1, 8]", "days: [1, eight]"),
        (REGIMEN, 4, r"`eight` is not a whole number"),
    ),
    (
        "a number with a fraction where a whole one belongs",
        with_(REGIMEN, "days: [1, 8]", "days: [1.5, 8]"),
        (REGIMEN, 4, r"`1\.5` is not a whole number"),
    ),
    (
        "a number beyond all numbers",
        with_(REGIMEN, "days: [1, 8]", f"days: [{'9' * 400}]"),
        (REGIMEN, 4, r"`9+` is not a whole number"),
    ),
    (
        "no number, though a computer has a word for it",
        with_(TRIAL, "median_months: 9.4", "median_months: nan"),
        (TRIAL, 19, r"`nan` is neither a number nor `not-reached` or `not-stated`"),
    ),
    (
        "a list where text belongs",
        with_(POSITIONS, "who: an-expert", "who: [an-expert]"),
        (POSITIONS, 2, r"found a list where text belongs"),
    ),
    (
        "text where a list belongs",
        with_(POSITIONS, "regimens: [example-drug]", "regimens: example-drug"),
        (POSITIONS, 4, r"a list belongs here; write it as `\[\.\.\.\]` or with dashes"),
    ),
    (
        "text where keys belong",
        {POSITIONS: "- just words\n"},
        (POSITIONS, 1, r"keys with values belong here"),
    ),
    (
        "one value too many",
        with_(TRIAL, "ci95: [5.0, 7.0]", "ci95: [5.0, 6.0, 7.0]"),
        (TRIAL, 20, r"2 values belong here, 3 were found"),
    ),
    (
        "no date",
        with_(POSITIONS, "since: 2026-01-20", "since: last winter"),
        (POSITIONS, 5, r"`last winter` is no date; write 2026-01-12, 2026-01 or 2026"),
    ),
    (
        "no day of the calendar",
        with_(POSITIONS, "since: 2026-01-20", "since: 2026-02-30"),
        (POSITIONS, 5, r"`2026-02-30` is no date: day .*"),
    ),
    (
        "an interval that leaves out its estimate",
        with_(TRIAL, "value: 0.6, ci95: [0.5, 0.8]", "value: 0.9, ci95: [0.5, 0.8]"),
        (TRIAL, 21, r"hazard_ratio 0\.9 lies outside its interval 0\.5 to 0\.8; look for .*"),
    ),
    (
        "a percentage above a hundred",
        with_(TRIAL, "median_months: 6.2, ci95: [5.0, 7.0]", "percent: 101"),
        (TRIAL, 20, r"101\.0 is no percentage"),
    ),
]  # fmt: skip

CONDITIONS = [
    ("unknown fact, with the nearest", when("{subtpye: other}"), (POSITIONS, 8, r"`subtpye` is no fact of `vocabulary/facts\.yaml`\. Did you mean `subtype`\?")),
    ("unknown value, with the nearest", when("{subtype: triple-negativ}"), (POSITIONS, 8, r"`subtype` has no value `triple-negativ`\. Did you mean `triple-negative`\?")),
    ("unknown value, like no other", when("{stage: 7}"), (POSITIONS, 8, r"`stage` has no value `7`\. It is one of 0, 1\+, yes, NO\.")),
    ("unknown unit", when("{neutrophils: {below: 5 g/L}}"), (POSITIONS, 8, r"`neutrophils` has no unit `g/L`\..*")),
    ("missing unit", when("{neutrophils: {below: 1500}}"), (POSITIONS, 8, r"`neutrophils` needs a unit: /mm3, x10\^9/L")),
    ("unit where there is none", when("{score: {below: 5 %}}"), (POSITIONS, 8, r"`score` has no unit `%`\. It is measured in no unit\.")),
    ("outside the range", when("{score: {below: 101}}"), (POSITIONS, 8, r"`score` runs from 0 to 100; found 101")),
    ("no number", when("{score: {below: high}}"), (POSITIONS, 8, r"`high` is no number for `score`")),
    ("a fraction of a count", when("{line: 1.5}"), (POSITIONS, 8, r"`line` is counted in whole numbers; found 1\.5")),
    ("no bound, with the nearest", when("{score: {belov: 5}}"), (POSITIONS, 8, r"`belov` is no bound\. Did you mean `below`\?")),
    ("no bound at all", when("{score: {}}"), (POSITIONS, 8, r"`score` needs a bound: below, up_to, above, from")),
    ("bounds that nothing lies within", when("{score: {above: 5, below: 5}}"), (POSITIONS, 8, r"no value of `score` lies within these bounds")),
    ("bounds that no whole number lies within", when("{line: {above: 1, below: 2}}"), (POSITIONS, 8, r"no value of `line` lies within these bounds")),
    ("a bound twice", when("{score: {below: 5, below: 9}}"), (POSITIONS, 8, r"`below` is here twice")),
    ("bounds of a choice", when("{subtype: {below: 5}}"), (POSITIONS, 8, r"`subtype` takes a value or a list of values, no bounds")),
    ("none of a choice", when("{subtype: []}"), (POSITIONS, 8, r"`subtype` needs a value; a test of none never holds")),
    ("none of a number", when("{score: []}"), (POSITIONS, 8, r"`score` needs a bound: below, up_to, above, from")),
    ("members without includes", when("{prior_drugs: example-drug}"), (POSITIONS, 8, r"`prior_drugs` has several values; write `prior_drugs: \{includes: \.\.\.\}`")),
    ("unknown member", when("{prior_drugs: {includes: example-drag}}"), (POSITIONS, 8, r"`prior_drugs` has no value `example-drag`\. Did you mean `example-drug`\?")),
    ("a fact twice", when("{score: 1, score: 2}"), (POSITIONS, 8, r"`score` is here twice; put the second under `all`")),
    ("no mapping", when("[subtype, other]"), (POSITIONS, 8, r"a condition is a mapping of facts to tests")),
    ("any of nothing", when("{any: []}"), (POSITIONS, 8, r"a list of conditions belongs here, with at least one in it")),
    ("at least without its number", when("{at_least: {of: [{score: 1}]}}"), (POSITIONS, 8, r"write `at_least: \{n: 2, of: \[\.\.\.\]\}`")),
    ("at least none", when("{at_least: {n: 0, of: [{score: 1}]}}"), (POSITIONS, 8, r"`n` is a whole number, one or more")),
    ("at least a power", when("{at_least: {n: ², of: [{score: 1}]}}"), (POSITIONS, 8, r"`n` is a whole number, one or more")),
    ("at least more than there are", when("{at_least: {n: 2, of: [{score: 1}]}}"), (POSITIONS, 8, r"2 of 1 can never hold")),
]  # fmt: skip

ACROSS_FILES = [
    ("an id that leads nowhere, with the nearest", with_(POSITIONS, "{source: a-paper}", "{source: a-papre}"), (POSITIONS, 9, r"no source is called `a-papre`\. Closest: `a-paper`")),
    ("an unknown speaker", with_(POSITIONS, "who: an-expert", "who: an-export"), (POSITIONS, 2, r"no speaker is called `an-export`\. Closest: `an-expert`")),
    ("an unknown drug", with_(REGIMEN, "drug: example-drug", "drug: zzz"), (REGIMEN, 4, r"no drug is called `zzz`\.")),
    ("an unknown regimen", with_(APPROVALS, "regimens: [example-drug]", "regimens: [example-dru]"), (APPROVALS, 4, r"no regimen is called `example-dru`\. Closest: `example-drug`")),
    ("an unknown endpoint", with_(TRIAL, "endpoint: pfs", "endpoint: pfx"), (TRIAL, 13, r"no endpoint is called `pfx`\. Closest: `pfs`")),
    ("an unknown arm", with_(TRIAL, "experimental: example-drug,", "experimental: example,"), (TRIAL, 12, r"`example` is no arm of example-01\..*")),
    ("an unknown arm with figures", with_(TRIAL, "      comparator: {median", "      control: {median"), (TRIAL, 12, r"`control` is no arm of example-01\.")),
    ("two the same", with_("vocabulary/drugs.yaml", "classes: [conjugate]}\n- {id: other-drug", "classes: [conjugate]}\n- {id: example-drug, name: again, classes: [conjugate]}\n- {id: other-drug"), ("vocabulary/drugs.yaml", 2, r"a drug is called `example-drug` already, in knowledge/vocabulary/drugs\.yaml line 1")),
    ("two the same in two files", {"positions/again.yaml": TINY[POSITIONS]}, (POSITIONS, 1, r"a position is called `expert-first-line` already, in knowledge/positions/again\.yaml line 1")),
    ("an id that is not the file's name", {"sources/b-paper.yaml": TINY["sources/a-paper.yaml"]}, ("sources/b-paper.yaml", 1, r"the id `a-paper` differs from the file name `b-paper`")),
    ("a figure without a source", with_(REGIMEN, ", because: [{source: a-paper}]", ""), (REGIMEN, 4, r"a component needs its source under `because`")),
    ("a position without a source", with_(POSITIONS, "[{source: a-paper}]", "[]"), (POSITIONS, 1, r"`expert-first-line` needs its source under `because`")),
    ("an approval without a source", with_(APPROVALS, "[{source: a-paper}]", "[]"), (APPROVALS, 1, r"`us-example-drug` needs its source under `because`")),
    ("a care rule without a source", with_("care/example-drug.yaml", "[{source: a-paper}]", "[]"), ("care/example-drug.yaml", 1, r"`example-drug-neutrophils` needs its source under `because`")),
    ("a result without a source", with_(TRIAL, "[{source: a-paper, at: table 2}]", "[]"), (TRIAL, 12, r"`example-01-pfs` needs its source under `because`")),
    ("a date in the future", with_(POSITIONS, "checked: 2026-02-01", "checked: 2026-03-02"), (POSITIONS, 1, r"`checked: 2026-03-02` lies after the edition's date, 2026-03-01")),
    ("an end before its beginning", with_(POSITIONS, "since: 2026-01-20", "since: 2026-01-20\n  until: 2026-01-19"), (POSITIONS, 1, r"`until: 2026-01-19` lies before `since: 2026-01-20`")),
    ("a review that is due already", with_(POSITIONS, "review_by: 2026-08-01", "review_by: 2026-02-01"), (POSITIONS, 1, r"`review_by: 2026-02-01` is not after `checked: 2026-02-01`")),
    ("an approval for nobody", with_(APPROVALS, "  when: {subtype: triple-negative, line: 1}\n", ""), (APPROVALS, 1, r"an approval needs `when`: for whom it is")),
    ("a stance on nothing", with_(POSITIONS, "  regimens: [example-drug]\n", ""), (POSITIONS, 1, r"`recommends` needs `regimens`")),
    ("a stance that hangs on nothing", with_(POSITIONS, "recommends", "depends_on"), (POSITIONS, 1, r"`depends_on` needs the deciding `facts`")),
    ("overriding itself", with_(POSITIONS, "  stance:", "  overrides: [expert-first-line]\n  stance:"), (POSITIONS, 1, r"`expert-first-line` overrides itself in a circle")),
    ("superseding itself", with_(APPROVALS, "  status:", "  supersedes: [us-example-drug]\n  status:"), (APPROVALS, 1, r"`us-example-drug` supersedes itself in a circle")),
    ("a class above itself", with_("vocabulary/classes.yaml", "name: conjugate}", "name: conjugate, kind_of: conjugate}"), ("vocabulary/classes.yaml", 1, r"`conjugate` is a kind of itself in a circle")),
    ("a regimen that is any of itself", with_("regimens/other-drug.yaml", "name: other drug", "name: other drug\nany_of: [other-drug]"), ("regimens/other-drug.yaml", 1, r"`other-drug` is any of itself in a circle")),
    ("overriding somebody else", with_(POSITIONS, TINY[POSITIONS], TINY[POSITIONS] + TINY[POSITIONS].replace("id: expert-first-line\n", "id: panel-first-line\n  overrides: [expert-first-line]\n").replace("who: an-expert", "who: a-panel")), (POSITIONS, 10, r"`expert-first-line` is by an-expert; one overrides only one's own")),
    ("an extension of what is not tested", with_(POSITIONS, "  stance:", "  extends_to: [{score: 1}]\n  stance:"), (POSITIONS, 1, r"`extends_to` tests `score`, which `when` does not")),
    ("an extension that tests two facts as one", with_(POSITIONS, "  stance:", "  extends_to: [{any: [{subtype: other}, {line: 2}]}]\n  stance:"), (POSITIONS, 1, r"each part of `extends_to` tests one fact")),
    ("a reading that there is not", with_(POSITIONS, "{source: a-paper}", "{source: a-paper, read: whole}"), (POSITIONS, 9, r"`a-paper` has no reading `whole`; name one of: abstract")),
    ("a definition without its source", with_(FACTS, "    origin: derived\n    whole: yes", "    origin: entered\n    definition: {a: {score: 1}}\n    whole: yes"), (FACTS, 12, r"`line` has a definition but its origin is entered")),
    ("nothing derives it", with_(FACTS, "  - id: score\n", "  - id: score\n    origin: derived\n"), (FACTS, 20, r"nothing derives `score`; known: line, .*")),
]  # fmt: skip

FILES = [
    ("no YAML", {POSITIONS: "- id: [unfinished\n"}, (POSITIONS, 2, r"this is no YAML: .*")),
    ("a tab", {POSITIONS: "- id: a\n\tstance: b\n"}, (POSITIONS, 2, r"this is no YAML: .*")),
    ("a control character", {POSITIONS: b"- id: \x07\n"}, (POSITIONS, 1, r"this is no YAML: .*")),
    ("two documents", {POSITIONS: "a\n---\nb\n"}, (POSITIONS, 2, r"this is no YAML: .*")),
    ("not UTF-8", {POSITIONS: b"- id: caf\xe9\n"}, (POSITIONS, 1, r"not UTF-8 at byte 9")),
    ("empty", {POSITIONS: ""}, (POSITIONS, 1, r"the file is empty")),
    ("comments only", {POSITIONS: "# nothing\n"}, (POSITIONS, 1, r"the file is empty")),
    ("too large", {POSITIONS: "#" * 4_000_001}, (POSITIONS, 1, r"larger than 4 MB; .*")),
    ("lists too deep", {POSITIONS: "[" * 60 + "]" * 60}, (POSITIONS, 1, r"nested too deep")),
    ("conditions too deep", when("{not: " * 60 + "{}" + "}" * 60), (POSITIONS, 8, r"nested too deep")),
    ("deep enough to break a parser", {POSITIONS: "[" * 200_000}, (POSITIONS, 1, r"nested too deep")),
    ("an alias", {POSITIONS: "- &a {not: *a}\n"}, (POSITIONS, 1, r"`\*a` points elsewhere; write out what it stands for")),
    ("a folder of no kind", {"opinions/all.yaml": "- {}\n"}, ("opinions/all.yaml", 1, r"no kind of file belongs here; .*")),
    ("a file of no kind", {"vocabulary/colours.yaml": "- {}\n"}, ("vocabulary/colours.yaml", 1, r"no kind of file belongs here; .*")),
    ("another ending", {"positions/first-line.yml": TINY[POSITIONS], POSITIONS: None}, ("positions/first-line.yml", 1, r"no kind of file belongs here; .*")),
    ("a file that must be there", {"vocabulary/scopes.yaml": None}, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("why", "changed", "expected"),
    [
        (why, changed, expected)
        for why, changed, *expected in [*KEYS_AND_TYPES, *CONDITIONS, *ACROSS_FILES, *FILES[:-1]]
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_named_with_its_place(tmp_path, why, changed, expected):
    found = problems_of(tmp_path, changed)
    seen = [(problem.path, problem.line) for problem in found]
    assert sorted(seen) == sorted((f"knowledge/{path}", line) for path, line, _ in expected), found
    for path, line, pattern in expected:
        said = [p.message for p in found if (p.path, p.line) == (f"knowledge/{path}", line)]
        assert any(re.fullmatch(pattern, message) for message in said), said


def test_a_file_that_must_be_there(tmp_path):
    assert problems_of(tmp_path, {"vocabulary/scopes.yaml": None}) == (
        Problem("vocabulary/scopes.yaml", 1, "the file is missing"),
    )


def test_no_edition_at_all(tmp_path):
    with pytest.raises(EditionError, match=r"no edition here: `EDITION\.yaml` is missing"):
        Edition.read(tmp_path)


def test_a_document_read_several_times_needs_the_reading_named(tmp_path):
    source = "sources/a-paper.yaml"
    second = "  - {id: whole, depth: full, on: 2026-02-01}\n"
    found = problems_of(tmp_path, {source: TINY[source] + second})
    assert {p.message for p in found} == {
        "`a-paper` was read several times; name one of: abstract, whole"
    }


def test_a_fact_cannot_be_defined_by_itself(tmp_path):
    circle = """\
  - id: {0}
    kind: choice
    group: disease
    phrase: {0}
    origin: defined
    values: {{a: a, b: b}}
    definition: {{a: {{{1}: a}}, b: {{{1}: b}}}}
    because: [{{source: a-paper}}]
"""
    facts = TINY[FACTS].replace(
        "invariants:", circle.format("one", "other") + circle.format("other", "one") + "invariants:"
    )
    assert [p.message for p in problems_of(tmp_path, {FACTS: facts})] == [
        "`one` is defined by itself in a circle",
        "`other` is defined by itself in a circle",
    ]


def test_all_problems_of_all_files_are_said_at_once(tmp_path):
    root = an_edition_folder(
        tmp_path,
        with_(POSITIONS, "recommends", "recommend")
        | with_(APPROVALS, "since: 2026-01-10", "since: soon")
        | {"care/example-drug.yaml": ""},
    )
    with pytest.raises(EditionError) as raised:
        Edition.read(root)
    assert str(raised.value).splitlines() == [
        "knowledge/approvals/example-drug.yaml",
        "  line 6: `soon` is no date; write 2026-01-12, 2026-01 or 2026",
        "knowledge/care/example-drug.yaml",
        "  line 1: the file is empty",
        "knowledge/positions/first-line.yaml",
        "  line 3: `recommend` is not allowed here. Did you mean `recommends`?",
        "3 problems; nothing was loaded",
    ]
