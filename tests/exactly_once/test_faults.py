"""Whatever fails on the way to the database, at each request (contract rule 7.5)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.api import Answer, assert_problem
from tests.exactly_once.conftest import FaultyService
from tests.exactly_once.database import Database
from tests.exactly_once.test_replay import assert_replay, onboard
from tests.faults.proxy import Fault, Kind

PASSING = [kind for kind in Kind if kind is not Kind.DENIED]
NOT_SENT_AGAIN = {Kind.TRANSACTION_CONFLICT, Kind.UNDECODABLE, Kind.NOT_DYNAMODB, Kind.CLOSED}
"""The faults that the SDK reports without a retry."""

each_kind = pytest.mark.parametrize("kind", PASSING, ids=lambda kind: kind.name)
each_duration = pytest.mark.parametrize("times", [1, None], ids=["once", "for ever"])


def overcome(kind: Kind, times: int | None) -> bool:
    """Return whether the SDK's second attempt succeeds."""
    return times == 1 and kind not in NOT_SENT_AGAIN


def assert_unavailable(answer: Answer) -> None:
    assert_problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert not {"Location", "ETag"} & set(answer.headers)


@each_duration
@each_kind
@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem", "PutItem"])
def test_7_5_a_fault_at_each_request_of_a_create(
    faulty: FaultyService, company: str, operation: str, kind: Kind, times: int | None
) -> None:
    api, database, proxy = faulty.api, faulty.database, faulty.proxy
    body = {"id": str(uuid4()), "subject": "Printer"}
    proxy.plan([Fault(kind, operation, times=times)])
    seen = api.create(body, company=company)
    proxy.settle()
    stored = database.tasks(company)
    if overcome(kind, times):
        assert seen.status == 201, seen.body
        assert "Idempotent-Replayed" not in seen.headers
        assert [task["id2"] for task in stored] == [seen.document()["id2"]]
    else:
        assert_unavailable(seen)
        assert len(stored) == (operation == "PutItem" and kind.forwarded)

    proxy.plan([])
    again = api.create(body, company=company)
    assert again.status == 201
    assert ("Idempotent-Replayed" in again.headers) == bool(stored)
    [task] = database.tasks(company)
    assert task["id"] == body["id"]
    assert task["id2"] == again.document()["id2"] <= database.last_number(company)
    if stored:
        assert [task] == stored
    if seen.status == 201:
        assert_replay(again, seen)
    other = api.create(body | {"subject": "Other"}, company=company)
    assert_problem(other, 409, "task-exists")


@each_duration
@each_kind
def test_7_5_a_fault_at_the_read_of_a_task(faulty: FaultyService, company: str, kind: Kind, times: int | None) -> None:
    faulty.proxy.plan([])
    created = faulty.api.create({"subject": "Printer"}, company=company)
    faulty.proxy.plan([Fault(kind, "GetItem", times=times)])
    found = faulty.api.get(created.document()["id"], company=company)
    if overcome(kind, times):
        assert found.status == 200
        assert found.body == created.body
    else:
        assert_unavailable(found)


@each_duration
@each_kind
def test_7_5_a_fault_at_the_read_of_a_dry_run(
    faulty: FaultyService, company: str, kind: Kind, times: int | None
) -> None:
    body = {"id": str(uuid4()), "subject": "Printer"}
    faulty.proxy.plan([])
    faulty.api.create(body, company=company)
    faulty.proxy.plan([Fault(kind, "GetItem", times=times)])
    dry = faulty.api.create(body, company=company, query={"validate_only": "true"})
    if overcome(kind, times):
        assert dry.status == 200
        assert dry.headers["Idempotent-Replayed"] == "true"
    else:
        assert_unavailable(dry)


@each_duration
@each_kind
def test_7_5_a_fault_at_the_look_for_what_was_valid_once(
    faulty: FaultyService, company: str, kind: Kind, times: int | None
) -> None:
    inspection = {"id": str(uuid4()), "name": "Inspection", "default": True}
    body = {"id": str(uuid4()), "subject": "Boiler", "task_type_id": inspection["id"]}
    faulty.proxy.plan([])
    onboard(faulty.api, company, types=[inspection])
    first = faulty.api.create(body, company=company)
    onboard(faulty.api, company)
    faulty.proxy.plan([Fault(kind, "GetItem", nth=2, times=times)])
    again = faulty.api.create(body, company=company)
    if overcome(kind, times):
        assert_replay(again, first)
    else:
        assert_unavailable(again)


def test_7_5_a_fault_at_the_catalogue_is_not_a_missing_catalogue(faulty: FaultyService, company: str) -> None:
    inspection = {"id": str(uuid4()), "name": "Inspection", "default": True}
    faulty.proxy.plan([])
    onboard(faulty.api, company, types=[inspection])
    for kind in PASSING:
        faulty.api.forget_catalogues()
        faulty.proxy.plan([Fault(kind, "GetItem", times=None)])
        assert_unavailable(faulty.api.create({"subject": "Boiler"}, company=company))
    faulty.proxy.plan([])
    created = faulty.api.create({"subject": "Boiler"}, company=company)
    assert created.document()["task_type_id"] == inspection["id"]


@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem", "PutItem"])
def test_7_5_what_does_not_pass_is_internal_and_tells_nothing(
    faulty: FaultyService, company: str, operation: str
) -> None:
    faulty.proxy.plan([Fault(Kind.DENIED, operation, times=None)])
    assert_internal(faulty.api.create({"subject": "Printer"}, company=company))
    assert len(faulty.proxy.requests) == ["GetItem", "UpdateItem", "PutItem"].index(operation) + 1
    if operation == "GetItem":
        assert_internal(faulty.api.get(str(uuid4()), company=company))


def test_7_5_a_missing_table_is_internal_and_tells_nothing(plain: Database, company: str) -> None:
    api = replace(plain, prefix="no-such-").functions()
    assert_internal(api.create({"subject": "Printer"}, company=company))
    assert_internal(api.get(str(uuid4()), company=company))


def assert_internal(answer: Answer) -> None:
    assert_problem(answer, 500, "internal")
    assert "Retry-After" not in answer.headers
    for inner in ("arn:", "secret", "authorized", "Table", "dynamodb", "botocore", "Exception"):
        assert inner not in answer.body
