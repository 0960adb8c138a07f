"""Where API keys live: each under its key id, and for each company a list of its key ids beside them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from servicedesk import dynamodb
from servicedesk.api_key import ApiKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class KeysChangedError(Exception):
    """Another call changed the company's keys meanwhile. Nothing was written."""


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
        keys = [self.get(key_id) for key_id in self._key_ids(company_id)]
        return [key for key in keys if key]

    def add(self, key: ApiKey, *, beside: Sequence[ApiKey]) -> None:
        """Store a new key, on the condition that ``beside`` are all the keys that its company has so far.

        Raises:
            KeysChangedError: they are not (any more).
            Unavailable: the database did not answer in time.
        """
        known = [other.key_id for other in beside]
        list_key = dynamodb.to_item({"key_id": _list_id(key.company_id)})
        condition = "key_ids = :known" if known else "attribute_not_exists(key_ids)"
        names = {":all": [*known, key.key_id]} | ({":known": known} if known else {})
        try:
            with dynamodb.passing_faults_are_unavailable():
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
            if error.response["Error"]["Code"] == "TransactionCanceledException":
                raise KeysChangedError from error
            raise

    def revoke(self, key_id: str, now: str) -> ApiKey:
        """Close a key for ever, and return it; one that is closed already keeps its instant.

        Raises:
            Unavailable: the database did not answer in time.
        """
        with dynamodb.passing_faults_are_unavailable():
            answer = self._client.update_item(
                TableName=self._table,
                Key=dynamodb.to_item({"key_id": key_id}),
                UpdateExpression="SET revoked = if_not_exists(revoked, :now)",
                ConditionExpression="attribute_exists(key_id)",
                ExpressionAttributeValues=dynamodb.to_item({":now": now}),
                ReturnValues="ALL_NEW",
            )
        return _key(dynamodb.from_item(answer["Attributes"]))

    def _key_ids(self, company_id: str) -> list[str]:
        key_ids = self._get(_list_id(company_id)).get("key_ids", [])
        return [str(key_id) for key_id in key_ids] if isinstance(key_ids, list) else []

    def _get(self, key_id: str) -> dict[str, object]:
        key = dynamodb.to_item({"key_id": key_id})
        with dynamodb.passing_faults_are_unavailable():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return dynamodb.from_item(answer.get("Item", {}))


def _key(item: dict[str, object]) -> ApiKey:
    return ApiKey(**({"contact_id": None} | item))  # type: ignore[arg-type]


def _list_id(company_id: str) -> str:
    return f"COMPANY#{company_id}"
