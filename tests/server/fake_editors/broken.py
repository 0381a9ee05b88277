"""Texts with one diagnostic that takes a model, B904, each with a name of its own: what a model said of one is kept."""

from itertools import count

_NUMBERS = count(1)

_LOAD = """\
def {name}(text):
    try:
        return int(text)
    except ValueError as error:
        raise KeyError("🙂", text)


def save(text):
    return text
"""


class Broken:
    """One such text: `text`, the `name` of its function, how it is `mended`, and what a model says to that end."""

    def __init__(self):
        self.name = f"load_{next(_NUMBERS)}_"
        self.text = _LOAD.format(name=self.name)
        self.mended = self.text.replace('"🙂", text)', '"🙂", text) from error')

    @property
    def answer(self):
        return {"replacement": self.mended.partition("\n\n\n")[0], "extra_import": None, "cannot_fix": None}


CANNOT = {"replacement": None, "extra_import": None, "cannot_fix": "the cause is not at hand"}
"""What a model says that cannot mend it."""
