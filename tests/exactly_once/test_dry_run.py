"""`validate_only=true` does everything but write (contract rule 1.3)."""

import json
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from servicedesk import telemetry

from tests.api import FIELDS, Answer, assert_problem, event, invoke
from tests.exactly_once.conftest import Service
from tests.exactly_once.requests import counted
from tools.template import ROOT

BODY = {"subject": "Printer", "due_date": "2026-12-24"}
SET_BY_THE_CLOCK = ("date_create", "modified_dateutc")


def dry_run(service: Service, body: Any, content_type: str | None = None, **more: Any) -> Answer:
    """Send a dry run of the create, and assert that it took and stored nothing, and only read."""
    company = more["company"]
    before = service.database.tasks(company), service.database.last_number(company)
    with counted(service.api.api) as sent:
        answer = service.api.create(body, content_type, query={"validate_only": "true"}, **more)
    assert set(sent) <= {"GetItem"}
    assert (service.database.tasks(company), service.database.last_number(company)) == before
    return answer


@pytest.mark.parametrize("identity", ["id", "key", "none"])
def test_1_3_the_task_as_it_would_have_been(service: Service, company: str, identity: str) -> None:
    task_id = str(uuid4()) if identity == "id" else str(uuid5(UUID(company), "a"))
    body = BODY | ({"id": task_id} if identity == "id" else {})
    headers = {"Idempotency-Key": "a"} if identity == "key" else {}
    dry = dry_run(service, body, company=company, headers=headers)
    assert dry.status == 200
    assert not {"Location", "ETag", "Idempotent-Replayed"} & set(dry.headers)
    document = dry.document()
    assert document["id2"] is None
    assert list(document) == list(FIELDS)
    if identity != "none":
        assert document["id"] == task_id

    created = service.api.create(body, company=company, headers=headers)
    assert created.status == 201
    assert "Idempotent-Replayed" not in created.headers
    varying = (*SET_BY_THE_CLOCK, "id2", *(["id"] if identity == "none" else []))
    for name, value in created.document().items():
        assert document[name] == value or name in varying
    assert created.document()["id2"] == 1


def test_1_3_in_xml_too(service: Service, company: str) -> None:
    dry = dry_run(service, "<task><subject>Printer</subject></task>", "application/xml", company=company)
    assert dry.status == 200
    assert dry.document()["id2"] is None
    assert dry.document()["subject"] == "Printer"


def test_1_3_says_what_is_ignored_and_what_is_preferred(service: Service, company: str) -> None:
    body = BODY | {"colour": "red", "archived": True}
    lenient = dry_run(service, body, company=company, headers={"Prefer": "handling=lenient"})
    assert lenient.status == 200
    assert lenient.headers["Ignored-Fields"] == "colour;reason=unknown, archived;reason=server-assigned"
    assert lenient.headers["Preference-Applied"] == "handling=lenient"
    strict = dry_run(service, body, company=company, headers={"Prefer": "handling=strict"})
    expected = [("colour", "unknown_field"), ("archived", "server_assigned")]
    assert_problem(strict, 422, "invalid-task", *expected)
    minimal = dry_run(service, BODY, company=company, headers={"Prefer": "return=minimal"})
    assert minimal.document() == {"id": minimal.document()["id"], "id2": None}
    assert minimal.headers["Preference-Applied"] == "return=minimal"


def test_1_3_faults_are_those_of_a_create(service: Service, company: str) -> None:
    body = {"due_date": "soon", "task_type_id": str(uuid4())}
    expected = [("subject", "required"), ("due_date", "invalid_date"), ("task_type_id", "unknown_reference")]
    assert_problem(dry_run(service, body, company=company), 422, "invalid-task", *expected)
    assert_problem(dry_run(service, "{", "application/json", company=company), 400, "malformed-body")


def test_1_3_a_replay_is_foretold(service: Service, company: str) -> None:
    body = BODY | {"id": str(uuid4())}
    created = service.api.create(body, company=company)
    dry = dry_run(service, body, company=company)
    assert dry.status == 200
    assert dry.headers["Idempotent-Replayed"] == "true"
    assert dry.document() == created.document() | {"id2": None}


