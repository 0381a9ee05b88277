"""The command line. Commands are declared here and run elsewhere, so that `--help` loads none of it.

Human text goes to standard error, the result to standard output. One handler turns every error into a sentence.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

import click

from suffice import __version__
from suffice_ci.options import Amount, model_options, result_options, route_options, told_options


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version=__version__, prog_name="suffice")
def cli() -> None:
    """Checked fixes from the smallest model that suffices."""


@cli.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--staged", is_flag=True, help="Only what is staged, as it is staged.")
@click.option("--base", metavar="REF", help="Only lines changed since the merge base with REF.")
@click.option("--diff", metavar="FILE|-", help="Only lines that this unified diff changes.")
@click.option(
    "--diagnostics",
    metavar="FILE",
    multiple=True,
    help="Take diagnostics (ruff JSON, SARIF, rdjson) from FILE.",
)
@click.option("--select", metavar="RULES", help="Rules for ruff, such as B,UP; default: the project's own.")
@click.option("--unsafe", is_flag=True, help="Take the linter's unsafe fixes too.")
@model_options
@result_options
def fix(**options: Any) -> int:
    """Find diagnostics and propose checked patches; without --apply nothing is changed."""
    from suffice_ci.fix_command import run_fix

    return run_fix(options)


@cli.command()
@click.argument("places", nargs=-1, required=True, metavar="FILE[:START[-END]]...")
@click.option("-m", "--message", metavar="TEXT", help="What is to be changed.")
@click.option(
    "--kind",
    type=click.Choice(["edit", "codegen", "refactor", "test-writing", "debug"]),
    default="edit",
    help="What sort of change it is; default: edit.",
)
@click.option("--evidence", metavar="FILE|-", help="What failed, for debug; default: what --tests prints.")
@click.option("--tests", metavar="CMD", help="Run the tests, without and with the patch; your settings may name CMD.")
@click.option("--types", metavar="CMD", help="Run the type checker, such as mypy .; your settings may name CMD.")
@click.option("--test-timeout-s", type=Amount(min=1), default=300, help="Limit of each such run; default: 300.")
@click.option("--retry-harder", is_flag=True, help="The last result was not good: go one rung up with it as evidence.")
@model_options
@result_options
def edit(**options: Any) -> int:
    """Change files, or selected lines, as you ask; without --apply nothing is changed.

    Only what you name is touched: these lines, these files, all below a folder, a file to be made.
    """
    from suffice_ci.edit_command import run_edit

    return run_edit(options)


@cli.command()
@click.option("--base", metavar="REF", help="Changes since the merge base with REF; default: what is not committed.")
@click.option("--architecture", is_flag=True, help="The structure of the repository, or what the change does to it.")
@click.option("--summary", is_flag=True, help="Say in words, too, what the change does and what could break.")
@model_options
@told_options
def review(**options: Any) -> int:
    """Review a change: findings with the lines they speak of, each tested by a model that did not make it."""
    from suffice_ci.review_command import run_review

    return run_review(options)


@cli.command()
@click.argument("kind", metavar="KIND")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("-m", "--message", metavar="TEXT", help="What is asked.")
@click.option("--labels", metavar="A,B", help="The labels to choose from (triage, tagging).")
@click.option("--schema", metavar="FILE", help="The JSON Schema that the answer keeps (extraction).")
@model_options
@told_options
def ask(**options: Any) -> int:
    """Ask about texts: explain, summarise, label, extract, plan, write; `-` reads standard input."""
    from suffice_ci.ask_command import run_ask

    return run_ask(options)


@cli.command()
@click.argument("patches", nargs=-1, metavar="PATCH...")
@click.option("--root", metavar="DIR", help="What the patches' paths are relative to; default: the repository.")
@click.option("--kind", metavar="KIND", help="What the patch is for; default: edit, with --rule lint-fix.")
@click.option("--rule", metavar="RULE", help="The lint rule that the patch is to mend.")
@click.option("--tests", metavar="CMD", help="Run the tests, without and with the patch; your settings may name CMD.")
@click.option("--types", metavar="CMD", help="Run the type checker, such as mypy .; your settings may name CMD.")
@click.option("--test-timeout-s", type=Amount(min=1), default=300, help="Limit of each such run; default: 300.")
@click.option("--trust", is_flag=True, help="Let the folder's own eslint and ruff run: they are its code.")
@click.option("--allow-unchecked", is_flag=True, help="Let an unchecked patch pass.")
@click.option(
    "--explain",
    "explained",
    metavar="[CHECK]",
    is_flag=False,
    flag_value="all",
    help="Say what a check makes sure of and when it blocks; alone: list them all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document for each patch.")
def check(**options: Any) -> int:
    """Check anybody's patches, each alone; `-` reads standard input."""
    from suffice_ci.check_command import run_check

    return run_check(options)


