"""Whether the editor trusts what it has open. Where it does not, no worker is started: no process, no network."""

from __future__ import annotations

from typing import Any

from suffice_server.front.settings import read_settings

UNTRUSTED = "This workspace is not trusted; trust it in your editor and restart the language server to use suffice."


def is_trusted(initialization_options: Any) -> bool:
    """Whether *initialization_options* leave out `untrusted`, or say that it is false; anything else is no."""
    if not isinstance(initialization_options, dict):
        return True
    said = initialization_options.get("untrusted")
    is_said = said is not None and said is not False
    return not is_said and not read_settings(initialization_options).view.untrusted
