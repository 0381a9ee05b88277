"""The texts that a fake editor shows, what its user does to them, and what becomes of the edits that a server sends."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fake_editors.buffers import BadEditError, Buffer
from fake_editors.clients import Versions
from fake_editors.session import NO_METHOD, RefusedError, Session


class Texts(Session):
    """A session with open texts. `before_edit` is called before an edit of the server is looked at."""

    def __init__(self, client, connection, folder):
        super().__init__(client, connection, folder)
        self.buffers = {}

    def _forget(self):
        super()._forget()
        self.printed = []
        self.before_edit = lambda: None
        self._untold = None

    def _opened(self, uri):
        """Do what this editor does by itself with a text that was opened."""

    def _touched(self, uri):
        """Do what it does by itself after a change."""

    def _left(self, uri):
        """Do what it does by itself before a text is closed."""

    def open(self, name, text, *, language="python"):
        """Open a document that no file needs to have, and return its uri."""
        uri = name if re.match(r"[a-z-]+:", name) else (self.folder / name).as_uri()
        self.buffers[uri] = Buffer(text, self.encoding, self.client.first_version)
        item = {"uri": uri, "languageId": language, "version": self.client.first_version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        self._opened(uri)
        return uri

    def text(self, uri):
        """Return what is shown."""
        return self.buffers[uri].text

    def type(self, uri, old, new):
        """Type *new* in the place of *old*."""
        buffer = self.buffers[uri]
        start = buffer.text.index(old)
        self._changed(uri, buffer.replace(start, start + len(old), new))

    def type_at(self, uri, at, new):
        """Type *new* before the character *at*."""
        self._changed(uri, self.buffers[uri].replace(at, at, new))

    def undo(self, uri):
        """Take back one step."""
        self._changed(uri, self.buffers[uri].undo())

    def save(self, uri):
        """Save."""
        self.notify("textDocument/didSave", {"textDocument": {"uri": uri}})

    def close(self, uri):
        """Close."""
        del self.buffers[uri]
        self._left(uri)
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def keep_to_itself(self):
        """Tell of no change from now on, as one that collects them for a while."""
        self._untold = []

    def tell(self):
        """Tell of the changes meanwhile, and of each from now on."""
        untold, self._untold = self._untold or [], None
        for params in untold:
            self.notify("textDocument/didChange", params)

    def _changed(self, uri, changes):
        named = {"uri": uri, "version": self.buffers[uri].version}
        params = {"textDocument": named, "contentChanges": changes}
        if self._untold is not None:
            self._untold.append(params)
            return
        self.notify("textDocument/didChange", params)
        self._touched(uri)

    @property
    def edits(self):
        """The params of all applyEdit requests."""
        return self.journal.of("workspace/applyEdit")

    def _apply_edit(self, params):
        if not self.client.applies:
            raise RefusedError({"code": NO_METHOD, "message": "there is no such request"})
        self.before_edit()
        return self._apply(params["edit"], is_checked=True)

    def _apply(self, edit, *, is_checked):
        changes = edit.get("documentChanges") or [
            {"textDocument": {"uri": uri, "version": None}, "edits": edits} for uri, edits in edit["changes"].items()
        ]
        refusal = next(filter(None, map(self._refusal, changes)), None) if is_checked else None
        if refusal is not None:
            return self._refused(refusal)
        for number, change in enumerate(changes):
            if number == 0 and is_checked and self._skips(change):
                self.printed.append("Buffer newer than edits.")
            else:
                self._change(change)
        return {"applied": True}

    def _refusal(self, change):
        """Return the version that is wanted, where another one is refused."""
        if self.client.versions is not Versions.EXACT or "kind" in change:
            return None
        buffer = self.buffers.get(change["textDocument"]["uri"])
        wanted = change["textDocument"]["version"]
        return change if buffer and wanted is not None and wanted != buffer.version else None

    def _refused(self, change):
        document = change["textDocument"]
        shown = self.buffers[document["uri"]].version
        reason = (self.client.refusal or "").format(document["version"], shown, document["uri"])
        if self.client.refuses_by_error:
            raise RefusedError({"code": -32603, "message": reason})
        return {"applied": False, **({"failureReason": reason} if reason else {})}

    def _skips(self, change):
        buffer = self.buffers.get(change.get("textDocument", {}).get("uri"))
        wanted = change.get("textDocument", {}).get("version") or 0
        return self.client.versions is Versions.NEWER and buffer and wanted and buffer.version > wanted

    def _change(self, change):
        match change.get("kind"):
            case "create":
                path_of(change["uri"]).touch()
            case "delete":
                if change["uri"] in self.buffers:
                    self.close(change["uri"])
                path_of(change["uri"]).unlink()
            case "rename":
                self._rename(change["oldUri"], change["newUri"])
            case _:
                self._edit(change["textDocument"]["uri"], change["edits"])

    def _rename(self, old, new):
        """Rename the file; a text that is shown is closed, and opened under its new name, before the server hears."""
        path_of(old).rename(path_of(new))
        if old in self.buffers:
            text = self.buffers[old].text
            self.close(old)
            self.open(new, text)

    def _edit(self, uri, edits):
        try:
            if uri in self.buffers:
                self._changed(uri, self.buffers[uri].apply(edits))
                return
            path = path_of(uri)
            unopened = Buffer(path.read_bytes().decode(), self.encoding)
            unopened.apply(edits)
            path.write_bytes(unopened.text.encode())
        except BadEditError as error:
            self.journal.faults.append(f"a bad edit: {error}")


def path_of(uri):
    """Return the path of the file *uri*."""
    return Path(unquote(urlsplit(uri).path))
