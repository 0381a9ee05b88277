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
        self._before[_version(file)] = list(diagnostics)

    def diagnostics_of(self, files: Sequence[SourceFile]) -> list[list[Diagnostic]]:
        """Return what the project's rules say of each of *files* as it is."""
        new = [(file, file.text) for file in files if _version(file) not in self._before]
        if new:
            linted = ruff.lint_texts(new, root=self.root, select=self.select)
            self._before.update({_version(f): d for (f, _), d in zip(new, linted, strict=True)})
        return [self._before[_version(file)] for file in files]

    def lint_wave(self, subjects: Sequence[Subject]) -> list[dict[str, Linted]]:
        """Return for each subject the diagnostics of its Python files, before and after, by path."""
        patched = [
            (number, (_before(subject, change.path), change.after))
            for number, subject in enumerate(subjects)
            for change in subject.changes
            if change.path.endswith((".py", ".pyi")) and change.after is not None
        ]
        found: list[dict[str, Linted]] = [{} for _ in subjects]
        if not patched:
            return found
        originals = {_version(file): (file, file.text) for _, (file, _) in patched}
        new = [text for version, text in originals.items() if version not in self._hard_before]
        texts = [*(text for _, text in patched), *new]
        own, hard = ruff.lint_both(texts, root=self.root, select=self.select, targets=self._targets(texts))
        for (file, _), after, hard_after in zip(new, own[len(patched) :], hard[len(patched) :], strict=True):
            self._before.setdefault(_version(file), after)
            self._hard_before[_version(file)] = hard_after
        for (number, (file, _)), after, hard_after in zip(patched, own, hard, strict=False):
            found[number][file.path] = Linted(
                before=tuple(self._before[_version(file)]),
                after=tuple(after),
                hard_before=tuple(self._hard_before[_version(file)]),
                hard_after=tuple(hard_after),
            )
        return found

    def _targets(self, texts: Sequence[_Text]) -> list[str]:
        return [_target(oldest_python(self.root, file.path)) for file, _ in texts]


def _version(file: SourceFile) -> _Version:
    return file.path, file.blob_sha


def _before(subject: Subject, path: str) -> SourceFile:
    change = next(change for change in subject.changes if change.path == path)
    return subject.snapshot.file(path) if change.before is not None else SourceFile.of_bytes(path, b"")


def _target(oldest: tuple[int, int] | None) -> str:
    return f"py3{max(oldest[1], 7)}" if oldest else _NEWEST  # 3.7 is the oldest that ruff knows
