"""`suffice check --explain`: what a check makes sure of, what it costs, and which kinds of patch it blocks."""

from __future__ import annotations

import inspect
import json
from types import ModuleType

import click

from suffice.checker.executed.execute import EXECUTED
from suffice.checker.pipeline import CHECKS
from suffice.checker.verdict import ALWAYS, NEVER
from suffice.errors import InputError
from suffice.task import Kind

_CHECKS = (*CHECKS, *EXECUTED)

ALL = "all"
"""What `--explain` without a name stands for."""


def run_explain_check(name: str, *, as_json: bool) -> int:
    """Print what the check *name* does, or a line for each of them. Raises InputError for an unknown one."""
    if name == ALL:
        click.echo(_listed(as_json=as_json))
        return 0
    module = {module.NAME: module for module in _CHECKS}.get(name)
    if module is None:
        raise InputError(f"{name} is no check; checks are: {', '.join(module.NAME for module in _CHECKS)}.")
    click.echo(json.dumps(_entry(module)) if as_json else _told(module))
    return 0


def _listed(*, as_json: bool) -> str:
    if as_json:
        return json.dumps({"checks": [_entry(module) for module in _CHECKS]})
    width = max(len(module.NAME) for module in _CHECKS)
    return "\n".join(f"{module.NAME:{width}}  {_paragraphs(module)[0]}" for module in _CHECKS)


def _told(module: ModuleType) -> str:
    first, *more = _paragraphs(module)
    facts = f"costs   {module.COST}\nblocks  {_blocked(module.BLOCKS)}"
    return "\n\n".join((f"{module.NAME}\n\n{first}", facts, *more))


def _entry(module: ModuleType) -> dict[str, object]:
    first, *more = _paragraphs(module)
    return {"name": module.NAME, "what": first, "cost": module.COST, "blocks": sorted(module.BLOCKS), "more": more}


def _paragraphs(module: ModuleType) -> list[str]:
    """Return the paragraphs of the module's docstring, each as one line; its example is the last."""
    return [" ".join(part.split()) for part in inspect.cleandoc(module.__doc__ or "").split("\n\n")]


def _blocked(kinds: frozenset[Kind]) -> str:
    """Return in words which *kinds* of patch a check blocks."""
    if kinds == NEVER:
        return "none: it lowers the confidence"
    if kinds == ALWAYS:
        return "every kind of patch"
    others = ALWAYS - kinds
    fewer = others if len(others) < len(kinds) else kinds
    words = ", ".join(sorted(fewer))
    return f"every kind of patch but {words}" if fewer is others else words