@cli.command()
@click.argument("reply", metavar="REPLY")
@click.option("--root", metavar="DIR", help="What the reply's paths are relative to; default: the repository.")
@click.option("--write", is_flag=True, help="Write the files, all or none; without it the diff is printed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def apply(**options: Any) -> int:
    """Apply a model's reply (SEARCH/REPLACE, V4A, unified diff, tool calls); `-` reads standard input."""
    from suffice_ci.apply_command import run_apply

    return run_apply(options)


@cli.command()
@click.argument("what", metavar="KIND|FILE:LINE|REPORT#ITEM")
@click.option(
    "--mode",
    type=click.Choice(["interactive", "background", "bulk"]),
    default="interactive",
    help="Who waits: a person, nobody, or nobody for very many tasks.",
)
@route_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def explain(**options: Any) -> int:
    """Say which lane a kind of task goes to, why, what it costs and what comes next.

    FILE:LINE explains the linter's diagnostics there, REPORT#ITEM (report.json#i3) what became of an item of a
    finished run.
    """
    from suffice_ci.explain_command import run_explain

    return run_explain(options)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def lanes(*, as_json: bool) -> int:
    """List the lanes, yours too: model, effort, prices, what each is for and when to avoid it."""
    from suffice_ci.lanes_command import run_lanes

    return run_lanes(as_json=as_json)


@cli.command()
@click.option("--offline", is_flag=True, help="Ask no provider about its models.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(*, offline: bool, as_json: bool) -> int:
    """Say what is missing on this machine, or about to break; asks each provider with a key for its models."""
    from suffice_ci.doctor_command import run_doctor

    return run_doctor(as_json=as_json, offline=offline)


@cli.command()
@click.option("--since", metavar="DAYS", type=click.IntRange(1, 36_500), default=30, help="How far back; default: 30.")
@click.option("--kind", metavar="KIND", help="Only this kind of task.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def stats(**options: Any) -> int:
    """Say how often each lane sufficed, what it cost, and what always asking the top lane would have."""
    from suffice_ci.stats_command import run_stats

    return run_stats(options)


@cli.command()
@click.option("--policy", metavar="NAME|FILE", help="The policy to look at; default: guide.")
@click.option("--kind", metavar="KIND", help="Only this kind of task.")
@click.option("--confidence", is_flag=True, help="Fit the confidence to your outcomes instead; prints a file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def tune(**options: Any) -> int:
    """Suggest changes to a policy, from what was recorded, as a diff; nothing is changed."""
    from suffice_ci.tune_command import run_tune

    return run_tune(options)


@cli.group()
def cache() -> None:
    """Results that were paid for once."""


@cache.command("stats")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def cache_stats(*, as_json: bool) -> int:
    """Say how much the cache holds."""
    from suffice_ci.cache_command import run_cache_stats

    return run_cache_stats(as_json=as_json)


@cache.command("clear")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def cache_clear(*, as_json: bool) -> int:
    """Forget all results."""
    from suffice_ci.cache_command import run_cache_clear

    return run_cache_clear(as_json=as_json)


@cli.command()
@click.argument("place", metavar="REPORT#ITEM")
@click.argument("word", type=click.Choice(["kept", "undone", "dismissed", "rejected", "rewritten"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def feedback(*, place: str, word: str, as_json: bool) -> int:
    """Say what became of a result, such as report.json#i3; after 'rejected' the next run tries harder."""
    from suffice_ci.feedback_command import run_feedback

    return run_feedback(place, word, as_json=as_json)


@cli.group()
def policy() -> None:
    """What a policy says, whether its file can be read, where two of them differ."""


@policy.command("show")
@click.argument("name", required=False, metavar="[NAME|FILE]")
@click.option("--json", "as_json", is_flag=True, help="Print what it says in all, as one JSON document.")
def policy_show(*, name: str | None, as_json: bool) -> int:
    """Print the file of a policy; default: the one in use."""
    from suffice_ci.policy_command import run_show

    return run_show(name, as_json=as_json)


@policy.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def policy_check(*, files: tuple[str, ...], as_json: bool) -> int:
    """Say whether policy files can be read, and which lanes they can never use."""
    from suffice_ci.policy_command import run_policy_check

    return run_policy_check(files, as_json=as_json)


@policy.command("diff")
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def policy_diff(*, one: str, other: str, as_json: bool) -> int:
    """Say where two policies (names or files) differ: ladders, thresholds, denies, stakes of paths."""
    from suffice_ci.policy_command import run_diff

    return run_diff(one, other, as_json=as_json)


@cli.command()
@click.argument("records", nargs=-1, required=True, metavar="RECORDS...")
@click.option("--map", "mapping", multiple=True, metavar="LANE=MODEL", help="This model's outcomes stand for LANE.")
@click.option(
    "--cost",
    "costs",
    multiple=True,
    metavar="MODEL=USD,USD",
    help="Costs of a solved and a failed task, for rows without.",
)
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only the rows with this value.")
@click.option("--policy", metavar="NAME|FILE", help="Which ladders and thresholds; default: guide.")
@click.option("--kind", default="edit", metavar="KIND", help="Whose ladder is climbed; default: edit.")
@click.option("--far", type=Amount(0, 1), default=0.0, help="Share of wrong results the checker accepts.")
@click.option("--frr", type=Amount(0, 1), default=0.0, help="Share of right results it rejects.")
@click.option("--seed", type=int, default=0, help="Of the random halves and intervals; default: 0.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def replay(**options: Any) -> int:
    """Run a policy against recorded outcomes (CSV or JSONL: instance_id, model, resolved, cost_usd)."""
    from suffice_ci.replay_command import run_replay

    return run_replay(options)


@cli.command()
@click.argument("what", type=click.Choice(["report", "config", "policy"]))
@click.option("--json", "as_json", is_flag=True, help="Accepted; it is one JSON document in any case.")
def schema(what: str, *, as_json: bool) -> int:
    """Print the JSON Schema of the report, of a settings file or of a policy file."""
    del as_json
    import json

    from suffice.shipped import shipped_text

    click.echo(json.dumps(json.loads(shipped_text(f"{what}.schema.json")), indent=2))
    return 0


@cli.command()
@click.option("--stdio", is_flag=True, help="Accepted for editors that pass it; there is no other way.")
def lsp(*, stdio: bool) -> int:
    """Run the language server on standard input and output."""
    del stdio
    from suffice_server.start import serve_stdio

    serve_stdio()
    return 0


@cli.command(hidden=True)
def worker() -> int:
    """Run the language server's worker process (internal)."""
    from suffice_server.worker.worker import serve_worker

    serve_worker()
    return 0


@cli.group()
def ci() -> None:
    """Steps of the GitHub Action."""


@ci.command()
@click.argument("report_file", type=click.Path(dir_okay=False), metavar="REPORT")
def publish(report_file: str) -> int:
    """Write annotations, the step summary and the action's outputs from a report."""
    from suffice_ci.github_step import publish_report

    return publish_report(report_file)


def main() -> None:
    """Run the command line and end the process with its exit code.

    It ends at once: all is written and closed by then, and taking the modules apart one by one takes 15 to 40 ms.
    """
    _stand_in_for_closed_streams()
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # a full disk was told of by now, and nobody is left to tell of a closed pipe
            stream.flush()
    os._exit(code)


def _stand_in_for_closed_streams() -> None:
    """Let what whoever started us has closed lead nowhere; no file that is opened later takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115 - open as long as the process lives


def run(arguments: list[str]) -> int:
    """Return the exit code of `suffice` with *arguments*; every error is one sentence on standard error."""
    try:
        code = cli.main(arguments, prog_name="suffice", standalone_mode=False)
    except click.ClickException as error:
        from suffice_ci.failures import report_failure

        error.show()
        report_failure(arguments, "usage", error.format_message())
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        from suffice_ci.failures import interrupted

        return interrupted(arguments)
    except Exception as error:  # noqa: BLE001 - the one handler
        from suffice_ci.failures import failed

        return failed(arguments, error)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    main()
