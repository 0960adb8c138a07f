"""GET and HEAD of /, /console and /openapi.json: the documentation of this API (contract rule 11.1).

The pages are made when the function is built (publish.py), and only the standard library is imported, so that cold
starts are short.
"""

import base64
import gzip
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("published")
_PAGES: Mapping[str, Mapping[str, Any]] = json.loads((_FOLDER / "pages.json").read_text())
_TAGS = re.compile(r'(?:[\s,]*+(?:W/)?"[^"]*"(?=\s*+(?:,|\Z)))++[\s,]*+')
_CODINGS = 32
"""The most codings of an Accept-Encoding header that are read. Fewer than half as many exist."""


def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Return the page of the route, compressed if the client accepts that, or 304 if the client has it already.

    A page that is too large without compression is compressed unless the client refuses that. Other clients are
    redirected to the help page.
    """
    # Version 1.0 of the event, from a REST API, has method and path in two members, and version 2.0 in one.
    method, _, path = event.get("routeKey", "").partition(" ")
    method, path = event.get("httpMethod", method), event.get("resource", path)
    page = _PAGES[path]
    sent = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    # API Gateway decides by the Accept header whether a response is binary. Without one, only text is safe. A client
    # that names no coding accepts any (RFC 9110 section 12.5.3), but many such clients cannot read gzip.
    coding = sent.get("accept-encoding", "gzip" if page["compressed_only"] else "")
    compressed = _takes_gzip(coding) and (bool(sent.get("accept")) or method == "HEAD")
    tag = f'"{page["digest"]}{"-gzip" if compressed else ""}"'
    headers = {
        **page["headers"],
        "ETag": tag,
        "Cache-Control": "public, max-age=300",
        "Vary": "Accept-Encoding",
        "X-Request-Id": (event.get("requestContext") or {}).get("requestId", ""),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, X-Request-Id",
    }
    if page["compressed_only"] and not compressed:
        del headers["Content-Type"], headers["ETag"]
        return {"statusCode": 302, "headers": headers | {"Location": "./"}, "isBase64Encoded": False, "body": ""}
    if _matches(sent.get("if-none-match", ""), tag):
        del headers["Content-Type"]
        return {"statusCode": 304, "headers": headers, "isBase64Encoded": False, "body": ""}
    if compressed:
        headers["Content-Encoding"] = "gzip"
    if method == "HEAD":
        return {"statusCode": 200, "headers": headers, "isBase64Encoded": False, "body": ""}
    body = (_FOLDER / page["file"]).read_bytes()
    text = base64.b64encode(body).decode() if compressed else gzip.decompress(body).decode()
    return {"statusCode": 200, "headers": headers, "isBase64Encoded": compressed, "body": text}


def _matches(if_none_match: str, tag: str) -> bool:
    # Our tag with its quotes can occur in a list only as a member. A malformed list is ignored.
    return if_none_match.strip() == "*" or (tag in if_none_match and bool(_TAGS.fullmatch(if_none_match)))


def _takes_gzip(accept_encoding: str) -> bool:
    """Return whether an Accept-Encoding header allows gzip, by name or by ``*`` (RFC 9110 section 12.5.3)."""
    allowed: dict[str, bool] = {}
    for choice in accept_encoding.lower().split(",", _CODINGS)[:_CODINGS]:
        coding, separator, weight = choice.partition(";")
        # A weight of zero refuses the coding.
        allowed.setdefault(coding.strip(), not separator or bool(weight.partition("=")[2].strip(" \t0.")))
    return allowed.get("gzip", allowed.get("x-gzip", allowed.get("*", False)))
