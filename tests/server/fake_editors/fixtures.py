"""The fixtures with fake editors. What is left over of a test fails it at its end."""

import itertools

import pytest_asyncio

from fake_editors.clients import CLIENTS
from fake_editors.connections import Here, Spawned
from fake_editors.editor import FakeEditor
from fake_editors.hanging import Hanging
from fake_editors.projects import KEY, SERVER, environment, forget_feedback, project, with_consent
from fake_editors.workers import Held, Scripted, real


class Pool:
    """Fake editors by name, each started when it is first asked for, with its own worker and state."""

    def __init__(self, base, variables):
        self._base = base
        self._variables = variables
        self._numbers = itertools.count()
        self._running = {}
        self._all = []

    async def get(self, name):
        running = self._running.get(name)
        if running is None or running.is_down:
            base = self._base / f"{name}-{next(self._numbers)}"
            base.mkdir()
            state = with_consent(base / "state")
            worker = Held(base / "worker", real(self._variables(state)))
            await worker.start()
            editor = FakeEditor(CLIENTS[name], Here(worker.address), project(base / "sample"))
            editor.worker = worker
            self._running[name] = await editor.start()
            await editor.connection_idle()
            editor.at_start = list(editor.journal.received)
            self._all.append(editor)
        return self._running[name]

    async def stop(self):
        return [fault for editor in self._all for fault in await _stopped_with_worker(editor)]


async def _stopped_with_worker(editor):
    faults = await editor.stop()
    await editor.worker.stop()
    return faults


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def pool(double, tmp_path_factory):
    def variables(state):
        return environment(double, state, **KEY)

    made = Pool(tmp_path_factory.mktemp("pool"), variables)
    yield made
    assert await made.stop() == []


@pytest_asyncio.fixture(loop_scope="package", params=list(CLIENTS))
async def fake(request, pool):
    """Each fake editor with a server of its own, whose front and worker are in this process."""
    editor = await pool.get(request.param)
    editor.clear()
    forget_feedback(editor.folder.parent / "state")
    yield editor
    left = await editor.settle()
    assert left == [], left


@pytest_asyncio.fixture(loop_scope="package")
async def scripted(tmp_path):
    """Start a fake editor whose worker answers when the test says so, as (editor, worker)."""
    running = []

    async def start_one(name):
        worker = Scripted()
        held = Held(tmp_path / f"worker{len(running)}", worker)
        await held.start()
        folder = tmp_path / f"sample{len(running)}"
        editor = FakeEditor(CLIENTS[name], Here(held.address), folder)
        editor.worker = held
        running.append(await editor.start())
        return editor, worker

    yield start_one
    left = [fault for editor in running for fault in await editor.settle()]
    left += [fault for editor in running for fault in await _stopped_with_worker(editor)]
    assert left == []


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def hanging_pool(tmp_path_factory):
    provider = await Hanging().start()

    def variables(state):
        return environment(provider, state, **KEY)

    made = Pool(tmp_path_factory.mktemp("hanging"), variables)
    yield made, provider
    assert await made.stop() == []
    await provider.stop()


@pytest_asyncio.fixture(loop_scope="package")
async def hung(hanging_pool):
    """Get a fake editor with a server whose provider never answers, as (editor, provider)."""
    pool, provider = hanging_pool
    got = []

    async def get(name):
        editor = await pool.get(name)
        editor.clear()
        got.append(editor)
        return editor, provider

    yield get
    assert [left for editor in got for left in await editor.settle()] == []


@pytest_asyncio.fixture(loop_scope="package")
async def spawned(double, tmp_path):
    """Start a fake editor with a server in its own processes."""
    running = []

    async def start_one(name, *, consent=True, **variables):
        base = tmp_path / str(len(running))
        base.mkdir()
        state = with_consent(base / "state") if consent else base / "state"
        more = {**KEY, **variables}
        editor = FakeEditor(
            CLIENTS[name], Spawned(SERVER, environment(double, state, **more)), project(base / "sample")
        )
        editor.state = state
        running.append(await editor.start())
        return editor

    yield start_one
    left = [fault for editor in running for fault in await editor.settle()]
    left += [fault for editor in running for fault in await editor.stop()]
    assert left == []
