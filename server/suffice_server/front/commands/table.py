"""What each command begins: the one table of all of them, over the parts that carry them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from lsprotocol.types import MessageType

from suffice_server.capabilities import Command
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.applying.delivery import Delivery
from suffice_server.front.commands.changes import Changes
from suffice_server.front.commands.explain import Explain
from suffice_server.front.commands.explain_code import CodeExplained
from suffice_server.front.commands.orders import (
    edit_order,
    fix_file_order,
    fix_order,
    fix_rule_order,
    folder_order,
    place_order,
    result_order,
    rule_order,
)
from suffice_server.front.commands.reviews import Folders, Reviews
from suffice_server.front.commands.suggestions import Suggestions
from suffice_server.front.commands.usage import ShowUsage
from suffice_server.front.editor import Editor
from suffice_server.front.jobs.asking import Asking
from suffice_server.front.jobs.jobs import Jobs
from suffice_server.front.shown.claims import Claims
from suffice_server.front.shown.publishing import Publishing
from suffice_server.front.shown.store import Store
from suffice_server.front.text.documents import Document, Documents

Begin = Callable[[tuple[Any, ...], str | int | None], None]
"""Begins a command, given its arguments and the id of its request. Raises JsonRpcInvalidParams."""


class Needs(NamedTuple):
    """What the commands work with. `named` are the uris of the editor's folders now; `relint` looks at a text anew."""

    documents: Documents
    store: Store
    claims: Claims
    publishing: Publishing
    delivery: Delivery
    aftermath: Aftermath
    asking: Asking
    editor: Editor
    jobs: Jobs
    named: Callable[[], Iterable[str]]
    relint: Callable[[Document], None]


def commands(of: Needs) -> Mapping[Command, Begin]:
    """Return what each command begins."""
    changes = Changes(
        documents=of.documents,
        asking=of.asking,
        delivery=of.delivery,
        aftermath=of.aftermath,
        editor=of.editor,
        jobs=of.jobs,
        relint=of.relint,
    )
    return {
        Command.FIX: lambda given, request: changes.fix(fix_order(given), request=request),
        Command.FIX_RULE: lambda given, request: changes.fix_all(fix_rule_order(given), request=request),
        Command.FIX_FILE: lambda given, request: changes.fix_all(fix_file_order(given), request=request),
        Command.EDIT: lambda given, request: changes.edit(edit_order(given), request=request),
        Command.TRY_HARDER: lambda given, request: changes.try_harder(
            result_order(Command.TRY_HARDER, given), request=request
        ),
        Command.IGNORE_RULE: lambda given, request: changes.ignore_rule(rule_order(given), request=request),
        Command.CANCEL_ALL: lambda _given, _request: _cancel_all(of),
        **_of_folders(of),
        **_of_places(of),
        **_of_findings(of),
    }


def _cancel_all(of: Needs) -> None:
    number = of.jobs.count
    of.jobs.cancel_all()
    if number and not of.editor.abilities.shows_progress:  # which would tell it
        what = "1 task was" if number == 1 else f"{number} tasks were"
        of.editor.reply(f"suffice: {what} cancelled.", kind=MessageType.Info)


def _of_folders(of: Needs) -> dict[Command, Begin]:
    folders = Folders(of.documents, of.named)
    usage = ShowUsage(folders=folders, asking=of.asking, editor=of.editor, jobs=of.jobs)
    reviews = Reviews(
        documents=of.documents,
        folders=folders,
        asking=of.asking,
        editor=of.editor,
        jobs=of.jobs,
        claims=of.claims,
        publishing=of.publishing,
    )

    def review(command: Command) -> Begin:
        return lambda given, request: reviews.start(command, folder_order(command, given), request=request)

    return {
        Command.REVIEW: review(Command.REVIEW),
        Command.ARCHITECTURE_REVIEW: review(Command.ARCHITECTURE_REVIEW),
        Command.SHOW_USAGE: lambda given, request: usage.start(
            folder_order(Command.SHOW_USAGE, given), request=request
        ),
    }


def _of_places(of: Needs) -> dict[Command, Begin]:
    explained = CodeExplained(documents=of.documents, asking=of.asking, editor=of.editor, jobs=of.jobs)
    explain = Explain(documents=of.documents, store=of.store, claims=of.claims, editor=of.editor)
    return {
        Command.EXPLAIN_CODE: lambda given, request: explained.start(
            place_order(Command.EXPLAIN_CODE, given), request=request
        ),
        Command.EXPLAIN: lambda given, _request: explain.start(place_order(Command.EXPLAIN, given)),
    }


def _of_findings(of: Needs) -> dict[Command, Begin]:
    suggestions = Suggestions(
        documents=of.documents,
        claims=of.claims,
        publishing=of.publishing,
        delivery=of.delivery,
        aftermath=of.aftermath,
        editor=of.editor,
        jobs=of.jobs,
    )
    return {
        Command.DISMISS: lambda given, _request: suggestions.dismiss(result_order(Command.DISMISS, given)),
        Command.APPLY_SUGGESTION: lambda given, request: suggestions.apply(
            result_order(Command.APPLY_SUGGESTION, given), request=request
        ),
    }
