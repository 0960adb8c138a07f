"""python-odata, a general OData client from PyPI: it lists, filters, selects and follows the pages."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import requests
from odata import ODataService
from odata.property import BooleanProperty, DatetimeProperty, IntegerProperty, StringProperty, UUIDProperty

from tests.stack.client import Stack


@pytest.fixture
def service(stack: Stack) -> ODataService:
    """The service as its user sets it up, with pages of two tasks, so that there is something to follow."""
    session = requests.Session()
    session.headers.update({"Authorization": f"Bearer {stack.alpha_key}", "Prefer": "odata.maxpagesize=2"})
    return ODataService(stack.base_url, session=session, reflect_entities=False, quiet_progress=True)


@pytest.fixture
def task(service: ODataService) -> Any:
    """The entity, declared by hand: this service publishes no $metadata."""

    class Task(service.Base):  # type: ignore[misc]
        __odata_type__ = "task"
        __odata_collection__ = "tasks"
        id = UUIDProperty("id", primary_key=True)
        id2 = IntegerProperty("id2")
        subject = StringProperty("subject")
        customer_reference = StringProperty("customer_reference")
        archived = BooleanProperty("archived")
        due_date = DatetimeProperty("due_date")

    Task.__odata_url_base__ = service.url
    return Task


@pytest.fixture
def reference(stack: Stack) -> str:
    """What five new tasks have in common."""
    reference = uuid4().hex
    for number in range(5):
        fields = {"subject": f"Task {number}", "customer_reference": reference, "due_date": f"2026-06-2{number}"}
        assert stack.alpha.create(fields).status == 201
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
