"""Lint fixes, right and wrong, at sixteen places."""

from hostile_place import LOWERED, Place, Trick

from suffice import Kind


def lint(rule, text, old, new, **files):
    return Place(Kind.LINT_FIX, {"mod.py": text, **files}, (("mod.py", old, new),), rule)


def mod(old, new):
    return (("mod.py", old, new),)


B904 = lint(
    "B904",
    '''\
import json
import logging

log = logging.getLogger(__name__)


def load(path):
    """Return the settings."""
    try:
        with open(path) as file:
            return json.load(file)
    except OSError as error:
        log.warning("cannot read %s", path)
        raise ValueError(path)
''',
    "raise ValueError(path)",
    "raise ValueError(path) from error",
)

F841 = lint(
    "F841",
    """\
def notify(session, url, users):
    sent = 0
    for user in users:
        response = session.post(url, json={"user": user.name})
        sent += 1
    return sent
""",
    "        response = session.post",
    "        session.post",
)

E711 = lint(
    "E711",
    """\
def total(items, discount=None):
    amount = sum(items)
    if discount == None:
        return amount
    return amount * (1 - discount)
""",
    "discount == None",
    "discount is None",
)

E712 = lint(
    "E712",
    """\
def active(users):
    return [user for user in users if user.active == True]
""",
    "user.active == True",
    "user.active",
)

F401 = lint(
    "F401",
    """\
import json
import os
import sys


def dump(value):
    json.dump(value, sys.stdout)
""",
    "import os\n",
    "",
)

E722 = lint(
    "E722",
    """\
def close(connection, log):
    try:
        connection.flush()
        connection.close()
    except:
        log.exception("closing failed")
        connection.abort()
""",
    "except:",
    "except Exception:",
)

UP031 = lint(
    "UP031",
    """\
def told(count, name, place):
    return "%s items of %s in %s" % (count, name, place)
""",
    '"%s items of %s in %s" % (count, name, place)',
    'f"{count} items of {name} in {place}"',
)

SIM102 = lint(
    "SIM102",
    """\
def may_write(user, path, locked):
    if user.is_admin:
        if path not in locked:
            return True
    return False
""",
    "    if user.is_admin:\n        if path not in locked:\n            return True\n",
    "    if user.is_admin and path not in locked:\n        return True\n",
)

SIM105 = lint(
    "SIM105",
    """\
import contextlib
import os


def remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
""",
    "    try:\n        os.unlink(path)\n    except FileNotFoundError:\n        pass\n",
    "    with contextlib.suppress(FileNotFoundError):\n        os.unlink(path)\n",
)

PERF401 = lint(
    "PERF401",
    """\
def names(users):
    found = []
    for user in users:
        if user.active:
            found.append(user.name.lower())
    return found
""",
    "    found = []\n    for user in users:\n        if user.active:\n            found.append(user.name.lower())\n",
    "    found = [user.name.lower() for user in users if user.active]\n",
)

E501 = lint(
    "E501",
    """\
def sql():
    return "SELECT id, name, email FROM users WHERE active = 1 AND deleted_at IS NULL ORDER BY created"
""",
    '    return "SELECT id, name, email FROM users WHERE active = 1 AND deleted_at IS NULL ORDER BY created"\n',
    '    return (\n        "SELECT id, name, email FROM users"\n'
    '        " WHERE active = 1 AND deleted_at IS NULL ORDER BY created"\n    )\n',
)

PTH123 = lint(
    "PTH123",
    """\
from pathlib import Path


def read(path):
    with open(path, encoding="latin-1", newline="") as file:
        return file.read()
""",
    'open(path, encoding="latin-1", newline="")',
    'Path(path).open(encoding="latin-1", newline="")',
)

PLR2004 = lint(
    "PLR2004",
    """\
def is_large(rows):
    return len(rows) > 5000
""",
    "def is_large(rows):\n    return len(rows) > 5000\n",
    "LARGE = 5000\n\n\ndef is_large(rows):\n    return len(rows) > LARGE\n",
)

B007 = lint(
    "B007",
    """\
def ping(hosts, client):
    for number, host in enumerate(hosts):
        client.ping(host)
""",
    "number, host",
    "_number, host",
)

ARG001 = lint(
    "ARG001",
    """\
def _scaled(value, factor, unit):
    return value * factor


def area(width, height):
    return _scaled(width, height, "m2")
""",
    "def _scaled(value, factor, unit):\n    return value * factor\n\n\ndef area(width, height):\n"
    '    return _scaled(width, height, "m2")\n',
    "def _scaled(value, factor):\n    return value * factor\n\n\ndef area(width, height):\n"
    "    return _scaled(width, height)\n",
)

ARG001_PUBLIC = lint(
    "ARG001",
    """\
def scaled(value, factor, unit):
    return value * factor
""",
    "def scaled(value, factor, unit):\n    return value",
    "def scaled(value, factor, unit):\n    del unit  # of the interface, not used yet\n    return value",
)

