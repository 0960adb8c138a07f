"""Fixtures: the template's tables on DynamoDB Local, and a company's board of tasks on them."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.exactly_once.database import Database, tables_at
from tests.lists.board import Board


@pytest.fixture(scope="package")
def dynamodb(dynamodb_endpoint: str) -> Iterator[Database]:
    """The template's tables in DynamoDB's own engine."""
    with tables_at(dynamodb_endpoint) as database:
        yield database


@pytest.fixture
def board(dynamodb: Database) -> Board:
    """The board of a company that no other test knows."""
    return Board(dynamodb.client(), dynamodb.tasks_table, str(uuid4()))
