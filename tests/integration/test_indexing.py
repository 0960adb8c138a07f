"""Tasks that a release before the indexes stored are brought into them by an operator's command."""

from typing import Any
from uuid import uuid4

import boto3
import pytest

from tests.api import Api
from tests.operators.test_erasing import hurried
from tests.operators.test_onboarding import refused


def stored_before_the_indexes(api: Api, count: int) -> str:
    """A company whose tasks are not in the indexes."""
    company, client = str(uuid4()), boto3.client("dynamodb")
    for _ in range(count):
        task = api.create({"subject": "x"}, company=company).document()
        key = {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": f"TASK#{task['id']}"}}
        client.update_item(TableName="TasksTable", Key=key, UpdateExpression="REMOVE task_list, version")
    return company


def numbers(api: Api, company: str) -> list[int]:
    return [task["id2"] for task in api.list(company=company).document()["value"]]


@pytest.mark.parametrize(("steps", "calls"), [(0, 8), (1, 5), (100, 2)])
def test_8_7_next_commands_lead_to_a_pass_that_finds_none(api: Api, steps: int, calls: int) -> None:
    companies = [stored_before_the_indexes(api, count) for count in (3, 4)]
    assert [numbers(api, company) for company in companies] == [[], []]
    command: dict[str, Any] | None = {"action": "index_tasks"}
    passes, made = [0], 0
    while command:
        answer = api.onboard_company.lambda_handler(command, hurried(steps))
        made += 1
        command = answer["next_command"]
        passes[-1] = answer["tasks"]
        if command == {"action": "index_tasks"}:
            passes.append(0)
    assert passes == [7, 0]
    assert made == calls
    assert [numbers(api, company) for company in companies] == [[3, 2, 1], [4, 3, 2, 1]]


def test_8_7_a_table_with_nothing_to_do_is_done_at_once(api: Api) -> None:
    api.create({"subject": "x"})
    assert api.onboard(action="index_tasks") == {"tasks": 0, "next_command": None}


@pytest.mark.parametrize(
    ("member", "value", "place"),
    [("after", {"pk": "x"}, "#/after/sk"), ("after", "x", "#/after"), ("found", -1, "#/found"), ("all", True, "#/all")],
)
def test_8_7_a_place_that_is_none_is_refused(api: Api, member: str, value: Any, place: str) -> None:
    answer = api.onboard(**{"action": "index_tasks", member: value})
    assert {found for found, _ in refused(answer)} == {place}
