"""Fixtures of the operators' tests: one set of functions for a file, and for each test companies of its own."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.api import Api
from tests.conftest import shared_api


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """Load all functions over tables in moto. A file shares them, since no company may see anything of another."""
    with shared_api() as shared:
        yield shared


@pytest.fixture
def company() -> str:
    """Return a new company."""
    return str(uuid4())


@pytest.fixture
def stranger() -> str:
    """Return another one."""
    return str(uuid4())
