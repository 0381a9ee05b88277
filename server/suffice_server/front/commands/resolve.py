"""`codeAction/resolve`: adds the edit to a free fix. It never asks a model, so a preview can cost nothing.

Editors resolve whatever they please, on choosing, on focus, and for actions of ours that need nothing: those come back
as they are, at once. VS Code does not look at the version of what it gets, so a text that moved on is an error.
"""

from __future__ import annotations

import asyncio
from typing import Any

from lsprotocol.types import CodeAction, LSPErrorCodes
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from suffice_server.capabilities import Command
from suffice_server.front.actions.entries import DATA_VERSION
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.applying.applied import Again, applied_between
from suffice_server.front.applying.workspace_edit import FileEdit, are_within, edited, workspace_edit
from suffice_server.front.commands.orders import FixOrder, fix_order
from suffice_server.front.editor import Editor
from suffice_server.front.jobs.endings import PROPOSED, why_not
from suffice_server.front.text.documents import Document, Documents
from suffice_server.front.worker_link import WorkerEnded, WorkerLink
from suffice_server.messages import Answer, Failed, Finished, Fix
from suffice_server.values import Op, Part
from suffice_server.wording import one_line

LONGEST_S = 5.0
"""How long the editor waits for a busy worker: some freeze meanwhile. Our own number."""


class Resolving:
    """Resolves code actions."""

    def __init__(
        self,
        *,
        documents: Documents,
        link: WorkerLink,
        aftermath: Aftermath,
        editor: Editor,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._documents = documents
        self._link = link
        self._aftermath = aftermath
        self._editor = editor
        self._longest_s = longest_s

    async def resolve(self, action: CodeAction) -> CodeAction:
        """Return *action* with its edit if it is a free fix of ours, else as it is. Raises JsonRpcException."""
        order = free_fix(action)
        if order is None:
            return action
        document = self._current(order)
        request = self._request(order, document)
        answer = await self._answer(request)
        if not isinstance(answer, Finished) or answer.ending != PROPOSED:
            why = why_not(answer) if isinstance(answer, Finished | Failed) else "the worker gave no edit"
            raise _failed(f"{order.rule} was not fixed: {why}.")
        file = self._file(answer, self._current(order))
        action.edit = workspace_edit([file], abilities=self._editor.abilities, encoding=self._editor.encoding)
        self._expect(request, answer, file)
        return action

    def _current(self, order: FixOrder) -> Document:
        """Return the document that *order* was listed for, if it is as it was."""
        document = self._documents.get(order.uri)
        if document is None or document.place is None or document.version != order.version:
            message = f"The text changed since {order.rule} was listed; ask for the code actions again."
            raise JsonRpcException(message, LSPErrorCodes.ContentModified.value)
        return document

    def _request(self, order: FixOrder, document: Document) -> Fix:
        if document.place is None:
            raise TypeError("it was looked at before")
        root, path = str(document.place.root), document.place.path
        return Fix(self._link.next_id(), root, path, document.text, order.rule, order.message, order.span, free=True)

    async def _answer(self, request: Fix) -> Answer:
        try:
            async with asyncio.timeout(self._longest_s):
                return await self._link.ask(request)
        except TimeoutError as error:
            raise _failed("suffice's worker is busy; choose it again in a moment.") from error
        except WorkerEnded as error:
            raise _failed("suffice's worker ended; choose it again.") from error

    def _expect(self, request: Fix, answer: Finished, file: FileEdit) -> None:
        """Have followed what becomes of the edit, if the editor makes it."""
        before, lane = file.document, answer.lane
        if lane is None:
            return
        after = Document.of_text(edited(before.text, file.edits), uri=before.uri)
        parts = (Part(answer.work, lane),) if answer.work is not None else ()
        again = Again(request, before, lane, answer.next_lane, answer.next_usd)
        title = f"fix {one_line(request.rule)}"
        applied = applied_between(before, after, title=title, parts=parts, again=again)
        self._aftermath.expect(applied, after)

    def _file(self, answer: Finished, document: Document) -> FileEdit:
        (change, *others) = answer.changes or (None,)
        path = document.place.path if document.place else ""
        if change is None or others or change.op is not Op.REPLACE or change.path != path:
            raise _failed("the fix needs more than this file; use the command instead.")
        if not are_within(change.edits, document):
            raise _failed("the fix does not lie in the file.")
        return FileEdit(Op.REPLACE, document, change.edits)


def free_fix(action: CodeAction) -> FixOrder | None:
    """Return the free fix that the data of *action* name, None where there is nothing to resolve."""
    data: Any = action.data
    if action.edit is not None or action.command is not None or action.disabled is not None:
        return None
    if not isinstance(data, dict) or data.get("v") != DATA_VERSION or data.get("command") != Command.FIX:
        return None
    try:
        order = fix_order((data,))
    except JsonRpcInvalidParams:
        return None
    return order if order.free else None


def _failed(message: str) -> JsonRpcException:
    return JsonRpcException(message, LSPErrorCodes.RequestFailed.value)
