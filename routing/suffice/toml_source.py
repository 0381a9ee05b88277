"""A TOML file that knows on which line each of its keys stands, so that an error can say so."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from suffice.errors import ConfigError

Path = tuple[str | int, ...]

_BITS = 64
"""What TOML promises of an integer."""

_DEEPEST = 100
_TOO_DEEP = f"is nested deeper than {_DEEPEST} tables and lists; write it flatter."

_LONG_KEY = re.compile(r"""(?<![\w"'.-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){500}""")
"""The time that tomllib takes for a dotted key grows with the square of its length."""

_HEADER = re.compile(r"\s*(\[\[?[^\[\]]+\]\]?)\s*(?:#.*)?$")
_PART = r"""(?:[A-Za-z0-9_-]++|"[^"]*+"|'[^']*+')"""
_KEY = re.compile(rf"\s*+({_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+)[ \t]*+=")


class TomlSource(NamedTuple):
    """The data of a file, its text, and the name under which errors speak of it."""

    name: str
    text: str
    data: Mapping[str, Any]

    def where(self, *path: str | int) -> str:
        """Return "FILE, line N: a.b" for the key at *path*, or for the nearest table above it."""
        lines = _lines(self.text)
        known = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in lines), None)
        dotted = ".".join(str(part) for part in path if isinstance(part, str))
        line = lines[known] if known else 1
        return f"{self.name}, line {line}: {dotted}" if dotted else f"{self.name}, line {line}"


def read_toml(text: str) -> dict[str, Any]:
    """Return the data in *text*, which may be hostile. Raises ValueError (or RecursionError) if it is no TOML."""
    if _LONG_KEY.search(text):
        raise RecursionError("a key of more than 500 parts")
    return tomllib.loads(text)


def parse_toml(content: bytes | str, *, name: str) -> TomlSource:
    """Return the data in *content*. Raises ConfigError with the line."""
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
        source = TomlSource(name=name, text=text, data=read_toml(text))
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise ConfigError(f"{name} is no valid TOML: {error}; mend that line.") from error
    except RecursionError as error:
        raise ConfigError(f"{name} {_TOO_DEEP}") from error
    _check_bounds(source)
    return source


def _check_bounds(source: TomlSource) -> None:
    """Raise ConfigError for what Python reads and TOML need not: huge integers, and what is nested beyond sense."""
    left: list[tuple[Path, Any]] = [((), source.data)]
    while left:
        path, value = left.pop()
        if len(path) > _DEEPEST:
            raise ConfigError(f"{source.name} {_TOO_DEEP}")
        if isinstance(value, dict):
            left += [((*path, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            left += [((*path, number), inner) for number, inner in enumerate(value)]
        elif isinstance(value, int) and value.bit_length() >= _BITS:
            raise ConfigError(f"{source.where(*path)} is a number of more than {_BITS} bits; write a smaller one.")


def _lines(text: str) -> dict[Path, int]:
    """Return the line, from 1, of each table and key; entries of an array of tables are numbered from 0."""
    lines: dict[Path, int] = {}
    table: Path = ()
    seen: Counter[Path] = Counter()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _keys(header[1].strip("[]"))
            if header[1].startswith("[["):
                lines.setdefault(table, number)
                seen[table] += 1
                table = (*table, seen[table] - 1)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            full = (*table, *_keys(key[1]))
            for end in range(len(table) + 1, len(full) + 1):  # a dotted key begins the tables on its way
                lines.setdefault(full[:end], number)
    return lines


def _keys(dotted: str) -> Path:
    """Return the parts of a dotted key as TOML reads them."""
    found: list[str | int] = []
    try:
        data: Any = tomllib.loads(f"{dotted} = 0")
    except (ValueError, RecursionError):
        return (dotted,)
    while isinstance(data, dict) and len(data) == 1:
        ((key, data),) = data.items()
        found.append(key)
    return tuple(found)
