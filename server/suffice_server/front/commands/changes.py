"""The commands that change texts: each is answered at once and works on, until one edit or one sentence.

The worker is asked about the texts as they are when the command comes; its edits are brought to them as they are then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lsprotocol.types import MessageType

from suffice.task import Kind
from suffice_server.capabilities import Command
from suffice_server.front.applying import delivery
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.applying.applied import Again, Followed, Word, applied_between
from suffice_server.front.applying.delivery import Delivered, Delivery, Landed, Parcel
from suffice_server.front.applying.rebasing import lines_of, moved_fix, moved_order, rebased
from suffice_server.front.commands.orders import EditOrder, FixAllOrder, FixOrder, ResultOrder, RuleOrder
from suffice_server.front.editor import Editor
from suffice_server.front.jobs.asking import Asking
from suffice_server.front.jobs.endings import PROPOSED, cause_of, ended, is_free_only, paid, why_not
from suffice_server.front.jobs.jobs import Job, Jobs
from suffice_server.front.jobs.progress import Progress
from suffice_server.front.shown.shown_change import as_markdown
from suffice_server.front.text.documents import Document, Documents
from suffice_server.front.text.hunk import Fate, hunk_between
from suffice_server.front.text.places import is_notebook
from suffice_server.messages import Change, Failed, Finished, Fix, FixAll, IgnoreRule
from suffice_server.values import Part
from suffice_server.wording import lane_name, one_line

_FIX_SENDS = "The lines around a diagnostic"
_EDIT_SENDS = "The lines to edit, and what they need from other files"

_TITLES: Mapping[Kind, str] = {
    Kind.EDIT: "edit",
    Kind.CODEGEN: "write code",
    Kind.REFACTOR: "refactor",
    Kind.TEST_WRITING: "write tests",
    Kind.DEBUG: "debug",
}

_MOST_LEFT = 3


class Wanted(NamedTuple):
    """One change that is wanted in `document`; `sent` are the open texts that go with the request, by path.

    `title` names it and `failed` says that it did not come about. `base` is the text that the request speaks of where
    that is not the one on the screen: the same without the result with the id `replaces`.
    """

    title: str
    label: str
    failed: str
    sends: str
    request: Fix | FixAll | Change | IgnoreRule
    document: Document
    root: Path
    sent: Mapping[str, Document]
    base: Document | None = None
    replaces: str | None = None


class Changes:
    """Begins the jobs of these commands. *relint* looks at a document anew, since what was tried changes offers."""

    def __init__(
        self,
        *,
        documents: Documents,
        asking: Asking,
        delivery: Delivery,
        aftermath: Aftermath,
        editor: Editor,
        jobs: Jobs,
        relint: Callable[[Document], None],
    ) -> None:
        self._documents = documents
        self._asking = asking
        self._delivery = delivery
        self._aftermath = aftermath
        self._editor = editor
        self._jobs = jobs
        self._relint = relint

    def fix(self, order: FixOrder, *, request: str | int | None = None) -> None:
        """Mend one diagnostic."""
        failed = f"{one_line(order.rule)} was not fixed"
        document = self._open(order.uri, failed)
        if document is None or document.place is None:
            return
        root, path = document.place.root, document.place.path
        asked = Fix(0, str(root), path, document.text, order.rule, order.message, order.span, free=order.free)
        listed = self._documents.version(order.uri, order.version)
        moved = moved_fix(asked, listed, document) if listed else None
        if moved is None:
            self._say(failed, "the text changed meanwhile; choose it again", kind=MessageType.Info)
            return
        title = one_line(order.rule)
        sent = {path: document}
        wanted = Wanted(title, f"fix {title}", failed, _FIX_SENDS, moved, document, root, sent)
        self._start((Command.FIX, order.uri, order.rule, moved.span), wanted, request)

    def fix_all(self, order: FixAllOrder, *, request: str | int | None = None) -> None:
        """Mend all that a rule, or any rule, says of a document."""
        title = f"all of {one_line(order.rule)}" if order.rule else "all in this file"
        failed = f"nothing {title.removeprefix('all ')} was fixed"
        document = self._open(order.uri, failed)
        if document is None or document.place is None:
            return
        root, path = document.place.root, document.place.path
        asked = FixAll(0, str(root), path, document.text, order.rule)
        sent = {path: document}
        wanted = Wanted(title, f"fix {title}", failed, _FIX_SENDS, asked, document, root, sent)
        self._start((Command.FIX_FILE, order.uri, order.rule), wanted, request)

    def edit(self, order: EditOrder, *, request: str | int | None = None) -> None:
        """Do as an instruction says."""
        title = _TITLES[order.kind]
        failed = f"{title}: nothing was changed"
        document = self._open(order.uri, failed)
        if document is None or document.place is None:
            return
        if order.version is not None and order.range is not None and order.version != document.version:
            self._say(failed, "the text changed meanwhile; choose it again", kind=MessageType.Info)
            return
        root, path = document.place.root, document.place.path
        first, last = lines_of(order.range, document) if order.range else (None, None)
        sent = self._documents.under(root)
        buffers = {name: other.text for name, other in sent.items()}
        asked = Change(0, str(root), path, first, last, order.instruction, str(order.kind), buffers)
        wanted = Wanted(title, title, failed, _EDIT_SENDS, asked, document, root, sent)
        self._start((Command.EDIT, order.uri, first, last), wanted, request)

    def ignore_rule(self, order: RuleOrder, *, request: str | int | None = None) -> None:
        """Leave a rule alone from now on, in the project of a document."""
        title = f"ignore {one_line(order.rule)}"
        failed = f"{title}: no setting was changed"
        document = self._open(order.uri, failed)
        if document is None or document.place is None:
            return
        root, sent = document.place.root, self._documents.under(document.place.root)
        buffers = {name: other.text for name, other in sent.items()}
        asked = IgnoreRule(0, str(root), order.rule, buffers)
        wanted = Wanted(title, title, failed, "", asked, document, root, sent)
        self._start((Command.IGNORE_RULE, str(root), order.rule), wanted, request)

    def try_harder(self, order: ResultOrder, *, request: str | int | None = None) -> None:
        """Ask a stronger lane for what was applied: about the text without it, while it stands there unchanged.

        What comes of it takes the place of the weaker result in one edit, so that one undo brings that back.
        """
        failed = "nothing was tried"
        document = self._open(order.uri, failed)
        if document is None or document.place is None:
            return
        followed = self._aftermath.find(document, order.id)
        if followed is None:
            self._say(failed, "suffice has applied nothing here; choose a quick fix or an edit first")
            return
        again = followed.applied.again
        if again is None:
            self._say(failed, "that was no single quick fix or edit; undo it, and choose one")
            return
        if followed.fate is Fate.STANDING and not again.is_alone:
            self._say(failed, "it changed several files; undo it first, then try harder")
            return
        wanted = self._harder(followed, again, document, document.place.root)
        if wanted is None:
            self._say(failed, "the lines changed meanwhile; choose the quick fix or the edit again")
            return
        self._start((Command.TRY_HARDER, order.uri, followed.applied.id), wanted, request)

    def _harder(self, followed: Followed, again: Again, document: Document, root: Path) -> Wanted | None:
        """Return what is wanted in the place of *followed*, None if the lines that it was asked for are gone."""
        applied, base = followed.applied, followed.without
        asked = moved_order(again.order, again.sent, base)
        if asked is None:
            return None
        if isinstance(asked, Change):
            sent = self._documents.under(root)
            buffers = {name: other.text for name, other in sent.items()} | {asked.path: base.text}
            asked = asked._replace(buffers=buffers, above=again.lane)
        else:
            sent = {asked.path: document}
            asked = asked._replace(free=False, above=again.lane)
        return Wanted(
            title=f"{applied.title}, harder",
            label=f"{applied.title}, harder",
            failed=f"{applied.title}: nothing better was found",
            sends=_EDIT_SENDS if isinstance(asked, Change) else _FIX_SENDS,
            request=asked,
            document=document,
            root=root,
            sent=sent,
            base=base if base is not document else None,
            replaces=applied.id,
        )

    def _open(self, uri: str, failed: str) -> Document | None:
        """Return the document at *uri*, or tell why nothing can be done with it."""
        document = self._documents.get(uri)
        if document is None:
            self._say(failed, "the file is not open; open it and choose it again")
            return None
        if is_notebook(uri):
            self._say(failed, "notebooks are left alone for now; open the code as a file of its own")
            return None
        if document.place is None:
            self._say(failed, "it is no file on disk; save it first")
            return None
        return document

    def _start(self, key: tuple[object, ...], wanted: Wanted, request: str | int | None) -> None:
        job = Job(repr(key), wanted.document.uri, f"suffice: {wanted.title}", partial(self._run, wanted))
        self._jobs.start(job, request=request)

    async def _run(self, wanted: Wanted, progress: Progress) -> str:
        """Return how it ended, in the words of the progress."""
        answer = await self._asking.answer(
            lambda number: wanted.request._replace(id=number), progress, sends=wanted.sends
        )
        if isinstance(answer, Finished) and answer.ending == PROPOSED and answer.changes:
            return await self._bring(wanted, answer)
        if not isinstance(answer, Finished | Failed):
            raise TypeError(f"a {type(answer).__name__} is no answer to a change")
        again = "; choose the quick fix again to ask a model" if is_free_only(wanted.request, answer) else ""
        self._say(wanted.failed, f"{why_not(answer)}{again}", cause=cause_of(answer))
        self._relint(wanted.document)
        return f"nothing changed{paid(answer)}" if isinstance(answer, Finished) else "nothing changed"

    async def _bring(self, wanted: Wanted, answer: Finished) -> str:
        parcel = await self._parcel(wanted, answer)
        delivered = await self._delivery.deliver(parcel, on_landed=partial(self._landed, wanted, answer))
        if delivered.ending is delivery.Ending.APPLIED:
            self._tell_rest(wanted, answer)
            return ended(answer, wanted.request)
        await self._tell_undelivered(wanted, answer, parcel, delivered)
        return f"{delivered.ending}{paid(answer)}"

    async def _parcel(self, wanted: Wanted, answer: Finished) -> Parcel:
        changes = answer.changes
        if wanted.base is not None and wanted.document.place is not None:
            path, base = wanted.document.place.path, wanted.base
            changes = await asyncio.to_thread(rebased, changes, path, base, wanted.document)
        sure = "" if answer.confidence is None else f" (confidence {answer.confidence:.2f})"
        confirm = f"{lane_name(answer.lane or '')}: it passes the checks, but not surely{sure}"
        return Parcel(
            wanted.root, changes, wanted.sent, f"suffice: {wanted.label}", confirm if answer.confirm else None
        )

    def _landed(self, wanted: Wanted, answer: Finished, landed: tuple[Landed, ...]) -> None:
        """Follow what becomes of a result from here on, and no longer of the one that it took the place of."""
        if wanted.replaces is not None:
            self._aftermath.drop(wanted.replaces)
        if not landed:
            return
        own = next((one for one in landed if one.before.uri == wanted.document.uri), None)
        before, after = own or landed[0]
        title = wanted.label.removesuffix(", harder")
        again = _again(wanted, answer, after) if own is not None else None
        applied = applied_between(before, after, title=title, parts=_parts(answer), again=again)
        self._aftermath.follow(applied, after, newest=self._documents.get(before.uri))

    def _tell_rest(self, wanted: Wanted, answer: Finished) -> None:
        """Tell what the edit alone does not: that it is not sure, or what is left to do."""
        if answer.confirm and not self._editor.abilities.confirms:
            self._editor.show(
                f"suffice: {wanted.title}: the edit passes the checks, but not surely; look at it, or undo it.",
                kind=MessageType.Info,
            )
        if isinstance(wanted.request, IgnoreRule):
            self._editor.reply(f"suffice: {answer.detail}.", kind=MessageType.Info)
        if answer.left:
            shown = ", ".join(one_line(left.partition(": ")[0]) for left in answer.left[:_MOST_LEFT])
            more = f" and {len(answer.left) - _MOST_LEFT} more" if len(answer.left) > _MOST_LEFT else ""
            left = f"{len(answer.left)} left ({shown}{more}; the log says why)"
            self._editor.show(
                f"suffice: {wanted.title}: {answer.mended} fixed, {left}.",
                kind=MessageType.Info,
                detail="\n".join(map(one_line, answer.left)),
            )

    async def _tell_undelivered(self, wanted: Wanted, answer: Finished, parcel: Parcel, delivered: Delivered) -> None:
        if delivered.ending is delivery.Ending.DISMISSED:
            self._aftermath.remember(_parts(answer), Word.DISMISSED)
        is_unable = delivered.ending is delivery.Ending.REFUSED and not self._editor.abilities.applies_edits
        if is_unable or delivered.ending is delivery.Ending.UNABLE:
            why = "this editor makes no edits for a command; make the change yourself" if is_unable else delivered.why
            self._say(wanted.failed, f"{why}; it is shown")
            await self._editor.show_markdown(wanted.label, as_markdown(parcel))
        elif delivered.why:
            is_expected = delivered.ending in {delivery.Ending.CHANGED, delivery.Ending.IN_DOUBT}
            kind = MessageType.Info if is_expected else MessageType.Warning
            self._say(wanted.failed, delivered.why, kind=kind)

    def _say(self, failed: str, why: str, *, kind: MessageType = MessageType.Warning, cause: str = "") -> None:
        end = "" if why.endswith((".", "?", "!")) else "."
        message = f"suffice: {failed}: {why}{end}"
        if cause and self._jobs.count > 1:  # one message for all that end alike; a single command always gets its own
            self._editor.show(message, kind=kind, cause=cause)
        else:
            self._editor.reply(message, kind=kind)


def _parts(answer: Finished) -> tuple[Part, ...]:
    """Return what the ledger calls the tasks that *answer* is the result of, with their lanes."""
    if answer.work is None or answer.lane is None:
        return answer.parts
    return (Part(answer.work, answer.lane),)


def _again(wanted: Wanted, answer: Finished, after: Document) -> Again | None:
    """Return what a stronger lane can be asked in the place of *answer*, whose edit made the text *after*."""
    if not isinstance(wanted.request, Fix | Change) or answer.lane is None:
        return None
    base = wanted.base
    return Again(
        order=wanted.request,
        sent=base or wanted.document,
        lane=answer.lane,
        next_lane=answer.next_lane,
        next_usd=answer.next_usd,
        is_alone=len(answer.changes) == 1,
        restores=hunk_between(base.lines, after.lines) if base is not None else None,
    )
