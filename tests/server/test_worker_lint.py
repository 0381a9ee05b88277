"""What is said of a text while nobody has asked for anything: its diagnostics, and what mending each would cost."""

import json
import sys
from types import SimpleNamespace

import pytest
from driven_worker import ruled, workers

from suffice.lanes import Usage, catalogue
from suffice.state.ledger import Call, Ledger, Work
from suffice.state.store import FILE_NAME, Store
from suffice.task import Diagnostic, Span
from suffice_server.messages import Configure, Describe, Described, Fix, Lint, RaiseCap
from suffice_server.messages import Usage as UsageAsked
from suffice_server.values import Settings

UNPROVIDED = SimpleNamespace(anthropic_base_url="http://127.0.0.1:9", openai_base_url="http://127.0.0.1:9/v1")
HAIKU = catalogue().lanes["haiku"].model
BAD = """\
def load(path):
    try:
        return open(path)
    except OSError as error:
        raise ValueError(path)
"""


@pytest.fixture
def root(tmp_path):
    return ruled(tmp_path, "B904", "F401")


@pytest.fixture
async def start(tmp_path):
    async with workers(UNPROVIDED, tmp_path) as start_one:
        yield start_one


@pytest.fixture
def offered(start, root):
    """Return the offer for the one diagnostic of a text."""

    async def offer(text=BAD, **more):
        worker = start(**more)
        (found,) = (await worker.ask(Lint(1, str(root), "a.py", text))).found
        return found.offer

    return offer


async def test_the_text_of_the_editor_counts_and_not_the_file(start, root):
    (root / "a.py").write_text("import os\n", "utf-8")

    linted = await start().ask(Lint(1, str(root), "a.py", "import sys\n"))

    assert [found.message for found in linted.found] == ["`sys` imported but unused"]


@pytest.mark.parametrize("path", [".env.py", "deploy/id_rsa", "secret.pem"])
async def test_a_file_that_holds_secrets_by_its_name_is_not_looked_at(start, root, path):
    (root / ".sufficeignore").write_text(".env*\n", "utf-8")

    linted = await start().ask(Lint(1, str(root), path, "import os\n"))

    assert (linted.found, linted.left_out) == ((), "ignored")


@pytest.mark.parametrize("text", ["x = '\ud800'\n", "a\0b", "x" * 2_000_000], ids=["surrogate", "binary", "large"])
async def test_what_is_no_text_is_left_out_with_a_reason(start, root, text):
    linted = await start().ask(Lint(1, str(root), "a.py", text))

    assert linted.found == ()
    assert linted.left_out.startswith("a.py ")


@pytest.mark.parametrize("path", ["../a.py", "/etc/passwd", ""])
async def test_a_path_outside_of_the_folder_is_left_out(start, root, path):
    linted = await start().ask(Lint(1, str(root), path, "import os\n"))

    assert linted.found == ()
    assert "outside" in linted.left_out


@pytest.mark.parametrize(
    ("file", "content", "names"),
    [("suffice.toml", "jobs = 3\n", "suffice.toml, line 1"), ("ruff.toml", "lint.select = 3\n", "ruff cannot use")],
)
async def test_settings_that_cannot_be_read_are_a_sentence(start, root, file, content, names):
    (root / file).write_text(content, "utf-8")

    failed = await start().ask(Lint(1, str(root), "a.py", "import os\n"))

    assert names in failed.message


async def test_settings_that_ruff_cannot_use_are_named_without_the_place_of_their_copy(start, root):
    (root / "ruff.toml").write_text("lint.select = ['NOPE']\n", "utf-8")
    worker = start()

    one, other = [await worker.ask(Lint(number, str(root), "a.py", "x = 1\n")) for number in (1, 2)]

    assert one.message == other.message
    assert "`ruff.toml`" in one.message


class _Looks:
    """A linter that counts how often it has to look."""

    def __init__(self, *, can=True):
        self.can = can
        self.looks = 0
        self.ruff = SimpleNamespace(program="ruff")
        self.others = SimpleNamespace(linters=(), could_look=lambda _file: self.can)

    def diagnostics_of(self, files):
        self.looks += 1
        return [[Diagnostic("F401", "unused", file.path, Span(1, 1, 1, 2))] for file in files]

    def remember(self, _file, diagnostics):
        self.remembered = list(diagnostics)


@pytest.fixture
def looked(start, root):
    """Return how often a linter looked when the same worker was asked about these texts, each after its change."""

    def look(*texts, can=True):
        session, looks = start().session, _Looks(can=can)
        for text, change in texts:
            change()
            workspace = session.workspace(str(root), {"a.py": text})._replace(linting=looks)
            found = session.linted.of(workspace, "a.py")
        return looks.looks, len(found)

    return look


