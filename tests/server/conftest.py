"""An editor that really edits: it applies what the server sends, as VS Code or Neovim would."""

import asyncio
import shutil
from concurrent.futures import Future
from functools import partial

import pytest
import pytest_asyncio
from fake_editors import buffers
from fake_editors.fixtures import fake, hanging_pool, hung, pool, scripted, spawned  # noqa: F401
from fake_editors.projects import SERVER, environment, project, with_consent
from fake_editors.session import PATIENCE_S, until
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features

from suffice.lanes import catalogue
from suffice.testing import provider_double

NAMES = {"visual-studio-code": "Visual Studio Code", "neovim": "Neovim"}


def offset(text, position, encoding):
    """Return the offset of *position*."""
    return buffers.offset(text, {"line": position.line, "character": position.character}, encoding)


def converter():
    """Return pygls' converter, but one that does not take every code action with a command for a Command.

    https://github.com/microsoft/lsprotocol/blob/main/packages/python/lsprotocol/_hooks.py
    """
    made = default_converter()
    made.register_structure_hook(
        types.Command | types.CodeAction, lambda action, _: made.structure(action, types.CodeAction)
    )
    return made


class Editor:
    """One running server with the client that drives it, and the texts that this client shows."""

    def __init__(self, client, kind, folder):
        self.client = client
        self.kind = kind
        self.folder = folder
        self.texts = {}
        self.published = []
        self.edits = []
        self.questions = []
        self.answer = None
        self.rejects = False
        self.before_edit = lambda _uri: None

    @property
    def versioned(self):
        return [change for edit in self.edits for change in edit.edit.document_changes]

    until = staticmethod(until)

    async def start(self):
        capabilities = client_capabilities(self.kind)
        capabilities.text_document.code_action.resolve_support = None  # here a free fix is a command too
        params = types.InitializeParams(
            capabilities=capabilities,
            client_info=types.ClientInfo(name=NAMES[self.kind]),
            workspace_folders=[types.WorkspaceFolder(uri=self.folder.as_uri(), name="sample")],
        )
        result = await self.client.initialize_session(params)
        self.encoding = result.capabilities.position_encoding or "utf-16"
        return self

    def open(self, name, text):
        uri = (self.folder / name).as_uri()
        self.texts[uri] = (1, text)
        item = types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
        return uri

    def type(self, uri, old, new):
        """Replace *old* by *new*, as one incremental change."""
        version, text = self.texts[uri]
        start = text.index(old)
        place = types.Range(start=self.position(text, start), end=self.position(text, start + len(old)))
        self.texts[uri] = (version + 1, text.replace(old, new, 1))
        change = types.TextDocumentContentChangePartial(range=place, text=new)
        self._did_change(uri, [change])

    def position(self, text, at):
        place = buffers.position(text, at, self.encoding)
        return types.Position(**place)

    def _did_change(self, uri, changes):
        named = types.VersionedTextDocumentIdentifier(uri=uri, version=self.texts[uri][0])
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(text_document=named, content_changes=changes)
        )

    def text(self, uri):
        return self.texts[uri][1]

    async def diagnostics(self, uri):
        """Return what is published for the newest version."""
        version = self.texts[uri][0]
        newest = lambda: [p for p in self.published if p.uri == uri and p.version == version]  # noqa: E731
        return list((await until(newest))[-1].diagnostics)

    async def actions(self, uri, at, *, only=None, named=()):
        """Return the code actions where the text *at* stands, as a light bulb asks for them."""
        text = self.text(uri)
        start = self.position(text, text.index(at))
        params = types.CodeActionParams(
            text_document=types.TextDocumentIdentifier(uri=uri),
            range=types.Range(start=start, end=start),
            context=types.CodeActionContext(
                diagnostics=list(named), only=only, trigger_kind=types.CodeActionTriggerKind.Automatic
            ),
        )
        return list(await self.client.text_document_code_action_async(params))

    async def listed(self, uri, at):
        """Return the first code action there, once the text is linted: the others are for more than one diagnostic."""
        await self.diagnostics(uri)
        return (await self.actions(uri, at))[0]

    async def choose(self, action):
        params = types.ExecuteCommandParams(command=action.command.command, arguments=action.command.arguments)
        return await self.client.workspace_execute_command_async(params)

    async def progress(self):
        """Return the newest progress once it has begun, as (token, values)."""
        known = len(self.finished())
        reports = self.client.progress_reports
        return await until(lambda: next(((t, v) for t, v in list(reports.items())[known:] if v), None))

    def finished(self):
        ends = types.WorkDoneProgressEnd
        return [v[-1].message for v in self.client.progress_reports.values() if v and isinstance(v[-1], ends)]

    async def fix(self, uri, at):
        """Choose the quick fix there and return how its progress ended."""
        before = len(self.finished())
        await self.choose(await self.listed(uri, at))
        await until(lambda: len(self.finished()) > before)
        return self.finished()[-1]

    def apply(self, params):
        self.edits.append(params)
        (change,) = params.edit.document_changes
        uri = change.text_document.uri
        self.before_edit(uri)
        version, text = self.texts[uri]
        if self.rejects or change.text_document.version != version:
            return types.ApplyWorkspaceEditResult(applied=False)
        for edit in sorted(change.edits, key=lambda e: (e.range.start.line, e.range.start.character))[::-1]:
            start, end = (offset(text, place, self.encoding) for place in (edit.range.start, edit.range.end))
            text = text[:start] + edit.new_text + text[end:]
        self.texts[uri] = (version + 1, text)
        self._did_change(uri, [types.TextDocumentContentChangeWholeDocument(text=text)])
        return types.ApplyWorkspaceEditResult(applied=True)

    def take(self, params):
        self.published.append(params)

    def ask(self, params):
        self.questions.append(params.message)
        return next((action for action in params.actions if action.title == self.answer), None)

    async def raw(self, message):
        """Send *message* as it is and return the reply."""
        reply = self.client.protocol._request_futures[message["id"]] = Future()
        self.client.protocol._send_data({"jsonrpc": "2.0", **message})
        return await asyncio.wait_for(asyncio.wrap_future(reply), PATIENCE_S)

    def clear(self):
        self.client.messages.clear()
        self.client.progress_reports.clear()
        self.edits.clear()
        self.questions.clear()
        self.published.clear()
        self.rejects = False
        self.before_edit = lambda _uri: None


