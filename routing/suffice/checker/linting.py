"""Linter runs for the checker: one run for a whole wave of patches, what held before kept per file version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from suffice.checker.subject import Linted, Subject
from suffice.linters import ruff
from suffice.project import oldest_python
from suffice.snapshot import SourceFile
from suffice.task import Diagnostic

_NEWEST = "py314"
"""Without a declared range nothing is too new; the newest version that our ruff knows."""

_Version = tuple[str, str]
_Text = tuple[SourceFile, str]


class Linting:
    """Runs the linter on texts of one project. Diagnostics of unpatched versions are asked for once."""

    def __init__(self, *, root: Path | None, select: str | None = None) -> None:
        self.root = root
        self.select = select
        self._before: dict[_Version, list[Diagnostic]] = {}
        self._hard_before: dict[_Version, list[Diagnostic]] = {}

    def remember(self, file: SourceFile, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep what a run over the whole project said of *file*."""
        self._before[file.path, file.blob_sha] = list(diagnostics)

    def diagnostics_of(self, files: Sequence[SourceFile]) -> list[list[Diagnostic]]:
        """Return what the project's rules say of each of *files* as it is."""
        new = [(file, file.text) for file in files if (file.path, file.blob_sha) not in self._before]
        if new:
            self._keep(self._before, new, ruff.lint_texts(new, root=self.root, select=self.select))
        return [self._before[file.path, file.blob_sha] for file in files]

    def lint_wave(self, subjects: Sequence[Subject]) -> list[dict[str, Linted]]:
        """Return for each subject the diagnostics of its Python files, before and after, by path."""
        texts = [
            (number, subject.snapshot.file(change.path) if change.before is not None else _empty(change.path), change.after)
            for number, subject in enumerate(subjects)
            for change in subject.changes
            if change.path.endswith((".py", ".pyi")) and change.after is not None
        ]
        if not texts:
            return [{} for _ in subjects]
        patched = [(file, after) for _, file, after in texts]
        originals = list({(file.path, file.blob_sha): (file, file.text) for file, _ in patched}.values())
        after = self._project(patched, originals)
        hard_after = self._hard(patched, originals)
        found: list[dict[str, Linted]] = [{} for _ in subjects]
        for (number, file, _), own, hard in zip(texts, after, hard_after, strict=True):
            version = file.path, file.blob_sha
            found[number][file.path] = Linted(
                before=tuple(self._before[version]),
                after=tuple(own),
                hard_before=tuple(self._hard_before[version]),
                hard_after=tuple(hard),
            )
        return found

    def _project(self, patched: list[_Text], originals: list[_Text]) -> list[list[Diagnostic]]:
        new = [text for text in originals if (text[0].path, text[0].blob_sha) not in self._before]
        found = ruff.lint_texts([*patched, *new], root=self.root, select=self.select)
        self._keep(self._before, new, found[len(patched) :])
        return found[: len(patched)]

    def _hard(self, patched: list[_Text], originals: list[_Text]) -> list[list[Diagnostic]]:
        new = [text for text in originals if (text[0].path, text[0].blob_sha) not in self._hard_before]
        texts = [*patched, *new]
        found: list[list[Diagnostic]] = [[] for _ in texts]
        targets = [_target(oldest_python(self.root, file.path)) for file, _ in texts]
        for target in set(targets):
            numbers = [number for number, own in enumerate(targets) if own == target]
            chosen = [texts[number] for number in numbers]
            linted = ruff.lint_isolated(chosen, root=self.root, target_version=target)
            for number, diagnostics in zip(numbers, linted, strict=True):
                found[number] = diagnostics
        self._keep(self._hard_before, new, found[len(patched) :])
        return found[: len(patched)]

    @staticmethod
    def _keep(
        store: dict[_Version, list[Diagnostic]], texts: list[_Text], found: list[list[Diagnostic]]
    ) -> None:
        store.update({(f.path, f.blob_sha): d for (f, _), d in zip(texts, found, strict=True)})


def _target(oldest: tuple[int, int] | None) -> str:
    return f"py3{max(oldest[1], 7)}" if oldest else _NEWEST  # 3.7 is the oldest that ruff knows


def _empty(path: str) -> SourceFile:
    return SourceFile.of_bytes(path, b"")
