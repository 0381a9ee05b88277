"""The unified diff, out: the form in which people, git and other tools see a patch.

Minimal hunks with git's headers and git's names; what is written is parsed again by unidiff before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from suffice.edits.edit import FileChange, flaw_of
from suffice.edits.git_names import quoted
from suffice.edits.line_diff import Run, differing_runs, git_lines, has_lone_cr, trimmed
from suffice.errors import InputError

CONTEXT_LINES = 3
"""Unchanged lines around a change, as git has it."""

_NO_NEWLINE = "\\ No newline at end of file\n"
_NOWHERE = "/dev/null"


def unified_diff(changes: Iterable[FileChange]) -> str:
    """Return *changes* as one diff that `git apply` takes. Raises InputError for a text that is none."""
    written = [_FileDiff(change) for change in changes if _differs(change)]
    text = "".join(diff.text() for diff in written)
    if text:
        _parsed_again(text, written)
    return text


def _differs(change: FileChange) -> bool:
    return change.before != change.after or change.target != change.path


def _parsed_again(text: str, written: Sequence[_FileDiff]) -> None:
    """Raise AssertionError unless unidiff, which knows nothing of us, reads in *text* what we meant to write."""
    from unidiff.patch import PatchSet

    read = [(file.source_file, file.target_file, len(file), file.removed, file.added) for file in PatchSet(text)]
    if read != [diff.summary() for diff in written]:
        raise AssertionError("a diff that suffice wrote is read as another one")


class _FileDiff:
    """The diff of one file."""

    def __init__(self, change: FileChange) -> None:
        flaw = flaw_of(change)
        if flaw:
            raise InputError(f"{flaw}.")
        mark = "\ufeff" if change.bom else ""
        self._change = change
        self._old = git_lines(mark + change.before) if change.before is not None else ()
        self._new = git_lines(mark + change.after) if change.after is not None else ()
        self._runs = _runs(change, self._old, self._new, mark)
        self._groups = list(_groups(self._runs))
        self._source = quoted(f"a/{change.path}")
        self._target = quoted(f"b/{change.target}")

    def text(self) -> str:
        """Return header and hunks."""
        return "".join((*self._header(), *(_hunk(group, self._old, self._new) for group in self._groups)))

    def summary(self) -> tuple[str, str, int, int, int]:
        """Return both names, and how many hunks, removed and added lines there are."""
        source = _NOWHERE if self._change.before is None else self._source
        target = _NOWHERE if self._change.after is None else self._target
        removed, added = sum(run.a2 - run.a1 for run in self._runs), sum(run.b2 - run.b1 for run in self._runs)
        return source, target, len(self._groups), removed, added

    def _header(self) -> Iterable[str]:
        change = self._change
        yield f"diff --git {self._source} {self._target}\n"
        if change.before is None:
            yield "new file mode 100644\n"
        if change.after is None:
            yield "deleted file mode 100644\n"
        if change.target != change.path:
            yield f"similarity index {self._similarity()}%\n"
            yield f"rename from {quoted(change.path)}\nrename to {quoted(change.target)}\n"
        if self._runs:
            source, target, *_ = self.summary()
            yield f"--- {_ended(source)}\n+++ {_ended(target)}\n"

    def _similarity(self) -> int:
        """Return how much of the larger side (percent, by characters) stands on both."""
        if not self._runs:
            return 100
        size = sum(map(len, self._old))
        gone = sum(len(line) for run in self._runs for line in self._old[run.a1 : run.a2])
        return min(99, 100 * (size - gone) // max(size, sum(map(len, self._new)), 1))


def _ended(name: str) -> str:
    """Return *name* as it stands after `--- `: a blank in it would be its end to some, so git adds a tab."""
    return f"{name}\t" if " " in name else name


def _runs(change: FileChange, old: Sequence[str], new: Sequence[str], mark: str) -> tuple[Run, ...]:
    """Return the runs that differ: from the change's own line edits where its lines are git's lines."""
    edits = change.known_edits
    texts = [change.before or "", change.after or "", *(edit.new_text for edit in edits or ())]
    if edits is None or mark or any(map(has_lone_cr, texts)):
        return differing_runs(old, new)
    runs: list[Run] = []
    shift = 0
    for edit in edits:
        a1, a2 = edit.start_line - 1, edit.end_line
        b1, b2 = a1 + shift, a1 + shift + len(git_lines(edit.new_text))
        shift += (b2 - b1) - (a2 - a1)
        run = trimmed(Run(a1, a2, b1, b2), old, new)
        if run.a1 < run.a2 or run.b1 < run.b2:
            runs.append(run)
    return tuple(runs)


def _groups(runs: Iterable[Run]) -> Iterable[list[Run]]:
    """Yield runs that share context lines together."""
    group: list[Run] = []
    for run in runs:
        if group and run.a1 - group[-1].a2 > 2 * CONTEXT_LINES:
            yield group
            group = []
        group.append(run)
    if group:
        yield group


def _hunk(group: Sequence[Run], old: Sequence[str], new: Sequence[str]) -> str:
    first, last = group[0], group[-1]
    before = min(CONTEXT_LINES, first.a1)
    after = min(CONTEXT_LINES, len(old) - last.a2)
    old_range, new_range = (first.a1 - before, last.a2 + after), (first.b1 - before, last.b2 + after)
    parts = [f"@@ -{_range(*old_range)} +{_range(*new_range)} @@\n"]
    line = first.a1 - before
    for run in group:
        parts += _marked(" ", old[line : run.a1])
        parts += _marked("-", old[run.a1 : run.a2])
        parts += _marked("+", new[run.b1 : run.b2])
        line = run.a2
    return "".join((*parts, *_marked(" ", old[line : last.a2 + after])))


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _marked(mark: str, lines: Iterable[str]) -> Iterable[str]:
    return (f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n{_NO_NEWLINE}" for line in lines)
