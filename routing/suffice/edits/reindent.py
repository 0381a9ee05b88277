"""Other indentations for new lines, tried where a Python file that parsed does not parse any more.

The reply's indentation is then wrong by itself: its first line lost it, or all lines have that of somewhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from suffice.edits.draft import Draft
from suffice.edits.placing.page import Page
from suffice.edits.placing.place import Place
from suffice.edits.placing.shift import indent_of, shift_between
from suffice.edits.rebase import Indent, Run
from suffice.outline import parse

_PYTHON = (".py", ".pyi")

Parses: TypeAlias = Callable[[Draft, Draft], bool]
"""Whether a file before may become the file after, as far as its syntax goes."""


def still_parses(before: Draft, after: Draft) -> bool:
    """Whether a Python file parses after as it did before; true for other languages, whose layout means nothing."""
    return not before.path.endswith(_PYTHON) or parse(after.text) is not None or parse(before.text) is None


def unasked(_: Draft, __: Draft) -> bool:
    """Let anything pass: between two calls of a reply a file may be anything."""
    return True


def _as_sent(run: Run, _: Place, __: Page) -> tuple[str, ...]:
    return run.new


def _first_line_moved(run: Run, _: Place, page: Page) -> tuple[str, ...]:
    """Return the new lines as they were sent, but the first with the indentation of the place."""
    return _moved_from(run, page, last=_first_text(run.new) + 1)


def _moved_as_a_whole(run: Run, _: Place, page: Page) -> tuple[str, ...]:
    """Return the new lines moved so that the first has the indentation of the place."""
    return _moved_from(run, page, last=len(run.new))


def _moved_as_the_line_below(run: Run, place: Place, page: Page) -> tuple[str, ...]:
    """Return the new lines moved so that the first is indented as the line below."""
    return _moved_as_a_whole(run._replace(dropped=(), above=None), place, page)


def _moved_from(run: Run, page: Page, *, last: int) -> tuple[str, ...]:
    first = _first_text(run.new)
    if first == len(run.new) or not run.beside:
        return run.new
    own = indent_of(page.lines[run.beside[0]])
    shift = shift_between([(run.new[first], f"{own}x")])
    return run.new if shift is None else (*(shift.line(text) for text in run.new[:last]), *run.new[last:])


def _first_text(lines: Sequence[str]) -> int:
    return next((n for n, line in enumerate(lines) if line.strip()), len(lines))


OTHER_INDENTS: tuple[Indent, ...] = (_first_line_moved, _moved_as_a_whole, _moved_as_the_line_below, _as_sent)
