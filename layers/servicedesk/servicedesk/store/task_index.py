"""Bring tasks that an earlier release stored into the table's indexes.

Such a task has no ``task_list``, which places it in ``by_number``, and no version. An operator calls ``index_tasks``
again and again, each time with the place that the last call reached, until a whole pass finds no such task.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from servicedesk.store import dynamodb, keys, task_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STEP_ITEMS = 500
"""The most items that one step reads."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did.

    Attributes:
        found: how many tasks were not in the index. The step has written them, or another write came first.
        next: where the next step begins, as the keys ``pk`` and ``sk``; ``None`` at the end of the table. None is left
            once all steps from the start of the table to its end have found none.
    """

    found: int
    next: dict[str, str] | None


def index_tasks(
    client: "DynamoDBClient",
    table: str,
    start: dict[str, str] | None = None,
    items: int = STEP_ITEMS,
    has_time: Callable[[], bool] = lambda: True,
) -> Step:
    """Read up to ``items`` items from ``start`` on, and write what the tasks among them lack.

    The step ends early, after one task at least, where ``has_time`` says that there is no time for the next one.

    No field of a task changes, nor its ``modified_dateutc``. A write that comes between is not undone: the step leaves
    that task alone, and the next pass looks at it again. Each step can be repeated.

    Raises:
        UnavailableError: the database did not answer in time. The same step can be sent again.
    """
    begin: dict[str, Any] = {"ExclusiveStartKey": dynamodb.to_item(start)} if start else {}
    with dynamodb.temporary_faults_as_unavailable():
        answer = client.scan(
            TableName=table,
            FilterExpression="begins_with(sk, :task) AND attribute_not_exists(task_list)",
            ExpressionAttributeValues=dynamodb.to_item({":task": keys.TASK_PREFIX}),
            ProjectionExpression="pk, sk, company_id, archived",
            ConsistentRead=True,
            Limit=items,
            **begin,
        )
    found = [dynamodb.from_item(item) for item in answer["Items"]]
    for count, item in enumerate(found):
        if count and not has_time():
            reached = found[count - 1]
            return Step(count, {"pk": str(reached["pk"]), "sk": str(reached["sk"])})
        _index(client, table, item)
    last = dynamodb.from_item(answer.get("LastEvaluatedKey", {}))
    return Step(len(found), {name: str(value) for name, value in last.items()} or None)


def _index(client: "DynamoDBClient", table: str, item: dict[str, object]) -> None:
    archived = bool(item["archived"])
    values = {
        ":list": keys.task_list(str(item["company_id"]), archived=archived),
        ":first": task_items.FIRST_VERSION,
        ":archived": archived,
    }
    try:
        with dynamodb.temporary_faults_as_unavailable():
            client.update_item(
                TableName=table,
                Key=dynamodb.to_item({"pk": item["pk"], "sk": item["sk"]}),
                UpdateExpression="SET task_list = :list, version = if_not_exists(version, :first)",
                ConditionExpression="attribute_not_exists(task_list) AND archived = :archived",
                ExpressionAttributeValues=dynamodb.to_item(values),
            )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
