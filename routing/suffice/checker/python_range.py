"""The code still runs on the oldest Python that the project declares."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

from suffice.checker.subject import Subject
from suffice.checker.trees import Region, imports, is_wrapped, parse_part
from suffice.checker.verdict import Found, failed, passed, skipped
from suffice.outline import parse
from suffice.positions import common_ends, split_lines

NAME = "python-range"
COST = "1 to 20 ms, by the size of the touched function"

Version = tuple[int, int]
_Need = tuple[str, Version]
_Part = tuple[str, str]

_FEATURE = re.compile(r"^(?:L\d+(?: C\d+)?: )?(.*?) requires? (?:!?[\d.]+, )?(\d+)\.(\d+)$")


def look(subject: Subject) -> Found:
    """Fail a patch that brings in what the oldest declared Python lacks (vermin, before against after)."""
    if subject.oldest_python is None:
        return skipped("the project declares no oldest Python")
    for path, touched in subject.regions.items():
        new = _brought_in(touched, imports(_after(subject, path)), subject.oldest_python)
        for feature, version in new:
            declared, needed = (".".join(map(str, v)) for v in (subject.oldest_python, version))
            return failed(f"{feature} in {path} needs Python {needed}; the project declares {declared}")
    return passed("runs on the oldest declared Python, " + ".".join(map(str, subject.oldest_python)))


def look_ahead(subjects: Sequence[Subject]) -> None:
    """Look at all parts of a file together, and remember those that need nothing new.

    Setting up vermin costs more than a look, and most patches bring nothing in.
    """
    parts: dict[tuple[str, Version], set[_Part]] = defaultdict(set)
    for subject in subjects:
        if subject.oldest_python is not None:
            for path, touched in subject.regions.items():
                imported = imports(_after(subject, path))
                parts[imported, subject.oldest_python].update((r.after, r.before) for r in touched if r.parsed)
    for (imported, oldest), own in parts.items():
        unknown = [part for part in own if (part, imported, oldest) not in _known]
        body = [statement for part in unknown for statement in _differing(*part)]
        if not any(version > oldest for _, version in _needed(body, imported)):
            _known.update({(part, imported, oldest): Counter() for part in unknown})


def _after(subject: Subject, path: str) -> str:
    return next(change.after for change in subject.changes if change.path == path) or ""


def _brought_in(touched: Sequence[Region], imported: str, oldest: Version) -> Counter[_Need]:
    """Return what *touched* needs after, but not before, that *oldest* lacks."""
    before, after = Counter[_Need](), Counter[_Need]()
    for region in touched:
        needed = _too_new((region.after, region.before), imported, oldest)
        after.update(needed)
        before.update(_too_new((region.before, region.after), imported, oldest) if needed else {})
    return after - before


_known: dict[tuple[_Part, str, Version], Counter[_Need]] = {}
_MOST_KNOWN = 4096


def _too_new(part: _Part, imported: str, oldest: Version) -> Counter[_Need]:
    """Return what the statements of *part* (a text, and the other one) that differ need and *oldest* lacks."""
    key = (part, imported, oldest)
    if key not in _known:
        if len(_known) > _MOST_KNOWN:
            _known.clear()
        needed = _needed(_differing(*part), imported)
        _known[key] = Counter({need: number for need, number in needed.items() if need[1] > oldest})
    return _known[key]


def _differing(text: str, other: str) -> list[ast.stmt]:
    """Return the innermost statements of *text* whose lines differ from *other*."""
    tree = parse_part(text)
    if tree is None:
        return []
    lines = split_lines(text)
    head, tail = common_ends(lines, split_lines(other))
    outer = tree.body[0] if is_wrapped(text) else tree
    body = outer.body if isinstance(outer, ast.If | ast.Module) else []
    shift = int(is_wrapped(text))
    return _statements(body, head + 1 + shift, len(lines) - tail + shift)


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