async def started(kind, folder, variables, command=SERVER):
    editors = []
    handlers = {
        types.WORKSPACE_APPLY_EDIT: partial(_hand_on, editors, "apply"),
        types.WINDOW_SHOW_MESSAGE_REQUEST: partial(_hand_on, editors, "ask"),
        types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: partial(_hand_on, editors, "take"),
    }

    def factory():
        client = LanguageClient(converter_factory=converter)
        register_lsp_features(client, {**DEFAULT_CLIENT_FEATURES, **handlers})
        return client

    config = ClientServerConfig(server_command=command, server_env=variables, client_factory=factory)
    client = await config.start()
    editors.append(Editor(client, kind, folder))
    return await editors[0].start()


def _hand_on(editors, method, params):
    return getattr(editors[0], method)(params)


async def stopped(editor):
    if editor.client._server.returncode is None:
        await editor.client.shutdown_session()
    await editor.client.stop()


@pytest.fixture(scope="package")
def double():
    with provider_double() as running:
        yield running


@pytest.fixture(scope="session")
def haiku():
    return catalogue().lanes["haiku"].model


@pytest_asyncio.fixture(scope="package", loop_scope="package", params=list(NAMES))
async def shared_editor(request, double, tmp_path_factory):
    base = tmp_path_factory.mktemp(request.param)
    variables = environment(double, with_consent(base / "state"), ANTHROPIC_API_KEY="sk-ant-test-4711")
    editor = await started(request.param, project(base / "sample"), variables)
    yield editor
    await stopped(editor)


@pytest.fixture
def editor(shared_editor):
    """The editor of the whole package, with nothing on the screen."""
    shared_editor.clear()
    return shared_editor


@pytest_asyncio.fixture(loop_scope="package")
async def start(double, tmp_path):
    """Start one more server, with other variables."""
    running = []

    async def start_one(kind="visual-studio-code", *, consent=True, **variables):
        state = with_consent(tmp_path / "state") if consent else tmp_path / "state"
        one = await started(kind, project(tmp_path / "sample"), environment(double, state, **variables))
        running.append(one)
        return one

    yield start_one
    for one in running:
        await stopped(one)
    shutil.rmtree(tmp_path)
