"""A JSON Schema of the user's own: whether it can be used, how it is sent, and whether an answer keeps it.

Nothing is fetched for it: a reference that leaves the schema is an error, not a download or another file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from suffice.errors import InputError

if TYPE_CHECKING:
    import jsonschema_rs

DATA = "data"
"""The key under which an answer of the user's form stands, since an answer is an object."""

_HOISTED = ("$schema", "$defs", "definitions")
"""What stays at the root of the schema that is sent: providers look for definitions there and nowhere else."""

_LITERAL = frozenset({"const", "enum", "default", "examples"})
"""Keywords whose values are data: nothing in them is a reference."""

_BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
"""Keywords whose values hold a schema under each name, whatever the name."""

_LONGEST_FLAW = 300


def usable_schema(text: str, *, name: str) -> dict[str, Any]:
    """Return the JSON Schema in *text*. Raises InputError that says what is wrong with it; *name* is its file's."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON ({error}); name a file with a JSON Schema.") from error
    if not isinstance(schema, dict):
        raise InputError(f"{name} is no JSON object; name a file with a JSON Schema.")
    try:
        _validator(schema)
    except ValueError as error:
        place = f"at {_at(error)}: " if _at(error) else ""
        raise InputError(f"{name} is no JSON Schema that can be used ({place}{_reason(error)}); mend it.") from error
    return schema


def sent_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that holds data of *schema*, with the references of *schema* kept right."""
    moved = _moved(schema, str(schema.get("$id", "")).rstrip("#"))
    return {
        **{key: moved[key] for key in _HOISTED if key in moved},
        "type": "object",
        "properties": {DATA: {key: value for key, value in moved.items() if key not in {*_HOISTED, "$id"}}},
        "required": [DATA],
        "additionalProperties": False,
    }


def data_flaw(data: Any, schema: dict[str, Any]) -> str | None:
    """Return how *data* breaks *schema*, None if it keeps it."""
    try:
        _validator(schema).validate(data)
    except ValueError as error:
        return f"{DATA}{_at(error)} does not keep the schema: {_reason(error)}"
    return None


def _moved(value: Any, root_id: str) -> Any:
    """Return *value*, a part of the schema with *root_id*, with its references as they are where it is sent."""
    if isinstance(value, list):
        return [_moved(item, root_id) for item in value]
    if not isinstance(value, dict):
        return value
    own_id = value.get("$id")
    if isinstance(own_id, str) and own_id.rstrip("#") != root_id:  # its references are relative to itself
        return value
    return {key: _moved_entry(key, entry, root_id) for key, entry in value.items()}


def _moved_entry(key: str, entry: Any, root_id: str) -> Any:
    if key == "$ref" and isinstance(entry, str):
        return _moved_reference(entry.removeprefix(root_id) if entry.startswith(f"{root_id}#") else entry)
    if key in _BY_NAME and isinstance(entry, dict):
        return {name: _moved(schema, root_id) for name, schema in entry.items()}
    return entry if key in _LITERAL else _moved(entry, root_id)


def _moved_reference(reference: str) -> str:
    stays = reference.startswith(tuple(f"#/{key}/" for key in _HOISTED))
    moves = not stays and (reference == "#" or reference.startswith("#/"))
    return f"#/properties/{DATA}{reference[1:]}" if moves else reference


def _validator(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """Return what holds data against *schema*, its formats (`date`, `email`) included. Raises ValueError."""
    import jsonschema_rs

    return jsonschema_rs.validator_for(schema, retriever=_fetch_nothing, validate_formats=True)


def _fetch_nothing(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is another document; put all of the schema into one")


def _at(error: ValueError) -> str:
    return "".join(f"[{part!r}]" for part in getattr(error, "instance_path", ()))


def _reason(error: ValueError) -> str:
    return " ".join(str(getattr(error, "message", error)).split())[:_LONGEST_FLAW]
