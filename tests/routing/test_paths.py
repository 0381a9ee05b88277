# ruff: noqa: E501  rows of tables stay on one line
"""What is never patched, in whatever way it is named."""

import tomllib

import pytest

from suffice.checker import applies, complete, paths
from suffice.checker.protected import as_seen, never_patched, why_protected
from suffice.checker.subject import Subject
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange
from suffice.shipped import shipped_text
from suffice.snapshot import Snapshot
from suffice.task import Kind


def looked(*changes, snapshot=None, kind=Kind.EDIT, module=paths):
    """Return what the check says against *changes*, None if nothing."""
    texts = {change.path: change.before for change in changes if change.before is not None}
    snapshot = snapshot or Snapshot.of_texts(texts)
    found = module.look(Subject(kind=kind, changes=changes, snapshot=snapshot))
    return found.evidence if found.state is State.FAILED else None


def edited(path, **more):
    return FileChange(path=path, before="a\n", after="b\n", **more)


NEVER = {
    ".git/config": "version control",
    "sub/.git/hooks/post-checkout": "version control",
    ".git": "version control",
    ".gitmodules": "version control",
    ".gitattributes": "version control",
    "sub/.gitattributes": "version control",
    ".husky/pre-commit": "version control",
    ".githooks/pre-push": "version control",
    ".github/workflows/ci.yml": "CI",
    "app/.github/workflows/ci.yml": "CI",
    ".github/actions/x/action.yml": "CI",
    ".gitlab-ci.yml": "CI",
    ".circleci/config.yml": "CI",
    "azure-pipelines.yml": "CI",
    "azure-pipelines-nightly.yml": "CI",
    ".travis.yml": "CI",
    ".buildkite/pipeline.yml": "CI",
    "bitbucket-pipelines.yml": "CI",
    ".drone.yml": "CI",
    "Jenkinsfile": "CI",
    "ci/Jenkinsfile.release": "CI",
    "CODEOWNERS": "checked before",
    ".github/CODEOWNERS": "checked before",
    "docs/CODEOWNERS": "checked before",
    ".pre-commit-config.yaml": "checked before",
    "renovate.json": "checked before",
    ".github/renovate.json5": "checked before",
    ".github/dependabot.yml": "checked before",
    "lefthook.yml": "checked before",
    "uv.lock": "package manager",
    "poetry.lock": "package manager",
    "web/package-lock.json": "package manager",
    "pnpm-lock.yaml": "package manager",
    "yarn.lock": "package manager",
    "bun.lockb": "package manager",
    "Cargo.lock": "package manager",
    "Gemfile.lock": "package manager",
    "go.sum": "package manager",
    "composer.lock": "package manager",
    "gradle.lockfile": "package manager",
    ".terraform.lock.hcl": "package manager",
    "pylock.dev.toml": "package manager",
    "suffice.toml": "suffice's own settings",
    "sub/.sufficeignore": "suffice's own settings",
    ".vscode/tasks.json": "opened",
    "app.code-workspace": "opened",
    ".idea/runConfigurations/x.xml": "opened",
    ".envrc": "opened",
    ".devcontainer/devcontainer.json": "opened",
    ".claude/settings.json": "opened",
    ".mcp.json": "opened",
    "src/sitecustomize.py": "opened",
    "x.pth": "opened",
    ".npmrc": "opened",
    ".env": "secrets",
    ".env.production": "secrets",
    "certs/server.key": "secrets",
    "id_rsa": "secrets",
    ".aws/credentials": "secrets",
    "node_modules/x/index.js": "other people's code",
    ".venv/lib/python3.11/site-packages/a.py": "other people's code",
    # the same, in the words of some file system
    ".GIT/config": "version control",
    ".Git/hooks/x": "version control",
    ".git./config": "version control",
    ".git /config": "version control",
    ".git. . ./config": "version control",
    "sub/.git::$INDEX_ALLOCATION/config": "version control",
    ".g\u200cit/config": "version control",
    "\ufeff.git/config": "version control",
    "git~1/config": "short name",
    "GIT~1/config": "short name",
    "SUFFIC~1.TOM": "short name",
    ".GITLAB-CI.YML": "CI",
    ".github/Workflows/ci.yml": "CI",
    "jenkinsfile": "CI",
    "codeowners": "checked before",
    "UV.LOCK": "package manager",
    "\u017fuffice.toml": "suffice's own settings",
    "suffice.toml.": "suffice's own settings",
    "sub/suffice.toml:$DATA": "suffice's own settings",
}


@pytest.mark.parametrize("kind", [Kind.EDIT, Kind.LINT_FIX])
@pytest.mark.parametrize(("path", "why"), NEVER.items(), ids=map(ascii, NEVER))
def test_what_decides_about_other_runs_is_never_patched(path, why, kind):
    said = looked(edited(path), kind=kind)

    assert said is not None
    assert "is never patched: " in said
    assert why in said


