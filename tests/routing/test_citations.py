"""The gate of an architecture review: what stands by what it cites, and for which reason the rest is dropped."""

import pytest
from architecture_shop import EDGES, FACTS, SHOP, claim, option

from suffice.privacy import ignored
from suffice.review.architecture_finding import Reason, findings_of
from suffice.review.chosen_source import chosen_source
from suffice.review.citations import gate, shown, unsupported
from suffice.snapshot import Snapshot

SOURCES = chosen_source(FACTS, snapshot=Snapshot.of_texts(SHOP), ignored=ignored(None))
SEEN = shown(FACTS, sources=SOURCES, declared=("tach.toml declares: shop.cart may use shop.money",), names=EDGES)


def gated(*claims):
    return gate(findings_of({"findings": list(claims)}), SEEN)


def reason(**changed):
    """Return why a claim is dropped that stands but for *changed*, None if it stands all the same."""
    dropped = gated(claim(**changed)).dropped
    return dropped[0].reason if dropped else None


def what(**changed):
    (dropped,) = gated(claim(**changed)).dropped
    return dropped.what


def test_a_claim_whose_names_and_numbers_all_stand_in_its_fact_stands():
    assert gated(claim()) == (findings_of({"findings": [claim()]}), ())


CITED = {
    "an id that is not in the table": ({"facts": ["F1", "F99"]}, Reason.UNKNOWN_FACT),
    "an id in brackets": ({"facts": ["[f1]"]}, None),
    "no fact and no quote": ({"facts": []}, Reason.NOTHING_CITED),
    "an id that is no id": ({"facts": ["the first"]}, Reason.UNKNOWN_FACT),
    "a fact that only the sentence names": (
        {"observation": "`shop/cart.py` (F2 too) changed in 12 of 15 commits, `shop/money.py` with it."},
        None,
    ),
    "a quote that stands": ({"quotes": ["def rate_of(country):"]}, None),
    "a quote with other space": ({"quotes": ["def rate_of(country):\n  return RATES[country]"]}, None),
    "a quote of what is declared": ({"quotes": ["shop.cart may use shop.money"]}, None),
    "a quote that stands nowhere": ({"quotes": ["def rate_of(city):"]}, Reason.QUOTE_NOT_FOUND),
    "one of two quotes stands nowhere": (
        {"quotes": ["def rate_of(country):", "import requests"]},
        Reason.QUOTE_NOT_FOUND,
    ),
    "a quote of a file that is not shown": ({"quotes": ["def send_letter(to):"]}, Reason.QUOTE_NOT_FOUND),
    "a quote that points at nothing": ({"quotes": ["):"]}, Reason.QUOTE_NOT_FOUND),
    "an empty quote": ({"quotes": [" "]}, None),
}


@pytest.mark.parametrize(("changed", "why"), CITED.values(), ids=CITED)
def test_what_is_cited_has_to_be_there(changed, why):
    assert reason(**changed) is why


NUMBERS = {
    "as it stands": ("It changed in 1,200 of 4800 commits.", None),
    "with other separators": ("It changed in 1200 of 4,800 commits.", None),
    "a share that stands": ("It changed in 25% of the commits.", None),
    "the same share in words": ("It changed in 25 percent of the commits, 0.25 in all.", None),
    "a share that is worked out": ("It changed in 26 % of the commits.", Reason.NUMBER),
    "a number as a share": ("It is needed by 42 % of all.", Reason.NUMBER),
    "with a stroke": ("It changed in 1200/4800 commits.", None),
    "another one with a stroke": ("It changed in 1200/4801 commits.", Reason.NUMBER),
    "a sum": ("Together 942.", Reason.NUMBER),
    "rounded": ("It is imported by about 40 files.", Reason.NUMBER),
    "invented": ("There are 7 cycles.", Reason.NUMBER),
    "in words": ("There are fourteen cycles.", Reason.NUMBER),
    "in words that stand": ("Forty-two files import it.", None),
    "dozens": ("Dozens of files import it.", Reason.NUMBER),
    "between backticks": ("`LIMIT = 14` holds.", Reason.NUMBER),
    "glued to a unit": ("It takes 14ms.", Reason.NUMBER),
    "thousands with a k": ("It has 4.8k commits.", None),
    "other thousands with a k": ("It has 5k commits.", Reason.NUMBER),
    "small words": ("Two options, one of them free.", None),
    "ordinals": ("The 2nd one; see step 3 and option 2: (1) this, (2) that.", None),
    "a large ordinal": ("The 14th one.", Reason.NUMBER),
    "in brackets": ("Often (14 times).", Reason.NUMBER),
    "the id of a fact": ("F3 says so.", None),
    "full width figures": ("There are \uff17 cycles.", Reason.NUMBER),
    "other figures": ("There are \u0667 cycles.", Reason.NUMBER),
}


