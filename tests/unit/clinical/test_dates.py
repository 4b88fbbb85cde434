"""Days as documents give them."""

from datetime import date

import pytest

from consilium.clinical.dates import DateError, Day


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-01-12", date(2026, 1, 12), date(2026, 1, 12)),
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_day_known_less_exactly_is_a_span(text, first, last):
    day = Day(text)
    assert (day.first, day.last, str(day)) == (first, last, text)


@pytest.mark.parametrize(
    "text", ["", "soon", "12.01.2026", "2026-1-2", "2026-13", "2026-02-29", "0000", "2026-01-12T00"]
)
def test_anything_else_is_no_date(text):
    with pytest.raises(DateError, match=f"`{text}` is no date"):
        Day(text)
