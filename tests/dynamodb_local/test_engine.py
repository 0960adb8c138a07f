"""What the other tests take for granted of DynamoDB Local, and how it is come by."""

import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from mypy_boto3_dynamodb import DynamoDBClient

from tests import dynamodb_local
from tests.conftest import needs

OVERRIDE = "AWS_ENDPOINT_URL_DYNAMODB"
TABLE = f"engine-{uuid.uuid4()}"


def client_of(endpoint: str) -> DynamoDBClient:
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def endpoint(dynamodb_endpoint: str) -> Iterator[str]:
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


def test_a_failed_condition_brings_the_old_item(endpoint: str) -> None:
    client = client_of(endpoint)
    item = {"pk": {"S": "one"}, "number": {"N": "7"}}
    for _ in range(2):
        try:
            client.put_item(
                TableName=TABLE,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            conflict: dict[str, Any] = {**error.response}
    assert conflict["Item"] == item


def test_a_create_of_a_kilobyte_is_two_write_units(endpoint: str) -> None:
    client = client_of(endpoint)
    counted = client.update_item(
        TableName=TABLE,
        Key={"pk": {"S": "capacity"}},
        UpdateExpression="ADD #n :one",
        ExpressionAttributeNames={"#n": "number"},
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnConsumedCapacity="TOTAL",
    )
    # 1,024 bytes with the names of the attributes.
    item = {"pk": {"S": "task"}, "text": {"S": "x" * (1024 - len("pktasktext"))}}
    written = client.put_item(TableName=TABLE, Item=item, ReturnConsumedCapacity="TOTAL")
    item["text"]["S"] += "x"
    larger = client.put_item(TableName=TABLE, Item=item, ReturnConsumedCapacity="TOTAL")
    assert [answer["ConsumedCapacity"]["CapacityUnits"] for answer in (counted, written, larger)] == [1, 1, 2]


def test_a_transaction_is_all_or_nothing(endpoint: str) -> None:
    client = client_of(endpoint)
    one: Any = {"Put": {"TableName": TABLE, "Item": {"pk": {"S": "first"}}}}
    two: Any = {
        "Put": {
            "TableName": TABLE,
            "Item": {"pk": {"S": "second"}},
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.transact_write_items(TransactItems=[one, two])
    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert "Item" not in client.get_item(TableName=TABLE, Key={"pk": {"S": "first"}})


@pytest.mark.skipif(OVERRIDE in os.environ, reason=f"{OVERRIDE} is set")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has 127.0.0.2 unasked")
def test_it_listens_on_one_address_while_it_runs() -> None:
    needs("dynamodb-local")
    with dynamodb_local.start() as endpoint:
        port = urlsplit(endpoint).port or 0
        socket.create_connection(("127.0.0.1", port)).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.skipif(OVERRIDE in os.environ, reason=f"{OVERRIDE} is set")
def test_the_command_runs_it_until_it_is_told_to_end() -> None:
    needs("dynamodb-local")
    command = subprocess.Popen(
        [sys.executable, "-m", "tests.dynamodb_local"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert command.stdout is not None
        endpoint = command.stdout.readline().strip()
        assert client_of(endpoint).list_tables()["TableNames"] == []
    finally:
        command.terminate()
        assert command.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(endpoint).port or 0))


def test_a_given_endpoint_is_used_and_nothing_else_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    monkeypatch.setenv(OVERRIDE, "http://127.0.0.1:8000")
    assert dynamodb_local.unavailable() is None
    with dynamodb_local.start() as endpoint:
        assert endpoint == "http://127.0.0.1:8000"


def test_without_java_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OVERRIDE, raising=False)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    reason = dynamodb_local.unavailable()
    assert reason == "DynamoDB Local needs a JDK, 17 or newer (none found)"
    with pytest.raises(RuntimeError, match="needs a JDK"), dynamodb_local.start():
        pass
