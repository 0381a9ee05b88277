"""The editor at the other end: what it can do, and the few things we ask of it. Nobody else sends to it."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from suffice_server.front.abilities import NOTHING, Abilities, abilities_of
from suffice_server.front.jobs.progress import Progress
from suffice_server.front.shown.markdown import as_text
from suffice_server.front.shown.pages import Pages
from suffice_server.wording import one_line

logger = logging.getLogger(__name__)

_QUIET_S = 60.0
"""How long the same message is not shown again."""

_FIRST_LINES = 3
_LONGEST_FIRST = 300


class Editor:
    """Sends to the client of *server*, in the forms that this client understands."""

    def __init__(self, server: LanguageServer, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._clock = clock
        self._shown: dict[str, float] = {}
        self._pages = Pages()
        self.abilities: Abilities = NOTHING
        self.on_problem: Callable[[str], None] = lambda _message: None

    def meet(self, params: types.InitializeParams) -> None:
        """Remember which editor this is and what it can do."""
        self.abilities = abilities_of(params)

    @property
    def encoding(self) -> str:
        """The agreed unit of positions."""
        return self._server.workspace.position_encoding or types.PositionEncodingKind.Utf16

    def show(
        self, message: str, *, kind: types.MessageType = types.MessageType.Warning, cause: str = "", detail: str = ""
    ) -> None:
        """Show *message*, one sentence; one of the same *cause* (else: the same words) at most once a minute.

        Every one is logged at the editor, with *detail*.
        """
        now = self._clock()
        self._shown = {what: at for what, at in self._shown.items() if now - at < _QUIET_S}
        if (cause or message) in self._shown:
            self._log(f"{message} {detail}".rstrip())
        else:
            self._shown[cause or message] = now
            self.reply(message, kind=kind, detail=detail)

    def reply(self, message: str, *, kind: types.MessageType = types.MessageType.Warning, detail: str = "") -> None:
        """Show *message* as what came of a command: each gets its answer, even the same again."""
        self._log(f"{message} {detail}".rstrip())
        if kind in {types.MessageType.Error, types.MessageType.Warning}:
            self.on_problem(message)
        self._server.window_show_message(types.ShowMessageParams(type=kind, message=message))

    def log(self, message: str) -> None:
        """Have *message* logged by the editor, for whoever looks for it."""
        self._log(message)

    def _log(self, message: str, kind: types.MessageType = types.MessageType.Log) -> None:
        self._server.window_log_message(types.LogMessageParams(type=kind, message=message))

    async def ask(self, question: str, answers: Sequence[str]) -> str | None:
        """Return which of *answers* the user chose, None if none; waits for as long as the user thinks."""
        params = types.ShowMessageRequestParams(
            type=types.MessageType.Info,
            message=question,
            actions=[types.MessageActionItem(title=answer) for answer in answers],
        )
        try:
            chosen = await self._request(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
        except JsonRpcException:
            return None
        return chosen.title if chosen and chosen.title in answers else None

    async def configuration(self, section: str, scopes: Sequence[str | None]) -> Sequence[Any] | None:
        """Return what the settings' *section* is for each of *scopes* (uris; None: for no file in particular).

        None if the editor does not say.
        """
        items = [types.ConfigurationItem(scope_uri=scope, section=section) for scope in scopes]
        try:
            answer = await self._request(types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items=items))
        except JsonRpcException:
            return None
        return answer if isinstance(answer, list | tuple) else None

    async def register_settings(self, section: str) -> None:
        """Have the editor tell when the settings' *section* changes; one that will not goes on without."""
        one = types.Registration(
            id=f"{section}-settings",
            method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
            register_options={"section": section},
        )
        with suppress(JsonRpcException):
            await self._request(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams(registrations=[one]))

    def publish(self, uri: str, version: int | None, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Show *diagnostics* of that version of the document."""
        params = types.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=diagnostics)
        self._server.text_document_publish_diagnostics(params)

    def refresh_diagnostics(self) -> None:
        """Have the editor pull all diagnostics anew."""
        self._server.workspace_diagnostic_refresh(None)

    def notify(self, method: str, params: Any) -> None:
        """Send a notification of our own; only to an editor that has asked for it."""
        self._server.protocol.notify(method, params)

    def apply(
        self, edit: types.WorkspaceEdit, *, label: str, is_refactoring: bool = False
    ) -> Awaitable[types.ApplyWorkspaceEditResult]:
        """Send *edit* now, and return what becomes of it once the editor says so. Raises JsonRpcException then."""
        metadata = types.WorkspaceEditMetadata(is_refactoring=True) if is_refactoring else None
        shown = metadata if self.abilities.takes_metadata else None
        params = types.ApplyWorkspaceEditParams(edit=edit, label=label, metadata=shown)
        return self._request(types.WORKSPACE_APPLY_EDIT, params)

    def progress(self, title: str) -> Progress:
        """Return a progress with *title*, shown from when this editor agrees to show it, if ever."""
        token = str(uuid.uuid4()) if self.abilities.shows_progress else None
        return Progress(title, token=token, create=self._create, notify=self._progressed)

    async def _create(self, token: str) -> None:
        params = types.WorkDoneProgressCreateParams(token=token)
        await self._request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)

    def _progressed(self, token: str, value: Any) -> None:
        self._server.protocol.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))

    async def show_markdown(self, title: str, text: str) -> None:
        """Show *text* as a document named by *title*; where none can be shown, its first lines, and all in the log."""
        if self.abilities.shows_documents:
            try:
                uri = self._pages.write(title, text)
                params = types.ShowDocumentParams(uri=uri, take_focus=True)
                if (await self._request(types.WINDOW_SHOW_DOCUMENT, params)).success:
                    return
            except (OSError, JsonRpcException) as error:
                logger.warning("a document cannot be shown (%s)", type(error).__name__)
        lines = (as_text(line.lstrip("# ")) for line in text.splitlines() if line.strip())
        first = [line for line in lines if line != title][:_FIRST_LINES]
        self._log(f"{title}\n\n{text}")
        message = f"suffice: {title}: {one_line(' '.join(first), _LONGEST_FIRST)} (all of it is in the log)"
        self._server.window_show_message(types.ShowMessageParams(type=types.MessageType.Info, message=message))

    def close(self) -> None:
        """Take away what was written to be shown."""
        self._pages.close()

    def _request(self, method: str, params: Any) -> asyncio.Future[Any]:
        """Send a request now, and return its answer to come, which raises JsonRpcException and may be cancelled."""
        protocol, number = self._server.protocol, str(uuid.uuid4())

        def forget(_answer: asyncio.Future[Any]) -> None:
            protocol._request_futures.pop(number, None)  # noqa: SLF001 - pygls keeps what nobody waits for any more
            protocol._result_types.pop(number, None)  # noqa: SLF001

        answer = asyncio.wrap_future(protocol.send_request(method, params, msg_id=number))
        answer.add_done_callback(forget)
        return answer
