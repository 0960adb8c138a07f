"""After a restore: no number that was ever given is given again."""

import copy
from dataclasses import replace
from typing import Any
from uuid import uuid4

import boto3
import pytest

from tests.api import Api, load
from tests.operators.test_erasing import hurried
from tests.operators.test_onboarding import refused
from tools.template import tables

RESTORED = "TasksTable-restored"


def onboarded(api: Api, *last_numbers: int) -> dict[str, int]:
    """New companies, each with the last number that it gave."""
    companies = {str(uuid4()): last for last in last_numbers}
    for company, last in companies.items():
        api.onboard(action="onboard", company_id=company, first_number=last + 1)
    return companies


def restore() -> None:
    """Copy the tasks table as restoring a backup does: the items and the indexes, and no stream."""
    client = boto3.client("dynamodb")
    [table] = [table for table in tables() if table["TableName"] == "TasksTable"]
    del table["StreamSpecification"]
    client.create_table(**table | {"TableName": RESTORED})
    description = client.describe_table(TableName=RESTORED)["Table"]
    assert "LatestStreamArn" not in description
    for item in client.scan(TableName="TasksTable")["Items"]:
        client.put_item(TableName=RESTORED, Item=item)


def next_number(api: Api, company: str) -> int:
    """The number of the company's next task, by making it."""
    number: int = api.create({"subject": "x"}, company=company).document()["id2"]
    return number


def test_no_company_gives_a_number_twice_after_a_restore(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    companies = onboarded(api, 0, 5, 700)
    restore()
    given = {company: next_number(api, company) for company in companies}  # after the backup
    later = onboarded(api, 41)  # not in the backup at all
    answer = api.onboard(action="raise_numbers")
    assert answer == {"companies": 4, "next_command": None}
    monkeypatch.setenv("TASKS_TABLE", RESTORED)
    api = replace(api, api=load("api"))
    assert {company: next_number(api, company) for company in companies} == {
        company: number + 1 for company, number in given.items()
    }
    assert [next_number(api, company) for company in later] == [42]


def test_the_same_command_again_changes_nothing_more(api: Api) -> None:
    onboarded(api, 5, 700)
    restore()
    api.onboard(action="raise_numbers")
    client = boto3.client("dynamodb")
    before = copy.deepcopy(client.scan(TableName=RESTORED)["Items"])
    api.onboard(action="raise_numbers")
    assert client.scan(TableName=RESTORED)["Items"] == before


def test_the_tasks_table_is_not_changed_when_the_restored_one_is(api: Api) -> None:
    onboarded(api, 5)
    restore()
    client = boto3.client("dynamodb")
    before = client.scan(TableName="TasksTable")["Items"]
    api.onboard(action="raise_numbers")
    assert client.scan(TableName="TasksTable")["Items"] == before


def test_where_the_old_table_is_lost_the_operator_says_the_number(api: Api) -> None:
    companies = list(onboarded(api, 0, 5, 9_000))
    answer = api.onboard(action="raise_numbers", above=8_000)
    assert answer == {"companies": 3, "next_command": None}
    assert [next_number(api, company) for company in companies] == [8_001, 8_001, 9_001]


def test_without_a_restored_table_and_without_a_number_nothing_is_done(api: Api) -> None:
    onboarded(api, 5)
    answer = api.onboard(action="raise_numbers")
    assert refused(answer) == {("#/above", "required")}
    assert RESTORED in answer["errors"][0]["detail"]


@pytest.mark.parametrize(("steps", "calls"), [(0, 7), (1, 4), (2, 3), (100, 1)])
def test_it_goes_in_bounded_steps(api: Api, steps: int, calls: int) -> None:
    """Each call ends in time, and the command that it answers with goes on where it stopped."""
    companies = onboarded(api, *range(7))
    command: dict[str, Any] | None = {"action": "raise_numbers", "above": 50}
    done, made = 0, 0
    while command:
        answer = api.onboard_company.lambda_handler(command, hurried(steps))
        done, made, command = done + answer["companies"], made + 1, answer["next_command"]
    assert made == calls
    assert done == len(companies)
    assert {next_number(api, company) for company in companies} == {51}


@pytest.mark.parametrize("above", [0, -1, 2**53, 1.5, "5000", True])
def test_a_number_that_is_none_is_refused(api: Api, above: Any) -> None:
    answer = api.onboard(action="raise_numbers", above=above)
    assert {place for place, _ in refused(answer)} == {"#/above"}
