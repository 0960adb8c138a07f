"""Timeouts and attempts add up to a 503 in time rather than a killed function (contract section 6)."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from servicedesk.store import dynamodb as configured
from servicedesk.store import keys
from servicedesk.store.dynamodb import WRITE_SECONDS

from tests.api import Api, assert_problem
from tests.conftest import FUNCTIONS
from tests.exactly_once.conftest import Service
from tests.exactly_once.database import Database
from tests.exactly_once.requests import counted
from tests.faults.proxy import Fault, FaultProxy, Kind
from tools import template

GATEWAY_SECONDS = 29.0
"""API Gateway's default timeout for a function, its cold start included."""

OWN_SECONDS = 0.5
"""The time of a function besides its requests, with the largest body."""


def timeout(function: str) -> float:
    """The seconds after which Lambda kills the function, as the template says."""
    shared = template.template()["Globals"]["Function"]
    return float(template.resources("AWS::Serverless::Function")[FUNCTIONS[function]].get("Timeout", shared["Timeout"]))


@pytest.fixture(scope="module")
def over_proxy(plain: Database) -> Iterator[tuple[Api, FaultProxy]]:
    """The functions as they are configured, with a proxy between."""
    with FaultProxy(plain.endpoint) as proxy:
        yield plain.functions(proxy.url), proxy


def test_the_sdk_does_not_check_what_our_stores_build(service: Service, company: str) -> None:
    """Checking each request again costs time. A parameter of the wrong type tells whether the SDK does so."""
    request: dict[str, Any] = {"TableName": service.database.tasks_table, "Key": keys.counter(company)}
    for function in (service.api.api,):
        with suppress(ClientError):  # the database may refuse it, the SDK may not
            function.client.get_item(**request, ReturnConsumedCapacity=True)


@pytest.mark.parametrize("kind", [Kind.THROTTLED, Kind.CAPACITY_EXCEEDED, Kind.INTERNAL_ERROR, Kind.RESET_BEFORE])
def test_the_sdk_waits_no_longer_when_it_is_asked_to(
    over_proxy: tuple[Api, FaultProxy], company: str, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, proxy = over_proxy
    waited: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", waited.append)
    proxy.plan([Fault(kind, times=None)])
    assert_problem(api.create({"subject": "x"}, company=company), 503, "unavailable")
    assert len(proxy.requests) == configured.ATTEMPTS
    assert len(waited) == configured.ATTEMPTS - 1
    assert max(waited) <= configured.BACKOFF


def test_no_more_requests_are_sent_than_are_counted_with(service: Service, company: str) -> None:
    api = service.api
    body = {"id": str(uuid4()), "subject": "Printer"}
    most = 0
    for request in (
        {"body": body},
        {"body": body},
        {"body": body | {"subject": "Other"}},
        {"body": body, "query": {"validate_only": "true"}},
        {"body": body | {"task_type_id": str(uuid4())}},
        {"body": body | {"colour": "red"}, "headers": {"Prefer": "handling=strict"}},
    ):
        api.forget_catalogues()
        with counted(api.api) as sent:
            api.create(company=company, **request)  # type: ignore[arg-type]
        most = max(most, len(sent))
    assert most == 3
    with counted(api.api) as sent:
        api.get(body["id"], company=company)
    assert len(sent) == 1
    api.forget_catalogues()
    with counted(api.api) as sent:
        api.change(body["id"], {"subject": "Other"}, company=company)
    assert len(sent) == 3
    issued = api.onboard(action="issue_key", company_id=company, label="erp")
    with counted(api.authorizer) as sent:
        assert api.authorize(f"Bearer {issued['key']}")["context"]["company_id"] == company
    assert len(sent) == 1


@pytest.mark.parametrize(("function", "requests"), [("api", 3), ("authorizer", 1)])
def test_the_worst_case_ends_in_time(function: str, requests: int) -> None:
    request = configured.REQUEST_SECONDS
    assert requests * request + OWN_SECONDS <= timeout(function) < GATEWAY_SECONDS


@pytest.mark.parametrize(
    ("seconds", "requests"),
    [
        ((9.0, 17.0), ["GetItem", "Query", "GetItem", "UpdateItem"]),
        ((9.1,), ["GetItem", "Query"]),  # two more requests might not end in time
        ((9.0, 17.1), ["GetItem", "Query", "GetItem"]),  # nor might one
    ],
)
def test_a_change_begins_no_write_that_might_not_end_in_time(
    service: Service,
    company: str,
    monkeypatch: pytest.MonkeyPatch,
    seconds: tuple[float, ...],
    requests: list[str],
) -> None:
    api = service.api
    task = api.create({"subject": "Printer"}, company=company).document()
    api.forget_catalogues()
    clock = iter([0.0, *seconds])
    for module in ("wire.gateway", "operations.operation"):
        monkeypatch.setattr(f"servicedesk.{module}.monotonic", lambda: next(clock))
    with counted(api.api) as sent:
        answer = api.change(str(task["id2"]), {"subject": "Other"}, company=company)
    assert sent == requests
    if requests[-1] == "UpdateItem":
        assert answer.status == 200
    else:
        assert_problem(answer, 503, "unavailable")
    assert timeout("api") == WRITE_SECONDS


def test_a_database_that_says_nothing_is_given_up(
    plain: Database, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicedesk.store.dynamodb.READ_TIMEOUT", 0.05)
    with FaultProxy(plain.endpoint) as proxy:
        api = plain.functions(proxy.url)
        proxy.plan([Fault(Kind.TIMEOUT_BEFORE, times=None)])
        assert_problem(api.create({"subject": "x"}, company=company), 503, "unavailable")
        proxy.wait_for("GetItem", nth=2)
        assert len(proxy.requests) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux leaves a connection unanswered when too many wait")
def test_a_database_that_accepts_nobody_is_given_up(
    dynamodb: Database, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicedesk.store.dynamodb.CONNECT_TIMEOUT", 0.05)
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1))
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        api = dynamodb.functions(f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert_problem(api.create({"subject": "x"}, company=company), 503, "unavailable")
