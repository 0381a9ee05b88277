"""A review from the command to the screen: the real server, real git, models that answer as told."""

import json
import os

import pytest
from raw_client import SERVER, RawClient, notification

from suffice.lanes import catalogue
from suffice.testing import provider_double

LANES = catalogue().lanes
BEFORE = "def pages(items, size):\n    return -(-len(items) // size)\n"
QUOTE = "    return len(items) // size"
AFTER = BEFORE.replace("-(-len(items) // size)", "len(items) // size")
CLAIM = {
    "hunk": "h1",
    "category": "correctness",
    "severity": "high",
    "title": "The last page is never counted.",
    "trigger": "a list that does not fill its last page",
    "consequence": "its items are lost",
    "first_line": QUOTE,
    "last_line": QUOTE,
    "replacement": "    return -(-len(items) // size)",
    "score": 0.9,
}


def answer(body):
    """Sort the hunk as risky, find the one claim in it, and hold that it is true."""
    text = json.dumps(body)
    if "# The claim" in text:
        return {"verdict": "holds", "because": "it divides down", "quote": QUOTE}
    if body["model"] == LANES["haiku"].model:
        return {"items": [{"number": 1, "label": "risky", "why": "arithmetic"}]}
    return {"findings": [CLAIM]}


@pytest.fixture
async def client(tmp_path):
    with provider_double() as double:
        for name in ("haiku", "sonnet", "opus"):
            double.script(LANES[name].model, [answer], repeat_last=True)
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "CI": "1",
            "ANTHROPIC_API_KEY": "sk-ant-test-4711",
            "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url,
            "SUFFICE_STATE_DIR": str(tmp_path / "state"),
        }
        running = await RawClient.start(SERVER, variables)
        yield running
        await running.end()


@pytest.mark.slow
async def test_a_review_of_what_is_not_saved_yet_is_on_the_screen_and_goes_when_it_is_dismissed(client, repository):
    repository.write({"cart.py": BEFORE}).commit()
    uri = (repository.root / "cart.py").as_uri()
    await client.begin(
        {"window": {"workDoneProgress": True}},
        workspaceFolders=[{"uri": repository.root.as_uri(), "name": "shop"}],
        initializationOptions={"statusNotifications": True},
    )
    item = {"uri": uri, "languageId": "python", "version": 1, "text": AFTER}
    client.send(notification("textDocument/didOpen", {"textDocument": item}))

    await client.ask(1, "workspace/executeCommand", {"command": "suffice.review", "arguments": []})
    (shown,) = await client.until(lambda: client.said["window/showMessage"])

    assert shown["message"].startswith("suffice: review: 1 finding; ")
    (finding,) = client.said["textDocument/publishDiagnostics"][-1]["diagnostics"]
    assert (finding["source"], finding["code"]) == ("suffice", "review/correctness")
    assert finding["range"] == {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": len(QUOTE)}}
    assert finding["message"].startswith("The last page is never counted.")
    place = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 5}}
    hover = (await client.ask(2, "textDocument/hover", place))["result"]
    assert "it divides down" in hover["contents"]["value"]

    at = {"textDocument": {"uri": uri}, "range": finding["range"], "context": {"diagnostics": []}}
    actions = (await client.ask(3, "textDocument/codeAction", at))["result"]
    (dismiss,) = [action for action in actions if action["title"].startswith("Dismiss")]
    chosen = {"command": dismiss["command"], "arguments": dismiss["arguments"]}
    await client.ask(4, "workspace/executeCommand", chosen)

    assert client.said["textDocument/publishDiagnostics"][-1] == {"uri": uri, "version": 1, "diagnostics": []}
    status = await client.until(lambda: [s for s in client.said["suffice/status"] if s["today"]["calls"]])
    assert status[-1]["today"]["usd"] > 0
