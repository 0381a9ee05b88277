"""What an editor says of its workspace as a whole: that it is not trusted, that folders come and go."""

import asyncio

import pytest
from fake_editors.connections import descendants
from fake_editors.session import until
from raw_client import SERVER, RawClient, notification, without_key

PULLS = {"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": True}}}


class Session:
    """A server with one editor."""

    def __init__(self, client):
        self.client = client
        self._numbers = iter(range(1, 1000))

    async def ask(self, method, params):
        reply = await self.client.ask(next(self._numbers), method, params)
        assert "error" not in reply, reply
        return reply["result"]

    async def initialize(self, *folders, capabilities=PULLS, **options):
        named = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        params = {"processId": None, "capabilities": capabilities, "workspaceFolders": named}
        result = await self.ask("initialize", {**params, "rootUri": None, "initializationOptions": options})
        self.client.send(notification("initialized", {}))
        return result["capabilities"]

    def open(self, file, text):
        item = {"uri": file.as_uri(), "languageId": "python", "version": 1, "text": text}
        self.client.send(notification("textDocument/didOpen", {"textDocument": item}))

    async def pull(self, file):
        report = await self.ask("textDocument/diagnostic", {"textDocument": {"uri": file.as_uri()}})
        return [item["code"] for item in report["items"]]

    async def said(self, method):
        return await self.client.until(lambda: self.client.said[method])


@pytest.fixture
async def session(tmp_path):
    client = await RawClient.start(SERVER, without_key(tmp_path / "state"))
    yield Session(client)
    await client.ask("last", "shutdown")
    client.send(notification("exit"))
    await client.process.wait()


def project(folder):
    folder.mkdir()
    (folder / "ruff.toml").write_text('[lint]\nselect = ["F401"]\n', "utf-8")
    return folder


async def test_in_an_untrusted_workspace_no_process_is_started_and_a_command_says_why(session, tmp_path):
    folder = project(tmp_path / "sample")
    await session.initialize(folder, untrusted=True, statusNotifications=True)
    session.open(folder / "a.py", "import os\n")

    assert await session.pull(folder / "a.py") == []
    for command in ("suffice.review", "suffice.showUsage"):
        await session.ask("workspace/executeCommand", {"command": command, "arguments": []})

    shown = await session.said("window/showMessage")
    assert {params["message"].partition(";")[0] for params in shown} == {"This workspace is not trusted"}
    assert (await session.said("suffice/status"))[0]["state"] == "untrusted"
    assert descendants(session.client.process.pid) == []


async def test_what_is_under_way_ends_when_the_settings_say_late_that_the_workspace_is_not_trusted(session, tmp_path):
    folder = project(tmp_path / "sample")
    said = []
    session.client.answer = lambda message: {"result": said or None}
    await session.initialize(folder, capabilities={**PULLS, "workspace": {**PULLS["workspace"], "configuration": True}})
    session.open(folder / "a.py", "import os\n")
    assert await session.pull(folder / "a.py") == ["F401"]
    assert descendants(session.client.process.pid) != []

    said += [None, {"untrusted": True}]
    session.client.send(notification("workspace/didChangeConfiguration", {"settings": None}))

    await until(lambda: not descendants(session.client.process.pid))
    await session.ask("workspace/executeCommand", {"command": "suffice.review", "arguments": []})
    shown = await session.said("window/showMessage")
    assert {params["message"].partition(";")[0] for params in shown} == {"This workspace is not trusted"}
    assert descendants(session.client.process.pid) == []


@pytest.mark.slow
async def test_a_worker_that_is_being_started_does_not_outlive_the_trust(session, tmp_path):
    folder = project(tmp_path / "sample")
    session.client.answer = lambda message: {"result": [None, {"untrusted": True}]}
    await session.initialize(folder, capabilities={**PULLS, "workspace": {**PULLS["workspace"], "configuration": True}})
    session.open(folder / "a.py", "import os\n")

    await session.pull(folder / "a.py")

    await until(lambda: not descendants(session.client.process.pid))
    await asyncio.sleep(0.3)  # longer than it takes to start one
    assert descendants(session.client.process.pid) == []


async def test_each_folder_has_its_own_settings_also_one_that_comes_later(session, tmp_path):
    first, outer = project(tmp_path / "first"), project(tmp_path / "outer")
    (outer / "suffice.toml").write_text('disabled_rules = ["F401"]\n', "utf-8")
    inner = outer / "inner"
    inner.mkdir()
    await session.initialize(first, inner)
    for folder in (first, inner):
        session.open(folder / "a.py", "import os\n")
    assert await session.pull(first / "a.py") == ["F401"]
    assert await session.pull(inner / "a.py") == ["F401"]

    added, removed = ([{"uri": folder.as_uri(), "name": ""}] for folder in (outer, inner))
    event = {"event": {"added": added, "removed": removed}}
    session.client.send(notification("workspace/didChangeWorkspaceFolders", event))

    assert await session.pull(first / "a.py") == ["F401"]
    assert await session.pull(inner / "a.py") == []


async def test_an_editor_that_pulls_is_pushed_nothing_by_a_real_server(session, tmp_path):
    folder = project(tmp_path / "sample")
    capabilities = await session.initialize(folder)
    session.open(folder / "a.py", "import os\n")

    assert await session.pull(folder / "a.py") == ["F401"]
    assert capabilities["diagnosticProvider"]["workspaceDiagnostics"] is False
    assert session.client.said["textDocument/publishDiagnostics"] == []
