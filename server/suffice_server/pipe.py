"""How messages go through the pipe between the front and its worker: one JSON array a line, its name and its values.

The values are read back into the types that messages.py gives them; nothing else comes through.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from suffice_server.messages import FromWorker, ToWorker

_TYPES: Mapping[str, type[ToWorker | FromWorker]] = {
    kind.__name__: kind for kind in (*get_args(ToWorker), *get_args(FromWorker))
}


def to_line(message: ToWorker | FromWorker) -> bytes:
    """Return *message* as one line."""
    return json.dumps([type(message).__name__, *message]).encode("ascii") + b"\n"


def from_line(line: bytes) -> ToWorker | FromWorker:
    """Return the message that *line* spells. Raises ValueError, KeyError or TypeError if it is none."""
    name, *values = json.loads(line)
    read: Callable[[Any], ToWorker | FromWorker] = _reader(cast("Any", _TYPES[name]))
    return read(values)


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """Return what makes a value of the type *kind* from its JSON."""
    if get_origin(kind) in {Union, types.UnionType}:
        return _or_none(next(_reader(one) for one in get_args(kind) if one is not type(None)))
    if get_origin(kind) is tuple:
        return _tuple_of(_reader(get_args(kind)[0]))
    if get_origin(kind) is not None:
        return _mapping_of(_reader(get_args(kind)[1]))
    if hasattr(kind, "_fields"):
        hints = get_type_hints(kind)
        return _named(kind, [_reader(hints[field]) for field in kind._fields])
    return kind if isinstance(kind, type) and issubclass(kind, StrEnum) else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _tuple_of(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda values: tuple(map(read, values))


def _mapping_of(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda values: {key: read(value) for key, value in values.items()}


def _named(kind: Any, readers: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def read(values: Any) -> Any:
        return kind(*(reader(value) for reader, value in zip(readers, values, strict=True)))

    return read
