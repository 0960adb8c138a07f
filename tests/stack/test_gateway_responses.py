"""A gateway renders its own answers as the template defines them.

MiniStack does not read them from the OpenAPI document, so the fixture hands them over one by one.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.api import Answer, assert_problem
from tests.stack.client import Client
from tests.stack.deployment import Deployment
from tools.local_stack import LocalStack
from tools.template import translated

ORIGIN = "https://desk.example"


@pytest.fixture(scope="module")
def stranger(local_stack: LocalStack) -> Iterator[Client]:
    """Return a client without a key, at a gateway that has the template's answers."""
    client = local_stack.client("apigateway")
    api_id, stage = place(local_stack)
    responses: dict[str, Any] = translated()["Resources"]["Api"]["Properties"]["Body"][
        "x-amazon-apigateway-gateway-responses"
    ]
    for kind, response in responses.items():
        client.put_gateway_response(restApiId=api_id, responseType=kind, **response)
    client.create_deployment(restApiId=api_id, stageName=stage)
    yield Client(local_stack.base_url, None)
    for kind in responses:
        client.delete_gateway_response(restApiId=api_id, responseType=kind)
    client.create_deployment(restApiId=api_id, stageName=stage)


def place(stack: LocalStack) -> tuple[str, str]:
    """Return the API's id and the stage's name."""
    *_, api_id, stage, _ = stack.base_url.split("/")
    return api_id, stage


def assert_refused(answer: Answer, status: int, kind: str) -> None:
    """Assert a problem document that a browser app may read."""
    assert_problem(answer, status, kind)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]


def test_no_credentials(stranger: Client) -> None:
    answer = stranger.send("POST", "/tasks", b"{}", Origin=ORIGIN)
    assert_refused(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Task API", charset="UTF-8", Bearer'


def test_a_key_that_opens_nothing(stranger: Client) -> None:
    answer = stranger.send("POST", "/tasks", b"{}", Origin=ORIGIN, Authorization="Bearer nonsense")
    assert_refused(answer, 403, "forbidden")


@pytest.mark.parametrize(("method", "path"), [("POST", "/nowhere"), ("DELETE", "/tasks"), ("POST", "/")])
def test_without_a_key_nobody_learns_which_routes_there_are(stranger: Client, method: str, path: str) -> None:
    assert_refused(stranger.send(method, path, Origin=ORIGIN), 401, "unauthorized")


def test_too_many_requests(stranger: Client, local_stack: LocalStack, deployment: Deployment) -> None:
    company = str(uuid4())
    local_stack.onboard({"action": "onboard", "company_id": company})
    key = local_stack.onboard({"action": "issue_key", "company_id": company, "label": "x"})["key"]
    client = local_stack.client("apigateway")
    api_id, stage = place(local_stack)
    settings = client.get_stage(restApiId=api_id, stageName=stage)["methodSettings"]["*/*"]

    def limit(rate: float, burst: int) -> None:
        values = {"rateLimit": str(rate), "burstLimit": str(burst)}
        operations = [
            {"op": "replace", "path": f"/*/*/throttling/{name}", "value": value} for name, value in values.items()
        ]
        client.update_stage(restApiId=api_id, stageName=stage, patchOperations=operations)

    limit(0, 0)
    try:
        answer = stranger.send("GET", f"/tasks/{uuid4()}", Origin=ORIGIN, Authorization=f"Bearer {key}")
    finally:
        limit(settings["throttlingRateLimit"], settings["throttlingBurstLimit"])
    assert_refused(answer, 429, "too-many-requests")
    assert answer.headers["Retry-After"] == "5"


def test_an_authorizer_that_fails(stranger: Client, local_stack: LocalStack, deployment: Deployment) -> None:
    client = local_stack.client("iam")
    role = deployment.role("Authorizer")
    document = client.get_role_policy(RoleName=role, PolicyName="keys")["PolicyDocument"]
    client.delete_role_policy(RoleName=role, PolicyName="keys")
    try:
        key = f"{uuid4().hex[:16]}.{'A' * 43}"
        answer = stranger.send("GET", f"/tasks/{uuid4()}", Origin=ORIGIN, Authorization=f"Bearer {key}")
    finally:
        client.put_role_policy(RoleName=role, PolicyName="keys", PolicyDocument=str(document).replace("'", '"'))
    assert_refused(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "5"
