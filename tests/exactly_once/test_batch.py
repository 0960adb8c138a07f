"""Many requests in one, whatever fails on the way (contract section 14)."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from servicedesk import telemetry

from tests.exactly_once.batches import batch_event, change, create, post, send
from tests.exactly_once.conftest import FaultyService, Service
from tests.exactly_once.database import Database
from tests.exactly_once.requests import counted
from tests.exactly_once.test_changes import created
from tests.exactly_once.test_faults import NOT_SENT_AGAIN, assert_internal, assert_unavailable, each_kind, overcome
from tests.exactly_once.test_killed import killed_at
from tests.exactly_once.test_units import consumed
from tests.faults.proxy import Fault, FaultProxy, Kind

PARALLEL = 4
POINTS = {
    "catalogue": ("GetItem", 1),
    "numbers": ("UpdateItem", 1),
    "first": ("PutItem", 1),
    "second": ("PutItem", 2),
    "third": ("PutItem", 3),
    "read of the change": ("GetItem", 2),
    "write of the change": ("UpdateItem", 2),
}
"""The requests of the batch below, one at a time, and which of each operation they are."""

STRUCK = {
    "numbers": {"first", "second", "third"},
    "read of the change": {"change"},
    "write of the change": {"change"},
}
"""The requests of the batch that a fault hits, if it is not only the one with the same name."""


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a batch's requests run one after another, so that their order is known."""
    monkeypatch.setattr("servicedesk.operations.send_batch.CONCURRENCY", 1)


def mixed(task_id: str) -> list[dict[str, Any]]:
    """A batch with requests of each kind, one of which is never valid."""
    by_id = create("second", headers={}, body={"id": str(uuid4()), "subject": "Task second"})
    return [
        create("first"),
        create("invalid", body={"subject": " "}),
        by_id,
        change(task_id),
        create("third"),
    ]


@each_kind
@pytest.mark.parametrize(
    ("point", "lasts"),
    [*((point, True) for point in POINTS), *((point, False) for point in ("numbers", "first", "write of the change"))],
)
@pytest.mark.usefixtures("one_at_a_time")
def test_14_2_a_fault_at_any_request_leaves_every_other_one_right(
    faulty: FaultyService, company: str, point: str, kind: Kind, lasts: bool
) -> None:
    api, database, proxy = faulty.api, faulty.database, faulty.proxy
    proxy.plan([])
    task = created(api, company).document()
    batch = mixed(task["id"])
    api.forget_catalogues()
    operation, nth = POINTS[point]
    proxy.plan([Fault(kind, operation, nth=nth, times=2 if lasts and kind not in NOT_SENT_AGAIN else 1)])
    answer = post(api, company, *batch)
    proxy.settle()
    failed = lasts or not overcome(kind, 1)
    stored = {one["subject"]: one for one in database.tasks(company)}
    if failed and point == "catalogue":
        assert_unavailable(answer)
        assert len(stored) == 1
    else:
        assert answer.status == 200, answer.body
        struck = STRUCK.get(point, {point}) if failed else set()
        for one in answer.document()["responses"]:
            expected = {"invalid": 422, "change": 204}.get(one["id"], 201)
            assert one["status"] == (503 if one["id"] in struck else expected)
            if one["status"] == 503:
                assert int(one["headers"]["Retry-After"]) > 0
            elif one["status"] == 201:
                assert stored[f"Task {one['id']}"]["id2"] == one["body"]["id2"]
        was_written = not failed or (kind.forwarded and operation in ("PutItem", "UpdateItem") and point != "numbers")
        for name in ("first", "second", "third"):
            assert (f"Task {name}" in stored) == (name not in struck or was_written)
        assert ("Other" in stored) == ("change" not in struck or was_written)

    proxy.plan([])
    again = send(api, company, *batch)
    assert [one["status"] for one in again.values()] == [201, 422, 201, 204, 201]
    after = {one["subject"]: one for one in database.tasks(company)}
    assert sorted(after) == ["Other", "Task first", "Task second", "Task third"]
    assert after["Other"]["version"] == 2
    assert len({one["id2"] for one in after.values()}) == len(database.tasks(company)) == 4
    for subject in stored.keys() & after.keys():
        assert after[subject] == stored[subject]
    for name in ("first", "second", "third"):
        assert again[name]["body"] == {"id": after[f"Task {name}"]["id"], "id2": after[f"Task {name}"]["id2"]}


