"""What a function asks of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def counted(function: ModuleType) -> Iterator[list[str]]:
    """Count the operations that a function asks of the database in the block; each attempt of the SDK is one."""
    sent: list[str] = []
    events = function.client.meta.events

    def count(event_name: str, **_: Any) -> None:
        sent.append(event_name.rpartition(".")[2])

    events.register("before-send.dynamodb", count)
    try:
        yield sent
    finally:
        events.unregister("before-send.dynamodb", count)
