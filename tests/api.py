"""The functions as API Gateway calls them: an event in, an answer out."""

import base64
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from servicedesk.domain.task import FIELDS as DECLARED
from servicedesk.operations.operation import Stores
from servicedesk.store.catalogues import CatalogueStore

from tools.template import ROOT

ALPHA = "a1b2c3d4-0000-4000-8000-00000000000a"
ALPHA_CONTACT = "c0c0c0c0-0000-4000-8000-00000000000a"
BETA = "b1b2c3d4-0000-4000-8000-00000000000b"
PROBLEM_TYPE = "urn:servicedesk:problem:"
LAMBDA_ANSWER_BYTES = 6_291_556
"""Lambda's limit of a response."""
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

PAGE = {
    "id": "guid",
    "task_type_id": "guid",
    "task_status_id": "guid",
    "task_priority_id": "guid",
    "company_id": "guid",
    "contact_id": "guid",
    "to_db_table_id": "guid",
    "to_db_table_name": "string",
    "to_id_in_table": "guid",
    "subject": "string",
    "remark": "string",
    "customer_reference": "string",
    "date_create": "date",
    "date_start": "date",
    "due_date": "date",
    "date_closed": "date",
    "archived": "boolean",
    "date_assigned": "date",
    "date_suggested_by_company": "date",
    "id2": "integer",
    "reference_back_office": "string",
    "created_by_servicedesk_api": "boolean",
    "modified_dateutc": "date",
}
"""The fields of the published page and their types, in the page's order."""

FIELDS = {
    name: {"globally unique identifier": "guid"}.get(field.kind.name, field.kind.name)
    for name, field in DECLARED.items()
}
"""The declared fields of a task and their types: those of the page, and any that were added since."""

_SHOWN = {
    "guid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "date": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?",
    "boolean": "true|false",
    "integer": r"[1-9]\d*",
    "string": r"(?s:.+)",
}
"""The form of a value of each type in an answer; a date without its zone."""


@dataclass
class Context:
    """The context that Lambda's Python runtime passes with the event."""

    function_name: str = "function"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))

    def get_remaining_time_in_millis(self) -> int:
        """Return the whole timeout."""
        return 25_000


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names as sent."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def is_xml(self) -> bool:
        """Return whether the body is XML."""
        return "xml" in self.headers.get("Content-Type", "")

    def document(self) -> dict[str, Any]:
        """Return the body as plain values; from XML, texts, None for nil and lists for problem arrays."""
        document: dict[str, Any] = _plain(ET.fromstring(self.body)) if self.is_xml else json.loads(self.body)
        return document

    def members(self) -> dict[str, Any]:
        """Return the document without OData's control information, which must come first (rule 13.2)."""
        document = self.document()
        control = [name for name in document if name.startswith("@odata.")]
        assert list(document)[: len(control)] == control
        return {name: value for name, value in document.items() if name not in control}

    def task(self) -> dict[str, Any]:
        """Return the task in the body, with the same values from both formats, and dates without a zone.

        Asserts the form of every task: rules 5.1, 5.4 and 5.5, and GUIDs as in rule 3.7.
        """
        document = self.members()
        assert list(document) == (sorted(FIELDS) if self.is_xml else list(FIELDS))
        if self.is_xml:
            assert self.body.startswith(f'<task xmlns:i="{INSTANCE}">')
        return {name: self._value(kind, document[name]) for name, kind in FIELDS.items()}

    def _value(self, kind: str, shown: Any) -> Any:
        if shown is None:
            return None
        if not self.is_xml:
            assert type(shown) is {"boolean": bool, "integer": int}.get(kind, str)
        text = shown if isinstance(shown, str) else json.dumps(shown)
        if kind == "date":
            zone = "Z" if self.is_xml else "+00:00"
            assert text.endswith(zone)
            text = text.removesuffix(zone)
        assert re.fullmatch(_SHOWN[kind], text), (kind, shown)
        return json.loads(text) if kind in ("boolean", "integer") else text


def _plain(element: ET.Element) -> Any:
    if element.get(f"{{{INSTANCE}}}nil") == "true":
        return None
    names = [child.tag.rpartition("}")[2] for child in element]
    if names and all(name == "i" for name in names):
        return [_plain(child) for child in element]
    if names:
        return {name: _plain(child) for name, child in zip(names, element, strict=True)}
    return element.text or ""


def written(format_: str, members: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> str:
    """Return a body in `json` or `xml`. Pairs can repeat a name; an array becomes elements in XML."""
    pairs = list(members.items() if isinstance(members, Mapping) else members)
    if format_ == "json":
        return "{" + ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in pairs) + "}"
    return f'<task xmlns:i="{INSTANCE}">{"".join(_element(name, value) for name, value in pairs)}</task>'


def _element(name: str, value: Any) -> str:
    match value:
        case None:
            return f'<{name} i:nil="true" />'
        case dict():
            return f"<{name}>{''.join(_element(*pair) for pair in value.items())}</{name}>"
        case list():
            return f"<{name}>{''.join(_element('item', item) for item in value)}</{name}>"
        case str():
            return f"<{name}>{escape(value, {'\r': '&#xD;'})}</{name}>"
        case _:
            return f"<{name}>{json.dumps(value)}</{name}>"


