"""Where tasks live: the number, then the write; exactly once (contract section 7).

A create is two requests. ``UpdateItem`` takes the company's next number from its counter. ``PutItem`` writes the task
on the condition that its id is free; when it is not, the item found there comes back in the same answer and decides
what happened, without a third request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from servicedesk.domain import content_digest
from servicedesk.domain.task import FIELDS, NewTask, Task
from servicedesk.store import dynamodb
from servicedesk.telemetry import timed
from servicedesk.wire.problems import NoSuchTask

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


@dataclass(frozen=True, slots=True)
class Stored:
    """A task as the table has it (or, in a dry run, would); ``replayed`` when an earlier request had put it there."""

    task: Task
    replayed: bool


class ConflictingTaskError(Exception):
    """The id of a new task is taken in its company by a task of other content. Nothing was written."""


class TaskStore:
    """The tasks of all companies in one table, each company in a partition of its own."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def create(self, task: Task, said: NewTask) -> Stored:
        """Number ``task``, which ``said`` has become, and write it, unless its company has one with its id.

        Raises:
            ConflictingTaskError: that one's create said something else.
            Unavailable: the database did not answer in time; whether the task was written is not known. Or a later
                release wrote the one that is there, and only that release can tell whether it says the same.
        """
        with dynamodb.passing_faults_are_unavailable():
            numbered = replace(task, id2=self._next_number(task.company_id))
            found = self._put_new(numbered, content_digest.of(said))
        if found is None:
            return Stored(numbered, replayed=False)
        stored = _replayed(found, said)
        # The same number means that a retry of the SDK met the write of its own first attempt.
        return replace(stored, replayed=stored.task.id2 != numbered.id2)

    def created_before(self, task: Task, said: NewTask) -> Stored | None:
        """What ``create`` would replay, read consistently; nothing where it would write. Takes no number.

        Raises:
            ConflictingTaskError: as ``create``.
            Unavailable: as ``create``.
        """
        found = self._find(task.company_id, task.id)
        return _replayed(found, said) if found else None

    def get(self, company_id: str, task_id: str) -> Task:
        """The company's task with that id, read consistently (contract rule 1.2).

        Raises:
            NoSuchTask: the company has none, whoever else may have.
            Unavailable: the database did not answer in time.
        """
        found = self._find(company_id, task_id)
        if found is None:
            raise NoSuchTask("The company has no task with this id.")
        return _task(found)

    def start_numbers_at(self, company_id: str, first_number: int) -> int:
        """Let the company's numbers begin at ``first_number``, unless they are past it; return the next number.

        Raises:
            Unavailable: the database did not answer in time.
        """
        try:
            with dynamodb.passing_faults_are_unavailable():
                self._client.update_item(
                    TableName=self._table,
                    Key=_counter_key(company_id),
                    UpdateExpression="SET last_id2 = :last",
                    ConditionExpression="attribute_not_exists(last_id2) OR last_id2 < :last",
                    ExpressionAttributeValues=dynamodb.to_item({":last": first_number - 1}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return int(error.response["Item"]["last_id2"]["N"]) + 1  # type: ignore[typeddict-item]
        return first_number

    @timed("ReadLatency")
    def _find(self, company_id: str, task_id: str) -> Mapping[str, object] | None:
        with dynamodb.passing_faults_are_unavailable():
            answer = self._client.get_item(
                TableName=self._table, Key=dynamodb.to_item(_key(company_id, task_id)), ConsistentRead=True
            )
        return dynamodb.from_item(answer["Item"]) if "Item" in answer else None

    @timed("NumberLatency")
    def _next_number(self, company_id: str) -> int:
        answer = self._client.update_item(
            TableName=self._table,
            Key=_counter_key(company_id),
            UpdateExpression="ADD last_id2 :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["last_id2"]["N"])

    @timed("WriteLatency")
    def _put_new(self, task: Task, digest: str) -> Mapping[str, object] | None:
        """Write ``task`` and return nothing, or leave the item that has its key and return that."""
        fields = {name: getattr(task, name) for name in FIELDS}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=dynamodb.to_item(_key(task.company_id, task.id) | fields | {"content_digest": digest}),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return dynamodb.from_item(error.response["Item"])  # type: ignore[typeddict-item]
        return None


def _key(company_id: str, task_id: str) -> dict[str, object]:
    return {"pk": f"COMPANY#{company_id}", "sk": f"TASK#{task_id}"}


def _counter_key(company_id: str) -> dict[str, "AttributeValueTypeDef"]:
    return dynamodb.to_item({"pk": f"COMPANY#{company_id}", "sk": "COUNTER"})


def _replayed(found: Mapping[str, object], said: NewTask) -> Stored:
    digest = found.get("content_digest")
    if not isinstance(digest, str) or not content_digest.same(digest, said):
        raise ConflictingTaskError
    return Stored(_task(found), replayed=True)


def _task(item: Mapping[str, object]) -> Task:
    # Only what this release knows: a later one, running beside it, may store more.
    return Task(**{name: item.get(name) for name in FIELDS})  # type: ignore[arg-type]
