"""Content negotiation and charsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servicedesk.wire import media_types
from servicedesk.wire.headers import Fields
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
        media_types.read(b"{}", Fields([("Content-Type", content_type)]))
    assert caught.value.type is UNSUPPORTED_MEDIA_TYPE
    assert caught.value.headers["Accept"] == "application/json, text/json, application/xml, text/xml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_charsets_and_byte_order_marks(encoding: str) -> None:
    charset = "utf-16" if encoding in ("utf-16-le", "utf-16-be") else "utf-8"
    body = '{"subject": "Überlauf €"}'.encode(encoding)
    headers = Fields([("Content-Type", f"application/json; charset={charset}")])
    assert media_types.read(body, headers) == [("subject", "Überlauf €")]


@pytest.mark.parametrize("body", [b"", b" \r\n", b'{"subject": "\xe9"}', b"null", b"[]", b"7", b"{", b'{"a": NaN}'])
def test_bodies_that_are_no_task(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        media_types.read(body, Fields())
    assert caught.value.type is MALFORMED_BODY


LABELS = {
    "utf-8": ["", "utf-8", "UTF8", "x-unicode20utf8", "us-ascii", "ascii"],
    "utf-16-le": ["utf-16", "utf-16le", "ucs-2", "Unicode", "csunicode", "iso-10646-ucs-2", "unicodefeff"],
    "utf-16-be": ["utf-16be", "UnicodeFFFE"],
}
OTHERS = ["iso-8859-1", "windows-1252", "utf-7", "utf-32", "utf-16-le", "utf_8", "none"]
CHARSETS = {label: charset for charset, labels in LABELS.items() for label in labels}
MARKS = {b"": None, b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@given(
    st.sampled_from([*CHARSETS, *OTHERS]),
    st.sampled_from(["", "utf-8", "utf-16", *OTHERS[:3]]),
    st.sampled_from(list(MARKS)),
)
def test_3_2_a_mark_counts_more_than_the_header_and_that_more_than_the_declaration(
    label: str, declared: str, mark: bytes
) -> None:
    # Without a label in the header, the declaration can be read byte by byte, whatever utf-16 it claims.
    charset = MARKS[mark] or (CHARSETS.get(label) if label or declared not in OTHERS else None)
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = mark + f"{declaration}<task><subject>Überlauf €</subject></task>".encode(charset or "latin-1", "replace")
    headers = Fields([("Content-Type", f"text/xml; charset={label}")])
    if charset:
        assert media_types.read(body, headers) == [("subject", "Überlauf €")]
    else:
        with pytest.raises(Problem) as caught:
            media_types.read(body, headers)
        assert caught.value.type is UNSUPPORTED_MEDIA_TYPE


blanks = st.text(" \t", max_size=2)


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """One and the same Content-Type in any case and with any white space."""
    parts = [draw(st.sampled_from([part, part.upper()])) for part in ("text/xml", ";", "charset=utf-8")]
    return draw(blanks).join([*parts, ""])


@given(st.lists(spelled(), min_size=1, max_size=4), st.booleans())
def test_3_14_equal_values_of_content_type_count_once(sent: list[str], joined: bool) -> None:
    headers = Fields([("Content-Type", value) for value in ([", ".join(sent)] if joined else sent)])
    assert media_types.read(b"<task><subject>x</subject></task>", headers) == [("subject", "x")]
    assert media_types.negotiate(None, headers["Content-Type"]).name == "text/xml"
