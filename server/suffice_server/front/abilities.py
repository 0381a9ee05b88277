"""What an editor can do, from what it says of itself and from what is known of it besides."""

from __future__ import annotations

from typing import NamedTuple

from lsprotocol import types


class Abilities(NamedTuple):
    """What one editor can do.

    `applies_edits`: it says that it applies what a command edits. ALE and Kate do without saying so, thus commands try
    it, and only what must be sure goes by this. `takes_versions`: its edits may name the version of the text;
    `least_version` is the lowest that it checks. `confirms`: it asks the user about an edit that needs it. `resources`
    are what it does with files.
    `registers_settings`: it tells of changed settings who has asked for that.
    """

    applies_edits: bool = False
    takes_versions: bool = False
    least_version: int = 0
    confirms: bool = False
    resources: frozenset[str] = frozenset()
    takes_metadata: bool = False
    shows_progress: bool = False
    shows_documents: bool = False
    shows_disabled: bool = False
    registers_settings: bool = False


NOTHING = Abilities()


def abilities_of(params: types.InitializeParams) -> Abilities:
    """Return what the editor that sent *params* can do.

    Neovim declares no documentChanges but takes them, as whoever renames files must. It opens documents at version 0
    and checks none that is not above 0, so an edit of version 0 would go over what was typed in the 150 ms before it
    tells us. Its first change is version 2 at least: it refuses 1 then.
    https://github.com/neovim/neovim/blob/v0.11.4/runtime/lua/vim/lsp/util.lua#L441
    """
    workspace = params.capabilities.workspace or types.WorkspaceClientCapabilities()
    window = params.capabilities.window or types.WindowClientCapabilities()
    document = params.capabilities.text_document or types.TextDocumentClientCapabilities()
    edit = workspace.workspace_edit or types.WorkspaceEditClientCapabilities()
    settings = workspace.did_change_configuration
    is_neovim = bool(params.client_info and params.client_info.name == "Neovim")
    return Abilities(
        applies_edits=bool(workspace.apply_edit),
        takes_versions=bool(edit.document_changes or edit.resource_operations) or is_neovim,
        least_version=1 if is_neovim else 0,
        confirms=edit.change_annotation_support is not None,
        resources=frozenset(str(getattr(kind, "value", kind)) for kind in edit.resource_operations or ()),
        takes_metadata=bool(edit.metadata_support),
        shows_progress=bool(window.work_done_progress),
        shows_documents=bool(window.show_document and window.show_document.support),
        shows_disabled=bool(document.code_action and document.code_action.disabled_support),
        registers_settings=bool(settings and settings.dynamic_registration),
    )
