"""The usage plan that limits how fast each company can call: one API Gateway key per company, which clients never see.

API Gateway counts requests by the ``usageIdentifierKey`` that the authorizer returns. It is stored with each API key of
ours, so that the authorizer reads nothing more, and it is the company's, so that a second key doubles no limit.
"""

from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from servicedesk.problems import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient


class UsagePlan:
    """One usage plan of API Gateway, and the companies in it."""

    def __init__(self, plan_id: str, client: "APIGatewayClient | None" = None) -> None:
        self._plan_id = plan_id
        self._client = client or _client()

    def include(self, company_id: str) -> str:
        """See to it that the company is in the plan, and return its usage key. Can be repeated.

        A company that an operator moved to another plan of the same API stays there.

        Raises:
            Unavailable: API Gateway refused, or did not answer.
        """
        usage_key = f"{self._plan_id}-{company_id}"
        try:
            self._add_to_plan(self._find(usage_key) or self._create(usage_key))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise Unavailable(f"API Gateway gave the company no usage key: {code}. Nothing was done.") from error
        except BotoCoreError as error:
            raise Unavailable("API Gateway did not answer. Nothing was done.") from error
        return usage_key

    def _find(self, usage_key: str) -> str | None:
        found = self._client.get_api_keys(nameQuery=usage_key)["items"]
        return found[0]["id"] if found else None

    def _create(self, usage_key: str) -> str:
        return self._client.create_api_key(name=usage_key, value=usage_key, enabled=True)["id"]

    def _add_to_plan(self, key_id: str) -> None:
        try:
            self._client.create_usage_plan_key(usagePlanId=self._plan_id, keyId=key_id, keyType="API_KEY")
        except self._client.exceptions.ConflictException:
            # It is in this plan already, or in another one of the same stage.
            return


def _client() -> "APIGatewayClient":
    # Three calls in a row, each sent twice at the most, end before the function's timeout.
    config = Config(connect_timeout=1, read_timeout=2.5, retries={"mode": "standard", "total_max_attempts": 2})
    return cast("APIGatewayClient", botocore.session.get_session().create_client("apigateway", config=config))
