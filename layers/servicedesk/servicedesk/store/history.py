"""The history of tasks in the tasks table: an item for each change, in no index (contract section 15).

``PublishEvents`` writes the items from the table's stream. A creation has no item: its entry comes from the task's own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from servicedesk.domain import task_history
from servicedesk.domain.actor import Actor
from servicedesk.domain.faults import UnavailableError, UndeliveredError
from servicedesk.domain.task import FIELDS
from servicedesk.domain.task_event import TaskEvent
from servicedesk.domain.task_history import HistoryEntry
from servicedesk.domain.task_position import AfterVersion
from servicedesk.store import dynamodb, keys
from servicedesk.store.task_items import Versioned
from servicedesk.telemetry import timed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LARGEST_REMARKS = 390_000
"""The most bytes of the old and the new remark of an entry together. The rest of an entry has less than 10,000, and
DynamoDB's limit of an item is 409,600 bytes, attribute names included."""

PAGE_BYTES = 500_000
"""Bytes of text after which a page ends. With its last entry, a page is no larger than one of a list
(``task_lists.PAGE_BYTES``)."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of a task's history.

    Attributes:
        entries: the entries, the newest first; fewer than requested if they are large.
        complete_to: the task's version if no entry is missing, and otherwise the version below the highest gap.
        next: where the next page begins; ``None`` on the last one.
        skip: how many entries are still to be skipped.
    """

    entries: Sequence[HistoryEntry]
    complete_to: int
    next: AfterVersion | None = None
    skip: int = 0


