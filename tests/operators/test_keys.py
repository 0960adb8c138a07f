"""API keys are issued, listed, rotated and revoked."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import boto3
import pytest
from servicedesk.domain import api_key
from servicedesk.store import dynamodb, usage_plan
from servicedesk.store.usage_plan import UsagePlan
from servicedesk.telemetry import InvocationFailedError

from tests.api import Api
from tests.operators.clients import Altered, functions_over, raising
from tests.operators.test_onboarding import refused


@pytest.fixture
def company(api: Api, company: str) -> str:
    """Return an onboarded company without keys."""
    api.onboard(action="onboard", company_id=company)
    return company


@pytest.fixture
def stranger(api: Api, stranger: str) -> str:
    """Return another one."""
    api.onboard(action="onboard", company_id=stranger)
    return stranger


def usage_key_of(company: str) -> str:
    """Return the usage key of a company: letters and digits only, as AWS requires."""
    return f"CompanyPlan{company.replace('-', '')}"


def opens(api: Api, key: str) -> bool:
    """Return whether the authorizer accepts this key."""
    effect: str = api.authorize(f"Bearer {key}")["policyDocument"]["Statement"][0]["Effect"]
    return effect == "Allow"


def issue(api: Api, company: str, label: str = "erp", **more: Any) -> dict[str, Any]:
    return api.onboard(action="issue_key", company_id=company, label=label, **more)


def everything_stored() -> str:
    """Return all items of both tables as text."""
    client = boto3.client("dynamodb")
    pages = [client.scan(TableName=table)["Items"] for table in ("TasksTable", "KeysTable")]
    return json.dumps(pages, default=str)


# ---- Issued ---------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_stored_as_a_digest(api: Api, company: str) -> None:
    contact = str(uuid4())
    answer = issue(api, company, contact_id=contact, expires="2099-01-01")
    key_id, secret = answer.pop("key").split(".")
    created, usage_key = answer.pop("created"), answer.pop("usage_key")
    assert answer == {
        "key_id": key_id,
        "company_id": company,
        "contact_id": contact,
        "label": "erp",
        "expires": "2099-01-01T00:00:00Z",
        "revoked": None,
        "live": True,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", created)
    assert usage_key == usage_key_of(company)
    assert usage_key.isalnum()
    assert 20 <= len(usage_key) <= 128
    stored = everything_stored()
    assert api_key.digest(secret) in stored
    assert secret not in stored


def test_the_same_command_again_does_not_show_the_key(api: Api, company: str) -> None:
    first = issue(api, company)
    again = issue(api, company)
    assert again == {name: value for name, value in first.items() if name != "key"}
    assert len(api.onboard(action="list_keys", company_id=company)["keys"]) == 1


@pytest.mark.parametrize("other", [{"contact_id": str(uuid4())}, {"expires": "2098-01-01"}])
def test_a_label_names_one_live_key(api: Api, company: str, other: dict[str, str]) -> None:
    issue(api, company, expires="2099-01-01")
    assert refused(issue(api, company, **({"expires": "2099-01-01"} | other))) == {("#/label", "taken")}


def test_a_company_has_two_live_keys_at_a_time(api: Api, company: str, stranger: str) -> None:
    first, second = issue(api, company, "old"), issue(api, company, "new")
    answer = issue(api, company, "third")
    assert refused(answer) == {("#/company_id", "too_many_keys")}
    assert first["key_id"] in answer["errors"][0]["detail"]
    assert second["key_id"] in answer["errors"][0]["detail"]
    assert opens(api, issue(api, stranger, "third")["key"])


def test_all_faults_of_an_issue_come_at_once(api: Api, company: str) -> None:
    issue(api, company, "one")
    issue(api, company, "two")
    answer = issue(api, company, "three", expires="2020-01-01")
    assert refused(answer) == {("#/company_id", "too_many_keys"), ("#/expires", "in_the_past")}
    answer = issue(api, company, " ", expires="tomorrow", contact_id="me", secret="mine")
    assert refused(answer) == {
        ("#/label", "required"),
        ("#/expires", "invalid_date"),
        ("#/contact_id", "invalid_guid"),
        ("#/secret", "unknown_field"),
    }


def test_two_calls_at_the_same_time_make_one_key(
    api: Api, company: str, stranger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both commands read that there is no key, and both try to add one. The second meets the list of the first."""
    keys = api.onboard_company.keys
    monkeypatch.setattr(keys, "for_company", lambda _: [])
    assert "key" in issue(api, company, "one")
    assert refused(issue(api, company, "two")) == {("#/company_id", "keys_changed")}
    monkeypatch.undo()
    assert [key["label"] for key in api.onboard(action="list_keys", company_id=company)["keys"]] == ["one"]


