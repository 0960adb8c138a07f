"""A create repeated in another release than the one that stored its task (contract rule 7.7)."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from servicedesk.domain import content_digest
from servicedesk.domain.content_digest import LATEST_RULE
from servicedesk.domain.task import CLIENT_FIELDS
from servicedesk.wire import json_format

from tests.api import Answer, assert_problem
from tests.exactly_once.conftest import Service
from tests.exactly_once.later_release import FIELD, LaterRelease

RULE_1 = json.loads((Path(__file__).parent / "stored" / "rule_1.json").read_text())
"""Bodies, and the digests that the first releases stored for them. They are data: nothing makes them anew."""


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> LaterRelease:
    return LaterRelease(tmp_path_factory.mktemp("later"))


def set_digest(service: Service, company: str, digest: str) -> None:
    """Let the company's one task have been stored with this digest."""
    [stored] = service.database.tasks(company)
    service.database.client().update_item(
        TableName=service.database.tasks_table,
        Key={name: {"S": stored[name]} for name in ("pk", "sk")},
        UpdateExpression="SET digest = :digest",
        ExpressionAttributeValues={":digest": {"S": digest}},
    )


def assert_replay(service: Service, company: str, answer: Answer) -> None:
    assert answer.status == 201, answer.body
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert len(service.database.tasks(company)) == 1


@pytest.mark.parametrize("case", RULE_1, ids=lambda case: case["what"])
def test_7_7_what_a_release_stored_is_replayed(
    service: Service, company: str, later: LaterRelease, case: dict[str, str]
) -> None:
    first = service.api.create(case["body"], case["content_type"], company=company)
    assert "Idempotent-Replayed" not in first.headers
    [stored] = service.database.tasks(company)
    assert case["digest"] in stored["digest"].split()

    set_digest(service, company, case["digest"])
    assert_replay(service, company, service.api.create(case["body"], case["content_type"], company=company))
    with later.functions(service.database) as later_api:
        assert_replay(service, company, later_api.create(case["body"], case["content_type"], company=company))
    other = service.api.create({"id": stored["id"], "subject": "Another"}, company=company)
    assert_problem(other, 409, "task-exists")


def test_7_7_the_data_has_every_field_of_the_rule_and_no_other() -> None:
    said: set[str] = set()
    for case in RULE_1:
        if case["content_type"] == "application/json":
            said |= {name.lower() for name, value in json_format.decode(case["body"]) if value}
    assert said & CLIENT_FIELDS.keys() == {name for name, field in CLIENT_FIELDS.items() if field.content_rule == 1}


def test_7_3_whatever_a_client_may_say_is_content() -> None:
    nothing = content_digest.of_content({})
    for name in CLIENT_FIELDS.keys() - {"id"}:
        assert not content_digest.has_same_content(nothing, {name: "x"}), name


@pytest.fixture(params=["id", "key"])
def request_(request: pytest.FixtureRequest, company: str) -> dict[str, Any]:
    """A create with a field that only the later release knows, by either identity."""
    body = {"subject": "Printer", FIELD: str(uuid4())}
    if request.param == "id":
        return {"body": body | {"id": str(uuid4())}, "company": company}
    return {"body": body, "company": company, "headers": {"Idempotency-Key": "order-7"}}


def test_7_7_a_field_that_was_unknown_then_is_no_other_content_now(
    service: Service, company: str, later: LaterRelease, request_: dict[str, Any]
) -> None:
    first = service.api.create(**request_)
    assert first.headers["Ignored-Fields"] == f"{FIELD};reason=unknown"
    with later.functions(service.database) as later_api:
        again = later_api.create(**request_)
        assert_replay(service, company, again)
        assert again.document() == first.document() | {FIELD: None}


def test_7_7_a_task_of_a_later_release_is_replayed_by_this_one(
    service: Service, company: str, later: LaterRelease, request_: dict[str, Any]
) -> None:
    with later.functions(service.database) as later_api:
        first = later_api.create(**request_)
    again = service.api.create(**request_)
    assert_replay(service, company, again)
    assert again.document() | {FIELD: request_["body"][FIELD]} == first.document()


def test_7_7_the_newest_rule_of_the_stored_task_that_is_known_decides(
    service: Service, company: str, later: LaterRelease, request_: dict[str, Any]
) -> None:
    other = request_ | {"body": request_["body"] | {FIELD: str(uuid4())}}
    with later.functions(service.database) as later_api:
        first = later_api.create(**request_)
        assert first.status == 201
        assert "Idempotent-Replayed" not in first.headers
        conflict = later_api.create(**other)
        assert conflict.status in (409, 422), conflict.body
        assert_replay(service, company, later_api.create(**request_))


def test_7_7_a_rule_that_this_release_does_not_know_is_for_the_one_that_does(
    service: Service, company: str, later: LaterRelease, request_: dict[str, Any]
) -> None:
    service.api.create(**request_)
    set_digest(service, company, f"{LATEST_RULE + 1}:0123 {LATEST_RULE + 2}:4567")
    answer = service.api.create(**request_)
    assert_problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    dry = service.api.create(**request_, query={"validate_only": "true"})
    assert_problem(dry, 503, "unavailable")
    assert len(service.database.tasks(company)) == 1
