"""Configuration text is read kindly, and never changed more than needed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscan.settings.jsontext import MAX_DEPTH, JsonTextError, parse
from autoscan.settings.textedit import with_members, with_missing

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=12
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=5)


@given(JSON, st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_what_json_writes_is_read_as_json_reads_it(value: Any, indent: int | str | None, ascii_only: bool) -> None:
    assert parse(json.dumps(value, indent=indent, ensure_ascii=ascii_only)).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{"a": 1,}', {"a": 1}),
        ('{"a": [1, 2,],}', {"a": [1, 2]}),
        ('// first\n{"a": 1 /* one\n more */, # python\n"b": "//no#comment/*"}', {"a": 1, "b": "//no#comment/*"}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("{'a': 'it\\'s \"so\"', b_c: \"d\"}", {"a": 'it\'s "so"', "b_c": "d"}),
        ("[+1, 1., .5, 1e2, -0, True, NULL]", [1, 1.0, 0.5, 100.0, 0, True, None]),
        ("[Infinity, -Infinity]", [float("inf"), float("-inf")]),
        ('"a\tb"', "a\tb"),
    ],
)
def test_what_people_write_is_read(text: str, value: Any) -> None:
    assert parse(text).value == value


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('{\n"a": 1\n"b": 2}', 3, "a comma or `}` is missing before this"),
        ('{\n"a" 1}', 2, "a colon is missing"),
        ('{\n"a": }', 2, "a value is missing before `}`"),
        ("{,}", 1, "a key in double quotes is missing"),
        ("{[1]: 2}", 1, "a key in double quotes is missing"),
        ('{"a": [1\n2]}', 2, "a comma or `]` is missing"),
        ('{"a": 1\n', 2, "a comma or `}` is missing"),
        ('{"a":', 1, "ends too early"),
        ('{"a": 1}\n}', 2, "something follows after the end"),
        ('{\n\n"a": abc}', 3, "a word without quotes"),
        ('{"a": "C:\\Media"}', 1, "a single backslash"),
        ('{\n"a": "C:\\Media\\"\n}', 2, "text that is not closed"),
        ('{"a": "b\n"}', 1, "text that is not closed"),
        ('{"a": /tmp}', 1, "a single slash"),
        ("[" * (MAX_DEPTH + 2), 1, "levels are nested"),
        ("1" * 5000, 1, "thousands of digits"),
    ],
)
def test_what_is_no_json_is_told_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(JsonTextError) as caught:
        parse(text)
    assert caught.value.line == line
    assert message in str(caught.value)


def test_every_value_knows_the_line_of_its_key() -> None:
    node = parse('{\n"a": 1,\n\n"b":\n [\n {"c": 2}]}')
    assert node.members["a"].line == 2
    assert node.members["b"].line == 4
    assert node.members["b"].items[0].line == 6
    assert node.members["b"].items[0].members["c"].line == 6


def test_keys_written_twice_are_named() -> None:
    assert parse('{"a": 1, "b": 1, "a": 2}').doubled == ("a",)


@given(OBJECTS, OBJECTS, st.sampled_from([None, 2, "\t"]))
def test_missing_members_are_added_and_nothing_else_changes(
    there: dict[str, Any], wanted: dict[str, Any], indent: int | str | None
) -> None:
    text, added = with_missing(json.dumps(there, indent=indent), wanted)
    assert parse(text).value == merged(there, wanted)
    assert bool(added) == (merged(there, wanted) != there)
    assert with_missing(text, wanted) == (text, [])


def merged(there: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """What `with_missing` promises, on plain values."""
    result = {**wanted, **there}
    for name, value in wanted.items():
        if name in there and isinstance(value, dict) and isinstance(there[name], dict):
            result[name] = merged(there[name], value)
    return result


@given(OBJECTS, OBJECTS)
def test_members_are_put_in_or_replaced(there: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert parse(with_members(json.dumps(there, indent=2), wanted)).value == {**there, **wanted}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "X": 1\n}\n'),
        ("{}", '{\n  "X": 1\n}'),
        ('{\n    "a": 1 // why\n}\n', '{\n    "a": 1, // why\n    "X": 1\n}\n'),
        ('{\n\t"a": 1, // why\n\t// end\n}\n', '{\n\t"a": 1, // why\n\t// end\n\t"X": 1\n}\n'),
        ('{"a": 1 /* no } */ }', '{"a": 1, /* no } */ \n  "X": 1\n}'),
        ('\ufeff{\r\n  "a": 1\r\n}\r\n', '\ufeff{\r\n  "a": 1,\r\n  "X": 1\r\n}\r\n'),
        ('{"X": 7, "b": [1]}', '{"X": 1, "b": [1]}'),
    ],
)
def test_comments_line_ends_and_indents_stay(before: str, after: str) -> None:
    assert with_members(before, {"X": 1}) == after


def test_what_a_nested_object_lacks_is_added_inside_it() -> None:
    text, added = with_missing(
        '{\n  "G": {\n    "A": 1,\n    "L": {}\n  }\n}\n', {"G": {"A": 2, "B": [1], "L": {"C": True}}, "H": {"I": 0}}
    )
    assert parse(text).value == {"G": {"A": 1, "B": [1], "L": {"C": True}}, "H": {"I": 0}}
    assert added == ["H", "G.B", "G.L.C"]
    assert '    "A": 1,\n    "L": {' in text
