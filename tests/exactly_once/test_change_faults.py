"""Every fault at every request of a change: none lost after a 200, none applied twice, an honest answer."""

from collections.abc import Iterator

import pytest

from tests.api import Answer
from tests.exactly_once.conftest import FaultyService
from tests.exactly_once.test_changes import COMPLETED, created
from tests.exactly_once.test_faults import (
    assert_internal,
    assert_unavailable,
    each_duration,
    each_kind,
    overcome,
)
from tests.faults.proxy import Fault, Kind

REQUESTS = {
    "catalogue": ("id", "GetItem", 1),
    "read": ("id", "GetItem", 2),
    "write": ("id", "UpdateItem", 1),
    "number": ("id2", "Query", 1),
    "archived number": ("id2", "Query", 2),
}
"""The address of the task, and the request that fails."""

each_request = pytest.mark.parametrize("request_", REQUESTS)


@pytest.fixture
def closed(faulty: FaultyService, company: str) -> Iterator[Answer]:
    """A closed task as it was read, and functions that have not read the catalogue."""
    faulty.proxy.plan([])
    task_id = created(faulty.api, company).document()["id"]
    closed = faulty.api.change(task_id, {"task_status_id": COMPLETED}, company=company)
    assert closed.status == 200
    faulty.api.forget_catalogues()
    yield closed
    faulty.proxy.plan([])


@each_duration
@each_kind
@each_request
def test_10_7_a_fault_at_each_request_of_a_change(
    faulty: FaultyService, closed: Answer, request_: str, kind: Kind, times: int | None
) -> None:
    by, operation, nth = REQUESTS[request_]
    api, database, proxy = faulty.api, faulty.database, faulty.proxy
    task, change = closed.document(), {"subject": "Other"}
    company = task["company_id"]
    [before] = database.tasks(company)

    def send() -> Answer:
        return api.change(str(task[by]), change, company=company, if_match=closed.headers["ETag"])

    proxy.plan([Fault(kind, operation, nth=nth, times=times)])
    seen = send()
    proxy.settle()
    [stored] = database.tasks(company)
    if overcome(kind, times):
        assert seen.status == 200, seen.body
        assert seen.document()["subject"] == stored["subject"] == "Other"
    else:
        assert_unavailable(seen)
        if request_ == "write" and kind.forwarded:
            assert (stored["subject"], stored["version"]) == ("Other", before["version"] + 1)
        else:
            assert stored == before

    proxy.plan([])
    again = send()
    assert again.status == 200
    [after] = database.tasks(company)
    assert (after["subject"], after["version"]) == ("Other", before["version"] + 1)
    assert again.headers["ETag"] == api.get(task["id"], company=company).headers["ETag"]
    if stored != before:
        assert after == stored
    if seen.status == 200:
        assert (again.body, again.headers["ETag"]) == (seen.body, seen.headers["ETag"])


@each_request
def test_10_7_what_does_not_pass_is_internal_and_tells_nothing(
    faulty: FaultyService, company: str, closed: Answer, request_: str
) -> None:
    by, operation, nth = REQUESTS[request_]
    [before] = faulty.database.tasks(company)
    faulty.proxy.plan([Fault(Kind.DENIED, operation, nth=nth, times=None)])
    assert_internal(faulty.api.change(str(closed.document()[by]), {"subject": "Other"}, company=company))
    assert faulty.database.tasks(company) == [before]
