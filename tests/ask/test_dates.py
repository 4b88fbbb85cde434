"""Dates that follow from the date of a dose; the arithmetic is done by hand here."""

from __future__ import annotations

from datetime import date

import pytest

from consilium.asking import Asker
from consilium.knowledge.edition import Edition

ASKER = Asker(Edition.bundled())
DATED = [
    ("Dato C3D1 was on 14 Dec 2026 - date of C4?", "cycle 4 on 4 January 2027"),
    ("SG C2D8 given 3 March 2027, when is C3D1?", "cycle 3 on 17 March 2027"),
    ("SG C2D1 22-Dec-2026. C3D8 = ?", "day 8 of it on 19 January 2027"),
    ("Our patient received the third cycle of Enhertu on December 14, 2026. When is the fourth cycle due?", "cycle 4 on 4 January 2027"),
    ("Enhertu started 5 Jan 2027, date of sixth cycle?", "cycle 6 on 20 April 2027"),
    ("Sacituzumab tirumotecan started on 5 January 2027. When is the fourth dose?", "cycle 4 on 16 February 2027"),
    ("pembro 400 mg q6w on 1 Dec 2026, next one?", "the next cycle on 12 January 2027"),
    ("T-DXd was due on 30 November 2026 but was given late, on 4 December 2026. When is the next infusion?", "the next cycle on 25 December 2026"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "said"), DATED)
def test_a_dose_is_dated_from_another(question: str, said: str) -> None:
    answer = ASKER.ask(question, as_of=date(2026, 11, 20))
    assert answer.kind == "computed"
    assert said in answer.text()
    assert not answer.may_log
