"""What a hunk deserves at least, whatever a model says of it: told by its path, its words, and what it takes away.

A floor costs a second look at a harmless hunk now and then; a defect that triage waves through costs more.
"""

from __future__ import annotations

import re

from suffice.checker.file_roles import Role, role
from suffice.checker.protected import why_protected
from suffice.review.hunks.change import Change
from suffice.review.hunks.code_lines import LONGEST_LOOKED_AT, is_code
from suffice.review.hunks.hunk import Hunk
from suffice.review.sorting.broken_surface import broken_name
from suffice.review.sorting.level import Level
from suffice.review.sorting.lost_checks import lost_check
from suffice.review.sorting.matters import matter_of
from suffice.task import Kind

# fmt: off
_SENSITIVE = frozenset({
    "auth", "authentication", "authorization", "authz", "login", "oauth", "oauth2", "sso", "saml", "password",
    "passwords", "credentials", "permissions", "acl", "crypto", "cryptography", "encryption", "security", "payment",
    "payments", "billing", "checkout", "invoices",
})
# fmt: on
_MIGRATIONS = frozenset({"migration", "migrations", "alembic", "migrate"})
_PART = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def floor_of(hunk: Hunk, change: Change) -> tuple[Level, str] | None:
    """Return the level that triage cannot go below and the reason in a few words; None where there is no floor."""
    why = _of_path(hunk.path) or _of_path(hunk.old_path) or lost_check(hunk, change)
    if why is None and role(hunk.path) is not Role.TEST:
        why = _of_words(hunk) or _of_surface(hunk, change)
    return (Level.RISKY, why) if why else None


def _of_path(path: str) -> str | None:
    if why_protected(path, Kind.EDIT):
        return "a protected path"
    parts = {part.lower() for part in _PART.findall(path)}
    if parts & _MIGRATIONS or path.endswith(".sql"):
        return "a migration"
    return "a sensitive path" if parts & _SENSITIVE else None


def _of_words(hunk: Hunk) -> str | None:
    changed = (line.text for line in (*hunk.added, *hunk.removed) if is_code(hunk.path, line.text))
    return matter_of("\n".join(text[:LONGEST_LOOKED_AT] for text in changed))


def _of_surface(hunk: Hunk, change: Change) -> str | None:
    name = broken_name(hunk, change)
    return f"a change of the public {name[:60]}" if name else None
