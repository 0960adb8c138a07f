"""What an operation is: its routes, and a function from a request to its answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.task_lists import TaskLists
from servicedesk.store.tasks import TaskStore
from servicedesk.wire.gateway import Request, Response

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Stores:
    """All that operations read and write."""

    tasks: TaskStore
    lists: TaskLists
    catalogues: CatalogueStore

    @classmethod
    def over(cls, client: "DynamoDBClient", tasks_table: str) -> "Stores":
        """Return the stores over a table."""
        return cls(TaskStore(client, tasks_table), TaskLists(client, tasks_table), CatalogueStore(client, tasks_table))


type Handle = Callable[[Request, Stores], Response]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API.

    Attributes:
        routes: its routes, each a method and a path, such as ``GET /tasks/{id}``.
        handle: makes the answer, or raises a ``Problem`` or a ``DomainError``.
    """

    routes: Sequence[str]
    handle: Handle


def operation(*routes: str) -> Callable[[Handle], Operation]:
    """Make an operation with these routes of a function."""
    return lambda handle: Operation(routes, handle)
