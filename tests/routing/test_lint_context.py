"""What a lint prompt shows beside the window: what the window's names mean, nearest first, within the budget."""

import re
import textwrap
import time

import pytest

from suffice.context.definitions import defined
from suffice.context.lint import lint_context
from suffice.edits.edit import Edit, apply_edits
from suffice.lanes import catalogue, estimate_tokens
from suffice.lint_fix import question
from suffice.lint_prompt import lint_prompt
from suffice.outcome import Attempt
from suffice.outline import outline
from suffice.policy import Policy
from suffice.positions import split_lines
from suffice.proposal import Unusable
from suffice.providers.reply import Ended
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic, Kind, Span, Task
from suffice.windows import window


def shown(source, at, *, budget_tokens=4000, path="mod.py"):
    """Return the context of the window around the line that holds *at*."""
    file = Snapshot.of_texts({path: textwrap.dedent(source)}).file(path)
    line = next(number for number, text in enumerate(split_lines(file.text), start=1) if at in text)
    return lint_context(file, window(file.text, Span(line, 1, line, 2)), line=line, budget_tokens=budget_tokens)


def defining(source, at, **more):
    return shown(source, at, **more).definitions


SHORT = """\
LIMIT = 3
OTHER = 4

def used(x):
    return x

def unused(x):
    return x

class Used:
    pass

def target(values):
    # here
    return used(values) + LIMIT + Used()
"""


def test_short_definitions_that_the_window_names_are_shown_whole_in_the_order_of_the_file():
    expected = "LIMIT = 3\ndef used(x):\n    return x\nclass Used:\n    pass"

    assert defining(SHORT, "# here") == expected


def test_what_the_window_binds_itself_is_not_what_the_file_defines():
    source = """
    def path(): ...
    def name(): ...
    def other(): ...

    def target(path):
        name = other()
        return path, name  # here
    """

    assert defining(source, "# here") == "def other(): ..."


def test_a_global_that_the_window_sets_is_shown():
    source = """
    COUNT = 0

    def target():
        global COUNT
        COUNT += 1  # here
    """

    assert defining(source, "# here") == "COUNT = 0"


STEPS = "    step()\n" * 12
LONG_FUNCTION = f"""
@cached
def load(
    path: str,
) -> dict:
    '''Return what stands in *path*.

    More is not told.
    '''
{STEPS}

def target():
    return load("a")  # here
"""


def test_a_long_function_is_shown_by_its_header():
    assert defining(LONG_FUNCTION, "# here") == (
        "@cached\ndef load(\n    path: str,\n) -> dict:\n    '''Return what stands in *path*.'''\n    ..."
    )


LONG_CLASS = """
class Store(Base):
    '''
    Keeps things.
    '''
    size: int = 3
    names = [
        "a",
    ]

    def put(self, key: str, value: str) -> None:
        '''Put it.'''
        self.kept[key] = value

    @property
    def free(self) -> int:
        return 1

    if DEBUG:
        pass

def target():
    return Store().put("a", "b")  # here
"""
OUTLINED = """\
class Store(Base):
    '''Keeps things.'''
    size: int = 3
    names = [ ...
    def put(self, key: str, value: str) -> None: ...
    @property
    def free(self) -> int: ..."""


def test_a_long_class_is_shown_by_its_fields_and_signatures():
    assert defining(LONG_CLASS, "# here") == OUTLINED


def test_with_less_room_a_class_is_shown_by_its_header_alone():
    budget = estimate_tokens(OUTLINED) + 30

    assert defining(LONG_CLASS, "# here", budget_tokens=budget) == (
        "class Store(Base):\n    '''Keeps things.'''\n    ..."
    )


def test_a_long_variable_is_shown_by_its_first_line():
    source = (
        "TABLE = {\n" + "".join(f"    {n}: {n},\n" for n in range(20)) + "}\n\ndef target():\n    TABLE[1]  # here\n"
    )

    assert defining(source, "# here") == "TABLE = { ..."


