"""The usage plan of API Gateway, which is each company's rate limit.

Each company has one usage key in the plan, which clients never see. API Gateway counts a request by the usage key that
the authorizer returns as ``usageIdentifierKey``. The usage key is stored with each of the company's API keys, so that
the authorizer needs no further read. All API keys of a company share it, so that a second key does not double the rate
limit.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from servicedesk.domain.faults import UnavailableError
from servicedesk.store import dynamodb

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.type_defs import ApiKeyResponseTypeDef, ApiKeyTypeDef

CALLS = 3
"""The most calls that one method of ``UsagePlan`` makes."""


def client() -> "APIGatewayClient":
    """Return a client for the region and credentials that the environment names (``AWS_*`` variables)."""
    client = boto3.client("apigateway", config=dynamodb.config())
    dynamodb.keep_to_our_pace(client)
    return client


class UsagePlan:
    """One usage plan of API Gateway, and the companies in it."""

    def __init__(self, client: "APIGatewayClient", plan_id: str) -> None:
        self._client = client
        self._plan_id = plan_id

    def include(self, company_id: str) -> str:
        """Make sure that the company is in the plan, and return its usage key. The call is idempotent.

        A usage key has only letters and digits, as API Gateway's documentation requires. If an operator has moved it to
        another plan of the same API, it stays there.

        Raises:
            UnavailableError: API Gateway refused the call or did not answer in time.
        """
        with _faults_as_unavailable():
            usage_key = self._find(company_id) or self._create(company_id)
            self._add_to_plan(usage_key["id"])
        return usage_key["value"]

    def remove(self, company_id: str) -> bool:
        """Delete the company's usage key, whatever plan it is in, and return whether there was one.

        The call is idempotent.

        Raises:
            UnavailableError: API Gateway refused the call or did not answer in time.
        """
        with _faults_as_unavailable():
            usage_key = self._find(company_id)
            if usage_key is None:
                return False
            # If it is already gone, the SDK's own first attempt deleted it, or another call did.
            with suppress(self._client.exceptions.NotFoundException):
                self._client.delete_api_key(apiKey=usage_key["id"])
        return True

    def _name(self, company_id: str) -> str:
        return f"{self._plan_id}-{company_id}"

    def _find(self, company_id: str) -> "ApiKeyTypeDef | None":
        name = self._name(company_id)
        # The query matches names by prefix, and returns 25 of them by default.
        found = self._client.get_api_keys(nameQuery=name, includeValues=True, limit=500)["items"]
        return next((usage_key for usage_key in found if usage_key["name"] == name), None)

    def _create(self, company_id: str) -> "ApiKeyResponseTypeDef":
        value = self._plan_id + company_id.replace("-", "")
        return self._client.create_api_key(name=self._name(company_id), value=value, enabled=True)

    def _add_to_plan(self, key_id: str) -> None:
        try:
            self._client.create_usage_plan_key(usagePlanId=self._plan_id, keyId=key_id, keyType="API_KEY")
        except self._client.exceptions.ConflictException:
            # The usage key is in this plan already, or in another one of the same stage.
            return


@contextmanager
def _faults_as_unavailable() -> Iterator[None]:
    """Raise ``UnavailableError`` for every error of API Gateway or the SDK, because an operator can retry."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        detail = f"API Gateway refused a call for the company's usage key: {code}. Retry the command."
        raise UnavailableError(detail) from error
    except BotoCoreError as error:
        raise UnavailableError("API Gateway did not answer in time. Retry the command.") from error
