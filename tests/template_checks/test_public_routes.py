"""The routes that anybody may read without a key, and no others."""

from tests.template_checks.conftest import Translated
from tools.template import resources

PUBLIC = {"/", "/console", "/openapi.json"}


def test_11_1_only_what_describes_the_api_is_open(translated: Translated) -> None:
    opened = {
        path
        for path, operations in translated.api["paths"].items()
        for method, operation in operations.items()
        if method != "options" and operation.get("security", []) in ([], [{"NONE": []}])
    }
    assert opened == PUBLIC


def test_1_4_an_open_route_takes_get_and_head_and_asks_for_no_usage_key(translated: Translated) -> None:
    for path in PUBLIC:
        for method in ("get", "head"):
            operation = translated.api["paths"][path][method]
            assert not [scheme for scheme in operation.get("security", []) if "api_key" in scheme]
            assert "DescribeApi" in str(operation["x-amazon-apigateway-integration"])


def test_open_routes_have_limits_of_their_own(translated: Translated) -> None:
    """A path is a JSON Pointer in these settings; that of the root is a slash."""
    [stage] = translated.properties("AWS::ApiGateway::Stage").values()
    limits = {
        (setting["HttpMethod"], setting["ResourcePath"]): setting["ThrottlingRateLimit"]
        for setting in stage["MethodSettings"]
    }
    assert limits.pop(("*", "/*")) == {"Ref": "RequestsPerSecond"}
    paths = {"/" if path == "/" else path.replace("/", "/~1") for path in PUBLIC}
    assert limits == {(method, path): 10 for method in ("GET", "HEAD") for path in paths}


def test_open_routes_take_no_capacity_from_the_others(translated: Translated) -> None:
    function = translated.properties("AWS::Lambda::Function")["DescribeApi"]
    reserved = {"Fn::If": ["ReservesConcurrency", {"Ref": "DescribeApiConcurrency"}, {"Ref": "AWS::NoValue"}]}
    assert function["ReservedConcurrentExecutions"] == reserved
    assert translated.template["Parameters"]["DescribeApiConcurrency"]["Default"] > 0


def test_a_web_acl_can_stand_before_the_stage(translated: Translated) -> None:
    [association] = translated.of_type("AWS::WAFv2::WebACLAssociation").values()
    assert association["Condition"] == "HasWebAcl"
    assert association["Properties"]["WebACLArn"] == {"Ref": "WebAclArn"}
    stage = "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Api}/stages/${ApiStage}"
    assert association["Properties"]["ResourceArn"]["Fn::Sub"] == stage


def test_what_is_open_is_answered_by_a_function_that_can_reach_no_data(translated: Translated) -> None:
    function = translated.properties("AWS::Lambda::Function")["DescribeApi"]
    assert not {name for name in function["Environment"]["Variables"] if name.endswith("_TABLE")}
    assert "Policies" not in translated.properties("AWS::IAM::Role")["DescribeApiRole"]
    routes = resources("AWS::Serverless::Function")["DescribeApi"]["Events"].values()
    assert {route["Properties"]["Path"] for route in routes} == PUBLIC
