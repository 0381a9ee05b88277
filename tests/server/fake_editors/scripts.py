"""What the provider double is told to say, where more than one test wants it."""

from suffice.lanes import catalogue
from suffice.testing import ScriptedCalls


def scripted_edit(double, path, old, new):
    """Let every model put *new* in the place of *old* in *path*, and judge nothing."""
    call = {"command": "str_replace", "path": path, "old_str": old, "new_str": new}
    for name in ("sonnet", "opus"):
        double.script(catalogue().lanes[name].model, [ScriptedCalls(calls=[call])], repeat_last=True)
    double.script(catalogue().lanes["haiku"].model, [{"verdict": "right", "why": ""}], repeat_last=True)
