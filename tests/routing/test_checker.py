# ruff: noqa: E501  rows of tables stay on one line
"""Right fixes pass; what only looks like a fix does not, however clean the linter finds it."""

import os
import sys
import textwrap

import pytest

from suffice import check
from suffice.checker.confidence import PROOF
from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.project import oldest_python
from suffice.snapshot import Snapshot
from suffice.task import Applicability, Diagnostic, Kind, Span


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A project for Python 3.11 and later."""
    return project_for(tmp_path_factory, ">=3.11")


@pytest.fixture(scope="module")
def old_roots(tmp_path_factory):
    """Projects for older Pythons."""
    return {oldest: project_for(tmp_path_factory, oldest) for oldest in (">=3.6", ">=3.8", ">=3.11", ">=3.12")}


def project_for(tmp_path_factory, requires_python):
    folder = tmp_path_factory.mktemp("project")
    settings = f'[project]\nname = "p"\nversion = "0"\nrequires-python = "{requires_python}"\n'
    settings += '[tool.ruff.lint]\nselect = ["E", "F", "W"]\n'
    (folder / "pyproject.toml").write_text(settings, "utf-8")
    return folder


def dedented(text):
    return textwrap.dedent(text).lstrip("\n")


def subject_of(root, rule, before, after, *, path="mod.py", line=None, oldest=(3, 11)):
    """Return the subject of a patch that turns *before* into *after* for the diagnostic of *rule*, and its linting."""
    linting = Linting(root=root, select=rule)
    snapshot = Snapshot.of_texts({path: before}, root=root)
    found = [d for d in linting.diagnostics_of([snapshot.file(path)])[0] if line in {None, d.span.start_line}]
    assert found, f"{rule} finds nothing in {before!r}"
    assert found[0].rule.startswith(rule)
    subject = Subject(
        kind=Kind.LINT_FIX,
        changes=(FileChange(path=path, before=before, after=after),),
        snapshot=snapshot,
        diagnostics=(found[0],),
        oldest_python=oldest,
    )
    return subject, linting


def verdict_of(root, rule, before, after, **more):
    subject, linting = subject_of(root, rule, dedented(before), dedented(after), **more)
    return check_wave([subject], linting=linting)[0]


def failed_checks(verdict):
    return [f"{check.name}: {check.evidence}" for check in verdict.failed]


RIGHT = {
    "B904": (
        """
        def load(path):
            try:
                return open(path)
            except OSError as error:
                raise ValueError(path)
        """,
        """
        def load(path):
            try:
                return open(path)
            except OSError as error:
                raise ValueError(path) from error
        """,
    ),
    "B904 with a new name": (
        """
        def load(path):
            try:
                return open(path)
            except OSError:
                raise ValueError(path)
        """,
        """
        def load(path):
            try:
                return open(path)
            except OSError as error:
                raise ValueError(path) from error
        """,
    ),
    "B006": (
        """
        def collect(item, items=[]):
            items.append(item)
            return items
        """,
        """
        def collect(item, items=None):
            if items is None:
                items = []
            items.append(item)
            return items
        """,
    ),
    "B006 in a signature of several lines": (
        """
        class Basket:
            def collect(
                self,
                item,
                items=[],
            ):
                "Take one more."
                items.append(item)
                return items
        """,
        """
        class Basket:
            def collect(
                self,
                item,
                items=None,
            ):
                "Take one more."
                if items is None:
                    items = []
                items.append(item)
                return items
        """,
    ),
    "F541": ('title = f"hello"\n', 'title = "hello"\n'),
    "E711": ("def f(x):\n    return x == None\n", "def f(x):\n    return x is None\n"),
    "E712": ("def f(x):\n    return x == True\n", "def f(x):\n    return x is True\n"),
    "PTH123": (
        """
        from pathlib import Path

        def load(name):
            with open(name) as file:
                return file.read()
        """,
        """
        from pathlib import Path

        def load(name):
            with Path(name).open() as file:
                return file.read()
        """,
    ),
    "PTH123 with an import": (
        'def load(name):\n    with open(name, "rb") as file:\n        return file.read()\n',
        'from pathlib import Path\ndef load(name):\n    with Path(name).open("rb") as file:\n        return file.read()\n',
    ),
    "SIM102": (
        """
        def f(a, b):
            if a:
                if b:
                    return 1
            return 0
        """,
        """
        def f(a, b):
            if a and b:
                return 1
            return 0
        """,
    ),
    "BLE001": (
        """
        def load(path, log):
            try:
                return open(path)
            except Exception as error:
                log.warning("cannot read %s", error)
                return None
        """,
        """
        def load(path, log):
            try:
                return open(path)
            except OSError as error:
                log.warning("cannot read %s", error)
                return None
        """,
    ),
    "RUF012": (
        """
        class Shop:
            wares = ["bread"]
        """,
        """
        from typing import ClassVar


        class Shop:
            wares: ClassVar[list[str]] = ["bread"]
        """,
    ),
    "PLW2901": (
        """
        def f(lines):
            for line in lines:
                line = line.strip()
                print(line)
        """,
        """
        def f(lines):
            for line in lines:
                stripped = line.strip()
                print(stripped)
        """,
    ),
    "UP032": (
        'def greet(name, city):\n    return "{} of {}".format(name, city)\n',
        'def greet(name, city):\n    return f"{name} of {city}"\n',
    ),
    "B028": (
        'import warnings\n\n\ndef f():\n    warnings.warn("old", DeprecationWarning)\n',
        'import warnings\n\n\ndef f():\n    warnings.warn("old", DeprecationWarning, stacklevel=2)\n',
    ),
    "A001": (
        "def f(rows):\n    max = rows[0]\n    return max + 2\n",
        "def f(rows):\n    largest = rows[0]\n    return largest + 2\n",
    ),
    "TRY004": (
        """
        def f(x):
            if not isinstance(x, int):
                raise ValueError("an int, please")
            return x
        """,
        """
        def f(x):
            if not isinstance(x, int):
                raise TypeError("an int, please")
            return x
        """,
    ),
    "SIM105": (
        """
        def f(path):
            try:
                path.unlink()
            except OSError:
                pass
        """,
        """
        import contextlib


        def f(path):
            with contextlib.suppress(OSError):
                path.unlink()
        """,
    ),
    "F841": (
        "def f(x):\n    unused = x.pop()\n    return x\n",
        "def f(x):\n    x.pop()\n    return x\n",
    ),
    "F401": ("import os\nimport sys\n\nprint(sys.argv)\n", "import sys\n\nprint(sys.argv)\n"),
    "E722": (
        "def f(g):\n    try:\n        return g()\n    except:\n        return None\n",
        "def f(g):\n    try:\n        return g()\n    except Exception:\n        return None\n",
    ),
    "B007": (
        "def f(pairs):\n    for key, value in pairs:\n        print(value)\n",
        "def f(pairs):\n    for _key, value in pairs:\n        print(value)\n",
    ),
    "SIM108": (
        "def f(a):\n    if a:\n        x = 2\n    else:\n        x = 3\n    return x\n",
        "def f(a):\n    x = 2 if a else 3\n    return x\n",
    ),
    "DTZ005": (
        "from datetime import datetime\n\n\ndef f():\n    return datetime.now()\n",
        "from datetime import UTC, datetime\n\n\ndef f():\n    return datetime.now(tz=UTC)\n",
    ),
    "S113": (
        "import requests\n\n\ndef f(url):\n    return requests.get(url)\n",
        "import requests\n\n\ndef f(url):\n    return requests.get(url, timeout=10)\n",
    ),
    "PERF401": (
        "def f(rows):\n    found = []\n    for row in rows:\n        found.append(row.name)\n    return found\n",
        "def f(rows):\n    found = [row.name for row in rows]\n    return found\n",
    ),
    "E713": ("def f(x, y):\n    return not x in y\n", "def f(x, y):\n    return x not in y\n"),
    "E714": ("def f(x, y):\n    return not x is y\n", "def f(x, y):\n    return x is not y\n"),
    "SIM201": ("def f(x, y):\n    return not x == y\n", "def f(x, y):\n    return x != y\n"),
    "SIM103": (
        "def f(x, y):\n    if x > y:\n        return True\n    return False\n",
        "def f(x, y):\n    return x > y\n",
    ),
    "SIM211": ("def f(x):\n    return False if x else True\n", "def f(x):\n    return not x\n"),
    "TRY201": (
        "def f(g):\n    try:\n        g()\n    except OSError as e:\n        g.log()\n        raise e\n",
        "def f(g):\n    try:\n        g()\n    except OSError:\n        g.log()\n        raise\n",
    ),
    "B905": ("def f(x, y):\n    return zip(x, y)\n", "def f(x, y):\n    return zip(x, y, strict=True)\n"),
    "TRY300": (
        "def f(g):\n    try:\n        x = g()\n        return x\n    except OSError:\n        g.log()\n",
        "def f(g):\n    try:\n        x = g()\n    except OSError:\n        g.log()\n    else:\n        return x\n",
    ),
    "RET503": (
        "def f(x):\n    if x:\n        return 2\n",
        "def f(x):\n    if x:\n        return 2\n    return None\n",
    ),
    "E731": (
        "def g(y):\n    f = lambda x: x + y\n    return f\n",
        "def g(y):\n    def f(x):\n        return x + y\n    return f\n",
    ),
    "G004": (
        'import logging\n\n\ndef f(x):\n    logging.info(f"got {x}")\n',
        'import logging\n\n\ndef f(x):\n    logging.info("got %s", x)\n',
    ),
    "PLR2004": (
        "def f(x):\n    return x > 37\n",
        "LIMIT = 37\n\n\ndef f(x):\n    return x > LIMIT\n",
    ),
    "C417": ("def f(x):\n    return list(map(lambda y: y + 2, x))\n", "def f(x):\n    return [y + 2 for y in x]\n"),
    "RUF005": ("def f(x):\n    return [2] + x\n", "def f(x):\n    return [2, *x]\n"),
    "RUF015": ("def f(x):\n    return list(x)[0]\n", "def f(x):\n    return next(iter(x))\n"),
    "UP031": ('def f(x):\n    return "a %s" % x\n', 'def f(x):\n    return f"a {x}"\n'),
    "UP006": (
        "from typing import List\n\n\ndef f(x: List[int]) -> List[str]:\n    return x\n",
        "from typing import List\n\n\ndef f(x: list[int]) -> List[str]:\n    return x\n",
    ),
    "PLR1714": ("def f(x):\n    return x == 2 or x == 3\n", "def f(x):\n    return x in {2, 3}\n"),
    "PLW0120": (
        "def f(x):\n    for y in x:\n        x.go(y)\n    else:\n        x.end()\n",
        "def f(x):\n    for y in x:\n        x.go(y)\n    x.end()\n",
    ),
    "S110": (
        "def f(g, log):\n    try:\n        g()\n    except Exception:\n        pass\n",
        'def f(g, log):\n    try:\n        g()\n    except Exception as error:\n        log.warning("failed: %s", error)\n',
    ),
    "ERA001": ("def f(x):\n    # y = f(x)\n    return x\n", "def f(x):\n    return x\n"),
    "N806": ("def f(x):\n    Total = x + 2\n    return Total\n", "def f(x):\n    total = x + 2\n    return total\n"),
    "FURB110": ("def f(x, y):\n    return x if x else y\n", "def f(x, y):\n    return x or y\n"),
    "SIM110": (
        "def f(x):\n    for y in x:\n        if y.ok:\n            return True\n    return False\n",
        "def f(x):\n    return any(y.ok for y in x)\n",
    ),
    "SIM115": (
        """
        import json

        def load(path, keep):
            file = open(path)
            found = json.load(file)

            for key in keep:
                if key not in found:
                    found[key] = None
            file.close()
            return found
        """,
        """
        import json

        def load(path, keep):
            with open(path) as file:
                found = json.load(file)

                for key in keep:
                    if key not in found:
                        found[key] = None
            return found
        """,
    ),
    "SIM115 with finally": (
        """
        def load(path):
            file = open(path)
            try:
                return file.read()
            finally:
                file.close()
        """,
        """
        def load(path):
            with open(path) as file:
                return file.read()
        """,
    ),
    "SIM115 of a whole module": (
        "found = []\nfile = open('names')\n" + "\n".join(f"found.append({n})\n" for n in range(20)) + "file.close()\n",
        "found = []\nwith open('names') as file:\n" + "\n".join(f"    found.append({n})\n" for n in range(20)),
    ),
    "PERF403": (
        "def f(rows):\n    found = {}\n    for row, name in rows:\n        found[row] = name\n    return found\n",
        "def f(rows):\n    found = dict(rows)\n    return found\n",
    ),
    "G003": (
        'import logging\n\n\ndef f(x):\n    logging.info(x + " { ")\n',
        'import logging\n\n\ndef f(x):\n    logging.info("%s { ", x)\n',
    ),
    "E731 of a public name": ("f = lambda x: x + 2\n", "def f(x):\n    return x + 2\n"),
    "UP013": (
        'from typing import TypedDict\n\nRow = TypedDict("Row", {"name": str})\n',
        "from typing import TypedDict\n\nclass Row(TypedDict):\n    name: str\n",
    ),
    "N805": (
        "class Shop:\n    def lock(this, hour):\n        return this, hour\n",
        "class Shop:\n    def lock(self, hour):\n        return self, hour\n",
    ),
    "RET506 of which the linter mends a part": (
        "def f(a, x):\n    if a:\n        raise x\n    else:\n        if x:\n            raise a\n        else:\n            return 1\n",
        "def f(a, x):\n    if a:\n        raise x\n    if x:\n        raise a\n    else:\n        return 1\n",
    ),
    "SIM222": ("def f(a):\n    return a or True or a.b\n", "def f(a):\n    return a or True\n"),
    "PGH004": ("x = abs  # noqa\n", "x = abs  # noqa: E711\n"),
    "TC003": (
        "from __future__ import annotations\n\nfrom pathlib import Path\n\n\ndef f(x: Path) -> Path:\n    return x\n",
        "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from pathlib import Path\n\n\ndef f(x: Path) -> Path:\n    return x\n",
    ),
    "RET505": (
        "def f(a):\n    if a:\n        return 2\n    else:\n        return 3\n",
        "def f(a):\n    if a:\n        return 2\n    return 3\n",
    ),
}


@pytest.mark.parametrize(("name", "before", "after"), [(k, *v) for k, v in RIGHT.items()], ids=RIGHT)
def test_a_right_fix_passes(root, name, before, after):
    verdict = verdict_of(root, name.split()[0], before, after)

    assert failed_checks(verdict) == []
    assert verdict.state is State.PASSED
    assert verdict.confidence >= 0.8


B006 = """
def f(a, items=[]):
    items.append(a)
    return items
