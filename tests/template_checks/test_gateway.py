"""The gateway's own answers, its authorizer and its limits."""

import json
from typing import Any

import pytest
from servicedesk import operations
from servicedesk.wire import gateway, problems
from servicedesk.wire.problems import ProblemType

from tests.template_checks.conftest import Translated
from tools.template import template

DESCRIBING = {"/", "/console", "/openapi.json"}
ROUTES = {
    *((method, "/{proxy+}") for method in ("get", "head", "post", "put", "patch", "delete")),
    *((method, "/") for method in ("post", "put", "patch", "delete")),
}
"""The methods and paths that the gateway passes to the API's function: every method of every path."""
STATUSES = {
    "UNAUTHORIZED": (401, "unauthorized"),
    "ACCESS_DENIED": (403, "forbidden"),
    "EXPIRED_TOKEN": (403, "forbidden"),
    "INVALID_API_KEY": (403, "forbidden"),
    "INVALID_SIGNATURE": (403, "forbidden"),
    "WAF_FILTERED": (403, "forbidden"),
    "MISSING_AUTHENTICATION_TOKEN": (404, "no-such-route"),
    "RESOURCE_NOT_FOUND": (404, "no-such-route"),
    "REQUEST_TOO_LARGE": (413, "body-too-large"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "unsupported-media-type"),
    "THROTTLED": (429, "too-many-requests"),
    "QUOTA_EXCEEDED": (429, "too-many-requests"),
    "DEFAULT_4XX": (400, "bad-request"),
    "AUTHORIZER_FAILURE": (503, "unavailable"),
    "AUTHORIZER_CONFIGURATION_ERROR": (503, "unavailable"),
    "INTEGRATION_FAILURE": (503, "unavailable"),
    "INTEGRATION_TIMEOUT": (503, "unavailable"),
    "DEFAULT_5XX": (500, "internal"),
}
LOGGED = {
    *("requestId", "extendedRequestId", "requestTimeEpoch", "httpMethod", "xrayTraceId"),
    *("responseLatency", "integrationLatency", "responseLength", "identity.sourceIp", "identity.userAgent"),
    *("error.responseType", "error.message", "integration.status", "integration.error"),
    *(f"authorizer.{name}" for name in ("company_id", "key_id", "status", "error", "integrationLatency")),
}
"""The members of an access log line besides its status: no path, query or body, and no header but the user agent."""
OURS = {
    problem_type.name: problem_type for problem_type in vars(problems).values() if isinstance(problem_type, ProblemType)
}


@pytest.fixture(scope="module")
def responses(translated: Translated) -> dict[str, Any]:
    """Return the gateway's own answers as API Gateway imports them."""
    found: dict[str, Any] = translated.api["x-amazon-apigateway-gateway-responses"]
    return found


# ---- Problem documents ----------------------------------------------------------------------------------------------


def test_every_refusal_has_its_own_answer(responses: dict[str, Any]) -> None:
    assert responses.keys() == STATUSES.keys()


@pytest.mark.parametrize("refusal", STATUSES)
def test_a_refusal_is_a_problem_document(responses: dict[str, Any], refusal: str) -> None:
    status, kind = STATUSES[refusal]
    response = responses[refusal]
    assert response["statusCode"] == str(status)
    [(media_type, document)] = response["responseTemplates"].items()
    assert media_type == "application/json"
    problem = json.loads(document.replace("$context.requestId", "4711"))
    assert set(problem) == {"type", "title", "status", "detail", "instance", "error"}
    assert problem["type"] == f"urn:servicedesk:problem:{kind}"
    assert problem["status"] == status
    assert problem["instance"] == "urn:request:4711"
    if kind in OURS:
        assert (problem["title"], status) == (OURS[kind].title, OURS[kind].status)


@pytest.mark.parametrize("refusal", STATUSES)
def test_13_5_a_refusal_has_odata_s_member_too(responses: dict[str, Any], refusal: str) -> None:
    problem = json.loads(responses[refusal]["responseTemplates"]["application/json"])
    assert problem["error"] == {"code": STATUSES[refusal][1], "message": problem["detail"]}


CHALLENGES = 'Basic realm="Task API", charset="UTF-8", Bearer'


@pytest.mark.parametrize("refusal", STATUSES)
def test_a_refusal_has_the_headers_of_every_answer(responses: dict[str, Any], refusal: str) -> None:
    prefix = "gatewayresponse.header."
    headers = {name.removeprefix(prefix): value for name, value in responses[refusal]["responseParameters"].items()}
    more = {"WWW-Authenticate": f"'{CHALLENGES}'"} if refusal == "UNAUTHORIZED" else {}
    more |= {"Retry-After": "'5'"} if STATUSES[refusal][0] in (429, 503) else {}
    assert headers == more | {
        "Content-Type": "'application/problem+json; charset=utf-8'",
        "Cache-Control": "'no-store'",
        "X-Request-Id": "context.requestId",
        "Access-Control-Allow-Origin": "'*'",
        "Access-Control-Expose-Headers": "'Retry-After, X-Request-Id'",
    }


def test_the_request_id_is_the_only_variable(responses: dict[str, Any]) -> None:
    """Other variables, such as the error's message, could contain what breaks JSON."""
    for response in responses.values():
        assert response["responseTemplates"]["application/json"].count("$") == 1


# ---- Preflight ------------------------------------------------------------------------------------------------------


