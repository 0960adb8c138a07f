"""The publicly known requests of Excel and Power BI (Power Query), replayed, because neither runs here.

The headers are those of its query diagnostics. The requests for a preview, a filter and a refresh are those of its
documentation of query folding.
"""

import base64
import json
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest

from tests.api import Answer
from tests.stack.client import Client, Stack

ACCEPT = (
    "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
)
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


class PowerQuery:
    """A client with Power Query's requests, and Basic credentials: any user name, and the key as the password."""

    def __init__(self, stack: Stack) -> None:
        self._client = Client(stack.base_url, None)
        self._basic = base64.b64encode(f"excel:{stack.alpha_key}".encode()).decode()

    def send(self, url: str, accept: str = ACCEPT) -> Answer:
        answer = self._client.get(
            url,
            Accept=accept,
            Authorization=f"Basic {self._basic}",
            OData_MaxVersion="4.0",
            MaxDataServiceVersion="3.0",
            Prefer="omit-values=nulls",
        )
        assert answer.status == 200, answer.body
        # Twice is fatal to it: "The value '4.0,4.0' of the OData-Version HTTP header is invalid."
        assert [value for name, value in answer.headers.items() if name.lower() == "odata-version"] == ["4.0"]
        return answer

    def read(self, url: str) -> Any:
        answer = self.send(url)
        assert answer.headers["Content-Type"].startswith("application/json")
        return json.loads(answer.body)


@pytest.fixture
def power_query(stack: Stack) -> PowerQuery:
    return PowerQuery(stack)


@pytest.fixture
def reference(stack: Stack) -> str:
    """The reference of 101 new tasks: one more than a page has."""
    reference = uuid4().hex
    for number in range(101):
        assert stack.alpha.create({"subject": f"Task {number}", "customer_reference": reference}).status == 201
    return reference


@pytest.mark.parametrize("root", ["/api", "/api/"])
def test_it_connects_by_the_service_document_and_the_model(power_query: PowerQuery, root: str) -> None:
    document = power_query.read(root)
    offered = {entry["name"] for entry in document["value"] if entry["kind"] == "EntitySet"}
    model = power_query.send(document["@odata.context"], "application/xml")
    assert model.headers["Content-Type"].startswith("application/xml")
    sets = {one.get("Name") for one in ET.fromstring(model.body).iter(f"{EDM}EntitySet")}
    assert sets == offered == {"Task", "TaskView", "TaskType", "TaskStatus", "TaskPriority"}


def test_the_address_of_one_set_leads_to_the_model_too(power_query: PowerQuery) -> None:
    context, fragment = power_query.read("/api/TaskView?$top=1")["@odata.context"].split("#")
    assert fragment == "TaskView"
    assert power_query.send(context, "application/xml").body.startswith("<edmx:Edmx")


def test_it_shows_a_preview_and_refreshes_by_the_links(power_query: PowerQuery, reference: str) -> None:
    query = f"$filter=customer_reference eq '{reference}' and archived eq false&$select=id,id2,subject&$orderby=id2"
    path = f"/api/TaskView?{query.replace(' ', '%20')}"
    preview = power_query.read(f"{path}&$top=5&$skip=1")
    assert [row["subject"] for row in preview["value"]] == [f"Task {number}" for number in range(1, 6)]
    assert "@odata.nextLink" not in preview
    rows, link = [], path
    while link:
        page = power_query.read(link)
        rows += page["value"]
        link = page.get("@odata.nextLink")
    assert [row["subject"] for row in rows] == [f"Task {number}" for number in range(101)]
    assert all(set(row) == {"id", "id2", "subject"} for row in rows)


@pytest.mark.parametrize("name", ["TaskType", "TaskStatus", "TaskPriority"])
def test_it_shows_a_preview_of_the_catalogue(power_query: PowerQuery, name: str) -> None:
    [row] = power_query.read(f"/api/{name}?$top=1&$skip=1&$orderby=name%20desc&$select=id,name")["value"]
    assert power_query.read(f"/api/{name}?$filter=id%20eq%20{row['id']}")["value"][0]["name"] == row["name"]
