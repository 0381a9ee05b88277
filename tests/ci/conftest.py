"""What the tests of the commands share: one server, for all tests of a module, that plays the providers."""

import pytest

from suffice.testing import provider_double


@pytest.fixture(scope="module")
def server():
    with provider_double() as running:
        yield running


@pytest.fixture
def connected(server, monkeypatch):
    """The server as both providers, with a key for each; `seen` is how many requests came before this test."""
    server.seen = len(server.requests)
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", server.anthropic_base_url)
    monkeypatch.setenv("SUFFICE_OPENAI_BASE_URL", server.openai_base_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic-test-4711")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-test-4711")
    return server
