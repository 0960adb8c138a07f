"""A database that answers at an endpoint, and the functions over it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from moto.server import ThreadedMotoServer
from mypy_boto3_dynamodb import DynamoDBClient

from tests.api import Api, load
from tests.conftest import FUNCTIONS
from tools import template

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


@dataclass(frozen=True)
class Database:
    """The template's tables at an endpoint, under unique names, so that runs do not share them."""

    endpoint: str
    prefix: str

    def client(self, config: Config | None = None) -> DynamoDBClient:
        """Return a client without faults in between."""
        return boto3.client(
            "dynamodb",
            config=config,
            endpoint_url=self.endpoint,
            region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    @property
    def tasks_table(self) -> str:
        """The name of the tasks table."""
        return f"{self.prefix}TasksTable"

    def tasks(self, company: str) -> list[dict[str, Any]]:
        """Return the company's tasks as stored, with all attributes of an item, in the order of their numbers."""
        pages = (
            self.client()
            .get_paginator("query")
            .paginate(
                TableName=self.tasks_table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
                ExpressionAttributeValues={":pk": {"S": f"COMPANY#{company}"}, ":sk": {"S": "TASK#"}},
                ConsistentRead=True,
            )
        )
        read = TypeDeserializer().deserialize
        items = [{name: read(value) for name, value in item.items()} for page in pages for item in page["Items"]]
        flat = [item["fields"] | item | {"id": item["sk"].removeprefix("TASK#")} for item in items]
        return sorted(flat, key=lambda item: item["id2"])

    def last_number(self, company: str) -> int:
        """Return the last number of the company's counter, 0 without one."""
        key = {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": "COUNTER"}}
        answer = self.client().get_item(TableName=self.tasks_table, Key=key, ConsistentRead=True)
        return int(answer["Item"]["last_id2"]["N"]) if "Item" in answer else 0

    def environment(self, function: str, endpoint: str | None = None) -> dict[str, str]:
        """Return the environment of a function over this database, or over it behind another ``endpoint``."""
        # Plain texts: those of cfn-lint do not travel to other processes.
        variables = {str(name): value for name, value in template.environment(FUNCTIONS[function]).items()}
        for table in template.tables():
            for name, value in variables.items():
                if value == table["TableName"]:
                    variables[name] = self.prefix + value
        variables.pop("USAGE_PLAN", None)  # at an endpoint of its own there is no API Gateway, as the template says too
        return CREDENTIALS | variables | {"AWS_ENDPOINT_URL_DYNAMODB": endpoint or self.endpoint}

    def functions(self, endpoint: str | None = None) -> Api:
        """All functions, freshly imported over this database, or over it behind another ``endpoint``."""
        modules = {}
        for function in FUNCTIONS:
            with patch.dict(os.environ, self.environment(function, endpoint)):
                modules[function] = load(function)
        return Api(**modules)


@contextmanager
def tables_at(endpoint: str) -> Iterator[Database]:
    """Make the template's tables there, empty; delete them in the end."""
    database = Database(endpoint, f"once-{uuid4().hex[:8]}-")
    client = database.client()
    made = [table | {"TableName": database.prefix + table["TableName"]} for table in template.tables()]
    for table in made:
        client.create_table(**table)
        client.get_waiter("table_exists").wait(TableName=table["TableName"], WaiterConfig={"Delay": 1})
    try:
        yield database
    finally:
        for table in made:
            client.delete_table(TableName=table["TableName"])


@contextmanager
def moto_server() -> Iterator[str]:
    """Run moto in a thread, for what moto's own mocks do not reach; its endpoint."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()
