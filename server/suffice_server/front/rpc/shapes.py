"""From JSON to the protocol's types, without pygls' leniency: a number is no text, and a list of letters no uri.

Only `initialize` is read with all leniency: what cannot be read of it counts as not said, and its early answer holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from lsprotocol.converters import get_converter
from lsprotocol.validators import UINTEGER_MAX_VALUE

if TYPE_CHECKING:
    from cattrs import Converter


def strict_converter() -> Converter:
    """Return a converter that raises where a value has another type than the protocol says."""
    converter = get_converter()
    converter.detailed_validation = False
    for kind in (str, bool):
        converter.register_structure_hook(kind, _only(kind))
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook(types.Position, _position)
    return converter


def _only(kind: type) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _kind: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(kind.__name__)
        return value

    return structure


def _whole(value: Any, kind: Any = int) -> int:
    """Return the number, as a member of *kind* where that is an enumeration which has it: replies may hold it again."""
    if isinstance(value, float) and value.is_integer():  # some editors know no other numbers
        value = int(value)
    if type(value) is not int:
        raise TypeError("a whole number")
    number: int = value
    with suppress(ValueError):
        number = kind(value)
    return number


def _position(value: Any, _kind: Any) -> types.Position:
    """Return the position; one behind the end of everything may be any large number."""
    line, character = _whole(value["line"]), _whole(value["character"])
    return types.Position(line=min(line, UINTEGER_MAX_VALUE), character=min(character, UINTEGER_MAX_VALUE))


def initialize_params(fields: Mapping[str, Any], converter: Converter) -> types.InitializeParams:
    """Return what *fields* say, without what has not the form of the protocol."""
    said = {**fields, "capabilities": _mapping(fields.get("capabilities"))}
    try:
        return converter.structure(said, types.InitializeParams)
    except Exception:  # noqa: BLE001 - cattrs raises whatever a hook met
        kept = {name: value for name, value in said.items() if _reads({name: value}, types.InitializeParams, converter)}
        kept["capabilities"] = _readable_capabilities(said["capabilities"], converter)
        return converter.structure(kept, types.InitializeParams)


def _readable_capabilities(sections: Mapping[str, Any], converter: Converter) -> dict[str, Any]:
    """Return *sections* without those parts of theirs that cannot be read."""
    kept: dict[str, Any] = {}
    for name, section in sections.items():
        parts = {part: {part: value} for part, value in _mapping(section).items()}
        readable = (one for one in parts.values() if _reads_capabilities({name: one}, converter))
        kept[name] = _merged(readable)
        if not _reads_capabilities({name: kept[name]}, converter):
            del kept[name]
    return kept


def _merged(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


def _reads(fields: Mapping[str, Any], kind: Any, converter: Converter) -> bool:
    try:
        converter.structure({"capabilities": {}, **fields}, kind)
    except Exception:  # noqa: BLE001 - as above
        return False
    return True


def _reads_capabilities(sections: Mapping[str, Any], converter: Converter) -> bool:
    return _reads({"capabilities": sections}, types.InitializeParams, converter)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
