"""Contract section 1: addresses. Rule 1.3 (`validate_only`) is tested with section 7."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.api import assert_problem
from tests.contract.client import SUBJECT, Client
from tools.template import resources


def routes(function: str) -> set[tuple[str, str]]:
    events = resources("AWS::Serverless::Function")[function]["Events"].values()
    return {(event["Properties"]["Method"].upper(), event["Properties"]["Path"]) for event in events}


@pytest.mark.parametrize("path", ["/tasks", "/api/Task"])
def test_1_1_both_addresses_create_and_location_is_below_the_one_called(client: Client, path: str) -> None:
    answer = client.create({"subject": SUBJECT}, path=path)
    assert answer.status == 201
    task = answer.task()
    assert answer.headers["Location"] == f"https://api.example.com/v1{path}/{task['id']}"
    assert client.get(task["id"], path=f"{path}/{task['id']}").task() == task


def test_1_1_the_template_routes_both_addresses() -> None:
    assert routes("CreateTask") == {("POST", "/tasks"), ("POST", "/api/Task")}
    assert routes("GetTask") == {("GET", "/tasks/{id}"), ("GET", "/api/Task/{id}"), ("GET", "/api/{entity}")}


def test_1_2_a_task_is_found_in_either_format(client: Client) -> None:
    task = client.created()
    for accept in ("application/json", "text/json", "application/xml", "text/xml"):
        found = client.get(task["id"], accept=accept)
        assert found.status == 200
        assert found.headers["Content-Type"] == f"{accept}; charset=utf-8"
        assert found.task() == task


@pytest.mark.parametrize("spelled", [str.upper, "{{{}}}".format, "({})".format, lambda guid: guid.replace("-", "")])
def test_1_2_an_id_is_read_as_any_guid(client: Client, spelled: Callable[[str], str]) -> None:
    task = client.created()
    assert client.get(spelled(task["id"])).task() == task


def test_1_2_it_is_read_consistently(json_client: Client) -> None:
    asked: list[dict[str, Any]] = []
    events = json_client.api.get_task.client.meta.events
    task = json_client.created()

    def see(params: dict[str, Any], **_: object) -> None:
        asked.append(params)

    events.register("provide-client-params.dynamodb.GetItem", see)
    try:
        json_client.get(task["id"])
    finally:
        events.unregister("provide-client-params.dynamodb.GetItem", see)
    assert [params["ConsistentRead"] for params in asked] == [True]


def test_1_2_a_foreign_a_missing_and_an_impossible_task_are_the_same_404(client: Client) -> None:
    task = client.created()
    answers = [client.stranger().get(task["id"]), client.get(str(uuid4())), client.get("no-guid"), client.get("")]
    documents = [assert_problem(answer, 404, "no-such-task") | {"instance": ""} for answer in answers]
    assert all(document == documents[0] for document in documents)
    assert len({len(answer.headers) for answer in answers}) == 1