def _nothing():
    pass


def test_the_same_text_is_linted_once(looked):
    assert looked(("x = 1\n", _nothing), ("x = 1\n", _nothing), ("x = 2\n", _nothing), ("x = 1\n", _nothing)) == (2, 1)


def test_a_text_at_which_a_linter_could_not_look_is_looked_at_again(looked):
    assert looked(("x = 1\n", _nothing), ("x = 1\n", _nothing), can=False) == (2, 1)


@pytest.mark.parametrize("file", ["ruff.toml", "pyproject.toml", "eslint.config.js", "../pyproject.toml"])
def test_new_settings_have_it_linted_again(looked, root, file):
    change = lambda: (root / file).write_text("# of another size\n", "utf-8")  # noqa: E731

    assert looked(("x = 1\n", _nothing), ("x = 1\n", change)) == (2, 1)


async def test_without_a_key_the_offer_says_which_to_set(offered):
    offer = await offered(ANTHROPIC_API_KEY="", OPENAI_API_KEY="")

    assert offer.refused == "no key is set; set ANTHROPIC_API_KEY or OPENAI_API_KEY"


async def test_with_a_key_the_offer_names_the_smallest_lane_its_price_and_what_follows(offered):
    offer = await offered()

    assert (offer.lane, offer.refused, offer.free) == ("haiku", None, False)
    assert 0 < offer.estimate_usd < offer.next_usd
    assert offer.next_lane == "sonnet"


async def test_the_linters_own_fix_is_free_without_any_key(offered):
    offer = await offered("import os\n", ANTHROPIC_API_KEY="", OPENAI_API_KEY="")

    assert (offer.lane, offer.free, offer.refused, offer.estimate_usd) == ("linter", True, None, 0.0)


async def test_lanes_that_the_project_denies_are_not_offered(offered, root):
    (root / "suffice.toml").write_text('deny_lanes = ["haiku"]\n', "utf-8")

    offer = await offered(OPENAI_API_KEY="")

    assert (offer.lane, offer.next_lane) == ("sonnet", None)


async def test_where_every_lane_is_denied_the_offer_says_why(offered, root):
    lanes = json.dumps(sorted(catalogue().lanes))
    (root / "suffice.toml").write_text(f"deny_lanes = {lanes}\n", "utf-8")

    offer = await offered()

    assert (offer.lane, offer.estimate_usd) == ("human", 0.0)
    assert "haiku: denied by the settings" in offer.refused


async def test_a_provider_that_may_not_see_a_path_is_not_offered_for_it(offered, tmp_path):
    policy = 'extends = "guide"\n[[deny]]\nproviders = ["anthropic"]\npaths = ["a.py"]\nbecause = "private"\n'
    (tmp_path / "private.toml").write_text(policy, "utf-8")
    (tmp_path / "own.toml").write_text(f'policy = "{tmp_path / "private.toml"}"\n', "utf-8")

    offer = await offered()

    assert catalogue().lanes[offer.lane].provider == "openai"


async def test_a_file_on_which_more_depends_has_offers_of_its_own(start, root, tmp_path):
    policy = 'extends = "guide"\n[[stakes]]\npaths = ["auth/**"]\nstakes = "high"\n'
    (tmp_path / "stakes.toml").write_text(policy, "utf-8")
    (tmp_path / "own.toml").write_text(f'policy = "{tmp_path / "stakes.toml"}"\n', "utf-8")
    driven = start()

    usual = (await driven.ask(Describe(1, str(root)))).offers["debug"]
    inside = await driven.ask(Lint(2, str(root), "auth/a.py", "A = 1\n"))
    outside = await driven.ask(Lint(3, str(root), "a.py", "A = 1\n"))

    assert inside.offers["debug"].estimate_usd > usual.estimate_usd
    assert outside.offers["debug"].lane == usual.lane


async def test_where_no_rule_is_about_files_the_folders_offers_hold(start, root):
    assert (await start().ask(Lint(1, str(root), "a.py", "A = 1\n"))).offers == {}


async def test_a_linter_that_may_not_run_here_says_so(start, root):
    (root / "package.json").write_text('{"devDependencies": {"eslint": "9"}}', "utf-8")
    (root / "eslint.config.mjs").write_text("export default [];\n", "utf-8")

    linted = await start().ask(Lint(1, str(root), "a.js", "var a = 1\n"))

    assert linted.found == ()
    assert "not trusted" in linted.note


def paid(tmp_path, usd, root=None):
    """Record a call that cost *usd* today, of whichever repository."""
    ledger = Ledger(Store(tmp_path / "state" / FILE_NAME))
    call = Call("haiku", "anthropic", HAIKU, "", "1", "answered", None, None, usd, Usage(), 1.0)
    ledger.record_call(Work("lint-fix", "F401", "another", "0" * 32), call)
    ledger.store.close()


