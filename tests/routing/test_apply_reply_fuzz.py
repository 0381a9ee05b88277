"""Mutated replies in every form against a real folder; the full run is tests/bench/fuzz_applier.py."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "bench" / "fuzz_applier.py"


@pytest.mark.slow
def test_no_mutated_reply_raises_leads_outside_or_is_half_written(tmp_path):
    spec = importlib.util.spec_from_file_location("fuzz_applier", SCRIPT)
    script = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    tally = script.fuzz(500, 4, tmp_path / "fuzz", written_each=10)

    assert tally.wrongs == []
    assert sum(tally.outcomes.values()) == 500
    assert tally.outcomes["applied exact"] > 50
