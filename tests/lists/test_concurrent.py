"""Lists read to their ends while other threads create, change, close and open tasks (contract rule 8.6)."""

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Lock

import pytest
from servicedesk.domain.task import Task
from servicedesk.domain.task_query import Order, TaskFilter, TaskQuery
from servicedesk.store import task_lists
from servicedesk.store.tasks import TaskStore

from tests.exactly_once.database import Database
from tests.lists.board import ARCHIVED, OPEN, Board, a_task, changed, instant, numbered, ticks, where

WRITERS = 3
WRITES = 100
"""By each writer."""
STILL = range(1, 91)
MOVING = range(91, 136)

EVEN = where(lambda task: (task.id2 or 0) % 2 == 0)
QUERIES = [
    TaskQuery(condition, order, descending)
    for condition in (None, OPEN, ARCHIVED, EVEN, numbered(40, 120), changed(instant(10), instant(60)))
    for order in Order
    for descending in (True, False)
]


@dataclass
class Clock:
    """Instants that never go back, and of which several writes get the same one."""

    lock: Lock = field(default_factory=Lock)
    writes: count = field(default_factory=lambda: count(2000))  # type: ignore[type-arg]

    def after(self, task: Task | None = None) -> str:
        """An instant after the task's last change."""
        with self.lock:
            now = next(self.writes) // 4
        return instant(max(now, ticks(task.modified_dateutc) + 1) if task else now)


@dataclass
class Writer:
    """One thread, with moving tasks of its own."""

    board: Board
    clock: Clock
    numbers: count  # type: ignore[type-arg]
    tasks: list[Task]
    random: random.Random

    def write(self) -> None:
        """Create, change, close and open tasks."""
        versions: Counter[str] = Counter()
        for _ in range(WRITES):
            place = self.random.randrange(len(self.tasks) + 5)
            if place >= len(self.tasks):
                task = a_task(self.board.company, next(self.numbers), modified_dateutc=self.clock.after())
                self.board.put(task)
                self.tasks.append(task)
                continue
            task = self.tasks[place]
            versions[task.id] += 1
            closing = self.random.random() < 0.6
            self.tasks[place] = self.board.change(
                task,
                versions[task.id],
                archived=task.archived != closing,
                modified_dateutc=self.clock.after(task),
            )


def assert_exactly_once(listed: Sequence[Task], query: TaskQuery, still: Sequence[Task]) -> None:
    """Assert that each task that nobody changed was listed once if it matches, else never; and the order."""
    condition = query.filter or TaskFilter(lambda _: True)
    met = Counter(task.id for task in listed)
    for task in still:
        assert met[task.id] == condition.matches(task), (query, task)
    if query.order is Order.NUMBER:
        places: list[int] | list[str] = [task.id2 or 0 for task in listed]
        assert len(set(places)) == len(places)
    else:
        places = [task.modified_dateutc for task in listed]
    assert places == sorted(places, reverse=query.descending)
    assert all(condition.matches(task) for task in listed)


def test_8_8_a_task_is_found_by_its_number_while_it_is_closed_and_opened(board: Board, dynamodb: Database) -> None:
    TaskStore(board.client, board.table).start_numbers_at(board.company, 2)
    [task] = board.add([1])
    writing = replace(board, client=dynamodb.client())

    def close_and_open() -> None:
        for version in range(1, 301):
            writing.change(task, version, archived=version % 2 == 1)

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(close_and_open)
        looks = 0
        while not writer.done() or looks < 100:
            assert board.lists.id_of_number(board.company, 1) == task.id
            looks += 1
        writer.result()


@pytest.mark.parametrize("read_at_once", [10, 1000])
def test_8_6_a_task_that_nobody_changes_is_listed_exactly_once(
    board: Board, dynamodb: Database, monkeypatch: pytest.MonkeyPatch, read_at_once: int
) -> None:
    monkeypatch.setattr(task_lists, "QUERY_TASKS", read_at_once)
    choose = random.Random(read_at_once)
    still = [
        a_task(board.company, number, archived=choose.random() < 0.5, modified_dateutc=instant(number // 3))
        for number in STILL
    ]
    moving = [a_task(board.company, number) for number in MOVING]
    board.put(*still, *moving)
    clock, numbers = Clock(), count(MOVING.stop)
    writers = [
        Writer(
            replace(board, client=dynamodb.client()),
            clock,
            numbers,
            moving[start::WRITERS],
            random.Random(start),
        )
        for start in range(WRITERS)
    ]
    with ThreadPoolExecutor(WRITERS) as pool:
        writing: list[Future[None]] = [pool.submit(writer.write) for writer in writers]
        reads = 0
        while reads < len(QUERIES) or not all(future.done() for future in writing):
            query = QUERIES[reads % len(QUERIES)]
            assert_exactly_once(board.read(query, size=choose.choice([5, 25])), query, still)
            reads += 1
        for future in writing:
            future.result()
    # Once it is quiet, what is listed is all that there is.
    written = [task for writer in writers for task in writer.tasks]
    for query in QUERIES:
        assert_exactly_once(board.read(query), query, [*still, *written])
