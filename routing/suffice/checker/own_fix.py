"""What the linter's own fix of the diagnostics would make of a file: the measure for anybody else's fix.

The fix comes with the diagnostic, so that no linter runs for it.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from suffice.checker import grammars
from suffice.checker.file_roles import is_python
from suffice.checker.subject import Subject
from suffice.checker.trees import regions
from suffice.edits.edit import Edit, FileChange, apply_edits, linter_edits
from suffice.task import Applicability


def own_change(subject: Subject, path: str) -> FileChange | None:
    """Return what the linter's own fixes of all diagnostics in *path* make of it, None if one has no fix."""
    before = next((change.before for change in subject.changes if change.path == path), None)
    fixes = [d.fix for d in subject.diagnostics if d.path == path]
    if before is None or not fixes:
        return None
    file = subject.snapshot.file(path)
    edits: set[Edit] = set()
    ordered: list[Edit] = []
    for fix in fixes:
        if fix is None:
            return None
        own = linter_edits(fix, file)
        ordered += [edit for edit in own if edit not in edits]
        edits.update(own)
    ordered.sort(key=lambda edit: (edit.start, edit.end))
    if any(one.end > other.start for one, other in pairwise(ordered)):
        return None
    return FileChange(path=path, before=before, after=apply_edits(before, ordered), bom=file.bom)


def agreement(subject: Subject) -> Applicability | None:
    """Return how far the linter vouches for what the patch does, None if that is not what its own fix does.

    The same is the same syntax tree; layout and comments may differ, unless the linter's fix is about these alone.
    """
    changes = [change for change in subject.changes if change.before is not None and change.after is not None]
    if not subject.diagnostics or len(changes) != len(subject.changes):
        return None
    if {change.path for change in changes} != {d.path for d in subject.diagnostics}:
        return None
    if not all(_same(subject, change) for change in changes):
        return None
    safe = all(d.fix and d.fix.applicability is Applicability.SAFE for d in subject.diagnostics)
    return Applicability.SAFE if safe else Applicability.UNSAFE


def _same(subject: Subject, change: FileChange) -> bool:
    own = own_change(subject, change.path)
    if own is None or own.after == change.after:
        return own is not None
    by_tree = _is_same_tree(change.path, own.after or "", change.after or "")
    # A linter's fix that leaves the tree as it was (E225) is about layout: any layout has its tree, so that only the
    # very text is what it does.
    return by_tree and not _is_same_tree(change.path, own.before or "", own.after or "")


@lru_cache(maxsize=64)
def _is_same_tree(path: str, before: str, after: str) -> bool:
    """Whether nothing but layout and comments differs; what no grammar knows is never the same."""
    if not is_python(path):
        return grammars.same_tree(before, after, path) is True
    return all(region.is_same_tree for region in regions(FileChange(path=path, before=before, after=after)))


def has_own_fix(subject: Subject) -> bool:
    """Whether the linter has a fix of its own for every diagnostic that the patch is for."""
    return bool(subject.diagnostics) and all(d.fix for d in subject.diagnostics)