async def test_a_day_whose_cap_is_used_up_refuses(offered, root, tmp_path):
    paid(tmp_path, 1.0)
    (root / "suffice.toml").write_text("max_day_usd = 1\n", "utf-8")

    assert (await offered()).refused == "the cap of $1.00 for a day leaves no room after $1.0000"


async def test_a_cap_that_cannot_be_kept_refuses_and_hides_no_diagnostic(start, root, tmp_path):
    (root / "suffice.toml").write_text("max_day_usd = 1\n", "utf-8")
    (tmp_path / "file").write_text("", "utf-8")
    worker = start(SUFFICE_STATE_DIR=str(tmp_path / "file" / "state"))

    (found,) = (await worker.ask(Lint(1, str(root), "a.py", BAD))).found
    described = await worker.ask(Describe(2, str(root)))

    sentence = "Without the state folder a cap on a day or a month cannot be kept"
    assert found.offer.refused.startswith(sentence)
    assert all(offer.refused.startswith(sentence) for offer in described.offers.values())


async def test_a_session_whose_cap_is_used_up_is_offered_so_that_it_can_be_raised(start, root):
    worker = start()
    worker.session.money.together.spent_usd = 0.5

    (found,) = (await worker.ask(Lint(1, str(root), "a.py", BAD))).found

    assert (found.offer.lane, found.offer.refused) == ("haiku", None)


async def test_who_wants_to_spend_nothing_is_offered_nothing_that_costs(start, root):
    worker = start()
    worker.say(Configure("", Settings(max_cost_usd=0)))

    (found,) = (await worker.ask(Lint(1, str(root), "a.py", BAD))).found

    assert found.offer.refused is not None


SARIF = """\
import json, pathlib, sys
place = {"artifactLocation": {"uri": pathlib.Path(sys.argv[1]).as_uri()}, "region": {"startLine": 1, "startColumn": 1}}
result = {"ruleId": "BAD", "message": {"text": "bad"}, "locations": [{"physicalLocation": place}]}
print(json.dumps({"runs": [{"tool": {"driver": {"name": "own"}}, "results": [result]}]}))
"""


async def test_what_no_checker_can_look_at_is_told_and_refused(start, root, tmp_path):
    (tmp_path / "linter.py").write_text(SARIF, "utf-8")
    command = json.dumps([sys.executable, "-I", str(tmp_path / "linter.py"), "{file}"])
    settings = f'trusted = ["{root}"]\n[[linters]]\nname = "own"\ncommand = {command}\nfiles = ["*.go"]\n'
    (tmp_path / "own.toml").write_text(settings, "utf-8")
    worker = start()

    (found,) = (await worker.ask(Lint(1, str(root), "a.go", "package main\n"))).found
    mended = await worker.ask(Fix(2, str(root), "a.go", "package main\n", "BAD", "bad", found.span))

    assert (found.rule, found.source) == ("BAD", "own")
    assert found.offer.refused == "a fix of own BAD cannot be checked yet; only ruff's can"
    assert (mended.ending, mended.reason) == ("skipped", "no-checker")


async def test_a_linter_that_fails_is_asked_again_about_the_same_text(start, root, tmp_path):
    (tmp_path / "linter.py").write_text("raise SystemExit('broken')\n", "utf-8")
    command = json.dumps([sys.executable, "-I", str(tmp_path / "linter.py"), "{file}"])
    settings = f'trusted = ["{root}"]\n[[linters]]\nname = "own"\ncommand = {command}\nfiles = ["*.go"]\n'
    (tmp_path / "own.toml").write_text(settings, "utf-8")
    worker = start()
    before = await worker.ask(Lint(1, str(root), "a.go", "package main\n"))
    (tmp_path / "linter.py").write_text(SARIF, "utf-8")

    after = await worker.ask(Lint(2, str(root), "a.go", "package main\n"))

    assert (before.found, len(after.found)) == ((), 1)


async def test_a_syntax_error_has_no_offer(start, root):
    linted = await start().ask(Lint(1, str(root), "a.py", "def f(:\n"))

    assert {found.offer for found in linted.found} == {None}
    assert linted.found != ()


async def test_every_kind_of_the_editor_has_its_usual_offer(start, root):
    described = await start().ask(Describe(1, str(root)))

    assert all(offer.refused is None and offer.estimate_usd > 0 for offer in described.offers.values())
    assert {"lint-fix", "edit", "test-writing", "explain-code", "review", "architecture-review"} <= set(
        described.offers
    )


