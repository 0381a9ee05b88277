"""A text in the place of one that stands once in a file: whole lines, found as hunks are, or a part of a line."""

from __future__ import annotations

from suffice.edits.applied import Candidate, Rejected, Step
from suffice.edits.draft import Draft
from suffice.edits.operation import Replace, plain_lines, replacement
from suffice.edits.placing.nearest import MOST
from suffice.edits.placing.page import Page
from suffice.edits.rebase import Splice
from suffice.edits.reindent import still_parses
from suffice.edits.update import Updated, updated


def replaced(draft: Draft, operation: Replace) -> Updated | Rejected:
    """Return *draft* with the new text in the place of the old one."""
    old, new = plain_lines(operation.old), plain_lines(operation.new)
    lines = draft.lines
    page = Page(draft.path, lines)
    if next(page.exact.places(old), None) is None:
        parts = _parts_of_lines("\n".join(lines), "\n".join(old))
        if len(parts) == 1:
            return _within_lines(draft, operation, parts[0])
        if len(parts) > 1:
            return _several(draft, operation, parts)
    return updated(draft, [replacement(operation.name, old, new)])


def _parts_of_lines(text: str, old: str) -> list[int]:
    """Return where *old* begins in *text*, a few places; none if it is whole lines but for their indentation."""
    found: list[int] = []
    place = text.find(old)
    while place >= 0 and len(found) <= MOST:
        found.append(place)
        place = text.find(old, place + 1)
    whole = [place for place in found if _is_whole(text, place, place + len(old))]
    return [] if whole else found


def _is_whole(text: str, start: int, end: int) -> bool:
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return not before.strip(" \t") and (end == len(text) or text[end] == "\n")


def _within_lines(draft: Draft, operation: Replace, start: int) -> Updated | Rejected:
    """Return *draft* with the part of its lines from *start* on replaced."""
    text, old = "\n".join(draft.lines), "\n".join(plain_lines(operation.old))
    end = start + len(old)
    first, last = text.count("\n", 0, start), text.count("\n", 0, end)
    line_start, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    new = text[line_start:start] + "\n".join(plain_lines(operation.new))
    new += text[end : line_end if line_end >= 0 else len(text)]
    made = draft.spliced([Splice(first, last + 1, tuple(new.split("\n")))])
    if not still_parses(draft, made):
        return Rejected(f"{operation.name}: {draft.path} would no longer parse; replace whole lines")
    return Updated(made, Step.EXACT)


def _several(draft: Draft, operation: Replace, parts: list[int]) -> Rejected:
    text, lines = "\n".join(draft.lines), draft.lines
    numbers = list(dict.fromkeys(text.count("\n", 0, part) for part in parts))
    shown = tuple(Candidate(draft.path, n + 1, n + 1, lines[n][:200], 1.0) for n in numbers)
    where = ", ".join(str(n + 1) for n in numbers)
    return Rejected(f"{operation.name}: old_str stands at several places (lines {where}); send more around it", shown)
