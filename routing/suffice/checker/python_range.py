"""The code still runs on the oldest Python that the project declares.

Example: `text.removeprefix(mark)` in a project that declares Python 3.8.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache

from suffice.checker.subject import Subject
from suffice.checker.trees import Region, imports, is_wrapped, parse_part
from suffice.checker.verdict import ALWAYS, Found, failed, passed, skipped
from suffice.outline import parse
from suffice.positions import common_ends, split_lines

NAME = "python-range"
COST = "1 to 20 ms, by the size of the touched function"
BLOCKS = ALWAYS

Version = tuple[int, int]
_Need = tuple[str, Version]
_Part = tuple[str, str]
_Parts = tuple[_Part, ...]

_TOKEN = re.compile(r"""\w*"[^"]*"|\w*'[^']*'|\w+|[^\w\s]+""")
_FEATURE = re.compile(r"^(?:L\d+(?: C\d+)?: )?(.*?) requires? (?:!?[\d.]+, )?(\d+)\.(\d+)$")


def look(subject: Subject) -> Found:
    """Fail a patch that brings in what the oldest declared Python lacks (vermin, before against after)."""
    if subject.oldest_python is None:
        return skipped("the project declares no oldest Python")
    for path, touched in subject.regions.items():
        try:
            new = _brought_in(_parts(touched), _imports_before(subject, path), subject.oldest_python)
        except RecursionError:
            return skipped(f"could not look: what is written in {path} is nested too deep")
        for feature, version in new:
            declared, needed = (".".join(map(str, v)) for v in (subject.oldest_python, version))
            return failed(f"{feature} in {path} needs Python {needed}; the project declares {declared}")
    return passed("runs on the oldest declared Python, " + ".".join(map(str, subject.oldest_python)))


def load() -> None:
    """Import vermin: 25 ms that are spent best while a linter runs."""
    import vermin  # noqa: F401


def look_ahead(subjects: Sequence[Subject]) -> None:
    """Look at all patches of a file together, and remember those that need nothing new.

    Setting up vermin costs more than a look, and most patches bring nothing in.
    """
    found: dict[tuple[str, Version], set[_Parts]] = defaultdict(set)
    for subject in subjects:
        if subject.oldest_python is not None:
            for path, touched in subject.regions.items():
                found[_imports_before(subject, path), subject.oldest_python].add(_parts(touched))
    for (imported, oldest), own in found.items():
        unknown = {part for parts in own for part in parts if (part, imported, oldest) not in _clean}
        if len(_clean) > _MOST_KNOWN:
            _clean.clear()
        with suppress(RecursionError):  # `look` will say so of the one patch that is nested too deep
            if not _too_new(sorted(unknown), imported, oldest):
                _clean.update((part, imported, oldest) for part in unknown)


def _parts(touched: Sequence[Region]) -> _Parts:
    return tuple((region.after, region.before) for region in touched if region.parsed)


def _imports_before(subject: Subject, path: str) -> str:
    return imports(next(change.before for change in subject.changes if change.path == path) or "")


_clean: set[tuple[_Part, str, Version]] = set()
"""Parts that bring nothing in: a patch alone, and then again among the others of its file."""

_MOST_KNOWN = 4096


def _brought_in(parts: _Parts, imported: str, oldest: Version) -> Counter[_Need]:
    """Return what *parts* (each a text after and before) need after, but not before, that *oldest* lacks."""
    if all((part, imported, oldest) in _clean for part in parts):
        return Counter()
    after = _too_new(parts, imported, oldest)
    before = _too_new([(before, after) for after, before in parts], imported, oldest) if after else Counter()
    return after - before


def _too_new(parts: Sequence[_Part], imported: str, oldest: Version) -> Counter[_Need]:
    """Return what the statements of each part's first text that differ from the second need and *oldest* lacks."""
    body = [statement for part in parts for statement in _differing(*part)]
    needed = _needed(body, imported) + _methods(body)
    return Counter({need: number for need, number in needed.items() if need[1] > oldest})


def _methods(body: Sequence[ast.stmt]) -> Counter[_Need]:
    """Return the methods in *body* that came late; vermin knows them only where it knows the object's type."""
    names = (node.attr for statement in body for node in ast.walk(statement) if isinstance(node, ast.Attribute))
    return Counter((f"'{name}'", _LATE_METHODS[name]) for name in names if name in _LATE_METHODS)


_LATE_METHODS: Mapping[str, Version] = {
    "removeprefix": (3, 9),
    "removesuffix": (3, 9),
    "is_relative_to": (3, 9),
    "with_stem": (3, 9),
    "bit_count": (3, 10),
    "hardlink_to": (3, 10),
    "add_note": (3, 11),
}
"""Methods with names of their own, and the first Python that has them (docs.python.org, "New in version")."""


def _differing(text: str, other: str) -> list[ast.stmt]:
    """Return the innermost statements of *text* whose lines differ from *other*."""
    lines, others = split_lines(text), split_lines(other)
    head, tail = common_ends(lines, others)
    if _tokens(lines[head : len(lines) - tail]) <= _tokens(others[head : len(others) - tail]):
        return []  # nothing new is written; syntax that came late is ruff's to see
    tree = parse_part(text)
    if tree is None:
        return []
    outer = tree.body[0] if is_wrapped(text) else tree
    body = outer.body if isinstance(outer, ast.If | ast.Module) else []
    shift = int(is_wrapped(text))
    return _statements(body, head + 1 + shift, len(lines) - tail + shift)


def _tokens(lines: Sequence[str]) -> set[str]:
    return {token for line in lines for token in _TOKEN.findall(line)}


def _statements(body: Sequence[ast.stmt], first: int, last: int) -> list[ast.stmt]:
    """Return the innermost statements that hold lines *first* to *last* and none of whose headers is touched."""
    found: list[ast.stmt] = []
    for statement in body:
        if statement.lineno > max(first, last) or (statement.end_lineno or statement.lineno) < first:
            continue
        inner = getattr(statement, "body", None) if isinstance(statement, _WITH_BODY) else None
        only_inside = inner and first >= inner[0].lineno and not getattr(statement, "decorator_list", None)
        found += _statements(inner, first, last) if inner and only_inside else [statement]
    return found


_WITH_BODY = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@lru_cache(maxsize=32)
def _imports(text: str) -> list[ast.stmt]:
    module = parse(text)
    return module.body if module else []


def _needed(body: Sequence[ast.stmt], imported: str) -> Counter[_Need]:
    """Return what *body* needs, in a file with the import statements *imported*."""
    from vermin import Config, InvalidVersionException, SourceVisitor

    if not body:
        return Counter()
    config = Config()
    config.set_eval_annotations(True)
    config.enable_feature("union-types")
    config.set_verbose(3)
    visitor = SourceVisitor(config=config, path="<patch>", source="")
    visitor.set_no_lines(set())
    visitor.tour(ast.Module(body=[*_imports(imported), *body], type_ignores=[]))
    with suppress(InvalidVersionException):  # Python 2 and 3 mixed: the features are listed all the same
        visitor.minimum_versions()
    matches = (_FEATURE.match(line) for line in visitor.output_text().splitlines())
    return Counter((match[1], (int(match[2]), int(match[3]))) for match in matches if match)
