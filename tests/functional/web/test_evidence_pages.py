"""The evidence pages: every address of the edition, every link, every number with its source."""

import re
from datetime import date
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from consilium.knowledge.edition import Edition
from consilium.knowledge.records import Region
from consilium.web.evidence.listing import KINDS, listing
from consilium.web.evidence.shelf import Shelf, all_statements, biomarkers

EDITION = Edition.bundled()
DAY = date(2026, 11, 20)
SHELF = Shelf(EDITION, DAY, Region.US)
ON_THE_DAY = f"?as_of={DAY}"


def addresses() -> set[str]:
    """The permanent address of every record."""
    found = {f"/s/{name}" for name in all_statements(EDITION)}
    for kind in ("drugs", "regimens", "trials", "sources", "speakers"):
        found |= {f"/evidence/{kind}/{name}" for name in getattr(EDITION, kind)}
    found |= {f"/evidence/biomarkers/{fact.id}" for fact in biomarkers(EDITION)}
    found |= {f"/evidence/trials/{t.id}/fit" for t in EDITION.contents.trials if t.eligibility}
    return found | {f"/evidence/{kind}" for kind in KINDS} | {"/evidence/", "/evidence/changes"}


def below(record: str, text: str) -> list[str]:
    """The parts of a record that a page of it leads to; all of it, to print, is none."""
    named = re.findall(rf'href="({re.escape(record)}/[\w-]+)["#]', text)
    return [one for one in dict.fromkeys(named) if not one.endswith(("/fit", "/whole"))]


def read(client, record: str, **asked: str) -> list[str]:
    """All parts of a record."""
    first = client.get(record, {"as_of": str(DAY), **asked}).content.decode()
    later = [client.get(part, {"as_of": str(DAY), **asked}) for part in below(record, first)]
    assert all(answer.status_code == 200 for answer in later)
    return [first, *(answer.content.decode() for answer in later)]


def weight(answer) -> int:
    """Bytes of a page with the style sheets and the script that it loads."""
    loaded = re.findall(r'(?:src|href)="/static/([^"]+\.(?:css|js|svg))"', answer.content.decode())
    assert len(loaded) >= 3
    return len(answer.content) + sum(Path(finders.find(name)).stat().st_size for name in loaded)


def links_of(client, path: str) -> set[str]:
    """The links of a page that opens, is light, holds nothing inline and every place it names."""
    answer = client.get(path, {"as_of": str(DAY)})
    assert answer.status_code == 200, path
    assert weight(answer) <= 60_000, path
    text = answer.content.decode()
    assert "style=" not in text and "<style" not in text and "<script>" not in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)), path
    found = {unescape(link) for link in re.findall(r'href="([^"]*)"', text)}
    assert {link[1:] for link in found if link.startswith("#")} <= {*ids, "main"}, path
    return {re.split("[?#]", link)[0] for link in found if link.startswith(("/evidence", "/s/"))}


def crawl(client, paths: list[str]) -> None:
    known = addresses()
    todo = list(paths)
    for path in todo:
        for link in links_of(client, path):
            record, _, part = link.rpartition("/")
            if record in known and link.count("/") == 4 and part not in ("fit", "whole"):
                todo += [] if link in todo else [link]
            else:
                assert part == "whole" or link in known or link.endswith(".png"), (path, link)


@pytest.mark.django_db
@pytest.mark.slow
def test_every_page_opens_and_no_link_is_broken(client):
    crawl(client, sorted(addresses()))


@pytest.mark.django_db
def test_pages_of_each_kind_open_and_no_link_is_broken(client):
    sample = sorted(addresses())[::24]
    crawl(
        client,
        [
            *sample,
            "/evidence/drugs/sacituzumab-govitecan",
            "/evidence/trials/ascent-03",
            "/evidence/",
        ],
    )


def test_every_record_can_be_reached_from_a_list():
    listed = {
        word.href
        for kind in KINDS
        for row in _all_rows(kind)
        for cell in row.cells
        for word in cell.words
    }
    besides = {path for path in addresses() if path.endswith("/fit")} | {
        f"/evidence/{kind}" for kind in KINDS
    }
    assert addresses() - listed == besides | {"/evidence/", "/evidence/changes"}


