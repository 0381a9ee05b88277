"""The claims of the last reviews, each at its lines while these are as they were read.

A claim moves along with its lines. It is hidden while one of them is changed, and there again once they are back, as
after an undo. One about a file that is opened later is looked for then, by the first and last line that it quotes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lsprotocol.types import Position
from pygls.uris import from_fs_path

from suffice_server.front.text.anchors import UnchangedEnds, unchanged_ends
from suffice_server.front.text.documents import Document
from suffice_server.front.text.places import Place
from suffice_server.values import Claim

_ID_BYTES = 8


class Block(NamedTuple):
    """The lines that a claim is about: how many, and what of them is `known`, by their place, without indentation.

    Nothing is known of one that quotes nothing, until its file is seen: it stands where it says.
    """

    size: int
    known: Mapping[int, str]


class HeldClaim(NamedTuple):
    """A claim with its place now: `first` (1-based) is its first line, 0: it is about no line.

    `sent` is the text that was reviewed, None if its file was not open. `is_shown`: its lines are there.
    """

    id: str
    claim: Claim
    root: Path
    block: Block
    first: int
    sent: Document | None = None
    is_shown: bool = True

    @property
    def last(self) -> int:
        """Its last line (1-based), 0: it is about no line."""
        return self.first and self.first + self.block.size - 1

    @property
    def place(self) -> Place:
        """Its file."""
        return Place(root=self.root, path=self.claim.path)


class _File(NamedTuple):
    """The claims about one file, placed in one version of its text; None while it is not open."""

    document: Document | None
    held: tuple[HeldClaim, ...]


class Claims:
    """The claims of the last review of each kind, by folder and file."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}

    def keep(
        self, claims: Sequence[Claim], *, root: Path, sent: Mapping[str, Document], replaced: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """Keep *claims* about files under *root*, in the place of those with the ids *replaced*; return their ids.

        *sent* are the texts that were open, by path.
        """
        for number in replaced:
            self.drop(number)
        made = [_held(claim, root, sent.get(claim.path)) for claim in claims if _is_inside(claim.path)]
        by_file: defaultdict[str, dict[str, HeldClaim]] = defaultdict(dict)
        for held in made:
            by_file[_key(held.place)][held.id] = held
        for key, new in by_file.items():
            self._add(key, tuple(new.values()))
        return tuple(held.id for held in made)

    def _add(self, key: str, new: tuple[HeldClaim, ...]) -> None:
        sent = new[0].sent
        read = _File(sent, tuple(_found_again(held, sent) for held in new) if sent else new)
        now, older = self._files.get(key, _File(sent, ()))
        placed = read.held if now is None or now is sent else _moved(read, now)
        known = {held.id for held in placed}
        self._files[key] = _File(now, (*(held for held in older if held.id not in known), *placed))

    def of(self, document: Document) -> tuple[HeldClaim, ...]:
        """Return the claims that are shown in *document*."""
        if not self._files or document.place is None:
            return ()
        key = _key(document.place)
        file = self._files.get(key)
        if file is None:
            return ()
        if file.document is not document:
            file = self._files[key] = _File(document, _moved(file, document))
        return tuple(held for held in file.held if held.is_shown)

    def at(self, document: Document, position: Position) -> tuple[HeldClaim, ...]:
        """Return the claims on the line of *position*; those about no line are on the first."""
        line = position.line + 1
        return tuple(held for held in self.of(document) if max(held.first, 1) <= line <= max(held.last, 1))

    def closed(self) -> dict[str, tuple[HeldClaim, ...]]:
        """Return the claims about files that are not open, by uri."""
        files = (file.held for file in self._files.values() if file.document is None)
        return {_uri(held[0].place): held for held in files}

    def close(self, document: Document) -> None:
        """Take note that *document* is no longer open."""
        file = self._files.get(_key(document.place)) if document.place and self._files else None
        if file is not None and document.place is not None:
            shown = tuple(held._replace(is_shown=True) for held in file.held)
            self._files[_key(document.place)] = _File(None, shown)

    def get(self, number: str) -> HeldClaim | None:
        """Return the claim with the id *number*, None if it is not held."""
        return next((held for file in self._files.values() for held in file.held if held.id == number), None)

    def drop(self, number: str) -> HeldClaim | None:
        """Return the claim with the id *number*, from now on no longer held; None if it was not."""
        dropped = self.get(number)
        if dropped is not None:
            key = _key(dropped.place)
            file = self._files.pop(key)
            rest = tuple(held for held in file.held if held.id != number)
            if rest:
                self._files[key] = file._replace(held=rest)
        return dropped


def _key(place: Place) -> str:
    return str(place.root / place.path)


def _uri(place: Place) -> str:
    return from_fs_path(str(place.root / place.path)) or ""


def _is_inside(path: str) -> bool:
    """Whether *path* names a file under its folder: part of it is a model's word."""
    parts = PurePosixPath(path)
    return bool(parts.parts) and not parts.is_absolute() and ".." not in parts.parts and "\0" not in path


def _held(claim: Claim, root: Path, sent: Document | None) -> HeldClaim:
    named = (claim.path, claim.category, claim.title, claim.first_line, claim.work.fingerprint)
    number = blake2b(repr(named).encode("utf-8", "surrogatepass"), digest_size=_ID_BYTES).hexdigest()
    size = max(claim.end_line - claim.start_line, 0) + 1
    quoted = {size - 1: claim.last_line.strip(), 0: claim.first_line.strip()}
    known = quoted if any(quoted.values()) else {}
    return HeldClaim(number, claim, root, Block(size, known), max(claim.start_line, 0), sent)


def _moved(file: _File, document: Document) -> tuple[HeldClaim, ...]:
    """Return the claims of *file* as they stand in *document*, a newer version of its text."""
    if file.document is None:
        return tuple(_found_again(held, document) for held in file.held)
    ends = unchanged_ends(file.document.lines, document.lines)
    behind = ends.tail_from + ends.shift
    biggest = max(held.block.size for held in file.held)
    places = _places_of(document.lines, max(0, ends.head - biggest + 1), behind)
    return tuple(_moved_one(held, ends, document, places) for held in file.held)


def _moved_one(
    held: HeldClaim, ends: UnchangedEnds, document: Document, places: Callable[[str], Sequence[int]]
) -> HeldClaim:
    if not held.first:
        return held
    is_below = held.first > ends.tail_from
    if held.is_shown and (held.last <= ends.head or is_below):
        return held._replace(first=held.first + ends.shift) if is_below else held
    found = None
    if held.block.known:
        found = _nearest(held, document.lines, places(held.block.known[0]), least=ends.head - held.block.size + 1)
    if found is not None:
        return held._replace(first=found, is_shown=True)
    rest = held.first + ends.shift if is_below else min(held.first, ends.head + 1)
    return held._replace(first=rest, is_shown=False)


def _found_again(held: HeldClaim, document: Document) -> HeldClaim:
    """Return *held* as it stands in *document*, of which no version was seen before: with all of its lines known."""
    if not held.first:
        return held
    found: int | None = held.first if held.last <= len(document.lines) else None
    if held.block.known:
        places = _places_of(document.lines, 0, len(document.lines))
        found = _nearest(held, document.lines, places(held.block.known[0]), least=0)
    if found is None:
        return held._replace(is_shown=False)
    lines = document.lines[found - 1 : found - 1 + held.block.size]
    block = Block(held.block.size, {number: line.strip() for number, line in enumerate(lines)})
    return held._replace(first=found, block=block, is_shown=True)


def _places_of(lines: Sequence[str], start: int, end: int) -> Callable[[str], Sequence[int]]:
    """Return what tells on which of *lines* from *start* to *end* (0-based) some content stands; it reads them once."""
    read: dict[str, list[int]] = {}

    def places(content: str) -> Sequence[int]:
        if not read:
            read.setdefault("", [])
            for number in range(start, min(end, len(lines))):
                read.setdefault(lines[number].strip(), []).append(number)
        return read.get(content, ())

    return places


def _nearest(held: HeldClaim, lines: Sequence[str], places: Sequence[int], *, least: int) -> int | None:
    """Return the line (1-based) nearest to that of *held* where its whole block stands, from *least* (0-based) on."""
    near = sorted((place for place in places if place >= least), key=lambda place: abs(place + 1 - held.first))
    return next((place + 1 for place in near if _stands_at(held.block, lines, place)), None)


def _stands_at(block: Block, lines: Sequence[str], place: int) -> bool:
    if place + block.size > len(lines):
        return False
    return all(lines[place + number].strip() == line for number, line in block.known.items())
