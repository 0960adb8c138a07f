"""Cursors: positions in a list as opaque tokens (contract rules 8.6 and 8.9).

A token holds the position, the rest of ``$top`` and ``$skip``, and a digest over these, the company and the query. So
the service refuses a token that was truncated or altered, that comes with another query, or from another company.

The digest involves no secret, because the service keeps none. A client can forge a token and gains nothing: the company
comes from the caller's credentials, so a forged token only starts the client's own list elsewhere. The content of a
token is validated as strictly as any other parameter.
"""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from servicedesk.domain import values
from servicedesk.domain.task_position import (
    LARGEST_NUMBER,
    LARGEST_VERSION,
    AfterChange,
    AfterNumber,
    AfterVersion,
    Position,
)
from servicedesk.domain.task_query import Order
from servicedesk.wire.odata import LARGEST_SKIP, LARGEST_TOP
from servicedesk.wire.problems import GONE, INVALID_PARAMETER, Problem

TOKEN_CHARACTERS = 256
"""The longest token that is accepted. Issued tokens are shorter."""

_DIGEST_BYTES = 16
_WRITE = re.compile(r"[0-9]{1,40}")


@dataclass(frozen=True, slots=True)
class Cursor[Place = Position]:
    """The position at which a list continues.

    Attributes:
        position: the place in the order; ``None`` is the start.
        top: how many entries are left of ``$top``; ``None`` without one.
        skip: how many entries are left of ``$skip``.
        epoch: in the feed of changes, the epoch of the table; ``None`` elsewhere.
    """

    position: Place | None
    top: int | None = None
    skip: int = 0
    epoch: str | None = None


def to_token(cursor: Cursor[Any], company_id: str, query: str) -> str:
    """Return the cursor as a token of letters, digits, ``-`` and ``_``.

    ``query`` is a text that identifies the list within the company, such as the request's query options: the token is
    valid only with the same text.
    """
    content = _content(cursor).encode()
    return base64.urlsafe_b64encode(_digest(content, company_id, query) + content).rstrip(b"=").decode()


def from_token(
    token: str, company_id: str, query: str, order: Order | None, *, name: str = "$skiptoken"
) -> Cursor[Any]:
    """Return the cursor in a token that ``to_token`` made for the same company and query.

    ``order`` is the query's, or ``None`` for the history of a task. ``name`` is the parameter that has the token.

    Raises:
        Problem: ``invalid-parameter``, if the token is not valid.
    """
    if len(token) > TOKEN_CHARACTERS:
        _refuse(name)
    try:
        decoded = base64.b64decode(f"{token}{'=' * (-len(token) % 4)}", altchars=b"-_", validate=True)
        digest, content = decoded[:_DIGEST_BYTES], decoded[_DIGEST_BYTES:]
        if digest != _digest(content, company_id, query):
            _refuse(name)
        cursor = _cursor(json.loads(content), order)
        # A cursor has exactly one token, so this also rejects other alphabets and paddings.
        if to_token(cursor, company_id, query) != token:
            _refuse(name)
    except (binascii.Error, ValueError, TypeError):
        _refuse(name)
    return cursor


def from_delta_token(token: str, company_id: str, query: str, epoch: str) -> AfterChange:
    """Return the place in the feed of changes, from a token that ``to_token`` made for the same company and query.

    ``epoch`` is the table's current one.

    Raises:
        Problem: ``invalid-parameter``, if the token is not valid, or ``gone``, if it is of another epoch.
    """
    cursor = from_token(token, company_id, query, Order.CHANGE, name="$deltatoken")
    if not isinstance(cursor.position, AfterChange) or cursor.epoch is None:
        _refuse("$deltatoken")
    if cursor.epoch != epoch:
        raise Problem(
            GONE,
            "The service has restored a backup since it issued this link, and may have undone changes that you have "
            "read. Start again without it, read everything, and delete the tasks that are no longer in the feed.",
        )
    return cursor.position


def _content(cursor: Cursor[Any]) -> str:
    match cursor.position:
        case AfterNumber(number, gathered):
            place: list[object] = [number, gathered]
        case AfterChange(instant, task_id, sorted_until):
            place = [instant, task_id, sorted_until]
        case AfterVersion(version, write):
            place = [version, write]
        case None:
            place = []
    if cursor.epoch is not None:
        place.append(cursor.epoch)
    return json.dumps([cursor.top, cursor.skip, *place], separators=(",", ":"))


def _cursor(content: object, order: Order | None) -> Cursor[Any]:
    epoch: str | None = None
    match content, order:
        case [top, skip], _:
            position: Position | AfterVersion | None = None
        case [top, skip, number, bool(gathered)], Order.NUMBER:
            position = AfterNumber(_count(number, LARGEST_NUMBER), gathered)
        case [top, skip, instant, task_id, sorted_until, *more], Order.CHANGE:
            epoch = _epoch(more)
            position = AfterChange(_canonical_date(instant), _canonical_guid(task_id), _canonical_guid(sorted_until))
        case [top, skip, version, str(write)], None:
            if write and not _WRITE.fullmatch(write):
                raise ValueError("no write")
            position = AfterVersion(_count(version, LARGEST_VERSION), write)
        case _:
            raise ValueError("no cursor of this order")
    return Cursor(position, None if top is None else _count(top, LARGEST_TOP), _count(skip, LARGEST_SKIP), epoch)


def _epoch(more: list[object]) -> str | None:
    match more:
        case []:
            return None
        case [str(epoch)]:
            return epoch
        case _:
            raise ValueError("no epoch")


def _count(value: object, largest: int) -> int:
    if type(value) is not int or not 0 <= value <= largest:
        raise ValueError("no count")
    return value


def _canonical_date(value: object) -> str:
    if values.instant(value) != value:
        raise ValueError("no canonical date")
    return value


def _canonical_guid(value: object) -> str | None:
    if value is not None and values.guid(value) != value:
        raise ValueError("no canonical GUID")
    return value


def _digest(content: bytes, company_id: str, query: str) -> bytes:
    # The parts as an array, so that no two triples have the same text.
    whole = json.dumps([content.decode("latin-1"), company_id, query])
    return hashlib.sha256(whole.encode()).digest()[:_DIGEST_BYTES]


def _refuse(name: str) -> NoReturn:
    raise Problem(
        INVALID_PARAMETER,
        f"The {name} was not issued for this list. Follow the links of the answers unchanged, or start again without "
        "it.",
    ) from None
