"""API Gateway's events as requests, and answers as API Gateway wants them.

``endpoint`` makes a Lambda handler of a function that takes a ``Request`` and returns a ``Response``. It is the one
place where faults become answers. Both versions of the event are read, 1.0 (REST APIs) and 2.0 (HTTP APIs); one shape
of answer serves both.
"""

import base64
import binascii
import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from servicedesk.domain.faults import DomainError
from servicedesk.telemetry import LambdaHandler, describe, observed, record
from servicedesk.wire import media_types, problems
from servicedesk.wire.caller import Caller
from servicedesk.wire.headers import Fields, split
from servicedesk.wire.problems import INTERNAL, INVALID_PARAMETER, MALFORMED_BODY, Problem

EXPOSED_HEADERS = ", ".join(
    (
        "Content-Location",
        "ETag",
        "Idempotent-Replayed",
        "Ignored-Fields",
        "Link",
        "Location",
        "Preference-Applied",
        "Retry-After",
        "X-Request-Id",
    )
)
"""The answer's headers that a browser app may read."""

_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_OUTCOMES = {
    problems.IDEMPOTENCY_KEY_REUSED: "Conflict",
    problems.INTERNAL: "Failed",
    problems.INVALID_TASK: "Invalid",
    problems.PRECONDITION_FAILED: "Conflict",
    problems.TASK_EXISTS: "Conflict",
    problems.UNAVAILABLE: "Unavailable",
}
"""What logs and metrics call a problem of each type; the others are `Refused`."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as the functions see it.

    Attributes:
        method: the HTTP method, such as ``PATCH``.
        route: the route of the API that the request met, such as ``/tasks/{id}``.
        headers: the header fields.
        query: the query options.
        path_parameters: what the route's placeholders stand for.
        authorizer: what the authorizer said of the caller.
        request_id: names the request in logs and answers. A client can choose it.
        extended_request_id: names the request in logs. Only API Gateway chooses it.
        base_url: what the addresses of the API begin with; absolute where the event tells the host.
        url: the address that the client called, without a query; absolute where the event tells the host.
        raw_body: the body as the event has it, and ``body_is_base64`` whether that is base64.
    """

    method: str
    route: str
    headers: Fields
    query: Fields
    path_parameters: Mapping[str, str]
    authorizer: Mapping[str, object]
    request_id: str
    extended_request_id: str | None
    base_url: str
    url: str
    raw_body: str
    body_is_base64: bool

    @classmethod
    def from_event(cls, event: Mapping[str, Any], invocation_id: str) -> "Request":
        """Read an event of either version, whatever of it is missing, null or of another type.

        ``invocation_id`` names the request where the event does not.
        """
        read = _Http if event.get("version") == "2.0" else _Rest
        context = _mapping(event.get("requestContext"))
        headers = Fields(list(read.headers(event)))
        route = read.route(event)
        base_url, url = _urls(read.path(event), read.path_with_stage(event), route, event, headers)
        return cls(
            method=read.method(event),
            route=route,
            headers=headers,
            query=Fields(list(read.query(event))),
            path_parameters=_texts(event.get("pathParameters")),
            authorizer=_mapping(context.get("authorizer")),
            request_id=context.get("requestId") or invocation_id,
            extended_request_id=context.get("extendedRequestId"),
            base_url=base_url,
            url=url,
            raw_body=event["body"] if isinstance(event.get("body"), str) else "",
            body_is_base64=bool(event.get("isBase64Encoded")),
        )

    def caller(self) -> Caller:
        """Return who is calling, and name them in the logs from here on.

        Raises:
            NoCompanyError: the credentials name no company.
        """
        caller = Caller.from_authorizer(self.authorizer)
        record(company_id=caller.company_id, key_id=caller.key_id)
        return caller

    def flag(self, name: str) -> bool:
        """Return whether the query option ``name`` is true; without it, it is false (contract rule 1.3).

        Raises:
            Problem: ``invalid-parameter``, if it has another value than true, 1, false and 0, or two that differ.
        """
        said = {_FLAGS.get(value.lower()) for value in self.query.get_all(name)}
        if None in said:
            detail = f"The query option {name} takes true, 1, false or 0, and came with another value."
            raise Problem(INVALID_PARAMETER, detail)
        if len(said) > 1:
            detail = f"The query option {name} came twice, with true and with false. Send one of them."
            raise Problem(INVALID_PARAMETER, detail)
        return True in said

    def body(self) -> bytes:
        """Return the bytes that the client sent (contract rule 3.3).

        Raises:
            Problem: ``malformed-body``, if the event says base64 and the body is something else.
        """
        if not self.body_is_base64:
            return self.raw_body.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(self.raw_body, validate=True)
        except (binascii.Error, ValueError):
            raise Problem(MALFORMED_BODY, "The body is marked as base64, but is not base64.") from None


