"""A bus that fails as planned, and Lambda's event source mapping of a stream."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import patch

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from servicedesk.domain.task import Task
from servicedesk.store import dynamodb, keys, task_items
from servicedesk.telemetry import InvocationFailedError

from tests.api import Context

EPOCH = "2026-06-24T00:00:00.000"
"""The moment at which the records' stream was enabled."""

MEGABYTE = 1_000_000
"""The limit of PutEvents, in the strict reading of AWS's "1MB"."""

type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
type Answer = Callable[[Sequence[Any], "Bus"], dict[str, Any]]
type Version = tuple[str, str, int]


class Killed(BaseException):
    """The execution environment's end."""


class AlreadyThereError(Exception):
    """The failed condition of an update of an existing history entry."""


def taken(entries: Sequence[Any], bus: "Bus") -> dict[str, Any]:
    """Take all entries."""
    return refusing()(entries, bus)


def refusing(*places: int, code: str = "InternalFailure") -> Answer:
    """Refuse the entries at these places of a request, and take the others."""

    def answer(entries: Sequence[Any], bus: "Bus") -> dict[str, Any]:
        refused = {"ErrorCode": code, "ErrorMessage": "no"}
        results = []
        for place, entry in enumerate(entries):
            bus.taken += [] if place in places else [entry]
            results.append(refused if place in places else {"EventId": f"{place}"})
        return {"FailedEntryCount": sum(result is refused for result in results), "Entries": results}

    return answer


def throttled(entries: Sequence[Any], bus: "Bus") -> dict[str, Any]:
    """Refuse the whole request."""
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "PutEvents")


def invalid(entries: Sequence[Any], bus: "Bus") -> dict[str, Any]:
    """Refuse the whole request as invalid."""
    raise ClientError({"Error": {"Code": "ValidationException", "Message": "too large"}}, "PutEvents")


def unreachable(entries: Sequence[Any], bus: "Bus") -> dict[str, Any]:
    """Take nothing, because the bus is unreachable."""
    raise ConnectTimeoutError(endpoint_url="https://events.example")


def unanswered(entries: Sequence[Any], bus: "Bus") -> dict[str, Any]:
    """Take all entries, but send no answer."""
    bus.taken += entries
    raise ReadTimeoutError(endpoint_url="https://events.example")


def killing(after: int) -> Answer:
    """Take this many entries, and then kill the function."""

    def answer(entries: Sequence[Any], bus: "Bus") -> dict[str, Any]:
        bus.taken += entries[:after]
        raise Killed

    return answer


@dataclass
class Bus:
    """A client that answers requests as planned, one after the other, and then accepts everything."""

    plan: list[Answer] = field(default_factory=list)
    taken: list[Mapping[str, Any]] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    aside: list[dict[str, Any]] = field(default_factory=list)
    """The positions that the function put into the dead-letter queue."""
    queue_is_down: bool = False
    history: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The entries of the history, by their sort keys."""
    refused_entries: list[Exception] = field(default_factory=list)
    """The database's answers to the next attempts to add an entry."""
    exceptions: ClassVar[Any] = SimpleNamespace(ConditionalCheckFailedException=AlreadyThereError)

    def put_events(self, *, Entries: Sequence[Any]) -> dict[str, Any]:  # noqa: N803 - botocore's own name
        """As EventBridge does it, with its limits."""
        assert 1 <= len(Entries) <= 10
        assert sum(len((part["Source"] + part["DetailType"] + part["Detail"]).encode()) for part in Entries) < MEGABYTE
        assert all(entry["EventBusName"] == "TaskEvents" for entry in Entries)
        self.requests.append(len(Entries))
        return (self.plan.pop(0) if self.plan else taken)(Entries, self)

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - botocore's own names
        """As SQS does it, for the dead-letter queue."""
        assert QueueUrl == "UndeliveredEvents"
        if self.queue_is_down:
            raise ConnectTimeoutError(endpoint_url="https://sqs.example")
        self.aside.append(json.loads(MessageBody)["DDBStreamBatchInfo"])

    def get_item(self, **_: Any) -> dict[str, Any]:
        """As DynamoDB does it, with the counter of a company that is there."""
        return {"Item": {}}

    def update_item(self, *, Key: Any, ExpressionAttributeValues: Any, **_: Any) -> None:  # noqa: N803
        """As DynamoDB does it, for an entry of the history."""
        if self.refused_entries:
            raise self.refused_entries.pop(0)
        if (place := Key["sk"]["S"]) in self.history:
            raise AlreadyThereError
        self.history[place] = dynamodb.from_item(ExpressionAttributeValues)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that it took, as it passes them on."""
        return [
            {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
            for entry in self.taken
        ]

    @property
    def versions(self) -> list[Version]:
        """The version that each event is of."""
        return [version_of(event) for event in self.events]


def version_of(event: Mapping[str, Any]) -> Version:
    """Return the task's version in an event."""
    return event["detail"]["company_id"], event["detail"]["task"]["id"], event["detail"]["version"]


