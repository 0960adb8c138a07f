"""A rejected request uses up neither key nor number (contract rule 7.4)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api import Answer, Api
from tests.exactly_once.conftest import Service

GOOD = {"subject": "Printer"}
UNKNOWN = str(uuid4())
REJECTED: dict[str, tuple[int, dict[str, Any]]] = {
    "malformed": (400, {"body": "{", "content_type": "application/json"}),
    "unsupported": (415, {"body": "x", "content_type": "text/plain"}),
    "too large": (413, {"body": f'{{"remark": "{"x" * 1_048_576}"}}', "content_type": "application/json"}),
    "no subject": (422, {"body": {"remark": "x"}}),
    "a fault in a field": (422, {"body": GOOD | {"due_date": "06/24/2026"}}),
    "an unknown reference": (422, {"body": GOOD | {"task_type_id": UNKNOWN}}),
    "strict": (422, {"body": GOOD | {"colour": "red"}, "headers": {"Prefer": "handling=strict"}}),
}


def send(api: Api, company: str, key: str, body: Any, **more: Any) -> Answer:
    headers = more.pop("headers", {}) | {"Idempotency-Key": key}
    return api.create(body, more.pop("content_type", None), headers=headers, company=company)


@pytest.mark.parametrize("why", REJECTED)
def test_7_4_a_rejected_request_uses_up_neither_key_nor_number(service: Service, company: str, why: str) -> None:
    status, request = REJECTED[why]
    key = str(uuid4())
    assert send(service.api, company, key, **request).status == status
    assert service.database.last_number(company) == 0
    assert service.database.tasks(company) == []
    created = send(service.api, company, key, GOOD)
    assert created.status == 201
    assert "Idempotent-Replayed" not in created.headers
    assert created.document()["id2"] == 1
    # Nor does it when the key has a task.
    assert send(service.api, company, key, **request).status == status
    assert service.database.last_number(company) == 1


def test_7_4_nor_does_one_without_a_company(service: Service, company: str) -> None:
    refused = service.api.create(GOOD, company=None, headers={"Idempotency-Key": "x"})
    assert refused.status == 403
    assert service.database.last_number(company) == 0
