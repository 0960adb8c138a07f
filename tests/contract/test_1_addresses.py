"""Contract section 1: addresses. Rule 1.3 (`validate_only`) is tested with section 7."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.api import Answer, assert_problem, event, invoke, written
from tests.contract.client import SUBJECT, Client


@pytest.mark.parametrize("path", ["/tasks", "/api/Task"])
def test_1_1_both_addresses_create_and_location_is_below_the_one_called(client: Client, path: str) -> None:
    answer = client.create({"subject": SUBJECT}, path=path)
    assert answer.status == 201
    task = answer.task()
    assert answer.headers["Location"] == f"https://api.example.com/v1{path}/{task['id']}"
    assert client.get(task["id"], path=f"{path}/{task['id']}").task() == task


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
    events = json_client.api.api.client.meta.events
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
    answers = [client.stranger().get(task["id"]), client.get(str(uuid4())), client.get("no-guid"), client.get("%00")]
    documents = [assert_problem(answer, 404, "no-such-task") | {"instance": ""} for answer in answers]
    assert all(document == documents[0] for document in documents)
    assert len({len(answer.headers) for answer in answers}) == 1


# ---- 1.1 and 1.4: the router ----------------------------------------------------------------------------------------


def call(client: Client, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
    """Send a request to any address, in the client's format."""
    sent = {"Accept": client.content_type, "Content-Type": client.content_type} | headers
    return invoke(client.api.api.lambda_handler, event(method, path, body, headers=sent, company=client.company))


@pytest.mark.parametrize("path", ["/api/task", "/API/TASK", "/Api/Task"])
def test_1_1_below_api_a_path_matches_in_any_case(client: Client, path: str) -> None:
    answer = call(client, "POST", path, written(client.format, {"subject": SUBJECT}))
    assert answer.status == 201
    task = answer.task()
    assert answer.headers["Location"] == f"https://api.example.com/v1/api/Task/{task['id']}"
    for address in (f"{path}/{task['id']}", f"{path}({task['id2']})", f"{path}view({task['id']})", f"{path}VIEW"):
        assert call(client, "GET", address).status == 200
    replaced = call(client, "PUT", f"/api/task({task['id2']})", written(client.format, {"subject": "Other"}))
    assert replaced.task()["subject"] == "Other"
    searched = call(client, "POST", "/api/TASKVIEW/search", "{}", **{"Content-Type": "application/json"})
    assert searched.status == 200


@pytest.mark.parametrize("path", ["/Tasks", "/TASKS/delta", "/Catalogue"])
def test_1_1_elsewhere_the_case_counts(client: Client, path: str) -> None:
    assert_problem(call(client, "GET", path), 404, "no-such-route")


@pytest.mark.parametrize(
    "path", ["/tasks", "/tasks/{id}", "/tasks/1", "/tasks/delta", "/catalogue", "/api/Task({id})", "/api/TaskStatus"]
)
def test_1_4_head_is_get_without_its_body(client: Client, path: str) -> None:
    address = path.format(id=client.created()["id"])
    got, head = call(client, "GET", address), call(client, "HEAD", address)
    assert (head.status, head.body) == (200, "")
    differing = {"X-Request-Id", "Link"}  # the feed's link has the moment of the request
    assert {name: value for name, value in head.headers.items() if name not in differing} == {
        name: value for name, value in got.headers.items() if name not in differing
    }
    assert head.headers.keys() == got.headers.keys()


def test_1_4_head_of_what_is_not_there_is_the_404_without_its_body(client: Client) -> None:
    for address in ("/tasks/33", "/nothing"):
        answer = call(client, "HEAD", address)
        assert (answer.status, answer.body) == (404, "")
        assert answer.headers["Content-Type"] == f"application/problem+{client.format}; charset=utf-8"


def test_1_4_head_knows_what_the_client_has(client: Client) -> None:
    address = f"/tasks/{client.created()['id']}"
    tag = call(client, "HEAD", address).headers["ETag"]
    assert call(client, "HEAD", address, **{"If-None-Match": tag}).status == 304


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/tasks", "GET, HEAD, POST"),
        ("/api/task", "GET, HEAD, POST"),
        ("/tasks/33", "GET, HEAD, PATCH, PUT"),
        ("/tasks/delta", "GET, HEAD"),
        ("/catalogue", "GET, HEAD"),
        ("/api/Task(33)", "GET, HEAD, PUT"),
        ("/api/TaskView(33)", "GET, HEAD"),
        ("/api/TaskView/Search", "POST"),
        ("/", "GET, HEAD"),
        ("/console", "GET, HEAD"),
        ("/openapi.json", "GET, HEAD"),
    ],
)
def test_1_4_another_method_is_a_405_that_names_those_there_are(client: Client, path: str, allowed: str) -> None:
    methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} - set(allowed.split(", "))
    for method in methods - {"HEAD"}:
        answer = call(client, method, path, written(client.format, {"subject": SUBJECT}))
        assert_problem(answer, 405, "method-not-allowed")
        assert answer.headers["Allow"] == allowed


def test_1_4_head_where_no_get_is_is_a_405(client: Client) -> None:
    answer = call(client, "HEAD", "/api/TaskView/Search")
    assert (answer.status, answer.headers["Allow"], answer.body) == (405, "POST", "")


@pytest.mark.parametrize(
    "path",
    [
        *("/task", "/tasks/1/2", "/tasks//1", "/%2Ftasks", "/tasks%2F1", "/catalogue/types", "/\ud800"),
        *("/api", "/api/Job", "/api/Task(", "/api/Task()", "/api/Jobs(1)", "/api/Task(1)x", "/api/TaskType/Names"),
    ],
)
def test_1_4_an_unknown_path_is_a_404(client: Client, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert_problem(call(client, method, path), 404, "no-such-route")


def test_1_4_percent_encoding_is_decoded_once(client: Client) -> None:
    task = client.created()
    number = "".join(f"%{ord(digit):02x}" for digit in str(task["id2"]))
    assert call(client, "GET", f"/tasks/{number}").task() == task
    assert call(client, "GET", f"/%74asks/{task['id2']}").task() == task
    assert call(client, "GET", f"/api/Task%28{task['id2']}%29").task() == task
    assert_problem(call(client, "GET", f"/tasks/{number.replace('%', '%25')}"), 404, "no-such-task")


def test_1_4_a_slash_at_the_end_makes_no_difference(client: Client) -> None:
    task = client.created()
    assert call(client, "GET", f"/tasks/{task['id']}/").task() == task
    assert call(client, "POST", "/tasks/", written(client.format, {"subject": SUBJECT})).status == 201
