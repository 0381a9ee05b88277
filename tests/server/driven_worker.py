"""A worker that is driven in this process, message by message, over a provider double."""

import asyncio
import os
from contextlib import asynccontextmanager

from suffice.state.ledger import Ledger
from suffice.state.store import FILE_NAME, Store
from suffice_server.messages import Attempted, Noted, Spent
from suffice_server.pipe import to_line
from suffice_server.worker.worker import Worker

PATIENCE_S = 20

KEYS = {"ANTHROPIC_API_KEY": "sk-ant-test-4711", "OPENAI_API_KEY": "sk-test-4712"}


def variables(double, folder, **more):
    """Return the variables of a worker with both keys, all its files in *folder*; nobody has agreed to anything."""
    own = folder / "own.toml"
    if not own.exists():
        own.write_text("", "utf-8")
    return {
        "PATH": os.environ["PATH"],
        "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url,
        "SUFFICE_OPENAI_BASE_URL": double.openai_base_url,
        "SUFFICE_STATE_DIR": str(folder / "state"),
        "SUFFICE_CONFIG": str(own),
        **KEYS,
        **more,
    }


def ruled(folder, *rules):
    """Return a new project in *folder* whose ruff knows these rules."""
    root = folder / "sample"
    root.mkdir()
    (root / "ruff.toml").write_text(f"lint.select = {list(rules)}\n", "utf-8")
    return root


@asynccontextmanager
async def workers(double, folder, **usual):
    """Give what starts a worker, with *usual* and more variables; all are closed at the end."""
    running = []

    def start(**more):
        running.append(Driven(variables(double, folder, **{**usual, **more})))
        return running[-1]

    yield start
    for driven in running:
        await driven.worker.close()


class Driven:
    """Takes requests and words as the front would send them, and keeps what comes back."""

    def __init__(self, environment):
        self.environment = environment
        self.sent = []
        self.worker = Worker(send=self.sent.append, environment=environment)
        self.session = self.worker._session

    def say(self, message):
        self.worker.take(to_line(message))

    async def ask(self, request):
        """Return the answer to *request*."""
        self.say(request)
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*self.worker._tasks.values())
        (answer,) = [m for m in self.sent if _answers(m, request)]
        return answer

    def told(self, kind):
        return [message for message in self.sent if isinstance(message, kind)]

    @property
    def ledger(self):
        """The ledger as another process sees it."""
        return Ledger(Store(f"{self.environment['SUFFICE_STATE_DIR']}/{FILE_NAME}"))


def _answers(message, request):
    return not isinstance(message, Attempted | Noted | Spent) and message.id == request.id


def models(double):
    """Return the models that were asked, in order."""
    return [request.model for request in double.requests]