METHODS = """
class One:
    limit = 1

    def run(self):
        return self.step(self.limit) + cls.make()  # here

    def step(self, n):
        return n

    @classmethod
    def make(cls):
        return cls()

    def other(self):
        return 0

class Two:
    def step(self, n):
        return "not this"
"""


def test_what_is_called_on_self_is_looked_up_in_the_windows_own_class():
    assert defining(METHODS, "# here") == (
        "class One:\n    limit = 1\n    def step(self, n):\n        return n\n"
        "    @classmethod\n    def make(cls):\n        return cls()"
    )


def test_definitions_under_a_condition_count_and_the_last_of_a_name_wins():
    source = """
    try:
        from fast import load
    except ImportError:
        def load():
            return "slow"

    def pick(): return 1
    def pick(): return 2

    def target():
        return load(), pick()  # here
    """

    assert defining(source, "# here") == '    def load():\n        return "slow"\ndef pick(): return 2'


def test_an_import_under_a_condition_counts_as_a_definition():
    source = """
    import typing
    if typing.TYPE_CHECKING:
        from shop import (
            Basket,
        )
        from shop import Till

    def target(basket: Basket):
        return basket  # here
    """

    assert defining(source, "# here") == "    from shop import (\n        Basket,\n    )"


def filling(indent):
    return f"{indent}fill()\n" * 20


LONG_METHOD = f"""\
class Till:
    @property
    def total(self, rates, *, tax):
        from decimal import Decimal
        unused = 1
        sums = []
        first, (rest, *more) = rates
        def rounded(value):
            return round(value, 2)
        if tax:
            label: str = "with tax"
        else:
            label = "without"
        sums = list(rates)
{filling("        ")}
        for rate in rates:
            with lock() as held:
{filling("                ")}
            try:
{filling("                ")}
            except ValueError as error:
{filling("                ")}
                sums.append((rounded(Decimal(rate) * more[0]), label, error, held))  # here
"""
INSIDE = """\
class Till:
    ...
    def total(self, rates, *, tax):
        from decimal import Decimal
        ...
        first, (rest, *more) = rates
        def rounded(value): ...
            ...
            label = "without"
        sums = list(rates)
        ...
        for rate in rates:
            with lock() as held: ...
            ...
            try:
            ...
            except ValueError as error:
                ...
"""


def test_a_window_in_a_long_function_stands_below_the_headers_and_the_lines_that_bind_what_it_names():
    assert shown(LONG_METHOD, "# here").inside == INSIDE


def test_with_less_room_the_headers_stand_alone():
    found = shown(LONG_METHOD, "# here", budget_tokens=estimate_tokens(INSIDE) + 40)

    assert found.inside.startswith("class Till:\n    ...\n    def total(self, rates, *, tax):\n        ...\n")
    assert "Decimal" not in found.inside


def test_what_is_named_nearest_to_the_diagnosed_line_comes_first_when_not_all_has_room():
    parts = [f"def f{n}(x):\n    return '{'x' * 60}'\n" for n in range(6)]
    body = "\n".join(f"    f{n}(1){'  # here' if n == 3 else ''}" for n in range(6))
    source = "\n".join([*parts, f"def target():\n{body}\n"])
    room = estimate_tokens(f"def target():\n{body}\n") + 3 * estimate_tokens(parts[0]) + 8

    found = defining(source, "# here", budget_tokens=room)

    assert [n for n in range(6) if f"def f{n}(" in found] == [2, 3, 4]


MANY_IMPORTS = """
import json
import os.path
from typing import (
    Any,
    Callable,
    Mapping,
)
from collections import OrderedDict as Ordered, deque
import unused_one, unused_two

def target(values: Mapping[str, int]):
    return json.dumps(Ordered(values)) + helper()  # here

def helper():
    return "{}"
""".format("x" * 80)


def test_all_imports_are_shown_while_there_is_room():
    assert shown(MANY_IMPORTS, "# here").imports.count("\n") == 9


