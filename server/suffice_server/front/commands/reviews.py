"""The commands that review: what is not committed yet, or the architecture of a folder.

What comes of one is shown as diagnostics, as a report, and as one sentence. A newer review of a folder replaces an
older one that is under way, and its claims those of the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import chain
from pathlib import Path

from lsprotocol.types import MessageType

from suffice_server.capabilities import Command
from suffice_server.front.commands.orders import FolderOrder
from suffice_server.front.editor import Editor
from suffice_server.front.jobs.asking import Asking
from suffice_server.front.jobs.endings import paid, why_not
from suffice_server.front.jobs.jobs import Job, Jobs
from suffice_server.front.jobs.progress import Progress
from suffice_server.front.shown.claims import Claims
from suffice_server.front.shown.publishing import Publishing
from suffice_server.front.text.documents import Document, Documents
from suffice_server.front.text.places import folder_of, place_of
from suffice_server.messages import Answer, Failed, Review, Reviewed
from suffice_server.wording import price

_TITLES = {Command.REVIEW: "review", Command.ARCHITECTURE_REVIEW: "architecture review"}
_QUIET = frozenset({"unchanged", "skipped", "proposed", "needs-human"})
"""The endings of a review in which nothing has failed."""


class Folders:
    """Which folder a command is about. *named* are the uris of the editor's folders now."""

    def __init__(self, documents: Documents, named: Callable[[], Iterable[str]]) -> None:
        self._documents = documents
        self._named = named

    def root(self, uri: str) -> Path | None:
        """Return the folder of the document at *uri*, of "" the only one there is; None if it is not clear which."""
        if uri:
            return self._root_of(uri)
        roots = set(self._folders()) or set(self._projects())
        return roots.pop() if len(roots) == 1 else None

    def any(self) -> Path:
        """Return one of the folders; the current one where there is none."""
        return next(chain(self._folders(), self._projects()), Path())

    def _root_of(self, uri: str) -> Path | None:
        document, folder = self._documents.get(uri), folder_of(uri)
        if document is None and folder in self._folders():
            return folder
        place = document.place if document is not None else place_of(uri, self._named())
        return place.root if place else None

    def _folders(self) -> list[Path]:
        return [folder for uri in self._named() if (folder := folder_of(uri))]

    def _projects(self) -> list[Path]:
        return [document.place.root for document in self._documents.all() if document.place]


class Reviews:
    """The commands that review."""

    def __init__(
        self,
        *,
        documents: Documents,
        folders: Folders,
        asking: Asking,
        editor: Editor,
        jobs: Jobs,
        claims: Claims,
        publishing: Publishing,
    ) -> None:
        self._documents = documents
        self._folders = folders
        self._asking = asking
        self._editor = editor
        self._jobs = jobs
        self._claims = claims
        self._publishing = publishing
        self._last: dict[tuple[Command, Path], tuple[str, ...]] = {}

    def start(self, command: Command, order: FolderOrder, *, request: str | int | None = None) -> None:
        """Begin with *command*, one of the two."""
        root = self._folders.root(order.uri)
        if root is None:
            what = _TITLES[command]
            self._editor.reply(f"suffice: it is not clear which folder is meant; run the {what} from a file in it.")
            return
        title = f"suffice: {_TITLES[command]} of {root.name}"
        run = partial(self._review, command, root)
        self._jobs.start(Job(key=repr((command, root)), about=str(root), title=title, run=run), request=request)

    async def _review(self, command: Command, root: Path, progress: Progress) -> str:
        """Return how it ended, in the words of the progress."""
        sent = self._documents.under(root)
        make = partial(_request, command, root, {path: document.text for path, document in sent.items()})
        answer = await self._asking.answer(make, progress, sends=_sent(command))
        if not isinstance(answer, Reviewed) or not (answer.claims or answer.ending in _QUIET):
            return self._told_why_not(command, answer)
        self._keep(command, root, answer, sent)
        summary, in_log = summary_of(answer), ""
        if answer.markdown and self._editor.abilities.shows_documents:
            await self._editor.show_markdown(_TITLES[command].capitalize(), answer.markdown)
        elif answer.markdown:
            self._editor.log(answer.markdown)
            in_log = " (the report is in the log)"
        kind = MessageType.Info if answer.ending in _QUIET else MessageType.Warning
        self._editor.reply(f"suffice: {_TITLES[command]}: {summary}{in_log}.", kind=kind)
        return summary

    def _keep(self, command: Command, root: Path, answer: Reviewed, sent: Mapping[str, Document]) -> None:
        """Show the claims in the place of those of the last such review."""
        replaced = self._last.get((command, root), ())
        self._last[command, root] = self._claims.keep(answer.claims, root=root, sent=sent, replaced=replaced)
        for document in sent.values():
            if self._documents.get(document.uri) is None:
                self._claims.close(document)
        self._publishing.show_all()

    def _told_why_not(self, command: Command, answer: Answer) -> str:
        if not isinstance(answer, Reviewed | Failed):
            raise TypeError(f"a {type(answer).__name__} is no answer to a review")
        self._editor.reply(f"suffice: the {_TITLES[command]} did not come to an end: {why_not(answer)}.")
        return "failed" if isinstance(answer, Failed) else f"not finished{paid(answer)}"


def _request(command: Command, root: Path, buffers: Mapping[str, str], number: int) -> Review:
    return Review(number, str(root), buffers=buffers, architecture=command == Command.ARCHITECTURE_REVIEW)


def _sent(command: Command) -> str:
    return "What the folder is built of" if command == Command.ARCHITECTURE_REVIEW else "What is not committed yet"


def summary_of(answer: Reviewed) -> str:
    """Return what came of it: `3 findings; 2 refuted; $0.0800`."""
    count = len(answer.claims)
    findings = f"{count or 'no'} finding{'' if count == 1 else 's'}"
    said = why_not(answer) if answer.reason == "no-key" else answer.detail.rstrip(". ") or findings
    return f"{said}; {price(answer.cost_usd)}" if answer.cost_usd > 0 else said
