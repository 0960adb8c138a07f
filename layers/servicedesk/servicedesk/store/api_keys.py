"""API keys in DynamoDB: each key under its key id and, for each company, a list of the ids of its keys.

The list makes issuing safe: one transaction adds a key and its id in the list, on the condition that nobody else has
changed the list in between.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from itertools import batched
from typing import TYPE_CHECKING, Any

from servicedesk.domain import api_key, company
from servicedesk.domain.api_key import ApiKey
from servicedesk.store import dynamodb
from servicedesk.store import keys as item_keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


BATCH = 100
"""The most keys that one BatchGetItem reads."""

_ATTRIBUTES = tuple(field.name for field in fields(ApiKey))


class KeyStore:
    """The API keys of all companies in one table. Every read is consistent, so that a revoked key stays revoked.

    Each method raises ``UnavailableError`` if the database does not answer in time.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key with this id, or ``None`` if there is none."""
        item = self._get(item_keys.api_key(key_id))
        return _key(item) if item else None

    def for_company(self, company_id: str) -> Sequence[ApiKey]:
        """Return all keys that the company ever had, in the order in which they were issued."""
        return self._get_all(_key_ids(self._get(item_keys.key_list(company_id))))

    def add(self, key: ApiKey, *, existing: Sequence[ApiKey]) -> None:
        """Store a new key of a company whose keys so far are ``existing``.

        Raises:
            InvalidCommandError: ``keys_changed``, if the company has other keys now; ``being_erased``, if it is closed.
                Nothing was written.
        """
        before = [other.key_id for other in existing]
        condition = "key_ids = :before" if before else "attribute_not_exists(key_ids)"
        values = {":after": [*before, key.key_id]} | ({":before": before} if before else {})
        try:
            with dynamodb.temporary_faults_as_unavailable():
                self._client.transact_write_items(
                    TransactItems=[
                        {
                            "Put": {
                                "TableName": self._table,
                                "Item": dynamodb.to_item(asdict(key)),
                                "ConditionExpression": "attribute_not_exists(key_id)",
                            }
                        },
                        {
                            "Update": {
                                "TableName": self._table,
                                "Key": item_keys.key_list(key.company_id),
                                "UpdateExpression": "SET key_ids = :after",
                                "ConditionExpression": f"{condition} AND attribute_not_exists(closed)",
                                "ExpressionAttributeValues": dynamodb.to_item(values),
                                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                            }
                        },
                    ]
                )
        except self._client.exceptions.TransactionCanceledException as error:
            # botocore's stubs do not know the reasons.
            reasons: list[Any] = error.response.get("CancellationReasons", [])
            if not any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons):
                raise
            is_closed = any("closed" in reason.get("Item", {}) for reason in reasons)
            raise (company.being_erased() if is_closed else api_key.keys_changed()) from None

    def revoke(self, company_id: str, key_id: str, now: str) -> ApiKey:
        """Revoke the company's key with this id for good, and return it. A revoked key keeps its ``revoked``.

        Raises:
            InvalidCommandError: ``unknown_reference``, if the company has no such key, even if another one has it.
        """
        try:
            with dynamodb.temporary_faults_as_unavailable():
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=item_keys.api_key(key_id),
                    UpdateExpression="SET revoked = if_not_exists(revoked, :now)",
                    ConditionExpression="company_id = :company",
                    ExpressionAttributeValues=dynamodb.to_item({":now": now, ":company": company_id}),
                    ReturnValues="ALL_NEW",
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise api_key.no_such_key() from None
        return _key(answer["Attributes"])

    def has_list(self, company_id: str) -> bool:
        """Return whether the company ever had a key, or was closed."""
        return bool(self._get(item_keys.key_list(company_id)))

    def require_open(self, company_id: str) -> None:
        """Check that the company is not closed.

        Raises:
            InvalidCommandError: ``being_erased``, if it is.
        """
        if "closed" in self._get(item_keys.key_list(company_id)):
            raise company.being_erased()

    def close(self, company_id: str, now: str) -> tuple[str, Sequence[ApiKey]]:
        """Close a company that is about to be erased to new keys. Return when it was closed, and its keys.

        A company that is closed already keeps its instant. ``delete_list`` opens it again.
        """
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.update_item(
                TableName=self._table,
                Key=item_keys.key_list(company_id),
                UpdateExpression="SET closed = if_not_exists(closed, :now)",
                ExpressionAttributeValues=dynamodb.to_item({":now": now}),
                ReturnValues="ALL_NEW",
            )
        return answer["Attributes"]["closed"]["S"], self._get_all(_key_ids(answer["Attributes"]))

    def delete(self, key_id: str) -> None:
        """Delete a key. The call is idempotent."""
        self._delete(item_keys.api_key(key_id))

    def delete_list(self, company_id: str) -> None:
        """Delete the list of a company's keys. The call is idempotent."""
        self._delete(item_keys.key_list(company_id))

    def _get(self, key: item_keys.Key) -> dynamodb.Item:
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item", {})

    def _get_all(self, key_ids: Sequence[str]) -> Sequence[ApiKey]:
        found: dict[str, ApiKey] = {}
        for some in batched(key_ids, BATCH, strict=False):
            wanted = [item_keys.api_key(key_id) for key_id in some]
            with dynamodb.temporary_faults_as_unavailable():
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": wanted, "ConsistentRead": True}}
                )
            if answer["UnprocessedKeys"]:
                raise dynamodb.unavailable()
            found |= {key.key_id: key for key in map(_key, answer["Responses"][self._table])}
        return [found[key_id] for key_id in key_ids if key_id in found]

    def _delete(self, key: item_keys.Key) -> None:
        with dynamodb.temporary_faults_as_unavailable():
            self._client.delete_item(TableName=self._table, Key=key)


def _key(item: dynamodb.Item) -> ApiKey:
    # Attributes of other releases are not even read, so that an unknown type of value locks nobody out.
    known = {name: item[name] for name in _ATTRIBUTES if name in item}
    return ApiKey(**({"contact_id": None} | dynamodb.from_item(known)))  # type: ignore[arg-type]


def _key_ids(item: dynamodb.Item) -> Sequence[str]:
    return [key_id["S"] for key_id in item.get("key_ids", {}).get("L", [])]