def load(function: str) -> ModuleType:
    """Return a fresh import of a function's `app.py`, as at a cold start, in the current environment."""
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
    query: Mapping[str, str | list[str]] | None = None,
    company: str | None = ALPHA,
    contact: str | None = ALPHA_CONTACT,
    in_base64: bool = True,
) -> dict[str, Any]:
    """Return a REST API's event (payload 1.0), with the body in base64, because of the template's `BinaryMediaTypes`.

    A query option can have several values. With `in_base64=False` the body is a plain text.
    """
    sent = dict(headers or {})
    asked = {name: value if isinstance(value, list) else [value] for name, value in (query or {}).items()}
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
        "resource": "/" if path == "/" else "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        # The gateway sends the last value of each name here, and all values below.
        "queryStringParameters": {name: values[-1] for name, values in asked.items()} or None,
        "multiValueQueryStringParameters": asked or None,
        "pathParameters": None if path == "/" else {"proxy": path[1:]},
        "stageVariables": None,
        "requestContext": context,
        "body": body if raw is None or not in_base64 else base64.b64encode(raw).decode(),
        "isBase64Encoded": in_base64 and raw is not None,
    }


@dataclass(frozen=True)
class Api:
    """All functions, loaded over one database."""

    api: ModuleType
    authorizer: ModuleType
    onboard_company: ModuleType
    erase_company: ModuleType
    publish_events: ModuleType

    def create(self, body: bytes | str | dict[str, Any] | None, content_type: str | None = None, **more: Any) -> Answer:
        """Send POST /tasks. A dict is sent as JSON; `headers`, `query`, `company`, `contact`, `path` as in `event`."""
        headers = dict(more.pop("headers", {}))
        if isinstance(body, dict):
            body, content_type = json.dumps(body), content_type or "application/json"
        if content_type is not None:
            headers["Content-Type"] = content_type
        path = more.pop("path", "/tasks")
        return invoke(self.api.lambda_handler, event("POST", path, body, headers=headers, **more))

    def get(self, task_id: str, accept: str | None = None, **more: Any) -> Answer:
        """Send GET /tasks/{id}, or another `path`."""
        headers = dict(more.pop("headers", {})) | ({"Accept": accept} if accept else {})
        path = more.pop("path", f"/tasks/{task_id}")
        return invoke(self.api.lambda_handler, event("GET", path, headers=headers, **more))

    def forget_catalogues(self) -> None:
        """Empty the API's cache of catalogues, as in a new execution environment."""
        stores: Stores = self.api.stores
        anew = CatalogueStore(stores.client, stores.tasks_table)
        self.api.stores = replace(stores, catalogues=anew)  # type: ignore[attr-defined]

    def list(self, path: str = "/tasks", accept: str | None = None, **more: Any) -> Answer:
        """Get a list of tasks, or the feed of changes; `query`, `headers` and `company` as in `event`."""
        headers = dict(more.pop("headers", {})) | ({"Accept": accept} if accept else {})
        return invoke(self.api.lambda_handler, event("GET", path, headers=headers, **more))

    def follow(self, url: str, accept: str | None = None, **more: Any) -> Answer:
        """Get the page of a link, as a client that treats links as opaque."""
        address = urlsplit(url)
        assert f"{address.scheme}://{address.netloc}" == "https://api.example.com"
        query = parse_qs(address.query, keep_blank_values=True, strict_parsing=True)
        return self.list(address.path.removeprefix("/v1"), accept, query=query, **more)

    def search(self, body: Any, content_type: str = "application/json", **more: Any) -> Answer:
        """Send POST /api/TaskView/Search; anything but a text is sent as JSON."""
        headers = {"Content-Type": content_type} | dict(more.pop("headers", {}))
        text = body if isinstance(body, str) else json.dumps(body)
        sent = event("POST", "/api/TaskView/Search", text, headers=headers, **more)
        return invoke(self.api.lambda_handler, sent)

    def catalogue(self, path: str = "/catalogue", accept: str | None = None, **more: Any) -> Answer:
        """Get the catalogue, or a part of it at one of the original's addresses."""
        headers = dict(more.pop("headers", {})) | ({"Accept": accept} if accept else {})
        return invoke(self.api.lambda_handler, event("GET", path, headers=headers, **more))

    def change(
        self, task_id: str, body: bytes | str | dict[str, Any] | None, content_type: str | None = None, **more: Any
    ) -> Answer:
        """Send PATCH /tasks/{id}, or another `method` and `path`, with the ETag `if_match` unless that is None.

        A dict is sent as JSON; the rest as in `event`.
        """
        headers = dict(more.pop("headers", {}))
        if (if_match := more.pop("if_match", "*")) is not None:
            headers["If-Match"] = if_match
        if isinstance(body, dict):
            body, content_type = json.dumps(body), content_type or "application/json"
        if content_type is not None:
            headers["Content-Type"] = content_type
        method, path = more.pop("method", "PATCH"), more.pop("path", f"/tasks/{task_id}")
        return invoke(self.api.lambda_handler, event(method, path, body, headers=headers, **more))

    def onboard(self, **command: Any) -> dict[str, Any]:
        """Send a command to OnboardCompany."""
        answer: dict[str, Any] = self.onboard_company.lambda_handler(command, Context())
        return answer

    def erase(self, company: str, again: str | None = None, context: Context | None = None) -> dict[str, Any]:
        """Call EraseCompany once."""
        command = {"action": "erase_company", "company_id": company, "company_id_again": again or company}
        answer: dict[str, Any] = self.erase_company.lambda_handler(command, context or Context())
        return answer

    def authorize(self, authorization: str | None) -> dict[str, Any]:
        """Return the authorizer's answer to a request with this Authorization header."""
        headers = {} if authorization is None else {"Authorization": authorization}
        asked = {
            "type": "REQUEST",
            "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/v1/POST/tasks",
            "headers": headers,
        }
        answer: dict[str, Any] = self.authorizer.lambda_handler(asked, Context())
        return answer