def test_every_path_has_a_preflight_without_credentials(translated: Translated) -> None:
    assert translated.api["paths"].keys() == {*DESCRIBING, "/{proxy+}"}
    for path in translated.api["paths"].values():
        assert not path["options"].get("security")


def test_the_gateway_hands_on_every_method(translated: Translated) -> None:
    handed_on = {
        (method, path)
        for path, methods in translated.api["paths"].items()
        for method, operation in methods.items()
        if "ApiFunction" in json.dumps(operation["x-amazon-apigateway-integration"])
    }
    assert handed_on == ROUTES


def test_a_preflight_says_what_the_functions_take(translated: Translated) -> None:
    methods = {*(method for method, _, _ in operations.routes()), "HEAD"}
    for path in translated.api["paths"].values():
        integration = path["options"]["x-amazon-apigateway-integration"]
        assert integration["type"] == "mock"
        assert integration["contentHandling"] == "CONVERT_TO_TEXT"
        answer = integration["responses"]["default"]
        assert answer["contentHandling"] == "CONVERT_TO_TEXT"
        headers = answer["responseParameters"]
        assert headers["method.response.header.Access-Control-Allow-Methods"] == f"'{', '.join(sorted(methods))}'"
        allowed = headers["method.response.header.Access-Control-Allow-Headers"].strip("'").split(", ")
        assert {"Authorization", "Content-Type", "Idempotency-Key", "Prefer"} <= set(allowed)
        declared = {f"method.response.header.{name}" for name in path["options"]["responses"]["204"]["headers"]}
        assert declared == {*headers, "method.response.header.Access-Control-Allow-Origin"}
        script = answer["responseTemplates"]["application/json"]["Fn::Sub"]
        assert '#set($allowed = ",${CorsOrigins},")' in script
        assert script.count("responseOverride.header.Access-Control-Allow-Origin") == 2


def test_a_browser_app_sees_the_headers_that_answers_have() -> None:
    assert {"Location", "Retry-After", "X-Request-Id"} <= set(gateway.EXPOSED_HEADERS.split(", "))


# ---- Whom it asks, and how much it lets in --------------------------------------------------------------------------


def test_every_route_has_an_authorizer_and_a_limit(translated: Translated) -> None:
    for method, path in ROUTES:
        assert translated.api["paths"][path][method]["security"] == [{"ApiKey": []}, {"api_key": []}]
    assert translated.template["Resources"]["Api"]["Properties"]["ApiKeySourceType"] == "AUTHORIZER"
    scheme = translated.api["components"]["securitySchemes"]["ApiKey"]["x-amazon-apigateway-authorizer"]
    assert scheme["identitySource"] == "method.request.header.Authorization"
    assert scheme["authorizerResultTtlInSeconds"] == 60
    assert (
        translated.template["Resources"]["ApiApiKeyAuthorizerPermission"]["Properties"]["FunctionName"]
        == scheme["authorizerUri"]["Fn::Sub"][1]["__FunctionArn__"]
    )


def test_the_api_waits_for_the_authorizers_alias(translated: Translated) -> None:
    """The permission to call the alias names it only in a text, so CloudFormation sees no dependency there."""
    assert "AuthorizerAliaslive" in translated.template["Resources"]["Api"]["DependsOn"]
    assert "AuthorizerAliaslive" in translated.of_type("AWS::Lambda::Alias")


def test_the_stage_is_throttled_traced_and_logged(translated: Translated) -> None:
    [stage] = translated.properties("AWS::ApiGateway::Stage").values()
    settings, *_ = stage["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "RequestBurst"}
    assert settings["DataTraceEnabled"] is False
    assert stage["TracingEnabled"] is True
    assert translated.template["Resources"]["Api"]["Properties"]["MinimumCompressionSize"] == 1024
    assert not [setting for setting in stage["MethodSettings"] if setting["MetricsEnabled"]], "nothing reads them"
    line = json.loads(stage["AccessLogSetting"]["Format"]["Fn::Sub"].replace(" $context.status,", " 201,"))
    assert next(iter(line)) == "user_agent", "what a client writes there must not override what follows"
    assert line["service"] == "${AWS::StackName}"
    written = {value.removeprefix("$context.") for value in line.values() if str(value).startswith("$context.")}
    assert written == LOGGED
    assert line["status"] == 201
    assert line["company_id"] == "$context.authorizer.company_id"
    assert line["request_id"] == "$context.requestId"
    assert line["extended_request_id"] == "$context.extendedRequestId"


def test_the_endpoint_takes_tls_1_2_at_least(translated: Translated) -> None:
    """By default a regional API accepts TLS 1.0. TLS_1_2 needs no endpoint access mode."""
    assert translated.template["Resources"]["Api"]["Properties"]["SecurityPolicy"] == "TLS_1_2"


def test_one_company_gets_less_than_all() -> None:
    defaults = {name: parameter["Default"] for name, parameter in template()["Parameters"].items()}
    assert defaults["CompanyRequestsPerSecond"] < defaults["RequestsPerSecond"]
    assert defaults["CompanyRequestBurst"] < defaults["RequestBurst"]


def test_the_plan_is_of_this_stage(translated: Translated) -> None:
    [plan] = translated.properties("AWS::ApiGateway::UsagePlan").values()
    assert plan["ApiStages"] == [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "ApiStage"}}]
    assert plan["Throttle"] == {
        "RateLimit": {"Ref": "CompanyRequestsPerSecond"},
        "BurstLimit": {"Ref": "CompanyRequestBurst"},
    }
