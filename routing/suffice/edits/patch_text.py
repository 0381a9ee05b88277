"""Reads the text of a unified diff, strictly: which files, which headers, which hunks. It never looks at the files.

Prose may stand before the first file and after a mail's signature, as `git format-patch` writes it, and around a fence.
Everything else has to belong to a file or a hunk: a line that a lenient reader would drop is a reason to refuse it all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from suffice.edits.hunk_text import HunkText, Refused, is_signature, names_both, read_hunk, starts_file


class FileText(NamedTuple):
    """What a patch says of one file, from line `line` of the patch on.

    `git_line`, `old` and `new` are what follows `diff --git `, `--- ` and `+++ `, None where there is no such line.
    `headers` are git's other lines, such as `rename from`. `has_crlf` says that the patch itself was saved with CRLF.
    """

    line: int
    git_line: str | None
    headers: Mapping[str, str]
    old: str | None
    new: str | None
    hunks: tuple[HunkText, ...]
    has_crlf: bool


_HEADER = re.compile(
    r"((?:old|new|deleted file|new file) mode|(?:copy|rename) (?:from|to)|(?:dis)?similarity index|index) (.*)"
)
_NEVER = (
    (
        re.compile(r"GIT binary patch\r?\Z|(?:Binary f|F)iles .* differ\r?\Z"),
        "is about a binary file, which is never patched; take the file out of the patch",
    ),
    (
        re.compile(r"diff --(?:cc|combined) |@@@ "),
        "belongs to a merge's combined diff; give the diff against one parent",
    ),
    (
        re.compile(r"Submodule .* [0-9a-f]{4,64}\.{2,3}[0-9a-f]{4,64}"),
        "moves a submodule, which is never patched; take it out of the patch",
    ),
    (re.compile(r"@@"), "begins a hunk that belongs to no file; write --- and +++ lines before it"),
)
_BETWEEN = re.compile(r"\r?\Z|diff |Index: |=====|Only in .*: ")
_FENCE = "```"
_MAIL = re.compile(r"From [0-9a-f]{7,64} ")


def read_patch(text: str) -> list[FileText]:
    """Return the files that *text* speaks of, at least one. Raises Refused."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    files = _Reader(lines).files()
    if not files:
        raise Refused("the text names no file to change")
    return files


def read_names(lines: Sequence[str], at: int) -> tuple[FileText, int]:
    """Return what *lines* say of a file from *at* on, where it starts, but for its hunks, and where those begin.

    Raises Refused.
    """
    start, line = at, lines[at]
    git_line: str | None = None
    headers: dict[str, str] = {}
    if line.startswith("diff --git "):
        git_line = _after("diff --git ", line)
        headers, at = _headers(lines, at + 1)
    old = new = None
    if names_both(lines, at):
        old, new = _after("--- ", lines[at]), _after("+++ ", lines[at + 1])
        at += 2
    return FileText(start + 1, git_line, headers, old, new, (), line.endswith("\r")), at


def _after(mark: str, line: str) -> str:
    return line.removesuffix("\r").removeprefix(mark)


def _headers(lines: Sequence[str], at: int) -> tuple[dict[str, str], int]:
    headers: dict[str, str] = {}
    while at < len(lines) and (found := _HEADER.match(lines[at].removesuffix("\r"))):
        if found[1] in headers:
            raise Refused(f"line {at + 1} of the patch says {found[1]} twice; make the patch again")
        headers[found[1]] = found[2]
        at += 1
    return headers, at


class _Reader:
    """Goes through the lines of a patch once."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._is_fenced = False

    def files(self) -> list[FileText]:
        found: list[FileText] = []
        prose = True
        while self._at < len(self._lines):
            if starts_file(self._lines, self._at):
                found.append(self._file())
                prose = False
                continue
            prose = prose or self._begins_prose()
            self._is_fenced = self._is_fenced or (not found and self._lines[self._at].startswith(_FENCE))
            self._refuse_what_cannot_stand_here(prose=prose)
            self._at += 1
        return found

    def _begins_prose(self) -> bool:
        """Whether the patch ends here: with a mail's signature, where the next mail begins, or with its fence."""
        line = self._lines[self._at]
        ends_fence = self._is_fenced and line.rstrip() == _FENCE
        return ends_fence or is_signature(self._lines, self._at) or bool(_MAIL.match(line))

    def _refuse_what_cannot_stand_here(self, *, prose: bool) -> None:
        line = self._lines[self._at]
        where = f"line {self._at + 1} of the patch ({line[:60].strip()!r})"
        for pattern, what in _NEVER:
            if pattern.match(line):
                raise Refused(f"{where} {what}")
        if not prose and not _BETWEEN.match(line):
            raise Refused(f"{where} belongs to no hunk; take it out, or make the patch again")

    def _file(self) -> FileText:
        file, self._at = read_names(self._lines, self._at)
        if file.old is None or file.new is None:
            return file
        named = file.old if file.new == "/dev/null" else file.new
        return file._replace(hunks=self._hunks(named.split("\t", 1)[0]))

    def _hunks(self, name: str) -> tuple[HunkText, ...]:
        hunks: list[HunkText] = []
        while self._at < len(self._lines) and self._lines[self._at].startswith("@@"):
            called = f"hunk {len(hunks) + 1} of {name} (line {self._at + 1} of the patch)"
            hunk, self._at = read_hunk(self._lines, self._at, name=called)
            hunks.append(hunk)
        if not hunks:
            raise Refused(f"{name} (line {self._at} of the patch) has no hunk; add one, or take the file out")
        return tuple(hunks)
