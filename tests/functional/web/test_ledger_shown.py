"""The conflict ledger stands beside a position wherever one is shown."""

import pytest

pytestmark = pytest.mark.django_db

TOLANEY = "Tolaney declares ties to AstraZeneca, maker of olaparib"
PAID = "educational grant from Gilead"


@pytest.mark.parametrize(
    "path",
    [
        "/s/tolaney-gbrca-low-volume-parp",
        "/evidence/drugs/olaparib",
        "/evidence/regimens/olaparib",
        "/evidence/positions?drug=olaparib",
        "/evidence/speakers/sara-m-tolaney",
        "/activities/trop2-roles-2026/read",
        "/activities/trop2-roles-2026/disclosures",
        "/activities/trop2-roles-2026/questions/parp-or-adc",
    ],
)
def test_a_page_with_a_position_shows_its_ties(client_of, path):
    text = client_of("anonymous").get(path, follow=True).content.decode()
    assert TOLANEY in text and PAID in text


def test_the_expert_grid_of_a_plan_shows_maker_tie_and_supporter(client_of):
    text = (
        client_of("anonymous")
        .post("/plan", {"example": "gbrca-low-volume-symptomatic"})
        .content.decode()
    )
    grid = text[text.index('class="experts"') : text.index("id=impact")]
    assert "Tolaney declares AstraZeneca, maker of olaparib (consulting, institutional" in grid
    assert (
        "Pfizer, maker of talazoparib (consulting, institutional research, other support)" in grid
    )
    assert "Gilead supported the activity: Key takeaways, Tolaney, Cortes." in grid
