"""Fixtures of the contract's tests: one set of functions for a file, and for each test a company of its own."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.api import Api
from tests.conftest import shared_api
from tests.contract.client import FORMATS, Client


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """All functions over empty tables in moto, shared by a file, because companies are isolated.

    They are not shared by all files, because moto scans a whole table for each query.
    """
    with shared_api() as shared:
        yield shared


@pytest.fixture
def company() -> str:
    """A new company, with the built-in catalogue and no task."""
    return str(uuid4())


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
