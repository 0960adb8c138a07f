"""Contract section 1: addresses. Rule 1.3 (`validate_only`) is tested with section 7."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from servicedesk import operations
from servicedesk.domain.catalogue import BUILT_IN
from servicedesk.operations.operation import Operation
from servicedesk.wire.problems import Problem
from servicedesk.wire.router import Match

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
        json_client.create({"id": task["id"], "subject": SUBJECT}, query={"validate_only": "true"})
    finally:
        events.unregister("provide-client-params.dynamodb.GetItem", see)
    assert [params["ConsistentRead"] for params in asked] == [True, True]


def test_1_2_a_foreign_a_missing_and_an_impossible_task_are_the_same_404(client: Client) -> None:
    task = client.created()
    answers = [client.stranger().get(task["id"]), client.get(str(uuid4())), client.get("no-guid"), client.get("%00")]
    documents = [assert_problem(answer, 404, "no-such-task") | {"instance": ""} for answer in answers]
    assert all(document == documents[0] for document in documents)
    assert len({len(answer.headers) for answer in answers}) == 1


# ---- 1.5: query options ---------------------------------------------------------------------------------------------

KEYED = [
    (method, path) for method, path, operation in operations.routes() if path not in ("/", "/console", "/openapi.json")
]
READS = [(method, path) for method, path in KEYED if method == "GET" or path.endswith("Search")]
WRITES = [route for route in KEYED if route not in READS]
ENTRIES = {
    "/api/TaskType({id})": BUILT_IN.types[0].id,
    "/api/TaskStatus({id})": BUILT_IN.statuses[0].id,
    "/api/TaskPriority({id})": BUILT_IN.priorities[0].id,
}
BATCH = ("POST", "/api/$batch")
STRICT = {"Prefer": "handling=strict"}


def ask(client: Client, route: tuple[str, str], query: Mapping[str, str | list[str]], **headers: str) -> Answer:
    """Send a request to a route that is good but for its query options; the task has the number 1."""
    method, path = route
    path = path.replace("{id}", ENTRIES.get(path, "1"))
    sent = {"Accept": client.content_type, "Content-Type": "application/json", "If-Match": "*"} | headers
    bodies = {"/api/TaskView/Search": "{}", "/api/$batch": json.dumps({"requests": []})}
    body = None if method == "GET" else bodies.get(path, written("json", {"subject": SUBJECT}))
    return invoke(
        client.api.api.lambda_handler, event(method, path, body, headers=sent, query=query, company=client.company)
    )


@pytest.mark.parametrize("route", KEYED, ids=" ".join)
@pytest.mark.parametrize("name", ["$expand", "expand", "$COUNT", "Format", "$id", "$nothing", "$validate_only", "$_"])
def test_1_5_an_option_of_odata_that_a_route_does_not_take_is_refused_by_name(
    json_client: Client, route: tuple[str, str], name: str
) -> None:
    json_client.created()
    detail = assert_problem(ask(json_client, route, {name: "true"}), 400, "invalid-parameter")["detail"]
    if (route[1], name) == ("/api/$metadata", "Format"):
        assert detail == "The query option $format must be one of xml, application/xml, json, application/json."
    else:
        assert f"The query option {name} is not supported here" in detail


@pytest.mark.parametrize("route", KEYED, ids=" ".join)
def test_1_5_the_detail_names_the_options_that_the_route_takes(json_client: Client, route: tuple[str, str]) -> None:
    detail = assert_problem(ask(json_client, route, {"$expand": "x"}), 400, "invalid-parameter")["detail"]
    _, path = route
    supported = "none"
    if route in WRITES and route != BATCH:
        supported = "validate_only"
    elif path in ("/tasks", "/api/Task", "/api/TaskView"):
        supported = "$filter, $orderby, $top, $skip, $select, $skiptoken"
    elif path == "/tasks/{id}/history":
        supported = "$top, $skip, $skiptoken"
    elif path == "/tasks/delta":
        supported = "$deltatoken, $skiptoken"
    elif path in ("/api/TaskType", "/api/TaskStatus", "/api/TaskPriority"):
        supported = "$filter, $orderby, $top, $skip, $select"
    elif path.endswith("({id})"):
        supported = "$select"
    elif path == "/api/$metadata":
        supported = "$format"
    assert detail.endswith(f"; supported are {supported}.")


@pytest.mark.parametrize("name", ["$top", "top", "TOP", "$Top"])
def test_1_5_an_option_counts_with_and_without_its_dollar(client: Client, name: str) -> None:
    for _ in range(2):
        client.created()
    assert client.list(query={name: "1"}).numbers == [2]


@pytest.mark.parametrize("route", WRITES, ids=" ".join)
@pytest.mark.parametrize(
    "query", [{"validateOnly": "true"}, {"dry_run": "1"}, {"x": ""}, {"é": "1"}, {"_": "1", "a": "1"}]
)
def test_1_5_a_route_that_writes_refuses_an_unknown_option(
    json_client: Client, route: tuple[str, str], query: dict[str, str]
) -> None:
    task = json_client.created(subject="Before")
    answer = ask(json_client, route, query)
    name = next(name for name in query if name != "_")
    shown = name if name.isascii() else json.dumps(name)
    supported = "none" if route == BATCH else "validate_only"
    assert (
        f"The query option {shown} is not supported here; supported are {supported}."
        in assert_problem(answer, 400, "invalid-parameter")["detail"]
    )
    assert json_client.list().tasks == [task]
    assert json_client.created()["id2"] == 2


@pytest.mark.parametrize("route", READS, ids=" ".join)
def test_1_5_a_route_that_reads_ignores_an_unknown_option_and_names_it(client: Client, route: tuple[str, str]) -> None:
    client.created()
    known = ask(client, route, {})
    assert "Ignored-Parameters" not in known.headers
    answer = ask(client, route, {"validateOnly": "true", "page": ["2", "3"], "filter[x]": "1", "é": "", "_": "17"})
    assert (answer.status, answer.headers["Ignored-Parameters"]) == (
        200,
        'validateOnly;reason=unknown, page;reason=unknown, "filter[x]";reason=unknown, "%C3%A9";reason=unknown',
    )
    if "delta" not in route[1]:  # whose link has the moment of the request
        assert answer.body == known.body
    assert "Ignored-Parameters" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("route", READS, ids=" ".join)
def test_1_5_a_strict_request_ignores_no_unknown_option(client: Client, route: tuple[str, str]) -> None:
    client.created()
    answer = ask(client, route, {"page": "2"}, **STRICT)
    assert "The query option page is not supported here" in assert_problem(answer, 400, "invalid-parameter")["detail"]
    assert answer.headers["Preference-Applied"] == "handling=strict"


@pytest.mark.parametrize("prefer", ["handling=strict", "handling=lenient", "return=minimal"])
@pytest.mark.parametrize("route", KEYED, ids=" ".join)
def test_1_5_what_bypasses_caches_is_ignored_everywhere_and_named_nowhere(
    client: Client, route: tuple[str, str], prefer: str
) -> None:
    client.created()
    answer = ask(client, route, {"_": ["1782345600000", "2"]}, Prefer=prefer)
    assert answer.status in (200, 201, 204)
    assert "Ignored-Parameters" not in answer.headers
    if "handling" in prefer and route != BATCH:
        assert answer.headers["Preference-Applied"] == prefer


def test_1_5_what_is_ignored_is_not_in_the_links_and_does_not_bind_them(client: Client) -> None:
    for _ in range(3):
        client.created()
    page = client.list(
        query={"_": "1", "page": "1", "$top": "3"}, headers={"Prefer": "maxpagesize=1, handling=lenient"}
    )
    assert page.answer.headers["Preference-Applied"] == "maxpagesize=1, handling=lenient"
    link = page.links["next"]
    assert set(parse_qs(urlsplit(link).query)) == {"$top", "$skiptoken"}
    for more in ("", "&_=2", "&page=7"):
        assert client.follow(link + more, headers={"Prefer": "maxpagesize=1"}).numbers == [2]


def test_1_5_a_304_and_an_answer_to_head_name_what_was_ignored(client: Client) -> None:
    client.created()
    route = ("GET", "/tasks/{id}")
    tag = ask(client, route, {}).headers["ETag"]
    answer = ask(client, route, {"page": "1"}, **{"If-None-Match": tag})
    assert (answer.status, answer.headers["Ignored-Parameters"]) == (304, "page;reason=unknown")
    assert ask(client, ("HEAD", "/tasks/1"), {"page": "1"}).headers["Ignored-Parameters"] == "page;reason=unknown"


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
        ("/api/Task(33)", "GET, HEAD, PATCH, PUT"),
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
        *("/api/Job", "/api/Task(", "/api/Task()", "/api/Jobs(1)", "/api/Task(1)x", "/api/TaskType/Names"),
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


@pytest.mark.parametrize(
    "path", ["/tasks", "/tasks/", "/api/TASK", "/%74asks", "/TASKS", "/api/Task(1)", "/tasks/delta"]
)
@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "PUT", "DELETE"])
def test_1_4_what_a_start_imports_changes_no_route(method: str, path: str) -> None:
    def found(match: Callable[[str, str], Match[Operation]]) -> object:
        try:
            return match(method, path)
        except Problem as problem:
            return problem.status, problem.headers

    assert found(operations.match) == found(operations.router().match)
