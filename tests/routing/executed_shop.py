"""The shop whose tests the executed checks run, and patches to it."""

import sys

from suffice.edits.edit import FileChange

PYTEST = f"env PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {sys.executable} -m pytest -q"
"""Without the plug-ins of whoever runs us, a start takes 0.2 s instead of 1.2 s."""

PRICE = "def total(prices, rate):\n    return sum(prices) * rate\n"
SHOP = {
    "shop/__init__.py": "from shop.price import total\n",
    "shop/price.py": PRICE,
    "tests/test_price.py": "from shop import total\n\n\ndef test_total():\n    assert total([1, 2], 2) == 6\n",
    "tests/test_door.py": "def test_door():\n    assert open('shop/price.py', 'rb').read().isascii()\n",
    "tests/check.py": "import sys\nsys.path.insert(0, '.')\nfrom shop import total\nassert total([1], 1) == 1\n",
    ".gitignore": "*.log\n",
}


def change(project, path, old, new):
    before = (project.root / path).read_text()
    assert old in before
    return FileChange(path=path, before=before, after=before.replace(old, new))


def new_file(path, text):
    return FileChange(path=path, before=None, after=text)


def script(text):
    """Return a command that runs the Python program *text*."""
    return f"{sys.executable} -I -S -c '{text}'"


def only(verdict):
    (check,) = verdict.checks
    return check
