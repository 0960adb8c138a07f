"""Run SAM local over a moto server, if a Docker engine answers."""

from collections.abc import Iterator

import pytest

from tests.conftest import needs
from tests.stack.client import Stack
from tools import demo, sam_local
from tools.build import build
from tools.server import free_port


@pytest.fixture(scope="session")
def engine() -> None:
    """Skip the test, with the reason, unless a Docker engine answers."""
    needs("docker")


@pytest.fixture(scope="session")
def built(engine: None) -> None:
    """Build functions and layers with SAM."""
    build()


@pytest.fixture(scope="session")
def database(built: None) -> Iterator[str]:
    """Run a moto server with the template's tables."""
    with sam_local.database() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def stack(built: None) -> Iterator[Stack]:
    """Run `sam local start-api` with the demo companies."""
    with sam_local.database() as endpoint:
        alpha, beta = demo.seed(sam_local.dynamodb(endpoint), "TasksTable", "KeysTable")
        with sam_local.api(endpoint, free_port()) as (base_url, _):
            yield Stack(base_url, alpha.key, beta.key, has_demo_catalogue=True)
