"""`suffice explain`: which lane, why, what it costs, what comes next; of a kind, a place or a finished item."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?")


def run_explain(options: Mapping[str, Any]) -> int:
    """Run `suffice explain` and return the exit code. Raises SufficeError."""
    what = options["what"]
    if place := _PLACE.fullmatch(what):
        from suffice_ci.explain_place import Place, explain_place

        column = place["column"]
        return explain_place(Place(place["file"], int(place["line"]), int(column) if column else None), options)
    if "#" in what:
        from suffice_ci.explain_item import explain_item

        return explain_item(what, options)
    from suffice_ci.explain_kind import explain_kind

    return explain_kind(what, options)