def test_1_3_a_conflict_is_foretold(service: Service, company: str) -> None:
    by_id = service.api.create(BODY | {"id": str(uuid4())}, company=company)
    other = {"id": by_id.document()["id"], "subject": "Other"}
    conflict = dry_run(service, other, company=company)
    assert_problem(conflict, 409, "task-exists")
    assert conflict.headers["Location"] == by_id.headers["Location"]

    headers = {"Idempotency-Key": "a"}
    service.api.create(BODY, company=company, headers=headers)
    reused = dry_run(service, {"subject": "Other"}, company=company, headers=headers)
    assert_problem(reused, 422, "idempotency-key-reused")


def test_1_3_costs_one_read(service: Service, company: str) -> None:
    service.api.create(BODY, company=company)
    with counted(service.api.api) as sent:
        service.api.create(BODY, company=company, query={"validate_only": "true"})
    assert sent == ["GetItem"]


def test_1_3_it_is_logged_and_counted_as_validated(
    service: Service, company: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert service.api.create(BODY, company=company, query={"validate_only": "true"}).status == 200
    ours = [record for record in caplog.records if record.name == telemetry.logger.name]
    assert [record.getMessage() for record in ours] == ["Validated"]
    [metrics] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert metrics["Validated"] == [1.0]
    assert not {"Created", "Replayed"} & metrics.keys()


def test_1_3_it_is_dry_in_the_other_version_of_events_too(service: Service, company: str) -> None:
    sent = json.loads((ROOT / "events/create_task_payload_2.json").read_text())
    sent |= {"rawQueryString": "validate_only=true", "queryStringParameters": {"validate_only": "true"}}
    sent["requestContext"]["authorizer"]["lambda"]["company_id"] = company
    assert invoke(service.api.api.lambda_handler, sent).status == 200
    assert service.database.tasks(company) == []


@pytest.mark.parametrize("yes", ["True", "TRUE", "1"])
def test_1_3_yes_is_said_in_other_words(service: Service, company: str, yes: str) -> None:
    assert service.api.create(BODY, company=company, query={"validate_only": yes}).status == 200
    assert service.database.tasks(company) == []


@pytest.mark.parametrize("name", ["Validate_Only", "VALIDATE_ONLY"])
def test_1_3_its_name_matches_without_regard_to_case(service: Service, company: str, name: str) -> None:
    assert service.api.create(BODY, company=company, query={name: "true"}).status == 200
    assert_problem(service.api.create(BODY, company=company, query={name: "yes"}), 400, "invalid-parameter")
    assert service.database.tasks(company) == []


@pytest.mark.parametrize(
    "value", ["", "yes", "no", "2", "on", "truee", " true", "true,true", "null", "x" * 5000, "é\n"]
)
def test_1_3_any_other_value_is_refused_and_creates_nothing(service: Service, company: str, value: str) -> None:
    with counted(service.api.api) as sent:
        answer = service.api.create(BODY, company=company, query={"validate_only": value})
    detail = assert_problem(answer, 400, "invalid-parameter")["detail"]
    assert detail == "The query option validate_only must be true, 1, false or 0."
    assert sent == []


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"validate_only": ["true", "1"]}, 200),
        ({"validate_only": ["true"], "Validate_Only": ["true"]}, 200),
        ({"validate_only": ["false", "0"]}, 201),
        ({"validate_only": ["true", "false"]}, 400),
        ({"validate_only": ["false", "true"]}, 400),
        ({"validate_only": ["true", ""]}, 400),
        ({"validate_only": ["true"], "VALIDATE_ONLY": ["false"]}, 400),
    ],
)
def test_1_3_sent_twice_it_has_to_say_the_same(
    service: Service, company: str, values: dict[str, list[str]], status: int
) -> None:
    sent = event(body='{"subject": "Printer"}', company=company) | {
        "queryStringParameters": {name: said[-1] for name, said in values.items()},
        "multiValueQueryStringParameters": values,
    }
    assert invoke(service.api.api.lambda_handler, sent).status == status
    assert len(service.database.tasks(company)) == (1 if status == 201 else 0)


@pytest.mark.parametrize("no", ["false", "0", "False"])
def test_1_3_no_is_a_create(service: Service, company: str, no: str) -> None:
    assert service.api.create(BODY, company=company, query={"validate_only": no}).status == 201


@pytest.mark.parametrize("query", [None, {"validate_only": "false"}, {"_": "true"}])
def test_1_3_else_a_create_creates(service: Service, company: str, query: dict[str, str] | None) -> None:
    assert service.api.create(BODY, company=company, query=query).status == 201
    assert len(service.database.tasks(company)) == 1
