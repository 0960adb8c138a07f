"""Batches, as a client of the functions sends them."""

import json
from collections.abc import Mapping
from typing import Any

from tests.api import Answer, Api, event, invoke


def create(id: str, **more: Any) -> dict[str, Any]:
    """A request of a batch that creates a task, which its key identifies."""
    return {
        "id": id,
        "method": "POST",
        "url": "Task",
        "headers": {"Idempotency-Key": id},
        "body": {"subject": f"Task {id}"},
    } | more


def change(task_id: str, id: str = "change", **more: Any) -> dict[str, Any]:
    """A request of a batch that changes a task."""
    return {"id": id, "method": "PATCH", "url": f"Task({task_id})", "body": {"subject": "Other"}} | more


def batch_event(company: str, *requests: Mapping[str, Any]) -> dict[str, Any]:
    """Return API Gateway's event of a batch."""
    headers = {"Content-Type": "application/json"}
    return event("POST", "/api/$batch", json.dumps({"requests": requests}), headers=headers, company=company)


def post(api: Api, company: str, *requests: Mapping[str, Any]) -> Answer:
    """Send a batch."""
    return invoke(api.api.lambda_handler, batch_event(company, *requests))


def send(api: Api, company: str, *requests: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Send a batch, and return the answers by the ids of the requests."""
    answer = post(api, company, *requests)
    assert answer.status == 200, answer.body
    return {one["id"]: one for one in answer.document()["responses"]}
