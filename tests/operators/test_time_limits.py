"""Time-outs and attempts of the operators' calls add up, too: an answer in time rather than a killed function."""

from typing import Any

import pytest
from botocore.retries import standard
from botocore.retries.base import BaseRetryBackoff
from servicedesk.store import dynamodb, usage_plan
from servicedesk.store.usage_plan import UsagePlan

from tests.api import Api
from tests.exactly_once.requests import counted
from tests.exactly_once.test_time_limits import OWN_SECONDS, timeout

CLI_SECONDS = 60
"""How long the AWS CLI waits for an answer, unless it is told otherwise."""


def client() -> Any:
    return UsagePlan("CompanyPlan")._client


def test_the_client_is_configured_with_the_numbers(api: Api) -> None:
    config = client().meta.config
    assert config.connect_timeout == usage_plan.CONNECT_TIMEOUT
    assert config.read_timeout == usage_plan.READ_TIMEOUT
    assert config.retries == {"mode": "standard", "total_max_attempts": usage_plan.ATTEMPTS}


def test_the_sdk_waits_no_longer_than_the_number_says() -> None:
    backoff: BaseRetryBackoff = standard.ExponentialBackoff(
        random=lambda: 1.0,
        service_name="apigateway",
        throttling_detector=standard.ThrottlingErrorDetector(standard.RetryEventAdapter()),
    )
    for code in ("TooManyRequestsException", "ServiceUnavailableException"):
        parsed = {"Error": {"Code": code}}
        waits = [
            backoff.delay_amount(standard.RetryContext(attempt, parsed_response=parsed))
            for attempt in range(1, usage_plan.ATTEMPTS)
        ]
        assert sum(waits) <= (usage_plan.ATTEMPTS - 1) * usage_plan.BACKOFF


def test_no_more_calls_are_made_than_are_counted_with(api: Api, company: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    plan = UsagePlan("CompanyPlan")
    plan._client.meta.events.register("before-call.apigateway", lambda model, **_: made.append(model.name))
    plan.include(company)
    assert made == ["GetApiKeys", "CreateApiKey", "CreateUsagePlanKey"]
    assert len(made) == usage_plan.CALLS
    made.clear()
    plan.remove(company)
    assert made == ["GetApiKeys", "DeleteApiKey"]


def test_onboarding_ends_in_time(api: Api, company: str) -> None:
    """The usage plan's three calls and the database's requests, each as slow as it may be."""
    attempt = 2 * usage_plan.CONNECT_TIMEOUT + usage_plan.READ_TIMEOUT  # TCP, TLS, answer
    call = usage_plan.ATTEMPTS * attempt + (usage_plan.ATTEMPTS - 1) * usage_plan.BACKOFF
    assert call == usage_plan.CALL_SECONDS
    built_in = api.onboard(action="onboard", company_id=company)["catalogue"]
    with counted(api.onboard_company) as sent:
        api.onboard(action="onboard", company_id=company, catalogue=built_in, first_number=9)
    requests = len(sent)
    assert requests == 4
    worst = usage_plan.CALLS * call + requests * dynamodb.REQUEST_SECONDS + OWN_SECONDS
    assert worst <= timeout("onboard_company") < CLI_SECONDS


def test_issuing_a_key_ends_in_time(api: Api, company: str) -> None:
    api.onboard(action="onboard", company_id=company)
    for label in ("one", "two"):
        key = api.onboard(action="issue_key", company_id=company, label=label)
        api.onboard(action="revoke_key", company_id=company, key_id=key["key_id"])
    with counted(api.onboard_company) as sent:
        assert "key" in api.onboard(action="issue_key", company_id=company, label="three")
    worst = usage_plan.CALLS * usage_plan.CALL_SECONDS + len(sent) * dynamodb.REQUEST_SECONDS + OWN_SECONDS
    assert worst <= timeout("onboard_company") < CLI_SECONDS