@pytest.mark.parametrize("point", [point for point in POINTS if point != "catalogue"])
@pytest.mark.usefixtures("one_at_a_time")
def test_14_2_what_does_not_pass_is_internal_for_one_alone(faulty: FaultyService, company: str, point: str) -> None:
    api, proxy = faulty.api, faulty.proxy
    proxy.plan([])
    batch = mixed(created(api, company).document()["id"])
    api.forget_catalogues()
    operation, nth = POINTS[point]
    proxy.plan([Fault(Kind.DENIED, operation, nth=nth)])
    answers = send(api, company, *batch)
    for name, one in answers.items():
        assert (one["status"] == 500) == (name in STRUCK.get(point, {point}))
        if one["status"] == 500:
            assert one["body"]["detail"] == "The request failed; its id is in instance."


def test_14_2_what_does_not_pass_at_the_catalogue_is_internal(faulty: FaultyService, company: str) -> None:
    faulty.proxy.plan([Fault(Kind.DENIED, "GetItem")])
    faulty.api.forget_catalogues()
    assert_internal(post(faulty.api, company, create("first")))


FAULTS_AT_ONCE = [
    *(Kind.RESET_BEFORE, Kind.RESET_AFTER, Kind.CAPACITY_EXCEEDED, Kind.INTERNAL_ERROR_AFTER),
    *(Kind.TRANSACTION_CONFLICT, Kind.CUT_SHORT, Kind.UNDECODABLE, Kind.NOT_HTTP),
]


@pytest.mark.parametrize("seed", range(5))
def test_14_3_faults_at_requests_that_run_at_once(plain: Database, company: str, seed: int) -> None:
    """Whichever requests are struck, what was acknowledged is stored, and the batch can be repeated until all is."""
    chance = Random(seed)
    with FaultProxy(plain.endpoint) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
        api = plain.functions(proxy.url)
        tasks = [created(api, company).document() for _ in range(10)]
        batch = [create(str(place)) for place in range(40)]
        batch += [change(task["id"], f"change {task['id']}") for task in tasks]
        proxy.plan(
            [
                Fault(
                    chance.choice(FAULTS_AT_ONCE), operation, nth=chance.randrange(2, 9), times=chance.randrange(1, 9)
                )
                for operation in ("PutItem", "UpdateItem", "GetItem")
                for _ in range(3)
            ]
        )
        first = send(api, company, *batch)
        assert any(request.fault for request in proxy.requests)
        proxy.plan([])
    stored = {one["id"]: one for one in plain.tasks(company)}
    assert {one["status"] for one in first.values()} <= {201, 204, 503}
    for name, one in first.items():
        if one["status"] == 201:
            assert stored[one["body"]["id"]]["id2"] == one["body"]["id2"]
            assert stored[one["body"]["id"]]["subject"] == f"Task {name}"
        if one["status"] == 204:
            assert stored[name.removeprefix("change ")]["subject"] == "Other"

    again = send(plain.functions(), company, *batch)
    assert {one["status"] for one in again.values()} == {201, 204}
    after = plain.tasks(company)
    assert len(after) == len({one["id2"] for one in after}) == 50
    assert Counter(one["version"] for one in after) == {1: 40, 2: 10}
    for one in after:
        if one["id"] in stored and stored[one["id"]]["version"] == one["version"]:
            assert one == stored[one["id"]]


def test_14_3_two_equal_batches_at_once_make_each_task_once(engine: Service, company: str) -> None:
    tasks = [created(engine.api, company).document() for _ in range(10)]
    batch = [create(str(place)) for place in range(30)] + [change(task["id"], task["id"]) for task in tasks]
    together = Barrier(PARALLEL)

    def sender(_: int) -> dict[str, dict[str, Any]]:
        together.wait()
        return send(engine.api, company, *batch)

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(sender, range(PARALLEL)))
    stored = engine.database.tasks(company)
    assert len(stored) == len({one["id2"] for one in stored}) == 40
    assert Counter(one["version"] for one in stored) == {1: 30, 2: 10}
    for place in range(30):
        same = [answer[str(place)] for answer in answers]
        assert [one["status"] for one in same] == [201] * PARALLEL
        assert len({one["body"]["id2"] for one in same}) == 1
        assert sum("Idempotent-Replayed" not in one["headers"] for one in same) == 1
    for task in tasks:
        assert [answer[task["id"]]["status"] for answer in answers] == [204] * PARALLEL


