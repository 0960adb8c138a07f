"""Tokens of links: they keep a cursor, and nothing else is accepted as one (contract rules 8.6 and 8.9)."""

import base64
import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servicedesk.domain.task_position import LARGEST_NUMBER, AfterChange, AfterNumber, Position
from servicedesk.domain.task_query import Order
from servicedesk.wire.cursors import Cursor, from_token, to_token
from servicedesk.wire.odata import LARGEST_SKIP, LARGEST_TOP
from servicedesk.wire.problems import INVALID_PARAMETER, Problem

from tests.lists.board import instant

COMPANY = "586e803d-0d26-4307-9727-b1f8abd97122"
QUERY = "$filter=archived eq false"

NUMBERS = st.builds(AfterNumber, st.integers(0, LARGEST_NUMBER), st.booleans())
IDS = st.none() | st.uuids().map(str)
CHANGES = st.builds(AfterChange, st.integers(0, 10**15).map(instant), IDS, IDS)
POSITIONS = st.none() | NUMBERS | CHANGES
EPOCHS = st.text("0123456789-:.T", max_size=23)
COUNTS = (st.none() | st.integers(0, LARGEST_TOP), st.integers(0, LARGEST_SKIP))
CURSORS = st.builds(Cursor, POSITIONS, *COUNTS) | st.builds(Cursor, CHANGES, *COUNTS, EPOCHS)
QUICK = settings(database=None)


def order_of(position: Position | None) -> Order:
    return Order.CHANGE if isinstance(position, AfterChange) else Order.NUMBER


def assert_refused(token: str, company: str = COMPANY, query: str = QUERY, order: Order | None = None) -> None:
    for one in [order] if order else Order:
        with pytest.raises(Problem) as caught:
            from_token(token, company, query, one, name="$deltatoken")
        assert caught.value.type == INVALID_PARAMETER
        assert "$deltatoken" in caught.value.detail


@QUICK
@given(cursor=CURSORS, query=st.text())
def test_8_6_a_token_keeps_its_cursor(cursor: Cursor, query: str) -> None:
    token = to_token(cursor, COMPANY, query)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert from_token(token, COMPANY, query, order_of(cursor.position)) == cursor


@QUICK
@given(cursor=CURSORS)
def test_8_6_a_token_serves_only_its_company_and_query(cursor: Cursor) -> None:
    token = to_token(cursor, COMPANY, QUERY)
    assert COMPANY not in base64.urlsafe_b64decode(token + "==").decode("latin-1")
    assert_refused(token, company=str(uuid4()))
    assert_refused(token, query=f"{QUERY} ")
    assert_refused(token, company=COMPANY + QUERY[:3], query=QUERY[3:])
    if cursor.position:
        [other] = set(Order) - {order_of(cursor.position)}
        assert_refused(token, order=other)


@QUICK
@given(cursor=CURSORS, data=st.data())
def test_8_6_a_token_that_was_altered_is_refused(cursor: Cursor, data: st.DataObject) -> None:
    token = to_token(cursor, COMPANY, QUERY)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AQgwz09-_=+/ é\x00").filter(lambda character: character != token[place]))
    assert_refused(token[:place] + other + token[place + 1 :])
    assert_refused(token[:place])
    assert_refused(token + other)


@QUICK
@given(token=st.text())
def test_8_6_no_text_fails_as_a_token(token: str) -> None:
    assert_refused(token)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 200,
        b"[null,-1]",
        b"[true,0]",
        b"[null,10001]",
        b"[2147483648,0]",
        b"[null,10001,7,false]",
        b'[null,10001,"2026-01-01T00:00:00.0000000",null,null]',
        b"[null,0.0]",
        b"[null,0,1]",
        b"[null,0,-1,false]",
        b"[null,0,true,false]",
        b"[null,0,NaN,false]",
        b"[null,0,1e3,false]",
        b"[null,0,1" + b"0" * 31 + b",false]",
        b"[null,0,1,false] ",
        b"[null,0,1,0]",
        b'[null,0,"2026-01-01",null,null]',
        b'[null,0,"2026-01-01T00:00:00.0000000","x",null]',
        b'[null,0,"2026-01-01T00:00:00.0000000",null,"x"]',
        b'[null,0,"2026-01-01T00:00:00.0000000","3970F5AF-AF17-4420-B038-A1EFDC261244",null]',
        b'[null,0,"2026-01-01T00:00:00.0000000",7,null]',
        b"[null,0,7,null,null]",
        b'[null,0,"2026-01-01T00:00:00.0000000",null,null,7]',
        b'[null,0,"2026-01-01T00:00:00.0000000",null,null,"",""]',
        b'[null,0,1,false,""]',
        b'{"0":1}',
    ],
)
def test_8_6_a_token_with_a_good_digest_still_has_to_hold_a_cursor(content: bytes) -> None:
    """The digest has no secret, so whoever knows the source can make one for anything."""
    bound: Any = json.dumps([content.decode("latin-1"), COMPANY, QUERY])
    digest = hashlib.sha256(bound.encode()).digest()[:16]
    assert_refused(base64.urlsafe_b64encode(digest + content).rstrip(b"=").decode())


def test_8_6_a_token_of_any_length_is_refused_at_once() -> None:
    assert_refused("A" * 1_000_000)
