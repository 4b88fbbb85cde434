"""One test for each golden file of competing risks and parametric models."""

import pytest
from tests.reference import models_agreement as agreement


def test_competing():
    agreement.competing().check()


@pytest.mark.parametrize("name", agreement.PARAMETRIC)
def test_param(name):
    agreement.parametric(name).check()