# ---- Rotated --------------------------------------------------------------------------------------------------------


def test_a_key_rotates_without_an_outage(api: Api, company: str) -> None:
    old = issue(api, company, "2026")
    new = issue(api, company, "2027")
    assert opens(api, old["key"])
    assert opens(api, new["key"])
    api.onboard(action="revoke_key", company_id=company, key_id=old["key_id"])
    assert not opens(api, old["key"])
    assert opens(api, new["key"])
    assert opens(api, issue(api, company, "2028")["key"])


def test_both_keys_count_towards_one_limit(api: Api, company: str, stranger: str) -> None:
    keys = [issue(api, company, "old")["key"], issue(api, company, "new")["key"], issue(api, stranger)["key"]]
    counted = [api.authorize(key)["usageIdentifierKey"] for key in keys]
    assert counted == [usage_key_of(company), usage_key_of(company), usage_key_of(stranger)]


def test_an_expired_key_does_not_count_as_live(api: Api, company: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = issue(api, company, "one", expires="2097-01-01")
    issue(api, company, "two", expires="2098-01-01")
    for module in (api.onboard_company, api.authorizer):
        monkeypatch.setattr(module.values, "now", lambda: "2097-06-01T00:00:00.0000000")
    assert not opens(api, first["key"])
    assert opens(api, issue(api, company, "one", expires="2098-06-01")["key"])
    shown = api.onboard(action="list_keys", company_id=company)["keys"]
    assert [(key["label"], key["live"]) for key in shown] == [("one", False), ("two", True), ("one", True)]


# ---- Listed and revoked ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [{"action": "issue_key", "label": "erp"}, {"action": "list_keys"}, {"action": "revoke_key", "key_id": "0" * 16}],
)
def test_a_company_that_is_not_onboarded_has_no_keys(api: Api, command: dict[str, str]) -> None:
    mistyped = str(uuid4())
    answer = api.onboard(company_id=mistyped, **command)
    assert refused(answer) == {("#/company_id", "not_onboarded")}
    assert answer["errors"][0]["detail"] == "This company is not onboarded."
    assert mistyped not in everything_stored()


def test_a_company_of_an_earlier_release_is_onboarded(api: Api) -> None:
    """The only thing that it has left for certain is the counter."""
    company = str(uuid4())
    counter = {"pk": {"S": f"COMPANY#{company}"}, "sk": {"S": "COUNTER"}, "last_id2": {"N": "0"}}
    boto3.client("dynamodb").put_item(TableName="TasksTable", Item=counter)
    assert opens(api, issue(api, company)["key"])


def test_a_list_shows_all_keys_and_no_secret(api: Api, company: str, stranger: str) -> None:
    issued = [issue(api, company, label) for label in ("one", "two")]
    issue(api, stranger)
    shown = api.onboard(action="list_keys", company_id=company)["keys"]
    assert [key["key_id"] for key in shown] == [key["key_id"] for key in issued]
    text = json.dumps(shown)
    for key in issued:
        secret = key["key"].partition(".")[2]
        assert secret not in text
        assert api_key.digest(secret) not in text


def test_a_company_without_keys_has_an_empty_list(api: Api, company: str) -> None:
    assert api.onboard(action="list_keys", company_id=company) == {"keys": []}


