"""Which hunks change what users of a file rely on: a public name that is gone, or has another signature.

For Python both texts are parsed and compared; for other languages an exported line that is taken away and does not
stand in the text any more tells it. A new name breaks nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath

from suffice.checker.file_roles import Role, is_python, role
from suffice.checker.surface import Public, surface
from suffice.outline import parse
from suffice.review.hunks.change import Change
from suffice.review.hunks.code_lines import LONGEST_LOOKED_AT
from suffice.review.hunks.hunk import Fate, Hunk

_SCRIPT = re.compile(
    r"export\s+(?:default\b|(?:async\s+|abstract\s+)*(?:function|class|const|let|interface|type|enum)\b|\{)"
)
_GO = re.compile(r"(?:func\s+(?:\([^)]{0,100}\)\s*)?|type\s+|var\s+|const\s+)[A-Z]")
_RUST = re.compile(r"pub\s+(?:async\s+|unsafe\s+|const\s+)*(?:fn|struct|enum|trait|type|const|static|mod|use)\b")
_BRACES = re.compile(r"public\s+\S")
_EXPORTED: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"), _SCRIPT),
    ".go": _GO,
    ".rs": _RUST,
    **dict.fromkeys((".java", ".cs", ".php", ".swift", ".kt"), _BRACES),
}
_BINDS = re.compile(r"\s*(?:(?:async\s+)?def\s+(\w+)|class\s+(\w+)|(\w+)\s*(?::[^=]|=[^=]))")
_PARAMETER = re.compile(r"\s*(?:\*{0,2}\w+\s*(?:[:=,)]|$)|\*\s*,|/\s*,|\)\s*(?:->.*)?:)")

_MOST_HEADER_LINES = 40
"""Within so many lines a parameter belongs to the signature that they begin with."""


def broken_name(hunk: Hunk, change: Change) -> str | None:
    """Return a public name that *hunk* takes away or gives another signature; None if it breaks nobody."""
    if role(hunk.old_path) is Role.TEST or hunk.fate is Fate.CREATED or _is_private(hunk.old_path):
        return None
    if is_python(hunk.old_path):
        return _of_python(hunk, change)
    exported = _EXPORTED.get(PurePosixPath(hunk.old_path).suffix.lower())
    return _of_exports(hunk, change, exported) if exported else None


def _is_private(path: str) -> bool:
    parts = PurePosixPath(path).with_suffix("").parts
    return any(part.startswith("_") and not part.startswith("__") for part in parts)


def _of_python(hunk: Hunk, change: Change) -> str | None:
    after = "" if hunk.fate is Fate.DELETED else change.after.text(hunk.path)
    broken = _broken(change.before.text(hunk.old_path), after)
    if not broken:
        return None
    for line in (*hunk.removed, *hunk.added):
        name = _bound_by(line.text)
        if name in broken:
            return name
    return _of_signature(hunk, broken)


def _bound_by(line: str) -> str:
    """Return the name that *line* defines or assigns, "" for none."""
    bound = _BINDS.match(line[:LONGEST_LOOKED_AT])
    return next((str(name) for name in bound.groups() if name), "") if bound else ""


def _of_signature(hunk: Hunk, broken: frozenset[str]) -> str | None:
    """Return the function in whose signature, begun above the changed lines, *hunk* changes a parameter."""
    name = _bound_by(hunk.around[-1]) if hunk.around else ""
    if name not in broken or hunk.definition is None:
        return None
    near = [line for line in hunk.added if line.new and line.new <= hunk.definition[0] + _MOST_HEADER_LINES]
    return name if any(_PARAMETER.match(line.text[:LONGEST_LOOKED_AT]) for line in (*near, *hunk.removed)) else None


@lru_cache(maxsize=32)
def _broken(before: str, after: str) -> frozenset[str]:
    """Return the last parts of the public names of *before* that *after* does not serve."""
    old, new = _surface(before), _surface(after)
    return frozenset(
        name.rpartition(".")[2] for name, earlier in old.items() if name not in new or not new[name].serves(earlier)
    )


def _surface(text: str) -> Mapping[str, Public]:
    tree = parse(text)
    return dict(surface(tree)) if tree else {}


def _of_exports(hunk: Hunk, change: Change, exported: re.Pattern[str]) -> str | None:
    gone = [line.text.strip() for line in hunk.removed if exported.match(line.text.strip()[:LONGEST_LOOKED_AT])]
    if not gone:
        return None
    there = _lines("" if hunk.fate is Fate.DELETED else change.after.text(hunk.path))
    return next((text.rstrip(" {(,") for text in gone if text not in there), None)


@lru_cache(maxsize=8)
def _lines(text: str) -> frozenset[str]:
    return frozenset(line.strip() for line in text.splitlines())
