"""What proves a patch right by construction, without a count of evidence."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.checker.own_fix import agreement
from suffice.checker.subject import Subject
from suffice.checker.trees import Region
from suffice.task import Applicability, Kind


def proof_of(subject: Subject) -> str | None:
    """Return in words what proves the patch of *subject*, which no check blocks; None if nothing does."""
    if subject.kind is not Kind.LINT_FIX or not subject.diagnostics:
        return None
    fixes = [d.fix for d in subject.diagnostics]
    if subject.from_linter and all(fix and fix.applicability is Applicability.SAFE for fix in fixes):
        return "the linter's own safe fix"
    if has_equal_trees(subject):
        return "equal syntax trees"
    if agreement(subject) is Applicability.SAFE:
        return "the same as the linter's own safe fix"
    return None


def has_equal_trees(subject: Subject) -> bool:
    """Whether nothing but layout and comments differs in any touched file."""
    touched = every_region(subject)
    return bool(touched) and all(region.is_same_tree for region in touched)


def every_region(subject: Subject) -> Sequence[Region]:
    """Return all touched parts, none where some cannot be parsed or are in another language."""
    regions = [region for touched in subject.regions.values() for region in touched]
    only_python = len(subject.regions) == len(subject.changes)
    return regions if only_python and all(region.parsed for region in regions) else ()
