"""Data of a later release, running beside this one: known attributes are read, unknown ones ignored and kept."""

from typing import Any
from uuid import uuid4

import pytest
from servicedesk.domain.catalogue import BUILT_IN
from servicedesk.store.catalogues import CatalogueStore

from tests.exactly_once.conftest import Service
from tests.exactly_once.test_changes import COMPLETED

UNKNOWN: dict[str, Any] = {
    "later_text": {"S": "x"},
    "later_number": {"N": "1.5"},
    "later_bytes": {"B": b"x"},
    "later_set": {"SS": ["x", "y"]},
    "later_null": {"NULL": True},
    "later_list": {"L": [{"M": {"later": {"N": "-0.5"}}}]},
}
"""An attribute of each type."""


def add(service: Service, company: str, sort_key: str, item: dict[str, Any]) -> None:
    """Add unknown attributes to a stored item: to itself, and to each entry of its lists."""
    for value in item.values():
        for entry in value.get("L", []):
            entry["M"] |= UNKNOWN
    key = {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": sort_key}}
    service.database.client().put_item(TableName=service.database.tasks_table, Item=item | key | UNKNOWN)


def add_to_task(service: Service, company: str, task_id: str) -> None:
    """Add unknown attributes to the company's only task."""
    key = {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": f"TASK#{task_id}"}}
    item = service.database.client().get_item(TableName=service.database.tasks_table, Key=key)["Item"]
    item["fields"]["M"] |= UNKNOWN  # type: ignore[operator]
    add(service, company, f"TASK#{task_id}", item)


def test_a_catalogue_that_says_more_is_read(service: Service, company: str) -> None:
    client, table = service.database.client(), service.database.tasks_table
    CatalogueStore(client, table).put(company, BUILT_IN)
    key = {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": "CATALOGUE"}}
    add(service, company, "CATALOGUE", client.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"])
    assert CatalogueStore(client, table).latest(company) == BUILT_IN
    assert service.api.create({"subject": "x", "to_db_table_name": "JOBS"}, company=company).status == 201


def test_a_task_that_says_more_is_read_and_replayed(service: Service, company: str) -> None:
    body = {"id": str(uuid4()), "subject": "x"}
    first = service.api.create(body, company=company)
    add_to_task(service, company, body["id"])
    assert service.api.get(body["id"], company=company).document() == first.document()
    again = service.api.create(body, company=company)
    assert (again.status, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert again.document() == first.document()


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_10_1_what_a_later_release_has_stored_stays(service: Service, company: str, method: str) -> None:
    body = {"id": str(uuid4()), "subject": "x", "remark": "y"}
    service.api.create(body, company=company)
    add_to_task(service, company, body["id"])
    [before] = service.database.tasks(company)
    sent = {"subject": "Other", "remark": None, "task_status_id": COMPLETED}
    assert service.api.change(body["id"], sent, company=company, method=method).status == 200
    [after] = service.database.tasks(company)
    for was, now in ((before, after), (before["fields"], after["fields"])):
        assert {name: now[name] for name in UNKNOWN} == {name: was[name] for name in UNKNOWN}
    assert after["digest"] == before["digest"]
    assert "remark" not in after
