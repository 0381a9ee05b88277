"""Who may import whom, who may name a model, and what starting the program may load."""

import ast
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import suffice
import suffice_ci
import suffice_server
from suffice.lanes import catalogue

PACKAGES = {package.__name__: Path(package.__file__).parent for package in (suffice, suffice_server, suffice_ci)}
FILES = [(name, file) for name, folder in PACKAGES.items() for file in sorted(folder.rglob("*.py"))]
HEAVY = {"anthropic", "openai", "pygls", "lsprotocol", "pydantic", "git", "httpx2", "unidiff", "vermin", "rich"}


@cache
def imported_by(file):
    """Return the modules that *file* imports, each with the function around the import."""
    found = []

    def look(node, function):
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.Import(names=names):
                    found.extend((alias.name, function) for alias in names)
                case ast.ImportFrom(module=module, level=level):
                    found.append(("." * level + (module or ""), function))
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    look(child, name)
                case _:
                    look(child, function)

    look(ast.parse(file.read_text("utf-8")), None)
    return found


def test_imports_are_absolute():
    relative = [(file.name, module) for _, file in FILES for module, _ in imported_by(file) if module.startswith(".")]

    assert relative == []


FORBIDDEN = {
    "suffice": {"suffice_server", "suffice_ci"},
    "suffice_server": {"suffice_ci"},
    "suffice_ci": {"suffice_server"},
}


def test_packages_import_only_downwards():
    edges = {
        (f"{package}/{file.name}", function, module.split(".")[0])
        for package, file in FILES
        for module, function in imported_by(file)
        if module.split(".")[0] in FORBIDDEN[package]
    }

    assert edges == {
        ("suffice_ci/main.py", "lsp", "suffice_server"),
        ("suffice_ci/main.py", "worker", "suffice_server"),
    }


def test_a_model_id_stands_in_the_catalogue_alone():
    hosted = (lane for lane in catalogue().lanes.values() if lane.provider != "local")
    ids = {lane.model for lane in hosted} | {"claude-", "gpt-4", "gpt-5.3"}
    named = [
        (str(file.relative_to(folder)), model)
        for folder in PACKAGES.values()
        for file in folder.rglob("*")
        if file.suffix in {".py", ".toml", ".md", ".json"} and file.name != "lanes.toml"
        for model in ids
        if re.search(rf"(?<![\w.]){re.escape(model)}(?!:)", _code(file))
    ]

    assert named == []


def _code(file):
    """Return the text of *file* without the names of lanes, of which some begin with a model's."""
    return re.sub(r"gpt-5\.4:\w+", "", file.read_text("utf-8"))


@pytest.mark.parametrize("package", ["suffice_server", "suffice_ci"])
def test_the_shells_do_not_know_a_lane_by_name(package):
    names = set(catalogue().lanes)
    known = [
        (file.name, node.value)
        for name, file in FILES
        if name == package
        for node in ast.walk(_without_docstrings(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for lane in names
        if re.search(rf"\b{re.escape(lane)}\b", node.value)
    ]

    assert known == []


def _without_docstrings(file):
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


STARTS = {
    "import suffice": "import suffice",
    "help": "from suffice_ci.main import run; run(['--help'])",
    "fix help": "from suffice_ci.main import run; run(['fix', '--help'])",
    "explain": "from suffice_ci.main import run; run(['explain', 'lint-fix', '--json'])",
    "schema": "from suffice_ci.main import run; run(['schema', 'report'])",
    "import suffice.testing": "import suffice.testing",
    "decide": "from suffice.decide import decide",
}


@pytest.mark.parametrize("code", STARTS.values(), ids=STARTS)
def test_starting_loads_nothing_heavy(code, tmp_path):
    dump = f"{code}\nimport sys\nprint('LOADED', *sys.modules, file=sys.stderr)"

    done = subprocess.run(
        [sys.executable, "-I", "-c", dump],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )

    loaded = {name.split(".")[0] for name in done.stderr.split("LOADED", 1)[1].split()}
    assert loaded & HEAVY == set()


def test_every_module_can_be_imported_alone_and_prints_nothing(tmp_path):
    modules = [
        ".".join(["suffice", *file.relative_to(PACKAGES["suffice"]).with_suffix("").parts]).removesuffix(".__init__")
        for name, file in FILES
        if name == "suffice" and "testing" not in file.parts and "providers" not in file.parts
    ]
    code = f"import importlib\nfor name in {modules!r}: importlib.import_module(name)"

    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []
