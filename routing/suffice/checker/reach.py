"""What an edit may touch, as its task says: the same words for the model that is told and the check that holds it.

A file that was named as a whole may be changed, moved and deleted; of a file of which lines were named only these and
its imports. A new file overwrites nothing, so one may be made where whole files were named, but for mending a bug,
which needs none. A written test may touch all tests and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from suffice.checker.file_roles import Role, role
from suffice.checker.import_lines import import_lines
from suffice.checker.subject import Subject
from suffice.edits.edit import FileChange, LineEdit
from suffice.positions import split_lines
from suffice.task import Kind, Place


def told(kind: Kind, places: Sequence[Place]) -> Iterator[str]:
    """Yield what a model is told that it may touch, a line each."""
    if kind is Kind.TEST_WRITING:
        yield "test files, new and existing ones; nothing else"
        return
    for place in places:
        yield place.path if place.first is None else f"{place.path}: the selected lines, and its imports"
    yield "new files, where they are needed" if may_create(kind, places) else "no new file, and nothing else"


def may_create(kind: Kind, places: Sequence[Place]) -> bool:
    """Tell whether new files may be made that nobody named."""
    return kind is not Kind.DEBUG and all(place.first is None for place in places)


def outside(change: FileChange, subject: Subject) -> str | None:
    """Return how *change* leaves what its task may touch, None if it does not."""
    if subject.kind is Kind.TEST_WRITING:
        no_test = next((path for path in (change.path, change.target) if role(path) is not Role.TEST), None)
        return f"{no_test} is no test, and only tests may be touched" if no_test else None
    places = subject.places
    named = [place for place in places if _holds(place, change.path)]
    if change.before is None:
        allowed = named or may_create(subject.kind, places)
        return None if allowed else f"{change.path} is new, and no new file may be made"
    if not named:
        return f"{change.path} is not what may be touched"
    if any(place.first is None for place in named):
        return _moved_away(change, subject)
    if change.after is None or change.target != change.path:
        return f"{change.path} may be changed in the selected lines alone, and is not to be moved or deleted"
    return _beside(change, named)


def shifted(place: Place, change: FileChange) -> Place:
    """Return *place*, lines of a file, as they are after *change*."""
    if place.first is None or place.last is None:
        return place
    first, last = place.first, place.last
    for edit in change.line_edits:
        more = len(split_lines(edit.new_text)) - (edit.end_line - edit.start_line + 1)
        if edit.end_line < place.first:
            first, last = first + more, last + more
        elif edit.start_line <= place.last + 1:
            last += more
    return place._replace(path=change.target, first=first, last=max(first, last))


def _holds(place: Place, path: str) -> bool:
    return place.path in {path, "."} or (place.first is None and path.startswith(f"{place.path}/"))


def _moved_away(change: FileChange, subject: Subject) -> str | None:
    is_named = any(_holds(place, change.target) for place in subject.places)
    if change.target == change.path or is_named or may_create(subject.kind, subject.places):
        return None
    return f"{change.path} is moved to {change.target}, and no new file may be made"


def _beside(change: FileChange, places: Sequence[Place]) -> str | None:
    """Return which line *change* touches beside the selected ones and the imports, None for none."""
    before, after = split_lines(change.before or ""), split_lines(change.after or "")
    if any(_is_within(before, after, place) for place in places):
        return None
    moved = 0
    for edit in change.line_edits:
        added = len(split_lines(edit.new_text))
        selected = any(_is_selected(edit, place) for place in places)
        if not selected and not _imports_alone(edit, change, edit.start_line + moved, added):
            return f"line {edit.start_line} of {change.path} is not among the selected ones"
        moved += added - (edit.end_line - edit.start_line + 1)
    return None


def _imports_alone(edit: LineEdit, change: FileChange, first_after: int, added: int) -> bool:
    """Whether *edit* takes away and puts in imports and empty lines alone; *first_after* is where it puts them."""
    before, after = change.before or "", change.after or ""
    gone = _no_imports(before, change.path, edit.start_line, edit.end_line)
    return not gone and not _no_imports(after, change.target, first_after, first_after + added - 1)


def _no_imports(text: str, path: str, first: int, last: int) -> bool:
    """Whether one of the lines *first* to *last* of *text* is neither an import nor empty."""
    lines, imports = split_lines(text), import_lines(text, path)
    return any(lines[line - 1].strip() and line not in imports for line in range(first, last + 1))


def _is_within(before: Sequence[str], after: Sequence[str], place: Place) -> bool:
    """Tell whether all above and below the selection stands as it was, wherever a diff sees the change."""
    head, tail = (place.first or 1) - 1, len(before) - (place.last or len(before))
    if len(after) < head + tail:
        return False
    return before[:head] == after[:head] and before[len(before) - tail :] == after[len(after) - tail :]


def _is_selected(edit: LineEdit, place: Place) -> bool:
    first, last = place.first or 1, place.last or edit.end_line
    return first <= edit.start_line and edit.end_line <= last and edit.start_line <= last + 1
