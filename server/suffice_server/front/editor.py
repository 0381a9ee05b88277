"""The editor at the other end: what it can do, and the few things we ask of it. Nobody else sends to it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

_ANSWER_TIMEOUT_S = 10.0


class Editor:
    """Sends to the client of *server*, in the forms that this client understands."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._name = ""

    def meet(self, params: types.InitializeParams) -> None:
        """Remember which editor this is."""
        self._name = params.client_info.name if params.client_info else ""

    @property
    def encoding(self) -> str:
        """The agreed unit of positions."""
        return self._server.workspace.position_encoding or types.PositionEncodingKind.Utf16

    @property
    def shows_disabled(self) -> bool:
        """Whether a code action may be listed with the reason why it cannot be chosen."""
        document = self._server.client_capabilities.text_document
        return bool(document and document.code_action and document.code_action.disabled_support)

    @property
    def _shows_progress(self) -> bool:
        window = self._server.client_capabilities.window
        return bool(window and window.work_done_progress)

    @property
    def _takes_versions(self) -> bool:
        """Neovim does not declare documentChanges but handles them, versions included."""
        workspace = self._server.client_capabilities.workspace
        edit = workspace.workspace_edit if workspace else None
        return bool(edit and edit.document_changes) or self._name == "Neovim"

    def show(self, message: str, *, kind: types.MessageType = types.MessageType.Warning) -> None:
        """Show *message*, one sentence."""
        self._server.window_show_message(types.ShowMessageParams(type=kind, message=message))

    async def ask(self, question: str, answers: Sequence[str]) -> str | None:
        """Return which of *answers* the user chose, None if none."""
        params = types.ShowMessageRequestParams(
            type=types.MessageType.Info,
            message=question,
            actions=[types.MessageActionItem(title=answer) for answer in answers],
        )
        try:
            chosen = await self._server.window_show_message_request_async(params)
        except JsonRpcException:
            return None
        return chosen.title if chosen else None

    def publish(self, uri: str, version: int | None, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Show *diagnostics* of that version of the document."""
        params = types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=diagnostics)
        self._server.text_document_publish_diagnostics(params)

    async def apply(
        self, uri: str, version: int, edits: Sequence[types.TextEdit], *, label: str
    ) -> types.ApplyWorkspaceEditResult:
        """Return what became of *edits* of that version of the document. Raises JsonRpcException."""
        if self._takes_versions:
            document = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
            change = types.TextDocumentEdit(text_document=document, edits=list(edits))
            edit = types.WorkspaceEdit(document_changes=[change])
        else:
            edit = types.WorkspaceEdit(changes={uri: list(edits)})
        params = types.ApplyWorkspaceEditParams(edit=edit, label=label)
        return await self._server.workspace_apply_edit_async(params)

    async def progress(self, title: str) -> Progress:
        """Return a progress with *title*, shown if this editor shows any."""
        token = str(uuid.uuid4())
        if not self._shows_progress:
            return Progress(self._server, None)
        try:
            created = self._server.work_done_progress.create_async(token)
            await asyncio.wait_for(created, _ANSWER_TIMEOUT_S)
        except (JsonRpcException, TimeoutError):
            return Progress(self._server, None)
        begin = types.WorkDoneProgressBegin(title=title, cancellable=True)
        self._server.work_done_progress.begin(token, begin)
        return Progress(self._server, token)


class Progress:
    """One progress. `token` is None where nothing is shown."""

    def __init__(self, server: LanguageServer, token: str | None) -> None:
        self.token = token
        self._server = server

    def report(self, message: str) -> None:
        """Say what happens now."""
        if self.token is not None:
            self._server.work_done_progress.report(self.token, types.WorkDoneProgressReport(message=message))

    def end(self, message: str) -> None:
        """Say how it ended."""
        if self.token is not None:
            self._server.work_done_progress.end(self.token, types.WorkDoneProgressEnd(message=message))
            self._server.work_done_progress.tokens.pop(self.token, None)
