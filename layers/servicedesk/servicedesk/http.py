"""An API Gateway event becomes a ``Request``; a ``Response`` or a ``Problem`` becomes what the gateway wants.

Both payload formats are read, 1.0 (REST API) and 2.0 (HTTP API); the answer's shape serves both.
"""

import base64
import binascii
import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from servicedesk import media
from servicedesk.problems import Internal, MalformedBody, Problem
from servicedesk.telemetry import logger

EXPOSED_HEADERS = "ETag, Idempotent-Replayed, Ignored-Fields, Location, Preference-Applied, Retry-After, X-Request-Id"
"""The answer's headers that a browser app may read."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as the functions see it. Header names are in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    path_parameters: Mapping[str, str]
    authorizer: Mapping[str, object]
    request_id: str
    url: str
    """The address that the client called, without a query: absolute where the event tells the host."""
    raw_body: str
    body_is_base64: bool

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Request":
        """Read an API Gateway event of either payload format."""
        context = event.get("requestContext") or {}
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        for name, sent in (event.get("multiValueHeaders") or {}).items():
            headers[name.lower()] = ", ".join(sent)
        return cls(
            headers=headers,
            query=event.get("queryStringParameters") or {},
            path_parameters=event.get("pathParameters") or {},
            authorizer=context.get("authorizer") or {},
            request_id=context.get("requestId", ""),
            url=_url(event, context, headers),
            raw_body=event.get("body") or "",
            body_is_base64=bool(event.get("isBase64Encoded")),
        )

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


type LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


def endpoint(*, vary: str) -> Callable[[Callable[[Request], Response]], LambdaHandler]:
    """Make a Lambda handler of a function from ``Request`` to ``Response``: the one place where faults become answers.

    ``vary`` names the request headers that the answer depends on.
    """

    def decorate(handle: Callable[[Request], Response]) -> LambdaHandler:
        @functools.wraps(handle)
        @logger.inject_lambda_context(clear_state=True)
        def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
            request = Request.of(event)
            logger.append_keys(request_id=request.request_id)
            media_type = media.negotiate(request.headers.get("accept"), request.headers.get("content-type"))
            try:
                response = handle(request)
            except Problem as problem:
                logger.info(
                    "refused", problem=problem.type, status=problem.status, codes=[e.code for e in problem.errors]
                )
                return _problem(problem, request, media_type, vary)
            except Exception:
                logger.exception("failed")
                return _problem(Internal("The request failed; its id is in instance."), request, media_type, vary)
            logger.info("answered", status=response.status)
            body = media_type.encode(response.document(media_type.zone)) if response.document else ""
            headers = dict(response.headers)
            if body:
                headers["Content-Type"] = f"{media_type.name}; charset=utf-8"
            return _answer(response.status, headers, body, request, vary)

        return lambda_handler

    return decorate


def _problem(problem: Problem, request: Request, media_type: media.MediaType, vary: str) -> dict[str, Any]:
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


def _url(event: Mapping[str, Any], context: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    path: str = event.get("path") or ""
    public_url = (event.get("stageVariables") or {}).get("public_url")
    if public_url:
        return f"{public_url.rstrip('/')}{path}"
    # Payload 1.0 has the stage in the context's path alone, 2.0 in rawPath.
    full_path = event.get("rawPath") or context.get("path") or path
    if host := context.get("domainName"):
        return f"{headers.get('x-forwarded-proto', 'https')}://{host}{full_path}"
    return full_path.rpartition("/")[2]