def _all_rows(kind: str):
    return list(KINDS[kind][2](SHELF))


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_holds_every_record_and_each_filter_keeps_what_it_names(kind):
    whole = listing(SHELF, kind, {})
    assert whole.total == len(_all_rows(kind)) > 0
    for chosen in whole.filters:
        for value in chosen.values[:2]:
            kept = listing(SHELF, kind, {chosen.name: value})
            assert 0 < kept.total <= whole.total
            assert all(value in row.tags[chosen.name] for row in kept.rows)
    assert listing(SHELF, kind, {"q": "no such word anywhere"}).total == 0
    assert listing(SHELF, kind, {"page": "999"}).page == whole.pages


HEAVY = ("drugs/sacituzumab-govitecan", "trials/ascent-03", "speakers/us-label")
LINE = re.compile(r"<(?:li|tr|dt|dd|h2|h3|title|text|td)\b.*?(?=</)", re.S)


@pytest.mark.django_db
@pytest.mark.parametrize("record", HEAVY)
def test_the_parts_of_a_record_hold_all_of_it(client, record):
    parts = read(client, f"/evidence/{record}")
    whole = client.get(f"/evidence/{record}/whole", {"as_of": str(DAY)}).content.decode()
    assert len(parts) > 1 and f'href="/evidence/{record}/whole"' in parts[0]
    held = {line for text in parts for line in LINE.findall(text)}
    assert {line for line in LINE.findall(whole) if "<title" not in line} <= held
    sources = [int(n) for n in re.findall(r'id="source-(\d+)"', whole)]
    assert sources == list(range(1, len(sources) + 1))
    for one, other in pairwise(parts):
        leads = re.search(r'Next: <a href="([^"]+)"', one)
        assert leads
        then = client.get(leads[1], {"as_of": str(DAY)}).content.decode()
        assert then.partition("<article")[2] == other.partition("<article")[2]


@pytest.mark.django_db
def test_a_slot_keeps_its_address_whichever_part_it_is_read_in(client):
    record = "/evidence/drugs/sacituzumab-govitecan"
    for slot in ("status", "manage", "silent", "manage-9"):
        answer = client.get(f"{record}/{slot}?region=EU", follow=True)
        assert answer.status_code == 200
        last, _ = [(f"{record}/{slot}", 200), *answer.redirect_chain][-1]
        assert "region=EU" in last or not answer.redirect_chain
        shown = last.partition("#")[2] or slot
        assert f'<h2 id="{shown}">' in answer.content.decode()
    for light in ("whole", "status"):
        answer = client.get(f"/evidence/drugs/goserelin/{light}")
        assert answer.status_code == 302
        assert answer.headers["Location"].partition("#")[0] == "/evidence/drugs/goserelin"
    assert client.get(f"{record}/nothing").status_code == 404


@pytest.mark.django_db
def test_every_number_of_a_trial_page_has_its_source_beside_it(client):
    """Each row of results and harms cites a document that the page lists."""
    for trial in EDITION.contents.trials[::3]:
        parts = read(client, f"/evidence/trials/{trial.id}")
        for measured in (*trial.results, *trial.harms):
            if measured.id not in SHELF.current:
                continue
            row = re.compile(rf'<td[^>]*><div><a href="/s/{measured.id}">.*?</td>', re.S)
            ((cell, text),) = [(found, text) for text in parts if (found := row.search(text))]
            numbers = re.findall(r'href="#source-(\d+)"', cell[0])
            assert len(numbers) == len({(c.source, c.read) for c in measured.because}) > 0
            for number in numbers:
                listed = re.search(rf'<li id="source-{number}"[^>]*>(.*?)</li>', text, re.S)
                assert listed and any(
                    f"/evidence/sources/{c.source}" in listed[1] for c in measured.because
                )


