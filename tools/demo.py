"""`make demo`: suffice on real code without a key, then four short stories against scripted replies.

The real code is a released package; where it cannot be downloaded, the bundled examples serve, and it is said so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE, VERSION = "rich", "13.9.4"
RULES = "B904,BLE001,B018,PTH,TRY,SIM,PERF,PLW2901,RUF012,S110,B028,ARG,A,N818,UP"
SHOWN_LINES = 40
SUFFICE = Path(sys.executable).with_name("suffice")


def main() -> int:
    """Run the demo and return 0 if its patches apply and compile."""
    with tempfile.TemporaryDirectory(prefix="suffice-demo-") as folder:
        environment = _environment(Path(folder))
        print(f"== 1. Without a key, on {PACKAGE} {VERSION} ==\n", flush=True)
        on_real_code(Path(folder), environment)
        print("\n== 2. With models: four stories, scripted replies ==", flush=True)
        stories(Path(folder), environment)
        edit_story(Path(folder), environment)
    return 0


def _environment(folder: Path) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "TERM", "TMPDIR")
    chosen = {name: os.environ[name] for name in kept if name in os.environ}
    return chosen | {"SUFFICE_STATE_DIR": str(folder / "state")}


def on_real_code(folder: Path, environment: dict[str, str]) -> None:
    """Fix a released package without a key, and prove that the patch applies and compiles."""
    project = unpacked_package(folder) or bundled_examples(folder)
    patch = folder / "suffice.patch"
    command = [SUFFICE, "fix", "--select", RULES, "--patch", patch]
    print(f"$ suffice fix --select {RULES}\n", flush=True)
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr)
    shown = done.stdout.splitlines()
    print("\n".join(shown[:SHOWN_LINES]))
    if len(shown) > SHOWN_LINES:
        print(f"... {len(shown) - SHOWN_LINES} more lines of the diff")
    print(done.stderr, flush=True)
    subprocess.run(["git", "apply", "--check", patch], cwd=project, check=True)
    subprocess.run(["git", "apply", patch], cwd=project, check=True)
    subprocess.run([sys.executable, "-m", "compileall", "-q", "."], cwd=project, check=True)
    print(f"git apply takes the patch ({len(shown)} lines), and every patched file compiles.")


def unpacked_package(folder: Path) -> Path | None:
    """Download the package without its dependencies and unpack it as a project; None where that is not possible."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "suffice-demo"
    wheels = list(cache.glob(f"{PACKAGE}-{VERSION}-*.whl")) or _download(cache)
    if not wheels:
        return None
    project = folder / f"{PACKAGE}-{VERSION}"
    with zipfile.ZipFile(wheels[0]) as archive:
        archive.extractall(project)
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode("utf-8").splitlines()
    requires = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("Requires-Python:"))
    # an unpacked wheel has no pyproject.toml, and ruff would offer fixes that break the versions it supports
    declared = f'[project]\nname = "{PACKAGE}"\nversion = "{VERSION}"\nrequires-python = "{requires}"\n'
    (project / "pyproject.toml").write_text(declared, "utf-8")
    return project


def _download(cache: Path) -> list[Path]:
    cache.mkdir(parents=True, exist_ok=True)
    options = ["--no-deps", "--only-binary", ":all:", "--quiet", "--dest", cache]
    command = [sys.executable, "-m", "pip", "download", *options, f"{PACKAGE}=={VERSION}"]
    if shutil.which("uv") and subprocess.run([*command[:3], "--version"], capture_output=True, check=False).returncode:
        subprocess.run(["uv", "pip", "install", "--quiet", "pip"], check=False)  # uv's environments come without pip
    subprocess.run(command, check=False, capture_output=True)
    return list(cache.glob(f"{PACKAGE}-{VERSION}-*.whl"))


def bundled_examples(folder: Path) -> Path:
    """Return a copy of the bundled examples, saying why."""
    print(f"({PACKAGE} could not be downloaded; the bundled examples serve instead)\n")
    return Path(shutil.copytree(ROOT / "examples", folder / "examples"))


CODE = '''\
"""Read settings from a file."""


def read_port(settings: dict[str, str]) -> int:
    try:
        return int(settings["port"])
    except KeyError:
        raise LookupError("no port is set")
'''

GOOD = (
    CODE[CODE.index("def ") :]
    .replace("except KeyError:", "except KeyError as error:")
    .replace('set")', 'set") from error')
)
SILENCED = CODE[CODE.index("def ") :].replace('set")', 'set")  # noqa: B904')
GUTTED = CODE[CODE.index("def ") :].replace('raise LookupError("no port is set")', "return 0")

