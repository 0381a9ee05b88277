"""What a project says of its own structure: contracts, owners, decision records. Read as data, never run.

What cannot be read is no intent; nothing here raises for the text of a file.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from suffice.errors import InputError
from suffice.review.structure.contracts import Forbidden, Independent, Layers, MayUse, Rule
from suffice.snapshot import Snapshot
from suffice.toml_source import read_toml

MOST_RULES = 30
MOST_NAMES = 100
"""A rule of more modules or exceptions is not evaluated: every import is held against each of them."""

MOST_RECORDS = 20
_LONGEST_LINE = 120
"""What is shown of a declaration: a page of it helps nobody."""

_OWNERS = ("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_RECORDS = ("docs/adr/", "docs/adrs/", "doc/adr/", "docs/decisions/", "docs/architecture/decisions/", "adr/")
_CRUISERS = (".dependency-cruiser.js", ".dependency-cruiser.cjs", ".dependency-cruiser.mjs", ".dependency-cruiser.json")


class Declared(NamedTuple):
    """What is declared: sentences to show, each with its file, and the rules that can be computed."""

    sentences: tuple[str, ...]
    rules: tuple[Rule, ...]


def intent(snapshot: Snapshot, *, paths: Iterable[str]) -> Declared:
    """Return what the settings and documents at the top of the repository declare."""
    listed = set(paths)
    rules = [*_import_linter(snapshot), *_tach(snapshot)][:MOST_RULES]
    sentences = [f"{rule.source} declares: {_line(rule.text)}{_unless_long(rule)}" for rule in rules]
    sentences += [
        f"{name} declares rules for JavaScript; they are not evaluated" for name in _CRUISERS if _is(snapshot, name)
    ]
    rules = [rule for rule in rules if _is_short(rule)]
    return Declared((*sentences, *_owners(snapshot), *_records(snapshot, listed)), tuple(rules))


def _is_short(rule: Rule) -> bool:
    return all(len(part) <= MOST_NAMES for part in rule if isinstance(part, tuple))


def _unless_long(rule: Rule) -> str:
    return "" if _is_short(rule) else " (too long to be evaluated)"


def _import_linter(snapshot: Snapshot) -> Iterator[Rule]:
    for source in (".importlinter", "setup.cfg"):
        yield from _of_ini(_text(snapshot, source), source)
    settings = _table(_toml(snapshot, "pyproject.toml"), "tool", "importlinter")
    for contract in _tables(settings.get("contracts")):
        yield from _contract(contract, "pyproject.toml")


def _of_ini(text: str, source: str) -> Iterator[Rule]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except (configparser.Error, ValueError, RecursionError):
        return
    for name in parser.sections():
        if name.startswith("importlinter:contract:"):
            yield from _contract(dict(parser[name]), source)


def _contract(contract: Mapping[str, Any], source: str) -> Iterator[Rule]:
    """Yield the rule in a contract of import-linter, whose lists are lists in TOML and lines in an INI file."""
    name = str(contract.get("name") or "a contract")
    ignored = tuple(_lines(contract.get("ignore_imports")))
    match contract.get("type"):
        case "layers":
            layers = [_layer(line) for line in _lines(contract.get("layers"))]
            yield Layers(source, name, tuple(filter(None, layers)), tuple(_lines(contract.get("containers"))), ignored)
        case "forbidden":
            sources, targets = (tuple(_lines(contract.get(key))) for key in ("source_modules", "forbidden_modules"))
            yield Forbidden(source, name, sources, targets, ignored)
        case "independence":
            yield Independent(source, name, tuple(_lines(contract.get("modules"))), ignored)
        case _:
            pass  # others are made by plug-ins, whose code says what they mean


def _layer(line: str) -> tuple[str, ...]:
    """Return the modules of one layer: `a | b` side by side and apart, `a : b` side by side; `(a)` may be missing."""
    return tuple(part.strip(" ()") for part in line.replace(":", "|").split("|") if part.strip(" ()"))


def _tach(snapshot: Snapshot) -> Iterator[Rule]:
    modules = [
        (path, module)
        for module in _tables(_toml(snapshot, "tach.toml").get("modules"))
        for path in _lines(module.get("path") or module.get("paths"))
    ]
    among = tuple(path for path, _ in modules)
    free = tuple(path for path, module in modules if module.get("utility"))
    for path, module in modules:
        uses = module.get("depends_on")
        if isinstance(uses, list) and not module.get("unchecked"):
            named = (use.get("path") if isinstance(use, dict) else use for use in uses)
            yield MayUse("tach.toml", path, tuple(name for name in named if isinstance(name, str)), among, free)


def _owners(snapshot: Snapshot) -> Iterator[str]:
    for name in _OWNERS:
        rules = [line.split() for line in _text(snapshot, name).splitlines() if line.strip() and line[0] not in "#["]
        if rules:
            owners = {owner for rule in rules for owner in rule[1:]}
            yield f"{name} gives {len(rules)} patterns of paths to {len(owners)} owners"
            return


def _records(snapshot: Snapshot, paths: set[str]) -> Iterator[str]:
    records = sorted(path for path in paths if path.endswith(".md") and path.startswith(_RECORDS))
    for path in records[-MOST_RECORDS:]:  # they are numbered: the newest
        titles = (line.lstrip("# ") for line in _text(snapshot, path).splitlines() if line.startswith("# "))
        title = next(titles, "")
        if title:
            yield f"{path} records the decision: {_line(title)}"


def _line(text: str) -> str:
    shown = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return shown if len(shown) <= _LONGEST_LINE else f"{shown[:_LONGEST_LINE]}..."


def _is(snapshot: Snapshot, path: str) -> bool:
    return bool(_text(snapshot, path))


def _text(snapshot: Snapshot, path: str) -> str:
    try:
        return snapshot.text(path)
    except InputError:
        return ""


def _toml(snapshot: Snapshot, path: str) -> Mapping[str, Any]:
    try:
        return read_toml(_text(snapshot, path))
    except (ValueError, RecursionError):
        return {}


def _table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        found = data.get(key)
        data = found if isinstance(found, dict) else {}
    return data


def _tables(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _lines(value: object) -> list[str]:
    """Return the entries of a list in TOML, or of the lines of an INI file; a single text is one."""
    entries = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
    return [entry.strip() for entry in entries if isinstance(entry, str) and entry.strip()]
