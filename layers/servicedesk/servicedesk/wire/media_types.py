"""The format and charset of a body, and content negotiation (contract rules 3.1, 3.2, 3.14, 5.2 and 5.3)."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from types import ModuleType

from servicedesk.wire import json_format
from servicedesk.wire.formats import Members
from servicedesk.wire.headers import Fields, split, unquote
from servicedesk.wire.problems import BODY_TOO_LARGE, MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE, Problem

BODY_BYTES = 1_048_576
"""The largest body, in bytes (contract rule 3.13)."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """One of the four media types that the service supports, each of them JSON or XML."""

    name: str
    format: str

    def decode(self, text: str, what: str = "task") -> Members:
        """Return the members of the object in ``text``. ``what`` names it in a ``malformed-body`` problem."""
        return _xml().decode(text) if self.format == "xml" else json_format.decode(text, what)

    def encode(self, document: Mapping[str, object] | Sequence[Mapping[str, object]], *, root: str = "task") -> str:
        """Return ``document`` as text. ``root`` names the root element of XML."""
        return _xml().encode(document, root=root) if self.format == "xml" else json_format.encode(document)

    @property
    def zone(self) -> str:
        """The suffix of UTC dates in this format (rule 5.5)."""
        return "Z" if self.format == "xml" else "+00:00"


JSON = MediaType("application/json", "json")
_SUPPORTED = {
    media_type.name: media_type
    for media_type in (
        JSON,
        MediaType("text/json", "json"),
        MediaType("application/xml", "xml"),
        MediaType("text/xml", "xml"),
    )
}
MERGE_PATCH = MediaType("application/merge-patch+json", "json")
"""A further media type for the body of a change (RFC 7396). No answer has it."""

_ACCEPT = {"Accept": ", ".join(_SUPPORTED)}
_ACCEPT_PATCH = {"Accept-Patch": ", ".join([MERGE_PATCH.name, *_SUPPORTED])}
_CHARSETS = {
    label: charset
    for charset, labels in {
        "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8 ascii us-ascii",
        "utf-16": "utf-16 csunicode iso-10646-ucs-2 ucs-2 unicode",
        "utf-16-le": "utf-16le unicodefeff",
        "utf-16-be": "utf-16be unicodefffe",
    }.items()
    for label in labels.split()
}
"""Python's names of the charsets, by their labels in the WHATWG Encoding Standard, section 4.2 (contract rule 3.2)."""

_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_CODINGS = ("identity", "utf-8")
_WEIGHT = re.compile(r"\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}", re.ASCII)


def from_content_type(content_type: str | None, *, merge_patch: bool = False) -> tuple[MediaType, str | None]:
    """Return the media type that a Content-Type header names, and the label of its charset if it has one.

    Without a header, the body is JSON. ``merge_patch`` says whether it may be a JSON merge patch (rule 10.1).

    Raises:
        Problem: ``unsupported-media-type``, if the media type is not one of rule 3.1, or the header was sent twice with
            different values (rule 3.14).
    """
    # RFC 5789 section 2.2 requires Accept-Patch.
    headers = _ACCEPT | _ACCEPT_PATCH if merge_patch else _ACCEPT
    supported = headers.get("Accept-Patch", headers["Accept"])
    sent = _content_types(content_type)
    if len(sent) > 1:
        detail = f"Content-Type was sent more than once, with different values. Send it once, as one of {supported}."
        raise Problem(UNSUPPORTED_MEDIA_TYPE, detail, headers=headers)
    name, parameters = _parameters(sent[0])
    media_type = MERGE_PATCH if merge_patch and name == MERGE_PATCH.name else _SUPPORTED.get(name)
    if media_type is None:
        raise Problem(UNSUPPORTED_MEDIA_TYPE, f"The body must be one of {supported}.", headers=headers)
    return media_type, parameters.get("charset") or None


def is_json(content_type: str | None, *, merge_patch: bool = False) -> bool:
    """Return whether a Content-Type header names JSON, as ``from_content_type`` reads it."""
    try:
        return from_content_type(content_type, merge_patch=merge_patch)[0].format == "json"
    except Problem:
        return False


