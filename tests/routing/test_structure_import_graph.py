import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from suffice.errors import ToolError
from suffice.review.structure.import_graph import Edge, import_graph, parse
from suffice.review.structure.import_sites import Site, site_of
from suffice.review.structure.python_files import modules_of, python_files
from suffice.snapshot import MAX_FILE_BYTES, Snapshot


def graph_of(texts):
    return import_graph(Snapshot.of_texts(texts), paths=texts)


def edges_of(texts):
    return {source: sorted(targets) for source, targets in graph_of(texts).edges.items() if targets}


SHOP = {"shop/__init__.py": "", "shop/cart.py": "from shop import price\n", "shop/price.py": ""}


def test_a_file_imports_what_it_names():
    assert edges_of(SHOP) == {"shop/cart.py": ["shop/price.py"]}


def test_relative_imports_and_a_src_folder_are_understood():
    texts = {f"src/{path}": text for path, text in SHOP.items()}
    texts["src/shop/tax.py"] = "from .price import net\nfrom . import cart\n"
    texts["tests/test_cart.py"] = "from shop.cart import Cart\n"

    assert edges_of(texts) == {
        "src/shop/cart.py": ["src/shop/price.py"],
        "src/shop/tax.py": ["src/shop/cart.py", "src/shop/price.py"],
        "tests/test_cart.py": ["src/shop/cart.py"],
    }


def test_imports_for_type_checkers_and_by_a_string_are_soft():
    graph = graph_of(
        SHOP
        | {
            "shop/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop import cart\n",
            "shop/b.py": "import importlib\nimportlib.import_module('shop.cart')\n",
        }
    )

    assert graph.soft == {Edge("shop/a.py", "shop/cart.py"), Edge("shop/b.py", "shop/cart.py")}
    assert graph.edges["shop/b.py"] == {"shop/cart.py"}
    assert graph.hard() == {path: frozenset() for path in graph.edges} | {"shop/cart.py": frozenset({"shop/price.py"})}


def test_a_file_that_does_not_parse_loses_its_own_imports_alone():
    texts = SHOP | {"shop/broken.py": "import shop.cart\ndef (:\n", "shop/user.py": "import shop.broken\n"}

    assert edges_of(texts) == {"shop/cart.py": ["shop/price.py"], "shop/user.py": ["shop/broken.py"]}


def test_a_file_without_readable_text_is_still_imported_by_others(project):
    project.write({"shop/__init__.py": "", "shop/a.py": "from shop import latin, huge\n"})
    project.write({"shop/latin.py": b"x = '\xe9'\n", "shop/huge.py": b"#" * (MAX_FILE_BYTES + 1)})

    graph = import_graph(Snapshot.of_folder(project.root), paths=("shop/a.py", "shop/latin.py", "shop/huge.py"))

    assert graph.edges["shop/a.py"] == {"shop/latin.py", "shop/huge.py"}


def test_the_settings_of_the_repository_do_not_count(project):
    project.write(
        {
            "pyproject.toml": '[tool.ruff]\nexclude=["shop"]\nsrc = ["no"]\n[tool.ruff.analyze]\nexclude = ["*"]\n',
            "ruff.toml": 'extend-exclude = ["*.py"]\n[analyze.include-dependencies]\n"shop/price.py" = ["shop/*.py"]\n',
            ".gitignore": "shop/\n",
            **SHOP,
        }
    )
    paths = ("pyproject.toml", "ruff.toml", ".gitignore", *SHOP)

    graph = import_graph(Snapshot.of_folder(project.root), paths=paths)

    assert graph.edges == {
        "shop/__init__.py": frozenset(),
        "shop/cart.py": frozenset({"shop/price.py"}),
        "shop/price.py": frozenset(),
    }


def test_the_settings_of_this_machine_do_not_count(tmp_path, monkeypatch):
    settings = tmp_path / ".config" / "ruff" / "ruff.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[analyze]\nexclude = ["*.py"]\n')
    monkeypatch.setenv("HOME", str(tmp_path))

    assert edges_of(SHOP) == {"shop/cart.py": ["shop/price.py"]}


def test_packages_called_build_or_dist_are_seen():
    texts = {"shop/__init__.py": "", "shop/build/__init__.py": "", "shop/dist.py": "import shop.build\n"}

    assert edges_of(texts) == {"shop/dist.py": ["shop/build/__init__.py"]}


def test_a_package_named_as_one_of_pythons_own_is_the_repositorys():
    texts = {
        "json/__init__.py": "from json import decoder\n",
        "json/decoder.py": "",
        "json/own.py": "import json.decoder",
    }

    assert edges_of(texts) == {"json/__init__.py": ["json/decoder.py"], "json/own.py": ["json/decoder.py"]}


def test_of_two_packages_with_one_name_each_project_means_its_own():
    texts = {
        f"{project}/util/{name}.py": text
        for project in ("one", "two")
        for name, text in (("__init__", ""), ("a", ""), ("b", "import util.a\n"))
    }
    texts |= {"three/app/__init__.py": "", "three/app/main.py": "import util.a\n"}

    graph = graph_of(texts)

    assert graph.edges["one/util/b.py"] == {"one/util/a.py"}
    assert graph.edges["two/util/b.py"] == {"two/util/a.py"}
    assert (graph.edges["three/app/main.py"], graph.unresolved) == (frozenset(), 1)


def test_a_stub_beside_its_file_is_the_same_module():
    texts = SHOP | {"shop/price.pyi": "import shop.cart\n", "shop/fast.pyi": "", "shop/user.py": "import shop.fast\n"}

    assert edges_of(texts) == {"shop/cart.py": ["shop/price.py"], "shop/user.py": ["shop/fast.pyi"]}