class HistoryStore:
    """The history of all tasks in one table.

    ``epoch`` is the table's current one: records of an earlier epoch are of a table that a restore has replaced.
    """

    def __init__(self, client: "DynamoDBClient", table: str, epoch: str) -> None:
        self._client = client
        self._table = table
        self._epoch = epoch

    def add(self, event: TaskEvent, there: dict[str, bool], context: Any) -> None:
        """Add the entry of a change, unless it exists already, or its company was erased (rule 15.4).

        ``there`` caches, for one invocation, which companies exist. ``context`` is the invocation's.

        Raises:
            UndeliveredError: the database did not accept it, or there was no time left. It can be added again.
        """
        if event.before is None or event.epoch < self._epoch:
            return
        # One request for the entry, and one for the bus, which follows.
        if not dynamodb.has_time_for(2, context):
            raise UndeliveredError("There was no time to add all history entries.")
        company_id = event.task.company_id
        try:
            if company_id not in there:
                there[company_id] = self._has_counter(company_id)
            if there[company_id]:
                self._add(event)
        except UnavailableError as error:
            raise UndeliveredError("The database did not accept a history entry in time.") from error
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationException":
                raise  # no retry can help
            raise UndeliveredError("The database refused a history entry.") from error

    def page(self, of: Versioned, size: int, after: AfterVersion | None = None, skip: int = 0) -> HistoryPage:
        """Return up to ``size`` entries of a task's history, the newest first, without the first ``skip`` of them.

        A page ends earlier if its entries are large, or if one request has read all that it can. Late records of an
        erased company can have left entries of an earlier task with the same id (rule 15.4). They are older than the
        creation of this one, and no page shows or counts them.

        Raises:
            UnavailableError: the database did not answer in time.
        """
        answer = self._query(of, after, skip + size)
        begin, creation = after, task_history.of_creation(*of.created)
        entries: list[HistoryEntry] = []
        met: list[HistoryEntry] = []
        room = PAGE_BYTES
        for item in answer["Items"]:
            entry = _read(dynamodb.from_item(item))
            after = AfterVersion(entry.version, entry.unversioned_write)
            if entry.date < creation.date:
                continue
            met.append(entry)
            if skip:
                skip -= 1
                continue
            entries.append(entry)
            room -= len(json.dumps([entry.previous, entry.current], ensure_ascii=False).encode())
            if len(entries) == size or room <= 0:
                return HistoryPage(entries, task_history.complete_to(of.version, begin, met, after), after)
        if "LastEvaluatedKey" in answer:
            return HistoryPage(entries, task_history.complete_to(of.version, begin, met, after), after, skip)
        complete_to = task_history.complete_to(of.version, begin, [*met, creation], None)
        return HistoryPage([*entries, *([] if skip else [creation])], complete_to)

    @timed("ReadLatency")
    def _has_counter(self, company_id: str) -> bool:
        """Return whether a company exists: erasing it deletes the counter first."""
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.get_item(
                TableName=self._table, Key=keys.counter(company_id), ConsistentRead=True, ProjectionExpression="pk"
            )
        return "Item" in answer

    @timed("WriteLatency")
    def _add(self, event: TaskEvent) -> None:
        entry = _fitting(task_history.of_change(event))
        values: Mapping[str, object] = {
            "type": str(entry.type),
            "date": entry.date,
            "epoch": event.epoch,
            "contact_id": entry.actor.contact_id,
            "key_id": entry.actor.key_id,
            "changed": list(entry.changed),
            "previous": entry.previous,
            "current": entry.current,
            "omitted": list(entry.omitted) or None,
        }
        place = _place(entry.version, entry.unversioned_write)
        sets = ", ".join(f"#{name} = :{name}" for name, value in values.items() if value is not None)
        removes = ", ".join(f"#{name}" for name, value in values.items() if value is None)
        try:
            with dynamodb.temporary_faults_as_unavailable():
                # An update, because IAM can limit it to the attributes of an entry. An entry of an earlier epoch, or of
                # a company that was erased and onboarded again, belongs to another task, and is overwritten.
                self._client.update_item(
                    TableName=self._table,
                    Key=keys.history(event.task.company_id, event.task.id, place),
                    UpdateExpression=f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
                    ConditionExpression="attribute_not_exists(pk) OR #epoch < :epoch "
                    "OR (#epoch = :epoch AND #date < :date)",
                    ExpressionAttributeNames={f"#{name}": name for name in values},
                    ExpressionAttributeValues=dynamodb.to_item({f":{name}": value for name, value in values.items()}),
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # delivered twice

    @timed("ReadLatency")
    def _query(self, of: Versioned, after: AfterVersion | None, limit: int) -> Mapping[str, Any]:
        # An entry of a later version than the task's belongs to a table that a restore has replaced.
        begin: dict[str, Any] = {}
        first, last, start = (
            keys.history(of.task.company_id, of.task.id, place)
            for place in ("", f"{_place(of.version)}~", _place(after.version, after.write) if after else "~")
        )
        if start["sk"]["S"] < last["sk"]["S"]:
            begin = {"ExclusiveStartKey": start}
        with dynamodb.temporary_faults_as_unavailable():
            return self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={":pk": first["pk"], ":first": first["sk"], ":last": last["sk"]},
                ScanIndexForward=False,
                Limit=limit,
                **begin,
            )


def _place(version: int, write: str = "") -> str:
    """Return the end of an entry's key, which sorts as the entries do."""
    return f"{version:010}#{write}" if write else f"{version:010}"


def _fitting(entry: HistoryEntry) -> HistoryEntry:
    """Return the entry, without the remark if that makes it too large for an item."""
    remarks = (str(values.get("remark", "")) for values in (entry.previous, entry.current))
    return entry.without("remark") if sum(len(remark.encode()) for remark in remarks) > LARGEST_REMARKS else entry


def _read(item: Mapping[str, Any]) -> HistoryEntry:
    """Return the entry in an item of plain values, without fields that only a later release knows."""
    version, _, write = str(item["sk"]).split("#", 2)[2].partition("#")
    return HistoryEntry(
        int(version),
        item["type"],
        item["date"],
        Actor(item.get("contact_id"), item.get("key_id")),
        [name for name in item["changed"] if name in FIELDS],
        item["previous"],
        item["current"],
        item.get("omitted", ()),
        write,
    )
