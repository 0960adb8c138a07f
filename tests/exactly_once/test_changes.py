"""Changes of one task beside each other, beside other releases and beside erasing (contract section 10)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest

from tests.api import Answer, Api, assert_problem
from tests.exactly_once import changes
from tests.exactly_once.conftest import FaultyService, Service
from tests.exactly_once.requests import counted
from tests.faults.proxy import Fault, Kind

PARALLEL = 8
PROCESSES = 4
WORDS = 10
COMPLETED = "a9f4b6e7-2d38-4c5a-b1e9-8c7d6f5e4a04"


def created(api: Api, company: str, **fields: Any) -> Answer:
    """A new task; its answer."""
    answer = api.create({"subject": "Printer"} | fields, company=company)
    assert answer.status == 201
    return answer


@contextmanager
def before_each(function: ModuleType, operation: str, do: Callable[[], object]) -> Iterator[None]:
    """Do something before each attempt of a function to send an operation."""
    events = function.client.meta.events

    def hook(**_: Any) -> None:
        do()

    events.register_first(f"before-send.dynamodb.{operation}", hook)
    try:
        yield
    finally:
        events.unregister(f"before-send.dynamodb.{operation}", hook)


def once(do: Callable[[], object], at: int = 1) -> Callable[[], None]:
    """Something that is done at the call with that number only."""
    calls = iter(range(1, 100))

    def doing() -> None:
        if next(calls) == at:
            do()

    return doing


def key(company: str, task_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": f"TASK#{task_id}"}}


# ---- Concurrent changes ---------------------------------------------------------------------------------------------


def at_once(api: Api, company: str, task_id: str, **more: Any) -> list[Answer]:
    """Changes to different subjects that have all read the task before the first of them writes."""
    everybody = Barrier(PARALLEL)
    reads = iter(range(PARALLEL))

    def wait() -> None:
        if next(reads, None) is not None:
            everybody.wait(30)

    def change(number: int) -> Answer:
        return api.change(task_id, {"subject": f"Printer {number}"}, company=company, **more)

    with before_each(api.api, "UpdateItem", wait), ThreadPoolExecutor(PARALLEL) as threads:
        return list(threads.map(change, range(PARALLEL)))


def test_10_7_of_changes_with_the_same_tag_exactly_one_wins(engine: Service, company: str) -> None:
    for _ in range(5):
        task = created(engine.api, company)
        task_id, tag = task.document()["id"], task.headers["ETag"]
        answers = at_once(engine.api, company, task_id, if_match=tag)
        [won] = [answer for answer in answers if answer.status == 200]
        for answer in answers:
            if answer is not won:
                assert_problem(answer, 412, "precondition-failed")
                assert answer.headers["ETag"] == won.headers["ETag"]
        assert engine.api.get(task_id, company=company).document() == won.document()
        [stored] = [item for item in engine.database.tasks(company) if item["id"] == task_id]
        assert stored["version"] == 2


def test_10_7_changes_whatever_the_task_is_come_one_after_another(engine: Service, company: str) -> None:
    task_id = created(engine.api, company).document()["id"]
    answers = at_once(engine.api, company, task_id, if_match="*")
    assert [answer.status for answer in answers] == [200] * PARALLEL
    moments = [answer.document()["modified_dateutc"] for answer in answers]
    assert len(set(moments)) == PARALLEL
    [stored] = engine.database.tasks(company)
    assert stored["version"] == 1 + PARALLEL
    last = max(answers, key=lambda answer: str(answer.document()["modified_dateutc"]))
    assert engine.api.get(task_id, company=company).document() == last.document()


def test_10_6_the_same_change_at_the_same_time_is_no_conflict(engine: Service, company: str) -> None:
    task = created(engine.api, company)
    everybody = Barrier(PARALLEL)
    with (
        before_each(engine.api.api, "UpdateItem", lambda: everybody.wait(30)),
        ThreadPoolExecutor(PARALLEL) as threads,
    ):
        answers = list(
            threads.map(
                lambda _: engine.api.change(
                    task.document()["id"], {"subject": "Other"}, company=company, if_match=task.headers["ETag"]
                ),
                range(PARALLEL),
            )
        )
    assert [answer.status for answer in answers] == [200] * PARALLEL
    assert len({answer.body for answer in answers}) == 1
    [stored] = engine.database.tasks(company)
    assert stored["version"] == 2


def test_10_7_no_change_is_lost_among_processes(engine: Service, company: str) -> None:
    """Each process adds words of its own to one remark, and begins again with each word that meets a 412."""
    task_id = created(engine.api, company, remark="Words:").document()["id"]
    words = [tuple(f"{process}-{number}" for number in range(WORDS)) for process in range(PROCESSES)]
    shares = [changes.Share(company, task_id, own) for own in words]
    environments = [engine.database.environment("api")] * PROCESSES
    with ProcessPoolExecutor(PROCESSES) as processes:
        met = list(processes.map(changes.add_words, environments, shares))
    [stored] = engine.database.tasks(company)
    kept = stored["remark"].split()[1:]
    assert sorted(kept) == sorted(word for own in words for word in own)
    assert [word for word in kept if word in words[0]] == list(words[0])
    assert stored["version"] == 1 + PROCESSES * WORDS
    assert sum(met) > 0, "no process met another one's change"


# ---- Retries of the SDK ---------------------------------------------------------------------------------------------


def test_10_6_a_retry_of_the_sdk_that_meets_its_own_write_is_no_conflict(faulty: FaultyService, company: str) -> None:
    task = created(faulty.api, company)
    faulty.proxy.plan([Fault(Kind.RESET_AFTER, "UpdateItem")])
    change = {"subject": "Other"}
    answer = faulty.api.change(task.document()["id"], change, company=company, if_match=task.headers["ETag"])
    assert answer.status == 200
    assert [request.operation for request in faulty.proxy.requests].count("UpdateItem") == 2
    [stored] = faulty.database.tasks(company)
    assert (stored["subject"], stored["version"]) == ("Other", 2)


@pytest.mark.parametrize("if_match", ["tag", "*"])
def test_10_7_a_retry_of_the_sdk_that_cannot_know_says_so(
    faulty: FaultyService, engine: Service, company: str, if_match: str
) -> None:
    """The first attempt has written, its answer is lost, and another client changes the task before the second."""
    faulty.proxy.plan([])
    task = created(faulty.api, company)
    task_id = task.document()["id"]
    tag = task.headers["ETag"] if if_match == "tag" else "*"

    def another_change() -> None:
        assert engine.api.change(task_id, {"subject": "Third"}, company=company).status == 200

    faulty.proxy.plan([Fault(Kind.RESET_AFTER, "UpdateItem")])
    with before_each(faulty.api.api, "UpdateItem", once(another_change, at=2)):
        answer = faulty.api.change(task_id, {"subject": "Other"}, company=company, if_match=tag)
    assert_problem(answer, 503, "unavailable")
    [stored] = faulty.database.tasks(company)
    assert (stored["subject"], stored["version"]) == ("Third", 3)


def test_10_7_a_retry_of_the_sdk_that_lost_the_race_is_a_conflict(
    faulty: FaultyService, engine: Service, company: str
) -> None:
    """The first attempt has not reached the database, and another client changes the task before the second."""
    faulty.proxy.plan([])
    task = created(faulty.api, company)
    task_id = task.document()["id"]

    def another_change() -> None:
        assert engine.api.change(task_id, {"subject": "Third"}, company=company).status == 200

    faulty.proxy.plan([Fault(Kind.RESET_BEFORE, "UpdateItem")])
    with before_each(faulty.api.api, "UpdateItem", once(another_change, at=2)):
        answer = faulty.api.change(task_id, {"subject": "Other"}, company=company, if_match=task.headers["ETag"])
    assert_problem(answer, 412, "precondition-failed")
    [stored] = faulty.database.tasks(company)
    assert (stored["subject"], stored["version"]) == ("Third", 2)


# ---- Beside other releases, and beside operators --------------------------------------------------------------------


def test_10_2_a_task_that_is_erased_meanwhile_does_not_come_back(service: Service, company: str) -> None:
    task_id = created(service.api, company).document()["id"]
    database = service.database

    def erase() -> None:
        database.client().delete_item(TableName=database.tasks_table, Key=key(company, task_id))

    with before_each(service.api.api, "UpdateItem", once(erase)):
        answer = service.api.change(task_id, {"subject": "Other"}, company=company)
    assert_problem(answer, 404, "no-such-task")
    assert database.tasks(company) == []


# ---- What is stored, and what it costs ------------------------------------------------------------------------------


def test_10_1_a_field_that_is_cleared_has_no_attribute(service: Service, company: str) -> None:
    task = created(service.api, company, remark="It burns.", due_date="2026-12-24")
    service.api.change(task.document()["id"], {"remark": None, "due_date": None}, company=company)
    [stored] = service.database.tasks(company)
    assert not {"remark", "due_date"} & set(stored)


def test_10_4_the_index_follows(service: Service, company: str) -> None:
    task_id = created(service.api, company).document()["id"]
    for status, kind in ((COMPLETED, "ARCHIVED"), (None, "OPEN")):
        service.api.change(task_id, {"task_status_id": status}, company=company)
        [stored] = service.database.tasks(company)
        assert stored["task_list"] == f"COMPANY#{company}#{kind}"


@pytest.mark.parametrize(
    ("by", "sent", "requests"),
    [
        ("id", {"subject": "Other"}, ["GetItem", "UpdateItem"]),
        ("id", {"task_status_id": COMPLETED}, ["GetItem", "UpdateItem"]),
        ("id", {"subject": "Printer"}, ["GetItem"]),
        ("id2", {"subject": "Other"}, ["Query", "GetItem", "UpdateItem"]),
    ],
)
def test_10_7_a_change_is_one_read_and_one_write(
    engine: Service, company: str, by: str, sent: dict[str, Any], requests: list[str]
) -> None:
    task = created(engine.api, company).document()
    engine.api.change(str(uuid4()), {}, company=company)  # reads the catalogue
    with counted(engine.api.api) as seen:
        assert engine.api.change(str(task[by]), sent, company=company).status == 200
    assert seen == requests
