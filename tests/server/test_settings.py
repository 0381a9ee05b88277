import pytest
from lsprotocol import types

from suffice_server.front.settings import Read, SettingsPull, View, read_settings, tightened
from suffice_server.messages import Configure
from suffice_server.values import Settings

CAPPED = Settings(max_cost_usd=0.1)


@pytest.mark.parametrize(
    "value",
    [
        {"max_cost_usd": 0.1},
        {"settings": {"max_cost_usd": 0.1}},
        {"settings": {"suffice": {"max_cost_usd": 0.1}}},
        {"suffice.max_cost_usd": 0.1},
        {"settings": {"suffice.max_cost_usd": 0.1}},
        {"maxCostUsd": 0.1, "minConfidence": None},
        {"max_cost_usd": 0.1, "settings": None, "suffice": None},
    ],
)
def test_settings_are_read_alike_wherever_an_editor_puts_them(value):
    assert read_settings(value) == Read(CAPPED)


@pytest.mark.parametrize("value", [None, {}, {"settings": None}, {"settings": {}}, {"trace": {"server": "verbose"}}])
def test_no_settings_are_no_problem(value):
    assert read_settings(value) == Read()


def test_every_setting_is_read():
    read = read_settings(
        {
            "exclude": ["*.sql"],
            "deny_lanes": ["a"],
            "disabled_rules": ["B904"],
            "min_confidence": 1,
            "max_cost_usd": 0,
            "max_task_usd": 1,
            "max_day_usd": 2,
            "max_repository_month_usd": 3,
            "time_budget_s": 4,
            "lint": False,
            "hover": False,
            "actions": {"quickfix": False, "rewrite": False, "source": False},
            "statusNotifications": True,
            "untrusted": True,
        }
    )

    assert read == Read(
        Settings(("*.sql",), ("a",), ("B904",), 1.0, 0.0, 1.0, 2.0, 3.0, 4.0),
        View(False, False, False, False, False, True, True),
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"max_cost": 1}, "the setting max_cost does not exist"),
        ({"actions": {"quick\u202efix\n": True}}, "the setting actions.quickfix does not exist"),
        ({"policy": "mine"}, "may only stand in your own settings file"),
        ({"lanes": {"x": {"base_url": "http://evil"}}}, "may only stand in your own settings file"),
        ({"max_cost_usd": "1"}, "has to be a number from 0 on;"),
        ({"max_cost_usd": True}, "has to be a number"),
        ({"max_cost_usd": float("nan")}, "has to be a number"),
        ({"min_confidence": 2}, "has to be a number from 0 to 1;"),
        ({"exclude": "*.py"}, "has to be a list of strings"),
        ({"exclude": ["!.env"]}, "can only leave out more"),
        ({"lint": 1}, "has to be true or false"),
        (["max_cost_usd"], "the settings are no object"),
    ],
)
def test_what_cannot_be_read_is_left_out_and_named(value, said):
    read = read_settings(value)

    assert (read.settings, read.view) == (Settings(), View())
    (problem,) = read.problems
    assert said in problem


@pytest.mark.parametrize(("said", "expected"), [(True, True), ("yes", True), (0, True), (False, False), (None, False)])
def test_whatever_is_said_of_untrusted_but_false_is_believed(said, expected):
    assert read_settings({"untrusted": said}) == Read(view=View(untrusted=expected))


def test_a_problem_never_tells_the_value():
    assert "sk-ant" not in repr(read_settings({"max_cost_usd": "sk-ant-4711", "key": "sk-ant-4711"}).problems)


def test_settings_without_end_are_read_to_an_end():
    deep = {}
    for _ in range(1000):
        deep = {"settings": deep}

    assert read_settings(deep).settings == Settings()
    assert len(read_settings({f"k{n}": 1 for n in range(10_000)}).problems) == 8


def test_of_two_each_only_tightens_the_other():
    one = Read(Settings(exclude=("a",), max_cost_usd=1.0, min_confidence=0.5), View(untrusted=True))
    other = Read(Settings(exclude=("a", "b"), max_cost_usd=2.0, max_day_usd=3.0, min_confidence=0.9), View(lint=False))

    assert tightened(one, other) == Read(
        Settings(exclude=("a", "b"), max_cost_usd=1.0, max_day_usd=3.0, min_confidence=0.9),
        View(lint=False, untrusted=True),
    )
    assert tightened(one, other) == tightened(other, one)._replace(problems=())


class Editor:
    """Answers for its settings, and hears what is made of them."""

    def __init__(self, answers=None, *, can_be_asked=True):
        self.answers = answers
        self.asked = []
        self.configured = []
        self.shown = []
        self.changes = 0
        self.pull = SettingsPull(
            ask=self.ask, configure=self.configured.append, show=self.shown.append, on_change=self.on_change
        )
        self.capabilities = types.ClientCapabilities(
            workspace=types.WorkspaceClientCapabilities(configuration=can_be_asked)
        )

    async def ask(self, section, scopes):
        self.asked.append((section, list(scopes)))
        return self.answers

    def on_change(self):
        self.changes += 1

    def begin(self, options):
        self.pull.begin(types.InitializeParams(capabilities=self.capabilities, initialization_options=options))