def test_revoking_again_keeps_the_first_instant(api: Api, company: str) -> None:
    key_id = issue(api, company)["key_id"]
    before = datetime.now(UTC)
    first = api.onboard(action="revoke_key", company_id=company, key_id=key_id)
    assert first["live"] is False
    assert before <= datetime.fromisoformat(first["revoked"]) <= datetime.now(UTC)
    assert api.onboard(action="revoke_key", company_id=company, key_id=key_id) == first


def test_another_company_s_key_is_unknown(api: Api, company: str, stranger: str) -> None:
    key = issue(api, stranger)
    answers = [
        api.onboard(action="revoke_key", company_id=company, key_id=key_id)
        for key_id in (key["key_id"], "0000000000000000")
    ]
    for answer in answers:
        assert refused(answer) == {("#/key_id", "unknown_reference")}
        del answer["instance"]
    assert answers[0] == answers[1]
    assert opens(api, key["key"])


@pytest.mark.parametrize("key_id", ["", "0123456789ABCDEF", "0123456789abcdef0", "0123456789abcdef\n", None, 5])
def test_a_key_id_is_of_its_form(api: Api, company: str, key_id: object) -> None:
    answer = api.onboard(action="revoke_key", company_id=company, key_id=key_id)
    assert refused(answer) == {("#/key_id", "invalid_string")}


def test_a_whole_key_in_place_of_its_id_is_not_echoed(api: Api, company: str) -> None:
    key = issue(api, company)["key"]
    for pasted in (key, f"Bearer {key}", f" {key}\n"):
        answer = api.onboard(action="revoke_key", company_id=company, key_id=pasted)
        assert refused(answer) == {("#/key_id", "whole_key")}
        assert key.partition(".")[2] not in json.dumps(answer)
    assert opens(api, key)


def test_a_label_is_no_place_for_a_key(api: Api, company: str) -> None:
    key = issue(api, company)["key"]
    assert refused(issue(api, company, f"ERP {key}")) == {("#/label", "whole_key")}


# ---- Stored by another release --------------------------------------------------------------------------------------


def test_attributes_that_a_later_release_stored_are_not_read(api: Api, company: str) -> None:
    """After a rollback the authorizer locks nobody out, whatever types of attribute it does not know."""
    issued = issue(api, company)
    client = boto3.client("dynamodb")
    later: dict[str, Any] = {
        ":number": {"N": "1.5"},
        ":set": {"SS": ["a"]},
        ":nested": {"M": {"rate": {"N": "0.1"}, "data": {"B": b"x"}}},
        ":null": {"NULL": True},
    }
    for key_id in (issued["key_id"], f"COMPANY#{company}"):
        client.update_item(
            TableName="KeysTable",
            Key={"key_id": {"S": key_id}},
            UpdateExpression="SET quota = :number, scopes = :set, policy = :nested, owner_name = :null",
            ExpressionAttributeValues=later,
        )
    assert opens(api, issued["key"])
    [shown] = api.onboard(action="list_keys", company_id=company)["keys"]
    assert shown == {name: value for name, value in issued.items() if name != "key"}
    assert opens(api, issue(api, company, "new")["key"])
    assert api.onboard(action="revoke_key", company_id=company, key_id=issued["key_id"])["live"] is False


# ---- When the database is busy --------------------------------------------------------------------------------------


def cancelling(*codes: str) -> Api:
    """Return the functions over a database that cancels each transaction for these reasons, one for each action."""
    reasons = [{"Code": code} for code in codes]
    response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    client = dynamodb.client()
    error = client.exceptions.TransactionCanceledException(response, "TransactWriteItems")
    return functions_over(Altered(client, transact_write_items=raising(error)))


def test_keys_that_the_database_did_not_read_are_not_missing(api: Api, company: str) -> None:
    issue(api, company)
    answer = {"Responses": {"KeysTable": []}, "UnprocessedKeys": {"KeysTable": {"Keys": [{"key_id": {"S": "x"}}]}}}
    busy = functions_over(Altered(dynamodb.client(), batch_get_item=lambda **_: answer))
    assert busy.onboard(action="list_keys", company_id=company)["status"] == 503


