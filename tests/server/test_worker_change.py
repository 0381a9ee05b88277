"""A change asked for in words: made on what the editor shows, told file by file, never beyond what may be."""

import subprocess

import pytest
from driven_worker import workers

from suffice.lanes import Usage, catalogue
from suffice.testing import ScriptedCalls, provider_double
from suffice_server.messages import Change, NeedsConsent
from suffice_server.values import Changed, Op, Replacement

LANES = catalogue().lanes
SONNET, OPUS, HAIKU = (LANES[name].model for name in ("sonnet", "opus", "haiku"))
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
SHOP = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "0"\nrequires-python = ">=3.11"\n',
    "shop/__init__.py": "",
    "shop/cart.py": CART,
    "shop/money.py": MONEY,
    "shop/old.py": OLD,
    ".gitignore": "secret_notes.py\n",
    "secret_notes.py": "def plan(amount):\n    return 'on disk'\n",
}
TAX = '"""Taxes."""\n\nRATE = 0.19\n'


def replace(path, old, new):
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


LEN = replace("shop/cart.py", "return len(prices)", "return len(list(prices))")


@pytest.fixture(scope="module")
def server():
    with provider_double() as running:
        yield running


@pytest.fixture
def scripted(server):
    """Let sonnet make these calls, opus others if given, and haiku judge nothing."""
    server._requests.clear()

    def script(*calls, opus=()):
        server.script(SONNET, [ScriptedCalls(calls=calls, usage=USAGE)], repeat_last=True)
        server.script(OPUS, [ScriptedCalls(calls=opus or calls, usage=USAGE)], repeat_last=True)
        server.script(HAIKU, [{"verdict": "right", "why": ""}], repeat_last=True)
        return server

    return script


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "sample"
    for name, text in SHOP.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


@pytest.fixture
async def start(server, tmp_path):
    async with workers(server, tmp_path, CI="1", OPENAI_API_KEY="") as start_one:
        yield start_one


def change(root, *, number=1, path="shop/cart.py", lines=(None, None), instruction="Do it.", **more):
    return Change(number, str(root), path, *lines, instruction, **more)


def made(text, changed):
    for edit in sorted(changed.edits, reverse=True):
        text = text[: edit.start] + edit.new_text + text[edit.end :]
    return text


def prompts(double):
    return "\n".join(str(request.body["messages"]) for request in double.requests if request.model == SONNET)


async def test_a_change_is_of_the_editors_text_and_its_edits_are_few_lines(start, root, scripted):
    scripted(LEN)
    text = CART.replace("The cart", "The unsaved cart")

    done = await start().ask(change(root, buffers={"shop/cart.py": text}))

    (changed,) = done.changes
    assert (done.ending, done.lane, changed.path, changed.op, changed.before) == (
        "proposed",
        "sonnet",
        "shop/cart.py",
        Op.REPLACE,
        None,
    )
    at = text.index("    return len")
    assert changed.edits == (Replacement(at, len(text), "    return len(list(prices))\n"),)


async def test_a_file_that_is_not_open_comes_with_the_text_that_was_read(start, root, scripted):
    scripted(LEN)

    done = await start().ask(change(root))

    (changed,) = done.changes
    assert changed.before == CART
    assert made(CART, changed) == CART.replace("len(prices)", "len(list(prices))")


async def test_a_new_file_comes_as_a_whole(start, root, scripted):
    scripted(LEN, {"command": "create", "path": "shop/tax.py", "file_text": TAX})

    done = await start().ask(change(root))

    assert Changed("shop/tax.py", Op.CREATE, (Replacement(0, 0, TAX),)) in done.changes


async def test_a_moved_file_says_where_it_goes(start, root, scripted):
    scripted({"command": "rename_file", "path": "shop/old.py", "new_path": "shop/legacy.py"})

    done = await start().ask(change(root, path="shop/old.py"))

    assert done.changes == (Changed("shop/old.py", Op.RENAME, (), OLD, "shop/legacy.py"),)


async def test_a_deleted_file_says_what_was_in_it(start, root, scripted):
    scripted({"command": "delete_file", "path": "shop/old.py"})

    done = await start().ask(change(root, path="shop/old.py"))

    assert done.changes == (Changed("shop/old.py", Op.DELETE, before=OLD),)


async def test_beside_the_selected_lines_nothing_is_changed(start, root, scripted):
    scripted(replace("shop/cart.py", '"""The cart."""', '"""Another."""'))

    done = await start().ask(change(root, lines=(11, 12)))

    assert (done.ending, done.changes) == ("needs-human", ())
    assert done.attempts[0].startswith("sonnet failed scope")


async def test_within_the_selected_lines_it_is(start, root, scripted):
    scripted(LEN)

    done = await start().ask(change(root, lines=(11, 99)))

    assert done.ending == "proposed"


