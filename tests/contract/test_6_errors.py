"""Contract section 6: errors, a test for each row of its table."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.api import Answer, Api, assert_problem
from tests.contract.client import SUBJECT, Client
from tools.template import resources

CODES: dict[str, dict[str, Any]] = {
    "required": {"subject": None},
    "too_long": {"customer_reference": "x" * 51},
    "invalid_guid": {"id": "x"},
    "invalid_date": {"due_date": "06/24/2026"},
    "invalid_string": {"remark": ["x"]},
    "unknown_reference": {"task_type_id": "3970f5af-af17-4420-b038-a1efdc261244"},
    "conflicting_reference": {
        "to_db_table_id": "448260e5-7a17-4381-a254-0b1d8fe53947",
        "to_db_table_name": "project",
    },
    "missing_reference": {"to_id_in_table": "3970f5af-af17-4420-b038-a1efdc261244"},
    "unknown_field": {"extra": "x"},
    "server_assigned": {"id2": 20},
}


class Body:
    """The parts of a response that botocore reads."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self) -> Iterator[bytes]:
        yield self.content


@contextmanager
def database_answering(module: Any, status: int, document: dict[str, Any]) -> Iterator[None]:
    """Make the database answer every request of a function with this response."""

    def answer(request: Any, **_: object) -> AWSResponse:
        return AWSResponse(request.url, status, HTTPHeaders(), Body(json.dumps(document).encode()))

    events = module.client.meta.events
    events.register_first("before-send.dynamodb", answer)
    try:
        yield
    finally:
        events.unregister("before-send.dynamodb", answer)


def answers_over(client: Client, status: int, document: dict[str, Any]) -> Iterator[Answer]:
    """Return the answer of each function while the database answers in this way."""
    with database_answering(client.api.api, status, document):
        yield client.create({"subject": SUBJECT})
    with database_answering(client.api.api, status, document):
        yield client.get(str(uuid4()))


def test_6_malformed_body_says_where_the_parser_stopped(json_client: Client, xml_client: Client) -> None:
    for client, body in ((json_client, '{\n  "subject": x}'), (xml_client, "<task>\n  <subject></subjecT></task>")):
        document = assert_problem(client.send(body), 400, "malformed-body")
        assert "line 2, column 1" in document["detail"]
        assert document["title"] == "The body cannot be read"


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "é", '"open'])
def test_6_invalid_header_an_unusable_idempotency_key(client: Client, key: str) -> None:
    answer = client.create({"subject": SUBJECT}, headers={"Idempotency-Key": key})
    assert "Idempotency-Key" in assert_problem(answer, 400, "invalid-header")["detail"]


@pytest.mark.parametrize("value", ["", "yes"])
def test_6_invalid_parameter_names_the_option_and_what_it_takes(client: Client, value: str) -> None:
    answer = client.create({"subject": SUBJECT}, query={"validate_only": value})
    document = assert_problem(answer, 400, "invalid-parameter")
    assert document["title"] == "A query option is not valid"
    assert "validate_only must be true, 1, false or 0" in document["detail"]


def test_6_gateway_refusals_have_the_same_shape() -> None:
    [api] = resources("AWS::Serverless::Api").values()
    refusals = {name: sent for name, sent in api["GatewayResponses"].items() if int(sent["StatusCode"]) in (401, 403)}
    assert {"UNAUTHORIZED", "ACCESS_DENIED"} <= set(refusals)
    for sent in refusals.values():
        headers = {name: value.strip("'") for name, value in sent["ResponseParameters"]["Headers"].items()}
        assert headers["X-Request-Id"] == "context.requestId"
        assert headers["Cache-Control"] == "no-store"
        [template] = sent["ResponseTemplates"].values()
        body = template.replace("$context.requestId", "context.requestId")
        answer = Answer(int(sent["StatusCode"]), headers, body)
        assert_problem(answer, answer.status, {401: "unauthorized", 403: "forbidden"}[answer.status])


@pytest.mark.parametrize("named", [None, "", "x", "00000000-0000-0000-0000-000000000000"])
def test_6_no_company_in_the_credentials(client: Client, named: str | None) -> None:
    assert_problem(client.create({"subject": SUBJECT}, company=named), 403, "no-company")
    assert_problem(client.get(str(uuid4()), company=named), 403, "no-company")


def test_6_no_such_task(client: Client) -> None:
    assert_problem(client.get(str(uuid4())), 404, "no-such-task")


def test_6_no_such_route(client: Client) -> None:
    assert_problem(client.get("", path="/nowhere"), 404, "no-such-route")


def test_6_method_not_allowed_with_the_methods_there_are(client: Client) -> None:
    answer = client.change("", {"subject": SUBJECT}, path="/tasks")
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_6_task_exists_with_its_location(client: Client) -> None:
    task = client.created()
    answer = client.create({"id": task["id"], "subject": "Another"})
    document = assert_problem(answer, 409, "task-exists")
    assert answer.headers["Location"].endswith(f"/tasks/{task['id']}")
    named = f"The company already has a task with this id and different content: {answer.headers['Location']}."
    assert named in document["detail"]
    assert client.get(task["id"]).task() == task


def test_6_body_too_large(client: Client) -> None:
    assert_problem(client.send(b" " * 1_048_577), 413, "body-too-large")


def test_6_unsupported_media_type(client: Client) -> None:
    assert_problem(client.send("x", "text/plain"), 415, "unsupported-media-type")