@pytest.mark.parametrize(
    "change",
    [
        edited(".github/workflows/ci.yml"),
        FileChange(path=".github/workflows/ci.yml", before=None, after="b\n"),
        FileChange(path=".github/workflows/ci.yml", before="a\n", after=None),
        FileChange(path=".github/workflows/ci.yml", before="a\n", after="a\n", new_path="ci.yml"),
        FileChange(path="ci.yml", before="a\n", after="a\n", new_path=".github/workflows/ci.yml"),
    ],
    ids=["replaced", "created", "deleted", "moved away", "moved there"],
)
def test_it_is_never_patched_by_any_operation(change):
    assert looked(change) == ".github/workflows/ci.yml is never patched: it decides what runs in CI (paths.toml)"


@pytest.mark.parametrize("kind", [Kind.LINT_FIX, Kind.DEBUG, Kind.REFACTOR])
@pytest.mark.parametrize("path", ["pyproject.toml", "sub/setup.cfg", "Ruff.toml", "tsconfig.build.json", "eslint.config.mjs", "package.json", "pytest.ini"])  # fmt: skip
def test_settings_are_not_patched_where_nobody_asked_for_it(path, kind):
    assert "is never patched" in looked(edited(path), kind=kind)


@pytest.mark.parametrize("path", ["pyproject.toml", "setup.cfg", "tsconfig.json", "eslint.config.js", "package.json"])
@pytest.mark.parametrize("kind", [Kind.EDIT, Kind.CODEGEN, Kind.TEST_WRITING])
def test_settings_are_patched_where_somebody_asks_for_it(path, kind):
    assert looked(edited(path), kind=kind) is None


@pytest.mark.parametrize(
    "path",
    [
        "src/a.py",
        "README.md",
        ".gitignore",
        ".env.example",
        "docs/git.md",
        "github/workflows/a.py",
        "src/lock.py",
        "tests/test_lock.py",
        ".github/ISSUE_TEMPLATE/bug.md",
        "keys.py",
        "a~b.py",
        "Makefile",
        "setup.py",
        "conftest.py",
        "Lib/venv/a.py",
    ],
)
def test_everything_else_is_patched(path):
    assert looked(edited(path), kind=Kind.LINT_FIX) is None


OUTSIDE = ["../a.py", "pkg/../../a.py", "/etc/passwd", "a\\..\\..\\b.py", "C:/Windows/a.py", ".git\\config", "a/./b.py", "a//b.py", "a\nb.py", "a\0b.py"]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE, ids=ascii)
def test_no_path_leads_outside(path):
    assert looked(edited(path)).endswith("leads outside the root")
    assert looked(edited("a.py", new_path=path)).endswith("leads outside the root")


OWN = {
    "added": ("[project]\nname = 'x'\n", "[project]\nname = 'x'\n[tool.suffice]\nexclude = []\n", False),
    "changed": ("[tool.suffice]\nmax_cost_usd = 1\n", "[tool.suffice]\nmax_cost_usd = 9\n", False),
    "taken away": ("[tool.suffice]\nmax_cost_usd = 1\n", "", False),
    "no more to be read": ("[tool.suffice]\nmax_cost_usd = 1\n", "[tool.suffice]\nmax_cost_usd = \n", False),
    "as they were": (
        "[tool.suffice]\nmax_cost_usd = 1\n",
        "[tool.suffice]\nmax_cost_usd = 1\n[tool.ruff]\nx = 1\n",
        True,
    ),
    "none": ("a = 1\n", "a = 2\n", True),
}


@pytest.mark.parametrize(("before", "after", "passes"), OWN.values(), ids=OWN)
def test_suffices_own_part_of_a_manifest_is_never_patched(before, after, passes):
    said = looked(FileChange(path="pyproject.toml", before=before, after=after))

    assert (said is None) == passes
    assert passes or "suffice's own settings" in said


def test_a_created_or_moved_manifest_does_not_bring_settings_of_ours():
    text = "[tool.suffice]\nmax_cost_usd = 9\n"

    assert looked(FileChange(path="pyproject.toml", before=None, after=text)) is not None
    assert looked(FileChange(path="x.toml", before=text, after=text, new_path="pyproject.toml")) is not None
    assert looked(FileChange(path="x.toml", before=text, after=None)) is None


@pytest.mark.parametrize(
    "change",
    [
        edited("real/a.py"),
        FileChange(path="real/deep/new.py", before=None, after="b\n"),
        edited("real/a.py", new_path="new/b.py"),
    ],
    ids=["replaced", "created", "moved"],
)
def test_a_path_without_links_passes(project, change):
    project.write({"real/a.py": "a\n"})

    assert looked(change, snapshot=Snapshot.of_folder(project.root)) is None


