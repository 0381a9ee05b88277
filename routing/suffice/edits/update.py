"""What the hunks of a reply make of one file: all of them are found on the same text, and all are made or none."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from suffice.edits.applied import Rejected, Step
from suffice.edits.draft import Draft
from suffice.edits.operation import Hunk
from suffice.edits.placing.choose import Chosen, anchor_scope, choose
from suffice.edits.placing.elided import left_out
from suffice.edits.placing.locate import places_of
from suffice.edits.placing.nearest import nearest, several
from suffice.edits.placing.page import Page
from suffice.edits.placing.place import Place
from suffice.edits.rebase import Indent, Splice, as_the_place, rebased
from suffice.edits.reindent import OTHER_INDENTS, Parses, still_parses

MOST_HUNKS = 500
"""No honest reply changes a file at more places. Our own number."""


class Updated(NamedTuple):
    """A file after one operation, how far the search had to go, and what decided."""

    draft: Draft
    step: Step
    notes: tuple[str, ...] = ()


class _Found(NamedTuple):
    """A hunk and its place; None where it only adds lines, at `start`."""

    hunk: Hunk
    place: Place | None
    start: int = 0


def updated(draft: Draft, hunks: Sequence[Hunk], *, parses: Parses = still_parses) -> Updated | Rejected:
    """Return what *hunks* make of *draft*, where that *parses*."""
    if len(hunks) > MOST_HUNKS:
        return Rejected(f"{draft.path} has {len(hunks)} edits, more than {MOST_HUNKS}; send fewer and larger ones")
    for hunk in hunks:
        lazy = left_out(hunk)
        if lazy is not None:
            return Rejected(f"{hunk.name} of {draft.path} leaves lines out ({lazy.strip()[:40]!r}); write them all")
    page = Page(draft.path, draft.lines)
    found = _found(hunks, draft, page)
    if isinstance(found, Rejected):
        return found
    notes = tuple(note for _, note in found if note)
    return _made(draft, [each for each, _ in found], page, notes=notes, parses=parses)


def _found(hunks: Sequence[Hunk], draft: Draft, page: Page) -> list[tuple[_Found, str]] | Rejected:
    """Return where each hunk stands and what decided; Rejected for the first that cannot be placed."""
    chosen = choose(hunks, [places_of(hunk, page) for hunk in hunks], page)
    found: list[tuple[_Found, str]] = []
    for hunk, own in zip(hunks, chosen, strict=True):
        if isinstance(own, Chosen):
            found.append((_Found(hunk, own.place), own.note))
            continue
        start = _start_of_addition(hunk, page) if not hunk.old or not _has_text((*hunk.old, *page.lines)) else None
        if start is None:
            earlier = [each for each, _ in found]
            return _stale(hunk, earlier, draft, page) or _unplaced(hunk, own.places, page)
        found.append((_Found(hunk, None, start), ""))
    return found


def _start_of_addition(hunk: Hunk, page: Page) -> int | None:
    """Return before which line a hunk without old lines puts its new ones, None where it does not say."""
    if not _has_text(page.lines):
        return len(page.lines)
    if hunk.at_end:
        return len(page.lines)
    scope = anchor_scope(hunk.anchors, page)
    return scope.start + 1 if scope is not None else None


def _has_text(lines: Sequence[str]) -> bool:
    return any(line.strip() for line in lines)


def _stale(hunk: Hunk, earlier: Sequence[_Found], draft: Draft, page: Page) -> Rejected | None:
    """Return why *hunk* stands nowhere if it only speaks of what *earlier* ones leave, None if it does not."""

    def stands_after(count: int) -> bool:
        splices = _splices(earlier[:count], page, as_the_place)
        if isinstance(splices, Rejected):
            return False
        return bool(places_of(hunk, Page(page.path, draft.spliced(splices).lines)))

    if not hunk.old or not earlier or stands_after(0) or not stands_after(len(earlier)):
        return None
    needed = earlier[bisect_left(range(1, len(earlier)), x=True, key=stands_after)].hunk.name
    kind = hunk.name.partition(" ")[0]
    return Rejected(
        f"{hunk.name} of {page.path}: its lines stand nowhere in the file;"
        f" each {kind} is held against the file as it was; join it with {needed}"
    )


def _unplaced(hunk: Hunk, places: Sequence[Place], page: Page) -> Rejected:
    name = f"{hunk.name} of {page.path}"
    if not hunk.old:
        return Rejected(f"{name} says no place for its new lines; send a line or two that stand beside them")
    if not _has_text(hunk.old):
        reason = f"{name} has only blank lines to find; send a line with text beside the change"
        return Rejected(reason, several(places, page))
    if places:
        where = ", ".join(dict.fromkeys(str(place.start + 1) for place in places))
        reason = f"{name}: its lines stand at several places (lines {where}); send more lines around the one you mean"
        return Rejected(reason, several(places, page))
    reason = f"{name}: its lines stand nowhere in the file; send them exactly as they are there"
    return Rejected(reason, nearest(hunk.old, page))


def _made(
    draft: Draft, found: Sequence[_Found], page: Page, *, notes: tuple[str, ...], parses: Parses
) -> Updated | Rejected:
    """Return *draft* with all edits made; a Python file that no longer parses is tried with other indents."""
    step = max((each.place.step for each in found if each.place), key=list(Step).index, default=Step.EXACT)
    splices = _splices(found, page, as_the_place)
    if isinstance(splices, Rejected):
        return splices
    made = _spliced(draft, splices, found)
    if parses(draft, made):
        return Updated(made, step, notes)
    for indent in OTHER_INDENTS:
        for variant in _variants(found, page, indent):
            other = _spliced(draft, variant, found)
            if parses(draft, other):
                return Updated(other, step, (*notes, f"new lines of {draft.path} got another indentation to parse"))
    names = ", ".join(each.hunk.name for each in found)
    return Rejected(
        f"{draft.path} would no longer parse after {names}; check the indentation and brackets of the new lines"
    )


def _spliced(draft: Draft, splices: Sequence[Splice], found: Sequence[_Found]) -> Draft:
    said = [each.hunk.final_newline for each in found if each.hunk.final_newline is not None]
    return draft.spliced(splices, final_newline=said[-1] if said else None)


def _splices(found: Sequence[_Found], page: Page, *indents: Indent) -> list[Splice] | Rejected:
    """Return the changes of all hunks, in order; *indents* has one for each hunk, or one for all."""
    own = indents if len(indents) == len(found) else indents[:1] * len(found)
    splices: list[tuple[Splice, str]] = []
    for each, indent in zip(found, own, strict=True):
        if each.place is None:
            splices.append((Splice(each.start, each.start, each.hunk.new), each.hunk.name))
            continue
        made = rebased(each.hunk, each.place, page, indent=indent)
        if made is None:
            name = f"{each.hunk.name} of {page.path}"
            return Rejected(f"{name} does not say beside which line its new lines go; send that line too")
        splices += ((splice, each.hunk.name) for splice in made)
    splices.sort()
    for (one, name), (other, other_name) in pairwise(splices):
        if one.collides(other):
            return Rejected(f"{name} and {other_name} change the same lines of {page.path}; send them as one edit")
    return [splice for splice, _ in splices]


def _variants(found: Sequence[_Found], page: Page, indent: Indent) -> Iterator[list[Splice]]:
    """Yield the changes with *indent* for all hunks and, where there are a few, for one of them."""
    choices: list[tuple[Indent, ...]] = [(indent,)]
    if 1 < len(found) <= _FEW:
        choices += [tuple(indent if n == m else as_the_place for m in range(len(found))) for n in range(len(found))]
    for choice in choices:
        splices = _splices(found, page, *choice)
        if not isinstance(splices, Rejected):
            yield splices


_FEW = 4