def test_imports_are_cut_to_what_the_window_needs_when_the_room_is_short():
    found = shown(MANY_IMPORTS, "# here", budget_tokens=115)

    narrowed = "from typing import (\n    Mapping,\n)\n"
    assert found.imports == f"import json\n{narrowed}from collections import OrderedDict as Ordered, deque\n...\n"
    assert "def helper" in found.definitions


def test_very_many_imports_are_cut_whatever_the_room():
    source = "".join(f"import m{n}\n" for n in range(60)) + "\ndef target():\n    return m50.x  # here\n"

    assert shown(source, "# here").imports == "import m50\n...\n"


@pytest.mark.parametrize("budget_tokens", [0, 10, 60, 100, 200, 400, 1000])
def test_the_context_stays_within_the_budget(budget_tokens):
    for source in (SHORT, LONG_FUNCTION, LONG_CLASS, METHODS, MANY_IMPORTS):
        found = shown(source, "# here", budget_tokens=budget_tokens)

        assert estimate_tokens(found.imports + found.definitions) <= max(budget_tokens, 1)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("mod.py", "import os\n\ndef helper(): ...\n\nprint 'old'\nhelper(os)  # here\n"),
        ("mod.ts", "import os\n\nhelper = 1\nhelper(os)  # here\n"),
    ],
)
def test_what_cannot_be_parsed_or_is_no_python_has_imports_and_no_definitions(path, source):
    assert shown(source, "# here", path=path) == ("import os\n", "", "")


def test_a_window_that_cannot_be_parsed_alone_still_has_names():
    source = (
        f"LIMIT = 3\n\ndef target(\n{''.join(f'    a{n}=1,{chr(10)}' for n in range(60))}    b=LIMIT,  # here\n): ...\n"
    )

    assert defining(source, "# here") == "LIMIT = 3"


def prompt(source, *, budget_tokens=4000):
    text = textwrap.dedent(source)
    file = Snapshot.of_texts({"mod.py": text}).file("mod.py")
    line = next(number for number, shown in enumerate(split_lines(text), start=1) if "# here" in shown)
    span = Span(line, 5, line, 9)
    diagnostic = Diagnostic(rule="B904", message="raise without from", path="mod.py", span=span)
    return lint_prompt(diagnostic, file=file, window=window(text, span), budget_tokens=budget_tokens)


@pytest.mark.parametrize("source", [SHORT, LONG_CLASS, METHODS], ids=["functions", "class", "methods"])
def test_lines_inserted_elsewhere_leave_the_prompt_as_it_was(source):
    moved = "'''A module.'''\n\n\n" + textwrap.dedent(source).replace("class ", "\n\n\nclass ") + "\n\nLAST = 1\n"

    assert prompt(moved) == prompt(source)


def test_the_window_is_whole_whatever_the_budget():
    assert "def target(values):\n    # here\n    return used" in prompt(SHORT, budget_tokens=0).body


def test_a_file_is_parsed_once_for_all_of_its_diagnostics():
    source = "import os\n" + "\n\n".join(f"def f{n}(x):\n    return f{n - 1}(os)  # at {n}\n" for n in range(1, 400))
    started = time.perf_counter()
    shown(source, "# at 1\n")
    first_s = time.perf_counter() - started
    before = outline.cache_info().misses, defined.cache_info().misses

    started = time.perf_counter()
    for n in range(2, 14):
        shown(source, f"# at {n}\n")
    later_s = (time.perf_counter() - started) / 12

    assert (outline.cache_info().misses, defined.cache_info().misses) == before
    assert later_s < max(first_s, 0.002)


# --- secrets: what a model is asked about a file that holds some


KEY = "sk-ant-api03-abcdefghijklmnop"
PEM = "\n".join(
    ["-----BEGIN RSA PRIVATE KEY-----", *(f"MIIE{n:04}abcdefgh" for n in range(60)), "-----END RSA PRIVATE KEY-----"]
)


