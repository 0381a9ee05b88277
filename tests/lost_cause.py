"""A file with one diagnostic, B904, and how it may be mended."""

BAD = """\
def load(path):
    try:
        return open(path)
    except OSError as error:
        raise ValueError(path)
"""
GOOD = BAD.replace("ValueError(path)", "ValueError(path) from error")
SILENCED = BAD.replace("ValueError(path)", "ValueError(path)  # noqa: B904")

SETTINGS = '[project]\nname = "p"\nversion = "0"\nrequires-python = ">=3.11"\n[tool.ruff.lint]\nselect = ["B904"]\n'
"""Under which it is the only one."""


def rewritten(text):
    """Return how a model says that *text* stands in place of the window that it was shown."""
    return {"replacement": text, "extra_import": None, "cannot_fix": None}
