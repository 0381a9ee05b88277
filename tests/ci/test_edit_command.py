# ruff: noqa: E501  texts of code stay on one line
"""`suffice edit` over real HTTP and the real SDKs: every lane's own edit tool, checked, shown, written, taken back."""

import json
import sys

import pytest

from suffice.lanes import Usage, catalogue
from suffice.testing import ScriptedCalls, ScriptedRefusal, ScriptedText

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
def double(server, monkeypatch):
    """The server with nothing scripted, and both keys."""
    for model in (HAIKU, SONNET, OPUS, CODEX, GPT):
        server.script(model, [])
    server.script(HAIKU, [{"doubts": [], "verdict": "right"}], repeat_last=True)
    server.seen = len(server.requests)
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", server.anthropic_base_url)
    monkeypatch.setenv("SUFFICE_OPENAI_BASE_URL", server.openai_base_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-anthropic-test-4711")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-test-4711")
    return server


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
    assert "codex was rejected: suppression" in prompts(double)[1]


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
    assert "no-key" in ran.stderr
    assert "about $" in ran.stderr
    assert models(double) == []


# --- with the project's own tests


BUG = MONEY.replace("round(amount, 2)", "round(amount, 3)")
FAILING = "from shop.money import rounded\n\n\ndef test_cents():\n    assert rounded(1.006) == 1.01\n"
PYTEST = f"env PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -q"


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
