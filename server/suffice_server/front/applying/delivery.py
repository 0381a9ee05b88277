"""Brings edits to the editor: one in flight per document, and only onto lines that are as they were sent.

An edit in flight is waited for until the editor answers, shows the new text, or closes the document, however long that
takes: a second one meanwhile could go over what the user typed. What a cancelled job has sent goes on to its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from lsprotocol.types import ApplyWorkspaceEditResult
from pygls.exceptions import JsonRpcException

from suffice_server.front.applying.landing import Watch
from suffice_server.front.applying.workspace_edit import FileEdit, are_within, edited, moved_to, workspace_edit
from suffice_server.front.editor import Editor
from suffice_server.front.rpc.bugs import log_bug_of_task
from suffice_server.front.text.documents import Document, Documents
from suffice_server.front.text.hunk import Fate
from suffice_server.values import Changed, Op
from suffice_server.wording import one_line

SETTLE_S = 3.0
"""How long an editor that says it made an edit may take to show it: Eglot tells of changes after 0.5 s at rest."""

SILENCE_S = 30.0
"""How long a job waits for an editor that does not answer; the edit itself is waited for on."""

_VERSION_S = 1.0
"""How long to wait for the newer text after the editor has refused an edit of an older one."""

_AGAIN = "run it again, its answer is kept and costs nothing more"
_BY_HAND = "make the change yourself, or run `suffice edit` in a terminal for it"


class Parcel(NamedTuple):
    """What is to be delivered: `changes` of files under `root`, against the texts `sent` (by path) or their own before.

    `confirm` is what the user is to be told where the editor asks before it makes the edit; None: it need not ask.
    """

    root: Path
    changes: tuple[Changed, ...]
    sent: Mapping[str, Document]
    label: str
    confirm: str | None = None


class Landed(NamedTuple):
    """One open document that an edit has reached: its version before, and its text after."""

    before: Document
    after: Document


class Ending(StrEnum):
    """What became of a delivery."""

    APPLIED = "applied"
    CHANGED = "changed meanwhile"
    DISMISSED = "dismissed"
    REFUSED = "not applied"
    UNABLE = "not possible in this editor"
    UNCLEAN = "not applied cleanly"
    IN_DOUBT = "not answered"


class Delivered(NamedTuple):
    """What became of a parcel. `why` is a sentence for the user without full stop, "" where there is nothing to say."""

    ending: Ending
    why: str = ""
    landed: tuple[Landed, ...] = ()


OnLanded = Callable[[tuple[Landed, ...]], None]


_DISMISSED = Delivered(Ending.DISMISSED)


class _Flight(NamedTuple):
    """What an edit in flight concerns: the documents at `uris`, of which those in `closes` are closed by it."""

    uris: frozenset[str]
    closes: frozenset[str]


class _Refused(Exception):  # noqa: N818 - an expected outcome
    def __init__(self, ending: Ending, why: str) -> None:
        super().__init__(why)
        self.ending = ending
        self.why = why


class Delivery:
    """Applies the edits of all jobs. An editor has *settle_s* to show what it says it has done."""

    def __init__(self, *, documents: Documents, editor: Editor, settle_s: float = SETTLE_S) -> None:
        self._documents = documents
        self._editor = editor
        self._settle_s = settle_s
        self._watches: dict[str, Watch] = {}
        self._flights: dict[asyncio.Task[Delivered], _Flight] = {}

    def saw(self, document: Document) -> None:
        """Look at a new version of a document; called for each."""
        watch = self._watches.get(document.uri)
        if watch is not None:
            watch.saw(document)

    def close(self, uri: str) -> None:
        """Wait no longer for what concerns the document at *uri*, unless that is what closed it."""
        for task, flight in list(self._flights.items()):
            if uri in flight.uris - flight.closes:
                task.cancel()

    def closes(self, uri: str) -> bool:
        """Whether an edit in flight renames or deletes the document at *uri*, so that its editor closes it."""
        return any(uri in flight.closes for flight in self._flights.values())

    def stop(self) -> None:
        """Wait no longer for anything."""
        for flight in list(self._flights):
            flight.cancel()

    async def deliver(self, parcel: Parcel, *, on_landed: OnLanded = lambda _landed: None) -> Delivered:
        """Return what became of *parcel*, which arrives whole or not at all.

        *on_landed* is called once it does, even after whoever waited for it was cancelled.
        """
        try:
            async with asyncio.timeout(SILENCE_S):
                flight = await self._begun(parcel, on_landed)
        except TimeoutError:
            return Delivered(Ending.IN_DOUBT, f"an earlier edit still waits for the editor; then {_AGAIN}")
        patience_s = None if self._asks(parcel) else SILENCE_S
        done, _ = await asyncio.wait({flight}, timeout=patience_s)  # which leaves it alone when this job is cancelled
        if not done:
            return Delivered(Ending.IN_DOUBT, "the editor has not answered yet; it may still make the edit")
        if flight.cancelled():
            return Delivered(Ending.IN_DOUBT)
        return flight.result()

    async def _begun(self, parcel: Parcel, on_landed: OnLanded) -> asyncio.Task[Delivered]:
        """Return the flight of *parcel*, begun as soon as no other concerns one of its documents."""
        uris = frozenset(self._uri(parcel.root, path) for change in parcel.changes for path in _paths(change))
        closed = (change.path for change in parcel.changes if change.op in {Op.RENAME, Op.DELETE})
        closes = frozenset(self._uri(parcel.root, path) for path in closed)
        while others := [task for task, flight in self._flights.items() if flight.uris & uris]:
            await asyncio.wait(others)
        task = asyncio.create_task(self._flown(parcel, on_landed))
        self._flights[task] = _Flight(uris, closes)
        task.add_done_callback(self._arrived)
        return task

    def _arrived(self, task: asyncio.Task[Delivered]) -> None:
        self._flights.pop(task)
        log_bug_of_task(task)

    async def _flown(self, parcel: Parcel, on_landed: OnLanded) -> Delivered:
        try:
            delivered = await self._sent(parcel, await self._files(parcel))
            if delivered is None:  # the editor has a newer text
                delivered = await self._sent(parcel, await self._files(parcel))
        except _Refused as refused:
            return Delivered(refused.ending, refused.why)
        if delivered is None:
            return Delivered(Ending.REFUSED, f"the editor did not apply the edit; {_AGAIN}")
        if delivered.ending is Ending.APPLIED:
            on_landed(delivered.landed)
        return delivered

    async def _files(self, parcel: Parcel) -> list[FileEdit]:
        """Return the edits of *parcel* as edits of what is there now. Raises _Refused."""
        for change in parcel.changes:
            self._check(change)
            await self._check_unopened(parcel, change)
        return [self._file(parcel, change) for change in parcel.changes]  # in one go: the user goes on typing

    def _check(self, change: Changed) -> None:
        """Raise _Refused if this editor cannot do what *change* needs, or nobody should."""
        if any(PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts for path in _paths(change)):
            raise _Refused(Ending.REFUSED, "the edit would leave its folder, so it was left out")
        abilities = self._editor.abilities
        if change.op is not Op.REPLACE and not (abilities.takes_versions and change.op in abilities.resources):
            raise _Refused(Ending.UNABLE, f"this editor cannot {change.op} files; {_BY_HAND}")

    async def _check_unopened(self, parcel: Parcel, change: Changed) -> None:
        """Raise _Refused unless the file of *change* is open, or as it was."""
        file = Path(parcel.root, change.path)
        if self._documents.get(self._uri(parcel.root, change.path)) is not None:
            return
        if change.op is not Op.CREATE:
            await _check_file(file, parcel.sent.get(change.path) or Document.of_text(change.before or ""))
        elif await asyncio.to_thread(file.exists):
            raise _Refused(Ending.CHANGED, f"{change.path} is there meanwhile; {_AGAIN}")

    def _file(self, parcel: Parcel, change: Changed) -> FileEdit:
        uri = self._uri(parcel.root, change.path)
        new_uri = self._uri(parcel.root, change.new_path) if change.new_path else None
        now = self._documents.get(uri)
        if change.op is Op.CREATE:
            if now is not None:
                raise _Refused(Ending.CHANGED, f"{change.path} is there meanwhile; {_AGAIN}")
            return FileEdit(Op.CREATE, Document.of_text("", uri=uri), change.edits)
        before = parcel.sent.get(change.path) or Document.of_text(change.before or "", uri=uri)
        if not are_within(change.edits, before):
            raise _Refused(Ending.REFUSED, "the edit does not lie in the file, so it was left out")
        if now is None:
            now = Document.of_text(before.text, uri=uri)
        edits = moved_to(change.edits, before=before, now=now)
        if edits is None or (change.op is Op.DELETE and now.text != before.text):
            raise _Refused(Ending.CHANGED, f"the lines changed meanwhile; {_AGAIN}")
        return FileEdit(change.op, now, edits, new_uri)

    async def _sent(self, parcel: Parcel, files: Sequence[FileEdit]) -> Delivered | None:
        """Return what became of *files* at the editor, None if it has a newer text of one of them."""
        edit = workspace_edit(
            files, abilities=self._editor.abilities, encoding=self._editor.encoding, confirm=parcel.confirm
        )
        async with self._watching(files) as watches:
            applying = asyncio.ensure_future(
                self._editor.apply(edit, label=parcel.label, is_refactoring=len(files) > 1)
            )
            shown = watches if len(watches) == len(files) else []
            patience_s = None if self._editor.abilities.applies_edits else self._settle_s
            try:
                refusal = await _answered(applying, shown=shown, patience_s=patience_s)
            finally:
                applying.cancel()
            is_newer = refusal is not None and await _is_newer(watches, min(self._settle_s, _VERSION_S))
            if refusal is None or (shown and all(watch.arrived.is_set() for watch in shown)):
                return await _settled(watches, self._settle_s)
        if self._asks(parcel):
            return Delivered(Ending.CHANGED, f"the text changed meanwhile; {_AGAIN}") if is_newer else _DISMISSED
        return None if is_newer else Delivered(Ending.REFUSED, f"the editor did not apply the edit{refusal}; {_AGAIN}")

    def _asks(self, parcel: Parcel) -> bool:
        """Whether the editor asks the user before it makes the edit, who may take any time."""
        return parcel.confirm is not None and self._editor.abilities.confirms

    @asynccontextmanager
    async def _watching(self, files: Iterable[FileEdit]) -> AsyncIterator[list[Watch]]:
        """Watch what becomes of those of *files* that are open."""
        watches = [
            Watch(file.document, edited(file.document.text, file.edits))
            for file in files
            if file.op is Op.REPLACE and file.document.version is not None
        ]
        self._watches.update({watch.before.uri: watch for watch in watches})
        try:
            yield watches
        finally:
            for watch in watches:
                self._watches.pop(watch.before.uri, None)

    def _uri(self, root: Path, path: str) -> str:
        """Return how the editor names the file at *path*; it is open if it has a name already."""
        file = Path(root, path)
        for document in self._documents.all():
            if document.place is not None and Path(document.place.root, document.place.path) == file:
                return document.uri
        return file.as_uri()


def _paths(change: Changed) -> list[str]:
    return [change.path, *([change.new_path] if change.new_path else [])]


async def _check_file(file: Path, before: Document) -> None:
    """Raise _Refused unless *file*, which is not open, still holds the text *before*."""
    try:
        text = (await asyncio.to_thread(file.read_bytes)).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise _Refused(Ending.CHANGED, f"{file.name} cannot be read any more; {_AGAIN}") from error
    if text != before.text.removeprefix("\ufeff"):
        raise _Refused(Ending.CHANGED, f"{file.name} changed meanwhile; {_AGAIN}")


async def _answered(
    applying: asyncio.Future[ApplyWorkspaceEditResult], *, shown: Sequence[Watch], patience_s: float | None
) -> str | None:
    """Return why the editor did not apply an edit; None once it did, or all of *shown* do, or *patience_s* is over."""
    showing = asyncio.ensure_future(_all_arrived(shown))
    waiting: set[asyncio.Future[Any]] = {applying, *([showing] if shown else [])}
    try:
        await asyncio.wait(waiting, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        showing.cancel()
    if not applying.done():
        return None
    try:
        result = applying.result()
    except JsonRpcException as error:
        return f" ({one_line(error.message or '')})"
    if result.applied:
        return None
    return f" ({one_line(result.failure_reason)})" if result.failure_reason else ""


async def _all_arrived(watches: Sequence[Watch]) -> None:
    for watch in watches:
        await watch.arrived.wait()


async def _settled(watches: Sequence[Watch], seconds: float) -> Delivered:
    """Return what the texts say, once they are as they should be or have had time enough."""
    fates = set(await asyncio.gather(*(watch.settled(seconds) for watch in watches)))
    if Fate.REWRITTEN in fates or len(fates) > 1:
        return Delivered(Ending.UNCLEAN, "the edit was not applied cleanly; undo it")
    if Fate.TAKEN_BACK in fates:
        return Delivered(Ending.REFUSED, f"the editor left the edit out, for the text is newer; {_AGAIN}")
    return Delivered(Ending.APPLIED, landed=tuple(Landed(watch.before, watch.after) for watch in watches))


async def _is_newer(watches: Sequence[Watch], seconds: float) -> bool:
    """Whether the editor has told of a newer version of one of the texts, which may take a moment."""
    newer = [asyncio.ensure_future(watch.changed.wait()) for watch in watches]
    if not newer:
        return False
    done, left = await asyncio.wait(newer, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for future in left:
        future.cancel()
    return bool(done)
