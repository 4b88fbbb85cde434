"""What forbids an option stands in view on the plan page, whatever else is folded."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from tests.functional.web.test_browser import worked_patients

from consilium.errors import ConsiliumError
from consilium.intake import patient_from_mapping
from consilium.planning import Plan, plan
from consilium.web.editions import the_edition

FOLDED_ONCE = frozenset(
    {
        "nab-paclitaxel-hepatic-severe-us-2026-11-20",
        "nab-paclitaxel-us-neutrophils-us-2026-11-20",
        "nab-paclitaxel-hepatic-dose-us-2021-08-26-2",
        "lung-disease-on-trastuzumab-deruxtecan",
    }
)
"""Two drugs of one option forbidden, or an option that nobody speaks of."""


class InView(HTMLParser):
    """The text that can be read before anything is unfolded."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.folded: list[bool] = []
        self.summary = False
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "details":
            self.folded.append("open" not in dict(attrs))
        self.summary |= tag == "summary"

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self.folded.pop()
        elif tag == "summary":
            self.summary = False

    def handle_data(self, data: str) -> None:
        around = self.folded[:-1] if self.summary else self.folded
        if not any(around):
            self.text += data


def forbidden(made: Plan) -> Iterator[str]:
    for option in (*made.options, *made.possible, *made.labels_only):
        for caution in option.cautions:
            if caution.kind == "contraindication" and not caution.open:
                yield caution.says


def plans(names: frozenset[str]) -> Iterator[tuple[str, Plan]]:
    edition = the_edition()
    for case in edition.cases():
        if names and case.id not in names:
            continue
        patient = patient_from_mapping(case.patient, edition, case.id)
        try:
            yield case.id, plan(patient, edition, as_of=case.as_of.last, region=case.region)
        except ConsiliumError:
            continue  # a case of what cannot be planned


@pytest.mark.django_db
@pytest.mark.parametrize(
    "names, least",
    [
        pytest.param(FOLDED_ONCE, 6, id="some"),
        pytest.param(frozenset(), 30, marks=pytest.mark.slow, id="all"),
    ],
)
def test_whatever_forbids_an_option_of_a_worked_patient_is_in_view(client_of, names, least):
    client = client_of("anonymous")
    wanted = {name: set(forbidden(made)) for name, made in plans(names)}
    hidden, seen = {}, 0
    for name, said in worked_patients(""):
        if wanted.get(name):
            text = InView(client.post("/plan", said).content.decode()).text
            hidden[name] = {says for says in wanted[name] if says not in text}
            seen += len(wanted[name])
    assert {name: says for name, says in hidden.items() if says} == {}
    assert seen >= least