def refuse_coding(headers: Fields) -> None:
    """Refuse a compressed body.

    Raises:
        Problem: ``unsupported-media-type`` (rule 3.14).
    """
    if any(coding.lower() not in _CODINGS for coding in split(headers.get("Content-Encoding", ""), ",")):
        detail = "The body must not be compressed: Content-Encoding can only be identity."
        raise Problem(UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept-Encoding": "identity"})


def read(body: bytes, headers: Fields, *, merge_patch: bool = False, what: str = "task") -> Members:
    """Return the members of the object in ``body``, in the order and spelling sent.

    ``headers`` are the request's. ``merge_patch`` says whether the body may be a JSON merge patch, and ``what`` names
    the object in a problem.

    Raises:
        Problem: ``unsupported-media-type``, if the service does not support the media type, the charset or the content
            coding; ``body-too-large``, if the body has more than ``BODY_BYTES``; ``malformed-body``, if it is empty, is
            not in the charset, or is not one object in the format.
    """
    refuse_coding(headers)
    media_type, label = from_content_type(headers.get("Content-Type"), merge_patch=merge_patch)
    mark = next((mark for mark in _MARKS if body.startswith(mark)), b"")
    charset = _MARKS[mark] if mark else _charset(label, body, media_type)
    if len(body) > BODY_BYTES:
        raise Problem(BODY_TOO_LARGE, f"The body has {len(body)} bytes; the limit is {BODY_BYTES}.")
    if not body:
        raise Problem(MALFORMED_BODY, "The body is empty.")
    try:
        text = body.removeprefix(mark).decode(charset)
    except UnicodeDecodeError as error:
        raise Problem(
            MALFORMED_BODY, f"The body is not {charset}: see the byte at position {len(mark) + error.start + 1}."
        ) from None
    if not text or text.isspace():
        raise Problem(MALFORMED_BODY, "The body is only white space.")
    return media_type.decode(text, what)


def negotiate(accept: str | None, content_type: str | None) -> MediaType:
    """Return the media type of the answer, by the rules of the original (rule 5.2)."""
    ranges = _ranges(accept or "")
    best: tuple[float, int, bool] | None = None
    chosen: MediaType | None = None
    for name, q in ranges.items():
        supported = [media_type for media_type in _covered_by(name) if not _refused(media_type, ranges)]
        if not supported:
            continue
        rank = (q, 0 if name == "*/*" else 1 if name.endswith("/*") else 2, _SUPPORTED[supported[0]].format == "json")
        if best is None or rank > best:
            best, chosen = rank, _SUPPORTED[supported[0]]
    if chosen is None:
        chosen = _SUPPORTED.get(_content_types(content_type)[0].partition(";")[0].strip().lower(), JSON)
    return chosen


def accepted(accept: str) -> Set[str]:
    """Return the media ranges of an Accept header that are not refused, in lower case."""
    return {name for name, q in _ranges(accept).items() if q > 0}


def _xml() -> ModuleType:
    # Most requests are JSON, and their cold start need not import the XML parser.
    from servicedesk.wire import xml_format  # noqa: PLC0415

    return xml_format


def _content_types(content_type: str | None) -> Sequence[str]:
    """Return the different values of Content-Type, sent as two headers or joined by a comma (rule 3.14)."""
    sent = {"".join(value.split()).lower(): value for value in split(content_type or "", ",")}
    return list(sent.values()) or [JSON.name]


def _charset(label: str | None, body: bytes, media_type: MediaType) -> str:
    """Return Python's name of the charset of a body without a byte order mark (rule 3.2).

    The ``label`` in the Content-Type header overrides the XML declaration (RFC 7303 section 3.2).
    """
    declared = None if label or media_type.format != "xml" else _xml().declared_charset(body)
    charset = _CHARSETS.get((label or declared or "utf-8").strip().lower())
    if charset is None:
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "The charset of the body must be utf-8 or utf-16.", headers=_ACCEPT)
    if declared:
        # The declaration was readable as ASCII. .NET's StringWriter declares utf-16 in bodies that are sent as utf-8.
        return "utf-8"
    if charset == "utf-16":
        # Without a byte order mark, .NET clients write little-endian although RFC 2781 says big-endian. The first
        # character is ASCII in JSON and XML, so its bytes show the order.
        return "utf-16-be" if body.startswith(b"\0") else "utf-16-le"
    return charset


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    name, *rest = split(value, ";") or [""]
    parameters: dict[str, str] = {}
    for parameter in rest:
        key, _, content = parameter.partition("=")
        parameters.setdefault(key.strip().lower(), unquote(content))
    return name.lower(), parameters


def _ranges(accept: str) -> Mapping[str, float]:
    """Return the media ranges of an Accept header in order, each with its weight.

    A malformed weight counts as 1.
    """
    ranges: dict[str, float] = {}
    for part in split(accept, ","):
        name, parameters = _parameters(part)
        weight = parameters.get("q", "")
        q = min(float(weight), 1.0) if _WEIGHT.fullmatch(weight) else 1.0
        ranges[name] = max(q, ranges.get(name, 0.0))
    return ranges


def _covered_by(media_range: str) -> Sequence[str]:
    """Return the media types that a range covers, in the order of preference."""
    return [name for name in _SUPPORTED if media_range in (name, f"{name.partition('/')[0]}/*", "*/*")]


def _refused(name: str, ranges: Mapping[str, float]) -> bool:
    """Return whether the most specific range that covers a media type has the weight 0 (RFC 9110 section 12.4.2)."""
    for media_range in (name, f"{name.partition('/')[0]}/*", "*/*"):
        if media_range in ranges:
            return ranges[media_range] == 0
    return False
