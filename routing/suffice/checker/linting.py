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
        self.before: dict[_Version, list[Diagnostic]] = {}
        self.hard_before: dict[_Version, list[Diagnostic]] = {}

    def remember(self, file: SourceFile, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep what a run over the whole project said of *file*."""
        self.before[_version(file)] = list(diagnostics)

    def diagnostics_of(self, files: Sequence[SourceFile]) -> list[list[Diagnostic]]:
        """Return what the project's rules say of each of *files* as it is."""
        new = [(file, file.text) for file in files if _version(file) not in self.before]
        if new:
            linted = ruff.lint_texts(new, root=self.root, select=self.select)
            self.before.update({_version(f): d for (f, _), d in zip(new, linted, strict=True)})
        return [self.before[_version(file)] for file in files]

    def begin(self, subjects: Sequence[Subject]) -> LintWave:
        """Start to lint the Python files of *subjects*, before and after."""
        return LintWave(self, subjects)


class LintWave:
    """A linter run over a wave that goes on while the texts are looked at here."""

    def __init__(self, linting: Linting, subjects: Sequence[Subject]) -> None:
        self._linting = linting
        self._count = len(subjects)
        self._patched = [
            (number, (_before(subject, change.path), change.after))
            for number, subject in enumerate(subjects)
            for change in subject.changes
            if change.path.endswith((".py", ".pyi")) and change.after is not None
        ]
        originals = {_version(file): (file, file.text) for _, (file, _) in self._patched}
        linting.diagnostics_of([file for file, _ in originals.values()])
        self._new = [text for version, text in originals.items() if version not in linting.hard_before]
        self._lints = self._start() if self._patched else None

    def _start(self) -> ruff.Lints:
        changed = [text for _, text in self._patched]
        root = self._linting.root
        targets = [_target(oldest_python(root, file.path)) for file, _ in [*changed, *self._new]]
        return ruff.Lints(changed, self._new, root=root, select=self._linting.select, targets=targets)

    def is_done(self) -> bool:
        """Whether `finish` would not have to wait."""
        return self._lints is None or self._lints.is_done()

    def finish(self) -> list[dict[str, Linted]]:
        """Return for each subject what the linter says of its Python files, by path."""
        found: list[dict[str, Linted]] = [{} for _ in range(self._count)]
        if self._lints is None:
            return found
        own, hard = self._lints.finish()
        for (file, _), hard_before in zip(self._new, hard[len(self._patched) :], strict=True):
            self._linting.hard_before[_version(file)] = hard_before
        for (number, (file, _)), after, hard_after in zip(self._patched, own, hard, strict=False):
            found[number][file.path] = Linted(
                before=tuple(self._linting.before[_version(file)]),
                after=tuple(after),
                hard_before=tuple(self._linting.hard_before[_version(file)]),
                hard_after=tuple(hard_after),
            )
        return found


def _version(file: SourceFile) -> _Version:
    return file.path, file.blob_sha


def _before(subject: Subject, path: str) -> SourceFile:
    change = next(change for change in subject.changes if change.path == path)
    return subject.snapshot.file(path) if change.before is not None else SourceFile.of_bytes(path, b"")


def _target(oldest: tuple[int, int] | None) -> str:
    return f"py3{max(oldest[1], 7)}" if oldest else _NEWEST  # 3.7 is the oldest that ruff knows
