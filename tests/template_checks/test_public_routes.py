"""What anybody may read without a key, and that it is no more than that."""

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


def test_an_open_route_asks_for_no_usage_key(translated: Translated) -> None:
    for path in PUBLIC:
        security = translated.api["paths"][path]["get"].get("security", [])
        assert not [scheme for scheme in security if "api_key" in scheme]


def test_what_is_open_is_answered_by_a_function_that_can_reach_no_data(translated: Translated) -> None:
    function = translated.properties("AWS::Lambda::Function")["DescribeApi"]
    assert not {name for name in function["Environment"]["Variables"] if name.endswith("_TABLE")}
    assert "Policies" not in translated.properties("AWS::IAM::Role")["DescribeApiRole"]
    routes = resources("AWS::Serverless::Function")["DescribeApi"]["Events"].values()
    assert {route["Properties"]["Path"] for route in routes} == PUBLIC
