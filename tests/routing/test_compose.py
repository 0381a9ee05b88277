"""Several accepted patches of a file become one text, each whole or not at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.edits.compose import Part, Placed, bad_parts, merged, place
from suffice.edits.edit import Edit, apply_edits

TEXT = "import os\n\nalpha = 1\nbeta = 2\ngamma = 3\n"


def edit(old, new, *, text=TEXT):
    start = text.index(old)
    return Edit(path="a.py", base_sha="0" * 40, start=start, end=start + len(old), new_text=new)


def insert(place, new):
    return Edit(path="a.py", base_sha="0" * 40, start=place, end=place, new_text=new)


def part(item, *edits, confidence=0.95):
    return Part(item=item, edits=edits, confidence=confidence)


def test_patches_of_different_places_stand_together():
    parts = [part(0, edit("alpha", "a")), part(1, edit("gamma", "c"))]

    placed = place(parts)

    assert placed == Placed(parts=tuple(parts), conflicts={})
    assert merged(TEXT, placed.parts) == "import os\n\na = 1\nbeta = 2\nc = 3\n"


def test_of_two_that_overlap_the_more_confident_stands():
    sure = part(1, edit("alpha = 1", "A = 1"), confidence=0.99)
    unsure = part(0, edit("= 1\nbeta", "= 1\nB"), confidence=0.9)

    assert place([unsure, sure]) == Placed(parts=(sure,), conflicts={0: 1})


def test_with_equal_confidence_the_earlier_place_stands():
    first, second = part(1, edit("alpha = 1", "A = 1")), part(0, edit("= 1", "= 5"))

    assert place([second, first]) == Placed(parts=(first,), conflicts={0: 1})


def test_a_patch_of_which_one_edit_collides_is_left_out_whole():
    sure = part(0, edit("alpha", "a"), confidence=0.99)
    double = part(1, edit("alpha", "x"), edit("gamma", "y"), confidence=0.9)

    placed = place([sure, double])

    assert placed == Placed(parts=(sure,), conflicts={1: 0})
    assert "gamma" in merged(TEXT, placed.parts)


def test_an_edit_that_two_share_is_made_once():
    imported = insert(10, "import sys\n")
    parts = [part(0, imported, edit("alpha", "a")), part(1, imported, edit("gamma", "c"))]

    placed = place(parts)

    assert placed.conflicts == {}
    assert merged(TEXT, placed.parts).count("import sys") == 1


def test_two_imports_at_one_place_are_both_made():
    parts = [part(0, insert(10, "import sys\n")), part(1, insert(10, "from re import sub\n"))]

    placed = place(parts)

    assert placed.conflicts == {}
    assert merged(TEXT, placed.parts).startswith("import os\nfrom re import sub\nimport sys\n\n")


@pytest.mark.parametrize("other", ["x = 1\n", "import sys; x()\nx\n", "if x:\n    import sys\n"])
def test_two_other_texts_at_one_place_are_not(other):
    placed = place([part(0, insert(10, "import sys\n")), part(1, insert(10, other))])

    assert placed.conflicts == {1: 0}


def test_neighbours_stand_together():
    parts = [part(0, edit("alpha = 1\n", "a = 1\n")), part(1, edit("beta = 2\n", "b = 2\n"))]

    assert place(parts).conflicts == {}
    assert merged(TEXT, parts) == "import os\n\na = 1\nb = 2\ngamma = 3\n"


edits = st.builds(
    lambda start, length, text: Edit("a.py", "0" * 40, start, min(start + length, len(TEXT)), text),
    st.integers(0, len(TEXT)),
    st.integers(0, 9),
    st.sampled_from(["", "x", "import a\n", "import b\n", "y\n"]),
)
all_parts = st.lists(st.tuples(edits, st.sampled_from([0.8, 0.9, 0.99])), max_size=8).map(
    lambda rows: [Part(item=n, edits=(e,), confidence=c) for n, (e, c) in enumerate(rows)]
)


@settings(max_examples=300, deadline=None)
@given(all_parts)
def test_every_patch_stands_or_names_what_it_runs_into(parts):
    placed = place(parts)

    standing = {own.item for own in placed.parts}
    assert standing | set(placed.conflicts) == {own.item for own in parts}
    assert standing.isdisjoint(placed.conflicts)
    assert set(placed.conflicts.values()) <= standing
    confidence = {own.item: own.confidence for own in parts}
    assert all(confidence[rival] >= confidence[item] for item, rival in placed.conflicts.items())


@settings(max_examples=300, deadline=None)
@given(all_parts)
def test_the_merged_text_holds_every_edit_once_whatever_their_order(parts):
    placed = place(parts)
    unique = {(e.start, e.end, e.new_text): e for own in placed.parts for e in own.edits}

    text = merged(TEXT, placed.parts)

    assert text == apply_edits(TEXT, [unique[key] for key in sorted(unique)])
    assert text == merged(TEXT, placed.parts[::-1])
    assert len(text) == len(TEXT) + sum(len(e.new_text) - (e.end - e.start) for e in unique.values())


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 20), st.data())
def test_halving_leaves_out_exactly_the_bad_ones(number, data):
    parts = [part(n, insert(n, "x")) for n in range(number)]
    bad = data.draw(st.sets(st.integers(0, max(number - 1, 0)), max_size=4)) & set(range(number))
    asked = []

    def is_good(chosen):
        asked.append(chosen)
        return not any(own.item in bad for own in chosen)

    assert {own.item for own in bad_parts(parts, is_good)} == bad
    assert len(asked) <= 1 + (len(bad) + 1) * (number.bit_length() + 1)


def test_of_two_that_do_not_go_together_one_is_left_out():
    parts = [part(n, insert(n, "x")) for n in range(5)]

    bad = bad_parts(parts, lambda chosen: not {1, 3} <= {own.item for own in chosen})

    assert [own.item for own in bad] == [3]
