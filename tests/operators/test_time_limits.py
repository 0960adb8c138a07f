"""However slow the database and API Gateway are, an operator's command ends with an answer, not a killed function."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
import pytest
from servicedesk.store import dynamodb, usage_plan
from servicedesk.store.usage_plan import UsagePlan

from tests.api import Api, Context
from tests.exactly_once.test_time_limits import OWN_SECONDS, timeout
from tests.operators.clients import Recorded, functions_over

FUNCTIONS = ("onboard_company", "erase_company")

CLI_SECONDS = 60
"""The AWS CLI's default timeout for an answer."""

EARLIER = "2026-01-01T00:00:00.0000000"


@dataclass
class Slow(Context):
    """The context of an invocation in which each request and each call of API Gateway takes its maximum time."""

    database: Recorded = field(default_factory=lambda: Recorded(dynamodb.client()))
    gateway: Recorded = field(default_factory=lambda: Recorded(usage_plan.client()))
    available: float = min(timeout(function) for function in FUNCTIONS) - OWN_SECONDS

    def left(self) -> float:
        """Return the seconds that are left when each request so far took as long as it may."""
        requests = len(self.database.calls) * dynamodb.REQUEST_SECONDS
        return self.available - requests - len(self.gateway.calls) * dynamodb.REQUEST_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        """Return what Lambda would say."""
        return int(self.left() * 1000)

    def functions(self) -> Api:
        """Return the functions over the slow database and the slow API Gateway."""
        return functions_over(self.database, self.gateway)


@dataclass
class TimeLeft(Context):
    """The context of an invocation that has this many milliseconds left."""

    milliseconds: int = 0

    def get_remaining_time_in_millis(self) -> int:
        """Return what Lambda would say."""
        return self.milliseconds


@pytest.mark.parametrize("requests", [1, 2, 5])
def test_a_request_begins_only_with_time_for_the_slowest_one(requests: int) -> None:
    slowest = int(requests * dynamodb.REQUEST_SECONDS * 1000)
    assert not dynamodb.has_time_for(requests, TimeLeft(milliseconds=slowest))
    assert dynamodb.has_time_for(requests, TimeLeft(milliseconds=slowest + 1))


def test_no_more_calls_are_made_than_are_counted_with(api: Api, company: str) -> None:
    client: Any = Recorded(usage_plan.client())
    plan = UsagePlan(client, "CompanyPlan")
    plan.include(company)
    assert [name for name, _ in client.calls] == ["get_api_keys", "create_api_key", "create_usage_plan_key"]
    assert len(client.calls) == usage_plan.CALLS
    client.calls.clear()
    plan.remove(company)
    assert [name for name, _ in client.calls] == ["get_api_keys", "delete_api_key"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_ends_before_the_cli_gives_up(function: str) -> None:
    assert timeout(function) < CLI_SECONDS


def test_onboarding_ends_in_time(api: Api, company: str) -> None:
    built_in = api.onboard(action="onboard", company_id=str(uuid4()))["catalogue"]
    slow = Slow()
    answer = slow.functions().onboard(action="onboard", company_id=company, catalogue=built_in, first_number=9)
    assert answer["next_number"] == 9
    assert slow.left() >= 0


def issue(api: Api, company: str, label: str) -> dict[str, Any]:
    return api.onboard(action="issue_key", company_id=company, label=label)


def revoke(api: Api, company: str, key: dict[str, Any]) -> dict[str, Any]:
    return api.onboard(action="revoke_key", company_id=company, key_id=key["key_id"])


def test_issuing_a_key_ends_in_time(api: Api, company: str) -> None:
    api.onboard(action="onboard", company_id=company)
    for label in ("one", "two"):
        revoke(api, company, issue(api, company, label))
    api.erase_company.plan.remove(company)
    slow = Slow()
    assert "key" in issue(slow.functions(), company, "three")
    assert slow.left() >= 0


def test_a_key_that_is_refused_late_is_refused_in_time(api: Api, company: str, monkeypatch: pytest.MonkeyPatch) -> None:
    api.onboard(action="onboard", company_id=company)
    issue(api, company, "one")
    api.erase_company.plan.remove(company)
    slow = Slow()
    functions = slow.functions()
    read = functions.onboard_company.keys.for_company
    monkeypatch.setattr(functions.onboard_company.keys, "for_company", lambda company: [*read(company)[:-1]])
    assert issue(functions, company, "two")["status"] == 422
    assert slow.left() >= 0


def test_closing_a_company_ends_in_time(api: Api, company: str) -> None:
    api.onboard(action="onboard", company_id=company)
    for label in ("one", "two"):
        issue(api, company, label)
    slow = Slow()
    assert slow.functions().erase(company)["not_before"]
    assert slow.left() >= 0


@pytest.mark.parametrize("keys", [0, 1, 3])
def test_each_call_of_an_erasure_ends_in_time(
    api: Api, company: str, keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicedesk.store.companies.BATCH", 2)
    api.onboard(action="onboard", company_id=company)
    for number in range(keys):
        revoke(api, company, issue(api, company, f"{number}"))
    for number in range(5):
        api.create({"subject": f"Task {number}"}, company=company)
    monkeypatch.setattr(api.erase_company.values, "now", lambda: EARLIER)
    for key in api.onboard(action="list_keys", company_id=company)["keys"]:
        boto3.client("dynamodb").update_item(
            TableName="KeysTable",
            Key={"key_id": {"S": key["key_id"]}},
            UpdateExpression="SET revoked = :earlier",
            ExpressionAttributeValues={":earlier": {"S": EARLIER}},
        )

    def call(slow: Slow) -> bool:
        return bool(slow.functions().erase(company, context=slow)["nothing_left"])

    assert until_done(call) > 1


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_each_call_that_raises_numbers_ends_in_time(api: Api, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicedesk.store.companies.PAGE", page)
    built_in = api.onboard(action="onboard", company_id=str(uuid4()))["catalogue"]
    for company in (str(uuid4()) for _ in range(5)):
        api.onboard(action="onboard", company_id=company, catalogue=built_in)
        api.create({"subject": "x"}, company=company)
    command: dict[str, Any] = {"action": "raise_numbers", "above": 50}

    def call(slow: Slow) -> bool:
        nonlocal command
        answer = slow.functions().onboard_company.lambda_handler(command, slow)
        command = answer["next_command"]
        return command is None

    assert until_done(call) > 1


def until_done(call: Callable[[Slow], bool]) -> int:
    """Repeat a command until it is done, each time with a full function's time; return how often it was sent."""
    for sent in range(1, 1000):
        slow = Slow()
        done = call(slow)
        assert slow.left() >= 0
        if done:
            return sent
    raise AssertionError("the command is never done")
