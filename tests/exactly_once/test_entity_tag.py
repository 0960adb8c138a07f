"""`Location` resolves at once (contract rule 1.2); `ETag` and `If-None-Match` on the way."""

from uuid import uuid4

import pytest
from servicedesk.wire import entity_tag

from tests.api import assert_problem
from tests.exactly_once.conftest import Service

BODY = {"subject": "Printer", "due_date": "2026-06-24T03:56:41.4578039Z", "remark": "Ünïcödé 🖨"}


def test_1_2_a_task_is_found_with_the_tag_of_its_creation(service: Service, company: str) -> None:
    for number in range(1, 21):
        created = service.api.create(BODY, company=company)
        found = service.api.get(created.document()["id"], company=company)
        assert found.status == 200
        assert found.body == created.body
        assert found.document()["id2"] == number
        assert found.headers["ETag"] == created.headers["ETag"]


def test_1_2_the_tag_is_the_same_in_json_and_xml_and_minimal(service: Service, company: str) -> None:
    body = BODY | {"id": str(uuid4())}
    tags = {
        service.api.create(body, company=company).headers["ETag"],
        service.api.create(body, company=company, headers={"Accept": "text/xml"}).headers["ETag"],
        service.api.create(body, company=company, headers={"Prefer": "return=minimal"}).headers["ETag"],
        service.api.get(body["id"], company=company).headers["ETag"],
        service.api.get(body["id"], "application/xml", company=company).headers["ETag"],
    }
    [tag] = tags
    assert tag.startswith('W/"')
    assert tag.endswith('"')


def test_1_2_another_task_has_another_tag(service: Service, company: str) -> None:
    tags = {service.api.create(BODY, company=company).headers["ETag"] for _ in range(5)}
    assert len(tags) == 5


@pytest.mark.parametrize("accept", ["application/json", "text/xml"])
@pytest.mark.parametrize("form", ["{tag}", "{strong}", '"a", {tag}', 'W/"a",{tag} , "b,c"', "*", " * "])
def test_1_2_who_has_it_need_not_fetch_it(service: Service, company: str, accept: str, form: str) -> None:
    created = service.api.create(BODY, company=company)
    tag = created.headers["ETag"]
    known = form.format(tag=tag, strong=tag.removeprefix("W/"))
    answer = service.api.get(created.document()["id"], accept, company=company, headers={"If-None-Match": known})
    assert answer.status == 304
    assert answer.body == ""
    assert answer.headers["ETag"] == tag
    found = service.api.get(created.document()["id"], accept, company=company)
    kept = ("Cache-Control", "Vary", "X-Request-Id", "Access-Control-Allow-Origin")
    assert {name: answer.headers[name] for name in kept if name != "X-Request-Id"} == {
        name: found.headers[name] for name in kept if name != "X-Request-Id"
    }
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("form", ["{tag} {tag}", "x, {tag}", '"open, {tag}', "{tag};q=1", "*, {tag}", "w/{tag}"])
def test_1_2_an_if_none_match_that_cannot_be_read_is_ignored(service: Service, company: str, form: str) -> None:
    created = service.api.create(BODY, company=company)
    known = form.format(tag=created.headers["ETag"])
    answer = service.api.get(created.document()["id"], company=company, headers={"If-None-Match": known})
    assert answer.status == 200
    assert answer.body == created.body


@pytest.mark.parametrize("form", ['"a"', 'W/"a", "b"', "{bare}", "", "**", '"*"', 'W/"{bare}x"'])
def test_1_2_who_has_another_one_gets_it(service: Service, company: str, form: str) -> None:
    created = service.api.create(BODY, company=company)
    known = form.format(bare=created.headers["ETag"][3:-1])
    answer = service.api.get(created.document()["id"], company=company, headers={"If-None-Match": known})
    assert answer.status == 200
    assert answer.body == created.body


def test_1_2_a_task_that_is_not_there_is_not_unchanged(service: Service, company: str) -> None:
    answer = service.api.get(str(uuid4()), company=company, headers={"If-None-Match": "*"})
    assert_problem(answer, 404, "no-such-task")
    assert "ETag" not in answer.headers


def test_1_2_a_tag_within_a_tag_is_none() -> None:
    assert entity_tag.matches('"x", W/"y"', 'W/"x"')
    assert not entity_tag.matches('"x\\", W/"y"', 'W/"x"')
    assert not entity_tag.matches('"x, "y"', 'W/"x"')