async def test_the_editors_settings_leave_rules_and_files_out(start, root):
    worker = start()
    worker.say(Configure("", Settings(disabled_rules=("F401",))))
    worker.say(Configure(str(root / "other"), Settings(exclude=("*.py",))))

    here = await worker.ask(Lint(1, str(root), "a.py", "import os\n"))
    (root / "other").mkdir()
    there = await worker.ask(Lint(2, str(root / "other"), "a.py", "import os\n"))

    assert (here.found, here.left_out) == ((), None)
    assert there.left_out == "ignored"


async def test_the_editors_settings_never_loosen(start, root):
    (root / "suffice.toml").write_text("max_cost_usd = 0.1\nmin_confidence = 0.9\n", "utf-8")
    worker = start()
    worker.say(Configure("", Settings(max_cost_usd=5.0, min_confidence=0.1)))

    workspace = worker.session.workspace(str(root), {})

    assert (workspace.config.run_cap_usd(), workspace.config.min_confidence) == (0.1, 0.9)


@pytest.mark.parametrize("wrong", [-1, "much", float("nan"), True, [1]])
async def test_a_setting_that_is_no_number_is_passed_over(start, root, wrong, caplog):
    worker = start()
    worker.say(Configure("", Settings(max_cost_usd=wrong, max_task_usd=0.2)))

    workspace = worker.session.workspace(str(root), {})

    assert (workspace.config.run_cap_usd(), workspace.config.max_task_usd) == (0.5, 0.2)
    assert "max_cost_usd" in caplog.text


async def test_what_the_session_has_spent_is_not_left_for_the_next_task(start, root):
    worker = start()
    worker.session.money.together.spent_usd = 0.4
    workspace = worker.session.workspace(str(root), {})

    budget = worker.session.money.budget(workspace.config, workspace.root, worker.session.storage.store)

    assert budget.left_usd == pytest.approx(0.1)


async def test_raising_the_cap_adds_once_more_of_it_where_it_was_raised(start, root, tmp_path):
    worker = start()
    worker.say(RaiseCap(str(root)))

    here, there = (worker.session.workspace(str(folder), {}) for folder in (root, tmp_path))

    money = worker.session.money
    assert money.cap_usd(here.config, here.root) == 1.0
    assert money.cap_usd(there.config, there.root) == 0.5


@pytest.mark.parametrize("linked", ["a.py", "inner"])
async def test_a_text_behind_a_symbolic_link_is_left_out(start, root, tmp_path, linked):
    (root / linked).symlink_to(tmp_path)
    path = "a.py" if linked == "a.py" else "inner/a.py"

    linted = await start().ask(Lint(1, str(root), path, "import os\n"))

    assert linted.found == ()
    assert linted.left_out == f"{path} leads through a symbolic link; open the file itself."


@pytest.mark.parametrize("name", ["", "relative", "/a\0b", "/\ud800", "C:\\x"])
async def test_a_folder_that_cannot_be_is_a_sentence_and_no_bug(start, name, caplog):
    worker = start()
    worker.say(RaiseCap(name))
    caplog.clear()

    answers = [await worker.ask(ask(number, name)) for number, ask in enumerate((Describe, UsageAsked))]

    assert all("open another one" in failed.message for failed in answers)
    assert caplog.text == ""


async def test_a_folder_that_is_a_link_to_itself_has_offers(start, root):
    (root / "loop").symlink_to("loop")

    assert isinstance(await start().ask(Describe(1, str(root / "loop"))), Described)


async def test_the_editors_patterns_never_take_one_of_the_users_back(start, root, tmp_path, caplog):
    (tmp_path / "own.toml").write_text('exclude = ["*.py"]\n', "utf-8")
    worker = start()
    worker.say(Configure("", Settings(exclude=("!a.py", "other.go"))))

    linted = await worker.ask(Lint(1, str(root), "a.py", "import os\n"))

    assert linted.left_out == "ignored"
    assert "exclude" in caplog.text


async def test_a_task_for_which_its_own_cap_leaves_no_room_is_refused(offered, root):
    (root / "suffice.toml").write_text("max_task_usd = 0\n", "utf-8")

    assert (await offered()).refused == "the cap of $0.00 for a task leaves no room after $0.0000"


async def test_a_usual_offer_names_no_lane_that_is_too_slow_or_away(start, root):
    worker = start(OPENAI_API_KEY="")
    for _ in range(5):
        worker.session.storage.health.failed("anthropic", HAIKU, 60.0)
    away = (await worker.ask(Describe(1, str(root)))).offers["lint-fix"]
    (root / "suffice.toml").write_text("time_budget_s = 0\n", "utf-8")
    late = (await worker.ask(Describe(2, str(root)))).offers["lint-fix"]

    assert (away.lane, away.refused) == ("sonnet", None)
    assert late.lane == "human"
