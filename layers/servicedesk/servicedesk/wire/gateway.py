"""API Gateway's events as requests, and responses in the form that API Gateway expects.

``endpoint`` makes a Lambda handler of a function from ``Request`` to ``Response``, and is the only place where errors
become responses. It accepts both versions of the event, 1.0 (REST APIs) and 2.0 (HTTP APIs).
"""

import base64
import binascii
import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any
from urllib.parse import quote, unquote

from servicedesk.domain.faults import DomainError
from servicedesk.telemetry import LambdaHandler, Outcome, describe, observed, record
from servicedesk.wire import entity_tag, media_types, problems
from servicedesk.wire.caller import Caller
from servicedesk.wire.headers import Fields, split
from servicedesk.wire.problems import INTERNAL, INVALID_PARAMETER, MALFORMED_BODY, Problem

EXPOSED_HEADERS = ", ".join(
    (
        "Accept",
        "Accept-Encoding",
        "Accept-Patch",
        "Complete-To-Version",
        "Content-Location",
        "ETag",
        "Idempotent-Replayed",
        "Ignored-Fields",
        "Ignored-Parameters",
        "Link",
        "Location",
        "OData-Version",
        "Preference-Applied",
        "Retry-After",
        "Task-Version",
        "X-Request-Id",
    )
)
"""The response headers that a browser app may read (CORS)."""

VARY = "Accept, Content-Type, Prefer"
"""The request headers that responses depend on."""

ODATA_VERSION = {"OData-Version": "4.0"}
"""The header that tells OData clients the version of the protocol (contract rule 13.2)."""

NOT_READ: Any = object()
"""A sentinel for a body that has not been parsed yet."""

_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_OUTCOMES = {
    problems.IDEMPOTENCY_KEY_REUSED: Outcome.CONFLICT,
    problems.INTERNAL: Outcome.FAILED,
    problems.INVALID_TASK: Outcome.INVALID,
    problems.PRECONDITION_FAILED: Outcome.CONFLICT,
    problems.TASK_EXISTS: Outcome.CONFLICT,
    problems.UNAVAILABLE: Outcome.UNAVAILABLE,
}
"""The outcome of a problem of each type, for logs and metrics; all others are `Refused`."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request.

    Attributes:
        method: the HTTP method, such as ``PATCH``.
        path: the path within the API, percent-encoded, such as ``/tasks/33``.
        headers: the header fields.
        query: the query options.
        authorizer: the authorizer's context, which names the caller.
        request_id: the id in logs and responses. A client can choose it.
        extended_request_id: the id in logs that only API Gateway chooses.
        base_url: the prefix of all addresses of the API; absolute if the event has the host.
        raw_body: the body in the event; ``body_is_base64`` tells whether it is base64.
        value: the body as a JSON value, if it is a part of a batch, and otherwise ``NOT_READ``.
        answers_minimally: whether the response is minimal unless the client prefers it whole (rule 14.4).
        started: the start of the request, or of its batch, by the monotonic clock.
        route: the route that the path matches, such as ``/tasks/{id}``, once the router has found it.
        path_parameters: the values of the route's parameters.
    """

    method: str
    path: str
    headers: Fields
    query: Fields
    authorizer: Mapping[str, object]
    request_id: str
    extended_request_id: str | None
    base_url: str
    raw_body: str
    body_is_base64: bool
    started: float
    value: object = NOT_READ
    answers_minimally: bool = False
    route: str = ""
    path_parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_event(cls, event: Mapping[str, Any], invocation_id: str) -> "Request":
        """Parse an event of either version. Members may be missing, null or of another type.

        ``invocation_id`` is the request id if the event has none.
        """
        read = _Http if event.get("version") == "2.0" else _Rest
        context = _mapping(event.get("requestContext"))
        headers = Fields(list(read.headers(event)))
        path = _path_in_api(read.resource(event), read.path(event), event)
        return cls(
            method=read.method(event),
            path=path,
            headers=headers,
            query=Fields(list(read.query(event))),
            authorizer=_mapping(context.get("authorizer")),
            request_id=_texts(context).get("requestId") or invocation_id,
            extended_request_id=_texts(context).get("extendedRequestId"),
            base_url=_base_url(path, read.path_with_stage(event), event, headers),
            raw_body=event["body"] if isinstance(event.get("body"), str) else "",
            body_is_base64=bool(event.get("isBase64Encoded")),
            started=monotonic(),
        )

    @property
    def url(self) -> str:
        """The address of the request in its route's spelling, without the query; absolute if ``base_url`` is."""
        path = self.route
        for name, value in self.path_parameters.items():
            path = path.replace(f"{{{name}}}", quote(value, safe="", errors="surrogatepass"))
        return f"{self.base_url}{path}"

    @property
    def media_type(self) -> media_types.MediaType:
        """The media type of the response (contract rule 5.2); OData's ``$format=json`` overrides ``Accept``.

        All responses to a batch are JSON (rule 14.2).
        """
        if unquote(self.path).strip("/").lower() == "api/$batch":
            return media_types.JSON
        asked = self.query.get("$format", self.query.get("format", "")) if self.is_odata else ""
        accept = media_types.JSON.name if asked else self.headers.get("Accept")
        return media_types.negotiate(accept, self.headers.get("Content-Type"))

    @property
    def is_odata(self) -> bool:
        """Return whether the path is below ``/api``, the original's OData service (contract section 13)."""
        return unquote(self.path.removeprefix("/").partition("/")[0]).lower() == "api"

    def context_url(self, entity_set: str) -> str:
        """Return the ``@odata.context`` of a response with entities of a set (contract rule 13.2)."""
        return f"{self.base_url}/api/$metadata#{entity_set}"

    def at(self, route: str, path_parameters: Mapping[str, str]) -> "Request":
        """Return the request with the route that its path matches."""
        return replace(self, route=route, path_parameters=path_parameters)

    def caller(self) -> Caller:
        """Return the caller, and add the company and the key to the log line.

        Raises:
            NoCompanyError: the credentials name no company.
        """
        caller = Caller.from_authorizer(self.authorizer)
        record(company_id=caller.company_id, key_id=caller.key_id)
        return caller

    def flag(self, name: str) -> bool:
        """Return whether the query option ``name`` is true; without it, it is false (contract rule 1.3).

        Raises:
            Problem: ``invalid-parameter``, if its value is not true, 1, false or 0, or if it has two different values.
        """
        said = {_FLAGS.get(value.lower()) for value in self.query.get_all(name)}
        if None in said:
            detail = f"The query option {name} must be true, 1, false or 0."
            raise Problem(INVALID_PARAMETER, detail)
        if len(said) > 1:
            detail = f"The query option {name} was sent twice, with different values. Send it once."
            raise Problem(INVALID_PARAMETER, detail)
        return True in said

    def body(self) -> bytes:
        """Return the bytes that the client sent (contract rule 3.3).

        Raises:
            Problem: ``malformed-body``, if the event declares base64 and the body is not.
        """
        if not self.body_is_base64:
            return self.raw_body.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(self.raw_body, validate=True)
        except (binascii.Error, ValueError):
            raise Problem(MALFORMED_BODY, "The body is marked as base64, but is not base64.") from None