@pytest.mark.django_db
def test_a_statement_shows_its_history(client):
    replaced = next(r for r in EDITION.results.values() if r.supersedes)
    text = client.get(f"/s/{replaced.id}{ON_THE_DAY}").content.decode()
    assert f"/s/{replaced.supersedes[0]}" in text
    old = client.get(f"/s/{replaced.supersedes[0]}{ON_THE_DAY}").content.decode()
    assert f"/s/{replaced.id}" in old and "no longer counts on this day" in old
    approval = client.get(f"/s/us-sacituzumab-govitecan-tn-1l-alone{ON_THE_DAY}").content.decode()
    assert "24 June 2026" in approval and "changelog of that day" in approval
    before = client.get("/s/us-sacituzumab-govitecan-tn-1l-alone?as_of=2026-06-23").content.decode()
    assert "not yet public on this day" in before


@pytest.mark.django_db
def test_a_statement_that_nobody_reviewed_in_time_is_marked(client):
    position = EDITION.positions["tolaney-gbrca-low-volume-parp"]
    late = date.fromordinal(position.review_by.last.toordinal() + 41)
    assert "review overdue 41 d" in client.get(f"/s/{position.id}?as_of={late}").content.decode()
    in_time = client.get(f"/s/{position.id}?as_of={position.review_by.last}").content.decode()
    assert "review overdue" not in in_time


@pytest.mark.django_db
def test_the_drug_page_of_one_region_does_not_borrow_the_rules_of_another(client):
    american, british = (
        "".join(read(client, "/evidence/drugs/trastuzumab-deruxtecan", region=region))
        for region in ("US", "UK")
    )
    british_only = [
        s.id
        for s in EDITION.contents.giving
        if s.drug == "trastuzumab-deruxtecan" and s.regions == (Region.UK,)
    ]
    assert british_only
    for name in british_only:
        assert f"/s/{name}" in british and f"/s/{name}" not in american


@pytest.mark.django_db
def test_a_drug_without_evidence_says_so(client):
    text = client.get("/evidence/drugs/goserelin").content.decode()
    assert text.count("Not in the stored sources.") >= 5


@pytest.mark.django_db
def test_what_changed_names_what_began_between_two_days(client):
    text = client.get("/evidence/changes?since=2026-06-23&as_of=2026-06-24").content.decode()
    assert "/s/us-sacituzumab-govitecan-tn-1l-alone" in text
    begun = {s.id for s in EDITION.in_force(EDITION.contents.approvals, date(2026, 6, 24))}
    begun -= {s.id for s in EDITION.in_force(EDITION.contents.approvals, date(2026, 6, 23))}
    ended = {s.id for s in EDITION.in_force(EDITION.contents.approvals, date(2026, 6, 23))}
    ended -= {s.id for s in EDITION.in_force(EDITION.contents.approvals, date(2026, 6, 24))}
    counts, _, no_longer = text.partition("No longer counts")
    named = re.compile(r'href="/s/([^"]+)"')
    assert {name for name in named.findall(counts) if name in EDITION.approvals} == begun
    assert {name for name in named.findall(no_longer) if name in EDITION.approvals} == ended
    same = client.get("/evidence/changes?since=2026-06-24&as_of=2026-06-24").content.decode()
    assert 'href="/s/' not in same
    assert client.get("/evidence/changes?since=yesterday").status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_are_days(client, day):
    for path in ("/evidence/", "/evidence/changes", "/evidence/drugs/olaparib"):
        assert client.get(path, {"as_of": day}).status_code == 200


@pytest.mark.django_db
def test_a_page_is_asked_for_once_and_kept(client):
    first = client.get("/evidence/trials/ascent-03?as_of=2026-11-20")
    assert "max-age" in first.headers["Cache-Control"] and "Cookie" in first.headers["Vary"]
    again = client.get(
        "/evidence/trials/ascent-03?as_of=2026-11-20",
        headers={"if-none-match": first.headers["ETag"]},
    )
    assert again.status_code == 304 and not again.content
    for other in ("?as_of=2026-11-19", "?as_of=2026-11-20&region=EU"):
        changed = client.get(
            f"/evidence/trials/ascent-03{other}", headers={"if-none-match": first.headers["ETag"]}
        )
        assert changed.status_code == 200
    missing = client.get("/evidence/trials/ascent-99")
    assert missing.status_code == 404 and "max-age" not in missing.headers.get("Cache-Control", "")


