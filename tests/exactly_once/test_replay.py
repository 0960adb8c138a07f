"""The same identity with the same content again (contract rule 7.2)."""

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from servicedesk.domain import content_digest
from servicedesk.domain.catalogue import BUILT_IN
from servicedesk.domain.task import read_fields

from tests.api import Answer, Api, assert_problem
from tests.exactly_once.conftest import Service
from tests.exactly_once.requests import counted

PARALLEL = 8
OTHER_TYPE = {"id": str(uuid4()), "name": "Inspection"}
OTHER_PRIORITY = {"id": str(uuid4()), "name": "Whenever"}
OTHER_TABLE = {"id": str(uuid4()), "name": "Boilers"}


def identified(identity: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return an identity of a kind, as additions to the body and to the headers."""
    return ({"id": str(uuid4())}, {}) if identity == "id" else ({}, {"Idempotency-Key": str(uuid4())})


def assert_replay(again: Answer, first: Answer) -> None:
    """The stored task, 201, `Idempotent-Replayed: true`; for the rest as the first answer."""
    assert (first.status, again.status) == (201, 201), again.body
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.document() == first.document()
    for name in ("Location", "ETag"):
        assert again.headers[name] == first.headers[name]


def onboard(api: Api, company: str, **changes: list[dict[str, Any]]) -> None:
    """Give the company the built-in catalogue with these changes, and empty the functions' cache."""
    catalogue = api.onboard(action="onboard", company_id=str(uuid4()))["catalogue"]
    api.onboard(action="onboard", company_id=company, catalogue=catalogue | changes)
    api.forget_catalogues()


@pytest.mark.parametrize("identity", ["id", "key"])
def test_7_2_a_replay_is_answered_with_the_stored_task(service: Service, company: str, identity: str) -> None:
    more, headers = identified(identity)
    body = {"subject": "Printer", "remark": "Ünïcödé 🖨", "due_date": "2026-12-24"} | more
    first = service.api.create(body, company=company, headers=headers)
    for _ in range(2):
        assert_replay(service.api.create(body, company=company, headers=headers), first)
    assert len(service.database.tasks(company)) == 1


@pytest.mark.parametrize("identity", ["id", "key"])
def test_7_2_a_replay_costs_no_third_request(service: Service, company: str, identity: str) -> None:
    more, headers = identified(identity)
    with counted(service.api.api) as sent:
        for _ in range(2):
            service.api.create({"subject": "Printer"} | more, company=company, headers=headers)
    assert sent == ["GetItem", "UpdateItem", "PutItem", "UpdateItem", "PutItem"]


def test_7_2_what_counts_is_what_the_client_sent_after_3_5_to_3_9(service: Service, company: str) -> None:
    task_id = str(uuid4())
    kind = BUILT_IN.types[1].id
    first = service.api.create(
        {"id": task_id, "subject": "42", "task_type_id": kind, "due_date": "2026-06-24T03:56:41.50Z", "remark": ""},
        company=company,
    )
    spelled_otherwise = (
        f'{{"ID": "{{{task_id.upper()}}}", "Subject": 42, "task_type_id": "{kind.replace("-", "")}",'
        '"DUE_DATE": "2026-06-24 05:56:41.5+02:00", "customer_reference": null, "date_start": "1980-01-01T00:00:00"}'
    )
    assert_replay(service.api.create(spelled_otherwise, "application/json", company=company), first)


def test_7_2_server_and_unknown_fields_are_no_content(service: Service, company: str) -> None:
    body = {"id": str(uuid4()), "subject": "Printer"}
    first = service.api.create(body, company=company)
    again = service.api.create(body | {"id2": 77, "colour": "red"}, company=company)
    assert_replay(again, first)
    assert again.headers["Ignored-Fields"] == "colour;reason=unknown, id2;reason=server-assigned"
    # Filled where it was not, even with the stored value, is another content.
    filled = body | {"date_create": first.document()["date_create"]}
    assert_problem(service.api.create(filled, company=company), 409, "task-exists")


def test_7_2_json_and_xml_of_the_same_content_are_the_same(service: Service, company: str) -> None:
    body = {"id": str(uuid4()), "subject": " Tom & Jerry ", "due_date": "2026-06-24T03:56:41.4578039+00:00"}
    first = service.api.create(body, company=company)
    xml = (
        f"<task><due_date>2026-06-24T03:56:41.4578039Z</due_date><id>{body['id']}</id>"
        "<subject> Tom &amp; Jerry </subject></task>"
    )
    again = service.api.create(xml, "text/xml", company=company)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.document()["id2"] == "1"


def test_7_2_a_date_time_offset_of_net_is_the_same_as_its_date(service: Service, company: str) -> None:
    body = {"id": str(uuid4()), "subject": "Printer", "due_date": "2026-06-24T05:56:41.4578039+02:00"}
    service.api.create(body, company=company)
    date = "<DateTime>2026-06-24T03:56:41.4578039Z</DateTime><OffsetMinutes>120</OffsetMinutes>"
    xml = f"<task><due_date>{date}</due_date><id>{body['id']}</id><subject>Printer</subject></task>"
    again = service.api.create(xml, "text/xml", company=company)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_7_2_at_once_in_parallel(engine: Service, company: str) -> None:
    body = {"id": str(uuid4()), "subject": "Printer"}
    start = Barrier(PARALLEL)

    def create(_: int) -> Answer:
        start.wait()
        return engine.api.create(body, company=company)

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(create, range(PARALLEL)))
    assert {answer.status for answer in answers} == {201}
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert len({answer.body for answer in answers}) == 1
    assert len(engine.database.tasks(company)) == 1