async def test_other_open_files_are_context_as_they_are_shown(start, root, scripted):
    double = scripted(LEN)
    buffers = {"shop/cart.py": CART, "shop/money.py": MONEY.replace("amount", "unsaved_amount")}

    await start().ask(change(root, buffers=buffers))

    assert "unsaved_amount" in prompts(double)


@pytest.mark.parametrize("path", [".env", "secret_notes.py", "private/plan.py", "shop/plan.py"])
async def test_what_is_ignored_is_never_context_though_it_is_open_and_used(start, root, scripted, path):
    double = scripted(LEN)
    (root / ".sufficeignore").write_text("private/\n", "utf-8")
    module = path.removesuffix(".py").replace("/", ".")
    text = CART.replace("return rounded(", "return plan(")
    text = text if path == ".env" else text.replace("from shop.money import rounded", f"from {module} import plan")
    buffers = {"shop/cart.py": text, path: "def plan(amount):\n    return 'in the editor alone'\n"}

    done = await start().ask(change(root, buffers=buffers, instruction=f"Look at {path} and its plan."))

    assert done.ending == "proposed"
    assert "on disk" not in prompts(double)
    assert ("in the editor alone" in prompts(double)) == (path == "shop/plan.py")


async def test_an_open_file_that_is_no_file_of_the_folder_does_not_stop_it(start, root, scripted):
    scripted(LEN)

    done = await start().ask(change(root, buffers={"shop/cart.py": CART, "../x.py": "a", "b.py": "\ud800"}))

    assert done.ending == "proposed"


async def test_a_byte_order_mark_of_the_editor_shifts_the_edits(start, root, scripted):
    scripted(LEN)
    text = "\ufeff" + CART

    done = await start().ask(change(root, buffers={"shop/cart.py": text}))

    assert made(text, done.changes[0]) == text.replace("len(prices)", "len(list(prices))")


async def test_line_ends_stay_as_they_are(start, root, scripted):
    scripted(LEN)
    text = CART.replace("\n", "\r\n")

    done = await start().ask(change(root, buffers={"shop/cart.py": text}))

    assert made(text, done.changes[0]) == text.replace("len(prices)", "len(list(prices))")


async def test_written_tests_are_files_of_their_own_and_are_to_be_looked_at(start, root, scripted):
    test = "from shop.cart import count\n\n\ndef test_count():\n    assert count([1, 2]) == 2\n"
    create = {"command": "create", "path": "tests/test_count.py", "file_text": test}
    for lane in LANES.values():
        if lane.provider == "anthropic":
            scripted(create)

    done = await start().ask(change(root, lines=(11, 12), kind="test-writing", instruction="Write tests."))

    assert done.changes == (Changed("tests/test_count.py", Op.CREATE, (Replacement(0, 0, test),)),)
    assert done.confirm


async def test_trying_harder_asks_a_stronger_lane(start, root, scripted):
    scripted(LEN, opus=(replace("shop/cart.py", "return len(prices)", "return sum(1 for _ in prices)"),))
    worker = start()
    first = await worker.ask(change(root))

    second = await worker.ask(change(root, number=2, above=first.lane))

    assert (first.lane, second.lane) == ("sonnet", "opus")
    assert [(row.lane, row.word) for row in worker.ledger.feedback_since(0)] == [("sonnet", "rejected")]


async def test_nothing_is_sent_before_the_user_agreed(start, root, scripted):
    double = scripted(LEN)

    needed = await start(CI="").ask(change(root))

    assert isinstance(needed, NeedsConsent)
    assert (needed.provider, double.requests) == ("anthropic", ())


REFUSED = {
    "another kind": ({"kind": "review"}, "This is no kind of edit"),
    "no instruction": ({"instruction": " \n"}, "Say in words"),
    "half a character": ({"instruction": "\ud800"}, "half a surrogate pair"),
    "outside": ({"path": "../x.py"}, "name a file inside the folder"),
    "absolute": ({"path": "/etc/passwd"}, "name a file inside the folder"),
    "a secret": ({"path": ".env"}, ".env is a file that holds secrets"),
    "git's own": ({"path": ".git/config"}, "never patched"),
    "our own settings": ({"path": "suffice.toml"}, "never patched"),
    "a link": ({"path": "link.py"}, "symbolic link"),
    "a link that is open": ({"path": "link.py", "buffers": {"link.py": "x = 1\n"}}, "symbolic link"),
    "a folder": ({"path": "shop"}, "shop"),
    "no such line": ({"lines": (40, 50)}, "shop/cart.py has 12 lines"),
    "backwards": ({"lines": (5, 2)}, "shop/cart.py has 12 lines"),
    "a lane that is none": ({"above": "best"}, "no such lane"),
}


@pytest.mark.parametrize(("asked", "says"), REFUSED.values(), ids=REFUSED)
async def test_what_must_not_be_touched_is_refused_before_anybody_is_asked(start, root, scripted, asked, says):
    double = scripted(LEN)
    (root / "link.py").symlink_to(root / "shop" / "cart.py")

    failed = await start().ask(change(root, **asked))

    assert says in failed.message
    assert double.requests == ()
