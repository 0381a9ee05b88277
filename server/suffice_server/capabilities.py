"""What this server can do, for a client that can do what it says: JSON in, JSON out.

Standard library only, and pure: the early answer to `initialize` and the protocol's own are made here alike. A client
may say anything; what has not the form that LSP gives it counts as not said.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from suffice import __version__
from suffice_server.wire import is_id

NAME = "suffice"

KINDS = ("quickfix.suffice", "refactor.rewrite.suffice", "source.review.suffice", "source.architectureReview.suffice")
"""Of our code actions."""


class Command(StrEnum):
    """The commands of this server."""

    FIX = "suffice.fix"
    FIX_RULE = "suffice.fixRule"
    FIX_FILE = "suffice.fixFile"
    EDIT = "suffice.edit"
    REVIEW = "suffice.review"
    ARCHITECTURE_REVIEW = "suffice.architectureReview"
    TRY_HARDER = "suffice.tryHarder"
    EXPLAIN_CODE = "suffice.explainCode"
    EXPLAIN = "suffice.explain"
    IGNORE_RULE = "suffice.ignoreRule"
    SHOW_USAGE = "suffice.showUsage"
    CANCEL_ALL = "suffice.cancelAll"
    APPLY_SUGGESTION = "suffice.applySuggestion"
    DISMISS = "suffice.dismiss"


COMMANDS = tuple(map(str, Command))

_ENCODINGS = ("utf-8", "utf-16", "utf-32")
_INCREMENTAL = 2


def initialize_reply(message: Any) -> dict[str, Any] | None:
    """Return the reply to *message*, None if that is no `initialize` request that can be answered."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or message.get("method") != "initialize":
        return None
    params = message.get("params")
    if not is_id(message.get("id")) or not isinstance(params, dict):
        return None
    result = {"capabilities": capabilities(params.get("capabilities")), "serverInfo": server_info()}
    return {"jsonrpc": "2.0", "id": message["id"], "result": result}


def server_info() -> dict[str, str]:
    """Return what this server is called."""
    return {"name": NAME, "version": __version__}


def capabilities(client: Any) -> dict[str, Any]:
    """Return the server's capabilities for a client with the capabilities *client*."""
    offered: dict[str, Any] = {
        "positionEncoding": position_encoding(client),
        "textDocumentSync": {"openClose": True, "change": _INCREMENTAL, "save": {"includeText": False}},
        "codeActionProvider": {"codeActionKinds": list(KINDS), "resolveProvider": _resolves(client)},
        "executeCommandProvider": {"commands": list(COMMANDS)},
        "hoverProvider": True,
        "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
    }
    if pulls(client):
        pulled = {"identifier": NAME, "interFileDependencies": False, "workspaceDiagnostics": False}
        offered["diagnosticProvider"] = pulled
    return offered


def position_encoding(client: Any) -> str:
    """Return the unit of positions: the first of the client's that we know, else UTF-16."""
    wanted = _said(client, "general", "positionEncodings")
    known = (unit for unit in wanted if unit in _ENCODINGS) if isinstance(wanted, list) else ()
    return next(iter(known), "utf-16")


def pulls(client: Any) -> bool:
    """Whether the client asks for diagnostics, and can be told to ask again: only then it learns of late ones."""
    asks = isinstance(_said(client, "textDocument", "diagnostic"), Mapping)
    return asks and _said(client, "workspace", "diagnostics", "refreshSupport") is True


def _resolves(client: Any) -> bool:
    """Whether the client asks for the edit of an action when it is chosen, and gives us its data back then."""
    names = _said(client, "textDocument", "codeAction", "resolveSupport", "properties")
    keeps_data = _said(client, "textDocument", "codeAction", "dataSupport") is True
    return keeps_data and isinstance(names, list) and "edit" in names


def _said(client: Any, *path: str) -> Any:
    for name in path:
        client = client.get(name) if isinstance(client, Mapping) else None
    return client
