"""The editors that are faked: what each declares, and the rules by which it treats what a server sends.

The rules are those of the real clients' sources, as far as they were read; what is not known is not faked. What each
declares is captured: some captures come with pytest-lsp, ours lie in `captures`.
"""

import json
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

OWN = Path(__file__).parent / "captures"
SHIPPED = resources.files("pytest_lsp") / "clients"


class Versions(StrEnum):
    """What an editor does with an edit of another version of a text than it shows."""

    EXACT = "exact"
    """Nothing is applied, and it says so."""
    NEWER = "newer"
    """A text that is newer is left alone, of the first change of several only; it says `applied` all the same."""
    NONE = "none"
    """It is applied to whatever stands there."""


class Resolves(StrEnum):
    """Of which chosen actions an editor asks for the rest."""

    NEVER = "never"
    WITHOUT_EDIT = "without edit"
    WITHOUT_EDIT_OR_COMMAND = "without edit or command"
    WITH_DATA_ALONE = "with data, and neither edit nor command"


class Named(StrEnum):
    """Whose diagnostics an editor names when it asks for code actions."""

    ALL = "all"
    OWN = "own"


class Client(NamedTuple):
    """One editor. `refusal` is what it says of an edit of another version; `{0}` is that version, `{1}` its own.

    `refuses_by_error`: by an error instead of a result. `checks_resolved`: a resolved edit is held to the rule too.
    `asks_by_itself`: for code actions, after each change and move. `triggers`: it says whether the user asked.
    `least`: the fewest characters that it ever selects. `first_version` is that of a document just opened.
    `applies_undeclared`: it makes the edits that a command sends, without saying so beforehand.
    """

    capture: str
    versions: Versions = Versions.EXACT
    refusal: str | None = None
    refuses_by_error: bool = False
    checks_resolved: bool = True
    resolves: Resolves = Resolves.WITHOUT_EDIT
    named: Named = Named.ALL
    asks_by_itself: bool = False
    triggers: bool = False
    least: int = 0
    first_version: int = 1
    applies_undeclared: bool = False

    @property
    def applies(self) -> bool:
        """Whether it makes the edits that a command sends."""
        declared = self.captured["capabilities"].get("workspace", {}).get("applyEdit", False)
        return declared or self.applies_undeclared

    @property
    def captured(self) -> dict[str, Any]:
        """What it says of itself when it starts a server: `clientInfo` and `capabilities`."""
        return capture(self.capture)


def captures() -> list[str]:
    """Return the names of all captures."""
    files = [file.name for folder in (OWN, SHIPPED) for file in folder.iterdir()]
    return sorted(name.removesuffix(".json") for name in files if name.endswith(".json"))


def capture(name: str) -> dict[str, Any]:
    """Return what the client of that capture says of itself."""
    own = OWN / f"{name}.json"
    text = own.read_text("utf-8") if own.is_file() else (SHIPPED / f"{name}.json").read_text("utf-8")
    captured = json.loads(text)
    return {key: captured[key] for key in ("clientInfo", "capabilities") if key in captured}


CLIENTS = {
    "vscode": Client("vscode_1.139", checks_resolved=False, asks_by_itself=True, triggers=True),
    "neovim": Client("neovim_v0.11.0", versions=Versions.NEWER, named=Named.OWN, triggers=True, first_version=0),
    "neovim-0.10": Client("neovim_v0.10.0", versions=Versions.NEWER, first_version=0),
    "helix": Client(
        "helix_2026-07",
        refusal="document has changed",
        resolves=Resolves.WITHOUT_EDIT_OR_COMMAND,
        asks_by_itself=True,
        least=1,
    ),
    "zed": Client("zed"),
    "eglot": Client(
        "eglot_1.24",
        refusal="Edits on `{2}' require version {0}, have {1}",
        refuses_by_error=True,
        resolves=Resolves.WITH_DATA_ALONE,
        named=Named.OWN,
    ),
    "eglot-1.9": Client("eglot_1.9", versions=Versions.NONE, resolves=Resolves.NEVER, named=Named.OWN),
    "sublime": Client("sublime_2026-08", refusal="version mismatch", named=Named.OWN),
    "ale": Client("ale_3.3", versions=Versions.NONE, resolves=Resolves.NEVER, applies_undeclared=True),
    "bare": Client("bare", resolves=Resolves.NEVER),
    "kate": Client("kate_22.12", versions=Versions.NONE, resolves=Resolves.NEVER, applies_undeclared=True),
}