"""
USED_ELSEWHERE = B006 + "\n\na, items, hello = 1, [], 2\nprint(f(a, items), hello)\n"
SAVE = '''
def save(path, rows, log):
    """Write the rows."""
    total = 12
    try:
        path.write_text("\\n".join(rows), encoding="utf-8")
    except OSError as error:
        log.error("cannot save %s", error)
        raise ValueError(path)
    if total != None:
        log.info("saved", extra=total)
    return total
'''
CACHED = """
from functools import cache


@cache
def load(x):
    return x == None
"""
SHOP = """
LIMIT = 5


class Shop:
    size = 10

    def open(
        self,
        owner,
        hour=8,
    ):
        self.owner = owner
        if hour == None:
            return owner
        return self.lock(hour)

    def lock(self, hour):
        return hour


def visit(shop, day):
    return shop.open(day) == None
"""


def without(text, old, new=""):
    assert text.count(old) == 1, old
    return text.replace(old, new)


def fixed(text, *more):
    """Return SAVE or SHOP with its E711 mended, and with *more* replacements."""
    text = text.replace("total != None", "total is not None").replace("hour == None", "hour is None")
    text = text.replace("x == None", "x is None")
    for old, new in more:
        text = without(text, old, new)
    return text


DESTRUCTIVE = {
    # the replies that a small real model wrote
    "B006 turned into a call": ("B006", B006, "\nf(a, items=[]).append(a) // 2\n"),
    "B006 turned into a call of known names": (
        "B006",
        USED_ELSEWHERE,
        without(USED_ELSEWHERE, B006, "\nf(a, items=[]).append(a) // 2\n"),
    ),
    "B006 turned into a call, the function kept below": (
        "B006",
        B006 + "\n\ndef g():\n    pass\n",
        "\nf = print\nf(a=1, items=[])\n\n\ndef g():\n    pass\n",
    ),
    "F541 turned into a name": ("F541", 'print(f"hello")\n', "hello\n"),
    "F541 turned into a known name": ("F541", 'hello = 3\nprint(f"hello")\n', "hello = 3\nhello\n"),
    "F541 print of a known name": ("F541", 'hello = 3\nprint(f"hello")\n', "hello = 3\nprint(hello)\n"),
    "F541 assigned a known name": ("F541", 'hello = 3\ntitle = f"hello"\n', "hello = 3\ntitle = hello\n"),
    # the diagnosed code is gone
    "line deleted": ("E711", SAVE, without(SAVE, '    if total != None:\n        log.info("saved", extra=total)\n')),
    "condition dropped": ("E711", SAVE, without(SAVE, "    if total != None:\n    ", "")),
    "statement made pass": ("F541", 'def f():\n    print(f"hello")\n', "def f():\n    pass\n"),
    "statement commented out": ("F541", 'def f():\n    print(f"hello")\n', 'def f():\n    # print(f"hello")\n    pass\n'),
    "statement commented out beside others": (
        "F541",
        'def f(x):\n    x.go()\n    print(f"hello")\n',
        'def f(x):\n    x.go()\n    # print(f"hello")\n',
    ),
    "statement made a string": ("F541", 'def f(x):\n    print(f"hello")\n', "def f(x):\n    'print hello'\n"),
    "body emptied": ("B006", B006, "\ndef f(a, items=None):\n    pass\n"),
    "body made an ellipsis": ("B006", B006, "\ndef f(a, items=None):\n    ...\n"),
    "body made an error": ("B006", B006, "\ndef f(a, items=None):\n    raise NotImplementedError\n"),
    "handler emptied": ("B904", SAVE, without(SAVE, '        log.error("cannot save %s", error)\n        raise ValueError(path)\n', "        pass\n")),
    "handler returns": ("B904", SAVE, without(SAVE, "raise ValueError(path)", "return path")),
    "handler raises again": ("B904", SAVE, without(SAVE, "raise ValueError(path)", "raise")),
    "handler no longer logs": ("B904", SAVE, without(SAVE, '        log.error("cannot save %s", error)\n        raise ValueError(path)', "        raise ValueError(path) from error")),
    "handler calls something else": ("B904", SAVE, without(SAVE, 'log.error("cannot save %s", error)\n        raise ValueError(path)', 'log.debug("cannot save %s", error)\n        raise ValueError(path) from error')),
    "try taken away": (
        "E722",
        "def f(g):\n    try:\n        return g()\n    except:\n        return None\n",
        "def f(g):\n    return g()\n",
    ),
    "if 0 around a statement": ("E711", SAVE, fixed(SAVE, ('log.info("saved", extra=total)', 'if 0:\n            log.info("saved", extra=total)'))),
    "if False around a statement": ("E711", SAVE, fixed(SAVE, ('log.info("saved", extra=total)', 'if False:\n            log.info("saved", extra=total)'))),
    "while False around a statement": ("E711", SAVE, fixed(SAVE, ('log.info("saved", extra=total)', 'while False:\n            log.info("saved", extra=total)'))),
    "condition made False": ("E711", SAVE, without(SAVE, "total != None", "False")),
    "condition made True": ("E711", SAVE, without(SAVE, "total != None", "True")),
    "condition turned round": ("E711", SAVE, without(SAVE, "total != None", "total is None")),
    "condition turned round with not": ("E711", SAVE, without(SAVE, "total != None", "not total is not None")),
    "condition and False": ("E711", SAVE, fixed(SAVE, ("total is not None", "total is not None and False"))),
    "put behind a return": ("E711", SAVE, fixed(SAVE, ('        log.info("saved", extra=total)\n    return total', '        return total\n        log.info("saved", extra=total)'))),
    "early return": ("E711", SAVE, fixed(SAVE, ("    if total is not None", "    return total\n    if total is not None"))),
    "early return of nothing": ("E711", SAVE, fixed(SAVE, ("    total = 12\n", "    return\n    total = 12\n"))),
    "statement wrapped in a lambda": ("E711", SAVE, fixed(SAVE, ('log.info("saved"', 'lambda: log.info("saved"'))),
    # a part of it is lost
    "returned value dropped": ("E711", SAVE, fixed(SAVE, ("return total", "return"))),
    "returned value made None": ("E711", SAVE, fixed(SAVE, ("return total", "return None"))),
    "return dropped": ("E711", SAVE, fixed(SAVE, ("    return total\n", ""))),
    "return made an expression": ("E711", SAVE, fixed(SAVE, ("return total", "total"))),
    "argument dropped": ("E711", SAVE, fixed(SAVE, ('"cannot save %s", error', '"cannot save %s"'))),
    "argument replaced": ("E711", SAVE, fixed(SAVE, ('"cannot save %s", error', '"cannot save %s", path'))),
    "keyword dropped": ("E711", SAVE, fixed(SAVE, (', encoding="utf-8"', ""))),
    "keyword dropped where one argument is free": (
        "PTH123",
        'from pathlib import Path\n\n\ndef f(x):\n    with open(x, encoding="latin-1") as file:\n        return file.read()\n',
        "from pathlib import Path\n\n\ndef f(x):\n    with Path(x).open() as file:\n        return file.read()\n",
    ),
    "keyword renamed": ("E711", SAVE, fixed(SAVE, ("extra=total", "stacklevel=total"))),
    "arguments swapped": ("E711", SHOP + "\n\nprint(visit(LIMIT, Shop))\n", fixed(SHOP) + "\n\nprint(visit(Shop, LIMIT))\n"),
    "docstring removed": ("E711", SAVE, fixed(SAVE, ('    """Write the rows."""\n', ""))),
    "docstring replaced": ("E711", SAVE, fixed(SAVE, ("Write the rows.", "Do it."))),
    "string changed": ("E711", SAVE, fixed(SAVE, ("cannot save %s", "could not save %s"))),
    "separator changed": ("E711", SAVE, fixed(SAVE, ('"\\n".join', '",".join'))),
    "encoding changed": ("E711", SAVE, fixed(SAVE, ("utf-8", "latin-1"))),
    "number changed": ("E711", SAVE, fixed(SAVE, ("total = 12", "total = 13"))),
    "number made 0": ("E711", SAVE, fixed(SAVE, ("total = 12", "total = 0"))),
    "zero made one": ("E711", "def f(x):\n    n = 0\n    return x == None or n\n", "def f(x):\n    n = 1\n    return x is None or n\n"),
    "True made False": ("E711", "def f(x):\n    n = True\n    return x == None or n\n", "def f(x):\n    n = False\n    return x is None or n\n"),
    "plus made minus": ("E711", "def f(x, n):\n    n = n + x\n    return x == None or n\n", "def f(x, n):\n    n = n - x\n    return x is None or n\n"),
    "or made and": ("E711", "def f(x, n):\n    return x == None or n\n", "def f(x, n):\n    return x is None and n\n"),
    "less made more": ("E711", "def f(x, n):\n    return x == None or n < x\n", "def f(x, n):\n    return x is None or n > x\n"),
    "not dropped": ("E711", "def f(x, n):\n    return x == None or not n\n", "def f(x, n):\n    return x is None or n\n"),
    "await dropped": ("E711", "async def f(x):\n    await x.go()\n    return x == None\n", "async def f(x):\n    x.go()\n    return x is None\n"),
    "type replaced": ("BLE001", "def f(g):\n    try:\n        g()\n    except Exception:\n        return 2\n", "def f(g):\n    try:\n        g()\n    except ():\n        return 2\n"),
    # what others rely on
    "public parameter renamed": ("E711", SHOP, fixed(SHOP, ("def visit(shop, day):\n    return shop.open(day)", "def visit(store, day):\n    return store.open(day)"))),
    "public parameter renamed in a signature of several lines": ("E711", SHOP, fixed(SHOP, ("        owner,\n", "        keeper,\n"), ("self.owner = owner", "self.owner = keeper"), ("            return owner", "            return keeper"))),
    "public parameter dropped": ("E711", SHOP, fixed(SHOP, ("def lock(self, hour):\n        return hour", "def lock(self):\n        return self"))),
    "default changed": ("E711", SHOP, fixed(SHOP, ("hour=8", "hour=9"))),
    "default dropped": ("E711", SHOP, fixed(SHOP, ("hour=8", "hour"))),
    "default made None": ("E711", SHOP, fixed(SHOP, ("hour=8", "hour=None"))),
    "default made 0": ("E711", SHOP, fixed(SHOP, ("hour=8", "hour=0"))),
    "public function renamed": ("E711", SHOP, fixed(SHOP, ("def visit(", "def call_on("))),
    "public function made private": ("E711", SHOP, fixed(SHOP, ("def visit(", "def _visit("))),
    "public class renamed": ("E711", SHOP, fixed(SHOP, ("class Shop:", "class Store:"))),
    "public method renamed": ("E711", SHOP, fixed(SHOP, ("def lock(self", "def bolt(self"), ("self.lock(", "self.bolt("))),
    "public variable renamed": ("E711", SHOP, fixed(SHOP, ("LIMIT = 5", "MAXIMUM = 5"))),
    "class variable renamed": ("E711", SHOP, fixed(SHOP, ("size = 10", "width = 10"))),
    "attribute renamed": ("E711", SHOP, fixed(SHOP, ("self.owner = owner", "self.keeper = owner"))),
    "method moved out of its class": ("E711", SHOP, fixed(SHOP, ("    def lock(self, hour):\n        return hour\n", "\ndef lock(self, hour):\n    return hour\n"))),
    "base class dropped": ("E711", "class A(dict):\n    def f(self):\n        return self == None\n", "class A:\n    def f(self):\n        return self is None\n"),
    "function made async": ("E711", SHOP, fixed(SHOP, ("def visit(", "async def visit("))),
    "decorator removed": ("E711", CACHED, fixed(CACHED, ("@cache\n", ""))),
    "decorator replaced": ("E711", CACHED, fixed(CACHED, ("from functools import cache", "from contextlib import contextmanager"), ("@cache", "@contextmanager"))),
    "property made a method": ("E711", "class A:\n    @property\n    def f(self):\n        return self == None\n", "class A:\n    def f(self):\n        return self is None\n"),
    "yield made return": ("E711", "def f(x):\n    yield x == None\n", "def f(x):\n    return x is None\n"),
    "annotations dropped": ("E711", "def f(x: int, y: str) -> bool:\n    return x == None or y\n", "def f(x, y):\n    return x is None or y\n"),
    # nothing, or nothing good
    "only white space": ("E711", SAVE, SAVE.replace("    total = 12\n", "    total = 12\n\n")),
    "only a comment": ("E711", SAVE, SAVE.replace("    total = 12\n", "    total = 12  # None\n")),
    "undefined name": ("E711", SAVE, without(SAVE, "total != None", "is_set(total)")),
    "undefined name beside": ("E711", SAVE, fixed(SAVE, ("    return total\n", "    check(rows)\n    return total\n"))),
    "broken syntax": ("E711", SAVE, without(SAVE, "total != None:", "total is not None")),
    "broken indentation": ("E711", SAVE, fixed(SAVE, ("    return total", "   return total"))),
    "prose": ("E711", SAVE, "I have fixed the comparison for you.\n"),
}  # fmt: skip
"""Name -> rule, before, after."""


@pytest.mark.parametrize(("rule", "before", "after"), DESTRUCTIVE.values(), ids=DESTRUCTIVE)
def test_a_patch_that_destroys_something_does_not_pass(root, rule, before, after):
    verdict = verdict_of(root, rule, before, after)

    assert verdict.state is State.FAILED
    assert verdict.confidence == 0


RIGHT_E711 = ("E711", *RIGHT["E711"])


def test_every_patch_has_the_same_verdict_alone_and_in_a_wave(root):
    rows = [RIGHT_E711, *(row for row in DESTRUCTIVE.values() if row[0] == "E711")][:24]
    subjects = [subject_of(root, *(row[0], dedented(row[1]), dedented(row[2])))[0] for row in rows]

    together = check_wave(subjects, linting=Linting(root=root, select="E711"))

    alone = [verdict_of(root, *row) for row in rows]
    assert [(v.state, v.confidence) for v in together] == [(v.state, v.confidence) for v in alone]


SILENCED = """
import unittest