type Shown = Mapping[str, object] | Sequence[Mapping[str, object]]
"""The content of a body, before it is encoded as JSON or XML."""

type Document = Callable[[str], Shown]
"""Makes the body of a response, given the suffix of UTC dates in its format (rule 5.5)."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response before it is encoded.

    Attributes:
        status: the HTTP status.
        document: makes the body; ``None`` for a response without one.
        headers: the response headers; those with an empty value are left out.
        outcome: the name of the response in logs and metrics.
        root: the root element of the body in XML.
        written: the media type and the text of a body that has only one format, in place of ``document``.
        entity_set: the set of the body's one entity, to which JSON adds OData's control information.
    """

    status: int
    document: Document | None
    headers: Mapping[str, str] = field(default_factory=dict)
    outcome: Outcome = Outcome.ANSWERED
    root: str = "task"
    entity_set: str = ""
    written: tuple[str, str] | None = None


def endpoint(handle: Callable[[Request], Response]) -> LambdaHandler:
    """Make a Lambda handler of a function from ``Request`` to ``Response``.

    Every exception becomes a problem document. ``HEAD`` gets the response to ``GET`` without its body (rule 1.4), and a
    client whose copy is up to date gets a 304 (RFC 9110 section 13.1.2).
    """

    @observed
    @functools.wraps(handle)
    def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            request = Request.from_event(event, context.aws_request_id)
            record(request_id=request.request_id, extended_request_id=request.extended_request_id)
            media_type = request.media_type
        except Exception as error:
            return _failure(_internal(error), Request.from_event({}, context.aws_request_id), media_types.JSON)
        try:
            return _success(_unless_known(handle(request), request), request, media_type)
        except Exception as error:
            return _failure(problem_of(error), request, media_type)

    return lambda_handler


def problem_of(error: Exception) -> Problem:
    """Return the problem for an exception."""
    if isinstance(error, Problem):
        return error
    return problems.from_domain_error(error) if isinstance(error, DomainError) else _internal(error)


def outcome_of(problem: Problem) -> Outcome:
    """Return the name of a problem in logs and metrics."""
    return _OUTCOMES.get(problem.type, Outcome.REFUSED)


def codes_of(problem: Problem) -> Sequence[str]:
    """Return the codes of a problem's faults, each once."""
    return sorted({fault.code for fault in problem.faults})


def _internal(error: Exception) -> Problem:
    problem = Problem(INTERNAL, "The request failed; its id is in instance.")
    problem.__cause__ = error
    return problem


def _unless_known(response: Response, request: Request) -> Response:
    """Return a 304 instead of the response if If-None-Match names it."""
    known = request.headers.get("If-None-Match", "")
    reads = request.method in ("GET", "HEAD") and response.status == 200
    if reads and (tag := response.headers.get("ETag")) and entity_tag.matches(known, tag):
        return replace(response, status=304, document=None)
    return response


