"""All that a server sent, and what of it no test has asked for: that fails it at its end."""

from collections import Counter

ERROR, WARNING = 1, 2

NEEDS = {
    "workspace/configuration": ("workspace", "configuration"),
    "workspace/diagnostic/refresh": ("workspace", "diagnostics", "refreshSupport"),
    "window/showDocument": ("window", "showDocument", "support"),
    "window/workDoneProgress/create": ("window", "workDoneProgress"),
    "client/registerCapability": ("any", "dynamicRegistration"),
}
"""What a client declares before it is sent these requests. Edits may be tried: ALE and Kate take them unasked."""


_UNSURE = "the edit passes the checks, but not surely"
"""How sure an edit is depends on what the tests before have kept and undone."""


class Journal:
    """What is remembered of one test: `faults` are breaches of the protocol, `progress` the values of each token."""

    def __init__(self, capabilities):
        self.received = []
        self.messages = []
        self.questions = []
        self.faults = []
        self.progress = {}
        self._capabilities = capabilities
        self._asked = {}
        self._replies = Counter()

    def asked(self, number, method):
        """Remember our own request."""
        self._asked[number] = method

    def replied(self, number):
        """Remember a reply to one of ours."""
        self._replies[number] += 1
        if number not in self._asked:
            self.faults.append(f"a reply to {number!r}, which was never asked")
        elif self._replies[number] > 1:
            self.faults.append(f"{self._replies[number]} replies to {self._asked[number]}")

    def came(self, message):
        """Remember a request or a notification of the server."""
        method, params = message["method"], message.get("params")
        self.received.append(message)
        if method in NEEDS and not self._declares(NEEDS[method]):
            self.faults.append(f"{method} was sent to a client that does not declare it")
        match method:
            case "window/showMessage":
                self.messages.append(params["message"])
            case "window/logMessage" if params["type"] in {ERROR, WARNING}:
                self.faults.append(f"logged: {params['message']}")
            case "window/workDoneProgress/create":
                self._begin(params["token"])
            case "$/progress":
                self._went_on(params["token"], params["value"])
            case _:
                pass

    def _declares(self, path):
        if path[0] == "any":
            return f'"{path[1]}": true' in str(self._capabilities).replace("'", '"').replace("True", "true")
        found = self._capabilities
        for name in path:
            found = (found or {}).get(name)
        return bool(found)

    def _begin(self, token):
        if token in self.progress:
            self.faults.append("a progress was created twice")
        self.progress[token] = []

    def _went_on(self, token, value):
        values = self.progress.get(token)
        if values is None:
            self.faults.append("a progress went on that was never created")
            return
        kinds = [one["kind"] for one in values]
        if (value["kind"] == "begin") != (not kinds) or "end" in kinds:
            self.faults.append(f"a progress with {kinds} went on with {value['kind']}")
        values.append(value)

    @property
    def ends(self):
        """What the progresses that have ended said last, in the order of their begins."""
        return [v[-1].get("message") for v in self.progress.values() if v and v[-1]["kind"] == "end"]

    def of(self, method):
        """Return the params of all that came with *method*."""
        return [message["params"] for message in self.received if message["method"] == method]

    @property
    def unanswered(self):
        """The methods of our requests that wait for their reply."""
        return [method for number, method in self._asked.items() if not self._replies[number]]

    def leftovers(self):
        """Return what no test has asked for, in sentences."""
        endless = [token for token, values in self.progress.items() if not values or values[-1]["kind"] != "end"]
        return [
            *self.faults,
            *(f"a message nobody expected: {said}" for said in self.messages if _UNSURE not in said),
            *(f"a question nobody expected: {question}" for question in self.questions),
            *(f"no reply to {method}" for method in self.unanswered),
            *("a progress without end" for _ in endless),
        ]

    def clear(self):
        """Begin with the next test."""
        kept = (self.received, self.messages, self.questions, self.faults, self.progress, self._asked, self._replies)
        for one in kept:
            one.clear()
