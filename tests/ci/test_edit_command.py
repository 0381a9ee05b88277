# ruff: noqa: E501  texts of code stay on one line
"""`suffice edit` over real HTTP and the real SDKs: every lane's own edit tool, checked, shown, written, taken back."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from suffice.lanes import Usage, catalogue
from suffice.testing import ScriptedCalls, ScriptedHang, ScriptedRefusal, ScriptedText

LANES = catalogue().lanes
SONNET, OPUS, HAIKU = (LANES[name].model for name in ("sonnet", "opus", "haiku"))
CODEX, GPT = LANES["codex"].model, LANES["gpt-5.4:high"].model
USAGE = Usage(input_tokens=3000, output_tokens=400)

CART = '''\
"""The cart."""

from shop.money import rounded


def total(prices):
    """Return what all costs."""
    return rounded(sum(prices))


def count(prices):
    return len(prices)
'''
MONEY = '"""Money."""\n\n\ndef rounded(amount):\n    return round(amount, 2)\n'
OLD = '"""Nobody imports this."""\n\nRATE = 1\n'
TEST = "from shop.cart import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n"
SHOP = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "0"\nrequires-python = ">=3.11"\n',
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "shop/money.py": MONEY,
    "shop/old.py": OLD,
    "tests/test_cart.py": TEST,
}
BETTER = CART.replace("def total(prices):", "def total(prices, tax=0.0):").replace(
    "rounded(sum(prices))", "rounded(sum(prices) * (1 + tax))"
)
TAX = '"""Taxes."""\n\nRATE = 0.19\n'
ALL = ("shop/cart.py", "shop/old.py", "shop/legacy.py", "shop/money.py", "shop/tax.py")
"""What the request over several files names: to be changed, deleted or moved, moved to, changed, made."""

CLAUDE = (
    {
        "command": "str_replace",
        "path": "shop/cart.py",
        "old_str": "def total(prices):",
        "new_str": "def total(prices, tax=0.0):",
    },
    {
        "command": "str_replace",
        "path": "shop/cart.py",
        "old_str": "rounded(sum(prices))",
        "new_str": "rounded(sum(prices) * (1 + tax))",
    },
    {"command": "create", "path": "shop/tax.py", "file_text": TAX},
    {"command": "rename_file", "path": "shop/old.py", "new_path": "shop/legacy.py"},
)
GPTS = (
    {
        "type": "update_file",
        "path": "shop/cart.py",
        "diff": '@@\n-def total(prices):\n+def total(prices, tax=0.0):\n     """Return what all costs."""\n-    return rounded(sum(prices))\n+    return rounded(sum(prices) * (1 + tax))\n',
    },
    {"type": "create_file", "path": "shop/tax.py", "diff": "".join(f"+{line}\n" for line in TAX.splitlines())},
    {"type": "create_file", "path": "shop/legacy.py", "diff": "".join(f"+{line}\n" for line in OLD.splitlines())},
    {"type": "delete_file", "path": "shop/old.py"},
)
TEXT = (
    "shop/cart.py\n```\n<<<<<<< SEARCH\ndef total(prices):\n=======\ndef total(prices, tax=0.0):\n>>>>>>> REPLACE\n```\n\n"
    "shop/cart.py\n```\n<<<<<<< SEARCH\n    return rounded(sum(prices))\n=======\n"
    "    return rounded(sum(prices) * (1 + tax))\n>>>>>>> REPLACE\n```\n\n"
    f"shop/tax.py\n```\n<<<<<<< SEARCH\n=======\n{TAX}>>>>>>> REPLACE\n```\n"
)


def replaced(old, new, path="shop/cart.py"):
    """Return one edit as Claude says it."""
    return ScriptedCalls(calls=[{"command": "str_replace", "path": path, "old_str": old, "new_str": new}], usage=USAGE)


def patched(old, new, path="shop/cart.py"):
    """Return one edit as GPT says it."""
    lines = [*(f"-{line}\n" for line in old.splitlines()), *(f"+{line}\n" for line in new.splitlines())]
    return ScriptedCalls(calls=[{"type": "update_file", "path": path, "diff": "@@\n" + "".join(lines)}], usage=USAGE)


GOOD_CLAUDE = replaced("rounded(sum(prices))", "rounded(sum(prices) * 2)")
GOOD_GPT = patched("    return rounded(sum(prices))", "    return rounded(sum(prices) * 2)")


@pytest.fixture
def double(connected):
    """The server with nothing scripted, and both keys."""
    for model in (HAIKU, SONNET, OPUS, CODEX, GPT):
        connected.script(model, [])
    connected.script(HAIKU, [{"doubts": [], "verdict": "right"}], repeat_last=True)
    return connected


@pytest.fixture
def shop(repository):
    repository.write(SHOP).commit()
    return repository


@pytest.fixture
def edit(shop, suffice, double):
    """Run `suffice edit --yes` in the shop."""

    def run(*arguments, consent=("--yes",), **more):
        return suffice("edit", *consent, *arguments, **more)

    return run


def models(double):
    """Return which models were asked, the judge aside."""
    return [request.model for request in double.requests[double.seen :] if request.model != HAIKU]


def prompts(double):
    return [json.dumps(request.body) for request in double.requests[double.seen :] if request.model != HAIKU]


# --- every lane in its own form


@pytest.mark.parametrize(
    ("lane", "reply"),
    [
        ("sonnet", ScriptedCalls(calls=CLAUDE, usage=USAGE)),
        ("opus", ScriptedCalls(calls=CLAUDE, usage=USAGE)),
        ("codex", ScriptedCalls(calls=GPTS, usage=USAGE)),
        ("gpt-5.4:high", ScriptedCalls(calls=GPTS, usage=USAGE)),
    ],
    ids=["sonnet", "opus", "codex", "gpt-5.4:high"],
)
def test_an_edit_of_several_files_is_checked_shown_written_and_taken_back(lane, reply, edit, double, shop):
    double.script(LANES[lane].model, [reply, reply])
    asked = (*ALL, "-m", "Let total take a tax.", "--lane", lane)

    shown = edit(*asked)
    shop.git("apply", "--check", "-", stdin=shown.stdout)
    written = edit(*asked, "--apply", "--json").report

    assert written["status"] == "fixed"
    assert written["items"][0]["lane"] == lane
    assert shop.read("shop/cart.py").decode() == BETTER
    assert shop.read("shop/tax.py").decode() == TAX
    assert shop.read("shop/legacy.py").decode() == OLD
    assert not (shop.root / "shop/old.py").exists()
    shop.git("checkout", "--", ".")
    shop.git("clean", "-fdq")
    assert {name: shop.read(name).decode() for name in SHOP} == SHOP


def test_a_local_model_writes_its_edits_as_text(edit, double, shop, monkeypatch):
    monkeypatch.setenv("SUFFICE_LOCAL_BASE_URL", double.openai_base_url)
    shop.write({"p.toml": 'extends = "guide"\n[kinds.edit]\nladder = ["local", "human"]\n'})
    double.script("local", [ScriptedText(text=TEXT, usage=USAGE)], repeat_last=True)

    report = edit(*ALL, "-m", "Let total take a tax.", "--policy", "p.toml", "--apply", "--json").report

    assert report["status"] == "fixed"
    assert shop.read("shop/cart.py").decode() == BETTER
    assert shop.read("shop/tax.py").decode() == TAX


def test_the_report_says_every_edit_against_the_version_it_is_of(edit, double):
    double.script(SONNET, [ScriptedCalls(calls=CLAUDE, usage=USAGE)])

    report = edit(*ALL, "-m", "Let total take a tax.", "--json").report

    (item,) = report["items"]
    assert {(one["path"], one["op"]) for one in item["edits"]} == {
        ("shop/cart.py", "replace"),
        ("shop/tax.py", "create"),
        ("shop/old.py", "rename"),
    }
    assert {file["path"] for file in report["files"]} >= {"shop/cart.py", "shop/old.py"}
    assert item["attempts"][0]["sent"][0]["path"] == "shop/cart.py"
    assert report["totals"]["by_lane"]["sonnet"]["sufficed"] == 1


# --- climbing


def test_what_codex_fails_at_goes_to_sonnet_with_the_evidence(edit, double):
    double.script(
        CODEX, [patched("    return rounded(sum(prices))", "    return rounded(sum(prices))  # type: ignore")]
    )
    double.script(SONNET, [GOOD_CLAUDE])

    item = edit("shop/cart.py", "-m", "Double it.", "--kind", "codegen", "--json").only_item

    assert [attempt["lane"] for attempt in item["attempts"]] == ["codex", "sonnet"]
    assert item["attempts"][0]["failed_checks"] == ["suppression"]
    assert item["lane"] == "sonnet"
    assert "+    return rounded(sum(prices))  # type: ignore" in prompts(double)[1]
    assert "codex was rejected:" in prompts(double)[1]
    assert "suppression: adds a suppression" in prompts(double)[1]


def test_what_sonnet_fails_at_goes_to_codex_with_the_evidence(edit, double):
    double.script(
        SONNET, [replaced("    return rounded(sum(prices))", "    return rounded(sum(prices)) + undefined_name")]
    )
    double.script(CODEX, [GOOD_GPT])

    item = edit("shop/cart.py", "-m", "Double it.", "--json").only_item

    assert [attempt["lane"] for attempt in item["attempts"]] == ["sonnet", "codex"]
    assert item["lane"] == "codex"
    assert "undefined_name" in prompts(double)[1]
    assert "None of it is in the files" in prompts(double)[1]


def test_with_one_provider_the_same_lane_mends_its_own_patch(edit, double):
    double.script(
        SONNET,
        [
            replaced("rounded(sum(prices))", "rounded(sum(prices)) + undefined_name"),
            replaced(" + undefined_name", " + 1"),
        ],
    )

    ran = edit("shop/cart.py", "-m", "Double it.", "--policy", "anthropic")

    assert b"+    return rounded(sum(prices)) + 1" in ran.stdout
    second = prompts(double)[1]
    assert "Your edits so far" in second
    assert "hard-diagnostics" in second


def test_of_several_calls_only_the_one_that_failed_is_asked_again(edit, double):
    two = ScriptedCalls(
        calls=[
            {
                "command": "str_replace",
                "path": "shop/cart.py",
                "old_str": "len(prices)",
                "new_str": "len(list(prices))",
            },
            {"command": "str_replace", "path": "shop/cart.py", "old_str": "sums(prices)", "new_str": "2"},
        ],
        usage=USAGE,
    )
    double.script(SONNET, [two, GOOD_CLAUDE])

    ran = edit("shop/cart.py", "-m", "Both.")

    assert b"len(list(prices))" in ran.stdout
    assert b"sum(prices) * 2" in ran.stdout
    assert "sums(prices)" in prompts(double)[1] or "call 2" in prompts(double)[1]
    assert "sonnet malformed" in ran.stderr or "sonnet gave nothing usable" in ran.stderr


def test_at_the_top_a_person_gets_everything_that_was_tried(edit, double, shop):
    silenced = replaced("    return rounded(sum(prices))", "    return rounded(sum(prices))  # noqa")
    silenced_too = patched("    return rounded(sum(prices))", "    return rounded(sum(prices))  # noqa")
    double.script(SONNET, [silenced], repeat_last=True)
    double.script(OPUS, [silenced], repeat_last=True)
    double.script(CODEX, [silenced_too], repeat_last=True)
    double.script(GPT, [silenced_too], repeat_last=True)

    ran = edit("shop/cart.py", "-m", "Double it.", "--max-cost-usd", "5")

    assert ran.code == 1
    assert ran.stdout == b""
    assert "needs-human" in ran.stderr
    assert all(lane in ran.stderr for lane in ("sonnet", "codex", "opus"))
    assert shop.git("status", "--porcelain") == ""


def test_a_model_that_cannot_says_why(edit, double):
    for model in (SONNET, CODEX, OPUS, GPT):
        double.script(model, [ScriptedText(text="CANNOT: the tax law is not here.", usage=USAGE)], repeat_last=True)

    ran = edit("shop/cart.py", "-m", "Add the right tax.")

    assert ran.code == 1
    assert "the tax law is not here" in ran.stderr


def test_a_refusal_goes_to_the_other_provider(edit, double):
    double.script(SONNET, [ScriptedRefusal()])
    double.script(CODEX, [GOOD_GPT])

    assert edit("shop/cart.py", "-m", "Double it.", "--json").only_item["lane"] == "codex"


# --- what never gets out

SECRET = "AKIA" + "Q7ZD2MXW9KTRV3LH"
FORBIDDEN = {
    "another file": (("shop/cart.py",), replaced("round(amount, 2)", "amount", "shop/money.py")),
    "outside the selection": (("shop/cart.py:6-8",), replaced("len(prices)", "0")),
    "a weakened test": (
        ("shop/cart.py", "tests/test_cart.py"),
        replaced("assert total([1, 2]) == 3", "total([1, 2])", "tests/test_cart.py"),
    ),
    "a secret": (("shop/cart.py",), replaced("    return len(prices)", f'    return len(prices), "{SECRET}"')),
    "a suppression": (("shop/cart.py",), replaced("    return len(prices)", "    return len(prices)  # noqa: E501")),
    "a file outside": (("shop/cart.py",), replaced("x", "y", "../evil.py")),
    "a workflow": (
        (".",),
        ScriptedCalls(
            calls=[{"command": "create", "path": ".github/workflows/x.yml", "file_text": "on: push\n"}], usage=USAGE
        ),
    ),
    "a git hook": (
        (".",),
        ScriptedCalls(
            calls=[{"command": "create", "path": ".git/hooks/pre-commit", "file_text": "#!/bin/sh\n"}], usage=USAGE
        ),
    ),
}


@pytest.mark.parametrize(("places", "reply"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_forbidden_edit_never_gets_out(places, reply, edit, double, shop):
    double.script(SONNET, [reply, reply])

    ran = edit(*places, "-m", "Do it.", "--max-lane", "sonnet", "--policy", "anthropic", "--apply")

    assert ran.code == 1
    assert ran.stdout == b""
    assert SECRET not in ran.stderr
    assert shop.git("status", "--porcelain") == ""


# --- what is asked


def test_what_is_sent_is_told_and_holds_no_ignored_file(edit, double, shop):
    shop.write({".sufficeignore": "shop/money.py\n", ".env": "rounded = 1\n"})
    double.script(SONNET, [GOOD_CLAUDE])

    ran = edit("shop/cart.py", "-m", "Double what rounded gives.")

    (prompt,) = prompts(double)
    assert "round(amount, 2)" not in prompt
    assert "shop/cart.py" in next(line for line in ran.stderr.splitlines() if line.startswith("Sent"))


def test_the_definition_of_a_name_that_is_used_is_shown_beside_it(edit, double):
    double.script(SONNET, [GOOD_CLAUDE])

    edit("shop/cart.py:6-8", "-m", "Double it.")

    (prompt,) = prompts(double)
    assert "round(amount, 2)" in prompt
    assert "the selected lines" in prompt


def test_a_traceback_is_shown_to_who_mends_the_bug(edit, double, shop):
    (shop.root.parent / "log.txt").write_text("Traceback: ZeroDivisionError in total\n")
    double.script(SONNET, [GOOD_CLAUDE])

    ran = edit("shop/cart.py", "--kind", "debug", "--evidence", "../log.txt", "--lane", "sonnet")

    assert ran.code == 0
    assert "ZeroDivisionError in total" in prompts(double)[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shop/cart.py",), "-m TEXT"),
        (("shop/none.py:3", "-m", "x"), "There is no shop/none.py"),
        (("shop/cart.py:99", "-m", "x"), "there is no line 99"),
        (("shop/cart.py:5-2", "-m", "x"), "counted from 1"),
        (("shop:3", "-m", "x"), "is a folder"),
        (("shop/cart.py", "../other.py", "-m", "x"), "outside"),
        ((".env", "-m", "x"), "never sent"),
        (("shop/cart.py", "-m", "x", "--evidence", "a"), "belongs to --kind debug"),
        (("shop/cart.py", "-m", "x", "--retry-harder"), "Nothing was proposed yet"),
        (("link.py", "-m", "x"), "symbolic link"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_cannot_be_edited_is_said_in_one_sentence(arguments, said, edit, shop, double):
    shop.write({".env": "A=1\n"})
    (shop.root / "link.py").symlink_to("shop/cart.py")

    ran = edit(*arguments)

    assert ran.code == 2
    assert said in ran.sentences[-1]
    assert models(double) == []


# --- afterwards


def test_trying_harder_goes_one_rung_up_with_the_rejected_patch(edit, double):
    double.script(SONNET, [GOOD_CLAUDE])
    double.script(OPUS, [replaced("rounded(sum(prices))", "rounded(2 * sum(prices))")])
    double.script(GPT, [patched("    return rounded(sum(prices))", "    return rounded(2 * sum(prices))")])
    edit("shop/cart.py", "-m", "Double it.")

    ran = edit("shop/cart.py", "-m", "Double it.", "--retry-harder", "--json")

    assert ran.only_item["lane"] in {"opus", "gpt-5.4:high"}
    assert "sum(prices) * 2" in prompts(double)[-1]
    assert "rejected" in prompts(double)[-1]


def test_a_written_test_is_shown_as_unchecked_and_never_written_unasked(edit, double, shop):
    written = {
        "type": "update_file",
        "path": "tests/test_cart.py",
        "diff": "@@\n def test_total():\n     assert total([1, 2]) == 3\n+\n+\n+def test_nothing_costs_nothing():\n+    assert total([]) == 0\n",
    }
    double.script(CODEX, [ScriptedCalls(calls=[written], usage=USAGE)], repeat_last=True)

    ran = edit("shop/cart.py", "-m", "Test total.", "--kind", "test-writing", "--apply")

    assert ran.code == 0
    assert b"test_nothing_costs_nothing" in ran.stdout
    assert "unchecked" in ran.stderr
    assert shop.git("status", "--porcelain") == ""


def test_nobody_is_asked_without_a_key_and_the_price_is_told(edit, double, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.delenv("OPENAI_API_KEY")

    ran = edit("shop/cart.py", "-m", "Double it.")

    assert ran.code == 0
    assert "no key is set for a model; it would go to sonnet, about $" in ran.stderr
    assert "about $" in ran.stderr
    assert models(double) == []


# --- with the project's own tests


BUG = MONEY.replace("round(amount, 2)", "round(amount, 3)")
FAILING = "from shop.money import rounded\n\n\ndef test_cents():\n    assert rounded(1.006) == 1.01\n"
PYTEST = f"env PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -q"


@pytest.mark.slow
def test_a_mended_bug_is_proven_by_the_tests_that_failed_and_pass_now(edit, double, shop):
    shop.write({"shop/money.py": BUG, "tests/test_money.py": FAILING}).commit()
    double.script(SONNET, [replaced("round(amount, 3)", "round(amount, 2)", "shop/money.py")])

    ran = edit(
        "shop/money.py", "-m", "Cents.", "--kind", "debug", "--lane", "sonnet", "--tests", PYTEST, "--apply", "--json"
    )

    verdict = ran.only_item["verdict"]
    assert "test_cents" in verdict["proof"]
    assert ran.report["status"] == "fixed"
    assert shop.read("shop/money.py").decode() == MONEY


@pytest.mark.slow
def test_a_fix_that_mends_no_test_is_no_fix(edit, double, shop):
    shop.write({"shop/money.py": BUG, "tests/test_money.py": FAILING}).commit()
    useless = replaced("round(amount, 3)", "round(amount, 4)", "shop/money.py")
    double.script(SONNET, [useless, replaced("round(amount, 4)", "round(amount, 2)", "shop/money.py")])

    item = edit(
        "shop/money.py", "-m", "Cents.", "--kind", "debug", "--lane", "sonnet", "--policy", "anthropic",
        "--tests", PYTEST, "--json",
    ).only_item  # fmt: skip

    assert [attempt["lane"] for attempt in item["attempts"]] == ["sonnet", "sonnet"]
    assert "test_cents" in prompts(double)[1]
    assert "test_cents" in item["verdict"]["proof"]


@pytest.mark.slow
def test_a_written_test_that_fails_on_broken_code_counts_as_checked(edit, double, shop):
    added = "\n\ndef test_nothing_costs_nothing():\n    assert total([]) == 0\n    assert total([1.005, 2]) == 3.0\n"
    written = {
        "command": "str_replace",
        "path": "tests/test_cart.py",
        "old_str": "    assert total([1, 2]) == 3\n",
        "new_str": f"    assert total([1, 2]) == 3\n{added}",
    }
    double.script(SONNET, [ScriptedCalls(calls=[written], usage=USAGE)])

    item = edit(
        "shop/cart.py", "-m", "Test total.", "--kind", "test-writing", "--lane", "sonnet", "--tests", PYTEST, "--json"
    ).only_item

    assert item["outcome"] == "proposed"
    assert item["verdict"]["state"] == "passed"
    assert any(check["name"] == "written-test" and check["state"] == "passed" for check in item["verdict"]["checks"])


@pytest.mark.slow
def test_without_evidence_the_failing_tests_are_shown(edit, double, shop):
    shop.write({"shop/money.py": BUG, "tests/test_money.py": FAILING}).commit()
    double.script(SONNET, [replaced("round(amount, 3)", "round(amount, 2)", "shop/money.py")])

    ran = edit("shop/money.py", "--kind", "debug", "--lane", "sonnet", "--tests", PYTEST)
    again = edit("shop/money.py", "--kind", "debug", "--lane", "sonnet", "--tests", PYTEST)

    assert "assert 1.006 == 1.01" in prompts(double)[0]
    assert "Checked, with a proof" in ran.stderr
    assert len(prompts(double)) == 1  # the second run is known, though it took another time
    assert again.stdout == ran.stdout


def test_tests_that_pass_show_no_bug(edit, double):
    ran = edit("shop/money.py", "--kind", "debug", "--tests", PYTEST)

    assert ran.code == 2
    assert "shows no bug" in ran.sentences[-1]


# --- files that a policy hides from a provider

HIDES = """extends = "guide"

