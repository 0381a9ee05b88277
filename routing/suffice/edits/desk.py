"""The files that a reply works on, in memory: nothing is written, and a reply that fails anywhere leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator

from suffice.edits.applied import Rejected, Step
from suffice.edits.draft import Draft
from suffice.edits.edit import FileChange
from suffice.edits.net_changes import Held, net_changes
from suffice.edits.operation import Create, Delete, Insert, Operation, Replace, Update, plain_lines
from suffice.edits.rebase import Splice
from suffice.edits.reindent import Parses, still_parses
from suffice.edits.replace import replaced
from suffice.edits.reply_paths import allowed_path, is_taken, known_path
from suffice.edits.update import Updated, updated
from suffice.errors import InputError
from suffice.snapshot import Snapshot


class Desk:
    """Drafts by path, None for a deleted file; what is not on it is as the snapshot has it.

    `parses` is asked of every file before and after each operation.
    """

    def __init__(self, snapshot: Snapshot, *, parses: Parses = still_parses) -> None:
        self._snapshot = snapshot
        self._parses = parses
        self._drafts: dict[str, Draft | None] = {}
        self._came_from: dict[str, str] = {}
        self.step = Step.EXACT
        self.notes: tuple[str, ...] = ()

    def copy(self) -> Desk:
        """Return a desk with the same drafts, on which something can be tried."""
        other = Desk(self._snapshot, parses=self._parses)
        other._drafts, other._came_from = dict(self._drafts), dict(self._came_from)
        other.step, other.notes = self.step, self.notes
        return other

    def carry_out(self, operation: Operation) -> Rejected | None:
        """Do what *operation* asks for; return why it cannot be done."""
        path = self._allowed(operation.path)
        if isinstance(path, Rejected):
            return path
        if isinstance(operation, Create):
            return self._create(path, operation.text)
        draft = self._draft(path)
        if isinstance(draft, Rejected):
            return draft
        if isinstance(operation, Delete):
            return self._delete(draft, operation)
        made = _made(draft, operation, self._parses)
        if isinstance(made, Rejected):
            return made
        self.step = max(self.step, made.step, key=list(Step).index)
        self.notes += made.notes
        self._drafts[path] = made.draft
        target = operation.new_path if isinstance(operation, Update) else None
        return self._move(made.draft, target) if target is not None else None

    def changes(self) -> Iterator[FileChange]:
        """Yield what differs from the snapshot, by path."""
        return net_changes({path: self._held(path, draft) for path, draft in self._drafts.items()})

    def _held(self, path: str, draft: Draft | None) -> Held:
        own = self._snapshot.file(path) if self._snapshot.has(path) else None
        bom = own.bom if own else draft is not None and draft.bom
        return Held(own.text if own else None, draft.text if draft else None, bom, self._came_from.get(path))

    def _allowed(self, path: str) -> str | Rejected:
        return allowed_path(known_path(path, self._snapshot), self._snapshot)

    def _draft(self, path: str) -> Draft | Rejected:
        if path in self._drafts:
            return self._drafts[path] or Rejected(f"{path} is gone by then; change it before it is deleted or moved")
        try:
            return Draft.of(self._snapshot.file(path))
        except InputError as error:
            if not is_taken(path, self._snapshot):
                return Rejected(f"there is no file {path}; name one that is there, relative to the root")
            return Rejected(str(error).removesuffix("."))

    def _create(self, path: str, text: str) -> Rejected | None:
        there = self._draft(path)
        if isinstance(there, Draft) and not there.text and path not in self._drafts:
            self._drafts[path] = there._replace(text=text)
            return None
        if self._is_taken(path):
            return Rejected(f"{path} is to be created but is there already; send the lines to change")
        self._drafts[path] = Draft.new(path, text)
        return None

    def _is_taken(self, path: str) -> bool:
        if path in self._drafts:
            return self._drafts[path] is not None
        return is_taken(path, self._snapshot)

    def _delete(self, draft: Draft, operation: Delete) -> Rejected | None:
        if operation.lines is not None and [line.rstrip() for line in operation.lines] != [
            line.rstrip() for line in draft.lines
        ]:
            return Rejected(
                f"{draft.path} is to be deleted but holds other lines than the diff says; delete it by name"
            )
        self._drafts[draft.path] = None
        self._came_from.pop(draft.path, None)
        return None

    def _move(self, draft: Draft, target: str) -> Rejected | None:
        path = allowed_path(target, self._snapshot)
        if isinstance(path, Rejected):
            return path
        if path == draft.path:
            return None
        if self._is_taken(path):
            return Rejected(
                f"{draft.path} is to be moved onto {path}, which is there already; choose another path, or delete"
                " or move that file before"
            )
        self._drafts[draft.path] = None
        self._drafts[path] = draft._replace(path=path)
        self._came_from[path] = self._came_from.pop(draft.path, draft.path)
        return None


def _made(draft: Draft, operation: Update | Replace | Insert, parses: Parses) -> Updated | Rejected:
    match operation:
        case Update():
            return updated(draft, operation.hunks, parses=parses)
        case Replace():
            return replaced(draft, operation, parses=parses)
        case Insert():
            return _inserted(draft, operation, parses)


def _inserted(draft: Draft, operation: Insert, parses: Parses) -> Updated | Rejected:
    count = len(draft.lines)
    if operation.after_line > count:
        return Rejected(
            f"{operation.name}: {draft.path} has {count} lines, none to insert after line {operation.after_line}"
        )
    splice = Splice(operation.after_line, operation.after_line, plain_lines(operation.text))
    made = draft.spliced([splice])
    if not parses(draft, made):
        return Rejected(f"{operation.name}: {draft.path} would no longer parse; check the line and the indentation")
    return Updated(made, Step.EXACT)
