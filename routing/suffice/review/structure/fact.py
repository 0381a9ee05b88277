"""One fact about a repository's structure: what was measured, and how, so that a claim can cite it."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class FactKind(StrEnum):
    """What a fact is about, the most surprising sorts first."""

    CO_CHANGE_WITHOUT_IMPORT = "co-change-without-import"
    IMPORT_WITHOUT_CO_CHANGE = "import-without-co-change"
    LAYER_INVERSION = "layer-inversion"
    NEW_CYCLE = "new-cycle"
    LEFT_BEHIND = "left-behind"
    SURFACE_BREAK = "surface-break"
    NEW_IMPORT = "new-import"
    CYCLE = "cycle"
    CONTRACT = "contract"
    HOTSPOT = "hotspot"
    FAN_IN = "fan-in"
    UNTESTED = "untested"
    GROWTH = "growth"
    SIZE = "size"
    HISTORY = "history"
    UNKNOWN = "unknown"


class Fact(NamedTuple):
    """One sentence that names every module and number it speaks of.

    `id` is that by which a claim cites it ("F12"), "" until a table of facts is put together; `how` is the command or
    method that gave it. `weight` orders facts of one kind, the largest first. `paths` are the files it speaks of, and
    `edges` the imports, or pairs of files, that a picture marks.
    """

    kind: FactKind
    text: str
    how: str
    weight: float = 0.0
    paths: tuple[str, ...] = ()
    id: str = ""
    edges: tuple[tuple[str, str], ...] = ()
