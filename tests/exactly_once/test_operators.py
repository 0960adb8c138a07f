"""Operators' commands on the real engine, where moto is not enough."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from tests.exactly_once.conftest import Service
from tools import template

EARLIER = "2026-01-01T00:00:00.0000000"


def stored_keys(service: Service, company: str) -> list[dict[str, Any]]:
    """All items of the keys table that belong to the company."""
    pages = service.database.client().get_paginator("scan").paginate(TableName=f"{service.database.prefix}KeysTable")
    return [item for page in pages for item in page["Items"] if company in str(item)]


def test_an_erased_company_leaves_nothing(engine: Service, company: str, monkeypatch: pytest.MonkeyPatch) -> None:
    api = engine.api
    api.onboard(action="onboard", company_id=company)
    api.onboard(action="issue_key", company_id=company, label="erp")
    for number in range(60):
        api.create({"subject": f"Task {number}", "remark": "x" * 50_000}, company=company)
    other = str(uuid4())
    api.create({"subject": "theirs"}, company=other)
    monkeypatch.setattr(api.erase_company.values, "now", lambda: EARLIER)
    answer = api.erase(company)
    assert (answer["deleted"], answer["nothing_left"]) == (60 + 1 + 1, True)  # tasks, counter, key
    assert engine.database.tasks(company) == []
    assert engine.database.last_number(company) == 0
    assert stored_keys(engine, company) == []
    assert len(engine.database.tasks(other)) == 1


def test_closing_a_company_and_issuing_keys_at_once_leaves_no_live_key(engine: Service, company: str) -> None:
    """Whichever comes first: a key that was added before is found and revoked, one that comes after is refused."""
    api = engine.api
    for _ in range(10):
        company = str(uuid4())
        api.onboard(action="onboard", company_id=company)
        start = Barrier(3)

        def issue(label: str, company: str = company, start: Barrier = start) -> dict[str, Any]:
            start.wait()
            return api.onboard(action="issue_key", company_id=company, label=label)

        def erase(company: str = company, start: Barrier = start) -> dict[str, Any]:
            start.wait()
            return api.erase(company)

        with ThreadPoolExecutor(3) as pool:
            issuing = [pool.submit(issue, label) for label in ("one", "two")]
            erasing = pool.submit(erase)
        assert erasing.result()["not_before"] or erasing.result()["status"] == 503
        assert {answer.result().get("status") for answer in issuing} <= {None, 422, 503}
        while api.erase(company).get("status") == 503:
            pass
        assert not [key for key in stored_keys(engine, company) if "secret_digest" in key and "revoked" not in key]


def test_every_company_is_found_once_and_its_tasks_are_passed_over(
    alone: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = alone.api
    made = {str(uuid4()): count for count in (0, 1, 2, 3, 5, 8, 13)}
    built_in = api.onboard(action="onboard", company_id=str(uuid4()))["catalogue"]
    for company, count in made.items():
        api.onboard(action="onboard", company_id=company, catalogue=built_in)
        for number in range(count):
            api.create({"subject": f"Task {number}"}, company=company)
    for page in (1, 2, 3, 4):
        monkeypatch.setattr("servicedesk.store.companies.PAGE", page)
        companies = api.onboard_company.companies
        found = list(companies.counters())
        for index in (index for index, (company, _) in enumerate(found) if company in made):
            company = found[index][0]
            assert next(companies.counters(after=company), None) == next(iter(found[index + 1 :]), None)
        assert len(found) == len({company for company, _ in found})
        assert {company: last for company, last in found if company in made} == made


def test_numbers_go_on_in_the_restored_table(alone: Service) -> None:
    api, database = alone.api, alone.database
    [table] = [table for table in template.tables() if table["TableName"] == "TasksTable"]
    restored = f"{database.tasks_table}-restored"
    client = database.client()
    client.create_table(**table | {"TableName": restored})
    try:
        company = str(uuid4())
        last = [api.create({"subject": "x"}, company=company).document()["id2"] for _ in range(3)][-1]
        command: dict[str, Any] | None = {"action": "raise_numbers"}
        while command:
            command = api.onboard(**command)["next_command"]
        key = {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": "COUNTER"}}
        assert client.get_item(TableName=restored, Key=key)["Item"]["last_id2"] == {"N": str(last)}
    finally:
        client.delete_table(TableName=restored)
