"""Each fault acts as it is named, on the wire and on a plain client of the SDK."""

import http.client
import json
import uuid
import zlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from mypy_boto3_dynamodb import DynamoDBClient

from tests.faults.proxy import Fault, FaultProxy, Kind, Request

TABLE = f"faults-{uuid.uuid4()}"
# What a client that makes one attempt gets: an exception, or an answer that says nothing.
SEEN: dict[Kind, type[Exception] | None] = {
    Kind.REFUSED: EndpointConnectionError,
    Kind.RESET_BEFORE: ConnectionClosedError,
    Kind.RESET_AFTER: ConnectionClosedError,
    Kind.TIMEOUT_BEFORE: ReadTimeoutError,
    Kind.TIMEOUT_AFTER: ReadTimeoutError,
    Kind.TIMEOUT_LATE: ReadTimeoutError,
    Kind.CAPACITY_EXCEEDED: ClientError,
    Kind.THROTTLED: ClientError,
    Kind.INTERNAL_ERROR: ClientError,
    Kind.INTERNAL_ERROR_AFTER: ClientError,
    Kind.TRANSACTION_CONFLICT: ClientError,
    Kind.CUT_SHORT: None,
    Kind.GARBLED: None,
    Kind.UNDECODABLE: UnicodeDecodeError,
    Kind.NOT_HTTP: ConnectionClosedError,
    Kind.NOT_DYNAMODB: None,
    Kind.BAD_GATEWAY: ClientError,
    Kind.DENIED: ClientError,
    Kind.CLOSED: ClientError,
}
ANSWERS = {
    Kind.CAPACITY_EXCEEDED: (400, "ProvisionedThroughputExceededException"),
    Kind.THROTTLED: (400, "ThrottlingException"),
    Kind.INTERNAL_ERROR: (500, "InternalServerError"),
    Kind.INTERNAL_ERROR_AFTER: (500, "InternalServerError"),
    Kind.TRANSACTION_CONFLICT: (400, "TransactionConflictException"),
    Kind.BAD_GATEWAY: (502, "502"),
    Kind.DENIED: (400, "AccessDeniedException"),
    Kind.CLOSED: (400, "AccessDeniedException"),
}


def client_of(endpoint: str, *, attempts: int = 1) -> DynamoDBClient:
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            connect_timeout=30.0,
            read_timeout=30.0,
            retries={"mode": "standard", "total_max_attempts": attempts},
        ),
    )


@pytest.fixture(scope="module")
def upstream(dynamodb_endpoint: str) -> Iterator[str]:
    """DynamoDB Local, with the table."""
    client = client_of(dynamodb_endpoint)
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    client.get_waiter("table_exists").wait(TableName=TABLE)
    yield dynamodb_endpoint
    client.delete_table(TableName=TABLE)


@pytest.fixture
def proxy(upstream: str) -> Iterator[FaultProxy]:
    with FaultProxy(upstream) as running:
        yield running


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


def put(client: DynamoDBClient, key: str) -> bool:
    """Whether the answer says that it was put, and not only that there was an answer."""
    answer = client.put_item(
        TableName=TABLE,
        Item={"pk": {"S": key}, "number": {"N": "1"}},
        ConditionExpression="attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ReturnConsumedCapacity="TOTAL",
    )
    return "ConsumedCapacity" in answer


def count(client: DynamoDBClient, key: str) -> int:
    answer = client.update_item(
        TableName=TABLE,
        Key={"pk": {"S": key}},
        UpdateExpression="ADD #n :one",
        ExpressionAttributeNames={"#n": "number"},
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )
    return int(answer["Attributes"]["number"]["N"])


def stored(upstream: str, key: str) -> bool:
    found = client_of(upstream).get_item(TableName=TABLE, Key={"pk": {"S": key}}, ConsistentRead=True)
    return "Item" in found


