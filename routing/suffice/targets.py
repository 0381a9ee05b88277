"""Which diagnostics a run is about: those of paths, of changed lines, of what is staged, or of a given file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from suffice.errors import InputError
from suffice.linters import ruff
from suffice.linters.formats import read_diagnostics
from suffice.privacy import ignored
from suffice.project import project_root
from suffice.repository import (
    ChangedLines,
    lines_of_diff,
    lines_since,
    open_repository,
    repository_root,
    staged_lines,
)
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user named. At most one of `staged`, `base` and `diff` (a unified diff's text)."""

    paths: tuple[str, ...] = ()
    staged: bool = False
    base: str | None = None
    diff: str | None = None
    diagnostics: tuple[tuple[str, str], ...] = ()
    select: str | None = None
    exclude: tuple[str, ...] = ()
    disabled_rules: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLookedAt:
    """A file that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The diagnostics to mend, the texts they are of, and what was left out."""

    root: Path
    snapshot: Snapshot
    diagnostics: tuple[Diagnostic, ...]
    not_looked_at: tuple[NotLookedAt, ...] = ()
    base_sha: str | None = None
    head_sha: str | None = None


def find_targets(wanted: Wanted, *, folder: Path) -> Targets:
    """Return what *wanted* names, relative to the repository (or *folder* outside of one). Raises InputError."""
    named = [_existing(path, folder) for path in wanted.paths]
    place = named[0] if named else folder.resolve()
    place = place if place.is_dir() else place.parent
    root = repository_root(place) or project_root(place) or place
    outside = next((path for path in named if not path.is_relative_to(root)), None)
    if outside:
        raise InputError(f"{outside} lies outside {root}; name paths of one project.")
    snapshot, lines, base_sha, head_sha = _scope(wanted, root)
    found = _diagnostics(wanted, named, root, snapshot, lines)
    return _readable(found, wanted, root, snapshot, base_sha, head_sha)


def _existing(path: str, folder: Path) -> Path:
    full = (folder / path).resolve()
    if not full.exists():
        raise InputError(f"There is no {path}; name a file or a folder.")
    return full


def _scope(wanted: Wanted, root: Path) -> tuple[Snapshot, ChangedLines | None, str | None, str | None]:
    if wanted.staged:
        repo = open_repository(root)
        return Snapshot.of_index(repo), staged_lines(repo), None, None
    if wanted.base is not None:
        repo = open_repository(root)
        base_sha, lines = lines_since(repo, wanted.base)
        return Snapshot.of_folder(root), lines, base_sha, repo.head.commit.hexsha
    lines = None if wanted.diff is None else lines_of_diff(wanted.diff)
    return Snapshot.of_folder(root), lines, None, None


def _diagnostics(
    wanted: Wanted, named: Sequence[Path], root: Path, snapshot: Snapshot, lines: ChangedLines | None
) -> list[Diagnostic]:
    if wanted.diagnostics:
        given = [d for name, text in wanted.diagnostics for d in read_diagnostics(text, name=name, root=root)]
        found = [d for d in given if _is_named(root / d.path, named)]
    elif snapshot.in_place:
        changed = [root / path for path in lines or () if path.endswith((".py", ".pyi")) and (root / path).is_file()]
        places = [path for path in changed if _is_named(path, named)] if lines is not None else named or [root]
        found = ruff.lint_in_place(places, root=root, select=wanted.select) if places else []
    else:
        paths = [p for p in lines or () if p.endswith((".py", ".pyi")) and _is_named(root / p, named) and snapshot.has(p)]
        files = [(snapshot.file(path), snapshot.text(path)) for path in paths]
        linted = ruff.lint_texts(files, root=root, select=wanted.select) if files else []
        found = [diagnostic for of_file in linted for diagnostic in of_file]
    return found if lines is None else [d for d in found if _touches(d, lines)]


def _is_named(path: Path, named: Sequence[Path]) -> bool:
    return not named or any(path.is_relative_to(name) for name in named)


def _touches(diagnostic: Diagnostic, lines: ChangedLines) -> bool:
    changed = lines.get(diagnostic.path, frozenset())
    return any(line in changed for line in range(diagnostic.span.start_line, diagnostic.span.end_line + 1))


def _readable(
    found: Sequence[Diagnostic],
    wanted: Wanted,
    root: Path,
    snapshot: Snapshot,
    base_sha: str | None,
    head_sha: str | None,
) -> Targets:
    patterns = ignored(root, wanted.exclude)
    left_out: dict[str, str] = {}
    kept = []
    for diagnostic in found:
        path = diagnostic.path
        if path not in left_out and patterns.match_file(path):
            left_out[path] = "ignored by .sufficeignore or exclude"
        elif path not in left_out:
            try:
                snapshot.file(path)
            except InputError as error:
                left_out[path] = str(error)
        if path not in left_out and diagnostic.rule not in wanted.disabled_rules:
            kept.append(diagnostic)
    return Targets(
        root=root,
        snapshot=snapshot,
        diagnostics=tuple(sorted(kept, key=lambda d: (d.path, d.span.start_line, d.span.start_column, d.rule))),
        not_looked_at=tuple(NotLookedAt(path=path, reason=why) for path, why in sorted(left_out.items())),
        base_sha=base_sha,
        head_sha=head_sha,
    )
