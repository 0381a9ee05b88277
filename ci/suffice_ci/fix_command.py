"""`suffice fix`: finds what to mend, runs it, and writes the result where it was asked for."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from suffice.config import DEFAULT_CAP_USD, Config, load_config
from suffice.edits.write import write_changes
from suffice.errors import InputError, StorageError
from suffice.lanes import Lane
from suffice.policy import Policy
from suffice.processes import hide_environment
from suffice.providers.connect import KEY_VARIABLES, needs_consent, with_key
from suffice.report import Run, Status, build_report
from suffice.state.ledger import Ledger
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME, state_folder
from suffice.targets import Targets, Wanted, find_targets, root_of, trusted_settings
from suffice.task import Kind, Mode, Stakes
from suffice.wishes import Wishes
from suffice_ci.fix_order import Caps, Order
from suffice_ci.summary import print_summary

_INTERRUPTED = 130

_GC_THRESHOLD = (50_000, 20, 20)
"""Modules and syntax trees are many objects that live; the default threshold (700) looks through them again and
again: without it an SDK's import takes a fifth less (measured 2026-11)."""


def run_fix(options: Mapping[str, Any]) -> int:
    """Run `suffice fix` and return the exit code. Raises SufficeError."""
    gc.set_threshold(*_GC_THRESHOLD)
    started, clock = datetime.now(UTC), time.perf_counter()
    if with_key(os.environ):
        hide_environment()
    wanted = _wanted(options)
    settings = trusted_settings(wanted, root=root_of(wanted, folder=Path.cwd()))
    config = load_config(settings, os.environ)
    lanes = config.catalogue().lanes
    policy = Policy.load(options["policy"] or config.policy or "guide", lanes=lanes)
    known_lanes(options, lanes)
    targets = find_targets(wanted, folder=Path.cwd(), settings=settings, config=config, meanwhile=_load_the_rest)
    storage = open_storage()
    order = _order(options, config, policy, targets, storage)
    from suffice_ci import fix_run

    fixed = fix_run.carried_out(targets, order, policy=policy, storage=storage)
    stopped = fixed.stopped_by
    applied = False
    if options["apply"] and fixed.changes and not fixed.interrupted:
        try:
            applied = bool(write_changes(fixed.changes, snapshot=targets.snapshot, root=targets.root))
        except StorageError as error:  # what was paid for is still reported
            stopped = error
    run = Run(
        command="fix",
        policy=policy,
        mode=order.mode,
        cap_usd=order.caps.run_usd,
        started_at=started,
        duration_ms=int((time.perf_counter() - clock) * 1000),
        applied=applied,
        stopped_by=(stopped.reason, str(stopped)) if stopped else None,
    )
    report = build_report(fixed, targets=targets, run=run)
    _deliver(report, options)
    if stopped:
        click.echo(f"suffice: {stopped}", err=True)
        return stopped.exit_code
    return _INTERRUPTED if fixed.interrupted else exit_code(report, options["fail_on"])


def _load_the_rest() -> None:
    """Import, while the linter looks, what the run needs once it has."""
    import pathspec  # noqa: F401
    import unidiff  # noqa: F401

    import suffice_ci.fix_run  # noqa: F401


def _order(options: Mapping[str, Any], config: Config, policy: Policy, targets: Targets, storage: Storage) -> Order:
    rules = policy.of(Kind.LINT_FIX)
    apply = bool(options["apply"])
    return Order(
        wishes=_wishes(options, config, targets, storage),
        mode=Mode.BULK if _in_ci() else Mode.INTERACTIVE,
        stakes=Stakes(options["stakes"]),
        caps=_caps(options, config),
        time_budget_s=_least(options["time_budget_s"], config.time_budget_s),
        jobs=options["jobs"] or config.jobs,
        select=_select(options, targets),
        unsafe=options["unsafe"],
        least_confidence=rules.apply if apply else 0.0,
        proof_only=apply and _in_ci(),
        quiet=options["as_json"],
    )


def _select(options: Mapping[str, Any], targets: Targets) -> str | None:
    """Return the rules that the checker's linter runs are to find: of given diagnostics, just theirs."""
    if not options["diagnostics"]:
        return str(options["select"]) if options["select"] else None
    return ",".join(sorted({d.rule for d in targets.diagnostics if d.source.lower() == "ruff"})) or None


