"""Where API keys live: each under its key id, and for each company a list of its key ids beside them."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from servicedesk.domain.api_key import ApiKey
from servicedesk.store import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


BATCH = 100
"""How many keys one request reads: the most that BatchGetItem takes."""

_KNOWN = tuple(field.name for field in fields(ApiKey))


class KeysChangedError(Exception):
    """Another call changed the company's keys meanwhile, or closed the company. Nothing was written."""


class KeyStore:
    """The API keys of all companies in one table. Every read is consistent: a revoked key stays revoked."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, key_id: str) -> ApiKey | None:
        """The key with that id, if there is one.

        Raises:
            Unavailable: the database did not answer in time.
        """
        item = self._get(key_id)
        return _key(item) if item else None

    def of_company(self, company_id: str) -> list[ApiKey]:
        """All keys that the company ever had, in the order in which they were added.

        Raises:
            Unavailable: the database did not answer in time.
        """
        found: dict[str, ApiKey] = {}
        key_ids = self._key_ids(company_id)
        for some in batched(key_ids, BATCH, strict=False):
            wanted = [dynamodb.to_item({"key_id": key_id}) for key_id in some]
            with dynamodb.temporary_faults_as_unavailable():
                answer = self._client.batch_get_item(
                    RequestItems={self._table: {"Keys": wanted, "ConsistentRead": True}}
                )
            if answer["UnprocessedKeys"]:
                raise dynamodb.unavailable()
            found |= {key.key_id: key for key in map(_key, answer["Responses"][self._table])}
        return [found[key_id] for key_id in key_ids if key_id in found]

    def add(self, key: ApiKey, *, beside: Sequence[ApiKey]) -> None:
        """Store a new key, on the condition that ``beside`` are all the keys that its company has so far.

        Raises:
            KeysChangedError: they are not (any more), or the company is closed.
            Unavailable: the database did not answer in time.
        """
        known = [other.key_id for other in beside]
        list_key = dynamodb.to_item({"key_id": _list_id(key.company_id)})
        condition = "key_ids = :known" if known else "attribute_not_exists(key_ids)"
        condition += " AND attribute_not_exists(closed)"
        names = {":all": [*known, key.key_id]} | ({":known": known} if known else {})
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
                                "Key": list_key,
                                "UpdateExpression": "SET key_ids = :all",
                                "ConditionExpression": condition,
                                "ExpressionAttributeValues": dynamodb.to_item(names),
                            }
                        },
                    ]
                )
        except ClientError as error:
            reasons: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
            if any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons):
                raise KeysChangedError from error
            raise

    def revoke(self, key_id: str, now: str) -> ApiKey:
        """Close a key for ever, and return it; one that is closed already keeps its instant.

        Raises:
            Unavailable: the database did not answer in time.
        """
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.update_item(
                TableName=self._table,
                Key=dynamodb.to_item({"key_id": key_id}),
                UpdateExpression="SET revoked = if_not_exists(revoked, :now)",
                ConditionExpression="attribute_exists(key_id)",
                ExpressionAttributeValues=dynamodb.to_item({":now": now}),
                ReturnValues="ALL_NEW",
            )
        return _key(answer["Attributes"])

    def known(self, company_id: str) -> bool:
        """Tell whether anything is stored of the company's keys.

        Raises:
            Unavailable: the database did not answer in time.
        """
        return bool(self._get(_list_id(company_id)))

    def closed(self, company_id: str) -> bool:
        """Tell whether the company is closed (``close``).

        Raises:
            Unavailable: the database did not answer in time.
        """
        return "closed" in self._get(_list_id(company_id))

    def close(self, company_id: str, now: str) -> str:
        """Let no key be added to the company any more, because it is to be erased; return since when it is closed.

        A company that is closed already keeps its instant.

        Raises:
            Unavailable: the database did not answer in time.
        """
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.update_item(
                TableName=self._table,
                Key=dynamodb.to_item({"key_id": _list_id(company_id)}),
                UpdateExpression="SET closed = if_not_exists(closed, :now)",
                ExpressionAttributeValues=dynamodb.to_item({":now": now}),
                ReturnValues="ALL_NEW",
            )
        return answer["Attributes"]["closed"]["S"]

    def delete(self, key_id: str) -> None:
        """Delete all that is stored of a key. Can be repeated.

        Raises:
            Unavailable: the database did not answer in time.
        """
        with dynamodb.temporary_faults_as_unavailable():
            self._client.delete_item(TableName=self._table, Key=dynamodb.to_item({"key_id": key_id}))

    def forget(self, company_id: str) -> None:
        """Delete the list of a company's keys, with which its being closed ends. Can be repeated.

        Raises:
            Unavailable: the database did not answer in time.
        """
        self.delete(_list_id(company_id))

    def _key_ids(self, company_id: str) -> list[str]:
        key_ids = self._get(_list_id(company_id)).get("key_ids", {}).get("L", [])
        return [key_id["S"] for key_id in key_ids]

    def _get(self, key_id: str) -> dynamodb.Item:
        key = dynamodb.to_item({"key_id": key_id})
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item", {})


def _key(item: dynamodb.Item) -> ApiKey:
    # What another release stored beside it is not even read: an unknown attribute must lock nobody out.
    known = {name: item[name] for name in _KNOWN if name in item}
    return ApiKey(**({"contact_id": None} | dynamodb.from_item(known)))  # type: ignore[arg-type]


def _list_id(company_id: str) -> str:
    return f"COMPANY#{company_id}"