import pytest


class Tests(unittest.TestCase):
    def test_one(self):
        found = 3
        assert found == None
"""
COMMENTS = [
    "# noqa",
    "# NOQA",
    "#noqa",
    "# NoQA: E711",
    "# noqa:E711",
    "# noqa : E711",
    "# noqa: E711,F401",
    "# because of reasons # noqa: E711",
    "# ruff: noqa",
    "# ruff: noqa: E711",
    "#ruff:noqa:E711",
    "# flake8: noqa",
    "# flake8: noqa: E711",
    "# ruff: ignore[E711]",
    "# ruff: disable[E711]",
    "# type: ignore",
    "# type:ignore[misc]",
    "# pyright: ignore",
    "# pyright: basic",
    "# mypy: ignore-errors",
    "# ty: ignore",
    "# pylint: disable=all",
    "# pylint:disable=singleton-comparison",
    "# pylint: skip-file",
    "# pylint: disable-next=singleton-comparison",
    "# fmt: off",
    "# fmt: skip",
    "# fmt:off",
    "# yapf: disable",
    "# isort: skip_file",
    "# isort:skip",
    "# nosec",
    "# nosec B101",
    "# pragma: no cover",
    "# pragma:no cover",
    "# noinspection PyComparison",
    "# NOLINT",
]


@pytest.mark.parametrize("comment", COMMENTS)
@pytest.mark.parametrize("also_fixed", [False, True], ids=["instead", "beside"])
def test_a_suppression_is_no_fix(root, comment, also_fixed):
    line = f"assert found {'is' if also_fixed else '=='} None  {comment}"

    verdict = verdict_of(root, "E711", SILENCED, without(SILENCED, "assert found == None", line))

    assert failed_checks(verdict)[0].startswith("suppression: adds a suppression")


@pytest.mark.parametrize("comment", ["# ruff: noqa", "# ruff: noqa: E711", "# flake8: noqa", "# fmt: off", "# mypy: ignore-errors", "# pylint: disable=all"])  # fmt: skip
def test_a_suppression_at_the_top_is_no_fix(root, comment):
    verdict = verdict_of(root, "E711", SILENCED, f"{comment}\n{dedented(SILENCED)}")

    assert verdict.state is State.FAILED


SKIPS = {
    "pytest.skip": ("        found", '        pytest.skip("later")\n        found'),
    "pytest.xfail": ("        found", '        pytest.xfail("later")\n        found'),
    "pytest.importorskip": ("        found", '        pytest.importorskip("later")\n        found'),
    "mark.skip": ("    def test_one", "    @pytest.mark.skip\n    def test_one"),
    "mark.skipif": ("    def test_one", "    @pytest.mark.skipif(True, reason='x')\n    def test_one"),
    "mark.xfail": ("    def test_one", "    @pytest.mark.xfail\n    def test_one"),
    "unittest.skip": ("    def test_one", "    @unittest.skip('x')\n    def test_one"),
    "unittest.expectedFailure": ("    def test_one", "    @unittest.expectedFailure\n    def test_one"),
    "self.skipTest": ("        found", "        self.skipTest('x')\n        found"),
    "raise SkipTest": ("        found", "        raise unittest.SkipTest\n        found"),
    "imported skip": ("        found", "        from pytest import skip\n        skip('x')\n        found"),
    "imported decorator": ("    def test_one", "    from unittest import skip\n    @skip('x')\n    def test_one"),
    "no_type_check": ("    def test_one", "    import typing\n    @typing.no_type_check\n    def test_one"),
    "renamed so that it is not run": ("def test_one", "def _test_one"),
    "assert True": ("assert found == None", "assert True"),
    "assert or True": ("assert found == None", "assert found is None or True"),
}


@pytest.mark.parametrize(
    ("old", "new"),
    SKIPS.values(),
    ids=SKIPS,
)
@pytest.mark.parametrize("path", ["mod.py", "tests/test_mod.py"])
def test_a_test_is_not_skipped_to_mend_it(root, old, new, path):
    after = without(SILENCED, old, new).replace("assert found == None", "assert found is None")

    verdict = verdict_of(root, "E711", SILENCED, after, path=path)

    assert verdict.state is State.FAILED


WIDENED = {
    "type: ignore": ("x = f()  # type: ignore[misc]", "x = f()  # type: ignore"),
    "ruff: noqa": ("# ruff: noqa: F401", "# ruff: noqa"),
    "noqa": ("x = f()  # noqa: F821", "x = f()  # noqa"),
    "pylint": ("x = f()  # pylint: disable=no-member", "x = f()  # pylint: disable=all"),
    "another code": ("x = f()  # noqa: F821", "x = f()  # noqa: E711"),
}


@pytest.mark.parametrize(
    ("old", "new"),
    WIDENED.values(),
    ids=WIDENED,
)
def test_a_suppression_that_was_there_does_not_become_wider(root, old, new):
    before = f"def f():\n    return 3\n\n\n{old}\ny = abs == None\n"

    verdict = verdict_of(root, "E711", before, before.replace(old, new).replace("== None", "is None"))

    assert verdict.state is State.FAILED


def test_a_suppression_may_become_narrower(root):
    before = "def f():\n    return 3\n\n\nx = f()  # noqa: E501, F821\ny = abs == None\n"
    after = before.replace("E501, F821", "E501").replace("== None", "is None")

    assert verdict_of(root, "E711", before, after).state is State.PASSED


def test_a_no_op_is_no_fix(root):
    verdict = verdict_of(root, "E711", SAVE, SAVE)

    assert failed_checks(verdict) == ["complete: nothing changes in mod.py"]


RANGES = {
    # name: text to mend, mended with something newer, the first Python that has it
    "union in a signature": ("def f(x=None):\n    return x == None\n", "def f(x: int | None = None):\n    return x is None\n", ">=3.11"),
    "union in a variable": ("def f(x):\n    return x == None\n", "def f(x):\n    y: int | None = x\n    return y is None and x is None\n", ">=3.11"),
    "match": ("def f(x):\n    return x == None\n", "def f(x):\n    match x:\n        case None:\n            return True\n    return x is None\n", ">=3.11"),
    "zip(strict=)": ("def f(x, y):\n    for a in zip(x, y):\n        print(a == None)\n", "def f(x, y):\n    for a in zip(x, y, strict=True):\n        print(a is None)\n", ">=3.11"),
    "removeprefix of a literal": ('def f(x):\n    y = "ab"\n    return x == None or y\n', 'def f(x):\n    y = "ab".removeprefix("a")\n    return x is None or y\n', ">=3.11"),
    "removeprefix of a name": ("def f(x: str):\n    y = x.strip()\n    return x == None or y\n", 'def f(x: str):\n    y = x.strip().removeprefix("a")\n    return x is None or y\n', ">=3.11"),
    "walrus": ("def f(x):\n    y = x()\n    return y == None\n", "def f(x):\n    y = x()\n    return (z := y) is None or z\n", ">=3.8"),
    "positional only": ("def _f(x):\n    return x == None\n", "def _f(x, /):\n    return x is None\n", ">=3.8"),
    "built-in generics": ("def f(x):\n    return x == None\n", "def f(x):\n    y: list[int] = x\n    return y is None or x is None\n", ">=3.11"),
    "datetime.UTC": ("from datetime import datetime\n\n\ndef f(x):\n    return datetime.now() if x == None else x\n", "from datetime import UTC, datetime\n\n\ndef f(x):\n    return datetime.now(UTC) if x is None else x\n", ">=3.11"),
    "tomllib": ("import os\n\n\ndef f(x):\n    return x == None or os\n", "import os\nimport tomllib\n\n\ndef f(x):\n    return x is None or os or tomllib\n", ">=3.11"),
    "except*": ("def f(x):\n    try:\n        y = x == None\n    except OSError:\n        y = 2\n    return y\n", "def f(x):\n    try:\n        y = x is None\n    except* OSError:\n        y = 2\n    return y\n", ">=3.11"),
    "parenthesised with": ("def f(x, y):\n    with x as a, y as b:\n        return a == None or b\n", "def f(x, y):\n    with (x as a, y as b):\n        return a is None or b\n", ">=3.11"),
    "type statement": ("Number = 3\ny = abs == None\n", "type Number = int\ny = abs is None\n", ">=3.12"),
    "nested quotes in an f-string": ('def f(x):\n    y = f"{x}"\n    return x == None or y\n', 'def f(x):\n    y = f"{x["a"]}"\n    return x is None or y\n', ">=3.12"),
}  # fmt: skip


def old_pythons():
    for name, (before, after, first) in RANGES.items():
        for oldest in (">=3.6", ">=3.8", ">=3.11", ">=3.12"):
            blocked = tuple(map(int, oldest[2:].split("."))) < tuple(map(int, first[2:].split(".")))
            yield pytest.param(before, after, oldest, blocked, id=f"{name} {oldest}")


@pytest.mark.parametrize(("before", "after", "oldest", "blocked"), list(old_pythons()))
def test_a_fix_runs_on_the_oldest_declared_python(old_roots, before, after, oldest, blocked):
    version = tuple(map(int, oldest[2:].split(".")))

    verdict = verdict_of(old_roots[oldest], "E711", before, after, oldest=version)

    assert (verdict.state is State.FAILED) == blocked, failed_checks(verdict)


FAR = "import os\n\n\ndef launch():\n    return os\n\n\n" + "x = 2\n" * 30 + "y = abs == None\n" + "z = 4\n" * 30
FAR_EDITS = {
    "a changed line": ("    return os\n", "    return os.path\n"),
    "an added assignment": ("    return os\n", "    k = 2\n    return os\n"),
    "an added call": ("def launch():\n    return os\n", "def launch():\n    return os\n\n\nlaunch()\n"),
    "an added call of several lines": (
        "def launch():\n    return os\n",
        "def launch():\n    return os\n\n\nlaunch(\n)\n",
    ),
    "an added return": ("    return os\n", "    return\n    return os\n"),
    "a deleted import that is used": ("import os\n", "\n"),
}


@pytest.mark.parametrize(
    ("old", "new"),
    FAR_EDITS.values(),
    ids=FAR_EDITS,
)
def test_an_edit_far_away_does_not_pass(root, old, new):
    verdict = verdict_of(root, "E711", FAR, without(FAR, old, new).replace("== None", "is None"))

    assert verdict.state is State.FAILED


def test_an_import_far_away_passes(root):
    after = FAR.replace("import os\n", "import os\nfrom pathlib import Path\n").replace("abs == None", "Path is None")

    assert verdict_of(root, "E711", FAR, after.replace("y = Path", "y = abs, Path")).state is State.PASSED


@pytest.mark.parametrize("path", [".github/workflows/run.py", "../outside.py"])
def test_a_path_that_must_not_be_patched_fails_and_no_linter_is_shown_its_text(root, path):
    snapshot = Snapshot.of_texts({path: "a = 1\n"}, root=root)
    change = FileChange(path=path, before="a = 1\n", after="a = 2\n")
    subject = Subject(kind=Kind.EDIT, changes=(change,), snapshot=snapshot)

    verdict = check_wave([subject], linting=Linting(root=root), run_all=True)[0]

    assert [check.name for check in verdict.failed] == ["paths"]
    assert subject.linted is None


def test_another_file_beside_the_diagnosed_one_is_out_of_scope(root):
    subject, linting = subject_of(root, "E711", "y = abs == None\n", "y = abs is None\n")
    snapshot = Snapshot.of_texts({"mod.py": "y = abs == None\n", "other.py": "a = 2\n"}, root=root)
    other = FileChange(path="other.py", before="a = 2\n", after="a = 2\nb = 3\n")
    both = Subject(
        kind=Kind.LINT_FIX, changes=(*subject.changes, other), snapshot=snapshot, diagnostics=subject.diagnostics
    )

    assert failed_checks(check_wave([both], linting=linting)[0]) == ["scope: other.py is not the diagnosed file"]


@pytest.mark.parametrize(
    ("before", "after"), [(None, "y = 3\n"), ("y = abs == None\n", None)], ids=["create", "delete"]
)
def test_a_lint_fix_creates_and_deletes_nothing(root, before, after):
    path = "mod.py"
    snapshot = Snapshot.of_texts({path: before} if before else {}, root=root)
    diagnostic = Diagnostic(rule="E711", message="m", path=path, span=Span(1, 1, 1, 2))
    change = FileChange(path=path, before=before, after=after)
    subject = Subject(kind=Kind.LINT_FIX, changes=(change,), snapshot=snapshot, diagnostics=(diagnostic,))

    assert check_wave([subject], linting=Linting(root=root, select="E711"))[0].state is State.FAILED


def test_a_patch_for_another_version_does_not_apply(root):
    subject, linting = subject_of(root, "E711", "y = abs == None\n", "y = abs is None\n")
    subject.base_shas = {"mod.py": "0" * 40}

    assert [c.name for c in check_wave([subject], linting=linting)[0].failed] == ["applies"]


def test_the_linters_own_safe_fix_is_proven(root):
    before = 'title = f"hello"\n'
    subject, linting = subject_of(root, "F541", before, 'title = "hello"\n')
    assert subject.diagnostics[0].fix.applicability is Applicability.SAFE
    subject.from_linter = True

    verdict = check_wave([subject], linting=linting)[0]

    assert (verdict.proof, verdict.confidence) == ("the linter's own safe fix", 0.99)


def test_equal_syntax_trees_are_a_proof(root):
    verdict = verdict_of(root, "W291", "x = 1 \ny = 2\n", "x = 1\ny = 2\n")

    assert verdict.proof == "equal syntax trees"


NEWER = {
    "PEP 695": (
        "class Box[T]:\n    def get(self, x: T) -> T:\n        return x == None\n",
        "class Box[T]:\n    def get(self, x: T) -> T:\n        return x is None\n",
    ),
    "PEP 701": (
        'def f(x):\n    y = f"{x["a"]}"\n    return y == None\n',
        'def f(x):\n    y = f"{x["a"]}"\n    return y is None\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), NEWER.values(), ids=NEWER)
def test_syntax_that_is_newer_than_our_python_is_served(old_roots, before, after):
    verdict = verdict_of(old_roots[">=3.12"], "E711", before, after, oldest=(3, 12))

    assert failed_checks(verdict) == []
    assert verdict.state is State.PASSED
    assert 0.5 < verdict.confidence < PROOF


@pytest.mark.parametrize("name", NEWER)
def test_syntax_that_is_newer_than_our_python_is_still_guarded(old_roots, name):
    before, after = NEWER[name]
    root = old_roots[">=3.12"]

    gutted = "\n".join([*after.splitlines()[:-1], "        pass" if "Box" in after else "    pass", ""])

    assert verdict_of(root, "E711", before, gutted, oldest=(3, 12)).state is State.FAILED
    assert verdict_of(root, "E711", before, after.replace("is None", "is None)"), oldest=(3, 12)).state is State.FAILED


@pytest.mark.parametrize("name", ["B904", "B006", "E711", "PLW2901", "SIM102", "UP032"])
def test_anybodys_right_patch_passes(name):
    before, after = map(dedented, RIGHT[name])
    diff = unified_diff([FileChange(path="mod.py", before=before, after=after)])

    verdict = check(diff, snapshot=Snapshot.of_texts({"mod.py": before}), rule=name)

    assert (verdict.state, failed_checks(verdict)) == (State.PASSED, [])


@pytest.mark.parametrize(
    "name", ["B006 turned into a call", "F541 turned into a known name", "line deleted", "body emptied", "prose"]
)
def test_anybodys_destructive_patch_fails(name):
    rule, before, after = DESTRUCTIVE[name]
    diff = unified_diff([FileChange(path="mod.py", before=dedented(before), after=dedented(after))])

    assert check(diff, snapshot=Snapshot.of_texts({"mod.py": dedented(before)}), rule=rule).state is State.FAILED


def test_a_patch_of_a_forbidden_file_fails_whatever_it_is_for():
    diff = unified_diff([FileChange(path="poetry.lock", before="a = 1\n", after="a = 2\n")])

    assert check(diff, snapshot=Snapshot.of_texts({"poetry.lock": "a = 1\n"})).state is State.FAILED


@pytest.mark.parametrize("text", ["project = 1\n", "[tool]\npoetry = 1\n", "[tool.poetry]\ndependencies = [1]\n"])
def test_settings_of_another_shape_declare_no_python(project, text):
    project.write({"pyproject.toml": text})

    assert oldest_python(project.root, "a.py") is None


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes there")
@pytest.mark.parametrize("name", ["pyproject.toml", "ruff.toml", "setup.cfg"])
def test_a_pipe_in_the_place_of_settings_is_not_waited_for(project, name):
    os.mkfifo(project.root / name)

    assert oldest_python(project.root, "a.py") is None