type Document = Callable[[str], Mapping[str, object] | Sequence[Mapping[str, object]]]
"""Makes the body of an answer, given how a date says UTC in the answer's format (rule 5.5)."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer before it has a format.

    Attributes:
        status: the HTTP status.
        document: makes the body; ``None`` for an answer without one.
        headers: headers of the answer; those with an empty value are left out.
        outcome: what logs and metrics call the answer.
        root: the root element of the body in XML.
    """

    status: int
    document: Document | None
    headers: Mapping[str, str] = field(default_factory=dict)
    outcome: str = "Answered"
    root: str = "task"


def endpoint(*, vary: str) -> Callable[[Callable[[Request], Response]], LambdaHandler]:
    """Make a Lambda handler of a function from ``Request`` to ``Response``.

    ``vary`` names the request headers that the answer depends on. Whatever the function raises becomes a problem
    document.
    """

    def decorate(handle: Callable[[Request], Response]) -> LambdaHandler:
        @observed
        @functools.wraps(handle)
        def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            request = Request.from_event(event, context.aws_request_id)
            record(request_id=request.request_id, extended_request_id=request.extended_request_id)
            media_type = media_types.negotiate(request.headers.get("Accept"), request.headers.get("Content-Type"))
            try:
                return _success(handle(request), request, media_type, vary)
            except Problem as problem:
                return _failure(problem, request, media_type, vary)
            except DomainError as error:
                return _failure(problems.from_domain_error(error), request, media_type, vary)
            except Exception as error:
                internal = Problem(INTERNAL, "The request failed; its id is in instance.")
                internal.__cause__ = error
                return _failure(internal, request, media_type, vary)

        return lambda_handler

    return decorate


def _success(response: Response, request: Request, media_type: media_types.MediaType, vary: str) -> dict[str, Any]:
    body = media_type.encode(response.document(media_type.zone), root=response.root) if response.document else ""
    record(response.outcome, status=response.status)
    content_type = {"Content-Type": f"{media_type.name}; charset=utf-8" if body else ""}
    return _answer(response.status, {**response.headers, **content_type}, body, request, vary)


def _failure(problem: Problem, request: Request, media_type: media_types.MediaType, vary: str) -> dict[str, Any]:
    codes = sorted({fault.code for fault in problem.faults})
    record(
        _OUTCOMES.get(problem.type, "Refused"),
        counts=[f"Invalid_{code}" for code in codes],
        status=problem.status,
        problem=problem.type.name,
        codes=codes or None,
        error=describe(problem.__cause__) if problem.status >= 500 else None,
    )
    content_type = {"Content-Type": f"application/problem+{media_type.format}; charset=utf-8"}
    body = media_type.encode(problem.document(request.request_id), root="problem")
    return _answer(problem.status, {**problem.headers, **content_type}, body, request, vary)