def invoke(handler: Callable[[dict[str, Any], Any], dict[str, Any]], sent: dict[str, Any]) -> Answer:
    """Call a handler and return its answer, after asserting the properties of every answer."""
    context = Context()
    sent_on = json.dumps(handler(sent, context), ensure_ascii=False).encode()  # as the runtime does it
    result = json.loads(sent_on)
    answer = Answer(result["statusCode"], result["headers"], result["body"])
    assert result["isBase64Encoded"] is False
    gateway = sent.get("requestContext") or {}
    assert answer.headers["X-Request-Id"] == gateway.get("requestId", context.aws_request_id)
    assert answer.headers["Cache-Control"] == "no-store"
    assert {"Accept", "Content-Type"} <= set(answer.headers["Vary"].split(", "))
    for name, value in answer.headers.items():
        assert re.fullmatch(r"[!-~]([ -~]*[!-~])?", value), (name, value)
    parameters = sent.get("pathParameters")
    path = str(parameters.get("proxy")) if isinstance(parameters, dict) else ""
    if re.match("api(/|$)", path, re.IGNORECASE) and "json" in answer.headers.get("Content-Type", ""):
        assert answer.headers["OData-Version"] == "4.0"  # rule 13.2
        if answer.body:
            assert ("error" in answer.document()) is (answer.status >= 400)  # rule 13.5
    assert len(sent_on) < LAMBDA_ANSWER_BYTES
    return answer


def assert_problem(answer: Answer, status: int, kind: str, *codes: tuple[str, str]) -> dict[str, Any]:
    """Assert that an answer is this problem, with the form of `problem_of`, and return its document.

    `codes` are exactly the expected (field, code) pairs, in any order.
    """
    assert answer.status == status, answer.body
    document = problem_of(answer)
    assert document["type"] == PROBLEM_TYPE + kind
    assert sorted((error["pointer"][2:], error["code"]) for error in document.get("errors", [])) == sorted(codes)
    return document


def problem_of(answer: Answer) -> dict[str, Any]:
    """Assert the form of every error answer (contract section 6), and return its document."""
    document = answer.document()
    as_odata = document.pop("error", None)
    # Only a function knows that the address is one of the original's; what the gateway answers is the same everywhere.
    of_odata = "OData-Version" in answer.headers
    name = "application/json" if of_odata else f"application/problem+{'xml' if answer.is_xml else 'json'}"
    assert answer.headers["Content-Type"] == f"{name}; charset=utf-8"
    if answer.is_xml:
        assert answer.body.startswith('<problem xmlns="urn:ietf:rfc:7807">')
    assert list(document)[:5] == ["type", "title", "status", "detail", "instance"]
    assert set(document) - {"errors"} == {"type", "title", "status", "detail", "instance"}
    assert document["type"].startswith(PROBLEM_TYPE)
    assert int(document["status"]) == answer.status >= 400
    assert document["title"]
    assert document["detail"]
    assert document["instance"] == f"urn:request:{answer.headers['X-Request-Id']}"
    errors = document.get("errors", [])
    if as_odata:  # rule 13.5
        expected = {"code": document["type"].removeprefix(PROBLEM_TYPE), "message": document["detail"]}
        details = [{"code": one["code"], "message": one["detail"], "target": one["pointer"][2:]} for one in errors]
        assert as_odata == expected | ({"details": details} if details else {})
    for error in errors:
        assert set(error) - {"limit"} == {"pointer", "code", "detail"}
        assert re.fullmatch(r"#/([A-Za-z0-9!$&'()*+,;=:@._~-]|%[0-9A-F]{2})*", error["pointer"])
        assert re.fullmatch(r"[a-z_]+", error["code"])
        assert error["detail"]
        assert int(error.get("limit", 1)) > 0
    in_page_order = {f"#/{name}": place for place, name in enumerate(FIELDS)}
    places = [in_page_order.get(error["pointer"], len(FIELDS)) for error in errors]
    assert places == sorted(places)
    return document
