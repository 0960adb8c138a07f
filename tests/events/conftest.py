"""Fixtures: the function that publishes, freshly imported."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from tests.api import load
from tests.conftest import without_account
from tests.events import record
from tools.template import environment


@pytest.fixture(scope="package", autouse=True)
def publish_events() -> Iterator[ModuleType]:
    """The function in the environment that the template gives it; its client reaches nobody.

    Every test has it, so that the environment is there before that of a module, which is undone first.
    """
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_account(monkeypatch)
        for name, value in environment("PublishEvents").items():
            monkeypatch.setenv(name, value)
        yield load("publish_events")


@pytest.fixture(scope="package")
def recorded() -> list[Any]:
    """The records of a stream of DynamoDB's own engine (`record`)."""
    found: list[Any] = json.loads(record.FILE.read_text())
    return found
