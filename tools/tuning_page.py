"""The page about memory and tuning, with the outputs of the commands on a made-up record: nothing here was measured."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from suffice import families
from suffice.fingerprint import repository_name
from suffice.lanes import Usage, catalogue
from suffice.state.ledger import Call, Work
from suffice.state.past_tasks import FEEDBACK_WEIGHT, HALF_LIFE_S
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME
from suffice.task import Kind
from suffice.worth import ENOUGH_TASKS

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SUFFICE = Path(sys.executable).with_name("suffice")
TASKS, BY_HAIKU = 40, 4
_DAY_S = 86_400
_TODAY = re.compile(r"since \d{4}-\d{2}-\d{2}")


def tuning_page() -> Iterator[str]:
    """Yield what is remembered, how to read it, and what to do about it."""
    with tempfile.TemporaryDirectory(prefix="suffice-docs-") as folder:
        root = Path(folder) / "clone"
        shutil.copytree(EXAMPLES, root / "examples")
        subprocess.run(["git", "init", "--quiet", root], check=True)
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "SUFFICE_STATE_DIR": f"{folder}/state"}
        _remember(Path(folder, "state"), root)
        yield from _page(lambda command: _run(command, root / "examples", environment))


def _remember(state: Path, root: Path) -> None:
    """Write a record of lint fixes of which haiku did a tenth, and sonnet the others after it."""
    with closing(Storage(state / FILE_NAME)) as storage, storage.store.transaction():
        for number in range(TASKS):
            work = Work(Kind.LINT_FIX, "B904", repository_name(root), f"{number:064}")
            lanes = ("haiku",) if number < BY_HAIKU else ("haiku", "sonnet")
            for position, lane in enumerate(lanes):
                row = storage.ledger.record_call(work, _call(lane, position))
                failed = position + 1 < len(lanes)
                storage.ledger.record_check(
                    row,
                    failure="check-failed" if failed else None,
                    failed_checks=("loss",) if failed else (),
                    confidence=None if failed else 0.9,
                )


def _call(name: str, position: int) -> Call:
    lane = catalogue().lanes[name]
    usage = Usage(input_tokens=2000 + 500 * position, output_tokens=250)
    return Call(
        lane=name,
        provider=lane.provider,
        model=lane.model,
        effort=lane.effort,
        prompt_version=families.of(Kind.LINT_FIX).prompt_version(Kind.LINT_FIX),
        ended="answered",
        cause=None,
        request_id=None,
        cost_usd=lane.cost_usd(usage),
        usage=usage,
        latency_ms=1200.0 + 2000 * position,
        position=position,
    )


def _run(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Return *command* and what it prints, as on a terminal."""
    done = subprocess.run(
        [SUFFICE, *command.split()],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    printed = _TODAY.sub("since 2026-10-23", done.stdout).rstrip()
    return f"```console\n$ suffice {command}\n{printed}\n```\n"


def _page(run: Callable[[str], str]) -> Iterator[str]:
    yield from _remembered()
    yield from _how_often(run)
    yield from _what_to_change(run)
    yield from _replayed(run)


def _remembered() -> Iterator[str]:
    yield f"""# Tuning

What suffice remembers, how to read it, and what to change. All figures on this page are *scripted*: a made-up record
of {TASKS} lint fixes, and `examples/outcomes.csv`, which is made up too.

## What is remembered

Of each attempt: kind, rule, repository, lane, model, version of the prompt, whether it sufficed and which checks
failed, tokens, dollars and seconds. A task is known by a hash of its place, its rule or instruction, and its text; no
code is kept there. The cache of answers, which holds code, lies beside it and is cleared by `suffice cache clear`. Both
are in the state folder (`suffice doctor` says where; `SUFFICE_STATE_DIR` changes it).

By itself that changes who is asked, never past a constraint and never by dropping a rung:

| what was seen | what follows |
|---|---|
| two failures in a row of a lane on the very same task | the next run starts above it |
| {ENOUGH_TASKS} tasks of a lane or more, and starting higher would have cost less | tasks like these start higher |
| {ENOUGH_TASKS} tasks that came to a lane after a failure, and going on above costs less | it is asked after the top |
| a chance of rescue that is worth less than the call and its harm | the climb stops, `not-worth-climbing` |
| a result that you rejected: `suffice feedback`, or *Try harder* in the editor | another lane is asked, and told |

A word of yours (`kept`, `undone`, `dismissed`, `rejected`) counts for {FEEDBACK_WEIGHT:.0f} tasks, and a task of
{HALF_LIFE_S / _DAY_S:.0f} days ago counts half.
"""


def _how_often(run: Callable[[str], str]) -> Iterator[str]:
    yield """## How often each lane sufficed
"""
    yield run("stats")
    yield f"""`sufficed` is of the tasks at which the lane was asked; `a fix` is what it cost in all for each that it
settled; `in`, `cached` and `out` are tokens; `median` and `p90` are the times within which half and nine of ten answers
came. The first line of a lane is over all rules. Columns that would be empty are left out, so more may stand there:

| column or line | is |
|---|---|
| `unchecked` | of `sufficed`, results of which nothing could be checked, such as a summary |
| `kept` and so on | what you said of results, or did with them in the editor |
| `left out` | the linter has a fix that was checked and is in no patch: an unsafe one without `--unsafe`, for example |
| `N calls have no answer` | they are in flight or were cut off, and may cost up to so much on top of what was paid |

Here haiku seldom sufficed, so that its calls were lost on top: the last line says how much, against asking
the highest lane of the ladder at once. From {ENOUGH_TASKS} tasks of a lane on, tasks like these start higher:
"""
    yield run("explain lint-fix")


def _what_to_change(run: Callable[[str], str]) -> Iterator[str]:
    yield """## What to change in the policy
"""
    yield run("tune")
    yield """A ladder is the order in which lanes are tried: what is passed over moves behind, and no rung is dropped.
With the policy a machine that remembers nothing starts the same way. `suffice tune` changes nothing by itself. To take
what it suggests, at the root of a repository or outside of one:

```
suffice policy show guide > guide.toml
suffice tune > tune.diff
git apply tune.diff
suffice policy check guide.toml
suffice policy diff guide guide.toml
suffice fix --policy guide.toml          # or policy = "guide.toml" in your settings, beside them
```

From 200 results on that you kept, undid or rejected, `suffice tune --confidence` fits
[the confidence](confidence.md) to them too.
"""


def _replayed(run: Callable[[str], str]) -> Iterator[str]:
    yield """## A policy on recorded outcomes

Where you have outcomes of models on tasks (CSV or JSONL with `instance_id`, `model`, `resolved`, `cost_usd`), a policy
can be tried on them before it costs anything. Without `--map` the models are listed:
"""
    yield run("replay outcomes.csv")
    yield run("replay outcomes.csv --map sonnet=small --map opus=large --far 0.1")
    yield """`--far` is the share of wrong results that the checker lets pass, `--frr` that of right ones which it
rejects.

| row, column | is |
|---|---|
| solved, wrong, human | right and shipped, wrong and shipped, handed over |
| random mix | two of the lanes by lot, so that it costs what the policy with memory costs |
| ladder | one lane of each rung in order, without memory and without a reason to stop |
| policy, policy with memory | on a machine that has seen nothing, and one that has seen the other half of the tasks |
| oracle ladder | stops at the first result that is right |
| oracle router | asks only the cheapest lane that will be right |
| against only opus | points of solved, and what it costs, more or less than the highest lane alone |

`--kind` says whose ladder is climbed, that of `edit` unless you say otherwise. A lane that is not on it stands there by
its rank.
"""
