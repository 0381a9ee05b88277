"""`suffice fix`: finds what to mend, runs it, and writes the result where it was asked for."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from suffice.checker.linting import Linting
from suffice.checker.waves import Waves
from suffice.config import Config, load_config
from suffice.edits.write import write_changes
from suffice.errors import InputError, StorageError
from suffice.fix import Fixed, Manner, fix
from suffice.lanes import catalogue
from suffice.policy import Policy
from suffice.providers.connect import KEY_VARIABLES, with_key
from suffice.report import Run, Status, build_report
from suffice.solve import DEFAULT_JOBS, State, Wishes
from suffice.state.budget import DEFAULT_CAP_USD, Budget
from suffice.state.ledger import Ledger, state_folder
from suffice.state.record import record_outcomes
from suffice.targets import Targets, Wanted, find_targets, root_of, trusted_settings
from suffice.task import Kind, Mode, Stakes
from suffice_ci.connected import Connected
from suffice_ci.progress import Progress
from suffice_ci.summary import print_summary

_INTERRUPTED = 130


def run_fix(options: Mapping[str, Any]) -> int:
    """Run `suffice fix` and return the exit code. Raises SufficeError."""
    started, clock = datetime.now(UTC), time.perf_counter()
    wanted = _wanted(options)
    settings = trusted_settings(wanted, root=root_of(wanted, folder=Path.cwd()))
    config = load_config(settings, os.environ)
    policy = Policy.load(options["policy"] or config.policy or "guide")
    _known_lanes(options)
    targets = find_targets(wanted, folder=Path.cwd(), settings=settings, config=config)
    ledger = _ledger()
    cap_usd = _cap(options, config)
    wishes = _wishes(options, config, targets, ledger)
    fixed = _run(targets, policy, wishes, ledger, cap_usd, options, config)
    record_outcomes(fixed, targets=targets, ledger=ledger)
    applied = bool(options["apply"]) and not fixed.interrupted and bool(fixed.changes)
    if applied:
        write_changes(fixed.changes, snapshot=targets.snapshot, root=targets.root)
    run = Run(
        command="fix",
        policy=policy,
        mode=_mode(),
        cap_usd=cap_usd,
        started_at=started,
        duration_ms=int((time.perf_counter() - clock) * 1000),
        applied=applied,
        stopped_by=("bad-key", str(fixed.stopped_by)) if fixed.stopped_by else None,
    )
    report = build_report(fixed, targets=targets, run=run)
    _deliver(report, options)
    if fixed.stopped_by:
        click.echo(f"suffice: {fixed.stopped_by}", err=True)
        return fixed.stopped_by.exit_code
    return _INTERRUPTED if fixed.interrupted else exit_code(report, options["fail_on"])


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


def _known_lanes(options: Mapping[str, Any]) -> None:
    for lane in (options["lane"], options["max_lane"], *options["allow"]):
        if lane and lane not in catalogue().lanes:
            raise InputError(f"There is no lane {lane}; lanes are: {', '.join(catalogue().lanes)}.")


def _cap(options: Mapping[str, Any], config: Config) -> float:
    caps = [cap for cap in (options["max_cost_usd"], config.max_cost_usd) if cap is not None]
    return min(caps, default=DEFAULT_CAP_USD)


def _ledger() -> Ledger:
    try:
        return Ledger(state_folder(os.environ) / "suffice.sqlite3")
    except StorageError as error:
        click.echo(f"suffice: {error} This run is not remembered.", err=True)
        return Ledger()


def _mode() -> Mode:
    return Mode.BULK if _in_ci() else Mode.INTERACTIVE


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"}


def _wishes(options: Mapping[str, Any], config: Config, targets: Targets, ledger: Ledger) -> Wishes:
    least = [p for p in (options["min_confidence"], config.min_confidence) if p is not None]
    return Wishes(
        lane=options["lane"],
        max_lane=options["max_lane"],
        allow=frozenset(options["allow"]),
        deny=config.deny_lanes,
        min_confidence=max(least, default=None),
        no_calls=_why_no_calls(options, targets, ledger),
    )


def _why_no_calls(options: Mapping[str, Any], targets: Targets, ledger: Ledger) -> str | None:
    keys = with_key(os.environ)
    if options["dry_run"]:
        return "dry-run"
    if options["offline"]:
        return "offline"
    if not keys:
        return "no-key"
    missing = keys - ledger.consented()
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


def _run(
    targets: Targets,
    policy: Policy,
    wishes: Wishes,
    ledger: Ledger,
    cap_usd: float,
    options: Mapping[str, Any],
    config: Config,
) -> Fixed:
    rules = policy.of(Kind.LINT_FIX)
    manner = Manner(
        mode=_mode(),
        stakes=Stakes(options["stakes"]),
        unsafe=options["unsafe"],
        least_confidence=rules.apply if options["apply"] else 0.0,
        proof_only=bool(options["apply"]) and _in_ci(),
    )
    linting = _linting(targets, options)
    jobs = options["jobs"] or config.jobs or DEFAULT_JOBS
    total = len(targets.diagnostics)

    async def go() -> Fixed:
        async with Connected(os.environ, needed=wishes.no_calls is None) as providers:
            providers.warm(targets.diagnostics, policy, wishes)
            with Progress(total, shown=sys.stderr.isatty() and not options["as_json"]) as progress:
                state = State(
                    checking=Waves(linting),
                    ledger=ledger,
                    budget=Budget(cap_usd),
                    calls=asyncio.Semaphore(jobs),
                    wishes=wishes,
                    tell=progress.tell,
                )
                return await fix(targets, policy=policy, providers=providers, state=state, manner=manner)

    return asyncio.run(go())


def _linting(targets: Targets, options: Mapping[str, Any]) -> Linting:
    rules = sorted({d.rule for d in targets.diagnostics if d.source.lower() == "ruff"})
    given = bool(options["diagnostics"])
    linting = Linting(root=targets.root, select=",".join(rules) if given else options["select"])
    if not given:
        by_path: dict[str, list[Any]] = {}
        for diagnostic in targets.found:
            by_path.setdefault(diagnostic.path, []).append(diagnostic)
        for path, found in by_path.items():
            if targets.snapshot.has(path):
                linting.remember(targets.snapshot.file(path), found)
    return linting


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
