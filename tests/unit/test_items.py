"""Items of DynamoDB as plain Python values, and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servicedesk.store import dynamodb

plain = st.recursive(
    st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), plain))
def test_whatever_is_stored_comes_back_as_it_was(values: dict[str, object]) -> None:
    assert dynamodb.from_item(dynamodb.to_item(values)) == values


def test_each_value_has_the_type_of_its_kind() -> None:
    values = {"text": "x", "number": -1, "yes": True, "entries": [{"id": "y"}], "unset": None}
    assert dynamodb.to_item(values) == {
        "text": {"S": "x"},
        "number": {"N": "-1"},
        "yes": {"BOOL": True},
        "entries": {"L": [{"M": {"id": {"S": "y"}}}]},
    }


@pytest.mark.parametrize("value", [1.5, b"x", {"x"}, object(), ["x", 1.5], {"x": 1.5}])
def test_a_value_of_another_type_is_never_stored(value: object) -> None:
    with pytest.raises(TypeError, match="no attribute type for"):
        dynamodb.to_item({"value": value})


@pytest.mark.parametrize(
    ("attribute", "value"),
    [({"N": "1.5"}, "1.5"), ({"N": "-0.5"}, "-0.5"), ({"B": b"x"}, b"x"), ({"SS": ["x"]}, ["x"])],
)
def test_what_a_later_release_may_store_is_read(attribute: Any, value: object) -> None:
    assert dynamodb.from_item({"value": attribute}) == {"value": value}
