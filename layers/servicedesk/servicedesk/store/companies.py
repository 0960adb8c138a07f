"""What the tasks table holds of a company as a whole, for operators: is it there, raise its numbers, erase it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from servicedesk.store import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import ScanOutputTypeDef

BATCH = 25
"""How many items one request deletes: the most that BatchWriteItem takes."""

PAGE = 100
"""How many items one request reads at most in search of counters."""

_PREFIX = "COMPANY#"

_COUNTER = "COUNTER"
_LAST = "~"
"""A sort key after those of all items of a company."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The last number of each of some companies; ``after`` is the company after which the others come, if any do."""

    last: Mapping[str, int]
    after: str | None


class CompanyStore:
    """The companies of one tasks table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def onboarded(self, company_id: str) -> bool:
        """Tell whether the company was onboarded and is not erased, read consistently.

        Its counter is the mark: every release's ``onboard`` has made one, and so has every first task.

        Raises:
            Unavailable: the database did not answer in time.
        """
        key = dynamodb.to_item({"pk": _PREFIX + company_id, "sk": _COUNTER})
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.get_item(
                TableName=self._table, Key=key, ConsistentRead=True, ProjectionExpression="pk"
            )
        return "Item" in answer

    def keys_of_items(self, company_id: str) -> Sequence[dynamodb.Item]:
        """Return the primary keys of up to ``BATCH`` items of the company, whatever they are, read consistently.

        Raises:
            Unavailable: the database did not answer in time.
        """
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=dynamodb.to_item({":pk": _PREFIX + company_id}),
                ProjectionExpression="pk, sk",
                ConsistentRead=True,
                Limit=BATCH,
            )
        return answer["Items"]

    def delete(self, keys: Sequence[dynamodb.Item]) -> int:
        """Delete the items with these primary keys, up to ``BATCH``, and return how many of them are gone.

        Raises:
            Unavailable: the database did not answer in time.
        """
        requests = [{"DeleteRequest": {"Key": key}} for key in keys]
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.batch_write_item(RequestItems={self._table: requests})  # type: ignore[dict-item]
        return len(keys) - len(answer.get("UnprocessedItems", {}).get(self._table, []))

    def numbers(self, after: str | None) -> Numbers:
        """Read the counters of the next companies in the table's own order, those that come after company ``after``.

        A page reads up to ``PAGE`` items. Of a company with more tasks than that it leaves out the rest, so that the
        whole table takes about a page for each company, however many tasks there are.

        Raises:
            Unavailable: the database did not answer in time.
        """
        start = {"pk": _PREFIX + after, "sk": _LAST} if after else None
        last: dict[str, int] = {}
        while True:
            page = self._counters(start)
            last |= {item["pk"]["S"].removeprefix(_PREFIX): int(item["last_id2"]["N"]) for item in page["Items"]}
            if "LastEvaluatedKey" not in page:
                return Numbers(last, None)
            start = {name: value["S"] for name, value in page["LastEvaluatedKey"].items()}
            if start["sk"] >= _COUNTER:
                return Numbers(last, start["pk"].removeprefix(_PREFIX))

    def _counters(self, start: Mapping[str, str] | None) -> "ScanOutputTypeDef":
        begin = {"ExclusiveStartKey": dynamodb.to_item(start)} if start else {}
        with dynamodb.temporary_faults_as_unavailable():
            return self._client.scan(
                TableName=self._table,
                FilterExpression="sk = :counter",
                ExpressionAttributeValues={":counter": {"S": _COUNTER}},
                ProjectionExpression="pk, last_id2",
                ConsistentRead=True,
                Limit=PAGE,
                **begin,  # type: ignore[arg-type]
            )
