"""Charsets of a body, and a Content-Type that came more than once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servicedesk.wire import media_types
from servicedesk.wire.headers import Fields
from servicedesk.wire.problems import UNSUPPORTED_MEDIA_TYPE, Problem

LABELS = {
    "utf-8": ["", "utf-8", "UTF8", "x-unicode20utf8", "us-ascii", "ascii"],
    "utf-16-le": ["utf-16", "utf-16le", "ucs-2", "Unicode", "csunicode", "iso-10646-ucs-2", "unicodefeff"],
    "utf-16-be": ["utf-16be", "UnicodeFFFE"],
}
OTHERS = ["iso-8859-1", "windows-1252", "utf-7", "utf-32", "utf-16-le", "utf_8", "none"]
CHARSETS = {label: charset for charset, labels in LABELS.items() for label in labels}
MARKS = {b"": None, b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@pytest.mark.parametrize("label", [*CHARSETS, *OTHERS])
@pytest.mark.parametrize("declared", ["", "utf-8", "utf-16", *OTHERS[:3]])
@pytest.mark.parametrize("mark", MARKS)
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
