"""A text in the place of one that stands once in a file: whole lines, found as hunks are, or a part of a line."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.edits.applied import Candidate, Rejected, Step
from suffice.edits.draft import Draft
from suffice.edits.operation import Replace, plain_lines, replacement
from suffice.edits.placing.nearest import MOST
from suffice.edits.placing.page import Page
from suffice.edits.rebase import Splice
from suffice.edits.reindent import Parses
from suffice.edits.update import Updated, updated


def replaced(draft: Draft, operation: Replace, *, parses: Parses) -> Updated | Rejected:
    """Return *draft* with the new text in the place of the old one, where that *parses*."""
    old, new = plain_lines(operation.old), plain_lines(operation.new)
    lines = draft.lines
    page = Page(draft.path, lines)
    if next(page.exact.places(old), None) is None:
        text = "\n".join(lines)
        parts = _parts_of(text, "\n".join(old))
        whole = [place for place in parts if _is_whole(text, place, place + len("\n".join(old)))]
        if len(parts) == 1 and not whole:
            return _within_lines(draft, operation, parts[0], parses=parses)
        if len(parts) > 1 and not whole:
            return _several(draft, operation, parts)
        made = _to_the_letter(draft, operation, whole, new, parses=parses)
        if made is not None:
            return made
    hunk = replacement(operation.name, old, new)
    if lines[len(lines) - len(old) :] == old:
        hunk = hunk._replace(final_newline=_final_newline(draft, operation))
    return updated(draft, [hunk], parses=parses)


def _final_newline(draft: Draft, operation: Replace) -> bool | None:
    """Return whether the file is to end with a line end where its own end is replaced; None if that stays as it is."""
    ends = [text.endswith(("\n", "\r")) for text in (draft.text, operation.old, operation.new)]
    return ends[2] if ends[0] == ends[1] and operation.new else None


def _parts_of(text: str, old: str) -> list[int]:
    """Return where *old* begins in *text*, a few places."""
    found: list[int] = []
    place = text.find(old)
    while place >= 0 and len(found) <= MOST:
        found.append(place)
        place = text.find(old, place + 1)
    return found


def _to_the_letter(
    draft: Draft, operation: Replace, whole: Sequence[int], new: Sequence[str], *, parses: Parses
) -> Updated | None:
    """Return *draft* with the one place replaced to the letter where only the first line was sent without indentation.

    None if there are no new lines, or they would not parse or are not indented as the place is, and so are to be moved.
    """
    if len(whole) != 1 or not new:
        return None
    text = "\n".join(draft.lines)
    own = text[text.rfind("\n", 0, whole[0]) + 1 : whole[0]]
    if not all(line.startswith(own) for line in new[1:] if line.strip()):
        return None
    made = _within_lines(draft, operation, whole[0], parses=parses)
    return made if isinstance(made, Updated) else None


def _is_whole(text: str, start: int, end: int) -> bool:
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return not before.strip(" \t") and (end == len(text) or text[end] == "\n")


def _within_lines(draft: Draft, operation: Replace, start: int, *, parses: Parses) -> Updated | Rejected:
    """Return *draft* with the part of its lines from *start* on replaced."""
    text, old = "\n".join(draft.lines), "\n".join(plain_lines(operation.old))
    end = start + len(old)
    first, last = text.count("\n", 0, start), text.count("\n", 0, end)
    line_start, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    new = text[line_start:start] + "\n".join(plain_lines(operation.new))
    new += text[end : line_end if line_end >= 0 else len(text)]
    said = _final_newline(draft, operation) if end == len(text) else None
    made = draft.spliced([Splice(first, last + 1, tuple(new.split("\n")))], final_newline=said)
    if not parses(draft, made):
        return Rejected(f"{operation.name}: {draft.path} would no longer parse; replace whole lines")
    return Updated(made, Step.EXACT)


def _several(draft: Draft, operation: Replace, parts: list[int]) -> Rejected:
    text, lines = "\n".join(draft.lines), draft.lines
    numbers = list(dict.fromkeys(text.count("\n", 0, part) for part in parts))
    shown = tuple(Candidate(draft.path, n + 1, n + 1, lines[n][:200], 1.0) for n in numbers)
    where = ", ".join(str(n + 1) for n in numbers)
    return Rejected(f"{operation.name}: old_str stands at several places (lines {where}); send more around it", shown)
