import pytest
from lsprotocol.types import Position, Range
from pygls.exceptions import JsonRpcInvalidParams

from suffice.task import Kind, Span
from suffice_server.capabilities import Command
from suffice_server.front.commands.orders import (
    LONGEST_INSTRUCTION,
    EditOrder,
    FixAllOrder,
    FixOrder,
    FolderOrder,
    PlaceOrder,
    ResultOrder,
    RuleOrder,
    edit_order,
    fix_file_order,
    fix_order,
    fix_rule_order,
    folder_order,
    place_order,
    result_order,
    rule_order,
)

URI = "file:///a.py"
SPAN = {"start_line": 1, "start_column": 1, "end_line": 1, "end_column": 4}
FIX = {"uri": URI, "version": 3, "rule": "B904", "message": "no cause", "span": SPAN}
RANGE = {"start": {"line": 1, "character": 0}, "end": {"line": 3, "character": 2}}

READ = [
    (fix_order, {**FIX, "free": True}, FixOrder(URI, 3, "B904", "no cause", Span(1, 1, 1, 4), free=True)),
    (fix_order, {**FIX, "version": 3.0, "more": []}, FixOrder(URI, 3, "B904", "no cause", Span(1, 1, 1, 4))),
    (fix_rule_order, {"uri": URI, "version": 1, "rule": "F401"}, FixAllOrder(URI, 1, "F401")),
    (fix_file_order, {"uri": URI, "version": 0}, FixAllOrder(URI, 0)),
    (edit_order, {"uri": URI, "instruction": " do it "}, EditOrder(URI, None, "do it", Kind.EDIT)),
    (
        edit_order,
        {"uri": URI, "instruction": "test it", "kind": "test-writing", "range": RANGE, "version": 2},
        EditOrder(URI, Range(Position(1, 0), Position(3, 2)), "test it", Kind.TEST_WRITING, 2),
    ),
    (rule_order, {"uri": URI, "rule": "F401"}, RuleOrder(URI, "F401")),
]


@pytest.mark.parametrize(("read", "given", "order"), READ)
def test_a_well_formed_argument_is_read(read, given, order):
    assert read((given,)) == order


def test_a_range_may_be_selected_backwards():
    backwards = {"start": RANGE["end"], "end": RANGE["start"]}

    order = place_order(Command.EXPLAIN_CODE, ({"uri": URI, "range": backwards},))

    assert order == PlaceOrder(URI, Range(Position(1, 0), Position(3, 2)))


def test_what_is_optional_may_be_left_out():
    assert result_order(Command.TRY_HARDER, ({"uri": URI, "id": None},)) == ResultOrder(URI, "")
    assert folder_order(Command.SHOW_USAGE, ()) == FolderOrder("")
    assert folder_order(Command.REVIEW, ({"uri": URI},)) == FolderOrder(URI)


@pytest.mark.parametrize("arguments", [(), ("x",), (None,), ([FIX],), (FIX, FIX), ({},)], ids=repr)
@pytest.mark.parametrize("read", [fix_order, fix_rule_order, fix_file_order, edit_order, rule_order])
def test_anything_but_one_object_is_refused(read, arguments):
    with pytest.raises(JsonRpcInvalidParams, match="takes one object"):
        read(arguments)


@pytest.mark.parametrize(
    "wrong",
    [
        {"uri": 1},
        {"uri": ""},
        {"version": "3"},
        {"version": True},
        {"version": -1},
        {"version": 10**12},
        {"version": 1.5},
        {"rule": None},
        {"message": 3},
        {"span": None},
        {"span": {**SPAN, "start_line": 0}},
        {"span": {**SPAN, "end_column": "4"}},
        {"span": [1, 1, 1, 4]},
    ],
    ids=repr,
)
def test_a_fix_with_a_wrong_field_is_refused_in_one_sentence(wrong):
    with pytest.raises(JsonRpcInvalidParams) as caught:
        fix_order(({**FIX, **wrong},))

    assert caught.value.message == "suffice.fix takes one object: uri, version, rule, message, span."


@pytest.mark.parametrize(
    "wrong",
    [
        {"instruction": "  "},
        {"instruction": "x" * (LONGEST_INSTRUCTION + 1)},
        {"kind": "review"},
        {"kind": ["edit"]},
        {"range": {"start": {"line": -1, "character": 0}, "end": {"line": 0, "character": 0}}},
        {"range": {"start": {"line": 1}}},
        {"range": "all"},
    ],
    ids=lambda wrong: repr(wrong)[:40],
)
def test_an_edit_with_a_wrong_field_is_refused(wrong):
    with pytest.raises(JsonRpcInvalidParams):
        edit_order(({"uri": URI, "instruction": "do it", **wrong},))
