"""Every fault that a caller can meet, as RFC 9457 problem details (contract section 6).

Raise one anywhere; ``http.endpoint`` turns it into the answer.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

ERRORS = 1000
"""The most faults that one answer lists, so that no body can ask for an answer too large to be sent."""

_PLAIN_NAME = re.compile(r"[\w./-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one field of a body: which field, a code for programs, a sentence for people, the limit if any.

    ``inside`` is the way to a field inside of others, like ``("catalogue", "types", "0")``.
    """

    field: str
    code: str
    detail: str
    limit: int | None = None
    inside: tuple[str, ...] = ()

    def document(self) -> dict[str, object]:
        """The fault as a member of ``errors``; ``pointer`` is a JSON Pointer in fragment form (RFC 6901 section 6)."""
        pointer = "/".join(_pointer_token(name) for name in (*self.inside, self.field))
        document: dict[str, object] = {"pointer": f"#/{pointer}", "code": self.code}
        document["detail"] = self.detail
        if self.limit is not None:
            document["limit"] = self.limit
        return document


class Problem(Exception):
    """A request that cannot be answered as asked: a sentence for people, headers that go out with it, faults."""

    status: ClassVar[int]
    type: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None, errors: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        self.errors = errors

    def document(self, request_id: str) -> dict[str, object]:
        """The problem details object, without null members."""
        document: dict[str, object] = {
            "type": f"urn:servicedesk:problem:{self.type}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:request:{request_id}",
        }
        if self.errors:
            document["errors"] = [fault.document() for fault in self.errors]
        return document


class MalformedBody(Problem):
    """A body that cannot be read as a task at all (rules 3.2, 3.4, 3.5, 3.12, syntax errors)."""

    status = 400
    type = "malformed-body"
    title = "The body cannot be read"


class InvalidHeader(Problem):
    """An unusable Idempotency-Key, or two that differ (rule 7.1)."""

    status = 400
    type = "invalid-header"
    title = "A header is not valid"


class InvalidParameter(Problem):
    """A query option that cannot be read or is not supported (rule 1.3); the detail names it and what is supported."""

    status = 400
    type = "invalid-parameter"
    title = "A query option is not valid"


class NoCompany(Problem):
    """Credentials that name no company."""

    status = 403
    type = "no-company"
    title = "The credentials name no company"


class NoSuchTask(Problem):
    """A task that the caller's company does not have (rule 1.2)."""

    status = 404
    type = "no-such-task"
    title = "There is no such task"


class TaskExists(Problem):
    """The client's ``id`` is taken by a different task of its company (rule 7.3)."""

    status = 409
    type = "task-exists"
    title = "A different task has this id"


class BodyTooLarge(Problem):
    """A body over the limit (rule 3.13)."""

    status = 413
    type = "body-too-large"
    title = "The body is too large"


class UnsupportedMediaType(Problem):
    """A content type or charset that is not spoken here (rules 3.1, 3.2)."""

    status = 415
    type = "unsupported-media-type"
    title = "The media type is not supported"


class InvalidTask(Problem):
    """A readable body with faults in its fields, all of them named, up to ``ERRORS``."""

    status = 422
    type = "invalid-task"
    title = "The task is not valid"

    def __init__(self, errors: Sequence[Fault], *, headers: Mapping[str, str] | None = None) -> None:
        names = list(dict.fromkeys(fault.field for fault in errors))
        count = "1 field is" if len(names) == 1 else f"{len(names)} fields are"
        shown = ", ".join(shown_name(name) for name in names[:10]) + (", …" if len(names) > 10 else "")
        listed = f"; errors lists the first {ERRORS}" if len(errors) > ERRORS else ""
        super().__init__(f"{count} not valid: {shown}{listed}", headers=headers, errors=errors[:ERRORS])


class IdempotencyKeyReused(Problem):
    """An Idempotency-Key that came before with other content (rule 7.3)."""

    status = 422
    type = "idempotency-key-reused"
    title = "The Idempotency-Key was used for a different task"


class Unavailable(Problem):
    """The database throttles or does not answer in time, or a later release has to; send the same request again."""

    status = 503
    type = "unavailable"
    title = "The service is not available right now"


class Internal(Problem):
    """Anything else; nothing of the inside goes out (contract section 6)."""

    status = 500
    type = "internal"
    title = "Internal error"


def shown_name(name: str) -> str:
    """The name of a field as a sentence shows it: unless plain ASCII, as a JSON string, which any format can hold."""
    return name if _PLAIN_NAME.fullmatch(name) else json.dumps(name[:100])


def _pointer_token(name: str) -> str:
    """``name`` as a JSON Pointer token in a URI fragment: ``~`` and ``/`` by RFC 6901, the rest percent-encoded."""
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="!$'()*+,;=:@-._~", errors="surrogatepass")
