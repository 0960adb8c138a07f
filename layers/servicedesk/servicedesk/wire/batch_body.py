"""The body of a batch: OData JSON Format 4.01, section 19 (contract rules 14.1 and 14.2)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from servicedesk.domain.values import Number
from servicedesk.wire import media_types
from servicedesk.wire.formats import Members
from servicedesk.wire.gateway import NOT_READ, Request
from servicedesk.wire.headers import Fields
from servicedesk.wire.problems import MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE, Problem, shown_name

REQUESTS = 100
"""The most requests in a batch."""

HEAD_CHARACTERS = 10_240
"""The most characters of a request's URL and headers: API Gateway's limit for a request alone."""

ID_CHARACTERS = 255
"""The longest id of a request, so that the ids of a batch cannot push its answer over the limit."""

_ORIGIN = re.compile(r"(https?)://([^/?#:\[]*|\[[^/?#\]]*\])(?::([0-9]*))?(?=/)", re.ASCII | re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_MEMBERS = ("id", "method", "url", "headers", "body")


@dataclass(frozen=True, slots=True)
class Part:
    """A request of a batch, and the id by which the client recognizes its answer."""

    id: str
    request: Request


def read(request: Request) -> Sequence[Part]:
    """Return the requests of the batch that ``request`` sends, in their order.

    Their bodies are JSON values, not validated yet. Their answers are minimal unless they prefer otherwise (rule 14.4).

    Raises:
        Problem: ``unsupported-media-type``, if the body is not JSON, such as ``multipart/mixed``; ``malformed-body``,
            if it is not a batch, or asks for something that a batch cannot do; and the problems of
            ``media_types.read``.
    """
    if not media_types.is_json(request.headers.get("Content-Type")):
        detail = "A batch must be application/json, in the format of OData JSON Format 4.01, section 19."
        raise Problem(UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept": "application/json, text/json"})
    batch = _members(media_types.read(request.body(), request.headers, what="batch"), "The batch", ("requests",))
    sent = batch.get("requests")
    if not isinstance(sent, list) or isinstance(sent, Members):
        raise refusal("The batch", "needs an array named requests.")
    if len(sent) > REQUESTS:
        raise refusal("The batch", f"has {len(sent)} requests; the limit is {REQUESTS}.")
    parts = [_part(one, name_of(place), request) for place, one in enumerate(sent)]
    require_different([part.id for part in parts], "have the same id.")
    return parts


def name_of(place: int) -> str:
    """Return the name, for a problem, of the request at an index of the batch."""
    return f"Request {place + 1} of the batch"


def refusal(name: str, detail: str) -> Problem:
    """Return the problem of a batch that is refused because of the request called ``name``."""
    return Problem(MALFORMED_BODY, f"{name} {detail} Nothing was done.")


def require_different(keys: Sequence[object], detail: str) -> None:
    """Refuse a batch in which two requests have the same key. ``None`` stands for a request without one."""
    seen: dict[object, int] = {}
    for place, key in enumerate(keys):
        if key is not None and (first := seen.setdefault(key, place)) != place:
            raise refusal(f"Requests {first + 1} and {place + 1} of the batch", detail)


def _part(sent: object, name: str, batch: Request) -> Part:
    members = _members(sent, name, _MEMBERS)
    for member in ("id", "method", "url"):
        if not _is_text(members.get(member)):
            raise refusal(name, f"needs a string as {member}.")
    if len(str(members["id"])) > ID_CHARACTERS:
        raise refusal(name, f"has an id of more than {ID_CHARACTERS} characters.")
    method = str(members["method"])
    method = method.upper() if method.isascii() else method
    url = str(members["url"])
    headers = _headers(members.get("headers"), name)
    if len(url) + sum(len(header) + len(text) for header, text in headers.items()) > HEAD_CHARACTERS:
        raise refusal(name, f"has a url and headers of more than {HEAD_CHARACTERS} characters.")
    if "Authorization" in headers:
        raise refusal(name, "has an Authorization header. The key of the batch applies to all of its requests.")
    if not media_types.is_json(headers.get("Content-Type"), merge_patch=method == "PATCH"):
        raise refusal(name, "has a Content-Type that is not JSON.")
    path, query = _address(url, batch.base_url)
    request = replace(
        batch,
        method=method,
        path=path,
        headers=headers,
        query=query,
        raw_body="",
        body_is_base64=False,
        value=members.get("body", NOT_READ),
        answers_minimally=True,
    )
    return Part(str(members["id"]), request)


def _members(value: object, name: str, known: Sequence[str]) -> Mapping[str, object]:
    """Return the members of an object by their names in lower case, without annotations, whose names have an ``@``.

    An unknown member without content, such as ``"dependsOn": []``, is ignored.
    """
    if not isinstance(value, Members):
        raise refusal(name, "must be an object.")
    found: dict[str, object] = {}
    for sent_name, member in value:
        folded = sent_name.lower()
        if "@" in sent_name or (folded not in known and not member):
            continue
        if folded not in known:
            raise refusal(name, f"has {shown_name(sent_name)}, which is not supported.")
        if folded in found:
            raise refusal(name, f"has {folded} twice.")
        found[folded] = member
    return found


def _headers(value: object, name: str) -> Fields:
    sent = value or Members()
    if not isinstance(sent, Members) or not all(isinstance(text, str) for _, text in sent):
        raise refusal(name, "needs an object of strings as headers.")
    return Fields([(header, str(text)) for header, text in sent])


def _address(url: str, base_url: str) -> tuple[str, Fields]:
    """Return the path within the API and the query options of a URL, relative to ``/api/`` or absolute below it."""
    base_origin, base_path = _apart(base_url + "/")
    origin, rest = _apart(url)
    below = rest.removeprefix(base_path.removesuffix("/"))
    if origin in (base_origin, "") and below.lower().startswith("/api/") and rest.startswith(base_path):
        url = below[len("/api/") :]
    path, _, query = url.partition("?")
    return f"/api/{path}", Fields(parse_qsl(query, keep_blank_values=True))


def _apart(url: str) -> tuple[str, str]:
    """Return the origin of a URL, normalized (RFC 9110 section 4.2.3), and the rest.

    The origin of a relative reference is empty.
    """
    found = _ORIGIN.match(url)
    if not found:
        return "", url
    scheme, host, port = (part.lower() for part in found.groups(default=""))
    shown_port = "" if port in ("", _DEFAULT_PORTS[scheme]) else f":{port}"
    return f"{scheme}://{host}{shown_port}", url[found.end() :]


def _is_text(value: object) -> bool:
    """Return whether a value is a string that an answer can echo, without lone surrogates."""
    if isinstance(value, Number) or not isinstance(value, str):
        return False
    return value != "" and value.encode(errors="ignore").decode() == value
