"""The first call of a kernel compiles it, which no deadline of a generated test should count."""

import pytest
from hypothesis import settings


@pytest.fixture(autouse=True, scope="session")
def without_deadlines():
    settings.register_profile("statistics", parent=settings.default, deadline=None)
    settings.load_profile("statistics")
