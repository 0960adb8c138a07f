"""Events in a deployment: from a write to a queue at the bus."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from tests.events.test_consumers import PATTERNS
from tests.lists.board import Board, instant
from tests.published.openapi import EVENT, validator
from tests.stack.client import Stack
from tests.stack.conftest import PATIENCE, Find
from tests.stack.deployment import Deployment
from tools import demo


def create(stack: Stack) -> str:
    """Create a task over HTTP; its subject."""
    subject = f"Event {uuid4()}"
    assert stack.alpha.create({"subject": subject}).status == 201
    return subject


def change(deployment: Deployment, **fields: Any) -> str:
    """Write a task and change it, as the functions do; its new subject."""
    board = Board(deployment.stack.client("dynamodb"), deployment.physical["TasksTable"], str(uuid4()))
    [task] = board.add([1], due_date=instant(1))
    return board.change(task, 1, subject=f"Event {uuid4()}", **fields).subject


def test_12_1_a_create_over_http_reaches_a_queue_at_the_bus(stack: Stack, find: Find) -> None:
    event = find(create(stack))
    validator(EVENT).validate(event)
    assert event["detail-type"] == "TaskCreated"
    assert event["detail"]["company_id"] == demo.ALPHA.company_id
    shown = stack.alpha.get(f"/tasks/{event['detail']['task']['id']}").document()
    assert event["detail"]["task"] == shown


def test_12_1_a_change_reaches_it_with_what_changed(deployment: Deployment, find: Find) -> None:
    event = find(change(deployment, archived=True))
    validator(EVENT).validate(event)
    assert (event["detail-type"], event["detail"]["version"]) == ("TaskClosed", 2)
    assert event["detail"]["changed"] == ["subject", "archived"]
    assert event["detail"]["previous"] == {"subject": "Task 1", "archived": False}


def test_15_2_when_the_event_of_a_change_is_there_its_entry_is_too(stack: Stack, find: Find) -> None:
    address = f"/tasks/{find(create(stack))['detail']['task']['id']}"
    subject = f"Event {uuid4()}"
    body = json.dumps({"subject": subject}).encode()
    answer = stack.alpha.send("PATCH", address, body, Content_Type="application/json", If_Match="*")
    assert answer.status == 200
    event = find(subject)["detail"]
    history = stack.alpha.get(f"{address}/history")
    [entry, created] = history.document()["value"]
    assert {name: entry[name] for name in ("version", "changed", "previous")} == {
        name: event[name] for name in ("version", "changed", "previous")
    }
    key_id = stack.alpha_key.partition(".")[0]
    for one in (entry, created, event["actor"]):
        assert (one["contact_id"], one["key_id"]) == (demo.ALPHA.contact_id, key_id)
    assert (history.headers["Task-Version"], history.headers["Complete-To-Version"]) == ("2", "2")


def test_12_2_a_bus_that_is_down_delays_events_and_fails_no_request(
    deployment: Deployment, stack: Stack, find: Find
) -> None:
    with refused_by_the_bus(deployment):
        subjects = [create(stack) for _ in range(3)]
        wait_for_log_line(deployment, "Undelivered")
        subjects.append(create(stack))
    assert {find(subject)["detail-type"] for subject in subjects} == {"TaskCreated"}


@contextmanager
def refused_by_the_bus(deployment: Deployment) -> Iterator[None]:
    """Let the bus refuse whatever the function puts on it."""
    client, role = deployment.stack.client("iam"), deployment.role("PublishEvents")
    allowed = client.get_role_policy(RoleName=role, PolicyName="events")["PolicyDocument"]
    denied = allowed | {"Statement": [statement | {"Effect": "Deny"} for statement in allowed["Statement"]]}

    def put(policy: Mapping[str, Any]) -> None:
        client.put_role_policy(RoleName=role, PolicyName="events", PolicyDocument=json.dumps(policy))

    put(denied)
    try:
        yield
    finally:
        put(allowed)


def wait_for_log_line(deployment: Deployment, outcome: str) -> None:
    """Wait until a function has logged an outcome."""
    group = deployment.function("PublishEvents")["LoggingConfig"]["LogGroup"]
    deadline = time.monotonic() + PATIENCE
    while not deployment.stack.client("logs").filter_log_events(logGroupName=group, filterPattern=f'"{outcome}"')[
        "events"
    ]:
        assert time.monotonic() < deadline, f"no {outcome} within {PATIENCE:.0f} s"


@pytest.mark.parametrize(
    ("place", "fields"), [(1, {"archived": True}), (2, {"due_date": instant(2)})], ids=["only closed", "only due_date"]
)
def test_a_consumer_s_pattern_matches_as_the_page_says(
    deployment: Deployment, find: Find, place: int, fields: dict[str, Any]
) -> None:
    client = deployment.stack.client("events")
    for event, expected in ((find(change(deployment, **fields)), True), (find(change(deployment)), False)):
        answer = client.test_event_pattern(EventPattern=json.dumps(PATTERNS[place]), Event=json.dumps(event))
        assert answer["Result"] is expected
