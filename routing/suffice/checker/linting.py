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

    def look_before(self, files: Sequence[SourceFile]) -> None:
        """Ask what `ruff.HARD_RULES` say of *files* as they are: only those of which they say something patched."""
        new = [(file, file.text) for file in {_version(f): f for f in files}.values()]
        new = [text for text in new if _version(text[0]) not in self.hard_before]
        if new:
            found = ruff.lint_hard(new, root=self.root, targets=self.targets(new))
            self.hard_before.update({_version(f): d for (f, _), d in zip(new, found, strict=True)})

    def targets(self, texts: Sequence[_Text]) -> list[str]:
        """Return the oldest Python of each of *texts*, as ruff names it."""
        return [_target(oldest_python(self.root, file.path)) for file, _ in texts]

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
        linting.diagnostics_of(list({_version(file): file for _, (file, _) in self._patched}.values()))
        texts = [text for _, text in self._patched]
        self._lints = ruff.Lints(texts, root=linting.root, select=linting.select, targets=linting.targets(texts))

    def is_done(self) -> bool:
        """Whether `finish` would not have to wait."""
        return self._lints.is_done()

    def finish(self) -> list[dict[str, Linted]]:
        """Return for each subject what the linter says of its Python files, by path."""
        own, hard = self._lints.finish()
        files = [file for _, (file, _) in self._patched]
        self._linting.look_before([file for file, found in zip(files, hard, strict=True) if found])
        linted: list[dict[str, Linted]] = [{} for _ in range(self._count)]
        for (number, (file, _)), after, hard_after in zip(self._patched, own, hard, strict=True):
            linted[number][file.path] = Linted(
                before=tuple(self._linting.before[_version(file)]),
                after=tuple(after),
                hard_before=tuple(self._linting.hard_before.get(_version(file), ())),
                hard_after=tuple(hard_after),
            )
        return linted


def _version(file: SourceFile) -> _Version:
    return file.path, file.blob_sha


def _before(subject: Subject, path: str) -> SourceFile:
    change = next(change for change in subject.changes if change.path == path)
    return subject.snapshot.file(path) if change.before is not None else SourceFile.of_bytes(path, b"")


def _target(oldest: tuple[int, int] | None) -> str:
    return f"py3{max(oldest[1], 7)}" if oldest else _NEWEST  # 3.7 is the oldest that ruff knows
