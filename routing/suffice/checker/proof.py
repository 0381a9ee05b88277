"""What proves a patch right by construction, without a count of evidence."""

from __future__ import annotations

from suffice.checker.subject import Subject
from suffice.task import Applicability, Kind


def proof_of(subject: Subject) -> str | None:
    """Return in words what proves the patch of *subject*, None if nothing does."""
    if subject.kind is not Kind.LINT_FIX or not subject.diagnostics:
        return None
    fixes = [d.fix for d in subject.diagnostics]
    if subject.from_linter and all(fix and fix.applicability is Applicability.SAFE for fix in fixes):
        return "the linter's own safe fix"
    regions = [region for touched in subject.regions.values() for region in touched]
    if regions and all(region.parsed and region.is_same_tree for region in regions):
        return "equal syntax trees"
    return None
