"""What is reviewed: two versions of some files, and the hunks between them.

What cannot be looked at is named with its reason; nothing is left out silently, and no hunk is ever cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from suffice.edits.line_diff import Run, differing_runs
from suffice.edits.operation import Mark
from suffice.errors import InputError
from suffice.positions import split_lines
from suffice.review.hunks.cutting import MOST_LINE_CHARS, pieces, together
from suffice.review.hunks.enclosing import Definition, definitions, holding
from suffice.review.hunks.hunk import DiffLine, Fate, Hunk
from suffice.snapshot import Snapshot
from suffice.targets import NotLookedAt

_ID_DIGITS = 12


class ChangedFile(NamedTuple):
    """A file that a change touches: where it stands afterwards, and where it stood before if that was elsewhere.

    A created file is in the snapshot after it alone, a deleted one in that before it alone, under `path`.
    """

    path: str
    old_path: str | None = None

    @property
    def before(self) -> str:
        """Where it stood before."""
        return self.old_path or self.path


class Change(NamedTuple):
    """Both versions of the files that are to be reviewed; `title` is what its author calls it."""

    before: Snapshot
    after: Snapshot
    files: tuple[ChangedFile, ...]
    title: str = ""


def change_of_texts(before: Mapping[str, str], after: Mapping[str, str], *, title: str = "") -> Change:
    """Return the change between two sets of texts (path: text), of those files that differ."""
    differing = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    files = tuple(map(ChangedFile, differing))
    return Change(Snapshot.of_texts(before), Snapshot.of_texts(after), files, title)


def hunks_of(change: Change, *, context_lines: int = 3) -> tuple[tuple[Hunk, ...], tuple[NotLookedAt, ...]]:
    """Return the hunks of *change* in the order of its files, and the files that cannot be looked at.

    A file is named among the latter, too, if some of its hunks hold a line that is too long to be shown.
    """
    found: list[Hunk] = []
    left_out: list[NotLookedAt] = []
    for file in dict.fromkeys(change.files):
        sides = _sides(file, change)
        if isinstance(sides, NotLookedAt):
            left_out.append(sides)
            continue
        hunks = list(sides.hunks(context_lines))
        readable = [hunk for hunk in hunks if not _is_too_wide(hunk)]
        found += readable
        if len(readable) < len(hunks):
            reason = f"{len(hunks) - len(readable)} of its hunks hold a line of over {MOST_LINE_CHARS:,} characters"
            left_out.append(NotLookedAt(file.path, reason))
    return tuple(_with_ids(found)), tuple(left_out)


class _Sides(NamedTuple):
    """A file before and after, None where it is not there."""

    file: ChangedFile
    before: str | None
    after: str | None

    def hunks(self, context_lines: int) -> Iterator[Hunk]:
        old, new = split_lines(self.before or ""), split_lines(self.after or "")
        defined = definitions(self.after or "", self.file.path)
        if self.after is None:
            groups: Sequence[tuple[Run, ...]] = ((Run(0, len(old), 0, 0),),)
        else:
            runs = [piece for run in differing_runs(old, new) for piece in pieces(run, new, defined)]
            groups = together(runs, new, defined, most_between=2 * context_lines)
        ends = [0, *(group[-1].b2 for group in groups)]
        starts = [*(group[0].b1 for group in groups[1:]), len(new)]
        for group, above, below in zip(groups, ends, starts, strict=False):
            room = min(context_lines, group[0].b1 - above), min(context_lines, below - group[-1].b2)
            yield self._hunk(_lines(group, old, new, room), _around(group, (old, new), defined))

    def _hunk(self, lines: Iterator[DiffLine], around: Sequence[Definition]) -> Hunk:
        return Hunk(
            id="",
            path=self.file.path,
            old_path=self.file.before,
            lines=tuple(lines),
            around=tuple(definition.header for definition in around),
            definition=(around[-1].first, around[-1].last) if around else None,
            fate=Fate.DELETED if self.after is None else Fate.CREATED if self.before is None else Fate.CHANGED,
        )


def _sides(file: ChangedFile, change: Change) -> _Sides | NotLookedAt:
    before, after = _text(change.before, file.before), _text(change.after, file.path)
    unreadable = next((side for side in (before, after) if side.flaw), None)
    if unreadable or before.text is after.text is None:
        return NotLookedAt(file.path, unreadable.flaw if unreadable else after.missing)
    if before.text == after.text:
        renamed = ", only its name differs" if file.before != file.path else ""
        return NotLookedAt(file.path, f"its text is the same{renamed}")
    is_empty = not (before.text or after.text)
    return NotLookedAt(file.path, "it is empty") if is_empty else _Sides(file, before.text, after.text)


class _Text(NamedTuple):
    """The text of a file: what is wrong with one that is there, or what was said of one that is `missing`."""

    text: str | None = None
    flaw: str = ""
    missing: str = ""


def _text(snapshot: Snapshot, path: str) -> _Text:
    # It is read before it is asked for: a snapshot with other texts on top of a folder does not know what exists there.
    try:
        return _Text(snapshot.text(path))
    except InputError as error:
        # What to do about it is said to whoever named the file; nobody did.
        why = f"it {str(error).removeprefix(f'{path} ').partition(';')[0]}"
        return _Text(flaw=why) if snapshot.exists(path) else _Text(missing=why)


def _around(
    runs: Sequence[Run], texts: tuple[Sequence[str], Sequence[str]], defined: Sequence[Definition]
) -> tuple[Definition, ...]:
    """Return the definitions that hold all of *runs* in the new text; lines that are gone lie below the one above."""
    old, new = texts
    first = runs[0].b1 + (runs[0].b2 > runs[0].b1)
    around = holding(defined, max(first, 1), max(runs[-1].b2, 1))
    if any(run.b2 > run.b1 for run in runs):
        return around
    inside = min((_indent(line) for run in runs for line in old[run.a1 : run.a2] if line.strip()), default=0)
    return tuple(definition for definition in around if _indent(new[definition.first - 1]) < inside)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _lines(runs: Sequence[Run], old: Sequence[str], new: Sequence[str], room: tuple[int, int]) -> Iterator[DiffLine]:
    """Yield the lines of *runs*, those between them, and as many around them as there is *room* above and below."""
    above, below = room
    yield from _kept(runs[0].a1, runs[0].b1, new, range(-above, 0))
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        for number in range(run.a1, run.a2):
            yield DiffLine(Mark.DROP, _bare(old[number]), number + 1, None)
        for number in range(run.b1, run.b2):
            yield DiffLine(Mark.ADD, _bare(new[number]), None, number + 1)
        yield from _kept(run.a2, run.b2, new, range(following.b1 - run.b2 if following else below))


def _kept(a: int, b: int, new: Sequence[str], offsets: range) -> Iterator[DiffLine]:
    for offset in offsets:
        text = _bare(new[b + offset])
        if len(text) <= MOST_LINE_CHARS:  # none longer lies between two runs of a hunk
            yield DiffLine(Mark.KEEP, text, a + offset + 1, b + offset + 1)


def _bare(line: str) -> str:
    return line.rstrip("\r\n")


def _is_too_wide(hunk: Hunk) -> bool:
    return any(len(line.text) > MOST_LINE_CHARS for line in hunk.lines)


def _with_ids(hunks: Sequence[Hunk]) -> Iterator[Hunk]:
    """Yield *hunks* with ids: made of path and changed lines, and of which it is where these stand several times."""
    seen: Counter[str] = Counter()
    for hunk in hunks:
        changed = (f"{line.mark}{line.text}" for line in hunk.lines if line.mark is not Mark.KEEP)
        content = "\n".join((hunk.path, *changed))
        seen[content] += 1
        digest = sha256(f"{seen[content]}\n{content}".encode("utf-8", errors="surrogatepass"))
        yield hunk._replace(id=digest.hexdigest()[:_ID_DIGITS])
