"""The same identity with other content (contract rule 7.3)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api import assert_problem
from tests.exactly_once.conftest import Service
from tests.exactly_once.requests import counted

BODY = {"subject": "Printer", "remark": "It burns.", "due_date": "2026-12-24"}
OTHERS: list[dict[str, Any]] = [
    BODY | {"subject": "printer"},
    BODY | {"subject": "Printer "},
    BODY | {"remark": None},
    BODY | {"due_date": "2026-12-24T00:00:00.0000001Z"},
    BODY | {"customer_reference": "4711"},
]


@pytest.mark.parametrize("other", OTHERS)
def test_7_3_by_id(service: Service, company: str, other: dict[str, Any]) -> None:
    identity = {"id": str(uuid4())}
    first = service.api.create(BODY | identity, company=company)
    stored = service.database.tasks(company)
    with counted(service.api.api) as sent:
        conflict = service.api.create(other | identity, company=company)
    assert_problem(conflict, 409, "task-exists")
    assert conflict.headers["Location"] == first.headers["Location"]
    assert sent == ["UpdateItem", "PutItem"]
    assert service.database.tasks(company) == stored
    assert service.api.get(identity["id"], company=company).document() == first.document()


@pytest.mark.parametrize("other", OTHERS)
def test_7_3_by_key(service: Service, company: str, other: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first = service.api.create(BODY, company=company, headers=headers)
    stored = service.database.tasks(company)
    with counted(service.api.api) as sent:
        conflict = service.api.create(other, company=company, headers=headers)
    assert_problem(conflict, 422, "idempotency-key-reused")
    assert "Location" not in conflict.headers
    assert sent == ["UpdateItem", "PutItem"]
    assert service.database.tasks(company) == stored
    assert service.api.get(first.document()["id"], company=company).document() == first.document()


def test_7_3_an_id_taken_by_a_key_conflicts_by_id(service: Service, company: str) -> None:
    by_key = service.api.create(BODY, company=company, headers={"Idempotency-Key": "a"}).document()
    by_id = service.api.create({"id": by_key["id"], "subject": "Other"}, company=company)
    assert_problem(by_id, 409, "task-exists")


def test_7_3_the_first_one_still_replays_after_a_conflict(service: Service, company: str) -> None:
    body = BODY | {"id": str(uuid4())}
    first = service.api.create(body, company=company)
    service.api.create(body | {"subject": "Other"}, company=company)
    again = service.api.create(body, company=company)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.document() == first.document()
