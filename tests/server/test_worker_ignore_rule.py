"""The edit of a project's settings that leaves a rule alone: exactly that changes, or it is left to the user."""

import tomllib

import pytest
from driven_worker import Driven

from suffice_server.messages import IgnoreRule

WRITTEN = {
    "no file": (None, None),
    "empty": ("suffice.toml", ""),
    "without the key": ("suffice.toml", 'exclude = ["x"]\n'),
    "without a last line end": ("suffice.toml", "max_cost_usd = 1"),
    "with the key": ("suffice.toml", 'disabled_rules = ["E1"]\nmax_cost_usd = 1\n'),
    "an empty list": ("suffice.toml", "disabled_rules = []\n"),
    "over several lines": ("suffice.toml", 'disabled_rules = [\n    "E1", # "]"\n    "E2",\n]\n'),
    "with CRLF": ("suffice.toml", 'exclude = ["x"]\r\ndisabled_rules = [ "E1" ] # ]\r\n'),
    "in single quotes": ("suffice.toml", "disabled_rules = ['E1']\n"),
    "pyproject": ("pyproject.toml", '[project]\nname = "x"\n\n[tool.suffice]\nmax_cost_usd = 1\n'),
    "pyproject with the key": ("pyproject.toml", '[tool.suffice]\ndisabled_rules = ["E1"]\n[tool.ruff]\nx = 1\n'),
    "pyproject, another's key": (
        "pyproject.toml",
        '[tool.other]\ndisabled_rules = ["A"]\n[tool.suffice]\ndisabled_rules = ["E1"]\n',
    ),
    "pyproject at its end": ("pyproject.toml", "[tool.suffice]"),
    "pyproject without us": ("pyproject.toml", '[project]\nname = "suffice"\n'),
}


@pytest.fixture
async def ask(tmp_path):
    driven = Driven({"SUFFICE_STATE_DIR": str(tmp_path / "state")})
    root = tmp_path / "sample"
    root.mkdir()

    async def ask_for(rule="F401", files=None, buffers=None):
        for name, text in (files or {}).items():
            (root / name).write_bytes(text.encode())
        return await driven.ask(IgnoreRule(1, str(root), rule, buffers or {}))

    yield ask_for
    await driven.worker.close()


def applied(text, changed):
    (edit,) = changed.edits
    return text[: edit.start] + edit.new_text + text[edit.end :]


def settings(path, text):
    data = tomllib.loads(text)
    return data if path == "suffice.toml" else data.get("tool", {}).get("suffice", {})


@pytest.mark.parametrize(("file", "text"), WRITTEN.values(), ids=WRITTEN)
async def test_the_rule_is_added_and_nothing_else_changes(ask, file, text):
    done = await ask(files={file: text} if file else {})

    (changed,) = done.changes
    before = text if changed.path == file else ""
    was = settings(changed.path, before)
    after = applied(before, changed)
    assert settings(changed.path, after) == {**was, "disabled_rules": [*was.get("disabled_rules", ()), "F401"]}
    assert changed.op == ("replace" if changed.path == file else "create")
    assert changed.before == (text if changed.path == file else None)
    assert ("\r\n" in after) == ("\r\n" in before)


async def test_the_text_of_the_editor_counts_and_keeps_its_byte_order_mark(ask):
    text = '\ufeffdisabled_rules = ["E2"]\n'

    done = await ask(files={"suffice.toml": 'disabled_rules = ["E1"]\n'}, buffers={"suffice.toml": text})

    (changed,) = done.changes
    assert (applied(text, changed), changed.before) == ('\ufeffdisabled_rules = ["E2", "F401"]\n', None)


async def test_a_rule_that_is_left_alone_already_changes_nothing(ask):
    done = await ask(files={"suffice.toml": 'disabled_rules = ["F401"]\n'})

    assert (done.ending, done.changes) == ("unchanged", ())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool]\nsuffice = { disabled_rules = ["E1"] }\n'),
        ("pyproject.toml", "tool.suffice.max_cost_usd = 1\n"),
        ("suffice.toml", 'exclude = [\n"""\ndisabled_rules = [\n"""]\n"disabled_\\u0072ules" = ["E1"]\n'),
    ],
    ids=["inline", "dotted", "escaped"],
)
async def test_what_cannot_be_edited_surely_is_left_to_the_user(ask, name, text):
    failed = await ask(files={name: text})

    assert failed.message == (
        f"{name} is written in a way that cannot be edited surely; add F401 to disabled_rules by hand."
    )


@pytest.mark.parametrize("rule", ["", 'F401"]\nmax_cost_usd = 0 # ', "a" * 300, "x\ny"])
async def test_what_is_no_name_of_a_rule_is_refused(ask, rule):
    failed = await ask(rule)

    assert failed.message.startswith("This is no name of a rule")


@pytest.mark.parametrize("rule", ["react/jsx-key", "@typescript-eslint/no-unused-vars", "F401"])
async def test_names_of_other_linters_are_written_too(ask, rule):
    done = await ask(rule)

    assert tomllib.loads(applied("", done.changes[0])) == {"disabled_rules": [rule]}


async def test_broken_settings_are_named(ask):
    failed = await ask(files={"suffice.toml": "disabled_rules = [\n"})

    assert failed.message.startswith("suffice.toml is no valid TOML")
