"""What goes over the wire, by client, kept as files: `UPDATE_WIRE=1 pytest tests/server/test_wire.py` writes them anew.

Read the difference: it is what users of that editor will see. Ids, tokens, times, folders and our version are left out.
"""

import json
import os
import re
from pathlib import Path

import pytest
from fake_editors.clients import Client, captures
from fake_editors.connections import Here
from fake_editors.editor import FakeEditor

pytestmark = pytest.mark.asyncio(loop_scope="package")

FOLDER = Path(__file__).parent / "wire"

TEXT = """\
import os


def load(text):
    try:
        return int(text)
    except ValueError as error:
        raise KeyError("🙂", text)


PAIR = str("a")
# suffice: name it in capitals
"""
MENDED = {
    "replacement": TEXT.partition("\n\n\n")[2].partition("\n\n\n")[0].replace('"🙂", text)', '"🙂", text) from error'),
    "extra_import": None,
    "cannot_fix": None,
}


def stored(name, now):
    """Return what is kept under *name*; with `UPDATE_WIRE` that is *now*."""
    file = FOLDER / f"{name}.json"
    if os.environ.get("UPDATE_WIRE"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return json.loads(file.read_text("utf-8"))


class Plain:
    """Makes values the same on every machine and at every time."""

    def __init__(self, folder):
        self._folder = folder.as_uri()
        self._tokens = {}

    def __call__(self, value, name=""):
        match value:
            case dict():
                return {self(key): self(value[key], key) for key in sorted(value)}
            case list():
                return [self(one, name) for one in value]
            case str() if name in {"token", "resultId", "digest"}:
                return self._tokens.setdefault(value, f"{name} {len(self._tokens) + 1}")
            case str() if name == "version":
                return "of suffice"
            case str():
                named = value.replace(self._folder, "file:///sample").replace(self._folder[7:], "/sample")
                return re.sub(r"\b\d+(\.\d+)? (s|ms)\b", r"some \2", named)
            case _:
                return value


@pytest.mark.parametrize("name", captures())
async def test_what_the_server_offers_each_client(name, tmp_path):
    editor = FakeEditor(Client(name), Here(str(tmp_path / "nobody")), tmp_path)

    await editor.connection.start(editor._take)
    offered = await editor.request("initialize", editor.introduction())
    await editor.connection.stop()

    now = Plain(tmp_path)(offered)
    assert now == stored(f"initialize/{name}", now)


async def test_what_each_client_is_sent_for_one_fix(fake, request, double, haiku):
    double.script(haiku, [MENDED])
    uri = fake.open("wire.py", TEXT)
    await fake.sees(uri, "B904")
    await fake.action(uri, "import", "Review the architecture", to="capitals")  # from now on all offers are known
    listed = await fake.actions(uri, "raise")
    everything = await fake.actions(uri, "import", to="capitals")
    sent = {"codeAction": listed}
    sent["codeAction on everything"] = [f"{one.get('kind', 'a command')}: {one['title']}" for one in everything]
    if fake.client.applies:
        await fake.choose(await fake.action(uri, "raise", "Fix B904"))
        await fake.until(lambda: " from error" in fake.text(uri))
        await fake.finished()
    await fake.connection_idle()

    sent["at the start"] = [as_sent(message) for message in fake.at_start]
    sent["after opening"] = [
        as_sent(message)
        for message in fake.journal.received
        if message["method"] != "textDocument/publishDiagnostics" or message["params"].get("version") in {0, 1}
    ]
    sent["pulled"] = fake.pulled.get(uri)
    now = Plain(fake.folder)(sent)
    assert now == stored(request.node.callspec.params["fake"], now)


def as_sent(message):
    return {"method": message["method"], "params": message.get("params")}