KILLED = {
    "in taking the numbers": Fault(Kind.TIMEOUT_AFTER, "UpdateItem"),
    "before the first write": Fault(Kind.TIMEOUT_BEFORE, "PutItem"),
    "amid the writes": Fault(Kind.TIMEOUT_AFTER, "PutItem", nth=11),
    "before the last write": Fault(Kind.TIMEOUT_BEFORE, "PutItem", nth=20),
    "between the last write and the answer": Fault(Kind.TIMEOUT_AFTER, "PutItem", nth=20),
}


@pytest.mark.parametrize("case", KILLED)
@pytest.mark.usefixtures("plain")
def test_14_3_a_killed_function_loses_nothing_that_was_written(
    engine: Service, company: str, tmp_path: Path, case: str
) -> None:
    batch = [create(str(place)) for place in range(20)]
    killed_at(KILLED[case], engine.database, batch_event(company, *batch), tmp_path)
    left = {one["id"]: one for one in engine.database.tasks(company)}
    again = send(engine.api, company, *batch)
    assert [one["status"] for one in again.values()] == [201] * 20
    stored = {one["id"]: one for one in engine.database.tasks(company)}
    assert stored.keys() == {one["body"]["id"] for one in again.values()}
    assert len({one["id2"] for one in stored.values()}) == 20
    assert {task_id: stored[task_id] for task_id in left} == left
    for one in again.values():
        assert ("Idempotent-Replayed" in one["headers"]) == (one["body"]["id"] in left)


# What the numbers, the change and the two creates find on the clock, and what becomes of them: first two more requests
# fit in, then one.
HOURS = [
    ((9.0, 9.0, 17.0, 17.0), [204, 201, 201], ["UpdateItem", "GetItem", "UpdateItem", "PutItem", "PutItem"]),
    ((9.0, 9.0, 17.0, 17.1), [204, 201, 503], ["UpdateItem", "GetItem", "UpdateItem", "PutItem"]),
    ((9.0, 9.1, 17.0, 17.1), [503, 201, 503], ["UpdateItem", "PutItem"]),
    ((9.1, 9.1), [503, 503, 503], []),
]


@pytest.mark.parametrize("hours", HOURS, ids=str)
@pytest.mark.usefixtures("one_at_a_time")
def test_14_3_a_request_for_which_there_is_no_time_is_not_begun(
    service: Service,
    company: str,
    monkeypatch: pytest.MonkeyPatch,
    hours: tuple[tuple[float, ...], list[int], list[str]],
) -> None:
    seconds, statuses, requests = hours
    task = created(service.api, company).document()
    batch = [change(task["id"]), create("1"), create("2")]
    clock = list(seconds)
    if statuses[0] == 204:
        clock[2:2] = [9.0, 9.0]  # the change looks again before it reads, and before it writes
    with monkeypatch.context() as patch:
        patch.setattr("servicedesk.wire.gateway.monotonic", lambda: 0.0)
        patch.setattr("servicedesk.operations.operation.monotonic", lambda: clock.pop(0))
        with counted(service.api.api) as sent:
            answers = send(service.api, company, *batch)
    assert clock == []
    assert sent == requests
    assert [one["status"] for one in answers.values()] == statuses
    for one in answers.values():
        if one["status"] == 503:
            assert one["body"]["type"] == "urn:servicedesk:problem:unavailable"
            assert int(one["headers"]["Retry-After"]) > 0
    assert [one["status"] for one in send(service.api, company, *batch).values()] == [204, 201, 201]
    assert len(service.database.tasks(company)) == 3


