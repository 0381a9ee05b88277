"""The settings by which code is checked stay as strict as they were."""

import pytest

from suffice import Kind, Snapshot
from suffice.checker import weakened_settings
from suffice.checker.subject import Subject
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange


def look(path, before, after):
    change = FileChange(path=path, before=before, after=after)
    return weakened_settings.look(Subject(kind=Kind.EDIT, changes=(change,), snapshot=Snapshot.of_texts({})))


LOOSER = {
    "a rule ignored": ("pyproject.toml", "[tool.ruff.lint]\n", '[tool.ruff.lint]\nignore = ["E501"]\n'),
    "one more rule ignored": ("ruff.toml", 'ignore = ["E501"]\n', 'ignore = ["E501", "F401"]\n'),
    "one more rule on a line of its own": (
        "ruff.toml",
        'ignore = [\n  "E501",\n]\n',
        'ignore = [\n  "E501",\n  "F401",\n]\n',
    ),
    "one more folder under its key": (".coveragerc", "omit =\n  a.py\n", "omit =\n  a.py\n  shop/*\n"),
    "a file excluded": ("ruff.toml", "", 'extend-exclude = ["shop"]\n'),
    "a rule no longer selected": ("ruff.toml", 'select = ["E", "F"]\n', 'select = ["E"]\n'),
    "strict no more": ("mypy.ini", "strict = true\n", "strict = false\n"),
    "imports not followed": ("mypy.ini", "[mypy]\n", "[mypy]\nignore_missing_imports = True\n"),
    "less covered": (".coveragerc", "fail_under = 90\n", "fail_under = 60\n"),
    "more warnings": ("package.json", '"lint": "eslint --max-warnings 0"\n', '"lint": "eslint --max-warnings 50"\n'),
    "a rule off": (".eslintrc.json", '"rules": {\n}\n', '"rules": {\n"no-undef": "off"\n}\n'),
    "a rule at zero": ("eslint.config.js", "rules: {}\n", 'rules: {\n"no-undef": 0,\n}\n'),
    "types less strict": ("tsconfig.json", '"strict": true\n', '"strict": false\n'),
    "a failure that is none": ("Makefile", "check:\n\truff check\n", "check:\n\truff check || true\n"),
    "a step that may fail": (".github/workflows/ci.yml", "run: x\n", "run: x\ncontinue-on-error: true\n"),
    "tests not collected": ("tests/conftest.py", "", 'collect_ignore = ["test_a.py"]\n'),
    "files not linted": (".eslintignore", "dist\n", "dist\nsrc\n"),
    "settings taken away": ("mypy.ini", "strict = true\n", None),
}
AS_STRICT = {
    "one rule ignored less": ("ruff.toml", 'ignore = ["E501", "F401"]\n', 'ignore = ["E501"]\n'),
    "one more rule": ("ruff.toml", 'select = ["E"]\n', 'select = ["E", "F"]\n'),
    "an entry of another list": (
        "ruff.toml",
        "ignore = [\n]\nselect = [\n]\n",
        'ignore = [\n]\nselect = [\n  "E",\n]\n',
    ),
    "a list laid out anew": ("ruff.toml", 'ignore = ["E501"]\n', 'ignore = [\n  "E501",\n]\n'),
    "tests that are not to be covered": (".coveragerc", "[run]\n", "[run]\nomit =\n  tests/test_a.py\n"),
    "nothing ignored": ("ruff.toml", "", "ignore = []\n"),
    "more covered": (".coveragerc", "fail_under = 60\n", "fail_under = 90\n"),
    "a dependency": ("pyproject.toml", "dependencies = []\n", 'dependencies = ["httpx"]\n'),
    "a rule on": (".eslintrc.json", "{\n}\n", '{\n"no-undef": "error"\n}\n'),
    "strict": ("tsconfig.json", "{\n}\n", '{\n"strict": true\n}\n'),
    "what git ignores": (".gitignore", "dist\n", "dist\nbuild\n"),
}


@pytest.mark.parametrize(("path", "before", "after"), LOOSER.values(), ids=LOOSER)
def test_looser_settings_are_blocked(path, before, after):
    assert look(path, before, after).state is State.FAILED


@pytest.mark.parametrize(("path", "before", "after"), AS_STRICT.values(), ids=AS_STRICT)
def test_settings_that_are_as_strict_pass(path, before, after):
    found = look(path, before, after)

    assert (found.state, found.evidence) == (State.PASSED, "settings are as strict as before")


def test_what_touches_no_settings_is_not_looked_at():
    assert look("shop/ignore.py", "", "ignore = ['a']\n").state is State.SKIPPED


@pytest.mark.parametrize("line", ["." * 1_000_000, "ignore" * 100_000, "a-" * 400_000 + "=", '"' * 500_000])
def test_hostile_settings_are_read_and_hide_none(line):
    """A pattern that looks back would never come to its end here."""
    assert look("ruff.toml", "", f"{line}\n").state is State.PASSED
    assert look("ruff.toml", "", f"{line}\nignore = ['E711']\n").state is State.FAILED
