"""The table of what CDS Hooks asks of a service is whole, and what no other test shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from uuid import UUID

from tests.functional.hooks.test_service import SELECT, SIGN, cards
from tests.support.documents import ROOT
from tests.support.records import as_bytes, ordering, request

from consilium.fhir.hooks.conformance import check
from consilium.fhir.hooks.services import PREFETCH, SERVICES, discovery

TABLE = ROOT / "docs" / "reference" / "cds-hooks.md"
PLACES = [ROOT / "tests" / "functional" / "hooks", ROOT / "tests" / "functional" / "web"]
# SHALL and SHALL NOT of services in the list for CDS Hooks 2.0, Inferno test kit for Da Vinci CRD.
ASKED = """
    1 2 3 4 5 6 7 9 10 13 16 29 36 54 55 56 57 59
    61 74 75 80 83 85 87 88 89 90 92 93 95 96 98 100 103 105
    107 111 115 117 119 121 124 125 127 128 130 131 132 133 134 135 136 138
    139 141 142 144 147 168 176 199 201 203 208 211 213 214 216 217 218 219
    220
"""


def rows() -> list[list[str]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]
    return cells[2:]


def test_every_requirement_has_its_row() -> None:
    assert [row[0] for row in rows()] == ASKED.split()
    assert all(len(row) == 4 and row[2] for row in rows())


def test_every_row_names_a_test_that_there_is() -> None:
    for *_, shown in rows():
        file, name = shown.strip("`").split("::")
        (path,) = [place / file for place in PLACES if (place / file).exists()]
        assert re.search(rf"^def {name}\(", path.read_text(encoding="utf-8"), re.M), shown


def test_everything_is_json() -> None:
    assert json.loads(as_bytes(discovery()))
    assert [one.strength for one in check(b"<cards/>")] == ["shall"]


def test_a_site_in_service_answers_over_https_only() -> None:
    said = {
        "CONSILIUM_HTTPS": "yes",
        "CONSILIUM_SECRET_KEY": "x" * 60,
        "CONSILIUM_HOSTS": "planner.example",
    }
    asked = (
        "from consilium.web import settings as s;"
        "print(s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0, s.SESSION_COOKIE_SECURE,"
        " any('hooks' in one or 'cds' in one for one in s.SECURE_REDIRECT_EXEMPT))"
    )
    found = subprocess.run(
        [sys.executable, "-c", asked],
        env=os.environ | said,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["True", "True", "True", "False"]


def test_a_prefetch_token_is_a_field_of_the_context() -> None:
    for query in PREFETCH.values():
        assert re.findall(r"\{\{.*?\}\}", query) == ["{{context.patientId}}"]
        assert "{" not in query.replace("{{context.patientId}}", "")


def all_cards() -> list[dict[str, object]]:
    return [
        *cards(request()),
        *cards(ordering("order-select", "Trodelvy", "fulvestrant"), SELECT),
        *cards(ordering("order-sign", "Trodelvy", "fulvestrant"), SIGN),
    ]


def test_every_part_of_a_card_has_its_type() -> None:
    for card in all_cards():
        assert UUID(card["uuid"])
        assert isinstance(card["links"], list) and card["links"]
        assert all(isinstance(card[name], str) for name in ("summary", "detail", "indicator"))


def test_detail_is_markdown_without_html() -> None:
    for card in all_cards():
        assert not re.search(r"<[a-zA-Z/!]", card["detail"])


def test_no_card_claims_to_replace_another() -> None:
    assert len({service.id for service in SERVICES}) == len(SERVICES)