@dataclass
class StreamMapping:
    """Lambda's event source mapping, which retries until all records are processed, or gives up single ones.

    ``attempts`` is the number of calls until a record is too old.
    """

    handler: Handler
    bisects: bool = True
    attempts: int = 20
    dead_letters: list[Any] = field(default_factory=list)
    calls: int = 0

    def deliver(self, records: Sequence[Any], attempt: int = 1) -> None:
        """Deliver records in order; retry a failed batch, bisected if possible."""
        self.calls += 1
        try:
            answer = self.handler({"Records": list(records)}, Context())
        except (InvocationFailedError, Killed):
            if self.bisects and len(records) > 1:
                # Halving does not count as an attempt (Lambda's documentation of BisectBatchOnFunctionError).
                half = len(records) // 2
                self.deliver(records[:half], attempt)
                self.deliver(records[half:], attempt)
            elif attempt <= self.attempts:
                self.deliver(records, attempt + 1)
            else:
                self.dead_letters += records
        else:
            self._go_on(records, [each["itemIdentifier"] for each in answer["batchItemFailures"]], attempt)

    def _go_on(self, records: Sequence[Any], failed: Sequence[str], attempt: int) -> None:
        """Retry from the first record that the function reported (ReportBatchItemFailures)."""
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        if first := min(map(numbers.index, failed), default=0):
            self.deliver(records[first:], 1)
        elif failed and attempt <= self.attempts:
            self.deliver(records, attempt + 1)
        elif failed:
            self.dead_letters += records


@contextmanager
def behind(module: Any, bus: Bus) -> Iterator[None]:
    """Replace the function's clients by ``bus`` in a `with` block."""
    clients = (module.bus, module.undelivered, module.history)
    with ExitStack() as patched:
        for each in clients:
            patched.enter_context(patch.object(each, "_client", bus))
        yield


def record(
    new: Task | None,
    version: int = 1,
    old: Task | None = None,
    number: int = 1,
    *,
    more: Mapping[str, str] | None = None,
    epoch: str = EPOCH,
    actor: str = "",
) -> Any:
    """Return a record of the stream, as Lambda delivers it, of a write from version - 1 to version.

    `actor` is the item's attribute after the write.
    """
    task = new or old
    assert task
    change: dict[str, Any] = {"Keys": keys.task(task.company_id, task.id), "SequenceNumber": f"{number:021}"}
    if new:
        change["NewImage"] = {
            **task_items.of_task(new, "1:digest", version=version),
            **dynamodb.to_item({"actor": actor or None, **(more or {})}),
        }
    if old:
        change["OldImage"] = task_items.of_task(old, "1:digest", version=version - 1)
    kind = "MODIFY" if new and old else "INSERT" if new else "REMOVE"
    return {"eventName": kind, "eventSourceARN": stream_arn(epoch), "dynamodb": change}


def stream_arn(epoch: str = EPOCH) -> str:
    """Return the ARN of the tasks table's stream that was enabled at a moment."""
    return f"arn:aws:dynamodb:eu-west-1:123456789012:table/TasksTable/stream/{epoch}"


def history(tasks: Iterable[Task], versions: int) -> list[Any]:
    """Return the records of tasks that were created and then changed, in turn."""
    records, states = [], list(tasks)
    for place, task in enumerate(states):
        records.append(record(task, 1, number=place))
    for version in range(2, versions + 1):
        for place, old in enumerate(states):
            states[place] = old.model_copy(update={"subject": f"{old.subject}, {version}"})
            records.append(record(states[place], version, old, number=len(records)))
    return records
