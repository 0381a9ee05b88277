"""Where a lint fix takes a mutable default away, the body knows: None is tested before it is used, a constant kept.

Example: `items=[]` becomes `items=None`, and the body still begins with `items.append(...)`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from suffice.checker.default_use import FIXED, Function, Step, first_step
from suffice.checker.subject import Subject
from suffice.checker.trees import Region, parse_part
from suffice.checker.verdict import LINT_FIXES, Found, failed, passed, skipped
from suffice.task import Kind

NAME = "defaults"
COST = "under 0.1 ms, under 1 ms where a default changes"
BLOCKS = LINT_FIXES

_MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_FIXED = (ast.Constant, ast.Tuple, ast.Call)


class _Replaced(NamedTuple):
    """A parameter whose mutable default became another: its function before and after, its name, and the new one."""

    before: Function
    after: Function
    name: str
    default: ast.expr

    @property
    def flaw(self) -> str | None:
        """What the function still does as if the old default were there, None where nothing."""
        if isinstance(self.default, ast.Constant) and self.default.value is None:
            return self._flaw_of_none()
        return self._flaw_of_fixed() if isinstance(self.default, _FIXED) else None

    def _flaw_of_none(self) -> str | None:
        decisive = (Step.TESTED, Step.SET, Step.REMADE, Step.USED, Step.CHANGED)
        match first_step(self.after, self.name, decisive):
            case Step.SET if first_step(self.before, self.name, decisive) is not Step.SET:
                return f"{self.after.name} overwrites {self.name}, whatever was passed for it"
            case Step.USED | Step.CHANGED | Step.GIVEN:
                return f"{self.after.name} uses {self.name}, which may be None now, and does not test it first"
            case _:
                return None

    def _flaw_of_fixed(self) -> str | None:
        decisive = (Step.TESTED, Step.SET, Step.MAYBE_SET, Step.REMADE, Step.CHANGED)
        is_changed = first_step(self.after, self.name, decisive) is Step.CHANGED
        return f"{self.after.name} changes {self.name}, whose default cannot be changed now" if is_changed else None


def look(subject: Subject) -> Found:
    """Fail a lint fix after which a function still uses a parameter as if it had its mutable default."""
    if subject.kind is not Kind.LINT_FIX:
        return skipped("only a lint fix must keep what a default is for")
    parts = [region for touched in subject.regions.values() for region in touched if region.parsed]
    replaced = [one for region in parts for one in _replaced(region)]
    if not replaced:
        return skipped("no mutable default is replaced")
    flaw = next((one.flaw for one in replaced if one.flaw), None)
    return failed(flaw) if flaw else passed("the body knows the new default")


def _replaced(region: Region) -> Iterator[_Replaced]:
    before, after = _functions(region.before), _functions(region.after)
    for path, own in after.items():
        earlier = before.get(path, ())
        for old, new in zip(earlier, own, strict=True) if len(earlier) == len(own) else ():
            was = _defaults(old)
            for name, default in _defaults(new).items():
                if name in was and _is_mutable(was[name]) and not _is_mutable(default):
                    yield _Replaced(old, new, name, default)


def _functions(text: str) -> Mapping[str, Sequence[Function]]:
    """Return the functions in *text* by their path: several where a name is defined several times."""
    found: dict[str, list[Function]] = defaultdict(list)
    waiting: list[tuple[ast.AST, str]] = [(parse_part(text) or ast.Module(body=[], type_ignores=[]), "")]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            path = f"{path}.{node.name}"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[path].append(node)
        waiting += [(child, path) for child in ast.iter_child_nodes(node) if isinstance(child, _HOLDERS)]
    return found


_HOLDERS = (ast.stmt, ast.ExceptHandler, ast.match_case)
"""What a function may stand in."""


def _defaults(function: Function) -> Mapping[str, ast.expr]:
    own = function.args
    positional = [*own.posonlyargs, *own.args]
    last = zip(positional[len(positional) - len(own.defaults) :], own.defaults, strict=True)
    given = (*last, *zip(own.kwonlyargs, own.kw_defaults, strict=True))
    return {parameter.arg: default for parameter, default in given if default is not None}


def _is_mutable(default: ast.expr) -> bool:
    """Whether *default* may be one that can be changed: what a call makes is, unless it is known not to be."""
    return isinstance(default, _MUTABLE) or (isinstance(default, ast.Call) and _called(default) not in FIXED)


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", None) or getattr(call.func, "id", ""))