def exit_code(report: Mapping[str, Any], fail_on: str | None) -> int:
    """Return 1 where something is left for a human or was cut short, or for what *fail_on* names or worse."""
    status = report["status"]
    if status == Status.FAILED:
        return 1
    unfixed = sum(
        n for outcome, n in report["totals"]["by_outcome"].items() if outcome not in {"unchanged", "proposed"}
    )
    match fail_on:
        case None:
            return int(status in {Status.NEEDS_HUMAN, Status.DEGRADED})
        case "findings":
            return int(bool(report["items"]))
        case "unfixed":
            return int(bool(unfixed) or status in {Status.NEEDS_HUMAN, Status.DEGRADED})
        case "degraded":
            return int(status == Status.DEGRADED)
        case _:
            return 0


def _wanted(options: Mapping[str, Any]) -> Wanted:
    if sum(bool(options[name]) for name in ("staged", "base", "diff")) > 1:
        raise InputError("--staged, --base and --diff each say which lines count; give one of them.")
    return Wanted(
        paths=options["paths"],
        staged=options["staged"],
        base=options["base"],
        diff=_read(options["diff"]) if options["diff"] else None,
        diagnostics=tuple((name, _read(name)) for name in options["diagnostics"]),
        select=options["select"],
    )


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name} cannot be read ({error}); name a readable text file.") from error


def known_lanes(options: Mapping[str, Any], lanes: Mapping[str, Lane]) -> None:
    """Raise InputError for a lane among *options* that does not exist."""
    for lane in (options["lane"], options["max_lane"], *options["allow"]):
        if lane and lane not in lanes:
            raise InputError(f"There is no lane {lane}; lanes are: {', '.join(lanes)}.")


def _caps(options: Mapping[str, Any], config: Config) -> Caps:
    run_usd = _least(options["max_cost_usd"], config.max_cost_usd)
    return Caps(
        run_usd=DEFAULT_CAP_USD if run_usd is None else run_usd,
        task_usd=config.max_task_usd,
        day_usd=config.max_day_usd,
        repository_month_usd=config.max_repository_month_usd,
    )


def _least(*limits: float | None) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def open_storage() -> Storage:
    """Return what is remembered on this machine; where the state folder cannot be written, say so and forget."""
    try:
        return Storage(state_folder(os.environ) / FILE_NAME)
    except StorageError as error:
        click.echo(f"suffice: {error} This run is not remembered.", err=True)
        return Storage()


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


def _wishes(options: Mapping[str, Any], config: Config, targets: Targets, storage: Storage) -> Wishes:
    least = [p for p in (options["min_confidence"], config.min_confidence) if p is not None]
    return Wishes(
        lane=options["lane"],
        max_lane=options["max_lane"],
        allow=frozenset(options["allow"]),
        deny=config.deny_lanes,
        min_confidence=max(least, default=None),
        no_calls=_why_no_calls(options, targets, storage.ledger),
    )


def _why_no_calls(options: Mapping[str, Any], targets: Targets, ledger: Ledger) -> str | None:
    keys = with_key(os.environ)
    if options["dry_run"]:
        return "dry-run"
    if options["offline"]:
        return "offline"
    if not keys:
        return "no-key"
    missing = needs_consent(keys, os.environ) - ledger.consented()
    if not missing or options["yes"] or _in_ci():
        return None
    to_ask = sum(diagnostic.fix is None for diagnostic in targets.diagnostics)
    return None if to_ask and _consents(missing, to_ask, ledger) else "no-consent"


def _consents(providers: frozenset[str], to_ask: int, ledger: Ledger) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    names = " and ".join(sorted(providers))
    click.echo(
        f"For up to {to_ask} diagnostics, suffice sends some lines around each, the file's imports and path to {names}."
        " No ignored file and no secret it knows by its form is sent.",
        err=True,
    )
    if not click.confirm(f"Send code to {names}? Asked once on this machine", default=False, err=True):
        return False
    for provider in providers:
        ledger.record_consent(provider)
    return True


def _deliver(report: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    if options["patch_file"]:
        _write(options["patch_file"], report["patch"])
    if options["output"]:
        _write(options["output"], json.dumps(report, indent=1) + "\n")
    if options["as_json"]:
        click.echo(json.dumps(report))
        return
    if not options["apply"]:
        print_diff(report["patch"])
    print_summary(report, keys=tuple(KEY_VARIABLES.values()))


def print_diff(diff: str) -> None:
    """Print *diff* on standard output, coloured on a terminal."""
    if not sys.stdout.isatty():
        sys.stdout.buffer.write(diff.encode("utf-8"))
        sys.stdout.flush()
        return
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff.split("\n"):
        click.secho(line, fg=colours.get(line[:1]), bold=line.startswith(("diff ", "--- ", "+++ ")))


def _write(name: str, text: str) -> None:
    try:
        Path(name).write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise StorageError(f"{name} cannot be written ({error.strerror}); name another file.") from error
