"""The costs of requests in DynamoDB's units, which are exact, and do not depend on how much people write."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from servicedesk.store import task_items
from servicedesk.store.task_lists import REFERENCE_INDEXES

from tests.exactly_once.conftest import Service
from tests.exactly_once.requests import noted_units
from tests.exactly_once.test_changes import COMPLETED, created
from tools.template import ROOT

LONG = "x" * 262_144
"""The longest remark."""

REFERENCES = {"customer_reference": "PO-4711", "reference_back_office": "BO-7"}


@contextmanager
def consumed(service: Service) -> Iterator[dict[str, float]]:
    """Add up the units that requests consume inside, by operation."""
    total: dict[str, float] = {}
    with noted_units(service.api.api.client) as noted:
        yield total
    for operation, each in noted:
        total[operation] = total.get(operation, 0) + each


def published_sample() -> dict[str, Any]:
    """The published page's JSON sample, filled in everywhere, for the built-in catalogue."""
    sample: dict[str, Any] = json.loads((ROOT / "events/bodies/published.json").read_text())
    return sample | {"to_db_table_id": None, "to_db_table_name": "project"}


def test_the_published_sample_is_small_in_the_table_and_in_its_indexes(engine: Service, company: str) -> None:
    engine.api.create(published_sample(), company=company)
    client, table = engine.database.client(), engine.database.tasks_table
    [item] = client.query(
        TableName=table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :task)",
        ExpressionAttributeValues={":pk": {"S": f"COMPANY#{company}"}, ":task": {"S": "TASK#"}},
    )["Items"]
    assert size_of(item) < 1024
    assert set(item["fields"]["M"]) >= {"subject", "remark", "date_create", "due_date", "task_type_id"}


def size_of(value: Mapping[str, Any]) -> int:
    """The size of an item, or of a map in it, as DynamoDB counts it."""
    size = 0
    for name, attribute in value.items():
        [(kind, content)] = attribute.items()
        size += len(name.encode())
        match kind:
            case "S":
                size += len(content.encode())
            case "N":
                size += len(content) // 2 + 2
            case "BOOL":
                size += 1
            case "M":
                size += 3 + len(content) + size_of(content)
    return size


@pytest.mark.parametrize(
    ("more", "units"),
    [
        ({}, 4),
        ({"customer_reference": "PO-4711"}, 5),
        (REFERENCES, 6),
        (REFERENCES | {"to_db_table_name": "project", "to_id_in_table": str(uuid4())}, 7),
        ({"remark": "x" * task_items.SHORT_REMARK_BYTES}, 6),
    ],
)
def test_a_create_is_a_unit_for_the_counter_the_task_and_each_index(
    engine: Service, company: str, more: dict[str, Any], units: float
) -> None:
    with consumed(engine) as seen:
        assert engine.api.create({"subject": "Printer"} | more, company=company).status == 201
    assert seen["UpdateItem"] + seen["PutItem"] <= units


def test_the_published_sample_is_seven_units_to_create_and_four_to_change(engine: Service, company: str) -> None:
    with consumed(engine) as seen:
        task = engine.api.create(published_sample(), company=company)
        assert task.status == 201
    assert (seen["UpdateItem"], seen["PutItem"]) == (1, 6)
    with consumed(engine) as seen:
        assert engine.api.change(task.document()["id"], {"subject": "Other"}, company=company).status == 200
    assert seen["UpdateItem"] == 4


def test_10_7_what_a_change_costs(engine: Service, company: str) -> None:
    """A unit to read, and one to write each of table and index, two where an index has it in another place."""
    task_id = created(engine.api, company).document()["id"]
    engine.api.change(task_id, {}, company=company)
    for sent, units in (({"subject": "Other"}, 4), ({"task_status_id": COMPLETED}, 5)):
        with consumed(engine) as seen:
            assert engine.api.change(task_id, sent, company=company).status == 200
        assert seen == {"GetItem": 1, "UpdateItem": units}


def test_a_long_remark_is_paid_for_once(engine: Service, company: str) -> None:
    with consumed(engine) as seen:
        task = engine.api.create({"subject": "Printer", "remark": LONG} | REFERENCES, company=company)
        assert task.status == 201
    assert seen["UpdateItem"] + seen["PutItem"] <= 257 + 6
    with consumed(engine) as seen:
        changed = engine.api.change(task.document()["id"], {"subject": "Other"}, company=company)
        assert changed.status == 200
    assert seen["UpdateItem"] <= 257 + 8
    assert changed.document()["remark"] == LONG


@pytest.mark.parametrize("name", REFERENCE_INDEXES)
def test_8_7_a_lookup_costs_two_units(engine: Service, company: str, name: str) -> None:
    value = str(uuid4())
    linked = {"to_db_table_name": "project"} if name == "to_id_in_table" else {}
    for sent in ({name: value}, {name: str(uuid4())}, {name: str(uuid4())}):
        assert engine.api.create({"subject": "Printer"} | linked | sent, company=company).status == 201
    literal = value if name == "to_id_in_table" else f"'{value}'"
    with consumed(engine) as seen:
        answer = engine.api.list(company=company, query={"$filter": f"{name} eq {literal}"})
    assert [task[name] for task in answer.document()["value"]] == [value]
    assert sum(seen.values()) <= 2


def test_a_page_of_100_ordinary_tasks_is_one_query(engine: Service, company: str) -> None:
    for _ in range(100):
        engine.api.create(published_sample() | {"id": str(uuid4())}, company=company)
    with consumed(engine) as seen:
        assert len(engine.api.list(company=company).document()["value"]) == 100
    assert seen == {"Query": pytest.approx(12, abs=1)}


def test_a_list_without_remarks_fetches_none(engine: Service, company: str) -> None:
    for _ in range(3):
        engine.api.create({"subject": "Printer", "remark": "x" * 6_000}, company=company)
    with consumed(engine) as seen:
        listed = engine.api.list(company=company).document()["value"]
    assert [len(task["remark"]) for task in listed] == [6_000] * 3
    assert seen["BatchGetItem"] == 3
    with consumed(engine) as seen:
        engine.api.list(company=company, query={"$select": "id,subject"})
    assert seen.keys() == {"Query"}
