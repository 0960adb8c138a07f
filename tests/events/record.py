"""Records what DynamoDB's own engine puts into the tasks table's stream, as `recorded/dynamodb_local.json`.

`python -m tests.events.record` writes the file anew. It needs DynamoDB Local, and each time makes the same history, in
which every kind of write happens that the functions and operators make.
"""

import json
from pathlib import Path
from typing import Any

import boto3
from servicedesk.domain.catalogue import BUILT_IN
from servicedesk.store import dynamodb, keys, task_items
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.companies import CompanyStore
from servicedesk.store.tasks import TaskStore

from tests import dynamodb_local
from tests.api import ALPHA, BETA
from tests.exactly_once.database import Database, tables_at
from tests.lists.board import Board, a_task, instant

FILE = Path(__file__).with_name("recorded") / "dynamodb_local.json"
TASK, OTHER_TASK, BETA_TASK = (f"0000000{number}-0000-4000-8000-000000000000" for number in (1, 2, 3))


def history(database: Database) -> None:
    """Make one write of each kind, in the order that `EVENTS` of the tests expects."""
    client, table = database.client(), database.tasks_table
    store, board = TaskStore(client, table), Board(client, table, ALPHA)
    CatalogueStore(client, table).put(ALPHA, BUILT_IN)
    task = store.create(a_task(ALPHA, 1, id=TASK, due_date=instant(9), remark="Tür 3"), {"subject": "Task 1"}).task
    task = board.change(task, 1, due_date=instant(8), modified_dateutc=instant(2))
    task = board.change(task, 2, archived=True, date_closed=instant(3), modified_dateutc=instant(3))
    client.put_item(TableName=table, Item=task_items.of_task(a_task(ALPHA, 2, id=OTHER_TASK), "1:digest"))
    # A rewrite in which no field of the task differs.
    key = keys.task(ALPHA, OTHER_TASK)
    client.update_item(TableName=table, Key=key, UpdateExpression="REMOVE digest")
    client.update_item(
        TableName=table,
        Key=keys.task(ALPHA, TASK),
        UpdateExpression="SET #fields.archived = :open, modified_dateutc = :now, version = :version "
        "REMOVE #fields.date_closed",
        ExpressionAttributeNames={"#fields": "fields"},
        ExpressionAttributeValues=dynamodb.to_item({":open": False, ":now": instant(4), ":version": 4}),
    )
    board.change(a_task(ALPHA, 2, id=OTHER_TASK), 1, subject="Renamed", modified_dateutc=instant(5))
    store.create(a_task(BETA, 1, id=BETA_TASK), {"subject": "Task 1"})
    companies = CompanyStore(client, table)
    while found := companies.some_item_keys(BETA):
        companies.delete_items(found)


def stream_of(database: Database) -> tuple[Any, dict[str, str]]:
    """A client for the tasks table's stream, and what its one shard is called."""
    client: Any = boto3.client(
        "dynamodbstreams",
        endpoint_url=database.endpoint,
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    [stream] = client.list_streams(TableName=database.tasks_table)["Streams"]
    [shard] = client.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
    return client, {"StreamArn": stream["StreamArn"], "ShardId": shard["ShardId"]}


def records(database: Database) -> list[dict[str, Any]]:
    """All records of the stream, as Lambda delivers them."""
    client, named = stream_of(database)
    iterator = client.get_shard_iterator(ShardIteratorType="TRIM_HORIZON", **named)["ShardIterator"]
    found: list[dict[str, Any]] = client.get_records(ShardIterator=iterator)["Records"]
    for record in found:
        change = record["dynamodb"]
        record["eventSourceARN"] = named["StreamArn"]
        change["ApproximateCreationDateTime"] = change["ApproximateCreationDateTime"].timestamp()
    return found


def main() -> None:
    """Make the history and write what the stream has of it."""
    with dynamodb_local.start() as endpoint, tables_at(endpoint) as database:
        history(database)
        FILE.parent.mkdir(exist_ok=True)
        lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records(database))
        FILE.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
