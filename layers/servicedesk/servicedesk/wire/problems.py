"""Problem details (RFC 9457) for every error that a caller can get (contract section 6).

The wire raises a ``Problem`` itself; ``from_domain_error`` converts the errors of the domain and the store.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from servicedesk.domain.faults import (
    ConflictingTaskError,
    DomainError,
    Fault,
    InvalidCommandError,
    InvalidTaskError,
    NoCompanyError,
    NoSuchTaskError,
    UnavailableError,
)

ERRORS = 1000
"""The most faults that one answer lists, so that no body can make the answer too large to send."""

RETRY_AFTER = 5
"""Seconds after which a client may retry if a dependency did not answer."""

_PLAIN_NAME = re.compile(r"[\w./-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A type of problem: its status, its name (after ``urn:servicedesk:problem:``) and its title."""

    status: int
    name: str
    title: str


MALFORMED_BODY = ProblemType(400, "malformed-body", "The body cannot be read")
INVALID_HEADER = ProblemType(400, "invalid-header", "A header is not valid")
INVALID_PARAMETER = ProblemType(400, "invalid-parameter", "A query option is not valid")
NO_COMPANY = ProblemType(403, "no-company", "The credentials name no company")
NO_SUCH_ROUTE = ProblemType(404, "no-such-route", "There is no such address")
METHOD_NOT_ALLOWED = ProblemType(405, "method-not-allowed", "The address does not support this method")
NO_SUCH_TASK = ProblemType(404, "no-such-task", "There is no such task")
TASK_EXISTS = ProblemType(409, "task-exists", "A different task has this id")
GONE = ProblemType(410, "gone", "The table was restored")
PRECONDITION_FAILED = ProblemType(412, "precondition-failed", "The task has another version than If-Match names")
BODY_TOO_LARGE = ProblemType(413, "body-too-large", "The body is too large")
UNSUPPORTED_MEDIA_TYPE = ProblemType(415, "unsupported-media-type", "The media type is not supported")
INVALID_TASK = ProblemType(422, "invalid-task", "The task is not valid")
IDEMPOTENCY_KEY_REUSED = ProblemType(422, "idempotency-key-reused", "The Idempotency-Key was used for a different task")
PRECONDITION_REQUIRED = ProblemType(428, "precondition-required", "A change needs If-Match")
INVALID_COMMAND = ProblemType(422, "invalid-command", "The command is not valid")
UNAVAILABLE = ProblemType(503, "unavailable", "The service is not available right now")
INTERNAL = ProblemType(500, "internal", "Internal error")

_TYPES_OF_DOMAIN_ERRORS: Mapping[type[DomainError], ProblemType] = {
    ConflictingTaskError: TASK_EXISTS,
    InvalidCommandError: INVALID_COMMAND,
    InvalidTaskError: INVALID_TASK,
    NoCompanyError: NO_COMPANY,
    NoSuchTaskError: NO_SUCH_TASK,
    UnavailableError: UNAVAILABLE,
}


class Problem(Exception):
    """Raised for a request that is refused. ``gateway.endpoint`` makes the answer of it.

    Attributes:
        type: the type of the problem.
        detail: a sentence for people.
        headers: headers of the answer.
        faults: the faults of single fields, if any; only the first ``ERRORS`` are sent.
    """

    def __init__(
        self,
        type: ProblemType,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        faults: Sequence[Fault] = (),
    ) -> None:
        super().__init__(detail)
        self.type = type
        self.detail = detail
        self.headers = headers or {}
        self.faults = faults

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return self.type.status

    def document(self, request_id: str, *, as_odata: bool = False) -> dict[str, object]:
        """Return the problem details object, without null members.

        ``as_odata`` adds the member ``error`` for OData clients (contract rule 13.5, OData JSON Format 4.01 section
        21.1).
        """
        document: dict[str, object] = {
            "type": f"urn:servicedesk:problem:{self.type.name}",
            "title": self.type.title,
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:request:{request_id}",
        }
        if self.faults:
            document["errors"] = [_error(fault) for fault in self.faults[:ERRORS]]
        if as_odata:
            details = [
                {"code": fault.code, "message": fault.detail, "target": shown_name(fault.field)}
                for fault in self.faults[:ERRORS]
            ]
            document["error"] = {"code": self.type.name, "message": self.detail} | (
                {"details": details} if details else {}
            )
        return document


def from_domain_error(error: DomainError, headers: Mapping[str, str] | None = None) -> Problem:
    """Return the problem for ``error``, with ``headers``."""
    headers = dict(headers or {})
    detail = str(error)
    faults: Sequence[Fault] = ()
    if isinstance(error, InvalidTaskError):
        detail, faults = _summary(error.faults), error.faults
    if isinstance(error, InvalidCommandError):
        count = "1 fault" if len(error.faults) == 1 else f"{len(error.faults)} faults"
        detail, faults = f"Nothing was done, because of {count}; see errors.", error.faults
    if isinstance(error, UnavailableError):
        headers["Retry-After"] = str(RETRY_AFTER)
    problem = Problem(_TYPES_OF_DOMAIN_ERRORS[type(error)], detail, headers=headers, faults=faults)
    problem.__cause__ = error.__cause__
    return problem


def shown_name(name: str) -> str:
    """Return the name of a field for a message: quoted as a JSON string unless it is plain ASCII."""
    return name if _PLAIN_NAME.fullmatch(name) else json.dumps(name[:100])


def _summary(faults: Sequence[Fault]) -> str:
    names = list(dict.fromkeys(fault.field for fault in faults))
    count = "1 field is" if len(names) == 1 else f"{len(names)} fields are"
    shown = ", ".join(shown_name(name) for name in names[:10]) + (", …" if len(names) > 10 else "")
    listed = f"; errors lists the first {ERRORS}" if len(faults) > ERRORS else ""
    return f"{count} not valid: {shown}{listed}"


def _error(fault: Fault) -> dict[str, object]:
    # A JSON Pointer in its URI fragment form (RFC 6901 section 6).
    pointer = "/".join(_pointer_token(name) for name in (*fault.inside, fault.field))
    error: dict[str, object] = {"pointer": f"#/{pointer}", "code": fault.code, "detail": fault.detail}
    return error if fault.limit is None else error | {"limit": fault.limit}


def _pointer_token(name: str) -> str:
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="!$'()*+,;=:@-._~", errors="surrogatepass")
