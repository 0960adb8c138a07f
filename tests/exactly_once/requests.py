"""What a function asks of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def counted(function: ModuleType) -> Iterator[list[str]]:
    """The operations that a function's store sends while this lasts, each attempt of the SDK as one."""
    sent: list[str] = []
    store = function.tasks if hasattr(function, "tasks") else function.keys
    events = store._client.meta.events

    def count(event_name: str, **_: Any) -> None:
        sent.append(event_name.rpartition(".")[2])

    events.register("before-send.dynamodb", count)
    try:
        yield sent
    finally:
        events.unregister("before-send.dynamodb", count)
