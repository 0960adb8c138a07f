"""Tasks that an earlier release stored get what the indexes need, in bounded steps."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from servicedesk.domain.faults import UnavailableError
from servicedesk.domain.task_query import Order, TaskQuery
from servicedesk.store import keys
from servicedesk.store.task_index import index_tasks
from servicedesk.store.task_lists import TaskLists

from tests.exactly_once.database import Database, tables_at
from tests.lists.board import ARCHIVED, Board


@pytest.fixture
def old(dynamodb: Database) -> Any:
    """A board of its own table, because steps go through whole tables."""
    with tables_at(dynamodb.endpoint) as database:
        yield Board(database.client(), database.tasks_table, str(uuid4()))


def forget_index(board: Board) -> None:
    """Leave the board's tasks as a release before the indexes stored them."""
    for task in board.read(TaskQuery(order=Order.CHANGE)):
        key = keys.task(board.company, task.id)
        board.client.update_item(TableName=board.table, Key=key, UpdateExpression="REMOVE task_list, version")


def one_pass(board: Board, items: int = 4) -> int:
    """All steps from the start of the table to its end; how many tasks they found."""
    found, start = 0, None
    while True:
        with board.counted() as calls:
            step = index_tasks(board.client, board.table, start, items)
        assert len(calls) <= items + 1
        found, start = found + step.found, step.next
        if start is None:
            return found


def stored(board: Board) -> list[dict[str, Any]]:
    items = board.client.scan(TableName=board.table, ConsistentRead=True)["Items"]
    return sorted(items, key=lambda item: item["sk"]["S"])


def test_8_7_tasks_stored_before_are_listed_by_number_after_one_pass(old: Board) -> None:
    other = replace(old, company=str(uuid4()))
    for board in (old, other):
        board.add(range(1, 6))
        board.add(range(6, 10), archived=True)
        board.client.put_item(TableName=board.table, Item={**keys.counter(board.company), "last_id2": {"N": "9"}})
        board.client.put_item(TableName=board.table, Item={**keys.catalogue(board.company), "types": {"L": []}})
    new = stored(old)
    for board in (old, other):
        forget_index(board)
        assert board.read(TaskQuery()) == []
    assert one_pass(old) == 18
    assert stored(old) == new
    assert one_pass(old) == 0
    for board in (old, other):
        assert [task.id2 for task in board.read(TaskQuery())] == list(range(9, 0, -1))
        assert [task.id2 for task in board.read(TaskQuery(ARCHIVED))] == [9, 8, 7, 6]


def test_8_7_a_step_undoes_no_write_that_came_between(old: Board) -> None:
    [closed, indexed] = old.add([1, 2])
    forget_index(old)

    def write_between(**_: Any) -> None:
        old.client.meta.events.unregister("after-call.dynamodb.Scan", write_between)
        # As a release without the index would close it, and as one with it would change and close it.
        client, values = old.client, {":true": {"BOOL": True}}
        client.update_item(
            TableName=old.table,
            Key=keys.task(old.company, closed.id),
            UpdateExpression="SET archived = :true",
            ExpressionAttributeValues=values,
        )
        client.update_item(
            TableName=old.table,
            Key=keys.task(old.company, indexed.id),
            UpdateExpression="SET archived = :true, task_list = :list, version = :two",
            ExpressionAttributeValues={
                **values,
                ":list": {"S": keys.task_list(old.company, archived=True)},
                ":two": {"N": "2"},
            },
        )

    old.client.meta.events.register("after-call.dynamodb.Scan", write_between)
    assert one_pass(old) == 2
    assert [task.id2 for task in old.read(TaskQuery(ARCHIVED))] == [2]
    assert one_pass(old) == 1
    assert one_pass(old) == 0
    assert [task.id2 for task in old.read(TaskQuery(ARCHIVED))] == [2, 1]
    assert [item["version"]["N"] for item in stored(old) if item["id"]["S"] == indexed.id] == ["2"]


def test_8_7_a_step_that_broke_off_is_repeated(old: Board) -> None:
    old.add(range(1, 6))
    forget_index(old)
    answers = []

    def fail(**_: Any) -> Any:
        answers.append("third write")
        if len(answers) == 3:
            raise UnavailableError("The database did not take the request in time.")

    old.client.meta.events.register("before-call.dynamodb.UpdateItem", fail)
    with pytest.raises(UnavailableError):
        index_tasks(old.client, old.table)
    old.client.meta.events.unregister("before-call.dynamodb.UpdateItem", fail)
    assert one_pass(old) == 3
    assert len(TaskLists(old.client, old.table).page(old.company, TaskQuery(), 9).tasks) == 5
