"""What a create is known by (contract rule 7.1)."""

from uuid import UUID, uuid4, uuid5

import pytest

from tests.api import assert_problem
from tests.exactly_once.conftest import Service

KEY = "order 4711/a"


def test_7_1_the_clients_id_is_the_tasks(service: Service, company: str) -> None:
    task_id = str(uuid4())
    created = service.api.create({"id": task_id.upper(), "subject": "Printer"}, company=company)
    assert created.status == 201
    assert created.document()["id"] == task_id
    assert created.headers["Location"].endswith(f"/tasks/{task_id}")


@pytest.mark.parametrize("sent", [KEY, f'"{KEY}"', f" {KEY} "])
def test_7_1_a_key_gives_the_id_quoted_or_bare(service: Service, company: str, sent: str) -> None:
    created = service.api.create({"subject": "Printer"}, company=company, headers={"Idempotency-Key": sent})
    assert created.status == 201
    assert created.document()["id"] == str(uuid5(UUID(company), KEY))


def test_7_1_a_quoted_key_can_hold_quotes(service: Service, company: str) -> None:
    quoted = service.api.create({"subject": "Printer"}, company=company, headers={"Idempotency-Key": r'"a\"b\\c"'})
    assert quoted.document()["id"] == str(uuid5(UUID(company), r"a\"b\c".replace(r"\"", '"')))


def test_7_1_the_same_key_in_two_companies_is_two_tasks(service: Service) -> None:
    answers = [
        service.api.create({"subject": "Printer"}, company=str(uuid4()), headers={"Idempotency-Key": KEY})
        for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [201, 201]
    assert ["Idempotent-Replayed" in answer.headers for answer in answers] == [False, False]
    assert answers[0].document()["id"] != answers[1].document()["id"]


def test_7_1_the_same_id_in_two_companies_is_two_tasks(service: Service) -> None:
    body = {"id": str(uuid4()), "subject": "Printer"}
    answers = [service.api.create(body, company=str(uuid4())) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert ["Idempotent-Replayed" in answer.headers for answer in answers] == [False, False]


def test_7_1_where_a_request_has_both_the_id_counts(service: Service, company: str) -> None:
    headers = {"Idempotency-Key": KEY}
    ids = [str(uuid4()) for _ in range(2)]
    for task_id in ids:
        created = service.api.create({"id": task_id, "subject": "Printer"}, company=company, headers=headers)
        assert created.status == 201
        assert created.document()["id"] == task_id
    assert len(service.database.tasks(company)) == 2


def test_7_1_without_either_every_request_is_a_task(service: Service, company: str) -> None:
    answers = [service.api.create({"subject": "Printer"}, company=company) for _ in range(2)]
    assert [answer.document()["id2"] for answer in answers] == [1, 2]
    assert len(service.database.tasks(company)) == 2


@pytest.mark.parametrize("key", ["x", "x" * 255, "!~ #"])
def test_7_1_usable_keys(service: Service, company: str, key: str) -> None:
    assert service.api.create({"subject": "x"}, company=company, headers={"Idempotency-Key": key}).status == 201


@pytest.mark.parametrize("key", ["", '""', " ", "x" * 256, f'"{"x" * 256}"', '"x', "naïve", "a\tb", r'"a\b"'])
def test_7_1_unusable_keys(service: Service, company: str, key: str) -> None:
    answer = service.api.create({"subject": "x"}, company=company, headers={"Idempotency-Key": key})
    assert_problem(answer, 400, "invalid-header")
    assert service.database.last_number(company) == 0
