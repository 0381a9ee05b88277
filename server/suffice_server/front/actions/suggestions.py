"""What can be done with a finding of a review at the range: take its suggestion, or dismiss it.

A suggestion is a command though its edit is known: VS Code does not look at the version of an edit in a code action, so
it could go over what was typed meanwhile, and nobody would remember that it was taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lsprotocol import types

from suffice_server.capabilities import Command
from suffice_server.front.actions.entries import Entry
from suffice_server.front.actions.kinds import QUICK_FIX
from suffice_server.front.actions.prepared import diagnostic_json
from suffice_server.front.shown.claims import HeldClaim
from suffice_server.front.shown.diagnostics import claim_to_lsp
from suffice_server.front.text.documents import Document
from suffice_server.wording import one_line

_LONGEST_NAME = 60


def of_claims(claims: Sequence[HeldClaim], *, place: types.Range, document: Document, encoding: str) -> Iterator[Entry]:
    """Yield what can be done with those of *claims* that stand at *place*: first all suggestions, last what dismisses.

    A suggestion has passed the checker and costs nothing any more.
    """
    first, last = place.start.line + 1, place.end.line + 1
    here = [held for held in claims if max(held.first, 1) <= last and first <= max(held.last, 1)]
    for held in here:
        if held.claim.edits:
            yield _entry("Apply the suggestion of", held, Command.APPLY_SUGGESTION, document, encoding)
    for held in here:
        yield _entry("Dismiss", held, Command.DISMISS, document, encoding)


def _entry(what: str, held: HeldClaim, command: Command, document: Document, encoding: str) -> Entry:
    title = f"{what} “{one_line(held.claim.title, _LONGEST_NAME)}”"
    arguments = {"uri": document.uri, "id": held.id}
    return Entry(title, QUICK_FIX, command, arguments, None, (diagnostic_json(claim_to_lsp(held, encoding)),))
