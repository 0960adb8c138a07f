"""Fixtures: the template's tables on DynamoDB Local, and a company's board of tasks on them."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests import dynamodb_local
from tests.exactly_once.database import Database, tables_at
from tests.lists.board import Board

MISSING = dynamodb_local.unavailable()


@pytest.fixture(scope="package")
def dynamodb() -> Iterator[Database]:
    """The template's tables in DynamoDB Local, or where `AWS_ENDPOINT_URL_DYNAMODB` says."""
    if MISSING:
        pytest.skip(MISSING)
    with dynamodb_local.start() as endpoint, tables_at(endpoint) as database:
        yield database


@pytest.fixture
def board(dynamodb: Database) -> Board:
    """The board of a company that no other test knows."""
    return Board(dynamodb.client(), dynamodb.tasks_table, str(uuid4()))
