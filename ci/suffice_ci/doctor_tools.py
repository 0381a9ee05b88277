"""What of a project can be checked on this machine: which ruff speaks for it, which grammars and linters there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from suffice.checker.languages import all_grammars, is_installed
from suffice.config import Config
from suffice.linters.chosen import LeftOut, linters_for
from suffice.linters.linter import Linter
from suffice.linters.own_ruff import Ruff


class Tool(NamedTuple):
    """A tool, whether it is used, and what to know or to do."""

    name: str
    ok: bool
    detail: str


def tools(root: Path, config: Config, environment: Mapping[str, str]) -> Iterator[Tool]:
    """Yield the tools for the project at *root*. Starts no program but ruff and asks for its version."""
    linters = linters_for(root, config, environment)
    yield Tool("ruff of the project", ok=not linters.ruff.passed_over, detail=_ruff(linters.ruff))
    yield _grammars()
    yield from map(_linter, linters.others)


def _ruff(ruff: Ruff) -> str:
    found = f"{ruff.version}, {ruff.origin} ({ruff.program})"
    return "; ".join((found, *(f"passed over: {why}" for why in ruff.passed_over)))


def _grammars() -> Tool:
    missing = [grammar.name for grammar in all_grammars() if not is_installed(grammar)]
    here = ", ".join(grammar.name for grammar in all_grammars() if is_installed(grammar))
    more = f"; without {', '.join(missing)}: install suffice[languages]" if missing else ""
    return Tool("grammars", ok=True, detail=f"{here}{more}")


def _linter(linter: Linter) -> Tool:
    if isinstance(linter, LeftOut):
        return Tool(linter.name, ok=False, detail=linter.why)
    from suffice.linters.eslint import Eslint, package_of

    if not isinstance(linter, Eslint):
        return Tool(linter.name, ok=True, detail="your own command; it looks at copies of what it is for")
    package = package_of(linter.root)
    if package is None:
        return Tool(linter.name, ok=False, detail="not in node_modules; install it with npm")
    return Tool(linter.name, ok=True, detail=f"{_version(package)}, the project's own, run by {linter.node}")


def _version(package: Path) -> str:
    import json

    try:
        return str(json.loads(package.read_text("utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return "of unknown version"
