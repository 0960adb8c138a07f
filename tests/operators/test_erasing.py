"""A company is erased in steps, its keys first, until nothing is left."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from servicedesk.domain.company import IN_FLIGHT
from servicedesk.store import dynamodb
from servicedesk.store.companies import BATCH

from tests.api import Api, Context
from tests.events.stream import Stream
from tests.exactly_once.requests import counted
from tests.operators.clients import Altered, functions_over, raising
from tests.operators.test_keys import everything_stored, issue, opens
from tests.operators.test_onboarding import CATALOGUE, refused
from tools.template import environment, resources, template

EARLIER = "2026-01-01T00:00:00.0000000"


@dataclass
class Hurried(Context):
    """The context of an invocation with time for a few steps only. Each query of the remaining time uses up one."""

    steps: Iterator[int] = field(default_factory=lambda: iter((25_000,)))

    def get_remaining_time_in_millis(self) -> int:
        """Return nothing when the steps are used up."""
        return next(self.steps, 0)


def hurried(steps: int) -> Context:
    return Hurried(steps=iter([25_000] * steps))


@pytest.fixture
def company(api: Api, company: str) -> str:
    """Return a company with a catalogue and three tasks."""
    api.onboard(action="onboard", company_id=company, catalogue=CATALOGUE)
    for number in range(3):
        api.create({"subject": f"Task {number}"}, company=company)
    return company


@pytest.fixture
def earlier(api: Api, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Make the functions write an instant long ago, so that API Gateway's cache has expired."""
    monkeypatch.setattr(api.erase_company.values, "now", lambda: EARLIER)
    return monkeypatch


def of(company: str) -> list[dict[str, Any]]:
    """Return all items of either table that belong to the company."""
    client = boto3.client("dynamodb")
    items = [item for table in ("TasksTable", "KeysTable") for item in client.scan(TableName=table)["Items"]]
    return [item for item in items if company in json.dumps(item, default=str)]


def usage_keys() -> list[str]:
    return [key["name"] for key in boto3.client("apigateway").get_api_keys(limit=500)["items"]]


# ---- Keys first -----------------------------------------------------------------------------------------------------


def test_the_first_step_closes_the_keys_and_deletes_no_task(api: Api, company: str) -> None:
    keys = [issue(api, company, label)["key"] for label in ("one", "two")]
    answer = api.erase(company)
    assert (answer["nothing_left"], answer["company_id"]) == (False, company)
    assert not any(opens(api, key) for key in keys)
    assert f"CompanyPlan-{company}" not in usage_keys()
    assert [item["sk"]["S"] for item in of(company) if "sk" in item][:2] == ["CATALOGUE", "COUNTER"]
    assert api.create({"subject": "let in by a remembered verdict"}, company=company).document()["id2"] == 4


def test_the_rest_waits_until_no_verdict_is_remembered(api: Api, company: str) -> None:
    issue(api, company)
    before = datetime.now(UTC)
    first = api.erase(company)
    not_before = datetime.fromisoformat(first["not_before"])
    cached = timedelta(seconds=int(environment("EraseCompany")["AUTHORIZER_CACHE_SECONDS"]))
    assert not_before >= before + cached + IN_FLIGHT
    again = api.erase(company)
    assert again["not_before"] == first["not_before"]
    assert len([item for item in of(company) if "fields" in item]) == 3


def _is_called_over_http(function: dict[str, Any]) -> bool:
    return any(event["Type"] == "Api" for event in function.get("Events", {}).values())


def test_the_wait_is_longer_than_a_request_can_take(api: Api) -> None:
    shared = template()["Globals"]["Function"]["Timeout"]
    functions = resources("AWS::Serverless::Function")
    seconds = {name: function.get("Timeout", shared) for name, function in functions.items()}
    slowest = max(seconds[name] for name, function in functions.items() if _is_called_over_http(function))
    assert timedelta(seconds=seconds["Authorizer"] + slowest) < IN_FLIGHT
    assert timedelta(seconds=seconds["OnboardCompany"]) < IN_FLIGHT


