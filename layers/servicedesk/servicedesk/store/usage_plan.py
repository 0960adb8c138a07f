"""The usage plan that limits how fast each company can call: one API Gateway key per company, which clients never see.

API Gateway counts requests by the ``usageIdentifierKey`` that the authorizer returns. It is stored with each API key of
ours, so that the authorizer reads nothing more, and it is the company's, so that a second key doubles no limit.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from servicedesk.domain.faults import UnavailableError
from servicedesk.store import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.type_defs import ApiKeyResponseTypeDef, ApiKeyTypeDef

CONNECT_TIMEOUT = 1.0
"""Seconds until a connection attempt is given up; TLS has as many again for its handshake."""

READ_TIMEOUT = 1.5
"""Seconds without a byte of an answer until a call is given up."""

ATTEMPTS = 2
"""Times that the SDK sends a call before it reports the fault."""

BACKOFF = 1.0
"""Seconds that the SDK waits at most before its second attempt."""

CALL_SECONDS = ATTEMPTS * (2 * CONNECT_TIMEOUT + READ_TIMEOUT) + (ATTEMPTS - 1) * BACKOFF
"""Seconds after which a call has an answer or is given up."""

CALLS = 3
"""The most calls that one method makes."""


class UsagePlan:
    """One usage plan of API Gateway, and the companies in it."""

    def __init__(self, plan_id: str, client: "APIGatewayClient | None" = None) -> None:
        self._plan_id = plan_id
        self._client = client or _client()

    def include(self, company_id: str) -> str:
        """See to it that the company is in the plan, and return its usage key. Can be repeated.

        A new usage key is alphanumeric, as API Gateway's documentation asks for. A company keeps the one that it has,
        also one with hyphens, as they were made before, and stays in the plan of the same API that an operator moved
        it to.

        Raises:
            Unavailable: API Gateway refused, or did not answer. Nothing was done that a repetition would not find.
        """
        with _faults_are_unavailable():
            usage_key = self._find(company_id) or self._create(company_id)
            self._add_to_plan(usage_key["id"])
        return usage_key["value"]

    def remove(self, company_id: str) -> bool:
        """Delete the company's usage key, in whatever plan it is, and return whether there was one. Can be repeated.

        Raises:
            Unavailable: API Gateway refused, or did not answer.
        """
        with _faults_are_unavailable():
            usage_key = self._find(company_id)
            if usage_key is None:
                return False
            # Not found any more: the SDK's own first attempt deleted it, or another call did.
            with suppress(self._client.exceptions.NotFoundException):
                self._client.delete_api_key(apiKey=usage_key["id"])
        return True

    def _name(self, company_id: str) -> str:
        return f"{self._plan_id}-{company_id}"

    def _find(self, company_id: str) -> "ApiKeyTypeDef | None":
        name = self._name(company_id)
        found = self._client.get_api_keys(nameQuery=name, includeValues=True)["items"]
        return next((usage_key for usage_key in found if usage_key["name"] == name), None)

    def _create(self, company_id: str) -> "ApiKeyResponseTypeDef":
        value = self._plan_id + company_id.replace("-", "")
        return self._client.create_api_key(name=self._name(company_id), value=value, enabled=True)

    def _add_to_plan(self, key_id: str) -> None:
        try:
            self._client.create_usage_plan_key(usagePlanId=self._plan_id, keyId=key_id, keyType="API_KEY")
        except self._client.exceptions.ConflictException:
            # It is in this plan already, or in another one of the same stage.
            return


@contextmanager
def _faults_are_unavailable() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise UnavailableError(
            f"API Gateway refused to see to the company's usage key: {code}. Send it again."
        ) from error
    except BotoCoreError as error:
        raise UnavailableError("API Gateway did not answer in time. Send the same command again.") from error


def _client() -> "APIGatewayClient":
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    client = boto3.client("apigateway", config=config)
    client.meta.events.register_first("needs-retry.apigateway", dynamodb.keep_to_our_pace)
    return client
