"""What else can be chosen, in every editor: a comment's instruction, a stronger lane, a review, an explanation."""

import pytest
from fake_editors.clients import CLIENTS
from fake_editors.scripts import scripted_edit

pytestmark = pytest.mark.asyncio(loop_scope="package")

editing = pytest.mark.parametrize("fake", [name for name in CLIENTS if CLIENTS[name].applies], indirect=True)

BEFORE = '"""🙂"""\n\n\ndef total(prices):\n    # suffice: use fsum\n    return sum(prices)\n'


@editing
async def test_a_comments_instruction_is_followed_and_one_undo_takes_it_back(fake, double):
    name = "asked.py"
    scripted_edit(double, name, "    return sum(prices)", "    return float(sum(prices))")
    uri = fake.open(name, BEFORE)

    await fake.choose(await fake.action(uri, "# suffice", "Do what this comment asks"))
    await fake.until(lambda: fake.text(uri) != BEFORE)
    await fake.finished()

    assert "return float(sum(prices))" in fake.text(uri)
    assert len(fake.edits) == 1
    fake.undo(uri)
    assert fake.text(uri) == BEFORE


async def test_the_usage_is_told_for_nothing(fake, double):
    asked = len(double.requests)

    await fake.execute({"command": "suffice.showUsage", "arguments": []})
    await fake.until(lambda: fake.documents or fake.journal.messages)

    assert len(double.requests) == asked
    fake.documents.clear()
    fake.journal.messages.clear()
    await fake.finished()


@pytest.mark.parametrize(
    "command", [{"command": "suffice.nothing"}, {"command": "suffice.fix", "arguments": [{}]}], ids=["unknown", "wrong"]
)
async def test_a_command_that_makes_no_sense_is_one_error_and_no_message(fake, command):
    from fake_editors.session import RefusedError

    with pytest.raises(RefusedError, match="-32602"):
        await fake.request("workspace/executeCommand", command)

    assert fake.journal.messages == []
