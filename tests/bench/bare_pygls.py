"""The least that a language server on pygls can be: one diagnostic for each marked line, and a fix for each of them."""

from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("bare", "0")
held: dict[str, list[types.Diagnostic]] = {}


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def did_open(params: types.DidOpenTextDocumentParams) -> None:
    """Mark the lines and show it."""
    document = params.text_document
    held[document.uri] = [
        types.Diagnostic(
            range=types.Range(types.Position(line, 8), types.Position(line, len(text))),
            message="raise without from",
            code="B904",
            source="bare",
        )
        for line, text in enumerate(document.text.splitlines())
        if text.startswith("        raise")
    ]
    shown = types.PublishDiagnosticsParams(uri=document.uri, diagnostics=held[document.uri])
    server.text_document_publish_diagnostics(shown)


@server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=["quickfix"]))
def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
    """Return a fix for each diagnostic under the range."""
    uri, first, last = params.text_document.uri, params.range.start.line, params.range.end.line
    return [
        types.CodeAction(
            title=f"Fix {one.code}",
            kind="quickfix",
            diagnostics=[one],
            command=types.Command(title="Fix", command="bare.fix", arguments=[{"uri": uri}]),
        )
        for one in held[uri]
        if first <= one.range.start.line <= last
    ]


if __name__ == "__main__":
    server.start_io()