def asked(source, at, *, message="raise without from", before=(), lane="haiku"):
    snapshot = Snapshot.of_texts({"mod.py": source})
    line = next(number for number, text in enumerate(split_lines(source), start=1) if at in text)
    diagnostic = Diagnostic(rule="B904", message=message, path="mod.py", span=Span(line, 1, line, 2))
    task = Task(kind=Kind.LINT_FIX, paths=("mod.py",), diagnostics=(diagnostic,))
    rules = Policy.load("guide").of(Kind.LINT_FIX)
    return question(task, catalogue().lanes[lane], snapshot=snapshot, rules=rules, before=before)


LONG_CALL = f"CALL = connect('{'x' * 120}', password='correct-horse-battery-staple', more=[{chr(10).join('1' * 12)}])"
CUT_SECRETS = {
    "a definition is cut within it": f"{LONG_CALL}\n\ndef f():\n    return CALL  # here\n",
    "the window begins within it": f'KEYS = {{\n    "k": """{PEM}""",\n    "z": now(),  # here\n}}\n',
    "what was rejected is cut within it": f"def f():\n    return '{'x' * 1420}', '{KEY}{'9' * 99}'  # here\n",
    "it stands elsewhere, too": "password = 'correct-horse-battery'\nif x == 'correct-horse-battery':  # here\n    y\n",
}


@pytest.mark.parametrize("source", CUT_SECRETS.values(), ids=CUT_SECRETS)
def test_no_part_of_a_secret_is_shown(source):
    message = "'correct-horse-battery' is odd" if "password = " in source else "odd"
    edit = Edit(path="mod.py", base_sha="", start=0, end=0, new_text=source)
    rejected = Attempt("haiku", "p", "m", Ended.ANSWERED, evidence="target-gone: still there", edits=(edit,))

    prompt = asked(source, "# here", message=message, before=(rejected,)).request.prompt

    assert not re.search(r"MIIE\d|sk-ant|9{9}|correct-horse", prompt)
    assert "# here" in prompt


def test_a_mark_of_keys_in_a_definition_does_not_hide_the_window():
    source = 'MARK = "-----BEGIN PRIVATE KEY-----"\n\ndef f(text):\n    return MARK in text  # here\n'

    assert "return MARK in text  # here" in asked(source, "# here").request.prompt


def test_secrets_in_the_window_come_back_and_names_that_stand_for_nothing_are_refused():
    source = f"def f():\n    first = '{KEY}'\n    return 'SUFFICE_REDACTED_9_'  # here\n"
    asks = asked(source, "# here")
    window_text = asks.request.prompt.rpartition("```python\n")[2].removesuffix("\n```")
    answer = {"replacement": window_text.replace("first", "second"), "extra_import": None, "cannot_fix": None}

    mended = asks.read(answer)
    invented = asks.read({**answer, "replacement": window_text.replace("first", "SUFFICE_REDACTED_77_")})

    assert apply_edits(source, mended.edits) == source.replace("first", "second")
    assert invented == Unusable("a SUFFICE_REDACTED name in the replacement stands for nothing; copy them as they are")


def test_a_lane_with_a_small_context_is_shown_less():
    source = "".join(f"def f{n}(x):\n    return '{'x' * 300}'\n\n" for n in range(40))
    source += "def target():\n" + "".join(f"    f{n}(1)\n" for n in range(38)) + "    f38(1)  # here\n"

    tokens = {lane: asked(source, "# here", lane=lane).prompt_tokens for lane in ("local", "haiku")}

    assert tokens["haiku"] > 4000
    assert tokens["local"] < catalogue().lanes["local"].context_tokens // 2


def test_a_window_of_long_lines_may_be_written_anew():
    usual = asked("def f():\n    return 1  # here\n", "# here").request.max_output_tokens

    long_lines = asked(f"def f():\n    return '{'x' * 20_000}'  # here\n", "# here").request.max_output_tokens

    assert long_lines > usual + estimate_tokens("x" * 20_000)


def test_a_header_of_any_length_takes_little_room():
    source = f"def f(x='{'x' * 50_000}'):\n" + "    fill()\n" * 60 + "    y  # here\n"

    assert estimate_tokens(shown(source, "# here", budget_tokens=100).inside) < 1000