def send_raw(url: str, key: str) -> tuple[int, bytes, str | None]:
    """A PutItem without the SDK: status, body, checksum."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30.0)
    try:
        connection.request(
            "POST",
            "/",
            json.dumps({"TableName": TABLE, "Item": {"pk": {"S": key}}}),
            {
                "X-Amz-Target": "DynamoDB_20120810.PutItem",
                "Content-Type": "application/x-amz-json-1.0",
                "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/dynamodb"
                "/aws4_request, SignedHeaders=host, Signature=0",
            },
        )
        response = connection.getresponse()
        return response.status, response.read(), response.getheader("x-amz-crc32")
    finally:
        connection.close()


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_what_the_client_sees_and_what_is_written(proxy: FaultProxy, upstream: str, key: str, kind: Kind) -> None:
    client = client_of(proxy.url)
    proxy.watch(client)
    proxy.plan([Fault(kind, "PutItem")])

    expected = SEEN[kind]
    if expected is None:
        assert not put(client, key)
    else:
        with pytest.raises(expected) as caught:
            put(client, key)
        if isinstance(caught.value, ClientError):
            error = caught.value.response
            code = error["Error"]["Code"]
            assert (error["ResponseMetadata"]["HTTPStatusCode"], code) == ANSWERS[kind]

    seen = proxy.wait_for("PutItem")
    assert seen == Request("PutItem", kind, 200 if kind.forwarded else None)
    assert stored(upstream, key) is kind.forwarded is seen.forwarded
    # The fault was for once: the next attempt passes.
    assert put(client, key + "2")
    assert proxy.requests == [seen, Request("PutItem", None, 200)]


@pytest.mark.parametrize("kind", [Kind.RESET_BEFORE, Kind.RESET_AFTER], ids=lambda kind: kind.name)
def test_a_reset_is_a_reset(proxy: FaultProxy, key: str, kind: Kind) -> None:
    proxy.plan([Fault(kind)])
    with pytest.raises(ConnectionResetError):
        send_raw(proxy.url, key)


@pytest.mark.parametrize("kind", [None, Kind.GARBLED, Kind.UNDECODABLE])
def test_the_checksum_is_that_of_the_database(proxy: FaultProxy, key: str, kind: Kind | None) -> None:
    proxy.plan([Fault(kind)] if kind else [])
    status, body, checksum = send_raw(proxy.url, key)
    assert (status, checksum) == (200, str(zlib.crc32(b"{}")))
    assert (body == b"{}") is (kind is None)


@pytest.mark.parametrize(
    "kind",
    [Kind.REFUSED, Kind.RESET_BEFORE, Kind.INTERNAL_ERROR, Kind.CAPACITY_EXCEEDED],
    ids=lambda kind: kind.name,
)
def test_for_ever_ends_with_the_next_plan(proxy: FaultProxy, upstream: str, key: str, kind: Kind) -> None:
    client = client_of(proxy.url, attempts=2)
    proxy.watch(client)
    proxy.plan([Fault(kind, times=None)])
    for _ in range(2):
        with pytest.raises(SEEN[kind] or Exception):
            put(client, key)
    assert proxy.requests == [Request("PutItem", kind, None)] * 4
    assert not stored(upstream, key)
    proxy.plan([])
    assert put(client, key)
    assert proxy.requests == [Request("PutItem", None, 200)]


def test_operation_and_occurrence_choose_the_request(proxy: FaultProxy, key: str) -> None:
    client = client_of(proxy.url)
    proxy.plan(
        [
            Fault(Kind.INTERNAL_ERROR, "PutItem", nth=2),
            Fault(Kind.RESET_BEFORE, nth=5, times=2),
        ]
    )
    assert count(client, f"{key}-counter") == 1
    assert put(client, f"{key}-1")
    with pytest.raises(client.exceptions.InternalServerError):
        put(client, f"{key}-2")
    assert put(client, f"{key}-2")
    for _ in range(2):
        with pytest.raises(ConnectionClosedError):
            count(client, f"{key}-counter")
    assert count(client, f"{key}-counter") == 2
    assert [(request.operation, request.fault) for request in proxy.requests] == [
        ("UpdateItem", None),
        ("PutItem", None),
        ("PutItem", Kind.INTERNAL_ERROR),
        ("PutItem", None),
        ("UpdateItem", Kind.RESET_BEFORE),
        ("UpdateItem", Kind.RESET_BEFORE),
        ("UpdateItem", None),
    ]


def test_a_refusal_needs_a_watched_client(proxy: FaultProxy) -> None:
    with pytest.raises(ValueError, match="watch"):
        proxy.plan([Fault(Kind.REFUSED)])


def test_only_plain_http_is_proxied() -> None:
    with pytest.raises(ValueError, match="http://"):
        FaultProxy("https://dynamodb.eu-west-1.amazonaws.com")
