"""Bounded time: no header, query option or address makes a request much slower, whatever a client writes there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import thread_time_ns
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servicedesk import operations

from tests.api import Api, Context, event
from tests.contract.client import SUBJECT
from tests.published import describe_api

CHARACTERS = 10_000
"""About API Gateway's limit for the request line and all headers together, which is 10,240 bytes."""

TIMES = 5
"""The allowed multiple of a request's normal time. Quadratic code takes hundreds of times as long, so it is wide."""

LEAST_SECONDS = 0.001
"""The lowest normal time, for faster requests: Lambda bills whole milliseconds."""

TRIES = 20
"""The number of tries, of which the fastest counts, because other processes share the machine."""

COMPANY = "0ddc0de0-0000-4000-8000-00000000000c"
TASK = "0ddc0de0-0000-4000-8000-00000000000d"
ADDRESS = "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/v1/GET/tasks"

type Handler = Callable[[dict[str, Any], Context], object]
type Texts = Mapping[str, str]


@dataclass(frozen=True)
class Sent:
    """A normal request."""

    method: str
    path: str
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: {"Accept": "*/*"})


OPEN = ("/", "/console", "/openapi.json")
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
CHANGE = {**JSON, "If-Match": "*"}
BODY = f'{{"subject": "{SUBJECT}", "id": "{TASK}"}}'
BATCH = f'{{"requests": [{{"id": "1", "method": "POST", "url": "Task", "body": {BODY}}}]}}'
SENT = (
    *(Sent("GET", path) for path in ("/", f"/tasks/{TASK}", "/tasks", "/tasks/delta", "/catalogue", "/api/TaskType")),
    Sent("GET", f"/tasks/{TASK}/history"),
    Sent("POST", "/tasks", BODY, JSON),
    Sent("POST", "/api/TaskView/Search", "{}", JSON),
    Sent("POST", "/api/$batch", BATCH, JSON),
    Sent("PATCH", f"/tasks/{TASK}", BODY, CHANGE),
)
"""One request of each kind, to which all headers and options are added."""

HAS_BODY = ("POST", "PUT", "PATCH")


def others() -> Iterator[Sent]:
    """Yield a request to each other route, over the same task."""
    router = operations.router()
    asked = {(sent.method, router.match(sent.method, sent.path).route) for sent in SENT}
    for method, path, _ in operations.routes():
        if (method, path) not in asked:
            yield Sent(method, path.replace("{id}", TASK), BODY if method in HAS_BODY else None, CHANGE)


HEADERS: Mapping[str, Sequence[str]] = {
    "Accept": ("text/*;q=0.", "*/*;q=1,", "a/b;", 'a;b="\\"'),
    "Accept-Encoding": ("gzip;q=0.", "gzip;q=0,", "*;", "x-gzip"),
    "Authorization": ("Bearer ", "Basic ", "Basic Ojo6"),
    "Content-Type": ("application/json;charset=", "text/json;a=1;", 'text/xml;a="\\"'),
    "Host": (),
    "Idempotency-Key": ('"', '"\\"'),
    "If-Match": ('W/"a"', 'W/"a",', '"a" '),
    "If-None-Match": ('W/"a"', 'W/"a",', '"a" '),
    "Origin": ("https://",),
    "Prefer": ("handling=strict", "return=minimal,", "maxpagesize=1", 'a="\\"'),
    "X-Forwarded-Proto": (),
}
"""The headers that some function reads, and how long values of each can begin."""

OPTIONS: Mapping[str, Sequence[str]] = {
    "$deltatoken": ("latest", "A"),
    "$filter": ("id2 eq ", "subject eq '", "id2 in (1", "not (", "(", "archived and ", "due_date gt 2026-01-01T"),
    "$orderby": ("id2 ", "id2 asc,", "name desc,"),
    "$select": ("id,", "*,"),
    "$skip": ("0",),
    "$skiptoken": ("A",),
    "$top": ("0",),
    "validate_only": ("true",),
    "a": (),
}
"""The query options that some route takes, and one that none takes."""

