"""What is shown of the places of an edit: the file if it fits, else what is selected and what is around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from suffice.checker.file_roles import is_python
from suffice.context.definitions import statements_around
from suffice.context.parts import LABEL_TOKENS, VERBATIM, Room, Why, part_of
from suffice.errors import InputError
from suffice.index.index import Index
from suffice.index.symbols import What
from suffice.index.texts import nearness
from suffice.lanes import estimate_tokens
from suffice.outline import outline
from suffice.snapshot import Snapshot, SourceFile
from suffice.task import Place

MOST_FILES = 200
"""Of a folder: no budget holds more, and each is read to be weighed."""

_MOST_IMPORT_LINES = 40
_MOST_HEADER_LINES = 8


class Target(NamedTuple):
    """A file that an edit is about, and the selected lines (1-based, inclusive) in it; none: all of it."""

    file: SourceFile
    selected: tuple[tuple[int, int], ...]
    is_named: bool = True

    @property
    def regions(self) -> tuple[tuple[int, int], ...]:
        """The lines that the edit is about, all of the file where none are selected."""
        return self.selected or ((1, max(1, self.file.index.count)),)

    @property
    def selected_tokens(self) -> int:
        """What must be sent, whatever the budget."""
        return sum(estimate_tokens(self.file.index.text(*lines)) + LABEL_TOKENS for lines in self.selected)


def targets_of(places: Sequence[Place], *, snapshot: Snapshot, index: Index, room: Room) -> tuple[Target, ...]:
    """Return the files at *places*, those of a folder one by one; the room notes what cannot be read."""
    found: dict[str, Target] = {}
    for place in places:
        for path in _paths(place, snapshot, index, room):
            try:
                file = snapshot.file(path)
            except InputError as error:
                room.left_out.append(str(error))
                continue
            if path != place.path and not file.text.strip():
                continue
            before = found.get(path, Target(file, (), is_named=False))
            lines = _selected(place, file)
            selected = tuple(dict.fromkeys((*before.selected, *lines)))
            found[path] = Target(file, selected, is_named=before.is_named or path == place.path)
    return tuple(found.values())


def _paths(place: Place, snapshot: Snapshot, index: Index, room: Room) -> list[str]:
    if place.path in index.paths:
        return [place.path]
    folder = f"{place.path.rstrip('/')}/" if place.path not in {"", "."} else ""
    inside = sorted((path for path in index.paths if path.startswith(folder)), key=nearness(f"{folder}x"))
    if len(inside) > MOST_FILES:
        room.left_out.append(f"{len(inside) - MOST_FILES} more files below {place.path}")
    if not inside:
        reason = "may not be read" if snapshot.exists(place.path) else "is not there yet"
        room.left_out.append(f"{place.path} {reason}")
    return inside[:MOST_FILES]


def _selected(place: Place, file: SourceFile) -> tuple[tuple[int, int], ...]:
    if place.first is None and place.last is None:
        return ()
    count = max(1, file.index.count)
    first = min(max(1, place.first or 1), count)
    return ((first, max(first, min(place.last or count, count))),)


def show_targets(targets: Sequence[Target], *, index: Index, room: Room, half_tokens: int) -> None:
    """Put *targets* into the room: whole within *half_tokens* for all, else what is selected and what is around it.

    Of the room, what is selected must have been taken already.
    """
    narrowed = []
    for target in sorted(targets, key=lambda one: not one.is_named):
        file, reserved = target.file, target.selected_tokens
        whole = part_of(file.path, target._replace(selected=()).regions[0], Why.FILE, file.text)
        cost = whole.tokens + LABEL_TOKENS
        is_selected = target.is_named and not target.selected
        if cost <= half_tokens and cost - reserved <= room.left:
            room.left += max(0, reserved - cost)
            room.put(whole, reserved_tokens=reserved)
            half_tokens -= cost
        elif is_selected and cost <= room.left:
            room.put(whole._replace(why=Why.SELECTION))
        else:
            narrowed.append(target)
            half_tokens -= _show_selected(target, index, room, half_tokens)
    least = room.left // 2
    for target in narrowed:
        if target.is_named or room.left > least:
            _show_around(target, index, room)
    unnamed = sum(not target.is_named for target in narrowed)
    if unnamed:
        room.left_out.append(f"{unnamed} files of the folders, but for their outlines as far as there is room")


def _show_selected(target: Target, index: Index, room: Room, most_tokens: int) -> int:
    """Put what is selected into the room, with the function around it if that fits; return its tokens."""
    file, taken = target.file, 0
    for lines in target.selected:
        selection = part_of(file.path, lines, Why.SELECTION, file.index.text(*lines))
        reserved = selection.tokens + LABEL_TOKENS
        if room.shows(file.path, *lines):
            room.left += reserved
            continue
        block = next(_functions(file, lines, index), None)
        part = part_of(file.path, block, Why.ENCLOSING, file.index.text(*block)) if block else selection
        if part.tokens + LABEL_TOKENS > min(most_tokens - taken, room.left + reserved):
            part = selection
        room.put(part, reserved_tokens=reserved)
        taken += part.tokens + LABEL_TOKENS
    return taken


def _functions(file: SourceFile, lines: tuple[int, int], index: Index) -> Iterator[tuple[int, int]]:
    """Yield the lines of the functions that hold more than *lines*, the outermost first."""
    blocks = statements_around(file, *lines)
    if blocks is not None:
        found = [(block.first, block.last) for block in blocks if block.name and not block.is_class]
    else:
        symbols = index.symbols(file.path).around(*lines)
        found = [(one.first, one.last) for one in symbols if one.what in {What.FUNCTION, What.METHOD}]
    yield from (held for held in found if held != lines)


def _show_around(target: Target, index: Index, room: Room) -> None:
    """Offer the headers around what is selected, the imports and the outline of a file that is not shown whole."""
    file, count = target.file, max(1, target.file.index.count)
    shown = [(one.first, one.last) for one in room.parts if one.path == file.path and one.why in VERBATIM]
    for lines in shown:
        room.offer(part_of(file.path, (1, max(1, lines[0] - 1)), Why.HEADERS, _headers(file, lines, index)))
    room.offer(part_of(file.path, (1, count), Why.IMPORTS, _imports(file, index)))
    room.offer(part_of(file.path, (1, count), Why.OUTLINE, _outline(file, index, room.left // 4)))
    if target.is_named and not target.selected:
        tokens = estimate_tokens(file.text)
        room.left_out.append(f"{file.path} is about {tokens} tokens and not shown whole; select the lines to edit")


def _headers(file: SourceFile, lines: tuple[int, int], index: Index) -> str:
    """Return the opening lines of the definitions around *lines*, outermost first."""
    blocks = statements_around(file, *lines)
    if blocks is not None:
        above = [b for b in blocks if b.name and b.line < lines[0]]
        ends = [min(max(b.line, b.children[0].first - 1), b.line + _MOST_HEADER_LINES - 1) for b in above]
        return "".join(file.index.text(b.line, end) for b, end in zip(above, ends, strict=True))
    return "\n".join(one.header for one in index.symbols(file.path).around(*lines) if one.line < lines[0])


def _imports(file: SourceFile, index: Index) -> str:
    outlined = outline(file.text) if is_python(file.path) else None
    numbers = sorted({one.line for one in index.symbols(file.path).imports})
    text = outlined.imports if outlined else "".join(file.index.text(n, n) for n in numbers)
    lines = text.splitlines(keepends=True)
    return text if len(lines) <= _MOST_IMPORT_LINES else "".join([*lines[:_MOST_IMPORT_LINES], "...\n"])


def _outline(file: SourceFile, index: Index, most_tokens: int) -> str:
    """Return the first line of each definition of the file, as many as *most_tokens* hold."""
    shown: list[str] = []
    left = most_tokens - LABEL_TOKENS - 2
    for one in index.symbols(file.path).definitions:
        line = file.index.text(one.line, one.line).rstrip()[:160]
        left -= estimate_tokens(f"{line}\n")
        if left < 0:
            return "\n".join([*shown, "..."])
        shown.append(line)
    return "\n".join(shown)
