"""Every client of AWS gives up in the time that the functions' timeouts count with (contract section 6)."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.retries import standard
from botocore.retries.base import BaseRetryBackoff
from servicedesk.store import dynamodb, usage_plan
from servicedesk.store.event_bus import EventBus

CLIENTS: Mapping[str, tuple[Callable[[], Any], str]] = {
    "dynamodb": (dynamodb.client, "PutItem"),
    "events": (lambda: EventBus("x")._client, "PutEvents"),
    "apigateway": (usage_plan.client, "CreateApiKey"),
}
"""A client of each service, and an operation of it."""

each_service = pytest.mark.parametrize("service", CLIENTS)


@each_service
@pytest.mark.usefixtures("aws_environment")
def test_a_client_is_configured_with_the_numbers(service: str) -> None:
    config = CLIENTS[service][0]().meta.config
    assert (config.connect_timeout, config.read_timeout) == (dynamodb.CONNECT_TIMEOUT, dynamodb.READ_TIMEOUT)
    assert config.retries == {"mode": "standard", "total_max_attempts": dynamodb.ATTEMPTS}
    assert config.tcp_keepalive


def test_a_request_takes_as_long_as_its_attempts() -> None:
    attempt = 2 * dynamodb.CONNECT_TIMEOUT + dynamodb.READ_TIMEOUT  # TCP, TLS, answer
    attempts = dynamodb.ATTEMPTS * attempt + (dynamodb.ATTEMPTS - 1) * dynamodb.BACKOFF
    assert attempts == dynamodb.REQUEST_SECONDS


@each_service
@pytest.mark.parametrize(
    "code",
    ["ThrottlingException", "TooManyRequestsException", "ServiceUnavailableException", "InternalServerError"],
)
def test_the_sdk_waits_no_longer_than_the_number_says(service: str, code: str) -> None:
    backoff: BaseRetryBackoff = standard.ExponentialBackoff(
        random=lambda: 1.0,
        service_name=service,
        throttling_detector=standard.ThrottlingErrorDetector(standard.RetryEventAdapter()),
    )
    parsed = {"Error": {"Code": code}}
    waits = [
        backoff.delay_amount(standard.RetryContext(attempt, parsed_response=parsed))
        for attempt in range(1, dynamodb.ATTEMPTS)
    ]
    assert sum(waits) <= (dynamodb.ATTEMPTS - 1) * dynamodb.BACKOFF


@each_service
@pytest.mark.usefixtures("aws_environment")
def test_the_sdk_waits_no_longer_when_an_answer_asks_for_it(service: str) -> None:
    class Answered:
        headers: dict[str, str] = {"x-amz-retry-after": "5000"}  # noqa: RUF012

    client, operation = CLIENTS[service][0](), CLIENTS[service][1]
    client.meta.events.emit(
        f"needs-retry.{client.meta.service_model.service_id.hyphenize()}.{operation}",
        response=(Answered, {"ResponseMetadata": {"HTTPStatusCode": 200}}),
        endpoint=None,
        operation=client.meta.service_model.operation_model(operation),
        attempts=2,
        caught_exception=None,
        request_dict={"context": {}},
    )
    assert "x-amz-retry-after" not in Answered.headers