@pytest.mark.parametrize("mixed_with_ids", [True, False])
def test_14_3_a_number_is_not_looked_up_where_there_is_no_time(
    service: Service, company: str, monkeypatch: pytest.MonkeyPatch, mixed_with_ids: bool
) -> None:
    first, second = (created(service.api, company).document() for _ in range(2))
    batch = [change(first["id" if mixed_with_ids else "id2"], "1"), change(second["id2"], "2"), create("3")]
    with monkeypatch.context() as patch:
        patch.setattr("servicedesk.wire.gateway.monotonic", lambda: 0.0)
        patch.setattr("servicedesk.operations.operation.monotonic", lambda: 9.1)
        with counted(service.api.api) as sent:
            answers = send(service.api, company, *batch)
    assert sent == []
    assert [one["status"] for one in answers.values()] == [503] * 3
    assert all(int(one["headers"]["Retry-After"]) > 0 for one in answers.values())
    assert [one["status"] for one in send(service.api, company, *batch).values()] == [204, 204, 201]


@pytest.mark.parametrize(("kind", "status"), [(Kind.CAPACITY_EXCEEDED, 503), (Kind.DENIED, 500)])
def test_14_3_nothing_is_begun_where_a_number_cannot_be_looked_up(
    faulty: FaultyService, company: str, kind: Kind, status: int
) -> None:
    first, second = (created(faulty.api, company).document() for _ in range(2))
    batch = [change(first["id2"], "1"), change(second["id"], "2"), create("3"), create("4", body={})]
    stored = faulty.database.tasks(company)
    faulty.proxy.plan([Fault(kind, "Query", times=9)])
    assert [one["status"] for one in send(faulty.api, company, *batch).values()] == [status] * 4
    assert faulty.database.tasks(company) == stored
    faulty.proxy.plan([])
    assert [one["status"] for one in send(faulty.api, company, *batch).values()] == [204, 204, 201, 422]


def test_14_3_the_catalogue_is_read_once_however_long_a_batch_takes(
    service: Service, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicedesk.store.catalogues.KEPT_SECONDS", 1e-9)
    with counted(service.api.api) as sent:
        send(service.api, company, *(create(str(place)) for place in range(5)))
    assert Counter(sent) == {"GetItem": 1, "UpdateItem": 1, "PutItem": 5}


def test_14_5_a_small_task_of_a_batch_is_three_units_and_the_counter_one_for_all(engine: Service, company: str) -> None:
    with consumed(engine) as seen:
        answers = send(engine.api, company, *(create(str(place)) for place in range(100)))
    assert {one["status"] for one in answers.values()} == {201}
    assert (seen["UpdateItem"], seen["PutItem"]) == (1, 300)


def test_14_2_each_request_of_a_batch_is_counted_and_one_line_is_logged(
    service: Service, company: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    task = created(service.api, company).document()
    capsys.readouterr()
    caplog.clear()
    first, again = create("first"), create("again") | {"headers": {"Idempotency-Key": "first"}}
    send(service.api, company, first)
    send(service.api, company, again | {"body": first["body"]}, *mixed(task["id"])[1:])
    ours = [record for record in caplog.records if record.name == telemetry.logger.name]
    assert [record.getMessage() for record in ours] == ["Batch", "Batch"]
    assert vars(ours[1])["statuses"] == {"201": 3, "422": 1, "204": 1}
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    counts = {"Batch": [1.0], "Created": [2.0], "Replayed": [1.0], "Changed": [1.0], "Invalid": [1.0]}
    assert {name: metrics[1][name] for name in counts} == counts
    assert metrics[1]["Invalid_required"] == [1.0]


def test_14_2_a_batch_in_which_something_failed_is_logged_as_failed(
    faulty: FaultyService, company: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    faulty.proxy.plan([Fault(Kind.DENIED, "PutItem", nth=2)])
    send(faulty.api, company, create("1"), create("2"), create("3"))
    [ours] = [record for record in caplog.records if record.name == telemetry.logger.name]
    assert (ours.getMessage(), ours.levelname) == ("Failed", "ERROR")
    assert vars(ours)["error"][0]["code"] == "PutItem: AccessDeniedException"
    [metrics] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert (metrics["Failed"], metrics["Created"]) == ([1.0], [2.0])
