"""What the tests of the commands share: one server, for all tests of a module, that plays the providers."""

import pytest

from suffice.testing import provider_double


@pytest.fixture(scope="module")
def server():
    with provider_double() as running:
        yield running