PIECES = (" ", ",", ";", '"', "\\", "1")


def long(start: str, piece: str, end: str) -> str:
    """Return a text of as many pieces as fit."""
    return start + piece * ((CHARACTERS - len(start) - len(end)) // len(piece)) + end


def hostile(starts: Sequence[str]) -> Iterator[str]:
    """Yield long texts that break off: each piece repeated, and some after each way in which a value can begin."""
    for piece in (*PIECES, *starts):
        yield long("", piece, "\x7f")
    for start in starts:
        yield from (long(start, piece, "\x7f") for piece in ("1", " ", ","))


class Route:
    """A route with a normal request to it."""

    def __init__(self, sent: Sent, handler: Handler) -> None:
        self._sent = sent
        self._handler = handler
        self._allowed = TIMES * max(LEAST_SECONDS, min(self._seconds({}, {}) for _ in range(5)))

    def assert_bounded(self, headers: Texts, query: Texts) -> None:
        """Assert that a request with these headers and options takes no more than a few times the normal time."""
        took: list[float] = []
        while len(took) < TRIES:
            took.append(self._seconds(headers, query))
            if took[-1] <= self._allowed:
                return
        shown = {name: f"{value[:30]}…{value[-10:]}" for name, value in {**headers, **query}.items()}
        pytest.fail(f"{self._sent} with {shown} takes {min(took):.4f} s, and may take {self._allowed:.4f} s.")

    def _seconds(self, headers: Texts, query: Texts) -> float:
        """Return the CPU time of a request."""
        sent = self._sent
        built = event(
            sent.method, sent.path, sent.body, headers={**sent.headers, **headers}, query=query, company=COMPANY
        )
        built["methodArn"] = ADDRESS
        if sent.path in OPEN:
            built["resource"] = sent.path
        started = thread_time_ns()
        self._handler(built, Context())
        return (thread_time_ns() - started) / 1e9


@pytest.fixture(scope="module")
def known_routes(api: Api) -> Sequence[Route]:
    """One route of each kind, and the authorizer."""
    key = {"Authorization": f"Bearer {'0' * 16}.{'A' * 43}"}
    authorizer = Route(Sent("GET", "/tasks", headers=key), api.authorizer.lambda_handler)
    return [*(Route(sent, handler(api, sent)) for sent in SENT), authorizer]


@pytest.fixture(scope="module")
def known_others(api: Api, known_routes: Sequence[Route]) -> Sequence[Route]:
    """The other routes."""
    return [Route(sent, handler(api, sent)) for sent in others()]


def handler(api: Api, sent: Sent) -> Handler:
    """Return the function that answers a request."""
    function: Handler = (describe_api.load() if sent.path in OPEN else api.api).lambda_handler
    return function


@pytest.mark.parametrize("header", HEADERS)
def test_no_header_takes_much_longer(known_routes: Sequence[Route], header: str) -> None:
    for text in hostile(HEADERS[header]):
        for route in known_routes:
            route.assert_bounded({header: text}, {})


@pytest.mark.parametrize("option", OPTIONS)
def test_no_query_option_takes_much_longer(known_routes: Sequence[Route], option: str) -> None:
    for text in hostile(OPTIONS[option]):
        for route in known_routes:
            route.assert_bounded({}, {option: text})


@settings(max_examples=100)
@given(data=st.data())
def test_nothing_takes_much_longer_anywhere(known_others: Sequence[Route], data: st.DataObject) -> None:
    route = data.draw(st.sampled_from(known_others))
    name, starts = data.draw(st.sampled_from([*HEADERS.items(), *OPTIONS.items()]))
    parts = st.lists(st.sampled_from([*PIECES, *starts]), min_size=1, max_size=4).map("".join)
    text = long(data.draw(parts), data.draw(parts), data.draw(parts))
    route.assert_bounded(*(({name: text}, {}) if name in HEADERS else ({}, {name: text})))