def test_many_keys_are_listed_in_their_order(api: Api, company: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicedesk.store.api_keys.BATCH", 2)
    issued = []
    for number in range(5):
        issued.append(issue(api, company, f"{number}")["key_id"])
        api.onboard(action="revoke_key", company_id=company, key_id=issued[-1])
    assert [key["key_id"] for key in api.onboard(action="list_keys", company_id=company)["keys"]] == issued


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"])
def test_a_busy_database_is_unavailable(company: str, code: str) -> None:
    answer = issue(cancelling("None", code), company)
    assert (answer["status"], answer["type"]) == (503, "urn:servicedesk:problem:unavailable")


@pytest.mark.parametrize("other", ["None", "TransactionConflict"])
def test_a_failed_condition_says_that_the_keys_changed(company: str, other: str) -> None:
    answer = issue(cancelling(other, "ConditionalCheckFailed"), company)
    assert refused(answer) == {("#/company_id", "keys_changed")}


def test_a_mistake_of_ours_is_a_failure(company: str) -> None:
    with pytest.raises(InvocationFailedError):
        issue(cancelling("None", "ValidationError"), company)


# ---- The usage plan -------------------------------------------------------------------------------------------------


def plan_keys() -> list[str]:
    return [key["name"] for key in boto3.client("apigateway").get_usage_plan_keys(usagePlanId="CompanyPlan")["items"]]


def test_onboarding_puts_a_company_into_the_plan_once(api: Api, company: str) -> None:
    api.onboard(action="onboard", company_id=company)
    api.onboard(action="onboard", company_id=company)
    issue(api, company)
    assert plan_keys().count(f"CompanyPlan-{company}") == 1
    named = [key["name"] for key in boto3.client("apigateway").get_api_keys(limit=500)["items"]]
    assert named.count(f"CompanyPlan-{company}") == 1


def test_a_company_that_is_in_a_plan_already_stays_there(company: str) -> None:
    client = usage_plan.client()
    error = client.exceptions.ConflictException({"Error": {"Code": "ConflictException"}}, "CreateUsagePlanKey")
    plan: Any = Altered(client, create_usage_plan_key=raising(error))
    assert UsagePlan(plan, "CompanyPlan").include(company) == usage_key_of(company)


def test_a_usage_key_whose_name_only_begins_with_the_company_s_is_another_one(api: Api) -> None:
    """As an operator may name one of his own; API Gateway finds keys by the beginning of their names."""
    company = str(uuid4())
    client = boto3.client("apigateway")
    client.create_api_key(name=f"CompanyPlan-{company}-batch", value="operators0000000000000", enabled=True)
    plan = UsagePlan(client, "CompanyPlan")
    assert plan.remove(company) is False
    assert plan.include(company) == usage_key_of(company)
    assert plan.remove(company) is True
    named = [key["name"] for key in client.get_api_keys(limit=500)["items"]]
    assert f"CompanyPlan-{company}-batch" in named
    assert f"CompanyPlan-{company}" not in named


def test_without_a_place_in_the_plan_nothing_is_done(company: str) -> None:
    client = usage_plan.client()
    error = client.exceptions.LimitExceededException({"Error": {"Code": "LimitExceededException"}}, "CreateApiKey")
    full = Altered(client, create_api_key=raising(error), get_api_keys=lambda **_: {"items": []})
    api = functions_over(dynamodb.client(), full)
    before = everything_stored()
    for command in ({"action": "issue_key", "label": "erp"}, {"action": "onboard", "first_number": 9}):
        answer = api.onboard(company_id=company, **command)
        assert (answer["status"], answer["type"]) == (503, "urn:servicedesk:problem:unavailable")
        assert "LimitExceededException" in answer["detail"]
    assert everything_stored() == before


def test_where_there_is_no_plan_a_key_works_without_one(
    api: Api, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.onboard_company, "plan", None)
    api.onboard(action="onboard", company_id=company)
    answer = issue(api, company)
    assert answer["usage_key"] is None
    assert "usageIdentifierKey" not in api.authorize(answer["key"])
    assert opens(api, answer["key"])
