"""Fixtures: the functions over DynamoDB Local, with and without faults between."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests import dynamodb_local
from tests.api import Api
from tests.exactly_once.creates import patience
from tests.exactly_once.database import Database, moto_server, tables_at
from tests.faults.proxy import FaultProxy
from tools import template


@dataclass(frozen=True)
class Service:
    """The functions, their database, and the proxy between them, if there is one."""

    api: Api
    database: Database


@dataclass(frozen=True)
class FaultyService(Service):
    """A service behind a proxy that fails as planned."""

    proxy: FaultProxy


@pytest.fixture(scope="package")
def dynamodb(dynamodb_endpoint: str) -> Iterator[Database]:
    """The template's tables in DynamoDB's own engine."""
    with tables_at(dynamodb_endpoint) as database:
        yield database


@pytest.fixture(scope="package")
def moto() -> Iterator[Database]:
    """The template's tables in moto's server."""
    with moto_server() as endpoint, tables_at(endpoint) as database:
        yield database


@pytest.fixture(scope="package")
def service(request: pytest.FixtureRequest) -> Service:
    """The functions over the real engine, or over moto where a machine cannot have that."""
    database = request.getfixturevalue("moto" if dynamodb_local.unavailable() else "dynamodb")
    with patience():
        return Service(database.functions(), database)


@pytest.fixture(scope="package")
def engine(dynamodb: Database) -> Service:
    """The functions over the real engine, for tests that moto cannot serve."""
    with patience():
        return Service(dynamodb.functions(), dynamodb)


@pytest.fixture
def alone(dynamodb_endpoint: str) -> Iterator[Service]:
    """The functions over tables of their own, which have nothing of other tests."""
    with tables_at(dynamodb_endpoint) as database, patience():
        yield Service(database.functions(), database)


@pytest.fixture(scope="package")
def plain(dynamodb: Database) -> Database:
    """The real engine, for tests with a proxy in front of it."""
    if not dynamodb.endpoint.startswith("http://"):
        pytest.skip("faults are injected into plain HTTP, which the endpoint given does not speak")
    return dynamodb


@pytest.fixture(scope="module")
def faulty(plain: Database) -> Iterator[FaultyService]:
    """The functions over the real engine, behind a proxy that fails as planned; retries do not wait."""
    with FaultProxy(plain.endpoint) as proxy, pytest.MonkeyPatch.context() as patch, patience():
        patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
        # After some dozen failed retries the SDK makes none any more, and one client has all of a module's here.
        patch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda *_: True)
        api = plain.functions(proxy.url)
        proxy.watch(api.api.client)
        yield FaultyService(api, plain, proxy)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variables that the functions' telemetry reads at each call."""
    for name, value in template.environment("ApiFunction").items():
        if name.startswith("POWERTOOLS_"):
            monkeypatch.setenv(name, value)


@pytest.fixture
def company() -> str:
    """A company that no other test knows: without tasks, numbers or a catalogue of its own."""
    return str(uuid4())
