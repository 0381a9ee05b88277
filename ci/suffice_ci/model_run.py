"""What every command that may call a model settles first: policy, caps, wishes, consent, what is remembered.

Nothing here sends anything. Consent is asked once for each provider of a machine, and only on a terminal.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from suffice.config import Config
from suffice.errors import InputError, StorageError, SufficeError
from suffice.fingerprint import repository_name
from suffice.lanes import Lane
from suffice.policy import Policy
from suffice.processes import hide_environment
from suffice.providers.connect import addresses, needs_consent, with_key
from suffice.report import Run
from suffice.state.ledger import Ledger
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME, IN_MEMORY, state_folder
from suffice.task import Kind, Mode, Stakes, Task
from suffice.wishes import Wishes

if TYPE_CHECKING:
    from suffice.checker.linting import Linting
    from suffice.checker.weights import Weights
    from suffice.outcome import Attempt
    from suffice.run import State

INTERRUPTED = 130
"""The exit code after Ctrl-C."""

_GC_THRESHOLD = (50_000, 20, 20)
"""Modules and syntax trees are many objects that live; the default threshold (700) looks through them again and
again: without it an SDK's import takes a fifth less (measured 2026-11)."""


class Caps(NamedTuple):
    """The most that may be spent, in US dollars: on this run, on one task, on a day, on a month of the repository."""

    run_usd: float
    task_usd: float | None = None
    day_usd: float | None = None
    repository_month_usd: float | None = None


class Terms(NamedTuple):
    """On what terms a run calls models, after flags, settings and environment were weighed.

    `jobs` None: the default. No call starts later than `time_budget_s` into the run; `quiet` shows no progress.
    `weights` None: evidence weighs what ships.
    """

    wishes: Wishes
    mode: Mode
    stakes: Stakes
    caps: Caps
    jobs: int | None = None
    time_budget_s: float | None = None
    quiet: bool = False
    weights: Weights | None = None


class Begun(NamedTuple):
    """When a run began: in UTC, and by `time.perf_counter`."""

    started_at: datetime
    clock_s: float

    def run(
        self,
        command: str,
        *,
        policy: Policy,
        terms: Terms,
        stopped: SufficeError | None = None,
        applied: bool = False,
    ) -> Run:
        """Return what a report says of the run of *command*, which ends now, *stopped* by what no rung mends."""
        return Run(
            command=command,
            policy=policy,
            mode=terms.mode,
            cap_usd=terms.caps.run_usd,
            started_at=self.started_at,
            duration_ms=int((time.perf_counter() - self.clock_s) * 1000),
            applied=applied,
            stopped_by=(stopped.reason, str(stopped)) if stopped else None,
        )


def begin() -> Begun:
    """Prepare this process for a run: its garbage collector, and that nobody reads our keys from outside."""
    begun = Begun(datetime.now(UTC), time.perf_counter())
    gc.set_threshold(*_GC_THRESHOLD)
    if with_key(os.environ):
        hide_environment()
    return begun


def chosen_policy(options: Mapping[str, Any], config: Config, *, kinds: Iterable[Kind] = Kind) -> Policy:
    """Return the policy that flag or settings name, for a command that does tasks of *kinds*.

    Raises ConfigError, and InputError for lanes that do not exist, or that none of these tasks may go to.
    """
    lanes = config.catalogue().lanes
    policy = Policy.load(options["policy"] or config.policy or "guide", lanes=lanes)
    known_lanes(options, lanes)
    _usable_lane(options, config, policy, kinds)
    return policy


def known_lanes(options: Mapping[str, Any], lanes: Mapping[str, Lane]) -> None:
    """Raise InputError for a lane among *options* that does not exist."""
    for lane in (options["lane"], options["max_lane"], *options["allow"]):
        if lane is not None and lane not in lanes:
            raise InputError(f"There is no lane {lane or repr(lane)}; lanes are: {', '.join(lanes)}.")


def _usable_lane(options: Mapping[str, Any], config: Config, policy: Policy, kinds: Iterable[Kind]) -> None:
    """Raise InputError if no key and no moment makes the lane that *options* name usable for what they ask."""
    lane = policy.lanes.get(options["lane"] or "")
    if lane is None:
        return
    from suffice.constraints import Facts, denied_for_good, situation_of

    facts = Facts(
        with_key=frozenset({lane.provider}),
        allow=frozenset(options["allow"]),
        deny=config.deny_lanes,
        max_lane=options["max_lane"],
    )
    usual = [Mode.BULK, Mode.BACKGROUND] if in_ci() else [Mode.INTERACTIVE]
    modes = [Mode(options["mode"])] if options.get("mode") else usual
    asked = [kind for kind in kinds if kind == options.get("kind", kind) and kind in policy.kinds]
    tasks = [Task(kind=kind, mode=mode, stakes=Stakes(options["stakes"])) for kind in asked for mode in modes]
    found = [denied_for_good(lane, situation_of(task, policy, facts)) for task in tasks]
    if "explicit only" in found and all(found):
        raise InputError(f"{lane.name} is explicit only: add --allow {lane.name}.")
    if found and all(found):
        why = Counter(found).most_common(1)[0][0]  # of several kinds; a command of one kind does not say which
        raise InputError(f"{lane.name} may not be used: {why}; name another lane, or lift what excludes it.")


