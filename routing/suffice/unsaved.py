"""Texts that an editor holds and has not saved: laid over the files of a folder as if they were.

An editor may have anything open. What lies outside of the folder, behind a link, or is ignored is no text of it, and
is never read nor sent because it happens to be open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from suffice.listing import left_out, listing
from suffice.privacy import Ignored
from suffice.snapshot import Snapshot, leads_through_link, safe_path

_BOM = "\ufeff"


def unsaved_texts(
    texts: Mapping[str, str], *, folder: Snapshot, patterns: Ignored, named: Iterable[str] = ()
) -> dict[str, str]:
    """Return those of *texts* (path: text) that differ from what *folder* holds, without byte order mark.

    Left out is what *patterns* or git ignore, git's own files, every path that names no plain file of the folder, and
    what is no text; of what git ignores not what the user *named*.
    """
    root = folder.root
    found = {
        path: text.removeprefix(_BOM)
        for path, text in texts.items()
        if root is not None
        and safe_path(path) == path
        and ".git" not in path.lower().split("/")
        and not patterns.match_file(path)
        and not leads_through_link(root, path)
        and _is_text(text)
    }
    differing = {path: text for path, text in found.items() if not (folder.has(path) and folder.text(path) == text)}
    ignored = set(left_out(sorted(differing), snapshot=folder, patterns=patterns, named=named))
    return {path: text for path, text in differing.items() if path not in ignored}


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates
        return False
    return True


def with_unsaved(
    folder: Snapshot, texts: Mapping[str, str], *, patterns: Ignored, named: Iterable[str] = ()
) -> Snapshot:
    """Return *folder* with *texts* over its files; it lists what may be read, as if they were saved."""
    if not texts:
        return folder
    return folder.naming(listing(folder, patterns=patterns, named=named).paths).with_texts(texts)
