"""An API Gateway event becomes a ``Request``; a ``Response`` or a ``Problem`` becomes what the gateway wants.

Both payload formats are read, 1.0 (REST API) and 2.0 (HTTP API); the answer's shape serves both.
"""

import base64
import binascii
import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from servicedesk.telemetry import LambdaHandler, described, observed, tell
from servicedesk.wire import header_values, media_types
from servicedesk.wire.caller import Caller
from servicedesk.wire.problems import Internal, MalformedBody, Problem

EXPOSED_HEADERS = "ETag, Idempotent-Replayed, Ignored-Fields, Location, Preference-Applied, Retry-After, X-Request-Id"
"""The answer's headers that a browser app may read."""

_OUTCOMES = {
    "idempotency-key-reused": "Conflict",
    "internal": "Failed",
    "invalid-task": "Invalid",
    "task-exists": "Conflict",
    "unavailable": "Unavailable",
}
"""What the logs and metrics call a problem of each type; the rest is `Refused`."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as the functions see it. Header names are in lower case."""

    headers: Mapping[str, str]
    header_lines: Mapping[str, Sequence[str]]
    """Each header's values, one for each line that the client sent."""
    query: Mapping[str, Sequence[str]]
    """Each option's values, by its name in lower case."""
    path_parameters: Mapping[str, str]
    authorizer: Mapping[str, object]
    request_id: str
    extended_request_id: str | None
    """API Gateway's own name of the request. ``request_id`` can be chosen by the client."""
    url: str
    """The address that the client called, without a query: absolute where the event tells the host."""
    raw_body: str
    body_is_base64: bool

    @classmethod
    def of(cls, event: Mapping[str, Any], invocation_id: str) -> "Request":
        """Read an API Gateway event of either payload format, whatever of it is missing, null or of another type.

        ``invocation_id`` names the request where the event does not.
        """
        context = _mapping(event.get("requestContext"))
        lines = _values(event.get("headers"), event.get("multiValueHeaders"))
        headers = {name: ", ".join(values) for name, values in lines.items()}
        return cls(
            headers=headers,
            header_lines=_split_again(lines) if event.get("version") == "2.0" else lines,
            query=_values(event.get("queryStringParameters"), event.get("multiValueQueryStringParameters")),
            path_parameters=_texts(event.get("pathParameters")),
            authorizer=_mapping(context.get("authorizer")),
            request_id=context.get("requestId") or invocation_id,
            extended_request_id=context.get("extendedRequestId"),
            url=_url(event, context, headers),
            raw_body=event["body"] if isinstance(event.get("body"), str) else "",
            body_is_base64=bool(event.get("isBase64Encoded")),
        )

    def caller(self) -> Caller:
        """Who is calling; the logs name them from here on.

        Raises:
            NoCompany: the credentials name no company.
        """
        caller = Caller.of(self.authorizer)
        tell(company_id=caller.company_id, key_id=caller.key_id)
        return caller

    def body(self) -> bytes:
        """The bytes that the client sent (contract rule 3.3).

        Raises:
            MalformedBody: the event says base64 and the body is not.
        """
        if not self.body_is_base64:
            return self.raw_body.encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(self.raw_body, validate=True)
        except (binascii.Error, ValueError):
            raise MalformedBody("The body is marked as base64 and is not.") from None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer before it has a format. ``document`` makes its body, given how a date says UTC there."""

    status: int
    document: Callable[[str], Mapping[str, object]] | None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those without a value are left out."""
    outcome: str = "Answered"
    """What the logs and metrics call it."""


