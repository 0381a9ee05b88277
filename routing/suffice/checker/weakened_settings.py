"""The settings of linters, type checkers, tests and builds stay as strict as they were.

Who wants them looser decides that for all code to come: it is left to a human, whatever the task.

Example: `fail_under = 90` becomes `fail_under = 60`, or a rule is set to `"off"`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from suffice.checker.file_roles import Role, role
from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed, skipped
from suffice.checker.written import Line, Written
from suffice.positions import split_lines

NAME = "weakened-settings"
COST = "under 0.1 ms"
BLOCKS = ALWAYS

_SETTINGS = re.compile(
    r"pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|conftest\.py"
    r"|noxfile\.py|\.?coveragerc|\.?codecov\.ya?ml|\.?mypy\.ini"
    r"|\.?(?:ruff|ty|clippy|rustfmt|deny|bunfig|taplo|lefthook)\.toml|\.?(?:flake8|pylintrc|pydocstyle|isort\.cfg)"
    r"|pyrightconfig\.json|\.pre-commit-config\.ya?ml|\.?golangci\.ya?ml|\.?rubocop\w*\.yml|phpstan\.\w+"
    r"|\.?bandit(?:\.ya?ml)?"
    r"|\.eslint\w*(?:\.\w+)?|eslint\.config\.\w+|[tj]sconfig[\w.-]*\.json|biome\.jsonc?|\.?oxlintrc\.json|deno\.jsonc?"
    r"|\.?stylelint\w*(?:\.\w+)?|(?:jest|vitest|vite|karma|playwright|cypress)[\w.-]*\.(?:[cm]?[jt]s|json)|\.nycrc[\w.]*"
    r"|package\.json|makefile|\.travis\.yml|\.gitlab-ci\.yml|azure-pipelines\.yml|sonar-project\.properties|\.\w+ignore"
    r"|checkstyle[\w.-]*\.xml|pom\.xml|build\.gradle(?:\.kts)?|cargo\.toml",
    re.IGNORECASE,
)
_CI_FOLDERS = {".github", ".circleci", ".gitlab", ".buildkite"}

_LOOSENS = re.compile(
    r"""
      ^\W*+[\w.-]*(?:ignore|exclude|disable|omit|skip|deselect)[\w.-]*["']?\s*+[:=]\s*+
        (?!(?:[Ff]alse|\[\s*\]|$)) | noqa
    | ^\W*+(?:ignore_errors|ignore_missing_imports|skipLibCheck|continue-on-error|allow_failures?|informational)
      ["']?\s*[:=]\s*["']?[Tt]rue\b
    | ^\W*+(?:strict\w*|no[A-Z]\w+|no_\w+|warn_\w+|disallow_\w+|check_untyped_defs|xfail_strict|exactOptional\w+
      |use\w+InCatch\w+|fail_ci_if_error|always\w*Strict|lib_check)["']?\s*[:=]\s*["']?[Ff]alse\b
    | ["'][\w@/-]+["']\s*:\s*(?:\[\s*)?["']?(?:off\b|0\s*[,\]}]|0\s*$)
    | \|\|\s*(?:true|:)(?:\s|$) | --exit-zero | --no-verify | --deselect | --ignore[= ] | --passWithNoTests
    | --no-strict | -W\s*ignore | \b(?:collect_ignore|pytest_ignore_collect)\w*\b | \btypeCheckingMode\W+(?:off|basic)\b
    | ^\W*+(?:allow|nolint)["']?\s*[:=]
    """,
    re.VERBOSE,
)
_LISTS = re.compile(r"^\W*+[\w.-]*(?:ignore|exclude|disable|omit|skip|off)[\w.-]*[\"']?\s*[:=]", re.IGNORECASE)
_THRESHOLD = re.compile(
    r"(?P<name>fail[_-]under|minimum|threshold|target|branches|functions|lines|statements|max-warnings"
    r"|max[_-](?:line-length|complexity|errors)|min[_-]\w+)\W{1,5}(?P<value>\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_CHOSEN = re.compile(r"^\W*+(?:extend[-_])?(?:select|enable|plugins|strict)[\"']?\s*[:=]\s*(?P<value>.*)")
_CODE = re.compile(r"\w[\w/@-]*")


def look(subject: Subject) -> Found:
    """Fail a patch that loosens a setting by which code is checked."""
    files = [file for file in subject.written if _is_settings(file.old_path)]
    if not files:
        return skipped("no settings are touched")
    gone = [change.path for change in subject.changes if change.after is None and _is_settings(change.path)]
    if gone:
        return failed(f"deletes the settings {gone[0]}")
    for change, file in zip(subject.changes, subject.written, strict=True):
        if not _is_settings(file.old_path):
            continue
        for what in (*_loosened(file), *_listed(file, change.after or ""), *_lowered(file), *_chosen_less(file)):
            return failed(f"{what} in {file.path}")
    return passed("settings are as strict as before")


def _is_settings(path: str) -> bool:
    pure = PurePosixPath(path)
    return _SETTINGS.fullmatch(pure.name) is not None or not _CI_FOLDERS.isdisjoint(pure.parts[:1])


def _loosened(file: Written) -> Iterator[str]:
    if PurePosixPath(file.path).name.endswith("ignore") and not file.path.endswith(".gitignore"):
        yield from (f"ignores {line.text.strip()}" for line in file.added if line.text.strip(" \t#"))
    for line in file.added:
        text = line.text[:_LONGEST_LINE]
        if _LOOSENS.search(text) and not _shortens(line, file):
            yield f"loosens with {text.strip()[:60]!r}"


_LONGEST_LINE = 400


_OPENS = re.compile(r"^\W*+([\w.-]+)[\"']?\s*+[:=]\s*+[\[({]?\s*+(?:#.*)?$")
_CLOSES = re.compile(r"^\s*[\])}]")


def _listed(file: Written, after: str) -> Iterator[str]:
    """Yield entries that come, each on a line of its own, to a list of what is not looked at.

    Whether tests themselves are covered says nothing: they may be omitted.
    """
    earlier = {code for text in _texts(file.removed) for code in _CODE.findall(text)}
    added = {line.number for line in file.added}
    opening = ""
    for number, line in enumerate(split_lines(after), 1):
        text = line[:_LONGEST_LINE].rstrip()
        if _OPENS.match(text) or _CLOSES.match(text) or not text:
            opening = text
        elif number in added and _LISTS.match(opening):
            entry = text.strip(" \t,")
            is_comment = entry.startswith(("#", "//"))
            is_test = "omit" in opening and role(entry) is Role.TEST
            if not is_comment and not is_test and not earlier.issuperset(_CODE.findall(entry)):
                yield f"adds {entry[:60]!r} to {opening.strip()[:40]!r}"


def _shortens(line: Line, file: Written) -> bool:
    """Whether *line* is a list that was there, with less in it."""
    if not _LISTS.match(line.text):
        return False
    head, own = _head_and_codes(line.text)
    return any(head == earlier and own < codes for earlier, codes in map(_head_and_codes, _texts(file.removed)))


def _head_and_codes(text: str) -> tuple[str, frozenset[str]]:
    head, _, rest = text.partition("=" if "=" in text else ":")
    return head.strip(" \t\"'"), frozenset(_CODE.findall(rest))


def _texts(lines: tuple[Line, ...]) -> list[str]:
    return [line.text[:_LONGEST_LINE] for line in lines]


def _lowered(file: Written) -> Iterator[str]:
    """Yield the thresholds that ask for less: a minimum that falls, a maximum that rises."""
    before = {m["name"].lower(): float(m["value"]) for text in _texts(file.removed) for m in _THRESHOLD.finditer(text)}
    for text in _texts(file.added):
        for match in _THRESHOLD.finditer(text):
            name, value = match["name"].lower(), float(match["value"])
            earlier = before.get(name, value)
            if value > earlier if name.startswith("max") else value < earlier:
                yield f"{name} goes from {earlier:g} to {value:g}"


def _chosen_less(file: Written) -> Iterator[str]:
    """Yield what was selected or enabled on one line and is no more."""
    before, after = (
        frozenset(code for text in texts if (m := _CHOSEN.match(text)) for code in _CODE.findall(m["value"]))
        for texts in (_texts(file.removed), _texts(file.added))
    )
    if before and after < before:
        yield f"no longer selects {', '.join(sorted(before - after)[:3])}"