def open_storage() -> Storage:
    """Return what is remembered on this machine; where the state folder cannot be written, say so and forget."""
    try:
        return Storage(state_folder(os.environ) / FILE_NAME)
    except StorageError as error:
        click.echo(f"suffice: {error} This run is not remembered.", err=True)
        return Storage()


def in_ci() -> bool:
    """Tell whether this is a job of a CI service."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def agreed_terms(
    options: Mapping[str, Any], config: Config, *, sends: str | None, ledger: Ledger, unattended: Mode = Mode.BULK
) -> Terms:
    """Return the terms of a run, asking for consent if need be.

    *unattended* is what it is where nobody waits, in CI: bulk for very many tasks, background for one. *sends* says
    what would be sent, as in "suffice sends ..."; None: nothing is, and nobody is asked to agree.

    Raises InputError or StorageError if what is paid for could not be written where *options* say.
    """
    for option, file in (("--patch", "patch_file"), ("--output", "output")):
        if options.get(file):
            _refuse_unwritable(option, options[file])
    return Terms(
        wishes=_wishes(options, config, no_calls=_why_no_calls(options, sends, ledger)),
        mode=unattended if in_ci() else Mode.INTERACTIVE,
        stakes=Stakes(options["stakes"]),
        caps=_caps(options, config),
        jobs=options["jobs"] or config.jobs,
        time_budget_s=_least(options["time_budget_s"], config.time_budget_s),
        quiet=options["as_json"],
        weights=config.own_weights,
    )


def run_state(
    terms: Terms, *, storage: Storage, root: Path, linting: Linting, tell: Callable[[Task, Attempt], None]
) -> State:
    """Return what the tasks of a run under *terms* share; its time runs from now."""
    from suffice.calls import DEFAULT_JOBS, Calls
    from suffice.checker.waves import Waves
    from suffice.run import State
    from suffice.state.budget import Budget

    caps = terms.caps
    if storage.store.path == IN_MEMORY and (caps.day_usd is not None or caps.repository_month_usd is not None):
        raise StorageError(
            "Without the state folder a cap on a day or a month cannot be kept; mend the folder, or unset the cap."
        )
    budget = Budget(
        terms.caps.run_usd,
        task_cap_usd=terms.caps.task_usd,
        day_cap_usd=terms.caps.day_usd,
        month_cap_usd=terms.caps.repository_month_usd,
        repository=repository_name(root),
        store=storage.store,
    )
    return State(
        checking=Waves(linting, terms.weights),
        storage=storage,
        budget=budget,
        ends_at=None if terms.time_budget_s is None else time.monotonic() + terms.time_budget_s,
        calls=Calls(terms.jobs or DEFAULT_JOBS),
        wishes=terms.wishes,
        tell=tell,
        addresses=addresses(os.environ),
    )


def _refuse_unwritable(option: str, name: str) -> None:
    """Raise StorageError, or InputError for standard output, if nothing can be written to the file *name*."""
    if name == "-":
        raise InputError(f"{option} takes a file; leave it out, standard output has the result (--json: the report).")
    place = Path(name)
    asked = place if place.exists() else place.absolute().parent
    if place.is_dir() or not (asked.exists() and os.access(asked, os.W_OK)) or (asked != place and not asked.is_dir()):
        raise StorageError(f"{name} cannot be written; name a file in a folder that is there and may be written to.")


def write_report(report: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    """Write patch and report into the files that *options* name. Raises StorageError."""
    if options.get("patch_file"):
        write_result(options["patch_file"], report["patch"])
    if options["output"]:
        write_result(options["output"], json.dumps(report, indent=1) + "\n")


def write_result(name: str, text: str) -> None:
    """Write *text* to the file *name*. Raises StorageError."""
    try:
        Path(name).write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise StorageError(f"{name} cannot be written ({error.strerror}); name another file.") from error


def _caps(options: Mapping[str, Any], config: Config) -> Caps:
    return Caps(
        run_usd=config.run_cap_usd(options["max_cost_usd"]),
        task_usd=config.max_task_usd,
        day_usd=config.max_day_usd,
        repository_month_usd=config.max_repository_month_usd,
    )


def _least(*limits: float | None) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _wishes(options: Mapping[str, Any], config: Config, *, no_calls: str | None) -> Wishes:
    least = [p for p in (options["min_confidence"], config.min_confidence) if p is not None]
    return Wishes(
        lane=options["lane"],
        max_lane=options["max_lane"],
        allow=frozenset(options["allow"]),
        deny=config.deny_lanes,
        min_confidence=max(least, default=None),
        no_calls=no_calls,
    )


def _why_no_calls(options: Mapping[str, Any], sends: str | None, ledger: Ledger) -> str | None:
    keys = with_key(os.environ)
    if options["dry_run"]:
        return "dry-run"
    if options["offline"]:
        return "offline"
    if not keys:
        return "no-key"
    missing = needs_consent(keys, os.environ) - ledger.consented()
    if not missing or options["yes"] or in_ci():
        return None
    return None if sends and _consents(missing, sends, ledger) else "no-consent"


def _consents(providers: frozenset[str], sends: str, ledger: Ledger) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    names = " and ".join(sorted(providers))
    click.echo(f"{sends} to {names}. No ignored file and no secret it knows by its form is sent.", err=True)
    if not click.confirm(f"Send this to {names}? Asked once on this machine", default=False, err=True):
        return False
    for provider in providers:
        ledger.record_consent(provider)
    return True
