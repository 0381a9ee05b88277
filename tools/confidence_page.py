"""The page on the confidence: how it is worked out, by the numbers that ship, and how far it could be believed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from suffice.checker.confidence import PROOF
from suffice.checker.weights import OTHER, Scale, Weights, shipped_weights
from suffice.tune_confidence import ENOUGH_OUTCOMES

MEASURED = Path(__file__).with_name("confidence.toml")


def confidence_page() -> Iterator[str]:
    """Yield how sure the checker is, and how right it was."""
    weights, measured = shipped_weights(), tomllib.loads(MEASURED.read_text("utf-8"))
    yield "# Confidence\n"
    yield from _formula(weights)
    yield from _weights(weights)
    yield from _reliability(measured)
    yield from _ranking(measured)
    yield from _own_numbers(weights)


def _formula(weights: Weights) -> Iterator[str]:
    yield "A patch that a check blocks has confidence 0; one with a proof (the linter's own safe fix, or nothing but"
    yield f"layout changed where the rule is about layout) {PROOF}. For all others log odds add up:\n"
    yield "```\nstart      = ln(rate / (1 - rate)) + what the passed checks are worth"
    yield "confidence = 1 / (1 + exp(-(slope x start + shift + sum of weight x moved)))\n```\n"
    yield "*rate* is how often the lane's patches for this kind and rule were good before: what the checks let pass, or"
    yield "what you kept where you said a word on it, which counts three. To that are added"
    yield f"{weights.prior_tasks:g} patches of which {weights.rates[OTHER]:.0%} were good. A confidence is called"
    yield f"*calibrated* from {weights.calibrated_from} outcomes on; `n` says how many there are.\n"
    yield "| a check that passed | kind | adds |\n|---|---|---|"
    for name, by_kind in weights.passed.items():
        for kind, worth in by_kind.items():
            yield f"| `{name}` | {'any' if kind == OTHER else kind} | {worth:+.1f} |"


def _weights(weights: Weights) -> Iterator[str]:
    yield "\n*moved* is the amount that a check reports, counted from what is typical:\n"
    yield "| a check that does not block | weight | moved by |\n|---|---|---|"
    for name, weight in weights.weights.items():
        shown = "any other" if name == OTHER else f"`{name}`"
        yield f"| {shown} | {weight:+.1f} | {_scale(weights.scales[name])} |"
    yield "\nThe numbers stand in `checker/confidence.toml`, each with its source.\n"


def _scale(scale: Scale) -> str:
    amount = "the amount" if not scale.above else f"what exceeds {scale.above:g}"
    counted = f"ln(1 + {amount})" if scale.log else amount
    most = f", at most {scale.most:g}" if scale.most < float("inf") else ""
    typical = "; ".join(f"{'other kinds' if kind == OTHER else kind} {n:g}" for kind, n in scale.typical.items())
    return f"{counted}{most}{f' (typical: {typical})' if typical else ''}"


def _reliability(measured: Mapping[str, Any]) -> Iterator[str]:
    yield "## How far it can be believed: lint fixes\n"
    yield "Right are ruff's own fixes of its own test fixtures. Wrong are three destructions of the diagnosed lines:"
    yield "deleted, commented out, or replaced by `pass`, where that is no right fix. Each was checked as if a model"
    yield "without any record had written it. The mix is chosen: wrong ones are weighed so that before any check"
    yield f"{measured['right_before']:.0%} of all are right, as the shipped rate says; `n` counts what passed every"
    yield "blocking check, unweighed. The loss profile was derived from the same right fixes, and wrong fixes by models"
    yield "are subtler than these, so expect less of your own.\n"
    yield "| confidence | n | promised | right |\n|---|---|---|---|"
    for band in measured["bands"]:
        shares = f"{band['promised']:.1%} | {band['right']:.1%}"
        yield f"| {band['low']:.2f} to {band['high']:.2f} | {band['n']} | {shares} |"
    yield f"\nBrier score {measured['brier']:.3f}, calibration error {measured['calibration_error']:.3f}"
    yield f"({measured['measured_on']}). What of all passed every blocking check:\n"
    yield "| fix | n | passed | proven |\n|---|---|---|---|"
    for row in measured["fixes"]:
        yield f"| {row['made']} | {row['n']} | {row['passed'] / row['n']:.1%} | {row['proven'] / row['n']:.1%} |"


def _ranking(measured: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## How well it tells right from wrong: bug fixes by models\n"
    yield "AUC is how often a right patch gets more than a wrong one, with the range of 95 % of 1,000 resamples of the"
    yield "tasks. The patches are from agents of the GPT-4 era on SWE-bench Lite, right where the hidden tests passed;"
    yield "agreement is the share of the other agents' patches for the task that change the same source files. Refitted"
    yield "weights are told on tasks that the fit had not seen.\n"
    yield "| patches | by | n | right | AUC |\n|---|---|---|---|---|"
    for row in measured["rankings"]:
        auc = f"{row['auc']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        yield f"| {row['patches']} | {row['by']} | {row['n']} | {row['right'] / row['n']:.0%} | {auc} |"


def _own_numbers(weights: Weights) -> Iterator[str]:
    yield "\n## Your own numbers\n"
    yield "The ledger keeps of each attempt what its confidence was made of, and what became of the result"
    yield f"(`suffice feedback`). From {ENOUGH_OUTCOMES} results on that you kept, undid or rejected, of kinds with at"
    yield f"least {weights.calibrated_from} each, `suffice tune --confidence` fits slope, shift and weights to them and"
    yield "prints a file, with Brier score, calibration error and this table for the numbers in use and for the fit, on"
    yield "tasks that it had not seen. It writes nothing: save the file as `confidence.toml` beside your settings, or"
    yield "remove it there to have the shipped numbers back. Kinds without outcomes keep those anyway.\n"