def endpoint(*, vary: str) -> Callable[[Callable[[Request], Response]], LambdaHandler]:
    """Make a Lambda handler of a function from ``Request`` to ``Response``: the one place where faults become answers.

    ``vary`` names the request headers that the answer depends on.
    """

    def decorate(handle: Callable[[Request], Response]) -> LambdaHandler:
        @observed
        @functools.wraps(handle)
        def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            request = Request.of(event, context.aws_request_id)
            tell(request_id=request.request_id, extended_request_id=request.extended_request_id)
            media_type = media_types.negotiate(request.headers.get("accept"), request.headers.get("content-type"))
            try:
                return _success(handle(request), request, media_type, vary)
            except Problem as problem:
                return _problem(problem, request, media_type, vary)
            except Exception as error:
                internal = Internal("The request failed; its id is in instance.")
                internal.__cause__ = error
                return _problem(internal, request, media_type, vary)

        return lambda_handler

    return decorate


def _success(response: Response, request: Request, media_type: media_types.MediaType, vary: str) -> dict[str, Any]:
    body = media_type.encode(response.document(media_type.zone)) if response.document else ""
    headers = {name: value for name, value in response.headers.items() if value}
    if body:
        headers["Content-Type"] = f"{media_type.name}; charset=utf-8"
    tell(response.outcome, status=response.status)
    return _answer(response.status, headers, body, request, vary)


def _problem(problem: Problem, request: Request, media_type: media_types.MediaType, vary: str) -> dict[str, Any]:
    codes = sorted({error.code for error in problem.errors})
    tell(
        _OUTCOMES.get(problem.type, "Refused"),
        counts=[f"Invalid_{code}" for code in codes],
        status=problem.status,
        problem=problem.type,
        codes=codes or None,
        error=described(problem.__cause__) if problem.status >= 500 else None,
    )
    headers = dict(problem.headers) | {"Content-Type": f"application/problem+{media_type.format}; charset=utf-8"}
    body = media_type.encode(problem.document(request.request_id), root="problem")
    return _answer(problem.status, headers, body, request, vary)


def _answer(status: int, headers: dict[str, str], body: str, request: Request, vary: str) -> dict[str, Any]:
    headers |= {"Cache-Control": "no-store", "Vary": vary, "X-Request-Id": request.request_id}
    allowed = os.environ.get("CORS_ORIGINS", "*").split(",")
    origin = request.headers.get("origin", "")
    if "*" in allowed or (origin and origin in allowed):
        headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
        headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    if "*" not in allowed:
        headers["Vary"] += ", Origin"
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> Mapping[str, str]:
    return {name: text for name, text in _mapping(value).items() if isinstance(text, str)}


def _values(single: object, multiple: object) -> dict[str, list[str]]:
    """All that was sent under each name, in whatever case: of ``multiple``, and of ``single`` what that has not."""
    values: dict[str, list[str]] = {}
    for name, sent in _mapping(multiple).items():
        if isinstance(sent, list):
            values.setdefault(name.lower(), []).extend(value for value in sent if isinstance(value, str))
    several = set(values)
    for name, text in _texts(single).items():
        if name.lower() not in several:
            values.setdefault(name.lower(), []).append(text)
    return values


def _split_again(lines: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Return ``lines`` as the client sent them to an HTTP API, which joins all of one name with commas (payload 2.0).

    A comma can also be the client's own, so only parts that are equal are taken for lines.
    """
    parts = {name: header_values.split(values[0], ",") for name, values in lines.items() if len(values) == 1}
    return {name: parts[name] if len(set(parts.get(name, ()))) == 1 else values for name, values in lines.items()}


def _url(event: Mapping[str, Any], context: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    # Payload 1.0 has the stage in the context's path alone, 2.0 in the one path that it has.
    with_stage = event.get("rawPath") or context.get("path") or event.get("path") or ""
    if public_url := _texts(event.get("stageVariables")).get("public_url"):
        path = event.get("path") or with_stage.removeprefix(f"/{context.get('stage')}")
        return f"{public_url.rstrip('/')}{_in_a_header(path)}".rstrip("/")
    path = _in_a_header(with_stage)
    if host := context.get("domainName"):
        scheme = "http" if headers.get("x-forwarded-proto") == "http" else "https"
        return f"{scheme}://{host}{path.rstrip('/')}"
    return path.rpartition("/")[2] or "."


def _in_a_header(path: str) -> str:
    return quote(path, safe="/%")