async def test_each_folder_has_its_own_settings_and_falls_back_to_the_initialization_options():
    editor = Editor([None, {"max_cost_usd": 0.05, "lint": False}, None])
    editor.begin({"settings": {"max_cost_usd": 0.1}})

    await editor.pull.pull(["file:///one", "file:///two%20b"])

    assert editor.asked == [("suffice", [None, "file:///one", "file:///two%20b"])]
    assert editor.configured == [
        Configure("", CAPPED),
        Configure("/one", Settings(max_cost_usd=0.05)),
        Configure("/two b", CAPPED),
    ]
    assert [editor.pull.view(root).lint for root in ("/one", "/two b", "/elsewhere")] == [False, True, True]


async def test_a_folder_cannot_lift_what_the_user_said():
    editor = Editor([None, {"max_cost_usd": 9, "untrusted": False}])
    editor.begin({"untrusted": True, "settings": {"max_cost_usd": 0.1}})

    await editor.pull.pull(["file:///one"])

    assert editor.configured[-1] == Configure("/one", CAPPED)
    assert editor.pull.view("/one").untrusted


async def test_what_lies_in_no_folder_has_settings_of_its_own():
    editor = Editor([{"lint": False}, {"hover": False}])
    editor.begin(None)

    await editor.pull.pull(["file:///one"])

    assert editor.pull.view() == editor.pull.view("/elsewhere") == View(lint=False)
    assert editor.pull.view("/one") == View(hover=False)


async def test_what_is_pushed_holds_at_once_in_folders_that_have_said_something_before():
    editor = Editor([None, {"max_cost_usd": 1}])
    editor.begin(None)
    await editor.pull.pull(["file:///one"])
    editor.answers = None

    editor.pull.push({"deny_lanes": ["fable"], "hover": False})
    await editor.pull.pull(["file:///one"])

    assert editor.configured[-1] == Configure("/one", Settings(deny_lanes=("fable",), max_cost_usd=1.0))
    assert not editor.pull.view("/one").hover


@pytest.mark.parametrize(
    "pushed",
    [
        {"pylsp": {"plugins": {"a": 1}}, "suffice": {"max_cost_usd": 0.1}, "gopls": {"x": True}},
        {"settings": {"pylsp": {"x": 1}, "suffice": {"maxCostUsd": 0.1}}},
        {"pylsp": {"x": 1}, "suffice.max_cost_usd": 0.1, "pylsp.x": 1},
        {"pylsp": {"x": 1}, "max_cost_usd": 0.1},
    ],
)
async def test_of_the_settings_of_all_servers_only_ours_are_looked_at(pushed):
    editor = Editor(can_be_asked=False)
    editor.begin(None)

    editor.pull.push(pushed)

    assert editor.configured[-1] == Configure("", CAPPED)
    assert editor.shown == []


async def test_a_folder_that_is_gone_leaves_nothing_of_what_it_said():
    editor = Editor([None, {"hover": False}])
    editor.begin(None)
    await editor.pull.pull(["file:///one"])

    editor.answers = [None]
    await editor.pull.pull([])

    assert editor.pull.view("/one") == View()
    assert editor.configured[-1] == Configure("/one", Settings())


async def test_an_editor_that_cannot_be_asked_pushes():
    editor = Editor(can_be_asked=False)
    editor.begin(None)

    editor.pull.push({"suffice": {"max_cost_usd": 0.1}})
    await editor.pull.pull(["file:///one"])

    assert editor.asked == []
    assert editor.configured == [Configure("", Settings()), Configure("", CAPPED)]


@pytest.mark.parametrize("answers", [None, [], [1], ["x", {}], [None, None, None]])
async def test_an_editor_may_answer_anything(answers):
    editor = Editor(answers)
    editor.begin(None)

    await editor.pull.pull(["file:///one", "untitled:two"])

    assert editor.pull.view("/one") == View()


async def test_a_problem_is_shown_once_and_the_same_settings_change_nothing():
    editor = Editor([None, {"max_cost": 1}])
    editor.begin({"max_cost": 1})

    for _ in range(3):
        await editor.pull.pull(["file:///one"])

    assert len(editor.shown) == 1
    assert editor.changes == 2


@pytest.mark.asyncio(loop_scope="package")
async def test_what_the_editor_says_of_a_folder_reaches_the_worker_and_the_screen(start):
    editor = await start()
    uri = editor.open("ruled.py", "import os\n")
    assert [d.code for d in await editor.diagnostics(uri)] == ["F401"]
    published = len(editor.published)

    editor.client.set_configuration({"suffice": {"disabled_rules": ["F401"], "max_cost": 1}})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))

    newest = await editor.until(lambda: editor.published[published:])
    assert (newest[-1].uri, list(newest[-1].diagnostics)) == (uri, [])
    (problem,) = await editor.until(lambda: editor.client.messages)
    assert problem.message.startswith("suffice: the setting max_cost does not exist; known here: exclude, deny_lanes")
