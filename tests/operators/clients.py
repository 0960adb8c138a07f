"""Altered clients of AWS, to pass to a store instead of a plain one."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from tests.api import Api, load
from tests.conftest import FUNCTIONS


class Altered:
    """A client with some operations replaced, as in `Altered(client, put_item=raising(error))`."""

    def __init__(self, client: Any, **operations: Callable[..., Any]) -> None:
        self.client = client
        self.operations = operations

    def __getattr__(self, name: str) -> Any:
        return self.operations.get(name) or getattr(self.client, name)


class Recorded:
    """A client that records its operations, with their parameters."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self.client, name)

        def call(**parameters: Any) -> Any:
            self.calls.append((name, parameters))
            return operation(**parameters)

        return call if callable(operation) else operation


def raising(error: Exception) -> Callable[..., Any]:
    """Return an operation that raises `error`."""

    def raise_it(*_: object, **__: object) -> None:
        raise error

    return raise_it


def functions_over(client: Any, gateway: Any = None) -> Api:
    """Return all functions, freshly imported, over these clients of DynamoDB and API Gateway."""
    with ExitStack() as patched:
        patched.enter_context(patch("servicedesk.store.dynamodb.client", return_value=client))
        if gateway:
            patched.enter_context(patch("servicedesk.store.usage_plan.client", return_value=gateway))
        return Api(**{function: load(function) for function in FUNCTIONS})
