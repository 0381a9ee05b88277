import pytest

from suffice.errors import ToolError
from suffice.index.index import Index
from suffice.review.hunks.change import Change, ChangedFile
from suffice.review.structure.fact import FactKind
from suffice.review.structure.facts import structure_of
from suffice.review.structure.other_imports import other_imports
from suffice.snapshot import Snapshot

SCRIPTS = {
    "src/cart.ts": 'import { net } from "./price";\nimport React from "react";\n',
    "src/price.ts": 'import { Cart } from "./cart";\nimport x from "./gone";\n',
    "src/node_modules/a/b.js": 'require("./c")\n',
}
OTHERS = {
    "go.mod": "module example.com/shop\n",
    "main.go": 'package main\n\nimport "example.com/shop/price"\n',
    "price/price.go": "package price\n",
    "crate/src/lib.rs": "mod tax;\nuse crate::tax::net;\n",
    "crate/src/tax.rs": "",
}


def imports_of(texts):
    return other_imports(Snapshot.of_texts(texts), paths=texts)


def test_scripts_import_what_they_name_by_its_place():
    graph = imports_of(SCRIPTS)

    assert graph.edges == {"src/cart.ts": {"src/price.ts"}, "src/price.ts": {"src/cart.ts"}}
    assert graph.unresolved == 1


def test_go_and_rust_files_import_the_files_of_packages_and_modules():
    edges = imports_of(OTHERS).edges

    assert edges["main.go"] == {"price/price.go"}
    assert edges["crate/src/lib.rs"] == {"crate/src/tax.rs"}


def test_a_rust_module_that_is_only_declared_makes_no_cycle_with_those_that_use_its_parent():
    texts = {
        "Cargo.toml": "",
        "src/lib.rs": "mod cart;\nmod error;\npub use error::Error;\n",
        "src/cart.rs": "use crate::Error;\n",
        "src/error.rs": "pub struct Error;\n",
    }

    graph = imports_of(texts)

    assert graph.edges["src/lib.rs"] == {"src/cart.rs", "src/error.rs"}
    assert graph.hard()["src/lib.rs"] == {"src/error.rs"}
    assert graph.hard()["src/cart.rs"] == {"src/lib.rs"}


def test_imports_of_several_languages_are_one_graph():
    texts = SCRIPTS | OTHERS | {"a.py": "import b\n", "b.py": ""}

    found = structure_of(Snapshot.of_texts(texts), repo_root=None, paths=texts)

    assert found.graph.edges["a.py"] == {"b.py"}
    assert found.graph.how == "ruff analyze graph --isolated and import statements in the syntax trees"
    assert [fact.paths for fact in found.facts if fact.kind is FactKind.CYCLE] == [("src/price.ts", "src/cart.ts")]
    assert "imports: 1 of them lead to no single file that was looked at" in found.unavailable


def test_half_a_graph_is_none():
    snapshot = Snapshot.of_texts(SCRIPTS)
    index = Index(snapshot, SCRIPTS, most_s=0.0)

    with pytest.raises(ToolError, match="2 files in other languages are too many; review a part of the tree"):
        other_imports(snapshot, paths=SCRIPTS, index=index)


def test_only_the_files_that_are_asked_for_are_parsed():
    assert set(other_imports(Snapshot.of_texts(SCRIPTS), paths=SCRIPTS, of={"src/cart.ts"}).edges) == {"src/cart.ts"}


def test_a_change_is_told_the_import_that_it_brings_into_a_script():
    before = SCRIPTS | {"src/tax.ts": "", "src/old.ts": 'import "./cart";\n'}
    after = before | {"src/tax.ts": 'import "./price";\n'}
    changed = Change(Snapshot.of_texts(before), Snapshot.of_texts(after), (ChangedFile("src/tax.ts"),))

    found = structure_of(Snapshot.of_texts(after), repo_root=None, paths=after, change=changed)

    new = [fact.text for fact in found.facts if fact.kind in {FactKind.NEW_IMPORT, FactKind.NEW_CYCLE}]
    assert new == ["new import src/tax.ts -> src/price.ts"]


def test_go_files_of_one_folder_need_no_import_to_change_together(repository):
    for number in range(6):
        texts = {f"shop/{name}.go": f"package shop\n// {number}\n" for name in "ab"}
        texts |= {f"src/{name}.ts": f"// {number}\n" for name in "ab"}
        repository.write(texts).commit()
    paths = ("shop/a.go", "shop/b.go", "src/a.ts", "src/b.ts")

    found = structure_of(Snapshot.of_folder(repository.root), repo_root=repository.root, paths=paths)

    together = [fact.paths for fact in found.facts if fact.kind is FactKind.CO_CHANGE_WITHOUT_IMPORT]
    assert ("src/a.ts", "src/b.ts") in together
    assert ("shop/a.go", "shop/b.go") not in together