def _answer(status: int, headers: Mapping[str, str], body: str, request: Request, vary: str) -> dict[str, Any]:
    allowed = os.environ.get("CORS_ORIGINS", "*").split(",")
    origin = request.headers.get("Origin", "")
    filled = {name: value for name, value in headers.items() if value}
    always = {"Cache-Control": "no-store", "Vary": vary, "X-Request-Id": request.request_id}
    if "*" in allowed or (origin and origin in allowed):
        always["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
        always["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    if "*" not in allowed:
        always["Vary"] += ", Origin"
    return {"statusCode": status, "headers": filled | always, "body": body, "isBase64Encoded": False}


class _Rest:
    """Where an event of version 1.0, from a REST API, has its parts."""

    @staticmethod
    def method(event: Mapping[str, Any]) -> str:
        return str(event.get("httpMethod") or "")

    @staticmethod
    def route(event: Mapping[str, Any]) -> str:
        return str(event.get("resource") or "")

    @staticmethod
    def headers(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        return _several(event.get("headers"), event.get("multiValueHeaders"))

    @staticmethod
    def query(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        return _several(event.get("queryStringParameters"), event.get("multiValueQueryStringParameters"))

    @staticmethod
    def path(event: Mapping[str, Any]) -> str:
        return str(event.get("path") or "")

    @staticmethod
    def path_with_stage(event: Mapping[str, Any]) -> str:
        return str(_mapping(event.get("requestContext")).get("path") or event.get("path") or "")


class _Http:
    """Where an event of version 2.0, from an HTTP API, has its parts."""

    @staticmethod
    def method(event: Mapping[str, Any]) -> str:
        return str(_mapping(_mapping(event.get("requestContext")).get("http")).get("method") or "")

    @staticmethod
    def route(event: Mapping[str, Any]) -> str:
        return str(event.get("routeKey") or "").partition(" ")[2]

    @staticmethod
    def headers(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        # The gateway joins the values of a repeated header with commas. A comma can also be the client's own, so only
        # equal parts are taken apart again.
        for name, value in _texts(event.get("headers")).items():
            parts = split(value, ",")
            for part in parts if len(parts) > 1 and len(set(parts)) == 1 else [value]:
                yield name, part

    @staticmethod
    def query(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        yield from _texts(event.get("queryStringParameters")).items()

    @staticmethod
    def path(event: Mapping[str, Any]) -> str:
        stage = _mapping(event.get("requestContext")).get("stage")
        return _Http.path_with_stage(event).removeprefix(f"/{stage}")

    @staticmethod
    def path_with_stage(event: Mapping[str, Any]) -> str:
        return str(event.get("rawPath") or "")


def _several(single: object, multiple: object) -> Iterator[tuple[str, str]]:
    """Yield what a version 1.0 event has of names and values: all values, or else the last of each name."""
    seen = set()
    for name, sent in _mapping(multiple).items():
        if isinstance(sent, list):
            seen.add(name.lower())
            yield from ((name, value) for value in sent if isinstance(value, str))
    yield from ((name, value) for name, value in _texts(single).items() if name.lower() not in seen)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> Mapping[str, str]:
    return {name: text for name, text in _mapping(value).items() if isinstance(text, str)}


def _urls(path: str, path_with_stage: str, route: str, event: Mapping[str, Any], headers: Fields) -> tuple[str, str]:
    """Return what the addresses of the API begin with, and the address that was called.

    A base path of a custom domain stands in both paths of the event, so only the route tells where the API begins.
    """
    if public_url := _texts(event.get("stageVariables")).get("public_url"):
        base_url = public_url.rstrip("/")
        return base_url, f"{base_url}{_in_a_header(path)}".rstrip("/")
    called = _in_a_header(path_with_stage)
    depth = route.count("/")
    if host := _mapping(event.get("requestContext")).get("domainName"):
        scheme = "http" if headers.get("X-Forwarded-Proto") == "http" else "https"
        url = f"{scheme}://{host}{called}".rstrip("/")
        return url.rsplit("/", depth)[0], url
    # A relative reference leads to the same host; one that ends in a slash is a step deeper.
    steps_up = depth - 1 + called.endswith("/")
    return "/".join([".."] * steps_up) or ".", called.rpartition("/")[2] or "."


def _in_a_header(path: str) -> str:
    return quote(path, safe="/%")
