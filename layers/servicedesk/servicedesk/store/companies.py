"""Companies in the tasks table: whether one is onboarded, its counter, and all its items."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from servicedesk.domain import company
from servicedesk.store import dynamodb, keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import ScanOutputTypeDef

BATCH = 25
"""The most items that one BatchWriteItem deletes."""

PAGE = 100
"""The most items that one request for counters reads."""

COUNTER_REQUESTS = 2
"""The most requests that ``CompanyStore.counters`` sends before it yields the next counter, or ends. A company that is
half erased, and so has tasks but no counter, adds one."""


class CompanyStore:
    """The companies of one tasks table. Every read is consistent.

    Each method raises ``UnavailableError`` if the database does not answer in time.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def require_onboarded(self, company_id: str) -> None:
        """Check that the company was onboarded and is not erased.

        An onboarded company has a counter.

        Raises:
            InvalidCommandError: ``not_onboarded``, if it was never onboarded, or is erased.
        """
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.get_item(
                TableName=self._table,
                Key=keys.counter(company_id),
                ConsistentRead=True,
                ProjectionExpression="pk",
            )
        if "Item" not in answer:
            raise company.not_onboarded()

    def some_item_keys(self, company_id: str) -> Sequence[keys.Key]:
        """Return the primary keys of up to ``BATCH`` items of the company, whatever they are."""
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": keys.partition(company_id)}},
                ProjectionExpression="pk, sk",
                ConsistentRead=True,
                Limit=BATCH,
            )
        return answer["Items"]

    def delete_items(self, item_keys: Sequence[keys.Key]) -> int:
        """Delete the items with these primary keys, up to ``BATCH``, and return how many of them are gone."""
        requests = [{"DeleteRequest": {"Key": key}} for key in item_keys]
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.batch_write_item(RequestItems={self._table: requests})  # type: ignore[dict-item]
        return len(item_keys) - len(answer.get("UnprocessedItems", {}).get(self._table, []))

    def counters(self, after: str | None = None) -> Iterator[tuple[str, int]]:
        """Yield each company and its last number, in the table's own order, which never changes.

        ``after`` leaves out the companies up to this one. The scan skips a company's tasks, so that it takes about one
        request for each company, however many tasks there are.
        """
        start = keys.end_of_company(after) if after else None
        while True:
            page = self._counters(start)
            for item in page["Items"]:
                yield keys.company_of(item), int(item["last_id2"]["N"])
            start = page.get("LastEvaluatedKey")
            if start is None:
                return
            if start["sk"]["S"] >= keys.COUNTER:
                start = keys.end_of_company(keys.company_of(start))

    def _counters(self, start: keys.Key | None) -> "ScanOutputTypeDef":
        begin = {"ExclusiveStartKey": start} if start else {}
        with dynamodb.temporary_faults_as_unavailable():
            return self._client.scan(
                TableName=self._table,
                FilterExpression="sk = :counter",
                ExpressionAttributeValues={":counter": {"S": keys.COUNTER}},
                ProjectionExpression="pk, last_id2",
                ConsistentRead=True,
                Limit=PAGE,
                **begin,  # type: ignore[arg-type]
            )
