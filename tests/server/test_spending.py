"""Nothing is asked of a model before the user chose it, however much an editor asks by itself."""

import random

import pytest
from fake_editors.broken import Broken

from suffice_server.messages import Change, Fix, FixAll, Review, Tell

pytestmark = pytest.mark.asyncio(loop_scope="package")

MOVES = 500
COSTLY = Fix | FixAll | Change | Tell | Review

FREE = {"suffice.ignoreRule", "suffice.showUsage", "suffice.explain", "suffice.cancelAll"}

by_itself = pytest.mark.parametrize("fake", ["vscode", "helix"], indirect=True)


@by_itself
async def test_five_hundred_moves_of_the_cursor_cost_nothing(fake, double):
    asked = len(double.requests)
    fake.worker.asked.clear()
    chance = random.Random(7)
    text = Broken().text + 'PAIR = str("a")\n# suffice: say what this is for\n'
    uri = fake.open("moves.py", text)
    await fake.sees(uri, "B904")

    for number in range(MOVES):
        at = chance.randrange(len(fake.text(uri)))
        fake.move(uri, at)
        if number % 50 == 0:
            fake.type_at(uri, 0, "# mine\n")
        if number % 5 == 0:
            await fake.hovered(uri, at)
    await fake.connection_idle()

    assert len(double.requests) == asked
    assert [message for message in fake.worker.asked if isinstance(message, COSTLY)] == []


async def test_opening_saving_listing_resolving_and_closing_cost_nothing(fake, double):
    asked = len(double.requests)
    fake.worker.asked.clear()
    uri = fake.open("look.py", Broken().text + 'PAIR = str("a")\n# suffice: say what this is for\n')
    await fake.sees(uri, "B904")

    fake.save(uri)
    for action in await fake.actions(uri, "def load", to="this is for"):
        await fake.resolved(action)
    fake.close(uri)
    await fake.connection_idle()

    assert len(double.requests) == asked
    assert [message for message in fake.worker.asked if isinstance(message, COSTLY) and not is_free(message)] == []


def is_free(message):
    return isinstance(message, Fix) and message.free


async def test_actions_that_cost_say_so_before_they_are_chosen(fake):
    uri = fake.open("says.py", Broken().text)
    await fake.sees(uri, "B904")

    for action in await fake.actions(uri, "def load", to="save"):
        command = action.get("command", {}).get("command") or action.get("data", {}).get("command")
        said = "free" in action["title"] or "about $" in action["title"]
        assert said or command in FREE, action["title"]
