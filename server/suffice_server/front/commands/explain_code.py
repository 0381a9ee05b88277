"""The command that explains code: its answer is shown as a document, and nothing is changed."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath

from suffice_server.capabilities import Command
from suffice_server.front.applying.rebasing import lines_of
from suffice_server.front.commands.orders import PlaceOrder
from suffice_server.front.editor import Editor
from suffice_server.front.jobs.asking import Asking
from suffice_server.front.jobs.endings import paid, why_not
from suffice_server.front.jobs.jobs import Job, Jobs
from suffice_server.front.jobs.progress import Progress
from suffice_server.front.text.documents import Documents
from suffice_server.front.text.places import is_notebook
from suffice_server.messages import Failed, Tell, Told
from suffice_server.wording import lane_name

_NOTHING = "suffice: nothing was explained"
_SENDS = "The code to explain, and what it needs from other files"


class CodeExplained:
    """Begins the jobs of this command."""

    def __init__(self, *, documents: Documents, asking: Asking, editor: Editor, jobs: Jobs) -> None:
        self._documents = documents
        self._asking = asking
        self._editor = editor
        self._jobs = jobs

    def start(self, order: PlaceOrder, *, request: str | int | None = None) -> None:
        """Explain what *order* names."""
        document = self._documents.get(order.uri)
        if is_notebook(order.uri):
            self._editor.reply(f"{_NOTHING}: notebooks are left alone for now; open the code as a file of its own.")
            return
        if document is None or document.place is None:
            self._editor.reply(f"{_NOTHING}: it is no open file on disk; save it and open it first.")
            return
        first, last = lines_of(order.range, document) if order.range else (None, None)
        asked = Tell(
            id=0,
            root=str(document.place.root),
            path=document.place.path,
            first=first,
            last=last,
            buffers={path: other.text for path, other in self._documents.under(document.place.root).items()},
        )
        key = repr((Command.EXPLAIN_CODE, order.uri, first, last))
        run = partial(self._run, asked)
        self._jobs.start(Job(key, order.uri, "suffice: explain", run), request=request)

    async def _run(self, asked: Tell, progress: Progress) -> str:
        answer = await self._asking.answer(lambda number: asked._replace(id=number), progress, sends=_SENDS)
        if isinstance(answer, Told) and answer.markdown:
            progress.end(f"{lane_name(answer.lane or '')} explained it{paid(answer)}")
            await self._editor.show_markdown(_title(asked), answer.markdown)
            return "explained"
        if not isinstance(answer, Told | Failed):
            raise TypeError(f"a {type(answer).__name__} is no explanation")
        self._editor.reply(f"suffice: {PurePosixPath(asked.path).name} was not explained: {why_not(answer)}.")
        return f"nothing explained{paid(answer)}" if isinstance(answer, Told) else "nothing explained"


def _title(asked: Tell) -> str:
    name = PurePosixPath(asked.path).name
    return f"{name} explained" if asked.first is None else f"{name} {asked.first}-{asked.last} explained"