@pytest.mark.parametrize("identity", ["id", "key"])
@pytest.mark.parametrize(
    "body",
    [
        {"task_type_id": OTHER_TYPE["id"]},
        {"task_priority_id": OTHER_PRIORITY["id"]},
        {"to_db_table_name": "BOILERS", "to_id_in_table": str(uuid4())},
        {"to_db_table_id": OTHER_TABLE["id"]},
    ],
    ids=lambda body: next(iter(body)),
)
def test_7_2_at_any_time_also_when_the_catalogue_has_lost_what_it_names(
    service: Service, company: str, identity: str, body: dict[str, str]
) -> None:
    more, headers = identified(identity)
    body = body | more | {"subject": "Boiler"}
    normal = service.api.onboard(action="onboard", company_id=company)["catalogue"]
    onboard(
        service.api,
        company,
        types=[*normal["types"], OTHER_TYPE],
        priorities=[*normal["priorities"], OTHER_PRIORITY],
        tables=[*normal["tables"], OTHER_TABLE],
    )
    first = service.api.create(body, company=company, headers=headers)
    onboard(service.api, company)
    with counted(service.api.api) as sent:
        assert_replay(service.api.create(body, company=company, headers=headers), first)
    assert sent == ["GetItem", "GetItem"]
    assert service.database.last_number(company) == 1

    # A task that was never stored is refused, with all its faults.
    never = service.api.create(body | identified("id")[0], company=company)
    [field] = [error["pointer"][2:] for error in never.document()["errors"]]
    assert_problem(never, 422, "invalid-task", (field, "unknown_reference"))
    other = service.api.create(body | {"remark": "other"}, company=company, headers=headers)
    assert_problem(other, 422, "invalid-task", (field, "unknown_reference"))
    worse = service.api.create(body | {"due_date": "soon"}, company=company, headers=headers)
    assert_problem(worse, 422, "invalid-task", (field, "unknown_reference"), ("due_date", "invalid_date"))


def test_7_2_without_an_identity_nothing_is_looked_up(service: Service, company: str) -> None:
    with counted(service.api.api) as sent:
        answer = service.api.create({"subject": "x", "task_type_id": OTHER_TYPE["id"]}, company=company)
    assert_problem(answer, 422, "invalid-task", ("task_type_id", "unknown_reference"))
    assert sent == ["GetItem"]


def test_7_2_at_any_time_also_when_the_defaults_have_changed(service: Service, company: str) -> None:
    body = {"id": str(uuid4()), "subject": "Printer"}
    first = service.api.create(body, company=company)
    normal = service.api.onboard(action="onboard", company_id=company)["catalogue"]
    onboard(
        service.api,
        company,
        types=[OTHER_TYPE | {"default": True}],
        statuses=[*(status | {"default": False} for status in normal["statuses"]), moved_on()],
        priorities=[OTHER_PRIORITY | {"default": True}],
    )
    fresh = service.api.create({"subject": "Printer"}, company=company).document()
    assert fresh["task_type_id"] == OTHER_TYPE["id"]
    assert_replay(service.api.create(body, company=company), first)


def test_7_2_at_any_time_also_strict_when_the_defaults_have_changed(service: Service, company: str) -> None:
    status = next(status.id for status in BUILT_IN.statuses if status.default)
    body = {"id": str(uuid4()), "subject": "Printer", "task_status_id": status}
    strict = {"Prefer": "handling=strict"}
    first = service.api.create(body, company=company, headers=strict)
    onboard(service.api, company, statuses=[moved_on()])
    assert_replay(service.api.create(body, company=company, headers=strict), first)
    stricter = service.api.create(body | {"colour": "red"}, company=company, headers=strict)
    assert_problem(stricter, 422, "invalid-task", ("colour", "unknown_field"), ("task_status_id", "server_assigned"))


def moved_on() -> dict[str, Any]:
    """A status that is the default now, and a completed one at that."""
    return {"id": str(uuid4()), "name": "Moved on", "default": True, "completed": True}


def test_7_2_a_digest_holds_for_ever() -> None:
    sent = {"id": uuid4().hex, "subject": "Prïnter", "remark": "a\r\nb", "due_date": "2026-06-24"}
    fields, _ = read_fields(sent | {"to_db_table_name": "project"})
    # Stored beside every task since the first release: made otherwise, it would turn replays into conflicts.
    content = (
        r'{"due_date":"2026-06-24T00:00:00.0000000","remark":"a\r\nb","subject":"Prïnter","to_db_table_name":"project"}'
    )
    half = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()[:16]).decode().rstrip("=")
    assert f"1:{half}" in content_digest.of_content(fields).split()