@pytest.mark.parametrize(("said", "why"), NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("place", ["title", "observation", "cost_if_left"])
def test_a_number_stands_in_what_is_cited(place, said, why):
    claimed = claim(title="Views", observation="It is hot.", cost_if_left="It costs.", facts=["F3"], **option("Split."))
    claimed["first_step"] = "Start."

    assert reason(**{**claimed, place: said}) is why


def test_a_number_of_a_fact_that_is_not_cited_does_not_count():
    assert reason(observation="`shop/cart.py` changed in 1,200 commits.") is Reason.NUMBER
    assert what(observation="`shop/cart.py` changed in 1,200 commits.") == "1200"


def test_a_number_in_a_quote_counts():
    assert reason(observation="`RATES` holds 19.", quotes=['RATES = {"de": 19}']) is None
    assert reason(observation="`RATES` holds 19.") is Reason.NUMBER


PLANNED_NUMBERS = {
    "how many are made": ("Split it into 3 modules.", None),
    "more than one makes at first": ("Split it into 14 modules.", Reason.NUMBER),
    "how long it takes": ("It takes 20 days.", None),
    "a share": ("It saves 3 % of the time.", Reason.NUMBER),
}


@pytest.mark.parametrize(("said", "why"), PLANNED_NUMBERS.values(), ids=PLANNED_NUMBERS)
def test_an_option_may_count_what_is_to_be_made(said, why):
    assert reason(**option(said)) is why
    assert reason(**option("Split it.", said)) is why


NAMES = {
    "a path": ("`shop/tax/rates.py` is the other.", None),
    "the end of a path": ("`tax/rates.py` and `cart.py`.", None),
    "as a module": ("`shop.tax.rates` and `tax.rates`.", None),
    "its package": ("The `shop.tax` package, or `shop/tax/`.", None),
    "without backticks": ("shop/tax/rates.py, shop.cart.", None),
    "another file": ("`shop/money.py` changes too.", Reason.NAME),
    "another file without backticks": ("As shop/money.py does.", Reason.NAME),
    "another file by its name alone": ("As money.py does.", Reason.NAME),
    "another module": ("As `shop.money` does.", Reason.NAME),
    "another module without backticks": ("As shop.money does.", Reason.NAME),
    "another package by a word like others": ("As the crm package does.", Reason.NAME),
    "the package of what is cited by such a word": ("As the tax package does.", None),
    "a word like others": ("Money is spent on mail.", None),
    "a file that does not exist": ("`shop/invoice.py` imports it.", Reason.NAME),
    "a module that does not exist": ("shop.invoice imports it.", Reason.NAME),
    "parts of two names": ("`shop.rates` is the other.", Reason.NAME),
    "on Windows": ("shop\\money.py changes too.", Reason.NAME),
    "in Rust": ("`shop::money` changes too.", Reason.NAME),
    "a definition that is shown elsewhere": ("`show` returns it.", Reason.NAME),
    "a definition that nobody knows": ("`settle_invoice` returns it.", Reason.NAME),
    "a call that nobody knows": ("`settle()` returns it.", Reason.NAME),
    "a class that nobody knows": ("`InvoiceGateway` returns it.", Reason.NAME),
    "words of the language": ("An `import` under `TYPE_CHECKING`, a `Protocol`, `self`, `dict[str, int]`.", None),
    "the standard library": ("By `functools.partial`, typing.Protocol.", None),
    "abbreviations and slashes of prose": ("I.e. read/write, e.g. and/or, I/O.", None),
    "a link": ("See https://evil.example/a.", Reason.NAME),
    "half of a pair of backticks": ("As `shop/money.py does.", Reason.NAME),
}


@pytest.mark.parametrize(("said", "why"), NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("place", ["title", "observation", "cost_if_left"])
def test_a_name_stands_in_what_is_cited(place, said, why):
    assert reason(**{place: said}) is why


def test_a_name_may_stand_in_a_quote_or_in_the_file_that_is_quoted():
    said = "`rate_of` reads `RATES` of `shop/tax/rates.py`."

    assert reason(observation=said, quotes=["def rate_of(country):"]) is None
    assert reason(observation=said) is Reason.NAME


PLANS = {
    "a new file beside what is cited": ("Make `shop/tax/rules.py`.", None),
    "a new module": ("Make `shop.tax.rules`, with `settle_tax()` and `TaxRule`.", None),
    "a new package": ("Make `billing/` and `billing.rules`.", None),
    "a new test": ("Make `tests/test_rules.py`; run `tests`.", None),
    "a file of the repository that is not cited": ("Move it to `shop/crm/mail.py`.", Reason.NAME),
    "such a file by its name alone": ("Move it to `mail.py`.", Reason.NAME),
    "such a module": ("Move it to shop.crm.mail.", Reason.NAME),
    "such a package": ("Move it to the crm package.", Reason.NAME),
    "a new file in such a package": ("Make `shop/crm/rules.py`.", Reason.NAME),
    "a definition that is shown elsewhere": ("Let `show` do it.", Reason.NAME),
    "another library": ("Use `importlinter` or `import-linter`, `requests.Session`, `os.path`.", None),
    "what is cited": ("Let `shop/cart.py` import `shop.tax.rates`.", None),
}


@pytest.mark.parametrize(("said", "why"), PLANS.values(), ids=PLANS)
def test_a_plan_names_what_is_new_or_cited(said, why):
    assert reason(**option(said)) is why
    assert reason(**option("Split it.", said)) is why
    assert reason(first_step=said) is why


STEPS = {
    "one day": ("Do it in one day.", None),
    "half a day": ("Half a day: move it.", None),
    "some hours": ("6 hours: move it.", None),
    "two days": ("Take two days for it.", Reason.LONG_STEP),
    "in figures": ("A 3-day spike.", Reason.LONG_STEP),
    "a fortnight": ("It takes a fortnight.", Reason.LONG_STEP),
    "weeks": ("Plan a few weeks for it.", Reason.LONG_STEP),
    "every week": ("Run it weekly.", None),
}


@pytest.mark.parametrize(("said", "why"), STEPS.values(), ids=STEPS)
def test_a_first_step_takes_a_day_at_most(said, why):
    assert reason(first_step=said) is why


@pytest.mark.parametrize("place", ["title", "observation", "cost_if_left", "first_step"])
def test_a_claim_that_says_nothing_somewhere_is_dropped(place):
    assert reason(**{place: " \n\u202e"}) is Reason.EMPTY
    assert reason(options=[]) is Reason.EMPTY
    assert reason(**option(" ")) is Reason.EMPTY


def test_a_claim_that_does_not_end_is_dropped():
    assert reason(observation="and so on " * 200) is Reason.TOO_LONG


def test_the_seven_first_by_their_order_stay():
    claims = [claim(order=order, title=f"Option {order}") for order in (9, 1, 8, 2, 7, 3, 6, 4, 5)]

    kept = gated(*claims)

    assert [finding.order for finding in kept.findings] == [1, 2, 3, 4, 5, 6, 7]
    assert [(dropped.finding.order, dropped.reason) for dropped in kept.dropped] == [
        (8, Reason.BEYOND_SEVEN),
        (9, Reason.BEYOND_SEVEN),
    ]


def test_a_dropped_one_takes_no_place_of_the_seven():
    wrong = [claim(facts=["F99"], order=0)] * 3

    assert len(gated(*wrong, *[claim()] * 7).findings) == 7


@pytest.mark.parametrize(
    ("why", "wrong"),
    [
        ("`shop/cart.py` has 42 importers, and that is fine.", None),
        ("There are 43 files.", "43"),
        ("`shop/crm/mail.py` is fine.", "shop/crm/mail.py"),
    ],
)
def test_a_reason_names_only_what_was_shown(why, wrong):
    assert unsupported(why, SEEN) == wrong


HOSTILE = ["`" * 1500, "a/" * 750, "1," * 750, "aB" * 700 + "-", "a-" * 750, ("a." * 750), "0" * 1500, "\ud800 x"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_the_gate(text):
    kept = gated(*[claim(title=text, observation=text, first_step=text, **option(text))] * 7)

    assert len(kept.findings) + len(kept.dropped) == 7
