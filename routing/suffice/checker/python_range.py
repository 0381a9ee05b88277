"""The code still runs on the oldest Python that the project declares."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from suffice.checker.subject import Subject
from suffice.checker.trees import Region, imports, is_wrapped, parse_part
from suffice.checker.verdict import Found, failed, passed, skipped
from suffice.outline import parse
from suffice.positions import common_ends, split_lines

NAME = "python-range"
COST = "1 to 20 ms, by the size of the touched function"

_Need = tuple[str, tuple[int, int]]

_FEATURE = re.compile(r"^(?:L\d+(?: C\d+)?: )?(.*?) requires? (?:!?[\d.]+, )?(\d+)\.(\d+)$")


def look(subject: Subject) -> Found:
    """Fail a patch that brings in what the oldest declared Python lacks (vermin, before against after)."""
    if subject.oldest_python is None:
        return skipped("the project declares no oldest Python")
    for path, touched in subject.regions.items():
        text = next(change.after for change in subject.changes if change.path == path) or ""
        new = _brought_in(touched, imports(text), subject.oldest_python)
        for feature, version in new:
            declared, needed = (".".join(map(str, v)) for v in (subject.oldest_python, version))
            return failed(f"{feature} in {path} needs Python {needed}; the project declares {declared}")
    return passed("runs on the oldest declared Python, " + ".".join(map(str, subject.oldest_python)))


def _brought_in(touched: Sequence[Region], imported: str, oldest: tuple[int, int]) -> Counter[_Need]:
    """Return what *touched* needs after, but not before, that *oldest* lacks."""
    before, after = Counter[_Need](), Counter[_Need]()
    for region in touched:
        needed = _too_new(region.after, region.before, imported, oldest)
        after.update(needed)
        before.update(_too_new(region.before, region.after, imported, oldest) if needed else {})
    return after - before


@lru_cache(maxsize=4096)
def _too_new(part: str, other: str, imported: str, oldest: tuple[int, int]) -> Counter[_Need]:
    """Return what the statements of *part* that differ from *other* need that *oldest* lacks."""
    tree = parse_part(part)
    if tree is None:
        return Counter()
    lines = split_lines(part)
    head, tail = common_ends(lines, split_lines(other))
    shift = int(is_wrapped(part))
    body = _statements(_own_statements(tree, wrapped=bool(shift)), head + 1 + shift, len(lines) - tail + shift)
    needed = _needed(ast.Module(body=[*_imports(imported), *body], type_ignores=[])) if body else {}
    return Counter({need: number for need, number in needed.items() if need[1] > oldest})


def _own_statements(tree: ast.Module, *, wrapped: bool) -> list[ast.stmt]:
    outer = tree.body[0]
    return outer.body if wrapped and isinstance(outer, ast.If) else tree.body


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


def _needed(module: ast.Module) -> Counter[_Need]:
    from vermin import Config, InvalidVersionException, SourceVisitor

    config = Config()
    config.set_eval_annotations(True)
    config.enable_feature("union-types")
    config.set_verbose(3)
    visitor = SourceVisitor(config=config, path="<patch>", source="")
    visitor.set_no_lines(set())
    visitor.tour(module)
    try:
        visitor.minimum_versions()
    except InvalidVersionException:  # Python 2 and 3 mixed: the features are listed all the same
        pass
    matches = (_FEATURE.match(line) for line in visitor.output_text().splitlines())
    return Counter((match[1], (int(match[2]), int(match[3]))) for match in matches if match)
