"""A patch that is to mend or rebuild code changes what the code says: not only comments, docstrings and layout.

Example: a "fix" that rewords the docstring of the function which fails.
"""

from __future__ import annotations

from suffice.checker.edits_source import is_source_change
from suffice.checker.file_roles import is_python
from suffice.checker.grammars import same_tree
from suffice.checker.subject import Subject
from suffice.checker.tree_equality import Docstrings, alike, differ
from suffice.checker.trees import is_wrapped, parse_part
from suffice.checker.verdict import MENDING, Found, failed, passed, skipped
from suffice.edits.edit import FileChange

NAME = "tree-changed"
COST = "under 1 ms; the whole file where nothing seems to change"
BLOCKS = MENDING


def look(subject: Subject) -> Found:
    """Fail a mending patch whose source files all have the syntax trees that they had."""
    if subject.kind not in MENDING:
        return skipped("only a patch that mends or rebuilds must change a syntax tree")
    changed = [change for change in subject.changes if is_source_change(change, subject.snapshot)]
    if not changed:
        return skipped("no source is changed")
    for change in changed:
        is_changed = change.target != change.path or change.before is None or change.after is None
        if is_changed or _says_another_thing(change, subject):
            return passed(f"changes what {change.path} says")
    return failed(f"changes only comments, docstrings or layout in {', '.join(change.path for change in changed)}")


def _says_another_thing(change: FileChange, subject: Subject) -> bool:
    """Whether the trees differ: first by the touched parts, which may lie within a string, then by the whole file."""
    before, after = change.before or "", change.after or ""
    if not is_python(change.path):
        return same_tree(before, after, change.path) is not True
    touched = subject.regions[change.path]
    if not all(region.parsed for region in touched):
        return True
    if any(_differ(region.before, region.after) for region in touched):
        return True
    return _differ(before, after)


def _differ(before: str, after: str) -> bool:
    known = alike(before, after, shift=int(is_wrapped(before)))
    return differ(parse_part(before), parse_part(after), Docstrings.ASIDE, known=known)
