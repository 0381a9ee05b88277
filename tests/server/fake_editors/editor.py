"""One fake editor: it shows diagnostics, asks for code actions and does what its user chooses, as its client would.

What it does on its own follows the client: VS Code asks for code actions after each change and move, those that pull
diagnostics pull them. What the server sends and no test asks for is a leftover, and fails the test.
"""

import asyncio

from fake_editors.clients import Named, Resolves
from fake_editors.session import PATIENCE_S, until
from fake_editors.shown_texts import Texts

INVOKED, AUTOMATIC = 1, 2


class FakeEditor(Texts):
    """The editor of *client* in *folder*, with the server at *connection*."""

    def __init__(self, client, connection, folder):
        super().__init__(client, connection, folder)
        self.shown = {}
        self.pulled = {}
        self._pending = {}

    async def settle(self):
        """Close everything and return what no test has asked for."""
        self.thaw()
        for uri in list(self.buffers):
            self.close(uri)
        if not self.is_down:
            await self.connection_idle()
            await self.answered()
        left = [*self.journal.leftovers(), *(f"a document nobody expected: {uri}" for uri in self.documents)]
        return [*left, *(f"logged: {line}" for line in self.connection.log)]

    def _opened(self, uri):
        self._look(uri)

    def _touched(self, uri):
        self._look(uri)
        self.move(uri, 0)

    def _left(self, uri):
        for kind in ("action", "pull"):
            self._replace_pending(kind, uri)

    def move(self, uri, at):
        """Put the cursor before the character *at*."""
        if self.client.asks_by_itself:
            self._ask_actions(uri, at)

    # Diagnostics

    @property
    def pulls(self):
        """Whether diagnostics are pulled from this server."""
        return "diagnostic" in self.capabilities.get("textDocument", {}) and "diagnosticProvider" in self.server

    def _look(self, uri):
        if self.pulls and uri in self.buffers:
            params = {"textDocument": {"uri": uri}}
            if uri in self.pulled:
                params["previousResultId"] = self.pulled[uri].get("resultId")
            self._supersede("pull", uri, "textDocument/diagnostic", params, self._pulled)

    def _pulled(self, uri, report):
        if report["kind"] == "full":
            self.pulled[uri] = report

    def _refresh(self, _params):
        for uri in self.buffers:
            self._look(uri)

    def _publish(self, params):
        self.shown[params["uri"]] = params

    def diagnostics(self, uri):
        """Return what is shown of *uri*, whichever way it came."""
        pushed = self.shown.get(uri, {}).get("diagnostics", [])
        return [*pushed, *self.pulled.get(uri, {}).get("items", [])]

    async def sees(self, uri, code):
        """Return the first diagnostic with *code*, once the newest version has one."""
        named = lambda: next((d for d in self.diagnostics(uri) if d.get("code") == code), None)  # noqa: E731
        return await until(lambda: self._is_newest(uri) and named())

    def _is_newest(self, uri):
        version = self.shown.get(uri, {}).get("version")
        return self.pulls or version in {None, self.buffers[uri].version}

    async def hovered(self, uri, at):
        """Return what is shown where the pointer rests before the character *at*, None if nothing is."""
        if not self.server.get("hoverProvider"):
            return None
        place = self.buffers[uri].place(at, at)["start"]
        return await self.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": place})

    # Code actions

    def _ask_actions(self, uri, at):
        params = self._asking(uri, self.buffers[uri].place(at, at), [], trigger=AUTOMATIC)
        self._supersede("action", uri, "textDocument/codeAction", params, lambda _uri, _result: None)

    def _supersede(self, kind, uri, method, params, then):
        """Ask in the place of an older request of that *kind*."""
        self._replace_pending(kind, uri)
        number = self.ask(method, params)
        self._pending[kind, uri] = number
        self._replies[number].add_done_callback(lambda future: self._done(future, uri, then))

    def _replace_pending(self, kind, uri):
        number = self._pending.pop((kind, uri), None)
        if number is not None and not self._replies[number].done():
            self.cancel(number)

    def _done(self, future, uri, then):
        if not future.cancelled() and "result" in future.result() and uri in self.buffers:
            then(uri, future.result()["result"])

    def _asking(self, uri, place, named, *, only=None, trigger=INVOKED):
        context = {"diagnostics": named}
        if only is not None:
            context["only"] = only
        if self.client.triggers:
            context["triggerKind"] = trigger
        return {"textDocument": {"uri": uri}, "range": place, "context": context}

    async def actions(self, uri, at, *, to=None, only=None, foreign=(), named=None):
        """Return the actions where the text *at* begins, or from there to the end of *to*.

        *foreign* are diagnostics of other servers there; *named* replaces the whole context.
        """
        place = self.place(uri, at, to)
        context = self._near(uri, place, foreign) if named is None else list(named)
        listed = await self.request("textDocument/codeAction", self._asking(uri, place, context, only=only)) or []
        return [as_action(one) for one in listed]

    def place(self, uri, at, to=None):
        """Return the selection from the text *at* to the end of *to*."""
        buffer = self.buffers[uri]
        start = buffer.text.index(at)
        end = start if to is None else buffer.text.index(to, start) + len(to)
        return buffer.place(start, max(end, min(start + self.client.least, len(buffer.text))))

    def _near(self, uri, place, foreign):
        lines = range(place["start"]["line"], place["end"]["line"] + 1)
        shown = [*self.diagnostics(uri), *(foreign if self.client.named is Named.ALL else ())]
        touching = [d for d in shown if d["range"]["start"]["line"] in lines or d["range"]["end"]["line"] in lines]
        keeps = self.capabilities.get("textDocument", {}).get("publishDiagnostics", {}).get("dataSupport")
        return touching if keeps else [{k: v for k, v in d.items() if k != "data"} for d in touching]

    async def until_listed(self, uri, at, **more):
        """Return the actions there, once there is one."""
        async with asyncio.timeout(PATIENCE_S):
            while not (listed := await self.actions(uri, at, **more)):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
        return listed

    async def action(self, uri, at, title, **more):
        """Return the action with *title* in its own, once it is listed."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for action in await self.actions(uri, at, **more):
                    if title in action["title"] and "disabled" not in action:
                        return action
                await asyncio.sleep(0.01)

    async def choose(self, action):
        """Do what the editor does when its user chooses *action*; return the reply to the command."""
        resolved = await self.resolved(action)
        if "edit" in resolved:
            self._apply(resolved["edit"], is_checked=self.client.checks_resolved)
        command = resolved.get("command")
        if command is None:
            return None
        if command["command"] not in self.server["executeCommandProvider"]["commands"]:
            self.journal.faults.append(f"a command that was never registered: {command['command']}")
        return await self.execute(command)

    async def execute(self, command):
        """Return the reply to *command*."""
        self.begun += 1
        return await self.request(*self.order(command))

    @staticmethod
    def order(command):
        """Return the method and the params that execute *command*."""
        params = {"command": command["command"], "arguments": command.get("arguments", [])}
        return "workspace/executeCommand", params

    async def resolved(self, action):
        """Return *action* with what the server adds, if this editor asks for that."""
        if self._resolves(action):
            return await self.request("codeAction/resolve", action)
        return action

    def _resolves(self, action):
        provider = self.server.get("codeActionProvider")
        if not isinstance(provider, dict) or not provider.get("resolveProvider"):
            return False
        match self.client.resolves:
            case Resolves.NEVER:
                return False
            case Resolves.WITHOUT_EDIT:
                return "edit" not in action
            case Resolves.WITHOUT_EDIT_OR_COMMAND:
                return not {"edit", "command"} <= action.keys()
            case Resolves.WITH_DATA_ALONE:
                return "data" in action and not {"edit", "command"} & action.keys()


def as_action(listed):
    """Return what is *listed* as a code action: an editor that knows none is sent commands."""
    return {"title": listed["title"], "command": listed} if isinstance(listed.get("command"), str) else listed
