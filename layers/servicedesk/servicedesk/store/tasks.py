"""Tasks in DynamoDB, each created exactly once (contract section 7).

A create is two requests. ``UpdateItem`` takes the company's next number from its counter. ``PutItem`` writes the task
on the condition that its id is free. If it is not, the same answer returns the existing item, which tells a retry from
a conflict without a third request.

A change is a consistent read and one ``UpdateItem``, on the condition that the task still has the version that was
read. If it has not, the same answer returns the current item, and again no further request is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from servicedesk.domain import content_digest
from servicedesk.domain.actor import NOBODY, Actor
from servicedesk.domain.faults import ConflictingTaskError, NoSuchTaskError
from servicedesk.domain.task import ClientFields, Task
from servicedesk.store import dynamodb, keys, task_items
from servicedesk.store.task_items import Versioned
from servicedesk.telemetry import timed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored task, or the task that a dry run would have stored.

    ``replayed`` tells whether an earlier request created it.
    """

    task: Task
    replayed: bool
    version: int = task_items.FIRST_VERSION


class TaskStore:
    """The tasks of all companies in one table, where each company is a partition of its own."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def create(self, task: Task, content: ClientFields, actor: Actor = NOBODY, number: int | None = None) -> Stored:
        """Number ``task``, which the client described by ``content``, and write it unless its id is taken.

        ``number`` is one of ``take_numbers``, if the task has one already.

        Raises:
            ConflictingTaskError: the company has a task with this id and other content.
            UnavailableError: the database did not answer in time; the task may have been written.
        """
        with dynamodb.temporary_faults_as_unavailable():
            number = number or self._last_taken(task.company_id, 1)
            numbered = task.model_copy(update={"id2": number})
            found = self._put_new(numbered, content_digest.of_content(content), actor)
        if found is None:
            return Stored(numbered, replayed=False)
        replay = _replay(found, content)
        # The same number means that a retry of the SDK met the write of its own first attempt.
        return replace(replay, replayed=replay.task.id2 != numbered.id2)

    def take_numbers(self, company_id: str, count: int) -> range:
        """Take the next ``count`` numbers of a company in one request (contract rule 14.5).

        Raises:
            UnavailableError: the database did not answer in time. Numbers may have been taken, and are then skipped.
        """
        with dynamodb.temporary_faults_as_unavailable():
            last = self._last_taken(company_id, count)
        return range(last - count + 1, last + 1)

    def preview(self, task: Task, content: ClientFields) -> Stored:
        """Return the result of ``create``, but write nothing and take no number (contract rule 1.3).

        Raises:
            ConflictingTaskError: as ``create``.
            UnavailableError: the database did not answer in time.
        """
        return self.find_replay(task, content) or Stored(task, replayed=False)

    def find_replay(self, task: Task, content: ClientFields) -> Stored | None:
        """Return the stored task that a create of ``task`` would replay, or ``None`` if it would write.

        Raises:
            ConflictingTaskError: as ``create``.
            UnavailableError: the database did not answer in time.
        """
        found = self._find(task.company_id, task.id)
        return _replay(found, content) if found else None

    def get(self, company_id: str, task_id: str) -> Versioned:
        """Return the company's task with this id, read consistently (contract rule 1.2).

        Raises:
            NoSuchTaskError: the company has none, even if another one has.
            UnavailableError: the database did not answer in time.
        """
        return _versioned(self._find(company_id, task_id))

    def replace(self, read: Versioned, changed: Task, actor: Actor = NOBODY) -> Versioned | None:
        """Write ``changed`` over the task that was ``read``, unless somebody has changed that since.

        Returns:
            ``None`` if it was written, and otherwise the task as somebody else has changed it.

        Raises:
            NoSuchTaskError: the task has been erased since.
            UnavailableError: the database did not answer in time, or its answer leaves open whether it wrote the task.
        """
        found, sent_before = self._update(read, changed, actor)
        if found is None:
            return None
        current = _versioned(found)
        if sent_before and current.task == changed:
            return None  # a retry of the SDK met the write of its own first attempt
        if sent_before and current.version > read.version + 1:
            # The first attempt may have written the next version, and someone else the one after it.
            raise dynamodb.unavailable()
        return current

    def start_numbers_at(self, company_id: str, first_number: int) -> int:
        """Start the company's numbers at ``first_number``, unless they are past it. Return the next number.

        Raises:
            UnavailableError: the database did not answer in time.
        """
        try:
            with dynamodb.temporary_faults_as_unavailable():
                self._client.update_item(
                    TableName=self._table,
                    Key=keys.counter(company_id),
                    UpdateExpression="SET last_id2 = :last",
                    ConditionExpression="attribute_not_exists(last_id2) OR last_id2 < :last",
                    ExpressionAttributeValues=dynamodb.to_item({":last": first_number - 1}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return int(str(dynamodb.found_instead(error)["last_id2"])) + 1
        return first_number

    @timed("ReadLatency")
    def _find(self, company_id: str, task_id: str) -> Mapping[str, object] | None:
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.get_item(
                TableName=self._table, Key=keys.task(company_id, task_id), ConsistentRead=True
            )
        return dynamodb.from_item(answer["Item"]) if "Item" in answer else None

    @timed("NumberLatency")
    def _last_taken(self, company_id: str, count: int) -> int:
        answer = self._client.update_item(
            TableName=self._table,
            Key=keys.counter(company_id),
            UpdateExpression="ADD last_id2 :count",
            ExpressionAttributeValues={":count": {"N": str(count)}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["last_id2"]["N"])

    @timed("WriteLatency")
    def _put_new(self, task: Task, digest: str, actor: Actor) -> Mapping[str, object] | None:
        """Write ``task`` and return ``None``, or return the existing item with its key."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=task_items.of_task(task, digest, actor),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return dynamodb.found_instead(error)
        return None

    @timed("WriteLatency")
    def _update(self, read: Versioned, changed: Task, actor: Actor) -> tuple[Mapping[str, object] | None, bool]:
        """Write the attributes in which ``changed`` differs.

        Returns ``None``, or the item that was found instead (empty if there is none), and whether this was a retry of
        the SDK.
        """
        values, removed = task_items.changes(read, changed, actor)
        # Each step of a path is a placeholder, because DynamoDB reserves some 600 words.
        sets = ", ".join(f"{_placeholder(path)} = :{'_'.join(path)}" for path in values)
        removes = ", ".join(map(_placeholder, removed))
        try:
            with dynamodb.temporary_faults_as_unavailable():
                self._client.update_item(
                    TableName=self._table,
                    Key=keys.task(changed.company_id, changed.id),
                    UpdateExpression=f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
                    ConditionExpression="#version = :read",  # an erased task, which has none, must not come back
                    ExpressionAttributeNames={f"#{step}": step for path in (*values, *removed) for step in path},
                    ExpressionAttributeValues=dynamodb.to_item(
                        {f":{'_'.join(path)}": value for path, value in values.items()} | {":read": read.version}
                    ),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return dynamodb.found_instead(error), error.response["ResponseMetadata"]["RetryAttempts"] > 0
        return None, False


def _placeholder(path: Sequence[str]) -> str:
    return ".".join(f"#{step}" for step in path)


def _versioned(found: Mapping[str, object] | None) -> Versioned:
    if not found:
        raise NoSuchTaskError("The company has no task with this id.")
    return task_items.read(found)


def _replay(found: Mapping[str, object], content: ClientFields) -> Stored:
    if not content_digest.has_same_content(str(found["digest"]), content):
        raise ConflictingTaskError("The company already has a task with this id and different content.")
    stored = task_items.read(found)
    return Stored(stored.task, replayed=True, version=stored.version)
