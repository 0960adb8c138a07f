"""Contract section 13: the original as an OData service."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from tests.api import FIELDS, Answer, assert_problem, event, invoke, written
from tests.contract.client import SUBJECT, Client
from tools.template import resources

BASE = "https://api.example.com/v1"


def ask(client: Client, method: str, path: str, members: Mapping[str, Any] | None = None, **more: Any) -> Answer:
    """Send a request in the client's format."""
    headers = {"Accept": client.content_type, "Content-Type": client.content_type} | more.pop("headers", {})
    body = None if members is None else written(client.format, members)
    sent = event(method, path, body, headers=headers, company=client.company, **more)
    return invoke(client.api.api.lambda_handler, sent)


# ---- 13.2: control information --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "entity_set"),
    [
        ("/tasks", "Task"),
        ("/tasks/delta", "Task"),
        ("/api/Task", "Task"),
        ("/API/task", "Task"),
        *((f"/api/{name}", name) for name in ("TaskView", "TaskType", "TaskStatus", "TaskPriority")),
    ],
)
def test_13_2_a_list_names_the_model_and_its_entity_set(json_client: Client, path: str, entity_set: str) -> None:
    answer = ask(json_client, "GET", path)
    assert answer.document()["@odata.context"] == f"{BASE}/api/$metadata#{entity_set}"


@pytest.mark.parametrize("path", ["/api/Task({id})", "/api/Task(id={id})", "/api/task({id2})", "/api/TaskView({id})"])
def test_13_2_one_entity_begins_with_its_context_and_its_tag(json_client: Client, path: str) -> None:
    task = json_client.created()
    answer = ask(json_client, "GET", path.format(**task))
    entity_set = "TaskView" if "View" in path else "Task"
    members = list(answer.document().items())
    assert members[0] == ("@odata.context", f"{BASE}/api/$metadata#{entity_set}/$entity")
    assert members[1] == ("@odata.etag", answer.headers["ETag"])
    assert [name for name, _ in members[2 : 2 + len(FIELDS)]] == list(FIELDS)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_13_2_so_does_what_was_created_and_changed(json_client: Client, method: str) -> None:
    created = ask(json_client, "POST", "/api/Task", {"subject": SUBJECT})
    changed = ask(json_client, method, f"/api/Task({created.task()['id']})", {"subject": "Other"})
    for answer in (created, changed):
        context, tag = list(answer.document().items())[:2]
        assert context == ("@odata.context", f"{BASE}/api/$metadata#Task/$entity")
        assert tag == ("@odata.etag", answer.headers["ETag"])
    assert created.headers["ETag"] != changed.headers["ETag"]


def test_13_2_a_dry_run_has_no_tag_and_the_ids_alone_are_no_entity(json_client: Client) -> None:
    task = json_client.created()
    for method, path in (("POST", "/api/Task"), ("PATCH", f"/api/Task({task['id']})")):
        dry = ask(json_client, method, path, {"subject": "Other"}, query={"validate_only": "true"})
        assert [name for name in dry.document() if "@" in name] == ["@odata.context"]
    minimal = ask(json_client, "POST", "/api/Task", {"subject": SUBJECT}, headers={"Prefer": "return=minimal"})
    assert list(minimal.document()) == ["id", "id2"]


