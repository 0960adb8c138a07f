"""Faults on the wire to the bus, met by the client that the function really has."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from servicedesk.store import dynamodb, keys
from servicedesk.store.tasks import TaskStore

from tests.api import ALPHA, load
from tests.conftest import without_account
from tests.events.bus import StreamMapping, Version, history, version_of
from tests.exactly_once.database import moto_server
from tests.exactly_once.test_time_limits import OWN_SECONDS, timeout
from tests.faults.proxy import Fault, FaultProxy, Kind
from tests.lists.board import a_task
from tools import events
from tools.template import environment, tables

FAULTS = [kind for kind in Kind if kind is not Kind.REFUSED]


@pytest.fixture(scope="module")
def bus() -> Iterator[tuple[str, Any, str]]:
    """A bus in moto's server, and a queue that gets all that is on it."""
    with moto_server() as endpoint:
        with pytest.MonkeyPatch.context() as monkeypatch:
            without_account(monkeypatch)
            client = boto3.client("events", endpoint_url=endpoint)
            queues: Any = boto3.client("sqs", endpoint_url=endpoint)
        url = queues.create_queue(QueueName="all")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        database: Any = boto3.client("dynamodb", endpoint_url=endpoint)
        for table in tables():
            database.create_table(**table)
        TaskStore(database, "TasksTable").start_numbers_at(ALPHA, 1)
        client.create_event_bus(Name="TaskEvents")
        client.put_rule(Name="all", EventBusName="TaskEvents", EventPattern='{"source": ["servicedesk.tasks"]}')
        client.put_targets(Rule="all", EventBusName="TaskEvents", Targets=[{"Id": "queue", "Arn": arn}])
        yield endpoint, queues, url


@pytest.fixture(scope="module")
def faulty(bus: tuple[str, Any, str]) -> Iterator[tuple[ModuleType, FaultProxy]]:
    """The function with a proxy between it and both bus and database."""
    with FaultProxy(bus[0]) as proxy, pytest.MonkeyPatch.context() as monkeypatch:
        without_account(monkeypatch)
        for name, value in environment("PublishEvents").items():
            monkeypatch.setenv(name, value)
        # The pauses would be waited for dozens of times. The time-outs are: a busy machine needs them.
        monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
        for service in ("EVENTBRIDGE", "DYNAMODB"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", proxy.url)
        yield load("publish_events"), proxy


def versions(records: list[Any]) -> set[Version]:
    """The versions that records are of."""
    images = (record["dynamodb"]["NewImage"] for record in records)
    return {(*keys.of_task(dynamodb.from_item(image)), int(image["version"]["N"])) for image in images}


@pytest.mark.parametrize(
    "requests", [("PutEvents", 1), ("PutEvents", dynamodb.ATTEMPTS), ("UpdateItem", dynamodb.ATTEMPTS)]
)
@pytest.mark.parametrize("kind", FAULTS)
def test_12_2_after_a_fault_on_the_wire_every_version_has_come(
    faulty: tuple[ModuleType, FaultProxy],
    bus: tuple[str, Any, str],
    caplog: pytest.LogCaptureFixture,
    kind: Kind,
    requests: tuple[str, int],
) -> None:
    module, proxy = faulty
    _, queues, url = bus
    records = history([a_task(ALPHA, number) for number in range(1, 7)], versions=3)
    proxy.plan([Fault(kind, requests[0], nth=2, times=requests[1])])
    mapping = StreamMapping(module.lambda_handler, bisects=False)
    mapping.deliver(records)
    proxy.settle()
    assert kind in [request.fault for request in proxy.requests]
    come: dict[Any, set[str]] = {}
    while got := list(events.received(queues, url, 0)):
        for event in got:
            come.setdefault(version_of(event), set()).add(event["detail"]["event_id"])
    assert come.keys() == versions(records)
    assert all(len(ids) == 1 for ids in come.values())
    assert not mapping.dead_letters
    client: Any = boto3.client("dynamodb", endpoint_url=bus[0])
    for _, task_id, version in versions(records):
        key = keys.history(ALPHA, task_id, f"{version:010}")
        assert ("Item" in client.get_item(TableName="TasksTable", Key=key)) == (version > 1)
    assert "Failed" not in {line.message for line in caplog.records}, "it was taken for a fault of our own"


def test_the_function_has_time_for_a_request() -> None:
    assert timeout("publish_events") > dynamodb.REQUEST_SECONDS + OWN_SECONDS
