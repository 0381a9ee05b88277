"""One conversation of a fake editor with a server: requests, replies, progress and questions, all written down."""

import asyncio
import itertools
import re
from contextlib import suppress

from fake_editors.journal import Journal

PATIENCE_S = 20
NO_METHOD = -32601

NOWHERE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}

_REACTIONS = {
    "workspace/applyEdit": "_apply_edit",
    "workspace/configuration": "_configuration",
    "workspace/diagnostic/refresh": "_refresh",
    "window/showMessageRequest": "_ask_user",
    "window/showDocument": "_show_document",
    "window/workDoneProgress/create": "_agree",
    "client/registerCapability": "_agree",
    "client/unregisterCapability": "_agree",
    "textDocument/publishDiagnostics": "_publish",
}


class RefusedError(Exception):
    """The server replied with an error."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]
        self.error = error


async def until(condition):
    """Wait until *condition* gives something, and return it; the time limit only ends a hanging test."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := condition()):  # noqa: ASYNC110 - what is waited for may be another process
            await asyncio.sleep(0.004)
    return found


class Session:
    """The conversation of the editor of *client*, working in *folder*, over *connection*.

    `frozen` it takes nothing until it is thawed. `settings` are what it says of a section that is asked for, `answers`
    what its user will choose, `documents` what it was told to show. `begun` is how many commands were chosen.
    """

    until = staticmethod(until)

    def __init__(self, client, connection, folder):
        self.client = client
        self.connection = connection
        self.folder = folder
        self.settings = {}
        self.capabilities = client.captured["capabilities"]
        self.journal = Journal(self.capabilities)
        self.is_down = False
        self._numbers = itertools.count(1)
        self._replies = {}
        self._held = None
        self._forget()

    def _forget(self):
        self.answers = []
        self.documents = []
        self.begun = 0

    async def start(self, **more):
        """Begin a session; *more* goes into the params of `initialize`."""
        await self.connection.start(self._take)
        self.initialized = await self.request("initialize", self.introduction(**more))
        self.server = self.initialized["capabilities"]
        self.encoding = self.server.get("positionEncoding", "utf-16")
        self.notify("initialized", {})
        return self

    def introduction(self, **more):
        """Return the params of `initialize`."""
        folders = [{"uri": self.folder.as_uri(), "name": "sample"}]
        return {"processId": None, "rootUri": None, "workspaceFolders": folders, **self.client.captured, **more}

    def clear(self):
        """Begin with the next test."""
        self.journal.clear()
        self.connection.log.clear()
        self._forget()

    async def shut_down(self):
        """Ask the server to finish."""
        self.is_down = True
        await self.request("shutdown", None)

    async def stop(self):
        """End the session, and return what is wrong with its end."""
        self.thaw()
        if not self.is_down:
            await self.shut_down()
        self.notify("exit", None)
        return await self.connection.stop()

    def notify(self, method, params):
        """Send a notification."""
        self._send({"method": method, "params": params})

    def ask(self, method, params):
        """Send a request and return its number; `reply` waits for it."""
        number = next(self._numbers)
        self.journal.asked(number, method)
        self._replies[number] = asyncio.get_running_loop().create_future()
        self._send({"id": number, "method": method, "params": params})
        return number

    async def reply(self, number):
        """Return the result of request *number*. Raises RefusedError."""
        message = await asyncio.wait_for(self._replies[number], PATIENCE_S)
        if "error" in message:
            raise RefusedError(message["error"])
        return message["result"]

    async def request(self, method, params):
        """Return the result of a request. Raises RefusedError."""
        return await self.reply(self.ask(method, params))

    def cancel(self, number):
        """Take request *number* back."""
        self.notify("$/cancelRequest", {"id": number})

    def _send(self, message):
        if message.get("params", "") is None:
            del message["params"]
        self.connection.send({"jsonrpc": "2.0", **message})

    def freeze(self):
        """Take nothing from now on."""
        self._held = []

    def thaw(self):
        """Take what has come meanwhile, and go on."""
        held, self._held = self._held or [], None
        for message in held:
            self._take(message)

    def has_held(self, method):
        """How many messages with *method* came while it was frozen."""
        return sum(message.get("method") == method for message in self._held or ())

    async def connection_idle(self):
        """Wait until the server has read what it was sent, and has answered what it can at once."""
        nothing = {"textDocument": {"uri": "untitled:barrier"}, "range": NOWHERE, "context": {"diagnostics": []}}
        number = self.ask("textDocument/codeAction", nothing)
        held = lambda: any(message.get("id") == number for message in self._held or ())  # noqa: E731
        await until(lambda: held() or self._replies[number].done())

    async def answered(self):
        """Wait until every request has its reply, or for too long."""
        with suppress(TimeoutError):
            await until(lambda: not self.journal.unanswered)

    def _take(self, message):
        if self._held is not None:
            self._held.append(message)
        elif "method" not in message:
            self.journal.replied(message["id"])
            future = self._replies.get(message["id"])
            if future is not None and not future.done():
                future.set_result(message)
        else:
            self.journal.came(message)
            self._react(message)

    def _react(self, message):
        reaction = getattr(self, _REACTIONS.get(message["method"], ""), None)
        if "id" not in message:
            if reaction:
                reaction(message.get("params"))
            return
        if reaction is None:
            reaction = self._know_nothing
        reply = {"id": message["id"]}
        try:
            reply["result"] = reaction(message.get("params"))
        except RefusedError as error:
            reply["error"] = error.error
        self.connection.send({"jsonrpc": "2.0", **reply})

    def _agree(self, _params):
        return None

    def _know_nothing(self, _params):
        self.journal.faults.append("a request that no client knows")
        raise RefusedError({"code": NO_METHOD, "message": "there is no such request"})

    def _ask_user(self, params):
        titles = [action["title"] for action in params.get("actions", [])]
        chosen = next((answer for answer in self.answers if answer in titles), None)
        if chosen is None and not self.answers:
            self.journal.questions.append(params["message"])
            return None
        self.answers.remove(chosen or self.answers[0])
        return {"title": chosen} if chosen else None

    def _configuration(self, params):
        return [self.settings.get(item.get("section")) for item in params["items"]]

    def _show_document(self, params):
        self.documents.append(params["uri"])
        return {"success": True}

    async def message(self, part):
        """Return the message with *part* in it, once it is shown; from now on it was expected."""
        said = await until(lambda: next((m for m in self.journal.messages if part in m), None))
        self.journal.messages.remove(said)
        return said

    async def question(self, part):
        """Return the question with *part* in it, once it was asked and nobody chose an answer."""
        said = await until(lambda: next((q for q in self.journal.questions if part in q), None))
        self.journal.questions.remove(said)
        return said

    def expect_log(self, pattern):
        """Take *pattern* in the server's log as expected."""
        self.connection.log[:] = [line for line in self.connection.log if not re.search(pattern, line)]

    @property
    def shows_progress(self):
        """Whether this editor shows progress."""
        return bool(self.capabilities.get("window", {}).get("workDoneProgress"))

    @property
    def token(self):
        """The token of the newest progress that goes on, None without one."""
        going = [t for t, values in self.journal.progress.items() if values and values[-1]["kind"] != "end"]
        return going[-1] if going else None

    async def began(self):
        """Return the token of the newest progress, once one goes on."""
        return await until(lambda: self.token)

    async def finished(self):
        """Return what the newest progress said last, once each command's has ended; None where none is shown."""
        if not self.shows_progress:
            return None
        await until(lambda: len(self.journal.ends) >= self.begun)
        return self.journal.ends[-1] if self.journal.ends else None
