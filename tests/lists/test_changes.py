"""The feed of changes (contract rule 8.9): none is missed, however late its write became visible."""

import pytest
from servicedesk.domain.task import Task
from servicedesk.domain.task_position import AfterChange
from servicedesk.store import dynamodb, task_lists
from servicedesk.store.dynamodb import WRITE_SECONDS
from servicedesk.store.task_lists import INDEX_SECONDS, horizon, latest

from tests.lists.board import Board, a_task, instant
from tests.turns import turns
from tools import template

SECOND = 10**7
LONGEST = WRITE_SECONDS + INDEX_SECONDS


def at(seconds: float) -> str:
    return instant(int(seconds * SECOND))


def follow(board: Board, now: str, position: AfterChange | None = None) -> tuple[list[Task], AfterChange]:
    """All pages up to the link for later."""
    tasks: list[Task] = []
    for _ in turns():
        changes = board.lists.changes(board.company, 2, now, position)
        tasks += changes.tasks
        position = changes.position
        if changes.is_up_to_date:
            break
    assert position
    return tasks, position


@pytest.mark.parametrize("delay", [0, 1, WRITE_SECONDS, LONGEST])
def test_8_9_a_write_that_is_seen_late_is_not_missed(board: Board, delay: float) -> None:
    late = a_task(board.company, 1, modified_dateutc=at(1000))
    met: list[Task] = []
    position = None
    # The feed is followed every second, beside other writes that are seen at once.
    for second in range(1000, 1000 + int(LONGEST) + 3):
        if second == 1000 + int(delay):
            board.put(late)
        board.add([second], modified_dateutc=at(second))
        tasks, position = follow(board, at(second), position)
        met += tasks
    tasks, position = follow(board, at(1200 + LONGEST), position)
    met += tasks
    assert [task.id for task in met].count(late.id) == 1
    assert sorted(task.id2 or 0 for task in met) == [1, *range(1000, 1000 + int(LONGEST) + 3)]


def test_8_9_the_feed_ends_at_the_horizon(board: Board) -> None:
    board.add([1], modified_dateutc=at(100))
    tasks, position = follow(board, at(100 + LONGEST - 1))
    assert tasks == []
    tasks, position = follow(board, at(100 + LONGEST), position)
    assert [task.id2 for task in tasks] == [1]
    assert follow(board, at(100 + LONGEST), position) == ([], position)


def test_8_9_the_feed_is_in_the_order_of_the_last_changes(board: Board) -> None:
    tasks = board.add(range(1, 8))
    board.change(tasks[2], 1, modified_dateutc=at(50), archived=True)
    followed, position = follow(board, at(1000))
    assert [task.id2 for task in followed] == [1, 2, 4, 5, 6, 7, 3]
    board.change(tasks[4], 1, modified_dateutc=at(1001))
    followed, _ = follow(board, at(2000), position)
    assert [(task.id2, task.modified_dateutc) for task in followed] == [(5, at(1001))]


def test_8_9_a_feed_that_starts_now_brings_what_is_written_from_now_on(board: Board) -> None:
    board.add([1], modified_dateutc=at(1000))
    position = latest(at(2000))
    board.add([2], modified_dateutc=at(2000 - WRITE_SECONDS))  # under way at that moment
    board.add([3, 4], modified_dateutc=at(2000))
    board.add([5], modified_dateutc=horizon(at(2000)))
    followed, _ = follow(board, at(3000), position)
    assert {task.id2 for task in followed} == {2, 3, 4, 5}


def test_8_9_a_feed_of_no_tasks_has_a_place_to_go_on_from(board: Board) -> None:
    tasks, position = follow(board, at(1000))
    assert tasks == []
    board.add([1], modified_dateutc=at(5))
    assert [task.id2 for task in follow(board, at(1000), position)[0]] == [1]


def test_8_9_a_clock_that_was_set_back_loses_nothing(board: Board) -> None:
    board.add([1, 2, 3])
    _, position = follow(board, at(1000))
    assert follow(board, at(-3600), position) == ([], position)
    board.add([4], modified_dateutc=at(1000))
    assert [task.id2 for task in follow(board, at(2000), position)[0]] == [4]


def test_8_9_the_horizon_is_a_canonical_instant_before_now() -> None:
    assert horizon("2026-01-01T00:01:00.0000000") == "2026-01-01T00:00:00.0000000"
    assert horizon("2026-01-01T00:01:00.1234560") == "2026-01-01T00:00:00.1234560"
    assert horizon("2026-01-01T00:01:00.1234567") <= "2026-01-01T00:00:00.1234567"


def test_8_9_the_horizon_is_behind_the_longest_write() -> None:
    """The timeout of its function cuts a write off, and has room for its three requests. The API's functions write."""
    timeouts = [template.template()["Globals"]["Function"]["Timeout"]] + [
        properties["Timeout"]
        for properties in template.resources("AWS::Serverless::Function").values()
        if "Timeout" in properties and "Events" in properties
    ]
    assert max(timeouts) <= WRITE_SECONDS
    assert 3 * dynamodb.REQUEST_SECONDS <= WRITE_SECONDS
    assert dynamodb.REQUEST_SECONDS < INDEX_SECONDS
    # A page ends before the function does.
    assert min(timeouts) > task_lists.READ_SECONDS + dynamodb.REQUEST_SECONDS
