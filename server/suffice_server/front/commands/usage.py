"""The command that shows what was spent, and what sufficed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from suffice_server.capabilities import Command
from suffice_server.front.commands.orders import FolderOrder
from suffice_server.front.commands.reviews import Folders
from suffice_server.front.editor import Editor
from suffice_server.front.jobs.asking import Asking
from suffice_server.front.jobs.endings import why_not
from suffice_server.front.jobs.jobs import Job, Jobs
from suffice_server.front.jobs.progress import Progress
from suffice_server.messages import Failed, Told, Usage


class ShowUsage:
    """The command that shows what was spent: nobody is sent anything."""

    def __init__(self, *, folders: Folders, asking: Asking, editor: Editor, jobs: Jobs) -> None:
        self._folders = folders
        self._asking = asking
        self._editor = editor
        self._jobs = jobs

    def start(self, order: FolderOrder, *, request: str | int | None = None) -> None:
        """Begin. What is known of money is of the machine, so any folder will do."""
        root = self._folders.root(order.uri) or self._folders.any()
        job = Job(key=Command.SHOW_USAGE, about=str(root), title="suffice: usage", run=partial(self._show, root))
        self._jobs.start(job, request=request)

    async def _show(self, root: Path, progress: Progress) -> str:
        answer = await self._asking.answer(lambda number: Usage(number, str(root)), progress, sends="Nothing")
        if not isinstance(answer, Told | Failed):
            raise TypeError(f"a {type(answer).__name__} is no answer about usage")
        if isinstance(answer, Failed) or not answer.markdown:
            self._editor.show(f"suffice: the usage cannot be shown: {why_not(answer)}.")
            return "failed"
        await self._editor.show_markdown("Usage", answer.markdown)
        return "shown"
