"""A function's requests to the database, and the units that they consume."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient


@contextmanager
def counted(function: ModuleType) -> Iterator[list[str]]:
    """Count a function's requests to the database in the block, by operation; each attempt of the SDK counts."""
    sent: list[str] = []
    events = function.client.meta.events

    def count(event_name: str, **_: Any) -> None:
        sent.append(event_name.rpartition(".")[2])

    events.register("before-send.dynamodb", count)
    try:
        yield sent
    finally:
        events.unregister("before-send.dynamodb", count)


@contextmanager
def noted_units(client: DynamoDBClient) -> Iterator[list[tuple[str, float]]]:
    """Note the operation and the read or write units of each request that a client makes in the block."""
    noted: list[tuple[str, float]] = []

    def ask(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def note(model: Any, parsed: dict[str, Any], **_: Any) -> None:
        consumed = parsed["ConsumedCapacity"]
        noted.extend(
            (model.name, one["CapacityUnits"]) for one in (consumed if isinstance(consumed, list) else [consumed])
        )

    client.meta.events.register("before-parameter-build.dynamodb", ask)
    client.meta.events.register("after-call.dynamodb", note)
    try:
        yield noted
    finally:
        client.meta.events.unregister("before-parameter-build.dynamodb", ask)
        client.meta.events.unregister("after-call.dynamodb", note)
