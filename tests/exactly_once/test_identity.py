"""The identity of a create (contract rule 7.1)."""

from uuid import UUID, uuid4, uuid5

import pytest

from tests.api import Answer, assert_problem, event, invoke
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


def create_with_lines(service: Service, company: str, lines: list[str], name: str = "Idempotency-Key") -> Answer:
    """A create with a header of that name in each of these lines, as a REST API tells them (payload 1.0)."""
    sent = event(body='{"subject": "Printer"}', company=company, headers={name: lines[-1]})
    sent["multiValueHeaders"][name] = lines
    return invoke(service.api.api.lambda_handler, sent)


def create_over_an_http_api(service: Service, company: str, key: str) -> Answer:
    """A create with this header as an HTTP API tells it, which joins lines with commas (payload 2.0)."""
    sent = event(body='{"subject": "Printer"}', company=company)
    sent |= {"version": "2.0", "routeKey": "POST /tasks", "rawPath": "/v1/tasks"}
    del sent["multiValueHeaders"]
    return invoke(service.api.api.lambda_handler, sent | {"headers": {"idempotency-key": key}})


@pytest.mark.parametrize("lines", [[KEY, KEY], [KEY, f'"{KEY}"'], [f" {KEY}", KEY, f"{KEY} "]])
@pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key"])
def test_7_1_a_key_sent_twice_counts_once(service: Service, company: str, lines: list[str], name: str) -> None:
    once = service.api.create({"subject": "Printer"}, company=company, headers={"Idempotency-Key": KEY})
    twice = create_with_lines(service, company, lines, name)
    assert twice.headers["Idempotent-Replayed"] == "true"
    assert twice.document() == once.document()


def test_7_1_a_key_sent_twice_counts_once_in_whatever_case_its_name_is(service: Service, company: str) -> None:
    sent = event(body='{"subject": "Printer"}', company=company)
    sent["multiValueHeaders"] |= {"Idempotency-Key": [KEY], "idempotency-key": [KEY]}
    created = invoke(service.api.api.lambda_handler, sent)
    assert created.document()["id"] == str(uuid5(UUID(company), KEY))
    sent["multiValueHeaders"] |= {"idempotency-key": ["another"]}
    assert_problem(invoke(service.api.api.lambda_handler, sent), 400, "invalid-header")


@pytest.mark.parametrize("lines", [["a", "b"], ["a", "a", "b"], ["a", "A"], ["a", ""], ['"a"', "'a'"]])
def test_7_1_two_values_are_refused(service: Service, company: str, lines: list[str]) -> None:
    assert_problem(create_with_lines(service, company, lines), 400, "invalid-header")
    assert service.database.last_number(company) == 0


def test_7_1_a_comma_in_a_line_is_the_keys_own(service: Service, company: str) -> None:
    created = create_with_lines(service, company, ["a, a"])
    assert created.document()["id"] == str(uuid5(UUID(company), "a, a"))


@pytest.mark.parametrize(
    ("joined", "key"),
    [("a", "a"), ("a,a", "a"), ("a, a,a", "a"), ('"a","a"', "a"), ('"a,a"', "a,a"), ("a,b", "a,b"), ('"a,b"', "a,b")],
)
def test_7_1_an_http_api_joins_lines_and_equal_ones_count_once(
    service: Service, company: str, joined: str, key: str
) -> None:
    created = create_over_an_http_api(service, company, joined)
    assert created.status == 201
    assert created.document()["id"] == str(uuid5(UUID(company), key))


def test_7_1_two_quoted_values_are_refused_over_an_http_api_too(service: Service, company: str) -> None:
    assert_problem(create_over_an_http_api(service, company, '"a","b"'), 400, "invalid-header")


@pytest.mark.parametrize("key", ["x", "x" * 255, "!~ #"])
def test_7_1_usable_keys(service: Service, company: str, key: str) -> None:
    assert service.api.create({"subject": "x"}, company=company, headers={"Idempotency-Key": key}).status == 201


@pytest.mark.parametrize("key", ["", '""', " ", "x" * 256, f'"{"x" * 256}"', '"x', "naïve", "a\tb", r'"a\b"'])
def test_7_1_unusable_keys(service: Service, company: str, key: str) -> None:
    answer = service.api.create({"subject": "x"}, company=company, headers={"Idempotency-Key": key})
    assert_problem(answer, 400, "invalid-header")
    assert service.database.last_number(company) == 0