@pytest.mark.parametrize(
    "change",
    [
        edited("link/a.py"),
        edited("file.py"),
        FileChange(path="link/new.py", before=None, after="b\n"),
        FileChange(path="link/deep/new.py", before=None, after="b\n"),
        FileChange(path="nowhere", before=None, after="b\n"),
        edited("real/a.py", new_path="link/b.py"),
        FileChange(path="link/a.py", before="a\n", after=None),
    ],
    ids=["a folder", "a file", "created", "created deep", "created where a link leads nowhere", "moved", "deleted"],
)
def test_no_path_leads_through_a_link(project, change):
    """Not even one that leads to a place inside: what is checked must be what is written."""
    project.write({"real/a.py": "a\n"})
    (project.root / "link").symlink_to("real")
    (project.root / "file.py").symlink_to("real/a.py")
    (project.root / "nowhere").symlink_to("no/where")

    assert looked(change, snapshot=Snapshot.of_folder(project.root)).endswith("leads through a symbolic link or a file")


def test_no_path_leads_through_what_is_a_file_in_a_commit(repository):
    from git import Repo

    repository.write({"a.py": "a\n"})
    (repository.root / "link").symlink_to("/tmp")
    sha = repository.commit()
    (repository.root / "link").unlink()
    with Repo(repository.root) as repo:
        snapshot = Snapshot.of_commit(repo, sha)
        said = looked(FileChange(path="link/new.py", before=None, after="b\n"), snapshot=snapshot)

    assert said == "link/new.py leads through a symbolic link or a file"


MODULES = '[submodule "x"]\n\tpath = libs/x\n\turl = https://example.com/x\n[submodule "y"]\r\n  path = "y z/"\r\n'


@pytest.mark.parametrize("path", ["libs/x/a.py", "libs/x", "LIBS/X/a.py", "y z/a.py"])
def test_what_lies_in_a_submodule_is_never_patched(path):
    snapshot = Snapshot.of_texts({".gitmodules": MODULES, path: "a\n"})

    assert "lies in the submodule" in looked(edited(path), snapshot=snapshot)
    assert "lies in the submodule" in looked(edited("a.py", new_path=path), snapshot=snapshot)


@pytest.mark.parametrize("path", ["libs/xy/a.py", "x/a.py", "libs/a.py"])
def test_what_lies_beside_a_submodule_is_patched(path):
    assert looked(edited(path), snapshot=Snapshot.of_texts({".gitmodules": MODULES, path: "a\n"})) is None


def test_every_pattern_says_why_and_means_what_it_names():
    data = tomllib.loads(shipped_text("checker/paths.toml"))
    entries = [*data["never"], *data["unasked"]]

    named = [pattern for entry in entries for pattern in entry["patterns"] if not set("*?[!") & set(pattern)]
    missed = [p for p in named if why_protected(f"{p}x" if p.endswith("/") else p, Kind.LINT_FIX) is None]

    assert missed == []
    assert all(set(entry) == {"why", "patterns"} for entry in entries)
    patterns = [pattern for entry in entries for pattern in entry["patterns"]]
    assert len(patterns) == len(set(patterns))


def test_never_patched_is_what_no_kind_may_patch():
    assert never_patched().match_file(as_seen(".GIT./config"))
    assert not never_patched().match_file(as_seen("pyproject.toml"))


COMPLETE = {
    "no file": ((), "the patch changes no file"),
    "the same text": ((FileChange(path="a.py", before="a\n", after="a\n"),), "nothing changes in a.py"),
    "moved to itself": ((FileChange(path="a.py", before="a\n", after="a\n", new_path="a.py"),), "nothing changes in a.py"),
    "a NUL character": ((FileChange(path="a.py", before=None, after="\0"),), "'a.py' would hold a NUL character, as binary files do; leave it out"),
    "moved": ((FileChange(path="a.py", before="a\n", after="a\n", new_path="b.py"),), None),
    "an empty file": ((FileChange(path="a.py", before=None, after=""),), None),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), COMPLETE.values(), ids=COMPLETE)
def test_a_patch_changes_something_that_is_text(changes, said):
    assert looked(*changes, module=complete) == said


APPLIES = {
    "the snapshot's text": (FileChange(path="a.py", before="a\n", after="b\n"), None),
    "another text": (FileChange(path="a.py", before="x\n", after="b\n"), "a.py is not the version that the patch was made for"),
    "no such file": (FileChange(path="x.py", before="x\n", after="b\n"), "x.py is not in this snapshot; name one of its files."),
    "created again": (FileChange(path="a.py", before=None, after="b\n"), "a.py is to be created but is there already"),
    "moved onto another": (FileChange(path="a.py", before="a\n", after="a\n", new_path="b.py"), "b.py is to be created but is there already"),
    "created": (FileChange(path="c.py", before=None, after="b\n"), None),
    "moved": (FileChange(path="a.py", before="a\n", after="a\n", new_path="c.py"), None),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), APPLIES.values(), ids=APPLIES)
def test_a_patch_is_for_the_pinned_text(change, said):
    assert looked(change, snapshot=Snapshot.of_texts({"a.py": "a\n", "b.py": "b\n"}), module=applies) == said
