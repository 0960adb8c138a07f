"""python-odata, a general OData client from PyPI, which makes its classes from the metadata."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import requests
from odata import ODataService
from odata.exceptions import ODataError

from tests.stack.client import Stack


@pytest.fixture(scope="module")
def service(stack: Stack) -> ODataService:
    """The service as its user sets it up, with pages of two tasks, so that there are links to follow."""
    session = requests.Session()
    session.auth = ("unused", stack.alpha_key)
    session.headers.update({"Prefer": "odata.maxpagesize=2"})
    return ODataService(f"{stack.base_url}/api/", session=session, reflect_entities=True, quiet_progress=True)


@pytest.fixture(scope="module")
def task(service: ODataService) -> Any:
    """The entity, as the metadata describes it."""
    return service.entities["Task"]


@pytest.fixture
def reference(service: ODataService, task: Any) -> str:
    """The reference of five new tasks."""
    reference = uuid4().hex
    for number in range(5):
        new = task()
        new.subject = f"Task {number}"
        new.customer_reference = reference
        new.due_date = datetime(2026, 6, 20 + number, tzinfo=UTC)
        service.save(new)
    return reference


def test_it_follows_the_pages_of_a_filter(service: ODataService, task: Any, reference: str) -> None:
    found = service.query(task).filter(task.customer_reference == reference).all()
    assert [one.subject for one in found] == [f"Task {number}" for number in (4, 3, 2, 1, 0)]
    assert len({one.id for one in found}) == 5
    assert found[0].due_date == datetime(2026, 6, 24, tzinfo=UTC)


def test_it_filters_by_what_it_can_say(service: ODataService, task: Any, reference: str) -> None:
    mine = service.query(task).filter(task.customer_reference == reference)
    wanted = {
        "Task 3": task.subject.endswith("3"),
        "Task 4": task.due_date > datetime(2026, 6, 23, 12, tzinfo=UTC),
    }
    for subject, condition in wanted.items():
        assert [one.subject for one in mine.filter(condition)] == [subject]
    assert len(mine.filter(task.archived == False).all()) == 5  # noqa: E712, what the client overloads
    assert mine.filter(task.subject.contains("nothing")).all() == []
    either = (task.subject == "Task 1") | (task.subject == "Task 2")
    assert [one.subject for one in mine.filter(either)] == ["Task 2", "Task 1"]


def test_it_orders_limits_skips_and_selects(service: ODataService, task: Any, reference: str) -> None:
    mine = service.query(task).filter(task.customer_reference == reference)
    oldest = mine.order_by(task.id2.asc()).limit(2).offset(1)
    assert [one.subject for one in oldest] == ["Task 1", "Task 2"]
    rows = mine.select(task.subject, task.id2).all()
    assert [set(row) for row in rows] == [{"subject", "id2"}] * 5


def test_it_reads_by_key_and_changes(service: ODataService, task: Any, reference: str) -> None:
    newest = service.query(task).filter(task.customer_reference == reference).first()
    newest.subject = "Changed"
    service.save(newest)
    assert service.query(task).get(newest.id).subject == "Changed"
    newest.subject = "x" * 151
    with pytest.raises(ODataError, match="1 field is not valid: subject"):
        service.save(newest)


def test_it_reads_the_catalogue_s_sets(service: ODataService) -> None:
    priority = service.entities["TaskPriority"]
    [high] = service.query(priority).filter(priority.name == "High").all()
    assert service.query(priority).get(high.id).sequence == high.sequence == 3
