"""What a real browser shows."""

import pytest


@pytest.mark.django_db(transaction=True)
def test_the_first_page_opens(open_page):
    page = open_page("/")
    page.get_by_role("link", name="Plan for a patient").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Plan for a patient"