def shown(
    answer: Response | Problem, request: Request, media_type: media_types.MediaType
) -> tuple[dict[str, str], Shown | None]:
    """Return the headers of a response in ``media_type``, and the content of its body, if it has one."""
    as_odata = request.is_odata and media_type.format == "json"
    name = media_type.name
    held: Shown | None = None
    if isinstance(answer, Problem):
        name = "application/json" if as_odata else f"application/problem+{media_type.format}"
        held = answer.document(request.request_id, as_odata=as_odata)
    elif answer.document:
        held = answer.document(media_type.zone)
        if answer.entity_set and media_type.format == "json" and isinstance(held, Mapping):
            context = {"@odata.context": f"{request.context_url(answer.entity_set)}/$entity"}
            tag = answer.headers.get("ETag")
            held = context | ({"@odata.etag": tag} if tag else {}) | dict(held)
    headers = {**answer.headers, **(ODATA_VERSION if as_odata else {})}
    if held is not None:
        headers["Content-Type"] = f"{name}; charset=utf-8"
    return {name: value for name, value in headers.items() if value}, held


def _success(response: Response, request: Request, media_type: media_types.MediaType) -> dict[str, Any]:
    headers, held = shown(response, request, media_type)
    body = "" if held is None else media_type.encode(held, root=response.root)
    if response.written:
        name, body = response.written
        headers["Content-Type"] = f"{name}; charset=utf-8"
    record(response.outcome, status=response.status)
    return _answer(response.status, headers, body, request)


def _failure(problem: Problem, request: Request, media_type: media_types.MediaType) -> dict[str, Any]:
    codes = codes_of(problem)
    record(
        outcome_of(problem),
        counts=[f"Invalid_{code}" for code in codes],
        status=problem.status,
        problem=problem.type.name,
        codes=codes or None,
        error=describe(problem.__cause__) if problem.status >= 500 else None,
    )
    headers, held = shown(problem, request, media_type)
    return _answer(problem.status, headers, media_type.encode(held or {}, root="problem"), request)


def _answer(status: int, headers: Mapping[str, str], body: str, request: Request) -> dict[str, Any]:
    allowed = os.environ.get("CORS_ORIGINS", "*").split(",")
    origin = request.headers.get("Origin", "")
    always = {"Cache-Control": "no-store", "Vary": VARY, "X-Request-Id": request.request_id}
    if "*" in allowed or (origin and origin in allowed):
        always["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
        always["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    if "*" not in allowed:
        always["Vary"] += ", Origin"
    sent = "" if request.method == "HEAD" else body
    return {"statusCode": status, "headers": {**headers, **always}, "body": sent, "isBase64Encoded": False}


class _Rest:
    """Accessors of an event of version 1.0, from a REST API."""

    @staticmethod
    def method(event: Mapping[str, Any]) -> str:
        return str(event.get("httpMethod") or "")

    @staticmethod
    def resource(event: Mapping[str, Any]) -> str:
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
        called = str(_mapping(event.get("requestContext")).get("path") or "")
        # SAM local sends the resource instead, and has no stage in its paths.
        return called if called and called != _Rest.resource(event) else _Rest.path(event)


class _Http:
    """Accessors of an event of version 2.0, from an HTTP API."""

    @staticmethod
    def method(event: Mapping[str, Any]) -> str:
        known = _mapping(_mapping(event.get("requestContext")).get("http")).get("method")
        return str(known or str(event.get("routeKey") or "").partition(" ")[0])

    @staticmethod
    def resource(event: Mapping[str, Any]) -> str:
        return str(event.get("routeKey") or "").partition(" ")[2]

    @staticmethod
    def headers(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        # The gateway joins the values of a repeated header with commas. A comma can also be the client's own, so only
        # equal parts are split again.
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
    """Yield the names and values in a version 1.0 event: all values of a name, or else its last."""
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


def _path_in_api(resource: str, path: str, event: Mapping[str, Any]) -> str:
    """Return the path within the API: ``path`` without the base path of a custom domain.

    Only the resource that API Gateway matched shows where the API begins: the parameter of ``/{proxy+}`` is the whole
    path, and any other resource has as many segments as the path.
    """
    if (proxy := _texts(event.get("pathParameters")).get("proxy")) is not None:
        return f"/{proxy}"
    depth = resource.count("/")
    return "/" + "/".join(path.strip("/").split("/")[-depth:]) if depth and "+" not in resource else path


def _base_url(path: str, path_with_stage: str, event: Mapping[str, Any], headers: Fields) -> str:
    """Return the prefix of all addresses of the API."""
    if public_url := _texts(event.get("stageVariables")).get("public_url"):
        return public_url.rstrip("/")
    depth = path.strip("/").count("/") + 1
    if host := _mapping(event.get("requestContext")).get("domainName"):
        scheme = "http" if headers.get("X-Forwarded-Proto") == "http" else "https"
        called = quote(path_with_stage, safe="/%", errors="surrogatepass").rstrip("/")
        return f"{scheme}://{host}{called}".rsplit("/", depth)[0]
    # Without a host, a relative reference has to do. A path that ends in a slash is one level deeper.
    return "/".join([".."] * (depth - 1 + path_with_stage.endswith("/"))) or "."
