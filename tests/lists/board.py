"""A company's tasks, written and changed as the functions do, and its lists, read to the end."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from mypy_boto3_dynamodb import DynamoDBClient
from servicedesk.domain.task import Task
from servicedesk.domain.task_position import Position
from servicedesk.domain.task_query import Range, TaskFilter, TaskQuery
from servicedesk.store import task_items
from servicedesk.store.task_items import Versioned
from servicedesk.store.task_lists import Page, TaskLists
from servicedesk.store.tasks import TaskStore

from tests.turns import turns

SOMETHING = str(uuid4())
"""A catalogue id, which lists ignore."""


def instant(ticks: int) -> str:
    """The canonical text of an instant, so many times 100 ns after the start of 2026."""
    seconds, fraction = divmod(ticks, 10**7)
    return f"{(datetime(2026, 1, 1) + timedelta(seconds=seconds)).isoformat()}.{fraction:07}"


def ticks(text: str) -> int:
    """Return the inverse of `instant`."""
    whole, _, fraction = text.partition(".")
    return round((datetime.fromisoformat(whole) - datetime(2026, 1, 1)).total_seconds()) * 10**7 + int(fraction)


def a_task(company: str, number: int, **fields: Any) -> Task:
    """Return a stored task, by default open, and changed at the instant of its number."""
    modified = instant(number)
    given: dict[str, Any] = {
        "id": str(uuid4()),
        "task_type_id": SOMETHING,
        "task_status_id": SOMETHING,
        "task_priority_id": SOMETHING,
        "company_id": company,
        "subject": f"Task {number}",
        "date_create": modified,
        "archived": False,
        "id2": number,
        "created_by_servicedesk_api": True,
        "modified_dateutc": modified,
    }
    return Task.model_construct(**given | fields)


def where(matches: Callable[[Task], bool], **implied: Any) -> TaskFilter:
    """Return a filter with its bounds."""
    return TaskFilter(matches, **implied)


def numbered(low: int | None, high: int | None) -> TaskFilter:
    """The filter on a range of numbers."""
    return where(
        lambda task: (low is None or (task.id2 or 0) >= low) and (high is None or (task.id2 or 0) <= high),
        numbers=Range(low, high),
    )


def changed(low: str | None, high: str | None) -> TaskFilter:
    """The filter on a range of last changes."""
    return where(
        lambda task: (low is None or task.modified_dateutc >= low) and (high is None or task.modified_dateutc <= high),
        changes=Range(low, high),
    )


OPEN = where(lambda task: not task.archived, archived=False)
ARCHIVED = where(lambda task: task.archived, archived=True)


@dataclass(frozen=True)
class Board:
    """The tasks of one company."""

    client: DynamoDBClient
    table: str
    company: str

    @property
    def lists(self) -> TaskLists:
        """The store under test."""
        return TaskLists(self.client, self.table)

    def put(self, *tasks: Task) -> None:
        """Write tasks as creates write them, many at a time."""
        items = [task_items.of_task(task, "1:digest") for task in tasks]
        while items:
            requests: Any = [{"PutRequest": {"Item": item}} for item in items[:25]]
            answer = self.client.batch_write_item(RequestItems={self.table: requests})
            unwritten: Any = answer["UnprocessedItems"].get(self.table, [])
            items = [request["PutRequest"]["Item"] for request in unwritten] + items[25:]

    def add(self, numbers: Iterable[int], **fields: Any) -> Sequence[Task]:
        """Write a task for each number, and return them."""
        tasks = [a_task(self.company, number, **fields) for number in numbers]
        self.put(*tasks)
        return tasks

    def change(self, task: Task, version: int, **fields: Any) -> Task:
        """Write what an update would write, on the condition that the task has that version, and return the task."""
        after = task.model_copy(update=fields)
        assert TaskStore(self.client, self.table).replace(Versioned(task, version), after) is None
        return after

    def pages(self, query: TaskQuery, size: int = 100, skip: int = 0) -> Iterator[Page]:
        """A list's pages to its end."""
        position: Position | None = None
        for _ in turns():
            page = self.lists.page(self.company, query, size, position, skip)
            assert len(page.tasks) <= size
            yield page
            if page.next is None:
                return
            position, skip = page.next, page.skip

    def read(self, query: TaskQuery, size: int = 100, skip: int = 0) -> list[Task]:
        """A whole list."""
        return [task for page in self.pages(query, size, skip) for task in page.tasks]

    @contextmanager
    def before_fetching(self, act: Callable[[], None]) -> Iterator[None]:
        """Do something before each request for tasks that an index has not whole."""

        def hook(**_: Any) -> None:
            act()

        self.client.meta.events.register("before-call.dynamodb.BatchGetItem", hook)
        try:
            yield
        finally:
            self.client.meta.events.unregister("before-call.dynamodb.BatchGetItem", hook)

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The names of the operations that are called inside."""
        calls: list[str] = []

        def count(model: Any, **_: Any) -> None:
            calls.append(model.name)

        self.client.meta.events.register("before-call.dynamodb", count)
        try:
            yield calls
        finally:
            self.client.meta.events.unregister("before-call.dynamodb", count)
