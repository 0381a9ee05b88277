"""What is known of a change before it is read: diagnostics, earlier words on findings, names of the repository."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.checker.file_roles import is_python
from suffice.checker.linting import Linting
from suffice.errors import SufficeError
from suffice.fingerprint import repository_name
from suffice.index.index import Index
from suffice.listing import listing
from suffice.review.claims.memory import said_in
from suffice.review.engine import Known
from suffice.review.hunks.change import Change
from suffice.review.questions.related import related_in
from suffice.review.work_tree import WorkTree
from suffice.state.storage import Storage
from suffice.task import Diagnostic


def known_before(tree: WorkTree, *, linting: Linting, storage: Storage) -> Known:
    """Return what is known of *tree*; it runs the linter, and files are parsed when a name is looked up first."""
    after = tree.change.after
    paths = tuple(path for path in listing(after, patterns=tree.unseen).paths if path.startswith(tree.within))
    return Known(
        settled=_settled(tree.change, linting),
        said=said_in(storage.ledger.feedback_since(0.0), repository=repository_name(tree.root)),
        is_ignored=tree.unseen.match_file,
        related=related_in(Index(after, paths, known=storage.symbols), after),
    )


def _settled(change: Change, linting: Linting) -> tuple[Diagnostic, ...]:
    """Return what the linter says of the changed files: whoever says it again says nothing new."""
    after = change.after
    paths = [file.path for file in change.files if is_python(file.path) and after.has(file.path)]
    try:
        found: Sequence[Sequence[Diagnostic]] = linting.diagnostics_of([after.file(path) for path in paths])
    except SufficeError:  # a linter that cannot run, or whose settings are broken, settles nothing
        return ()
    return tuple(diagnostic for of_file in found for diagnostic in of_file)
