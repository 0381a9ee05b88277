import pytest
from staging import Stage

from suffice.testing import provider_double


@pytest.fixture
def stage(tmp_path):
    with provider_double() as double:
        yield Stage(tmp_path, double)
