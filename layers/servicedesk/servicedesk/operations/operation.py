"""An operation: its routes, and a function from a request to a response."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING

from servicedesk.store import dynamodb
from servicedesk.store.catalogues import CatalogueStore
from servicedesk.store.tasks import TaskStore
from servicedesk.wire import query_options
from servicedesk.wire.gateway import Request, Response

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from servicedesk.store.history import HistoryStore
    from servicedesk.store.task_lists import TaskLists


@dataclass(frozen=True)
class Stores:
    """The stores that operations read and write. What a create does not need is imported on first use."""

    client: "DynamoDBClient"
    tasks_table: str
    stream_arn: str
    tasks: TaskStore
    catalogues: CatalogueStore

    @classmethod
    def over(cls, client: "DynamoDBClient", tasks_table: str, stream_arn: str) -> "Stores":
        """Return the stores over a table and its stream."""
        return cls(client, tasks_table, stream_arn, TaskStore(client, tasks_table), CatalogueStore(client, tasks_table))

    @cached_property
    def epoch(self) -> str:
        """A text that grows with each restore of the table (contract rule 12.1), and limits cursors of the feed."""
        from servicedesk.store.task_stream import epoch_of  # noqa: PLC0415

        return epoch_of(self.stream_arn)

    @cached_property
    def lists(self) -> "TaskLists":
        """The lists of tasks, and the feed of changes."""
        from servicedesk.store.task_lists import TaskLists  # noqa: PLC0415

        return TaskLists(self.client, self.tasks_table)

    @cached_property
    def history(self) -> "HistoryStore":
        """The history of tasks."""
        from servicedesk.store.history import HistoryStore  # noqa: PLC0415

        return HistoryStore(self.client, self.tasks_table, self.epoch)


class TimeLimit:
    """The time limit of a request."""

    def __init__(self, request: Request) -> None:
        self._started = request.started

    def require(self, requests: int) -> None:
        """Raise ``UnavailableError`` if this many more requests might not finish before the function's timeout."""
        if monotonic() - self._started + requests * dynamodb.REQUEST_SECONDS > dynamodb.WRITE_SECONDS:
            raise dynamodb.unavailable()


type Handle = Callable[[Request, Stores], Response]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API.

    Attributes:
        routes: its routes, each a method and a path, such as ``GET /tasks/{id}``.
        handle: returns the response, or raises a ``Problem`` or a ``DomainError``.
        options: its query options, with the ``$`` of OData's.
        reads: whether it only reads.
    """

    routes: Sequence[str]
    handle: Handle
    options: Sequence[str]
    reads: bool

    def answer(self, request: Request, stores: Stores) -> Response:
        """Return the response to a request, after removing unsupported query options.

        Raises:
            Problem: as ``query_options.taken``.
        """
        taken, headers = query_options.taken(request, self.options, reads=self.reads)
        response = self.handle(taken, stores)
        applied = [each["Preference-Applied"] for each in (response.headers, headers) if each.get("Preference-Applied")]
        return replace(response, headers={**response.headers, **headers, "Preference-Applied": ", ".join(applied)})


def operation(*routes: str, options: Sequence[str] = (), reads: bool = False) -> Callable[[Handle], Operation]:
    """Decorate a function as the operation with these routes. If all of them are ``GET``, it only reads."""
    only_gets = all(route.startswith("GET ") for route in routes)
    return lambda handle: Operation(routes, handle, options, reads or only_gets)
