"""Which diagnostics a run is about: those of paths, of changed lines, of what is staged, or of a given file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from suffice.config import Config
from suffice.errors import InputError
from suffice.linters import ruff
from suffice.linters.formats import read_diagnostics
from suffice.privacy import Ignored, ignored
from suffice.project import project_root
from suffice.repository import (
    ChangedLines,
    lines_of_diff,
    lines_since,
    merge_base,
    open_repository,
    repository_root,
    staged_lines,
)
from suffice.snapshot import Snapshot, safe_path
from suffice.task import Diagnostic, Span


class Wanted(NamedTuple):
    """What the user named. At most one of `staged`, `base` and `diff` (a unified diff's text)."""

    paths: tuple[str, ...] = ()
    staged: bool = False
    base: str | None = None
    diff: str | None = None
    diagnostics: tuple[tuple[str, str], ...] = ()
    select: str | None = None


class NotLookedAt(NamedTuple):
    """A file that was left out, and why."""

    path: str
    reason: str


class Targets(NamedTuple):
    """The diagnostics to mend, the texts they are of, and what was left out.

    `found` is all that the linter said of those files, also of lines that do not count; `stale` are given diagnostics
    that it does not find any more.
    """

    root: Path
    snapshot: Snapshot
    diagnostics: tuple[Diagnostic, ...]
    found: tuple[Diagnostic, ...] = ()
    stale: frozenset[Diagnostic] = frozenset()
    not_looked_at: tuple[NotLookedAt, ...] = ()
    base_sha: str | None = None
    head_sha: str | None = None


def root_of(wanted: Wanted, *, folder: Path) -> Path:
    """Return what all paths of the run are relative to: the repository, else the project, else *folder*."""
    place = _existing(wanted.paths[0], folder) if wanted.paths else folder.resolve()
    place = place if place.is_dir() else place.parent
    known = repository_root(place) or project_root(place)
    return known or (folder.resolve() if place.is_relative_to(folder.resolve()) else place)


def trusted_settings(wanted: Wanted, *, root: Path) -> Snapshot:
    """Return where the repository's own settings are read: for a proposed change, the commit it is based on."""
    if wanted.base is None:
        return Snapshot.of_folder(root)
    repo = open_repository(root)
    return Snapshot.of_commit(repo, merge_base(repo, wanted.base))


def find_targets(
    wanted: Wanted,
    *,
    folder: Path,
    settings: Snapshot | None = None,
    config: Config | None = None,
    own_ruff: str | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Targets:
    """Return what *wanted* names under `root_of`. Raises InputError.

    *settings* holds the ignore file that counts, *config* what else is left out; *own_ruff* is the program that
    speaks for the project (None: ours); *meanwhile* is called while it looks.
    """
    everywhere = wanted.staged or wanted.base or wanted.diff is not None or wanted.diagnostics
    named = [_existing(path, folder) for path in wanted.paths or (() if everywhere else (".",))]
    root = root_of(wanted, folder=folder)
    outside = next((path for path in named if not path.is_relative_to(root)), None)
    if outside:
        raise InputError(f"{outside} lies outside {root}; name paths of one project.")
    snapshot, lines, base_sha, head_sha = _scope(wanted, root)
    found = _diagnostics(wanted, named, root, snapshot, lines, meanwhile, own_ruff)
    counting = found if lines is None else [d for d in found if _touches(d, lines)]
    config = config or Config()
    kept, left_out = _readable(
        [d for d in counting if d.rule not in config.disabled_rules],
        patterns=ignored(settings, config.exclude),
        named={path.relative_to(root).as_posix() for path in named if path.is_file()},
        snapshot=snapshot,
    )
    kept, stale = _as_of_now(kept, snapshot, root, own_ruff) if wanted.diagnostics else (kept, frozenset[Diagnostic]())
    return Targets(
        root=root,
        snapshot=snapshot,
        diagnostics=tuple(sorted(kept, key=lambda d: (d.path, d.span.start_line, d.span.start_column, d.rule))),
        found=() if wanted.diagnostics else tuple(found),
        stale=stale,
        not_looked_at=left_out,
        base_sha=base_sha,
        head_sha=head_sha,
    )


def _existing(path: str, folder: Path) -> Path:
    full = Path(os.path.realpath(folder / path))  # resolve raises for a link to itself, exists for a long name
    if os.path.isfile(full) or os.path.isdir(full):  # noqa: PTH112, PTH113 - as above
        return full
    if os.path.exists(full):  # noqa: PTH110 - as above
        raise InputError(f"{path} is neither a file nor a folder; name one of these.")
    raise InputError(f"There is no {path}; name a file or a folder.")


def _scope(wanted: Wanted, root: Path) -> tuple[Snapshot, ChangedLines | None, str | None, str | None]:
    if wanted.staged:
        repo = open_repository(root)
        return Snapshot.of_index(repo), staged_lines(repo), None, None
    if wanted.base is not None:
        repo = open_repository(root)
        base_sha = merge_base(repo, wanted.base)
        return Snapshot.of_folder(root), lines_since(repo, base_sha), base_sha, repo.head.commit.hexsha
    named = None if wanted.diff is None else lines_of_diff(wanted.diff)
    return Snapshot.of_folder(root), named, None, None


def _diagnostics(
    wanted: Wanted,
    named: Sequence[Path],
    root: Path,
    snapshot: Snapshot,
    lines: ChangedLines | None,
    meanwhile: Callable[[], object],
    own_ruff: str | None,
) -> list[Diagnostic]:
    if wanted.diagnostics:
        given = [d for name, text in wanted.diagnostics for d in read_diagnostics(text, name=name, root=root)]
        found = [d for d in given if _is_named(root / d.path, named) or safe_path(d.path) is None]
    elif snapshot.in_place:
        changed = [root / path for path in lines or () if path.endswith((".py", ".pyi")) and (root / path).is_file()]
        places = [path for path in changed if _is_named(path, named)] if lines is not None else named or [root]
        found = (
            ruff.lint_in_place(places, root=root, select=wanted.select, meanwhile=meanwhile, program=own_ruff)
            if places
            else []
        )
    else:
        paths = [
            p for p in lines or () if p.endswith((".py", ".pyi")) and _is_named(root / p, named) and snapshot.has(p)
        ]
        files = [(snapshot.file(path), snapshot.text(path)) for path in paths]
        linted = ruff.lint_texts(files, root=root, select=wanted.select, program=own_ruff) if files else []
        found = [diagnostic for of_file in linted for diagnostic in of_file]
    return found


def _as_of_now(
    given: Sequence[Diagnostic], snapshot: Snapshot, root: Path, own_ruff: str | None
) -> tuple[list[Diagnostic], frozenset[Diagnostic]]:
    """Return *given* with place and fix as ruff finds them now, and those of ruff that it does not find any more."""
    from suffice.checker.target_gone import masked

    ours = [d for d in given if d.source.lower() == "ruff" and d.rule not in {ruff.IO_ERROR, ruff.SYNTAX_ERROR}]
    if not ours:
        return list(given), frozenset()
    files = [snapshot.file(path) for path in sorted({d.path for d in ours})]
    select = ",".join(sorted({d.rule for d in ours}))
    linted = ruff.lint_texts([(file, file.text) for file in files], root=root, select=select, program=own_ruff)
    waiting = [diagnostic for of_file in linted for diagnostic in of_file]
    current, stale = [d for d in given if d not in ours], set()
    for diagnostic in ours:
        same = [d for d in waiting if (d.path, masked(d)) == (diagnostic.path, masked(diagnostic))]
        if not same:
            stale.add(diagnostic)
            current.append(diagnostic)
            continue
        nearest = min(same, key=lambda d: abs(d.span.start_line - diagnostic.span.start_line))
        waiting.remove(nearest)
        current.append(nearest)
    return current, frozenset(stale)


def _is_named(path: Path, named: Sequence[Path]) -> bool:
    return not named or any(path.is_relative_to(name) for name in named)


def _touches(diagnostic: Diagnostic, lines: ChangedLines) -> bool:
    changed = lines.get(diagnostic.path, frozenset())
    return any(line in changed for line in range(diagnostic.span.start_line, diagnostic.span.end_line + 1))


def _unreadable(path: str, snapshot: Snapshot) -> Diagnostic:
    try:
        snapshot.file(path)
        message = f"{path} cannot be read"
    except InputError as error:
        message = str(error)
    span = Span(start_line=1, start_column=1, end_line=1, end_column=1)
    return Diagnostic(rule=ruff.IO_ERROR, message=message, path=path, span=span)


def _readable(
    found: Sequence[Diagnostic], *, patterns: Ignored, named: set[str], snapshot: Snapshot
) -> tuple[list[Diagnostic], tuple[NotLookedAt, ...]]:
    """Return the diagnostics of files that may be read and can be, and what was left out.

    A file that the user named and that cannot be read stays as one diagnostic, so that it is not passed over.
    """
    left_out: dict[str, str] = {}
    kept = []
    for diagnostic in found:
        path = diagnostic.path
        if path in left_out:
            continue
        if safe_path(path) is None:
            left_out[path] = "lies outside the root of this run"
            continue
        if patterns.match_file(path):
            left_out[path] = "ignored by .sufficeignore or exclude"
            continue
        if path.endswith(".ipynb"):
            left_out[path] = "a notebook, whose cells cannot be mended yet"
            continue
        try:
            snapshot.file(path)
        except InputError as error:
            left_out[path] = str(error)
            if path in named:
                kept.append(diagnostic._replace(rule=ruff.IO_ERROR, message=str(error), fix=None))
        else:
            kept.append(diagnostic)
    kept += [_unreadable(path, snapshot) for path in sorted(named - set(left_out)) if not snapshot.has(path)]
    return kept, tuple(NotLookedAt(path=path, reason=why) for path, why in sorted(left_out.items()))
