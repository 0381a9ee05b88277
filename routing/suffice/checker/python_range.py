"""The code still runs on the oldest Python that the project declares."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from suffice.checker.subject import Subject
from suffice.checker.trees import imports
from suffice.checker.verdict import Found, failed, passed, skipped
from suffice.outline import parse

NAME = "python-range"
COST = "1 to 20 ms, by the size of the touched function"

_FEATURE = re.compile(r"^(?:L\d+(?: C\d+)?: )?(.*?) requires? (?:!?[\d.]+, )?(\d+)\.(\d+)$")


def look(subject: Subject) -> Found:
    """Fail a patch that brings in what the oldest declared Python lacks (vermin, before against after)."""
    if subject.oldest_python is None:
        return skipped("the project declares no oldest Python")
    for path, touched in subject.regions.items():
        text = next(change.after for change in subject.changes if change.path == path) or ""
        too_new = _too_new([region.after_tree for region in touched], text, subject.oldest_python)
        if not too_new:
            continue
        known = _too_new([region.before_tree for region in touched], text, subject.oldest_python)
        for feature, version in too_new - known:
            declared, needed = (".".join(map(str, v)) for v in (subject.oldest_python, version))
            return failed(f"{feature} in {path} needs Python {needed}; the project declares {declared}")
    return passed("runs on the oldest declared Python, " + ".".join(map(str, subject.oldest_python)))


def _too_new(
    trees: Sequence[ast.Module | None], text: str, oldest: tuple[int, int]
) -> Counter[tuple[str, tuple[int, int]]]:
    """Return what *trees* (with the imports of *text*) need that *oldest* lacks, as (feature, version)."""
    body = [statement for tree in trees if tree for statement in tree.body]
    needed = _needed(ast.Module(body=[*_imports(imports(text)), *body], type_ignores=[])) if body else {}
    return Counter({need: number for need, number in needed.items() if need[1] > oldest})


@lru_cache(maxsize=32)
def _imports(text: str) -> list[ast.stmt]:
    module = parse(text)
    return module.body if module else []


def _needed(module: ast.Module) -> Counter[tuple[str, tuple[int, int]]]:
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