@pytest.mark.parametrize("path", ["/tasks/{id}", "/api/Task/{id}", "/tasks/{id2}"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT"])
def test_13_2_a_task_stays_as_the_published_page_has_it(json_client: Client, method: str, path: str) -> None:
    members = None if method == "GET" else {"subject": "Other"}
    answer = ask(json_client, method, path.format(**json_client.created()), members, headers={"If-Match": "*"})
    assert answer.status == 200
    assert list(answer.document()) == list(FIELDS)
    created = ask(json_client, "POST", "/tasks", {"subject": SUBJECT})
    assert list(created.document()) == list(FIELDS)


def test_13_2_control_information_is_of_json_alone(xml_client: Client) -> None:
    answer = ask(xml_client, "POST", "/api/Task", {"subject": SUBJECT})
    assert "odata" not in answer.body
    assert "odata" not in ask(xml_client, "GET", f"/api/Task({answer.task()['id']})").body


def test_13_2_what_was_read_can_be_sent_back(json_client: Client) -> None:
    created = ask(json_client, "POST", "/api/Task", {"subject": SUBJECT})
    changed = ask(
        json_client,
        "PUT",
        f"/api/Task({created.task()['id']})",
        created.document(),
        headers={"Prefer": "handling=strict", "If-Match": created.document()["@odata.etag"]},
    )
    assert (changed.status, changed.document()) == (200, created.document())


@pytest.mark.parametrize(
    ("method", "path", "members"),
    [
        ("GET", "/api/Task", None),
        ("GET", "/api/Task({id})", None),
        ("HEAD", "/api/Task({id})", None),
        ("GET", "/api/Task/{id}", None),
        ("GET", "/api/TaskType/Translations", None),
        ("POST", "/api/Task", {"subject": SUBJECT}),
        ("POST", "/api/Task", {}),
        ("POST", "/api/TaskView/Search", {}),
        ("GET", "/api/Contact", None),
        ("DELETE", "/Api/Task", None),
        ("GET", "/%61pi/Task", None),
        ("GET", "/tasks", None),
        ("GET", "/tasks/delta", None),
    ],
)
def test_13_2_the_version_is_named_once(
    json_client: Client, method: str, path: str, members: Mapping[str, Any] | None
) -> None:
    answer = ask(json_client, method, path.format(**json_client.created()), members)
    assert [value for name, value in answer.headers.items() if name.lower() == "odata-version"] == ["4.0"]


def test_13_2_a_list_names_the_version_in_xml_too_and_nothing_else_does(xml_client: Client) -> None:
    task = xml_client.created()
    for path, version in (("/tasks", "4.0"), ("/api/TaskView", "4.0"), (f"/tasks/{task['id']}", None)):
        assert ask(xml_client, "GET", path).headers.get("OData-Version") == version


# ---- 13.5: errors ---------------------------------------------------------------------------------------------------

REFUSALS = [
    (("POST", "/api/Task", {"subject": "x" * 151, "due_date": "x"}), 422, "invalid-task"),
    (("POST", "/api/task", {}), 422, "invalid-task"),
    (("PATCH", "/api/Task({id})", {"subject": None}), 422, "invalid-task"),
    (("GET", f"/api/Task({uuid4()})", None), 404, "no-such-task"),
    (("GET", "/api/TaskView?", None), 404, "no-such-route"),
    (("GET", "/api/Nothing", None), 404, "no-such-route"),
    (("DELETE", "/api/Task", None), 405, "method-not-allowed"),
]


@pytest.mark.parametrize(("request_", "status", "kind"), REFUSALS)
def test_13_5_an_error_below_api_has_odata_s_member(
    json_client: Client, request_: tuple[str, str, Mapping[str, Any] | None], status: int, kind: str
) -> None:
    method, path, members = request_
    answer = ask(json_client, method, path.format(**json_client.created()), members)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    document = answer.document()
    assert list(document)[:5] == ["type", "title", "status", "detail", "instance"]
    error = document["error"]
    assert (error["code"], error["message"]) == (kind, document["detail"])
    assert document["type"] == f"urn:servicedesk:problem:{kind}"
    faults = [(one["code"], one["detail"], one["pointer"]) for one in document.get("errors", [])]
    details = error.get("details", [])
    assert [(one["code"], one["message"], f"#/{one['target']}") for one in details] == faults
    assert bool(details) is (status == 422)


def test_13_5_a_faulty_option_and_a_stale_tag_have_it_too(json_client: Client) -> None:
    refused = ask(json_client, "GET", "/api/Task", query={"$expand": "x"})
    assert refused.document()["error"]["code"] == "invalid-parameter"
    path = f"/api/Task({json_client.created()['id']})"
    stale = ask(json_client, "PATCH", path, {"subject": "Other"}, headers={"If-Match": 'W/"0"'})
    assert (stale.status, stale.document()["error"]["code"]) == (412, "precondition-failed")
    assert stale.headers["ETag"]


def test_13_5_as_text_json_it_is_application_json_and_xml_stays(json_client: Client, xml_client: Client) -> None:
    answer = ask(json_client, "GET", "/api/Nothing", headers={"Accept": "text/json"})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    answer = ask(xml_client, "GET", "/api/Nothing")
    assert answer.headers["Content-Type"] == "application/problem+xml; charset=utf-8"
    assert "error" not in answer.document()


def test_13_5_elsewhere_errors_stay(json_client: Client) -> None:
    for method, path, members in (
        ("POST", "/tasks", {}),
        ("GET", "/apiary", None),
        ("GET", "/nothing/api", None),
        ("GET", f"/tasks/{uuid4()}", None),
    ):
        answer = ask(json_client, method, path, members)
        assert answer.headers["Content-Type"] == "application/problem+json; charset=utf-8"
        assert "error" not in answer.document()
        assert "OData-Version" not in answer.headers


@pytest.mark.parametrize("name", ["\ud800", '"' * 1000, "é" * 1000, "a\r\nb"])
def test_13_5_whatever_a_field_is_called_the_error_can_be_sent(json_client: Client, name: str) -> None:
    body = json.dumps({"subject": SUBJECT, name: "x"})
    sent = event("POST", "/api/Task", body, headers={"Prefer": "handling=strict"}, company=json_client.company)
    error = json.loads(invoke(json_client.api.api.lambda_handler, sent).body)["error"]
    [detail] = error["details"]
    assert detail["code"] == "unknown_field"
    assert len(detail["target"]) < 1000


# ---- 13.6: browsers -------------------------------------------------------------------------------------------------


def test_13_6_a_preflight_allows_the_headers_of_odata() -> None:
    [api] = resources("AWS::Serverless::Api").values()
    for path in api["DefinitionBody"]["paths"].values():
        answer = path["options"]["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
        allowed = answer["method.response.header.Access-Control-Allow-Headers"].strip("'").split(", ")
        assert {"OData-Version", "OData-MaxVersion"} <= set(allowed)


def test_13_6_a_browser_app_may_read_the_version(json_client: Client) -> None:
    answer = ask(json_client, "GET", "/api/Task", headers={"Origin": "https://desk.example.com"})
    assert "OData-Version" in answer.headers["Access-Control-Expose-Headers"].split(", ")


@pytest.mark.parametrize("version", ["4.0", "4.01", "3.0", "x"])
def test_13_6_nothing_depends_on_the_version_that_a_client_names(json_client: Client, version: str) -> None:
    json_client.created()
    plain = ask(json_client, "GET", "/api/Task")
    asked = {"OData-Version": version, "OData-MaxVersion": version, "MaxDataServiceVersion": version}
    answer = ask(json_client, "GET", "/api/Task", headers=asked)
    assert (answer.status, answer.body) == (plain.status, plain.body)
    assert answer.headers["OData-Version"] == "4.0"
    assert_problem(ask(json_client, "GET", "/api/Nothing", headers=asked), 404, "no-such-route")
