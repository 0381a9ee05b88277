"""A lint fix never changes the name or the signature of a public definition: that is for a human.

Example: `def load(path)` becomes `def load(path, *, strict)` to mend a rule about booleans.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from suffice.checker.subject import Subject
from suffice.checker.surface import is_public
from suffice.checker.trees import Region
from suffice.checker.verdict import LINT_FIXES, Found, failed, passed, skipped
from suffice.task import Kind

NAME = "public-surface"
COST = "under 1 ms"
BLOCKS = LINT_FIXES


def look(subject: Subject) -> Found:
    """Fail a lint fix after which a public name, its parameters or their order differ."""
    if subject.kind is not Kind.LINT_FIX:
        return skipped("only a lint fix must keep the public surface")
    for path, touched in subject.regions.items():
        for region in touched:
            if not region.in_function and _is_public_place(path, region.scope):
                for change in _changed(region):
                    return failed(f"changes the {change} in {path}")
    return passed("public names and signatures are kept")


def _changed(region: Region) -> Iterator[str]:
    before, after = (contents.surface for contents in region.contents)
    renamed = set(after) - set(before)  # what is gone without another in its place, `definitions` will say
    for name, signature in before.items():
        if name not in after and renamed:
            yield f"public name {region.scope}{name}"
        elif name in after and not after[name].serves(signature):
            yield f"signature of {region.scope}{name}"


def _is_public_place(path: str, scope: str) -> bool:
    if not all(is_public(name) for name in scope.split(".") if name):
        return False
    parts = PurePosixPath(path).with_suffix("").parts
    private = any(part.startswith("_") and not part.startswith("__") for part in parts)
    return not private and not parts[-1].startswith("test_") and "tests" not in parts