STORIES = (
    ("haiku suffices", {"claude-haiku-5-5": [GOOD]}),
    ("haiku silences the linter twice, is caught; sonnet suffices", {
        "claude-haiku-5-5": [SILENCED, SILENCED],
        "claude-sonnet-5-5": [GOOD],
    }),
    ("nobody suffices, and it is handed over with what was tried", {
        "claude-haiku-5-5": [SILENCED, GUTTED],
        "claude-sonnet-5-5": [GUTTED, GUTTED],
    }),
)  # fmt: skip


TOLD_TWICE = 2
"""The story that is run a second time, to show that it is free then."""


def _fixed(project: Path, environment: dict[str, str], *more: str | Path) -> subprocess.CompletedProcess[str]:
    command = [SUFFICE, "fix", "--select", "B904", "--yes", *more]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def stories(folder: Path, environment: dict[str, str]) -> None:
    """Tell the three stories against a loopback server that plays the provider."""
    from suffice.testing import provider_double

    tried, sufficed = Counter[str](), Counter[str]()
    for number, (title, replies) in enumerate(STORIES, 1):
        project = folder / f"story{number}"
        project.mkdir()
        (project / "settings.py").write_text(CODE, "utf-8")
        print(f"\n-- {number}. {title} (scripted replies) --\n$ suffice fix --select B904 --yes\n", flush=True)
        with provider_double() as double:
            for model, texts in replies.items():
                answers = [{"replacement": text, "extra_import": None, "cannot_fix": None} for text in texts]
                double.script(model, answers)
            keys = {"ANTHROPIC_API_KEY": "scripted", "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url}
            state = {"SUFFICE_STATE_DIR": str(folder / f"state{number}")}
            report = folder / f"report{number}.json"
            own = {**environment, **keys, **state}
            done = _fixed(project, own, "--output", report)
            again = _fixed(project, own) if number == TOLD_TWICE else None
        print(done.stdout + done.stderr, flush=True)
        if again:
            print(f"-- {number}. once more: what was checked is kept, so that nobody is called --\n")
            print(again.stderr, flush=True)
        for lane, entry in json.loads(report.read_text("utf-8"))["totals"]["by_lane"].items():
            tried[lane] += entry["attempts"]
            sufficed[lane] += entry["sufficed"]
    print("How often each rung sufficed in these stories (scripted replies):")
    for lane in tried:
        print(f"  {lane:8} {tried[lane]} tried, {sufficed[lane]} sufficed")
    print(f"  {'human':8} {len(STORIES) - sufficed.total()} handed over")


ASKED = "Return 8080 where no port is set."
DEFAULTED = CODE[CODE.index("    except") :].replace('raise LookupError("no port is set")', "return 8080")


def edit_story(folder: Path, environment: dict[str, str]) -> None:
    """Tell how sonnet silences a type checker, is caught, and codex suffices."""
    from suffice.testing import ScriptedCalls, provider_double

    project = folder / "story4"
    project.mkdir()
    (project / "settings.py").write_text(CODE, "utf-8")
    print("\n-- 4. an edit: sonnet silences, codex suffices (scripted replies) --")
    print(f'$ suffice edit settings.py -m "{ASKED}"\n', flush=True)
    old = CODE[CODE.index("    except") :]
    silenced = DEFAULTED.replace("8080", "8080  # type: ignore")
    diff = (
        "@@\n"
        + "".join(f"-{line}\n" for line in old.splitlines())
        + "".join(f"+{line}\n" for line in DEFAULTED.splitlines())
    )
    with provider_double() as double:
        told = {"command": "str_replace", "path": "settings.py", "old_str": old, "new_str": silenced}
        double.script("claude-sonnet-5-5", [ScriptedCalls(calls=[told])])
        double.script(
            "gpt-5.3-codex", [ScriptedCalls(calls=[{"type": "update_file", "path": "settings.py", "diff": diff}])]
        )
        double.script("claude-haiku-5-5", [{"doubts": [], "verdict": "right"}])
        keys = {
            "ANTHROPIC_API_KEY": "scripted",
            "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url,
            "OPENAI_API_KEY": "scripted",
            "SUFFICE_OPENAI_BASE_URL": double.openai_base_url,
            "SUFFICE_STATE_DIR": str(folder / "state4"),
        }
        command = [SUFFICE, "edit", "settings.py", "-m", ASKED, "--yes"]
        own = {**environment, **keys}
        done = subprocess.run(command, cwd=project, env=own, capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
