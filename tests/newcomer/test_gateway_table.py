"""The documents' table of the gateway's own answers matches the template."""

import json
from typing import Any

import pytest

from tests.newcomer import readme
from tools.template import translated

ON_AWS = readme.emulated("on AWS, by `template.yaml`")
RESPONSES = {
    "a request without a key": "UNAUTHORIZED",
    "an unknown key": "ACCESS_DENIED",
    "a request beyond the rate limits": "THROTTLED",
}


def document() -> dict[str, Any]:
    """The API as SAM hands it to API Gateway."""
    body: dict[str, Any] = translated()["Resources"]["Api"]["Properties"]["Body"]
    return body


@pytest.mark.parametrize(("to", "kind"), RESPONSES.items())
def test_the_gateways_own_answers(to: str, kind: str) -> None:
    response = document()["x-amazon-apigateway-gateway-responses"][kind]
    status, problem = ON_AWS[to]
    assert int(response["statusCode"]) == status
    assert f"problem:{problem}" in json.dumps(response)


def test_the_preflight() -> None:
    preflight = document()["paths"]["/{proxy+}"]["options"]["x-amazon-apigateway-integration"]["responses"]["default"]
    status, headers = ON_AWS["a browser's preflight (CORS)"]
    assert int(preflight["statusCode"]) == status
    assert any(headers in name for name in preflight["responseParameters"])