HOSTILE = [
    "../outside.py",
    "/etc/passwd.py",
    "shop/\ud800.py",
    "shop/new\nline.py",
    "shop/\x1b[31m.py",
    f"shop/{'n' * 300}.py",
    "shop/./price.py",
    "C:/shop/a.py",
]


def test_names_that_mean_harm_are_passed_over(tmp_path):
    graph = import_graph(Snapshot.of_texts(SHOP), paths=[*HOSTILE, *SHOP])

    assert set(graph.edges) == set(SHOP)


def test_names_that_only_look_odd_are_files_like_others():
    texts = {"-x.py": "", "--config.py": "", "sh op/a b.py": "import os\n", "shöp/__init__.py": "", "shöp/ä.py": ""}
    texts["shöp/b.py"] = "from shöp import ä\n"

    assert edges_of(texts) == {"shöp/b.py": ["shöp/ä.py"]}
    assert set(graph_of(texts).edges) == set(texts)


def test_a_file_and_a_folder_of_one_name_harm_nobody():
    texts = {"a.py": "", "a.py/b.py": ""}

    assert set(graph_of(texts | SHOP).edges) >= set(SHOP)


def test_nothing_is_followed_out_of_the_repository(project):
    (project.root.parent / "secret.py").write_text("import shop.cart\n")
    project.write(SHOP)
    (project.root / "link.py").symlink_to("../secret.py")

    graph = import_graph(Snapshot.of_folder(project.root), paths=("link.py", *SHOP))

    assert graph.edges["link.py"] == frozenset()


def test_an_empty_repository_has_no_imports():
    assert graph_of({}).edges == {}
    assert graph_of({"README.md": "# Shop\n"}).edges == {}


def test_no_text_of_the_repository_is_left_behind(project, tmp_path, monkeypatch):
    monkeypatch.setattr("suffice.review.structure.import_graph._IN_MEMORY", Path("/nowhere"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))

    graph_of(SHOP)

    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    "printed",
    ['{"a.py": {"imports": []}}', '[{"file": "a.py"}]', '{"a.py": [{"to": "b.py"}]}', "warning: no", '{"a.py": null}'],
)
def test_another_shape_than_lists_by_file_is_an_error_that_says_so(printed):
    with pytest.raises(ToolError, match="another shape than lists of files by file; install the ruff"):
        parse(printed)


def test_ruff_still_prints_lists_by_file(project):
    from suffice.linters.ruff import executable

    project.write(SHOP)

    command = [executable(), "analyze", "graph", "--isolated", "--quiet", "."]
    printed = subprocess.run(command, cwd=project.root, capture_output=True, check=True).stdout

    assert json.loads(printed) == {"shop/__init__.py": [], "shop/cart.py": ["shop/price.py"], "shop/price.py": []}


def test_too_many_files_are_refused(monkeypatch):
    monkeypatch.setattr("suffice.review.structure.import_graph.MAX_FILES", 2)

    with pytest.raises(ToolError, match="3 Python files are over the limit of 2; review a part of the tree"):
        graph_of(SHOP)


LATE = """\
if TYPE_CHECKING: import shop.cart
def f():
    from shop import price, cart
from . import (
    tax,
    price)
if __name__ == "__main__":
    import shop.main
"""


def test_an_import_is_cited_with_its_line():
    texts = SHOP | {"shop/main.py": "", "shop/user.py": LATE, "shop/tax.py": "import shop.cart as c, shop.price\n"}
    snapshot, modules = Snapshot.of_texts(texts), modules_of(texts)

    def site(source, target):
        return site_of(Edge(f"shop/{source}.py", f"shop/{target}.py"), snapshot=snapshot, modules=modules)

    assert site("user", "cart") == Site(3, "in a function")
    assert site("user", "price") == Site(4)
    assert site("tax", "cart") == Site(1)
    assert site("user", "__init__") == Site(4)
    assert site("user", "main") == Site(8, "when run as a script")
    assert site("price", "cart") is None


def test_modules_have_the_names_that_python_gives_them():
    modules = modules_of(["src/shop/__init__.py", "src/shop/cart.py", "setup.py", "src/__init__.py/x.py"])

    names = {path: modules.name(path) for path in modules.root}

    assert names["src/shop/cart.py"] == "shop.cart"
    assert names["src/shop/__init__.py"] == "shop"
    assert names["setup.py"] == "setup"


GRIMP = """\
import json, sys, grimp
graph = grimp.build_graph(sys.argv[1], cache_dir=None, exclude_type_checking_imports=sys.argv[2] == "hard")
edges = [(m, i) for m in graph.modules for i in graph.find_modules_directly_imported_by(m)]
print(json.dumps(sorted(edges)))
"""


@pytest.mark.parametrize("which", ["hard", "every"])
def test_the_imports_of_an_installed_package_are_those_that_grimp_finds(which, tmp_path):
    import pygments

    folder = Path(pygments.__file__).parent
    paths = [str(file.relative_to(folder.parent)) for file in folder.rglob("*.py")]
    command = [sys.executable, "-c", GRIMP, "pygments", which]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, env=dict(os.environ)).stdout
    theirs = {tuple(edge) for edge in json.loads(found)}

    graph = import_graph(Snapshot.of_folder(folder.parent), paths=paths)

    modules = modules_of(python_files(paths))
    ours, soft = (
        {(modules.name(edge.source), modules.name(edge.target)) for edge in edges}
        for edges in (graph.all(), graph.soft)
    )
    expected = {(source, target) for source, target in theirs if source != target}
    assert len(paths) > 300
    assert ours - (soft if which == "hard" else soft - expected) == expected
