"""The unified diff, out and in: the form in which people, git and other tools see a patch.

Out: minimal hunks as git prints them, parsed again by unidiff before anybody sees them. In: only what names
its files and hunks and fits the snapshot line by line; nothing is guessed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from suffice.edits.applied import Rejected
from suffice.edits.edit import FileChange
from suffice.errors import InputError
from suffice.snapshot import Snapshot, safe_path

if TYPE_CHECKING:
    from unidiff.patch import Hunk, PatchedFile

CONTEXT_LINES = 3
"""Unchanged lines around a change, as git has it."""

_NO_NEWLINE = "\\ No newline at end of file\n"


def unified_diff(changes: Iterable[FileChange], *, boms: frozenset[str] = frozenset()) -> str:
    """Return *changes* as one diff that `git apply` takes; *boms* are the paths with a byte order mark."""
    text = "".join(_file_diff(change, bom=change.path in boms) for change in changes)
    if text:
        _parsed_again(text)
    return text


def _parsed_again(diff: str) -> None:
    from unidiff.patch import PatchSet

    if not all(len(file) for file in PatchSet(diff)):
        raise AssertionError("a diff that suffice wrote has a file without hunks")


def _file_diff(change: FileChange, *, bom: bool) -> str:
    if change.before == change.after:
        return ""
    mark = "\ufeff" if bom else ""
    old = _git_lines(mark + change.before) if change.before is not None else []
    new = _git_lines(mark + change.after) if change.after is not None else []
    name_a, name_b = _quoted(f"a/{change.path}"), _quoted(f"b/{change.path}")
    header = f"diff --git {name_a} {name_b}\n"
    if change.before is None:
        header += "new file mode 100644\n"
    if change.after is None:
        header += "deleted file mode 100644\n"
    header += f"--- {'/dev/null' if change.before is None else name_a}\n"
    header += f"+++ {'/dev/null' if change.after is None else name_b}\n"
    return header + "".join(_hunks(old, new, _opcodes(change, old, new, mark)))


def _git_lines(text: str) -> list[str]:
    """Return the lines of *text* as git counts them: they end with LF alone."""
    *ended, rest = text.split("\n")
    lines = [f"{line}\n" for line in ended]
    return [*lines, rest] if rest else lines


_Opcode = tuple[str, int, int, int, int]


def _opcodes(change: FileChange, old: list[str], new: list[str], mark: str) -> list[_Opcode]:
    """Return the differing runs of lines, old and new, from the change's own line edits where lines are git's."""
    texts = [change.before or "", change.after or "", *(edit.new_text for edit in change.known_edits or ())]
    if change.known_edits is None or mark or any("\r" in text.replace("\r\n", "") for text in texts):
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        return [code for code in matcher.get_opcodes() if code[0] != "equal"]
    codes: list[_Opcode] = []
    shift = 0
    for edit in change.known_edits:
        a1, a2 = edit.start_line - 1, edit.end_line
        b1 = a1 + shift
        b2 = b1 + len(_git_lines(edit.new_text))
        codes.append(("replace", a1, a2, b1, b2))
        shift += (b2 - b1) - (a2 - a1)
    return codes


def _hunks(old: list[str], new: list[str], codes: Sequence[_Opcode]) -> Iterable[str]:
    for group in _groups(codes):
        a1 = max(0, group[0][1] - CONTEXT_LINES)
        a2 = min(len(old), group[-1][2] + CONTEXT_LINES)
        b1 = group[0][3] - (group[0][1] - a1)
        b2 = group[-1][4] + (a2 - group[-1][2])
        yield f"@@ -{_range(a1, a2)} +{_range(b1, b2)} @@\n"
        line = a1
        for _, i1, i2, j1, j2 in group:
            yield from (_line(" ", text) for text in old[line:i1])
            yield from (_line("-", text) for text in old[i1:i2])
            yield from (_line("+", text) for text in new[j1:j2])
            line = i2
        yield from (_line(" ", text) for text in old[line:a2])


def _groups(codes: Sequence[_Opcode]) -> Iterable[list[_Opcode]]:
    """Yield runs of changes that share context lines."""
    group: list[_Opcode] = []
    for code in codes:
        if group and code[1] - group[-1][2] > 2 * CONTEXT_LINES:
            yield group
            group = []
        group.append(code)
    if group:
        yield group


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _line(mark: str, line: str) -> str:
    return f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n{_NO_NEWLINE}"


def _quoted(name: str) -> str:
    """Return *name* as git prints it: in quotes with escapes where it holds unusual bytes."""
    if all(" " <= char <= "~" and char not in '"\\' for char in name):
        return name
    escapes = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    return (
        '"'
        + "".join(
            escapes.get(char) or (char if " " <= char <= "~" else "".join(f"\\{byte:03o}" for byte in char.encode()))
            for char in name
        )
        + '"'
    )


def parse_patch(text: str, *, snapshot: Snapshot) -> tuple[FileChange, ...] | Rejected:
    """Return what the unified diff *text* makes of *snapshot*, or why it cannot be taken."""
    from unidiff.errors import UnidiffParseError
    from unidiff.patch import PatchSet

    try:
        patch = PatchSet(text if text.endswith("\n") else f"{text}\n")
    except UnidiffParseError as error:
        return Rejected(reason=f"the text is no well-formed unified diff ({error})")
    if not len(patch):
        return Rejected(reason="the text names no file to change")
    changes: dict[str, FileChange] = {}
    for file in patch:
        change = _file_change(file, snapshot)
        if isinstance(change, Rejected):
            return change
        if change.path in changes:
            return Rejected(reason=f"{change.path} is named twice")
        changes[change.path] = change
    return tuple(changes.values())


_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_ESCAPED = {"t": b"\t", "n": b"\n", "r": b"\r"}


def _unquoted(name: str) -> str:
    if not (name.startswith('"') and name.endswith('"') and len(name) > 1):
        return name

    def raw(match: re.Match[str]) -> str:
        code = match[1]
        byte = bytes([int(code, 8) & 255]) if code.isdigit() else _ESCAPED.get(code, code.encode())
        return byte.decode("latin-1")

    inner = _ESCAPE.sub(raw, name[1:-1].encode("utf-8").decode("latin-1"))
    return inner.encode("latin-1").decode("utf-8", errors="replace")


def _name(header: str | None, prefix: str) -> str | None:
    """Return the path in a `---` or `+++` line: None for /dev/null."""
    name = _unquoted((header or "").split("\t")[0].rstrip("\n"))
    return None if name == "/dev/null" else name.removeprefix(prefix)


def _file_change(file: PatchedFile, snapshot: Snapshot) -> FileChange | Rejected:
    old, new = _name(file.source_file, "a/"), _name(file.target_file, "b/")
    if file.is_binary_file or file.is_symlink or file.is_submodule:
        return Rejected(reason=f"{new or old} is binary, a link or a submodule, which is never patched")
    if old and new and old != new:
        return Rejected(reason=f"renaming {old} to {new} is not supported yet")
    path = safe_path(new or old or "")
    if path is None or path != (new or old):
        return Rejected(reason=f"the path {new or old!r} leads outside the root")
    if not len(file):
        return Rejected(reason=f"{path} has no hunk")
    return _with_hunks(file, path, snapshot, creates=old is None, deletes=new is None)


def _with_hunks(
    file: PatchedFile, path: str, snapshot: Snapshot, *, creates: bool, deletes: bool
) -> FileChange | Rejected:
    try:
        before = None if creates else snapshot.text(path)
    except InputError as error:
        return Rejected(reason=str(error))
    if creates and snapshot.has(path):
        return Rejected(reason=f"{path} is to be created but is there already")
    mark = "\ufeff" if not creates and snapshot.file(path).bom else ""
    lines = _git_lines(mark + (before or ""))
    for hunk in reversed(file):
        start = max(hunk.source_start - 1, 0) if hunk.source_length else hunk.source_start
        old, new = _hunk_lines(hunk, "-"), _hunk_lines(hunk, "+")
        if lines[start : start + len(old)] != old:
            return Rejected(reason=f"the hunk at line {hunk.source_start} of {path} does not fit its text")
        lines[start : start + len(old)] = new
    if deletes and lines:
        return Rejected(reason=f"{path} is to be deleted but text would be left")
    return FileChange(path=path, before=before, after=None if deletes else "".join(lines).removeprefix(mark))


def _hunk_lines(hunk: Hunk, side: str) -> list[str]:
    """Return the lines of one side of *hunk*: context and removed ("-"), or context and added ("+")."""
    lines: list[str] = []
    last_counts = False
    for line in hunk:
        if line.line_type == "\\":
            if last_counts and lines:
                lines[-1] = lines[-1].removesuffix("\n")
            continue
        last_counts = line.line_type in {" ", "", side}
        if last_counts:
            lines.append(line.value if line.value.endswith("\n") else f"{line.value}\n")
    return lines
