"""How diagnostics look in an editor: what a linter found, and what a review claims."""

from __future__ import annotations

from lsprotocol import types

from suffice_server.front.shown.claims import HeldClaim
from suffice_server.front.text.documents import Document
from suffice_server.front.text.positions import range_of_span, units
from suffice_server.values import Found
from suffice_server.wording import one_line

SOURCE = "suffice"

_SEVERITIES = {
    "critical": types.DiagnosticSeverity.Error,
    "high": types.DiagnosticSeverity.Error,
    "medium": types.DiagnosticSeverity.Warning,
    "low": types.DiagnosticSeverity.Information,
}
_LONGEST_BODY = 2000
"""A longer body is for the report; a diagnostic is read in a line or a small window."""


def to_lsp(found: Found, document: Document, encoding: str) -> types.Diagnostic:
    """Return *found* as the editor shows it."""
    severity = types.DiagnosticSeverity.Warning if found.offer else types.DiagnosticSeverity.Error
    return types.Diagnostic(
        range=range_of_span(document, found.span, encoding),
        severity=severity,
        source=one_line(found.source),
        code=one_line(found.rule),
        code_description=_description(found.url),
        message=_plain(found.message[:_LONGEST_BODY]),
    )


def code_of(held: HeldClaim) -> str:
    """Return the rule that a claim stands for, such as `review/security`; the ledger's own says nothing to people."""
    return f"review/{held.claim.category}"


def claim_to_lsp(held: HeldClaim, encoding: str) -> types.Diagnostic:
    """Return *held* as the editor shows it: its whole lines."""
    claim = held.claim
    return types.Diagnostic(
        range=_whole_lines(held, encoding),
        severity=_SEVERITIES.get(claim.severity, types.DiagnosticSeverity.Information),
        source=SOURCE,
        code=code_of(held),
        code_description=_description(claim.url),
        message=_message(claim.title, claim.body),
    )


def _description(url: str | None) -> types.CodeDescription | None:
    return types.CodeDescription(href=url) if url and url.startswith("https://") else None


def _whole_lines(held: HeldClaim, encoding: str) -> types.Range:
    if not held.first:
        return types.Range(start=types.Position(0, 0), end=types.Position(0, 0))
    first, last = held.claim.first_line.rstrip("\r\n"), held.claim.last_line.rstrip("\r\n")
    indentation = len(first) - len(first.lstrip())
    end = types.Position(held.last - 1, units(last, encoding))
    return types.Range(start=types.Position(held.first - 1, indentation), end=end)


def _message(title: str, body: str) -> str:
    return _plain(title if not body or body == title else f"{title}\n{body[:_LONGEST_BODY]}")


def _plain(text: str) -> str:
    """Return *text* without control characters: it is a model's, or a linter's that may quote anything."""
    if text.isprintable():
        return text
    return "".join(character for character in text if character == "\n" or character.isprintable())
