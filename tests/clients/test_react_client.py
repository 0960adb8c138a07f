"""The requests of the original's published React client, hemant9701/servicedesk-app, in the order of its pages.

Its pages also ask for installations, contacts and files, which this service does not have.
"""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api import Answer
from tests.stack.client import Client, Stack

PROJECT = "78154eca-ded3-490f-a47d-543e38c0e63d"
"""The table of installations: the client has its id in its code."""

JAVASCRIPTS_DATE = "%Y-%m-%dT%H:%M:%S.000Z"


class Page:
    """The client's way to call: the credentials in Basic, JSON wanted, an object sent as JSON."""

    def __init__(self, stack: Stack) -> None:
        self._client = Client(stack.base_url, None)
        # Its users sign in with an e-mail address and a password; here the key is the password.
        self._basic = base64.b64encode(f"user@example.com:{stack.alpha_key}".encode()).decode()

    def fetch(self, endpoint: str, method: str = "GET", data: Any = None) -> Any:
        headers = {"Authorization": f"Basic {self._basic}", "Accept": "application/json"}
        body = None
        if data is not None:
            headers["Content_Type"] = "application/json"
            body = json.dumps(data).encode()
        answer: Answer = self._client.send(method, endpoint, body, **headers)
        assert answer.status < 300, answer
        return json.loads(answer.body)


@pytest.fixture
def page(stack: Stack) -> Page:
    return Page(stack)


def create_ticket(page: Page, name: str, suggested: str) -> Any:
    """The page `CreateTicket`: it fills its two lists, takes the first of each, and sends the form."""
    types = page.fetch("/api/TaskType?$orderby=is_default,sequence")["value"]
    severities = page.fetch("/api/TaskPriority?$orderby=is_default,sequence")["value"]
    now = datetime.now(UTC).strftime(JAVASCRIPTS_DATE)
    form = {
        "contact_id": "0a0b0c0d-0000-4000-8000-000000000001",
        "company_id": "0a0b0c0d-0000-4000-8000-000000000002",
        "db_address_id": "0a0b0c0d-0000-4000-8000-000000000003",
        "to_db_table_id": PROJECT,
        "to_id_in_table": "0a0b0c0d-0000-4000-8000-000000000004",
        "task_type_id": types[0]["id"],
        "task_priority_id": severities[0]["id"],
        "subject": name,
        "remark": "It burns.",
        "date_suggested_by_company": suggested,
        "date_closed": "1980-01-01",
        "date_update": "1980-01-01",
        "date_start": now,
        "date_create": now,
    }
    return page.fetch("/api/Task", "POST", form), types[0], severities[0]


@pytest.mark.parametrize(
    ("suggested", "shown"),
    [("Wed Jun 24 2026 09:00", "2026-06-24T09:00:00.000Z"), ("Wed Jun 24 2026 null", "2026-06-24T00:00:00.000Z")],
)
def test_a_ticket_is_filled_in_created_and_opened(page: Page, suggested: str, shown: str) -> None:
    created, task_type, severity = create_ticket(page, "Boiler - Main Street 1", suggested)
    ticket = page.fetch(f"/api/TaskView({created['id']})")
    assert (ticket["id"], ticket["id2"]) == (created["id"], created["id2"])
    assert (ticket["subject"], ticket["remark"]) == ("Boiler - Main Street 1", "It burns.")
    assert (ticket["task_type_name"], ticket["task_priority_name"]) == (task_type["name"], severity["name"])
    assert ticket["date_suggested_by_company"] == shown
    # The page's code would fail on null.
    assert ticket["assigned_to_user_fullname"].strip() == ""
    assert datetime.fromisoformat(ticket["date_update"]).year != 1980
    assert datetime.fromisoformat(ticket["date_closed"]).year == 1980


def test_tickets_are_listed_in_tabs(page: Page) -> None:
    """The page `ViewTicketList` asks for all, with a slash at the end, and sorts them into its tabs by status."""
    created, _, _ = create_ticket(page, "Lift stuck", "Wed Jun 24 2026 09:00")
    tickets = page.fetch("/api/TaskView/")["value"]
    [ticket] = [ticket for ticket in tickets if ticket["id"] == created["id"]]
    assert ticket["task_status_name"]
    assert datetime.fromisoformat(ticket["date_create"]).year >= 2026
    assert [one["id2"] for one in tickets] == sorted((one["id2"] for one in tickets), reverse=True)


def test_the_open_and_the_completed_ones_are_searched_for(page: Page) -> None:
    created, _, _ = create_ticket(page, "Door open", "Wed Jun 24 2026 09:00")
    grid = {
        "startRow": 0,
        "endRow": 500,
        "rowGroupCols": [],
        "valueCols": [],
        "pivotCols": [],
        "pivotMode": False,
        "groupKeys": [],
        "filterModel": {},
        "sortModel": [],
    }
    tabs = {
        archived: page.fetch("/api/TaskView/Search", "POST", {"period": "", "archived": archived, "query_object": grid})
        for archived in (False, True)
    }
    assert tabs[False][0]["id"] == created["id"]
    assert created["id"] not in [ticket["id"] for ticket in tabs[True]]
    assert {ticket["archived"] for ticket in tabs[False]} == {False}