def test_a_company_without_keys_waits_as_well(api: Api, company: str) -> None:
    assert api.erase(company)["not_before"]
    assert len([item for item in of(company) if "fields" in item]) == 3


def test_no_key_is_issued_while_a_company_is_being_erased(api: Api, company: str) -> None:
    issue(api, company)
    api.erase(company)
    assert refused(issue(api, company, "new")) == {("#/company_id", "being_erased")}
    assert refused(api.onboard(action="onboard", company_id=company)) == {("#/company_id", "being_erased")}


def test_a_key_issued_during_an_erasure_is_not_stored(api: Api, company: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another command closes the company after `issue_key` has read the keys and before it adds one."""
    keys = api.onboard_company.keys
    read = keys.for_company

    def read_then_close(company_id: str) -> Any:
        found = read(company_id)
        api.erase_company.keys.close(company_id, EARLIER)
        return found

    monkeypatch.setattr(keys, "for_company", read_then_close)
    assert refused(issue(api, company)) == {("#/company_id", "being_erased")}
    assert read(company) == []


# ---- Then the rest --------------------------------------------------------------------------------------------------


def test_it_ends_with_nothing_left(api: Api, company: str, earlier: pytest.MonkeyPatch) -> None:
    for label in ("one", "two"):
        issue(api, company, label)
    answer = api.erase(company)
    assert answer == {
        "company_id": company,
        "deleted": 8,  # the usage key, the catalogue, the counter, three tasks, two keys
        "nothing_left": True,
        "not_before": None,
        "detail": "Nothing of the company is left. If the alarm events-late or events-undelivered went off meanwhile, "
        "send this command again once it is quiet, and onboard the company again only after that: late records of the "
        "stream may have left entries of the history.",
    }
    assert company not in everything_stored()
    assert f"CompanyPlan-{company}" not in usage_keys()


def test_an_erased_company_can_be_onboarded_anew(api: Api, company: str, earlier: pytest.MonkeyPatch) -> None:
    issue(api, company)
    api.erase(company)
    again = api.erase(company)
    assert (again["deleted"], again["nothing_left"]) == (0, True)
    assert company not in everything_stored()
    assert refused(api.onboard(action="list_keys", company_id=company)) == {("#/company_id", "not_onboarded")}
    assert api.onboard(action="onboard", company_id=company)["next_number"] == 1
    assert opens(api, issue(api, company)["key"])


def test_other_companies_keep_everything(api: Api, company: str, stranger: str, earlier: pytest.MonkeyPatch) -> None:
    api.onboard(action="onboard", company_id=stranger)
    key = issue(api, stranger)["key"]
    task = api.create({"subject": "theirs"}, company=stranger).document()
    before = of(stranger)
    issue(api, company)
    assert api.erase(company)["nothing_left"] is True
    assert of(stranger) == before
    assert opens(api, key)
    assert api.get(task["id"], company=stranger).document() == task


def test_a_company_that_nobody_has_heard_of_leaves_nothing(api: Api) -> None:
    company = str(uuid4())
    assert api.erase(company)["nothing_left"] is True
    assert company not in everything_stored()


def test_a_key_without_a_company_is_erased(api: Api, company: str, earlier: pytest.MonkeyPatch) -> None:
    """Earlier releases issued keys for ids that nobody had onboarded."""
    issued = issue(api, company)
    counter = {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": "COUNTER"}}
    boto3.client("dynamodb").delete_item(TableName="TasksTable", Key=counter)
    assert api.erase(company)["nothing_left"] is True
    assert not opens(api, issued["key"])
    assert company not in everything_stored()


@pytest.mark.parametrize("changes", [0, 1, 60])
def test_the_history_goes_along_and_takes_no_longer_for_each_item(
    api: Api, company: str, changes: int, earlier: pytest.MonkeyPatch
) -> None:
    """Two requests for each batch, whatever is in it."""
    stream = Stream(api, company)
    task_id = api.create({"subject": "x"}, company=company).document()["id"]
    records = [stream.written(task_id)]
    for number in range(changes):
        api.change(task_id, {"subject": f"{number}"}, company=company)
        records.append(stream.written(task_id))
    stream.deliver(*records)
    assert len(stream.entries()) == changes
    with counted(api.erase_company) as sent:
        answer = api.erase(company)
    assert answer["nothing_left"] is True
    items = 6 + changes  # the catalogue, the counter, four tasks, and the entries
    assert sent.count("BatchWriteItem") == -(-items // BATCH)
    assert sent.count("Query") <= 2 + sent.count("BatchWriteItem")
    assert company not in everything_stored()


# ---- Step by step ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_a_call_ends_in_time_and_the_next_one_goes_on(
    api: Api, company: str, steps: int, earlier: pytest.MonkeyPatch
) -> None:
    issue(api, company)
    for number in range(2 * BATCH):
        api.create({"subject": f"Task {number}"}, company=company)
    first = api.erase(company, context=hurried(steps))
    assert first["nothing_left"] is False
    assert first["not_before"] is None
    assert first["deleted"] <= steps * BATCH + 1
    rest = api.erase(company)
    assert rest["nothing_left"] is True
    # Usage key, catalogue, counter, tasks, key.
    assert first["deleted"] + rest["deleted"] == 1 + 1 + 1 + 3 + 2 * BATCH + 1
    assert company not in everything_stored()


def test_what_a_batch_leaves_over_is_deleted_by_the_next(api: Api, company: str, earlier: pytest.MonkeyPatch) -> None:
    client = dynamodb.client()
    calls = []

    def half(RequestItems: Any) -> Any:  # noqa: N803 - as botocore calls it
        [(table, requests)] = RequestItems.items()
        calls.append(len(requests))
        client.batch_write_item(RequestItems={table: requests[:1]})
        return {"UnprocessedItems": {table: requests[1:]}} if requests[1:] else {"UnprocessedItems": {}}

    answer = functions_over(Altered(client, batch_write_item=half)).erase(company)
    assert (answer["deleted"], answer["nothing_left"], calls) == (6, True, [5, 4, 3, 2, 1])


def test_a_call_that_broke_off_is_repeated(api: Api, company: str, earlier: pytest.MonkeyPatch) -> None:
    """Wherever the database fails, the repeated command finishes."""
    for label in ("one", "two"):
        issue(api, company, label)
    timed_out = raising(ReadTimeoutError(endpoint_url="https://dynamodb.example"))
    for operation in ("update_item", "query", "batch_write_item", "delete_item"):
        broken = functions_over(Altered(dynamodb.client(), **{operation: timed_out}))
        assert broken.erase(company)["status"] == 503
    assert api.erase(company)["nothing_left"] is True
    assert company not in everything_stored()


# ---- Asked twice ----------------------------------------------------------------------------------------------------


def test_the_company_is_asked_for_twice(api: Api, company: str, stranger: str) -> None:
    before = everything_stored()
    assert refused(api.erase(company, stranger)) == {("#/company_id_again", "conflict")}
    command = {"action": "erase_company", "company_id": company}
    assert refused(api.erase_company.lambda_handler(command, Context())) == {("#/company_id_again", "required")}
    assert everything_stored() == before


def test_two_spellings_of_one_id_are_the_same_company(api: Api, company: str, earlier: pytest.MonkeyPatch) -> None:
    assert api.erase(company.upper(), "{" + company + "}")["nothing_left"] is True


def test_each_function_takes_its_own_commands(api: Api, company: str) -> None:
    before = everything_stored()
    erase = {"action": "erase_company", "company_id": company, "company_id_again": company}
    answer = api.onboard(**erase)
    assert refused(answer) == {("#/action", "unknown_action")}
    assert "EraseCompany" in answer["errors"][0]["detail"]
    answer = api.erase_company.lambda_handler({"action": "onboard", "company_id": company}, Context())
    assert refused(answer) == {("#/action", "unknown_action")}
    assert everything_stored() == before
