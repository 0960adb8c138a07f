"""The functions as API Gateway calls them: an event in, an answer out."""

import base64
import importlib.util
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

from tests.template import ROOT

ALPHA = "a1b2c3d4-0000-4000-8000-00000000000a"
ALPHA_CONTACT = "c0c0c0c0-0000-4000-8000-00000000000a"
BETA = "b1b2c3d4-0000-4000-8000-00000000000b"
PROBLEM_TYPE = "urn:servicedesk:problem:"


@dataclass
class Context:
    """What Lambda's Python runtime passes beside the event."""

    function_name: str = "function"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))

    def get_remaining_time_in_millis(self) -> int:
        """A full function's time."""
        return 25_000


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names as sent."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def is_xml(self) -> bool:
        """Whether the body is XML."""
        return "xml" in self.headers.get("Content-Type", "")

    def document(self) -> dict[str, Any]:
        """The body as plain values: of XML, texts, None for nil and lists for problem arrays."""
        document: dict[str, Any] = _plain(ET.fromstring(self.body)) if self.is_xml else json.loads(self.body)
        return document


def _plain(element: ET.Element) -> Any:
    if element.get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true":
        return None
    names = [child.tag.rpartition("}")[2] for child in element]
    if names and all(name == "i" for name in names):
        return [_plain(child) for child in element]
    if names:
        return {name: _plain(child) for name, child in zip(names, element, strict=True)}
    return element.text or ""


def load(function: str) -> ModuleType:
    """A fresh import of a function's `app.py`, as at a cold start, in the present environment."""
    name = f"{function}_app"
    spec = importlib.util.spec_from_file_location(name, ROOT / "functions" / function / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def event(
    method: str = "POST",
    path: str = "/tasks",
    body: bytes | str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    company: str | None = ALPHA,
    contact: str | None = ALPHA_CONTACT,
) -> dict[str, Any]:
    """A REST API's event (payload 1.0), the body in base64 as `BinaryMediaTypes` of the template makes it."""
    sent = dict(headers or {})
    raw = body.encode() if isinstance(body, str) else body
    context: dict[str, Any] = {
        "requestId": str(uuid4()),
        "stage": "v1",
        "path": f"/v1{path}",
        "httpMethod": method,
        "domainName": "api.example.com",
        "identity": {"sourceIp": "192.0.2.1"},
        "authorizer": {"principalId": "key", "key_id": "0123456789abcdef"},
    }
    if company is not None:
        context["authorizer"] |= {"company_id": company, "contact_id": contact or ""}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) if query else None,
        "pathParameters": {"id": path.rpartition("/")[2]} if method == "GET" else None,
        "stageVariables": None,
        "requestContext": context,
        "body": base64.b64encode(raw).decode() if raw is not None else None,
        "isBase64Encoded": raw is not None,
    }


@dataclass(frozen=True)
class Api:
    """All functions, loaded over one database."""

    create_task: ModuleType
    get_task: ModuleType
    authorizer: ModuleType
    onboard_company: ModuleType

    def create(self, body: bytes | str | dict[str, Any] | None, content_type: str | None = None, **more: Any) -> Answer:
        """POST /tasks. A dict is sent as JSON; `headers`, `query`, `company`, `contact`, `path` as in `event`."""
        headers = dict(more.pop("headers", {}))
        if isinstance(body, dict):
            body, content_type = json.dumps(body), content_type or "application/json"
        if content_type is not None:
            headers["Content-Type"] = content_type
        path = more.pop("path", "/tasks")
        return invoke(self.create_task.lambda_handler, event("POST", path, body, headers=headers, **more))

    def get(self, task_id: str, accept: str | None = None, **more: Any) -> Answer:
        """GET /tasks/{id}."""
        headers = dict(more.pop("headers", {})) | ({"Accept": accept} if accept else {})
        return invoke(self.get_task.lambda_handler, event("GET", f"/tasks/{task_id}", headers=headers, **more))

    def onboard(self, **command: Any) -> dict[str, Any]:
        """One command of an operator."""
        answer: dict[str, Any] = self.onboard_company.lambda_handler(command, Context())
        return answer

    def authorize(self, authorization: str | None) -> dict[str, Any]:
        """What the authorizer says to a request with that Authorization header."""
        headers = {} if authorization is None else {"Authorization": authorization}
        asked = {
            "type": "REQUEST",
            "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/v1/POST/tasks",
            "headers": headers,
        }
        answer: dict[str, Any] = self.authorizer.lambda_handler(asked, Context())
        return answer


def invoke(handler: Callable[[dict[str, Any], Any], dict[str, Any]], sent: dict[str, Any]) -> Answer:
    """Call a handler and read its answer; every answer, good or bad, carries the headers of rule 5.7."""
    result = handler(sent, Context())
    answer = Answer(result["statusCode"], result["headers"], result["body"])
    assert result["isBase64Encoded"] is False
    assert answer.headers["X-Request-Id"] == sent["requestContext"]["requestId"]
    assert answer.headers["Cache-Control"] == "no-store"
    return answer


def assert_problem(answer: Answer, status: int, kind: str, *codes: tuple[str, str]) -> dict[str, Any]:
    """Assert the one shape that every error answer has (contract section 6) and return its document.

    `codes` are the expected (field, code) pairs in any order; exactly those.
    """
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == f"application/problem+{'xml' if answer.is_xml else 'json'}; charset=utf-8"
    if answer.is_xml:
        assert answer.body.startswith('<problem xmlns="urn:ietf:rfc:7807">')
    document = answer.document()
    assert set(document) - {"errors"} == {"type", "title", "status", "detail", "instance"}
    assert document["type"] == PROBLEM_TYPE + kind
    assert int(document["status"]) == status
    assert document["title"]
    assert document["detail"]
    assert document["instance"] == f"urn:request:{answer.headers['X-Request-Id']}"
    errors = document.get("errors", [])
    for error in errors:
        assert set(error) - {"limit"} == {"pointer", "code", "detail"}
        assert error["pointer"].startswith("#/")
        assert error["detail"]
    assert sorted((error["pointer"][2:], error["code"]) for error in errors) == sorted(codes)
    return document
