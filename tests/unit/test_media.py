"""Content negotiation and charsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servicedesk.wire import media_types
from servicedesk.wire.problems import MALFORMED_BODY, UNSUPPORTED_MEDIA_TYPE, Problem


@pytest.mark.parametrize(
    ("accept", "content_type", "answer"),
    [
        (None, None, "application/json"),
        (None, "text/xml; charset=utf-8", "text/xml"),
        ("image/png", "application/xml", "application/xml"),
        ("*/*", "application/xml", "application/json"),
        ("text/*", "application/xml", "text/json"),
        ("application/*, text/xml", None, "text/xml"),
        ("text/xml, application/json", None, "application/json"),
        ("text/xml;q=0.9, application/json;q=0.8", None, "text/xml"),
        ("application/json;q=0, */*", None, "text/json"),
        ("APPLICATION/XML", None, "application/xml"),
    ],
)
def test_negotiation(accept: str | None, content_type: str | None, answer: str) -> None:
    assert media_types.negotiate(accept, content_type).name == answer


@given(st.text(), st.text())
def test_negotiation_never_fails(accept: str, content_type: str) -> None:
    assert media_types.negotiate(accept, content_type).format in ("json", "xml")


@pytest.mark.parametrize("content_type", ["text/plain", "application/json; charset=latin1", "json", "text/*"])
def test_what_is_not_spoken(content_type: str) -> None:
    with pytest.raises(Problem) as caught:
        media_types.read(b"{}", content_type)
    assert caught.value.type is UNSUPPORTED_MEDIA_TYPE
    assert caught.value.headers["Accept"] == "application/json, text/json, application/xml, text/xml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_charsets_and_byte_order_marks(encoding: str) -> None:
    charset = "utf-16" if encoding in ("utf-16-le", "utf-16-be") else "utf-8"
    body = '{"subject": "Überlauf €"}'.encode(encoding)
    assert media_types.read(body, f"application/json; charset={charset}") == [("subject", "Überlauf €")]


@pytest.mark.parametrize("body", [b"", b" \r\n", b'{"subject": "\xe9"}', b"null", b"[]", b"7", b"{", b'{"a": NaN}'])
def test_bodies_that_are_no_task(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        media_types.read(body, None)
    assert caught.value.type is MALFORMED_BODY
