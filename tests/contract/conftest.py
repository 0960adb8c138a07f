"""Fixtures of the contract's tests: one set of functions for a file, and for each test a company of its own."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from servicedesk.store import keys

from tests.api import Api
from tests.conftest import shared_api
from tests.contract.client import FORMATS, Client


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """All functions over empty tables in moto, shared by a file, because companies are isolated."""
    with shared_api() as shared:
        yield shared


@pytest.fixture
def company(api: Api) -> Iterator[str]:
    """A new company, with the built-in catalogue and no task.

    Its items go with the test, because moto sorts all items of a table for each query.
    """
    company = str(uuid4())
    yield company
    table = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].tables["TasksTable"]
    table.items.pop(DynamoType({"S": keys.partition(company)}), None)


@pytest.fixture(params=FORMATS)
def client(request: pytest.FixtureRequest, api: Api, company: str) -> Client:
    """A client of the company; the test runs twice, once in each format."""
    return Client(api, company, request.param)


@pytest.fixture
def json_client(api: Api, company: str) -> Client:
    """A client of the company that speaks JSON, for tests about JSON."""
    return Client(api, company, "json")


@pytest.fixture
def xml_client(api: Api, company: str) -> Client:
    """A client of the company that speaks XML, for tests about XML."""
    return Client(api, company, "xml")
