"""Calls of an edit tool as the double makes them: only of a tool that the request offers, in the form of its API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suffice.providers.validate import objects
from suffice.testing.replies import ScriptedCalls, ScriptedError

_TEXT_EDITOR = "text_editor_"
_TEXT_EDITOR_NAME = "str_replace_based_edit_tool"
_FILE_TOOLS = ("delete_file", "rename_file")
_APPLY_PATCH = "apply_patch"


def mistake(speech: ScriptedCalls, *, api: str, asked: Mapping[str, Any]) -> ScriptedError | None:
    """Return the error that tells the author of a script why no model would answer *asked* so, None if one might."""
    if not speech.calls:
        return None
    if api not in _KINDS:
        return _error("this API has no edit tool: script the edits as a ScriptedText")
    key, tool = _KINDS[api]
    for number, call in enumerate(speech.calls, 1):
        if not isinstance(call, Mapping) or key not in call:
            return _error(f"call {number} is none of {api}'s edit tool: script a mapping with the key {key!r}")
    if not any(str(offered.get("type")).startswith(tool) for offered in objects(asked.get("tools"))):
        return _error(f"the request offers no {tool} tool: ask with one, or script a ScriptedText")
    return None


def tool_use_blocks(speech: ScriptedCalls, *, call_id: str) -> list[dict[str, Any]]:
    """Return the calls as the Messages API has them."""
    return [
        {"type": "tool_use", "id": f"toolu_{call_id}_{number}", **_named_input(call)}
        for number, call in enumerate(speech.calls, 1)
    ]


def _named_input(call: Mapping[str, Any]) -> dict[str, Any]:
    """Return tool and input of *call*: of the text editor, or of a tool of its own that `command` names."""
    if call["command"] not in _FILE_TOOLS:
        return {"name": _TEXT_EDITOR_NAME, "input": dict(call)}
    return {"name": call["command"], "input": {key: value for key, value in call.items() if key != "command"}}


def apply_patch_items(speech: ScriptedCalls, *, call_id: str) -> list[dict[str, Any]]:
    """Return the calls as the Responses API has them."""
    return [
        {
            "id": f"apc_{call_id}_{number}",
            "type": "apply_patch_call",
            "status": "completed",
            "call_id": f"call_{call_id}_{number}",
            "operation": dict(call),
        }
        for number, call in enumerate(speech.calls, 1)
    ]


def _error(message: str) -> ScriptedError:
    return ScriptedError(status=500, message=f"the script does not fit: {message}")


_KINDS: Mapping[str, tuple[str, str]] = {"anthropic": ("command", _TEXT_EDITOR), "openai": ("type", _APPLY_PATCH)}
"""API -> the key that tells a call of its edit tool from one of the other's, and how the tool's type begins."""
