"""Each fault is the one that its name says. What the functions make of it is tested in tests/exactly_once."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from uuid import uuid4

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from mypy_boto3_dynamodb import DynamoDBClient
from servicedesk.store import dynamodb

from tests.exactly_once.database import Database, tables_at
from tests.faults.proxy import Fault, FaultProxy, Kind, Request

SEEN: Mapping[Kind, type[Exception] | str | None] = {
    Kind.REFUSED: EndpointConnectionError,
    Kind.RESET_BEFORE: ConnectionClosedError,
    Kind.RESET_AFTER: ConnectionClosedError,
    Kind.TIMEOUT_BEFORE: ReadTimeoutError,
    Kind.TIMEOUT_AFTER: ReadTimeoutError,
    Kind.TIMEOUT_LATE: ReadTimeoutError,
    Kind.CAPACITY_EXCEEDED: "400 ProvisionedThroughputExceededException",
    Kind.THROTTLED: "400 ThrottlingException",
    Kind.INTERNAL_ERROR: "500 InternalServerError",
    Kind.INTERNAL_ERROR_AFTER: "500 InternalServerError",
    Kind.TRANSACTION_CONFLICT: "400 TransactionConflictException",
    Kind.CUT_SHORT: None,
    Kind.GARBLED: None,
    Kind.UNDECODABLE: UnicodeDecodeError,
    Kind.NOT_HTTP: ConnectionClosedError,
    Kind.NOT_DYNAMODB: None,
    Kind.BAD_GATEWAY: "502 502",
    Kind.DENIED: "400 AccessDeniedException",
    Kind.CLOSED: "400 AccessDeniedException",
}
"""The result of a client that makes one attempt: an exception, status and code, or an empty answer."""

WRITTEN = {kind for kind in Kind if kind.name.endswith(("_AFTER", "_LATE"))}
WRITTEN |= {Kind.CUT_SHORT, Kind.GARBLED, Kind.UNDECODABLE, Kind.NOT_HTTP}
"""The faults that befall the answer, so that the database has done what it was asked for."""


@pytest.fixture(scope="module")
def upstream(dynamodb_endpoint: str) -> Iterator[Database]:
    """The template's tables in DynamoDB's own engine."""
    with tables_at(dynamodb_endpoint) as database:
        yield database


@pytest.fixture
def proxy(upstream: Database) -> Iterator[FaultProxy]:
    with FaultProxy(upstream.endpoint) as running:
        yield running


def client_of(proxy: FaultProxy, upstream: Database) -> DynamoDBClient:
    """Return a watched client that makes one attempt, and waits long for its answer."""
    client = replace(upstream, endpoint=proxy.url).client(
        Config(connect_timeout=30.0, read_timeout=30.0, retries={"mode": "standard", "total_max_attempts": 1})
    )
    proxy.watch(client)
    return client


def put(client: DynamoDBClient, upstream: Database, company: str) -> bool:
    """Write a task, and return whether the answer confirms it."""
    item = dynamodb.to_item({"pk": f"COMPANY#{company}", "sk": "TASK#1", "id2": 1, "fields": {}})
    answer = client.put_item(TableName=upstream.tasks_table, Item=item, ReturnConsumedCapacity="TOTAL")
    return "ConsumedCapacity" in answer


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_what_the_client_sees_and_what_is_written(proxy: FaultProxy, upstream: Database, kind: Kind) -> None:
    client, company, expected = client_of(proxy, upstream), str(uuid4()), SEEN[kind]
    proxy.plan([Fault(kind, "PutItem")])
    if expected is None:
        assert not put(client, upstream, company)
    else:
        with pytest.raises(ClientError if isinstance(expected, str) else expected) as caught:
            put(client, upstream, company)
        if isinstance(caught.value, ClientError):
            response = caught.value.response
            assert f"{response['ResponseMetadata']['HTTPStatusCode']} {response['Error']['Code']}" == expected
    seen = proxy.wait_for("PutItem")
    assert seen == Request("PutItem", kind, 200 if kind.forwarded else None)
    assert bool(upstream.tasks(company)) is kind.forwarded is (kind in WRITTEN)
    # The fault was for once: the next attempt passes.
    assert put(client, upstream, company)
    assert proxy.requests == [seen, Request("PutItem", None, 200)]


def test_operation_and_occurrence_choose_the_request(proxy: FaultProxy, upstream: Database) -> None:
    client, company = client_of(proxy, upstream), str(uuid4())
    faults = [Fault(Kind.INTERNAL_ERROR, "PutItem", nth=2), Fault(Kind.RESET_BEFORE, nth=4, times=2)]
    proxy.plan([*faults, Fault(Kind.THROTTLED, "Query", times=None)])
    planned = [None, Kind.INTERNAL_ERROR, None, Kind.RESET_BEFORE, Kind.RESET_BEFORE, None]
    for fault in planned:
        with pytest.raises((ClientError, ConnectionClosedError)) if fault else nullcontext():
            put(client, upstream, company)
    for _ in range(3):
        with pytest.raises(ClientError):
            client.query(
                TableName=upstream.tasks_table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": "x"}},
            )
    assert [request.fault for request in proxy.requests] == [*planned, *[Kind.THROTTLED] * 3]