FITS = {
    "all met": ({"setting": "advanced", "subtype": "triple-negative", "line": "1", "pd_l1_cps": "3"}, "are met"),
    "one fails": ({"setting": "early"}, "are not met"),
    "one is open": ({"setting": "advanced", "subtype": "triple-negative", "line": "1"}, "cannot be told yet"),
    "nothing said": ({}, "cannot be told yet"),
    "positive without a reason": (
        {"setting": "advanced", "subtype": "triple-negative", "line": "1", "pd_l1_cps": "20", "prior_checkpoint_inhibitor.curative": "no", "comorbidities": "none"},
        "are not met",
    ),
    "positive after curative immunotherapy": (
        {"setting": "advanced", "subtype": "triple-negative", "line": "1", "pd_l1_cps": "20", "prior_checkpoint_inhibitor.curative": "yes"},
        "are met",
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("name", FITS)
def test_whether_a_patient_fits(client, name):
    given, said = FITS[name]
    answer = client.post("/evidence/trials/ascent-03/fit", given)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_a_number_that_is_none_is_told_and_nothing_answered(client):
    for wrong in ("many", "1e999", "nan", "-1", "1.5"):
        answer = client.post("/evidence/trials/ascent-03/fit", {"line": wrong})
        assert answer.status_code == 422
        assert "no such number" in answer.content.decode()
    assert client.get("/evidence/trials/realworld-attrition-mtnbc/fit").status_code == 404


@pytest.mark.django_db
def test_a_patient_who_cannot_be_is_told(client):
    trial = next(t for t in EDITION.contents.trials if t.id == "tropion-breast01")
    answer = client.post(f"/evidence/trials/{trial.id}/fit", {"prior_chemotherapy_lines": "3"})
    assert answer.status_code == 200


@pytest.mark.django_db
def test_a_program_gets_a_statement_with_its_history(client):
    said = client.get(
        "/api/v1/statements/us-sacituzumab-govitecan-tn-1l-alone?as_of=2026-06-23"
    ).json()
    assert (said["counts"], said["since"], said["overdue_days"]) == (False, "2026-06-24", 0)
    assert client.get(said["address"]).status_code == 200
    assert all(
        client.get(f"/api/v1/evidence/sources/{name}").status_code == 200
        for name in said["sources"]
    )
    late = client.get(
        "/api/v1/statements/us-sacituzumab-govitecan-tn-1l-alone?as_of=2027-03-01"
    ).json()
    assert late["counts"] and late["overdue_days"] == 9
    assert client.get("/api/v1/statements/us-sacituzumab").status_code == 404
    changed = client.get("/api/v1/changes?since=2026-06-23&as_of=2026-06-24").json()
    begun = {c["statement"] for c in changed["changes"] if c["how"] == "begins"}
    assert "us-sacituzumab-govitecan-tn-1l-alone" in begun
    for wrong in ("", "?since=", "?since=soon"):
        assert client.get(f"/api/v1/changes{wrong}").status_code == 400


@pytest.mark.django_db
def test_everything_said_for_a_patient_is_drawn_too(client):
    answer = client.post("/plan/everything", {"setting": "advanced", "subtype": "triple-negative", "line": "1", "pd_l1_cps": "3", "checkpoint_inhibitor_candidate": "no"})  # fmt: skip
    assert answer.status_code == 200
    assert "After progression on" in re.findall(r"<title>(.*?)</title>", answer.content.decode())[1]


@pytest.mark.django_db
def test_a_drug_leads_to_what_it_is_compared_with(client):
    text = "".join(read(client, "/evidence/drugs/sacituzumab-govitecan"))
    links = {unescape(link) for link in re.findall(r'href="(/compare[^"]*)"', text)}
    assert "/compare?one=sacituzumab-govitecan&other=datopotamab-deruxtecan" in links
    for link in links:
        assert "is no therapy" not in client.get(link).content.decode()