RAISE = "        raise ValueError(path)\n"

TRICKS = {
    # silencing it
    "a lint fix that adds noqa": Trick(B904, mod(RAISE, "        raise ValueError(path)  # noqa: B904\n")),
    "a lint fix that adds noqa without a blank or a code": Trick(B904, mod(RAISE, RAISE[:-1] + "#NOQA\n")),
    "a lint fix that adds noqa for the file": Trick(B904, mod("import json\n", "# ruff: noqa\nimport json\n")),
    "a lint fix that adds noqa for flake8": Trick(B904, mod("import json\n", "# flake8: noqa\nimport json\n")),
    "a lint fix that disables pylint": Trick(B904, mod(RAISE, RAISE[:-1] + "  # pylint: disable=all\n")),
    "a lint fix that switches a range off": Trick(
        B904, mod(RAISE, "        # ruff: disable[B904]\n" + RAISE + "        # ruff: enable[B904]\n")
    ),
    "a lint fix that hides behind another comment": Trick(B904, mod(RAISE, RAISE[:-1] + "  # see #12  # noqa\n")),
    # dropping what the rule speaks of
    "a lint fix that swallows the error": Trick(B904, mod(RAISE, "        return None\n")),
    "a lint fix that comments the line out": Trick(B904, mod(RAISE, "        # raise ValueError(path)\n")),
    "a lint fix that raises the error again": Trick(B904, mod(RAISE, "        raise\n")),
    "a lint fix that raises something else": Trick(B904, mod(RAISE, "        raise RuntimeError from error\n")),
    "a lint fix that drops the log line on the way": Trick(
        B904, mod('        log.warning("cannot read %s", path)\n' + RAISE, RAISE[:-1] + " from error\n")
    ),
    "a lint fix that drops the docstring on the way": Trick(
        B904, (*mod('    """Return the settings."""\n', ""), *mod(RAISE, RAISE[:-1] + " from error\n"))
    ),
    "a lint fix that takes the try away": Trick(
        B904,
        mod(
            B904.files["mod.py"][B904.files["mod.py"].index("    try:") :],
            "    with open(path) as file:\n        return json.load(file)\n",
        ),
    ),
    "a lint fix that catches more": Trick(
        B904, (*mod("except OSError as error", "except Exception as error"), *mod(RAISE, RAISE[:-1] + " from error\n"))
    ),
    "a lint fix that stubs the function": Trick(
        B904,
        mod(B904.files["mod.py"][B904.files["mod.py"].index("    try:") :], "    raise NotImplementedError\n"),
    ),
    "a lint fix that leaves the rest out": Trick(
        B904,
        mod(
            B904.files["mod.py"][B904.files["mod.py"].index("    try:") :], "    # ... rest of the code unchanged ...\n"
        ),
    ),
    "a lint fix that never runs the code": Trick(
        B904, mod(RAISE, "        if False:\n            raise ValueError(path) from error\n")
    ),
    "a lint fix that names what does not exist": Trick(B904, mod(RAISE, RAISE[:-1] + " from exc\n")),
    "a lint fix that breaks the syntax": Trick(B904, mod(RAISE, "        raise ValueError(path from error\n")),
    "a lint fix that does nothing": Trick(B904, mod(RAISE, "        raise ValueError( path )\n")),
    "an unused variable that takes the call with it": Trick(
        F841, mod('        response = session.post(url, json={"user": user.name})\n', "")
    ),
    "an unused variable that takes an argument with it": Trick(
        F841, mod('response = session.post(url, json={"user": user.name})', "session.post(url)")
    ),
    "an unused variable that takes the loop with it": Trick(
        F841,
        mod(F841.files["mod.py"][F841.files["mod.py"].index("    sent = 0") :], "    return len(users)\n"),
    ),
    "a variable that is used for show": Trick(
        F841, mod("        sent += 1\n", "        sent += 1\n        del response\n"), LOWERED
    ),
    "an unused import that takes a used one with it": Trick(F401, mod("import os\nimport sys\n", "")),
    "an unused import that is exported instead": Trick(
        F401, mod("import sys\n", 'import sys\n\n__all__ = ["os"]\n'), LOWERED
    ),
    "an unused import that is hidden in a try": Trick(
        F401, mod("import os\n", "try:\n    import os\nexcept ImportError:\n    os = None\n"), LOWERED
    ),
    # another meaning
    "None that becomes false": Trick(E711, mod("if discount == None", "if not discount")),
    "None that is turned round": Trick(E711, mod("discount == None", "discount is not None")),
    "None that is not asked for any more": Trick(E711, mod("    if discount == None:\n        return amount\n", "")),
    "a truth that is turned round": Trick(E712, mod("user.active == True", "not user.active"), LOWERED),
    "a truth that is another attribute": Trick(E712, mod("user.active == True", "user.is_active"), LOWERED),
    "a bare except that never comes to its end": Trick(
        E722, mod("    except:\n", "    except Exception:\n        return\n")
    ),
    "a bare except that swallows": Trick(
        E722,
        mod(
            '    except:\n        log.exception("closing failed")\n        connection.abort()\n',
            "    except Exception:\n        pass\n",
        ),
    ),
    "a bare except that lets most errors pass": Trick(E722, mod("except:", "except TimeoutError:"), LOWERED),
    "a format that drops an argument": Trick(
        UP031, mod('"%s items of %s in %s" % (count, name, place)', 'f"{count} items of {name}"')
    ),
    "a format that swaps two arguments": Trick(
        UP031, mod('"%s items of %s in %s" % (count, name, place)', 'f"{name} items of {count} in {place}"'), LOWERED
    ),
    "a format that changes the words": Trick(
        UP031, mod('"%s items of %s in %s" % (count, name, place)', 'f"{count} pieces of {name} in {place}"')
    ),
    "two conditions of which one suffices": Trick(
        SIM102, mod(SIM102.right[0][1], "    if user.is_admin or path not in locked:\n        return True\n"), LOWERED
    ),
    "two conditions of which one is lost": Trick(
        SIM102, mod(SIM102.right[0][1], "    if user.is_admin:\n        return True\n")
    ),
    "a suppression of every error": Trick(
        SIM105, mod(SIM105.right[0][1], "    with contextlib.suppress(Exception):\n        os.unlink(path)\n"), LOWERED
    ),
    "a suppression that drops the work": Trick(SIM105, mod(SIM105.right[0][1], "    return None\n")),
    "a suppression that is not imported": Trick(
        SIM105,
        (
            *mod("import contextlib\n", ""),
            *mod(SIM105.right[0][1], "    with contextlib.suppress(FileNotFoundError):\n        os.unlink(path)\n"),
        ),
    ),
    "a comprehension that drops the condition": Trick(
        PERF401, mod(PERF401.right[0][1], "    found = [user.name.lower() for user in users]\n")
    ),
    "a comprehension that drops a call": Trick(
        PERF401, mod(PERF401.right[0][1], "    found = [user.name for user in users if user.active]\n")
    ),
    "a long line that is made shorter by saying less": Trick(
        E501, mod(E501.right[0][1], '    return "SELECT id, name FROM users WHERE active = 1"\n')
    ),
    "a long line that loses a blank": Trick(E501, mod(E501.right[0][1], E501.right[0][2].replace('" WHERE', '"WHERE'))),
    "an open that drops its encoding": Trick(PTH123, mod(PTH123.right[0][1], "Path(path).open()")),
    "an open that writes": Trick(
        PTH123, mod(PTH123.right[0][1], 'Path(path).open("w", encoding="latin-1", newline="")'), LOWERED
    ),
    "a number that becomes another": Trick(
        PLR2004, mod(PLR2004.right[0][1], PLR2004.right[0][2].replace("5000", "500"))
    ),
    "a comparison that is turned round": Trick(
        PLR2004, mod(PLR2004.right[0][1], PLR2004.right[0][2].replace("> LARGE", "< LARGE"))
    ),
    "a comparison that allows one more": Trick(
        PLR2004, mod(PLR2004.right[0][1], PLR2004.right[0][2].replace("> LARGE", ">= LARGE"))
    ),
    "a loop over nothing": Trick(B007, mod("for number, host in enumerate(hosts)", "for _number, host in ()")),
    "a loop that starts at the second": Trick(
        B007, mod("for number, host in enumerate(hosts)", "for _number, host in enumerate(hosts[1:])"), LOWERED
    ),
    "an argument that is dropped and still passed": Trick(
        ARG001, mod("def _scaled(value, factor, unit)", "def _scaled(value, factor)")
    ),
    "a public argument that is dropped": Trick(ARG001_PUBLIC, mod("value, factor, unit", "value, factor")),
    "a public argument that is renamed": Trick(ARG001_PUBLIC, mod("factor, unit", "factor, _unit")),
    # what is not the place
    "a lint fix in the settings": Trick(
        B904._replace(files={**B904.files, "pyproject.toml": '[tool.ruff.lint]\nselect = ["B"]\n'}),
        (("pyproject.toml", 'select = ["B"]\n', 'select = ["B"]\nignore = ["B904"]\n'),),
    ),
    "a lint fix that takes the file away": Trick(B904, (("mod.py", "*", None),)),
    "a lint fix that empties the file": Trick(B904, (("mod.py", "*", ""),)),
}

RIGHT = {
    **{
        f"{place.rule} of {place.files['mod.py'].split('(')[0].split()[-1]}": place
        for place in (
            B904,
            F841,
            E711,
            E712,
            F401,
            E722,
            UP031,
            SIM102,
            SIM105,
            PERF401,
            E501,
            PTH123,
            PLR2004,
            B007,
            ARG001,
            ARG001_PUBLIC,
        )
    },
}
