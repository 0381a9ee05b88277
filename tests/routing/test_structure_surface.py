import pytest

from suffice.review.hunks.change import Change, ChangedFile
from suffice.review.structure.public_surface import Break, breaks_of, compare, is_public_module
from suffice.snapshot import Snapshot

OLD = """\
class Cart:
    def add(self, item, count=1): ...
    def _inner(self): ...
    def clear(self): ...

def total(cart, *, tax): ...
def _hidden(): ...
LIMIT = 3
"""


def compared(old, new):
    breaks = compare(old, new, path="shop/cart.py")
    return [f"{found.name}: {found.what}" for found in breaks.found], list(breaks.unknown)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("def total(cart", "def sum_of(cart", "total: public object was removed"),
        ("count=1", "count", "Cart.add: parameter is now required: count"),
        ("item, count", "item, unit, count", "Cart.add: parameter was added as required: unit"),
        (", *, tax", "", "total: parameter was removed: tax"),
        ("count=1", "count=2", "Cart.add: parameter default was changed: count"),
        ("    def clear(self): ...\n", "", "Cart.clear: public object was removed"),
        ("def total(cart, *, tax): ...", "total = 3", "total: public object points to a different kind of object"),
    ],
)
def test_what_callers_relied_on_and_is_gone_is_named(old, new, expected):
    assert old in OLD

    found, unknown = compared(OLD, OLD.replace(old, new))

    assert expected in found
    assert unknown == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def _hidden(): ...\n", ""),
        ("    def _inner(self): ...\n", ""),
        ("LIMIT = 3", "LIMIT = 4"),
        ("*, tax", "*, tax, rounded=True"),
        ("def total", "def more(): ...\ndef total"),
        ("class Cart:", 'class Cart:\n    """A cart."""'),
    ],
)
def test_what_no_caller_sees_breaks_nothing(old, new):
    assert old in OLD

    assert compared(OLD, OLD.replace(old, new)) == ([], [])


def test_a_name_that_now_comes_from_elsewhere_is_unknown():
    new = "from shop.sums import total\n" + OLD.replace("def total(cart, *, tax): ...\n", "")

    assert compared(OLD, new) == ([], ["shop/cart.py: total, which comes from elsewhere now"])


def test_what_an_import_of_everything_brought_is_unknown():
    assert compared("from .names import *\n", "") == (
        [],
        ["shop/cart.py: what an import of * brought"],
    )


def test_an_alias_that_leads_nowhere_is_no_error():
    old = "from elsewhere import Base\n__all__ = ['Base', 'A']\nclass A(Base):\n    def f(self): ...\n"

    found, _ = compared(old, old.replace("    def f(self): ...", "    pass"))

    assert found == ["A.f: public object was removed"]


@pytest.mark.parametrize("text", ["def (:\n", "x = " + "(" * 5000, "\0", "a" + ".b" * 100_000])
def test_a_text_that_nobody_can_parse_is_unknown(text):
    assert compared(OLD, text) == ([], ["shop/cart.py: does not parse"])


def test_a_strange_escape_is_no_warning_of_ours(recwarn, capfd):
    compared(OLD, OLD + 'PATTERN = "\\d"\n')

    assert (list(recwarn), capfd.readouterr()) == ([], ("", ""))


def change_of(before, after, *, files):
    return Change(Snapshot.of_texts(before), Snapshot.of_texts(after), tuple(files))


def test_a_module_that_is_gone_or_moved_breaks_all_its_callers():
    before = {"shop/a.py": OLD, "shop/b.py": OLD, "shop/new.py": OLD}
    after = {"shop/c.py": OLD, "shop/d.py": OLD}
    files = [ChangedFile("shop/a.py"), ChangedFile("shop/c.py", "shop/b.py"), ChangedFile("shop/d.py")]

    assert breaks_of(change_of(before, after, files=files)).found == (
        Break("shop/a.py", "", "the module was removed", 4.0),
        Break("shop/b.py", "", "the module moved to shop/c.py", 4.0),
    )


def test_an_empty_file_that_git_takes_for_moved_is_removed():
    change = change_of(
        {"old/__init__.py": ""}, {"new/__init__.py": ""}, files=[ChangedFile("new/__init__.py", "old/__init__.py")]
    )

    (found,) = breaks_of(change).found

    assert found.what == "the module was removed"


def test_files_that_nobody_imports_are_not_compared():
    paths = ["tests/test_a.py", "shop/_inner.py", "setup.py", "docs/conf.py", "README.md", "a.js", "_x/a.py"]
    change = change_of(dict.fromkeys(paths, OLD), dict.fromkeys(paths, ""), files=map(ChangedFile, paths))

    assert breaks_of(change) == ((), ())


def test_a_package_and_a_module_are_public():
    assert is_public_module("shop/__init__.py")
    assert is_public_module("src/shop/cart.py")
    assert not is_public_module("shop/cart.pyi")


def test_a_file_that_is_no_text_any_more_is_unknown(project):
    project.write({"a.py": b"\xff"})
    change = Change(Snapshot.of_texts({"a.py": OLD}), Snapshot.of_folder(project.root), (ChangedFile("a.py"),))

    assert breaks_of(change) == ((), ("a.py: no text that can be read after the change",))


def test_files_beyond_the_limit_are_unknown(monkeypatch):
    monkeypatch.setattr("suffice.review.structure.public_surface.MOST_FILES", 1)
    texts = {"a.py": OLD, "b.py": OLD}

    breaks = breaks_of(change_of(texts, dict.fromkeys(texts, ""), files=map(ChangedFile, texts)))

    assert {found.path for found in breaks.found} == {"a.py"}
    assert breaks.unknown == ("b.py: over the limit of 1 files",)
