"""One change that a person asks for in words, on the files as the editor shows them. No test of the project is run."""

from __future__ import annotations

import asyncio

from suffice.errors import InputError
from suffice.families import EDIT_KINDS
from suffice.named_files import never_ignored, never_protected
from suffice.outcome import Attempt
from suffice.snapshot import Snapshot, safe_path
from suffice.task import Kind, Place, Task
from suffice_server.messages import Change, FromWorker
from suffice_server.worker.editor_text import changed
from suffice_server.worker.fix import finished
from suffice_server.worker.session import Send, Session
from suffice_server.worker.solving import solved
from suffice_server.worker.telling import attempted
from suffice_server.worker.workspace import Workspace


async def change(request: Change, session: Session, send: Send) -> FromWorker:
    """Return how the change ended. Raises InputError for what cannot be asked, or must not be touched."""
    kind = _kind(request.kind)
    workspace = await asyncio.to_thread(_looking_around, request, session)
    place = await asyncio.to_thread(_place, request, workspace, kind)
    task = Task(kind=kind, paths=(place.path,), instruction=asked(request.instruction), places=(place,))
    needed = await asyncio.to_thread(session.needs_consent, task, workspace, request.id, above=request.above)
    if needed:
        return needed

    def tell(_task: Task, attempt: Attempt) -> None:
        send(attempted(request.id, attempt))

    done = await solved(task, workspace, session, tell=tell, above=request.above)
    changes = tuple(changed(one, request.buffers) for one in done.outcome.changes)
    return finished(request.id, done, changes, workspace.policy)


def _kind(name: str) -> Kind:
    if name not in EDIT_KINDS:
        raise InputError(f"This is no kind of edit; kinds are: {', '.join(EDIT_KINDS)}.")
    return Kind(name)


def _looking_around(request: Change, session: Session) -> Workspace:
    workspace = session.workspace(request.root, {})
    return workspace.looking_around(request.buffers, (request.path,))


def asked(text: str) -> str:
    """Return *text* if it asks for something and can be sent. Raises InputError."""
    if not text.strip():
        raise InputError("Say in words what is to be changed.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError("The instruction holds half a surrogate pair, which is no text; write it anew.") from error
    return text


def _place(request: Change, workspace: Workspace, kind: Kind) -> Place:
    """Return what the change may touch. Raises InputError for lines that are not there, and files that may not be."""
    allowed_path(request.path, workspace)
    never_protected(request.path, workspace.snapshot, kind)
    if not workspace.snapshot.exists(request.path):
        return Place(request.path)
    first, last = lines_of(request.path, request.first, request.last, workspace.snapshot)
    return Place(request.path, first, last)


def allowed_path(path: str, workspace: Workspace) -> None:
    """Raise InputError for a *path* that is none inside of the folder, or that is never sent."""
    if safe_path(path) != path:
        raise InputError("This is no place that can be edited; name a file inside the folder.")
    never_ignored(workspace.root / path, workspace.root, workspace.config.exclude)


def lines_of(path: str, first: int | None, last: int | None, snapshot: Snapshot) -> tuple[int | None, int | None]:
    """Return the lines *first* to *last* as far as the file has them, None for all. Raises InputError."""
    count = max(1, snapshot.file(path).index.count)
    if first is None or last is None:
        return None, None
    if not 1 <= first <= min(last, count):
        raise InputError(f"{path} has {count} lines; select some of them.")
    return first, min(last, count)
