"""Events as no gateway should send them, and payload format 2.0: an answer of the contract, never a crash or a 5xx."""

import base64
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import pytest

from tests.api import Answer, Api, Context, assert_problem, event, invoke, written
from tests.contract.client import FORMATS, SUBJECT

COMPANY = "0ddc0de0-0000-4000-8000-00000000000a"


def posted(**changes: Any) -> dict[str, Any]:
    return event(body=written("json", {"subject": SUBJECT}), company=COMPANY) | changes


def payload_2(body: bytes, headers: Mapping[str, str], authorizer: Mapping[str, Any], stage: str) -> dict[str, Any]:
    """An HTTP API's event; the stage `$default` is no part of its path."""
    path = "/tasks" if stage == "$default" else f"/{stage}/tasks"
    return {
        "version": "2.0",
        "routeKey": "POST /tasks",
        "rawPath": path,
        "rawQueryString": "",
        "headers": dict(headers),
        "requestContext": {
            "requestId": str(uuid4()),
            "stage": stage,
            "domainName": "api.example.com",
            "http": {"method": "POST", "path": path},
            "authorizer": authorizer,
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"headers": None},
        {"multiValueHeaders": None},
        {"headers": None, "multiValueHeaders": None},
        {"headers": {"Content-Type": None, "Accept": 7}, "multiValueHeaders": {"Prefer": None, "Accept": [None]}},
        {"headers": [], "multiValueHeaders": []},
        {"queryStringParameters": None},
        {"queryStringParameters": {"validate_only": None}},
        {"queryStringParameters": []},
        {"pathParameters": []},
        {"stageVariables": {"public_url": None}},
    ],
)
def test_a_part_that_is_null_or_odd_is_as_if_absent(api: Api, odd: dict[str, Any]) -> None:
    answer = invoke(api.api.lambda_handler, posted(**odd))
    assert answer.status == 201
    assert answer.task()["subject"] == SUBJECT


@pytest.mark.parametrize(
    "part", ["headers", "multiValueHeaders", "queryStringParameters", "stageVariables", "resource"]
)
def test_a_part_can_be_missing(api: Api, part: str) -> None:
    sent = posted()
    del sent[part]
    assert invoke(api.api.lambda_handler, sent).status == 201


@pytest.mark.parametrize(
    "odd", [{"body": None}, {"body": ""}, {"body": {"subject": "x"}}, {"body": None, "isBase64Encoded": False}]
)
def test_a_body_that_is_no_text_is_an_empty_one(api: Api, odd: dict[str, Any]) -> None:
    assert_problem(invoke(api.api.lambda_handler, posted(**odd)), 400, "malformed-body")


@pytest.mark.parametrize("body", ["\ud800", '{"subject": "\ud800"}'])
def test_a_body_that_utf_8_cannot_write(api: Api, body: str) -> None:
    sent = posted(body=body, isBase64Encoded=False)
    assert_problem(invoke(api.api.lambda_handler, sent), 400, "malformed-body")


@pytest.mark.parametrize(
    "context", [None, {}, [], {"authorizer": None}, {"authorizer": "x"}, {"authorizer": {"lambda": 7}}]
)
def test_a_request_of_nobody_has_no_company(api: Api, context: object) -> None:
    assert_problem(invoke(api.api.lambda_handler, posted(requestContext=context)), 403, "no-company")


def test_nothing_at_all_asks_for_nothing(api: Api) -> None:
    assert_problem(invoke(api.api.lambda_handler, {}), 405, "method-not-allowed")


@pytest.mark.parametrize(
    "broken", [None, [], "x", 7, {"headers": 7, "requestContext": "x", "path": 7}, {"version": []}]
)
def test_no_event_leaves_the_function_as_an_exception(api: Api, broken: Any) -> None:
    answer = api.api.lambda_handler(broken, Context())
    assert answer["statusCode"] in (404, 405, 500)
    assert answer["headers"]["Content-Type"] == "application/problem+json; charset=utf-8"


@pytest.mark.parametrize("path", ["/\ud800", "/tasks/\udfff", "/api/Task(\ud800)", "/\r\n", "/%ED%A0%80", "/%FF"])
@pytest.mark.parametrize("where", ["path", "requestContext", "pathParameters"])
def test_a_path_that_utf_8_cannot_write_is_answered(api: Api, path: str, where: str) -> None:
    sent = event("GET", "/tasks/x", company=COMPANY)
    sent[where] = path if where == "path" else sent[where] | {"path": path, "proxy": path[1:]}
    assert invoke(api.api.lambda_handler, sent).status == 404


@pytest.mark.parametrize(
    "parameters", [None, {}, {"proxy": None}, {"proxy": 7}, [], {"proxy": "tasks/..x"}, {"proxy": "tasks/\r\n"}]
)
def test_a_get_without_a_usable_id_finds_nothing(api: Api, parameters: object) -> None:
    sent = event("GET", "/tasks/x", company=COMPANY) | {"pathParameters": parameters}
    assert_problem(invoke(api.api.lambda_handler, sent), 404, "no-such-task")


def test_a_request_without_an_id_is_named_by_its_invocation(api: Api) -> None:
    sent = posted()
    del sent["requestContext"]["requestId"]
    answer = invoke(api.api.lambda_handler, sent)
    assert answer.status == 201


AUTHORIZERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "lambda": lambda company: {"lambda": {"company_id": company}},
    "jwt": lambda company: {"jwt": {"claims": {"company_id": company}, "scopes": None}},
    "cognito": lambda company: {"claims": {"custom:company_id": company}},
}


@pytest.mark.parametrize("stage", ["v1", "$default", "tasks"])
@pytest.mark.parametrize("authorizer", AUTHORIZERS)
@pytest.mark.parametrize("format_", FORMATS)
def test_payload_format_2_0(api: Api, company: str, stage: str, authorizer: str, format_: str) -> None:
    body = written(format_, {"subject": "Überlauf"}).encode()
    sent = payload_2(body, {"content-type": f"application/{format_}"}, AUTHORIZERS[authorizer](company), stage)
    answer = invoke(api.api.lambda_handler, sent)
    task = answer.task()
    assert (task["subject"], task["company_id"]) == ("Überlauf", company)
    assert answer.headers["Location"] == f"https://api.example.com{sent['rawPath']}/{task['id']}"
    sent["stageVariables"] = {"public_url": "https://desk.example.com/"}
    answer = invoke(api.api.lambda_handler, sent)
    assert answer.headers["Location"] == f"https://desk.example.com/tasks/{answer.task()['id']}"


@pytest.mark.parametrize(
    "value", ["a\r\nSet-Cookie: x=y", "\u00e9", "\ud800", "x" * 20_000, "\x00", ",;\"\\'=", '"\\', "q=" * 5_000]
)
@pytest.mark.parametrize(
    "header",
    ["Accept", "Content-Type", "Prefer", "Origin", "X-Forwarded-Proto", "If-None-Match", "Host", "Authorization"],
)
def test_no_header_of_a_request_breaks_an_answer(api: Api, header: str, value: str) -> None:
    answers: list[Answer] = [
        api.create({"subject": SUBJECT}, headers={header: value}, company=COMPANY),
        api.create({}, headers={header: value}, company=COMPANY),
        api.get(str(uuid4()), headers={header: value}, company=COMPANY),
    ]
    assert answers[0].status in (201, 415)
    assert all(answer.status < 500 for answer in answers)
