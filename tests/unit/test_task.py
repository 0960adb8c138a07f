"""The declaration of a task, and the schema for documents."""

from typing import Any

import pytest
from servicedesk.domain.task import CLIENT_FIELDS, FIELDS, REMARK_BYTES, FilledBy, Task

PROPERTIES: dict[str, dict[str, Any]] = Task.model_json_schema()["properties"]


def test_the_schema_has_every_field_in_the_page_s_order() -> None:
    assert list(PROPERTIES) == list(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_described_with_an_example_of_its_kind(name: str) -> None:
    described = PROPERTIES[name]
    assert described["description"].endswith(".")
    [example] = described["examples"]
    assert FIELDS[name].kind.read(example)
    assert described["x-filled-by"] == FIELDS[name].filled_by


def test_the_schema_says_read_only_of_the_server_s_fields_alone() -> None:
    read_only = {name for name, described in PROPERTIES.items() if described.get("readOnly")}
    assert read_only == {name for name, field in FIELDS.items() if field.filled_by is FilledBy.SERVER}
    assert read_only == FIELDS.keys() - CLIENT_FIELDS.keys()


def test_only_what_a_client_has_to_fill_is_required() -> None:
    assert [name for name, field in FIELDS.items() if field.is_required] == ["subject"]


def test_the_schema_has_the_limits_and_formats_of_the_contract() -> None:
    def of(name: str) -> dict[str, Any]:
        described = PROPERTIES[name]
        return described | {key: value for option in described.get("anyOf", []) for key, value in option.items()}

    assert (of("subject")["minLength"], of("subject")["maxLength"], of("subject")["pattern"]) == (1, 150, r"\S")
    assert of("customer_reference")["maxLength"] == of("reference_back_office")["maxLength"] == 50
    assert of("remark")["maxLength"] == REMARK_BYTES == 262_144
    assert of("id")["format"] == "uuid"
    assert of("due_date")["format"] == "date-time"
