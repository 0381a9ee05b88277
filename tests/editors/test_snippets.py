"""What docs/editors.md says that no editor here can run: its files can be read, its settings and commands exist."""

import json
import re
import tomllib

import pytest
from staging import GUIDE, snippets

from suffice_server.capabilities import COMMANDS
from suffice_server.front.settings import _KNOWN, read_settings

NO_COMMANDS = {"suffice.ask", "suffice.config", "suffice.lua", "suffice.max", "suffice.toml"}
"""Names of files and settings, and the command that the extension itself registers."""

SETTINGS_NAMES = {"settings", "initializationOptions", "initialization_options", "config"}


def settings_in(value):
    """Yield what *value*, a file's content, gives the server as settings."""
    for key, given in value.items() if isinstance(value, dict) else ():
        if key in SETTINGS_NAMES and isinstance(given, dict):
            yield given
        else:
            yield from settings_in(given)


@pytest.mark.parametrize("text", snippets("json"))
def test_a_json_file_of_the_guide_gives_the_server_settings_that_it_takes(text):
    problems = [read_settings(one).problems for one in settings_in(json.loads(text))]

    assert problems == [()] * len(problems)


def test_helix_gets_a_file_that_it_can_read():
    (text,) = snippets("toml")

    (given,) = settings_in(tomllib.loads(text))

    assert read_settings(given).problems == ()


def test_every_command_of_the_guide_exists():
    named = set(re.findall(r"suffice\.[a-zA-Z]+", GUIDE.read_text("utf-8")))

    assert named - set(COMMANDS) == NO_COMMANDS


def test_the_guide_names_every_setting():
    table = GUIDE.read_text("utf-8").partition("## Settings")[2].partition("\n## ")[0]

    assert {name for name in re.findall(r"`([a-z_.]+)`", table) if name in _KNOWN} == set(_KNOWN)
