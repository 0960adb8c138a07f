"""Operators' functions and the authorizer read consistently: a revoked key must never work again."""

from uuid import uuid4

from servicedesk.store import dynamodb

from tests.api import Api
from tests.operators.clients import Recorded, functions_over

READS = {"get_item", "batch_get_item", "query", "scan"}


def is_consistent(operation: str, parameters: dict[str, object]) -> bool:
    """Return whether a request asks for a consistent read."""
    if operation != "batch_get_item":
        return parameters.get("ConsistentRead") is True
    tables = parameters["RequestItems"]
    assert isinstance(tables, dict)
    return all(table.get("ConsistentRead") is True for table in tables.values())


def reads_of(client: Recorded) -> list[str]:
    """Return the reads that a client was asked for since the last call, and assert that each is consistent."""
    reads = [(operation, parameters) for operation, parameters in client.calls if operation in READS]
    assert [operation for operation, parameters in reads if not is_consistent(operation, parameters)] == []
    client.calls.clear()
    return [operation for operation, _ in reads]


def test_what_decides_about_keys_is_read_consistently(api: Api, company: str) -> None:
    client = Recorded(dynamodb.client())
    recorded = functions_over(client)
    recorded.onboard(action="onboard", company_id=company)
    assert reads_of(client) == ["get_item", "get_item"]  # whether it is closed, and its catalogue
    issued = [recorded.onboard(action="issue_key", company_id=company, label=label) for label in ("one", "two")]
    assert reads_of(client) == ["get_item"] * 2 + ["get_item", "get_item", "batch_get_item"]
    recorded.authorize(f"Bearer {issued[0]['key']}")
    assert reads_of(client) == ["get_item"]
    recorded.onboard(action="list_keys", company_id=company)
    assert reads_of(client) == ["get_item", "get_item", "batch_get_item"]
    recorded.onboard(action="revoke_key", company_id=company, key_id=issued[0]["key_id"])
    assert reads_of(client) == ["get_item"]
    recorded.onboard(action="raise_numbers", above=1)
    assert set(reads_of(client)) == {"scan"}
    recorded.erase(company)
    assert reads_of(client) == ["get_item", "batch_get_item"]
    recorded.erase(str(uuid4()))
    assert reads_of(client) == ["get_item", "query"]