[[deny]]
paths = ["shop/money.py"]
providers = ["anthropic"]
because = "money is not for them"
"""


def test_who_may_not_see_a_file_is_told_nothing_of_it(edit, double, shop):
    shop.write({"p.toml": HIDES})
    silenced = patched("    return round(amount, 2)", "    return round(amount, 3)  # noqa", "shop/money.py")
    double.script(CODEX, [silenced])
    double.script(SONNET, [GOOD_CLAUDE])

    edit("shop/cart.py", "-m", "Double it.", "--kind", "codegen", "--policy", "p.toml")

    assert models(double) == [CODEX, SONNET]
    shown_to_codex, shown_to_sonnet = prompts(double)
    assert "round(amount" in shown_to_codex
    assert "round(amount" not in shown_to_sonnet


def test_who_may_not_see_one_of_the_files_is_not_asked_for_them(edit, double, shop):
    shop.write({"p.toml": HIDES})
    double.script(CODEX, [GOOD_GPT])
    double.script(GPT, [GOOD_GPT])

    edit("shop/cart.py", "shop", "-m", "Double it.", "--policy", "p.toml")

    asked = double.requests[double.seen :]
    assert {request.api for request in asked if "round(amount" in json.dumps(request.body)} == {"openai"}
    assert SONNET not in models(double)


def test_a_selection_that_stands_twice_is_told_by_its_place(edit, double, shop):
    shop.write({"a.py": "def f():\n    return None\n\n\ndef g():\n    return None\n"}).commit()
    double.script(SONNET, [replaced("def g():\n    return None", "def g():\n    return 1", "a.py")])

    ran = edit("a.py:5-6", "-m", "Return one.")

    assert ran.code == 0
    assert "a.py: 5 to 6" in prompts(double)[0]
    assert "Just above them stands" in prompts(double)[0]


def test_a_kept_deletion_of_the_selected_file_does_not_end_the_run(edit, double):
    bad = ScriptedCalls(
        calls=[
            {"command": "delete_file", "path": "shop/cart.py"},
            {"command": "str_replace", "path": "shop/cart.py", "old_str": "nowhere", "new_str": "x"},
        ],
        usage=USAGE,
    )
    double.script(SONNET, [bad, bad])
    double.script(CODEX, [GOOD_GPT])
    double.script(GPT, [GOOD_GPT])

    ran = edit("shop/cart.py:6-8", "-m", "Double it.", "--json")

    assert ran.only_item["lane"] in {"codex", "gpt-5.4:high"}


def test_a_file_to_be_made_and_a_folder_go_where_the_policy_says(edit, double, shop):
    own = 'extends = "guide"\n[[deny]]\npaths = ["auth/**"]\nproviders = ["anthropic"]\nbecause = "x"\n'
    shop.write({"p.toml": own, "auth/a.py": "X = 1\n"}).commit()

    for place in ("auth/a.py", "auth/new.py", "auth"):
        shown = edit(place, "-m", "Change it.", "--policy", "p.toml", "--dry-run", "--json").only_item

        assert shown["next_lane"]["lane"] == "codex", place


def test_a_folder_is_another_task_once_a_file_in_it_changed(edit, double, shop):
    double.script(SONNET, [GOOD_CLAUDE, GOOD_CLAUDE])

    edit(".", "-m", "Double it.")
    edit(".", "-m", "Double it.")
    assert len(models(double)) == 1
    shop.write({"shop/other.py": "Y = 1\n"}).commit()
    edit(".", "-m", "Double it.")

    assert len(models(double)) == 2


# --- what is nobody's business


def test_what_git_ignores_is_neither_shown_nor_changed_in_a_folder(edit, double, shop):
    shop.write({".gitignore": "local.py\n"}).commit()
    shop.write({"local.py": "HOST = 'zebra'\nPORT = 3\nrest = 1\n"})
    calls = [
        {"command": "delete_file", "path": "local.py"},
        {"command": "str_replace", "path": "local.py", "old_str": "HOST = 'zebr'\nPORT = 3\nrest = 1\n", "new_str": ""},
        {"command": "str_replace", "path": "local.py", "old_str": "PORT = 3", "new_str": "PORT = 4"},
    ]
    double.script(SONNET, [ScriptedCalls(calls=calls, usage=USAGE)], repeat_last=True)

    ran = edit(".", "-m", "Do it.", "--policy", "anthropic", "--max-lane", "sonnet", "--apply")

    assert ran.code == 1
    assert shop.read("local.py") == b"HOST = 'zebra'\nPORT = 3\nrest = 1\n"
    assert "zebra" not in "".join(prompts(double)) + ran.stderr


def test_what_git_ignores_is_changed_where_it_is_named(edit, double, shop):
    shop.write({".gitignore": "local.py\n"}).commit()
    shop.write({"local.py": "PORT = 3\n"})
    double.script(SONNET, [replaced("PORT = 3", "PORT = 4", "local.py")])

    edit("local.py", "-m", "Another port.", "--apply")

    assert shop.read("local.py") == b"PORT = 4\n"


def test_a_repository_in_the_repository_is_another_one(edit, double, shop):
    shop.write({"inner/.git/HEAD": "ref: refs/heads/main\n", "inner/m.py": "x = 1\n"})
    both = ScriptedCalls(
        calls=[
            {"command": "str_replace", "path": "inner/m.py", "old_str": "x = 1", "new_str": "x = 2"},
            {"command": "create", "path": "inner/n.py", "file_text": "x = 1\n"},
        ],
        usage=USAGE,
    )
    double.script(SONNET, [both], repeat_last=True)

    inside = edit(".", "-m", "Do it.", "--policy", "anthropic", "--max-lane", "sonnet", "--apply")
    refused = [edit(*places, "-m", "x") for places in (("shop/cart.py", "inner/m.py"), ("inner/m.py", "shop/cart.py"))]

    assert inside.code == 1
    assert sorted(path.name for path in (shop.root / "inner").iterdir()) == [".git", "m.py"]
    assert [ran.code for ran in refused] == [2, 2]
    assert all("name files of one project" in ran.sentences[-1] for ran in refused)


def test_a_secret_reaches_neither_report_nor_terminal_nor_ledger(edit, double, shop, tmp_path_factory, monkeypatch):
    state = tmp_path_factory.mktemp("own-state")
    monkeypatch.setenv("SUFFICE_STATE_DIR", str(state))
    shop.write({"keys.py": f'KEY = "{SECRET}"\n\n\ndef f(x):\n    return x + 1\n'}).commit()
    near = replaced('KEY = "SUFFICE_REDACTED_1_x"\n\n\ndef f(x):\n    return x + 1', "KEY = 3\n", "keys.py")
    double.script(SONNET, [near], repeat_last=True)
    asked = ("keys.py", "-m", f"Use {SECRET}", "--policy", "anthropic", "--max-lane", "sonnet")

    document, shown = edit(*asked, "--json"), edit(*asked)

    assert "the nearest place is keys.py" in document.report["items"][0]["attempts"][0]["cause"]
    assert SECRET not in json.dumps(document.report) + document.stderr + shown.stderr
    (database,) = state.rglob("*.sqlite3")
    assert SECRET not in str(sqlite3.connect(database).execute("SELECT * FROM attempts").fetchall())
    assert SECRET not in "".join(prompts(double))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (".env", "never sent"),
        ("run.log", "ignored by .sufficeignore"),
        ("../.env", "never sent"),
        ("/dev/zero", "no end"),
    ],
)
def test_evidence_that_is_never_sent_is_refused(name, said, edit, double, shop):
    shop.write({".env": "A=1\n", ".sufficeignore": "run.log\n", "run.log": "x\n", "../.env": "A=1\n"})

    ran = edit("shop/cart.py", "--kind", "debug", "--evidence", name)

    assert ran.code == 2
    assert said in ran.sentences[-1]
    assert models(double) == []


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (".github/workflows/x.yml", "never patched"),
        (".github/workflows", "never patched"),
        ("poetry.lock", "never patched"),
        (".git/config", "never patched"),
        ("shop/cart.py/x.py", "cart.py is a file"),
        ("out/new.py", "symbolic link"),
        ("a\tb.py", "no name should"),
        ("a:3.py", "drive"),
        ("pipe.py", "pipe or a device"),
    ],
)
def test_nobody_is_paid_for_what_can_never_be_written(place, said, edit, double, shop, tmp_path):
    shop.write({".github/workflows/y.yml": "on: push\n", "poetry.lock": "x\n", "a:3.py": "x = 1\n"})
    (shop.root / "out").symlink_to(tmp_path)
    os.mkfifo(shop.root / "pipe.py")

    ran = edit(place, "-m", "Do it.")

    assert ran.code == 2
    assert said in ran.sentences[-1]
    assert models(double) == []


def test_a_colon_in_a_name_is_no_reason_to_refuse(edit, double, shop):
    shop.write({"dir with: colon/m.py": "x = 1\n"}).commit()
    double.script(SONNET, [replaced("x = 1", "x = 2", "dir with: colon/m.py")])

    edit("dir with: colon/m.py", "-m", "Two.", "--apply")

    assert shop.read("dir with: colon/m.py") == b"x = 2\n"


def test_a_pipe_that_a_reply_names_is_refused(edit, double, shop):
    os.mkfifo(shop.root / "pipe.py")
    double.script(SONNET, [replaced("a", "b", "pipe.py")], repeat_last=True)

    assert edit(".", "-m", "Do it.", "--policy", "anthropic", "--max-lane", "sonnet").code == 1


# --- taking it back


def test_how_it_is_taken_back_is_said_where_git_holds_it(edit, double, shop):
    double.script(SONNET, [ScriptedCalls(calls=CLAUDE, usage=USAGE)])

    ran = edit(*ALL, "-m", "Let total take a tax.", "--apply")
    command = ran.stderr.partition("take it back with ")[2].partition(". Only")[0]
    subprocess.run(command, cwd=shop.root, shell=True, check=True)

    assert command == "git checkout -- shop/cart.py shop/old.py && rm -- shop/legacy.py shop/tax.py"
    assert shop.git("status", "--porcelain") == ""


@pytest.mark.parametrize("is_tracked", [True, False])
def test_nobody_is_told_to_check_out_what_git_does_not_hold(is_tracked, edit, double, shop):
    path = "shop/cart.py" if is_tracked else "shop/untracked.py"
    shop.write({path: CART + "# by hand\n"})
    double.script(SONNET, [replaced("rounded(sum(prices))", "rounded(sum(prices) * 2)", path)])

    ran = edit(path, "-m", "Double it.", "--apply")

    assert f"git does not hold what {path} was" in ran.stderr
    assert "git checkout" not in ran.stderr


# --- trying harder


def rows(sql):
    """Return what *sql* finds in the ledger."""
    with sqlite3.connect(Path(os.environ["SUFFICE_STATE_DIR"], "suffice.sqlite3")) as found:
        return found.execute(sql).fetchall()


OPUS_TRIES = replaced("rounded(sum(prices))", "rounded(sum(prices) + sum(prices))")
GPT_TRIES = patched("    return rounded(sum(prices))", "    return rounded(2 * sum(prices))")
DOUBLE_IT = ("shop/cart.py", "-m", "Double it.")


def test_high_stakes_ask_who_they_start_at_although_anothers_result_is_cached(edit, double):
    double.script(SONNET, [GOOD_CLAUDE])
    double.script(OPUS, [GOOD_CLAUDE])
    edit("shop/cart.py:7-9", "-m", "Double it.")

    again = edit("shop/cart.py:7-9", "-m", "Double it.", "--stakes", "high", "--json")

    assert (again.only_item["lane"], models(double)) == ("opus", [SONNET, OPUS])


def test_trying_harder_again_and_again_asks_each_lane_of_the_top_once_and_then_a_person(edit, double):
    double.script(SONNET, [GOOD_CLAUDE])
    double.script(OPUS, [OPUS_TRIES])
    double.script(GPT, [GPT_TRIES])

    edit(*DOUBLE_IT)
    ways = [edit(*DOUBLE_IT, "--retry-harder", "--json").only_item for _ in range(4)]
    plain = edit(*DOUBLE_IT, "--json").only_item

    assert [way.get("lane") for way in ways] == ["opus", "gpt-5.4:high", None, None]
    assert models(double) == [SONNET, OPUS, GPT]
    assert all(tried in prompts(double)[-1] for tried in ("sum(prices) * 2", "sum(prices) + sum(prices)"))
    assert ways[-1]["outcome"] == plain["outcome"] == "needs-human"
    assert "every lane's result was rejected (tried sonnet, opus, gpt-5.4:high)" in ways[-1]["detail"]
    assert rows("SELECT lane, word FROM feedback") == [
        ("sonnet", "rejected"),
        ("opus", "rejected"),
        ("gpt-5.4:high", "rejected"),
    ]


def test_trying_harder_leaves_a_lane_that_was_named(edit, double):
    double.script(SONNET, [GOOD_CLAUDE])
    double.script(OPUS, [OPUS_TRIES])
    double.script(GPT, [GPT_TRIES])
    edit(*DOUBLE_IT, "--lane", "sonnet")

    lanes = [edit(*DOUBLE_IT, "--lane", "sonnet", "--retry-harder", "--json").only_item["lane"] for _ in range(2)]

    assert lanes == ["opus", "gpt-5.4:high"]


@pytest.mark.parametrize(
    ("option", "consent"),
    [
        (("--dry-run",), ("--yes",)),
        (("--offline",), ("--yes",)),
        (("--max-cost-usd", "0.0001"), ("--yes",)),
        ((), ()),
    ],
    ids=["dry-run", "offline", "cap", "no consent"],
)
def test_a_plan_to_try_harder_rejects_nothing(option, consent, edit, double):
    double.script(SONNET, [GOOD_CLAUDE])
    edit(*DOUBLE_IT)

    planned = [edit(*DOUBLE_IT, "--retry-harder", "--json", *option, consent=consent).only_item for _ in range(2)]
    again = edit(*DOUBLE_IT, "--json").only_item

    assert {item["outcome"] for item in planned} <= {"skipped", "out-of-budget"}
    assert "opus" in planned[0]["detail"]
    assert rows("SELECT * FROM feedback") == []
    assert (again["lane"], models(double)) == ("sonnet", [SONNET])  # for nothing


def test_trying_harder_than_nothing_says_what_to_do(edit, double):
    useless = replaced("rounded(sum(prices))", "rounded(sum(prices))  # noqa")
    double.script(SONNET, [useless], repeat_last=True)
    edit(*DOUBLE_IT, "--policy", "anthropic", "--max-lane", "sonnet")

    tried = edit(*DOUBLE_IT, "--retry-harder")
    never = edit("shop/cart.py", "-m", "Another.", "--retry-harder")

    assert (tried.code, never.code) == (2, 2)
    assert "No lane's result was proposed" in tried.sentences[-1]
    assert "Nothing was proposed yet" in never.sentences[-1]


# --- who would be asked


@pytest.mark.parametrize(("missing", "lane"), [("ANTHROPIC_API_KEY", "codex"), ("OPENAI_API_KEY", "sonnet")])
def test_a_dry_run_knows_which_keys_are_set(missing, lane, edit, double, monkeypatch):
    monkeypatch.delenv(missing)

    assert edit(*DOUBLE_IT, "--dry-run", "--json").only_item["next_lane"]["lane"] == lane


def test_without_any_key_a_dry_run_names_the_first_lane(edit, double, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.delenv("OPENAI_API_KEY")

    assert edit(*DOUBLE_IT, "--dry-run", "--json").only_item["next_lane"]["lane"] == "sonnet"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--lane", "gpt-5.4:xhigh"), "gpt-5.4:xhigh is explicit only: add --allow gpt-5.4:xhigh"),
        (("--lane", "sonnet", "--max-lane", "haiku"), "sonnet may not be used: above --max-lane haiku"),
    ],
)
def test_a_lane_that_is_excluded_for_good_is_not_silently_another(options, said, edit, double, suffice):
    for command in (("ask", "summary"), ("review",), ("fix",), ("explain", "edit")):
        told = suffice(*command, *(() if command[0] != "ask" else ("shop/cart.py",)), *options)
        assert (told.code, said in told.sentences[-1]) == (2, True), command

    ran = edit(*DOUBLE_IT, *options)

    assert (ran.code, said in ran.sentences[-1]) == (2, True)
    assert models(double) == []


# --- stopped in between


@pytest.fixture
def stopped(shop, command, double, valid):
    """Run `suffice edit --json` until the condition holds, press Ctrl-C, and return its report."""

    def run(*arguments, when):
        started = subprocess.Popen(
            [command, "edit", "--yes", "--json", *arguments],
            cwd=shop.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        end = time.monotonic() + 30
        while not when() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.3)
        started.send_signal(signal.SIGINT)
        stdout, stderr = started.communicate(timeout=20)
        assert (started.returncode, stderr) == (130, "")
        return valid(json.loads(stdout))

    return run


def ledger_usd():
    return rows("SELECT TOTAL(cost_usd) FROM attempts")[0][0]


@pytest.mark.slow
def test_a_call_that_is_cut_off_is_in_the_report(stopped, double):
    double.script(SONNET, [ScriptedHang(hang_s=20)])

    report = stopped(*DOUBLE_IT, when=lambda: models(double))

    (attempt,) = report["items"][0]["attempts"]
    assert (report["status"], report["reason"], attempt["ended"]) == ("degraded", "interrupted", "cancelled")
    assert report["totals"]["cost_usd"] == pytest.approx(ledger_usd())
    assert ledger_usd() > 0
    assert rows("SELECT reason FROM outcomes") == [("interrupted",)]


@pytest.mark.slow
def test_what_was_paid_before_the_judge_was_cut_off_is_in_the_report(stopped, double):
    double.script(SONNET, [GOOD_CLAUDE])
    double.script(HAIKU, [ScriptedHang(hang_s=20)])

    report = stopped(*DOUBLE_IT, when=lambda: any(q.model == HAIKU for q in double.requests[double.seen :]))

    (attempt,) = report["items"][0]["attempts"]
    assert (attempt["ended"], attempt["judge"]["ended"]) == ("answered", "cancelled")
    assert report["totals"]["cost_usd"] == pytest.approx(ledger_usd())
    assert ledger_usd() > LANES["sonnet"].cost_usd(USAGE)
    assert rows("SELECT reason, cost_usd > 0 FROM outcomes") == [("interrupted", 1)]


@pytest.mark.slow
def test_what_was_paid_before_the_tests_were_cut_off_is_in_the_report(stopped, double, shop, tmp_path):
    slow = tmp_path / "slow.py"
    slow.write_text("import sys, time, pathlib\nif '* 2' in pathlib.Path('shop/cart.py').read_text(): time.sleep(30)\n")
    double.script(SONNET, [GOOD_CLAUDE])

    report = stopped(*DOUBLE_IT, "--tests", f"{sys.executable} {slow}", when=lambda: models(double))

    (attempt,) = report["items"][0]["attempts"]
    assert (attempt["ended"], attempt["lane"]) == ("answered", "sonnet")
    assert report["totals"]["cost_usd"] == pytest.approx(ledger_usd()) == LANES["sonnet"].cost_usd(USAGE)
    assert rows("SELECT reason, cost_usd > 0 FROM outcomes") == [("interrupted", 1)]
    assert (rows("SELECT settled FROM attempts"), rows("SELECT key FROM results")) == ([(0,)], [])  # nobody checked it


@pytest.mark.slow
def test_a_run_that_is_stopped_while_the_tests_show_the_bug_has_a_report(stopped, double, tmp_path):
    begun = tmp_path / "begun.py"
    begun.write_text("import time\ntime.sleep(30)\n")
    start = time.monotonic()

    report = stopped(
        "shop/cart.py", "--kind", "debug", "--tests", f"{sys.executable} {begun}",
        when=lambda: time.monotonic() > start + 2,
    )  # fmt: skip

    assert (report["reason"], report["totals"]["cost_usd"], models(double)) == ("interrupted", 0, [])


# --- tests that say nothing


@pytest.mark.slow
@pytest.mark.parametrize("tests", ["false", f"{sys.executable} -c 'import time; time.sleep(9)'"])
def test_tests_that_say_nothing_of_any_edit_make_nobody_climb(tests, edit, double):
    double.script(SONNET, [GOOD_CLAUDE])

    ran = edit(*DOUBLE_IT, "--tests", tests, "--test-timeout-s", "1", "--json")

    item = ran.only_item
    assert (item["outcome"], item["verdict"]["state"], models(double)) == ("proposed", "unchecked", [SONNET])
    assert any(check["name"] == "tests" and check["state"] == "skipped" for check in item["verdict"]["checks"])


def test_it_is_said_before_anybody_is_paid_that_the_tests_say_nothing(edit, double):
    double.script(SONNET, [GOOD_CLAUDE])

    ran = edit(*DOUBLE_IT, "--tests", "false", "--apply")

    assert "false fails before anything is changed; unless an edit mends that" in ran.sentences[0]
    assert "Not written" in ran.stderr


def test_tests_that_fail_until_the_edit_is_made_check_it(edit, double, shop):
    shop.write({"tests/test_cart.py": "from shop.cart import total\n\n\ndef test_it():\n    assert total([1]) == 2\n"})
    double.script(SONNET, [GOOD_CLAUDE])

    item = edit(*DOUBLE_IT, "--tests", PYTEST, "--json").only_item

    assert (item["outcome"], item["verdict"]["state"]) == ("proposed", "passed")


@pytest.mark.parametrize("kind", ["edit", "debug"])
def test_tests_that_cannot_be_started_are_an_error_before_anybody_is_paid(kind, edit, double, shop):
    shop.write({"log.txt": "it is wrong\n"})
    evidence = ("--evidence", "log.txt") if kind == "debug" else ()

    ran = edit(*DOUBLE_IT, "--kind", kind, *evidence, "--tests", "no-such-program-here")

    assert (ran.code, models(double)) == (2, [])
    assert "no-such-program-here cannot be found" in ran.sentences[-1]


def test_what_was_paid_before_a_command_could_not_be_started_is_in_the_report(edit, double):
    double.script(SONNET, [GOOD_CLAUDE])

    ran = edit(*DOUBLE_IT, "--types", "no-such-checker-here", "--json")

    assert ran.report["status"] == "failed"
    assert [attempt["lane"] for attempt in ran.only_item["attempts"]] == ["sonnet"]
    assert ran.report["totals"]["cost_usd"] == pytest.approx(ledger_usd())
    assert ledger_usd() > 0


def test_a_bug_that_the_tests_do_not_show_mended_says_why_in_the_report(edit, double):
    double.script(SONNET, [GOOD_CLAUDE], repeat_last=True)
    options = (
        "--kind",
        "debug",
        "--tests",
        "false",
        "--policy",
        "anthropic",
        "--max-lane",
        "sonnet",
        "--lane",
        "sonnet",
    )

    attempts = edit(*DOUBLE_IT, *options, "--json").only_item["attempts"]

    assert attempts[0]["failed_checks"] == []
    assert "false fails with the patch as without it" in attempts[0]["cause"]


# --- results that cannot be written


@pytest.mark.parametrize("option", ["--patch", "--output"])
@pytest.mark.parametrize("name", ["no/such/folder/p", "-"])
def test_nobody_is_asked_for_what_cannot_be_written_down(option, name, edit, double, shop):
    ran = edit(*DOUBLE_IT, "--apply", option, name)

    assert ran.code in {1, 2}
    assert len(ran.sentences) == 1
    assert models(double) == []
    assert shop.git("status", "--porcelain") == ""


def test_a_patch_that_cannot_be_written_after_all_loses_nothing(edit, double, shop, tmp_path):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    double.script(SONNET, [GOOD_CLAUDE])

    ran = edit(*DOUBLE_IT, "--apply", "--patch", full, "--json")

    assert (ran.code, ran.report["status"], ran.only_item["outcome"]) == (1, "failed", "proposed")
    assert ran.report["totals"]["cost_usd"] > 0
    assert "The edit is in the files all the same" in ran.sentences[-1]
    assert b"sum(prices) * 2" in shop.read("shop/cart.py")