@pytest.mark.parametrize("code", CODES)
def test_6_invalid_task_codes(client: Client, code: str) -> None:
    answer = client.create({"subject": SUBJECT} | CODES[code], headers={"Prefer": "handling=strict"})
    assert answer.status == 422
    field = list(CODES[code])[-1]
    document = assert_problem(answer, 422, "invalid-task", (field, code))
    assert document["detail"] == f"1 field is not valid: {field}"


def test_6_invalid_task_names_all_faults_of_a_body_in_the_page_s_order(client: Client) -> None:
    fields = {name: value for body in CODES.values() for name, value in body.items()}
    fields["to_db_table_id"] = "x"
    answer = client.create(dict(reversed(fields.items())), headers={"Prefer": "handling=strict"})
    document = assert_problem(
        answer,
        422,
        "invalid-task",
        ("id", "invalid_guid"),
        ("task_type_id", "unknown_reference"),
        ("to_db_table_id", "invalid_guid"),
        ("subject", "required"),
        ("remark", "invalid_string"),
        ("customer_reference", "too_long"),
        ("due_date", "invalid_date"),
        ("id2", "server_assigned"),
        ("extra", "unknown_field"),
    )
    names = [error["pointer"].removeprefix("#/") for error in document["errors"]]
    assert document["detail"] == f"9 fields are not valid: {', '.join(names)}"


def test_6_invalid_task_is_the_same_for_a_reference_of_another_company_and_of_none(client: Client) -> None:
    stranger, of_stranger = client.stranger(), str(uuid4())
    stranger.onboard(types=[{"id": of_stranger, "name": "Theirs", "default": True}])
    assert stranger.created(task_type_id=of_stranger)["task_type_id"] == of_stranger
    theirs = client.refused("task_type_id", of_stranger, "unknown_reference")
    assert theirs == client.refused("task_type_id", str(uuid4()), "unknown_reference")


def test_6_invalid_task_says_where_the_ids_of_a_reference_come_from(client: Client) -> None:
    fields = {"task_type_id": "task type", "task_priority_id": "task priority", "to_db_table_id": "table"}
    for field, what in fields.items():
        fault = client.refused(field, str(uuid4()), "unknown_reference")
        expected = f"The company's catalogue has no such {what}. Ask the operator of this service for the catalogue."
        assert fault["detail"] == expected


def test_6_invalid_task_as_the_contract_shows_it(json_client: Client, xml_client: Client) -> None:
    fields = {"subject": "x" * 151, "due_date": "x"}
    answer = json_client.create(fields)
    assert json.loads(answer.body) == {
        "type": "urn:servicedesk:problem:invalid-task",
        "title": "The task is not valid",
        "status": 422,
        "detail": "2 fields are not valid: subject, due_date",
        "instance": f"urn:request:{answer.headers['X-Request-Id']}",
        "errors": [
            {
                "pointer": "#/subject",
                "code": "too_long",
                "detail": "The text is longer than 150 characters.",
                "limit": 150,
            },
            {
                "pointer": "#/due_date",
                "code": "invalid_date",
                "detail": "This is not a date, like 2026-06-24 or 2026-06-24T03:56:41.4578039Z (ISO 8601).",
            },
        ],
    }
    answer = xml_client.create(fields)
    assert answer.headers["Content-Type"] == "application/problem+xml; charset=utf-8"
    assert answer.body == (
        '<problem xmlns="urn:ietf:rfc:7807"><type>urn:servicedesk:problem:invalid-task</type>'
        "<title>The task is not valid</title><status>422</status>"
        "<detail>2 fields are not valid: subject, due_date</detail>"
        f"<instance>urn:request:{answer.headers['X-Request-Id']}</instance><errors>"
        "<i><pointer>#/subject</pointer><code>too_long</code>"
        "<detail>The text is longer than 150 characters.</detail><limit>150</limit></i>"
        "<i><pointer>#/due_date</pointer><code>invalid_date</code>"
        "<detail>This is not a date, like 2026-06-24 or 2026-06-24T03:56:41.4578039Z (ISO 8601).</detail></i>"
        "</errors></problem>"
    )


def test_6_idempotency_key_reused_for_other_content(client: Client) -> None:
    headers = {"Idempotency-Key": "order-7"}
    assert client.create({"subject": SUBJECT}, headers=headers).status == 201
    assert_problem(client.create({"subject": "Another"}, headers=headers), 422, "idempotency-key-reused")


def test_6_unavailable_with_retry_after(client: Client) -> None:
    throttled = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "inner detail"}
    for answer in answers_over(client, 400, throttled):
        assert_problem(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert "inner" not in answer.body


def test_6_internal_tells_nothing_but_the_request_id(client: Client) -> None:
    refused = {"__type": "com.amazon.coral.service#AccessDeniedException", "message": "inner detail"}
    for answer in answers_over(client, 400, refused):
        document = assert_problem(answer, 500, "internal")
        assert document["detail"] == "The request failed; its id is in instance."


def test_6_internal_covers_what_nobody_thought_of(api: Api, client: Client) -> None:
    item = {"pk": {"S": f"COMPANY#{client.company}"}, "sk": {"S": "CATALOGUE"}, "types": {"S": "inner detail"}}
    boto3.client("dynamodb").put_item(TableName="TasksTable", Item=item)
    answer = client.create({"subject": SUBJECT})
    assert_problem(answer, 500, "internal")
    assert "inner" not in json.dumps(answer.headers) + answer.body
