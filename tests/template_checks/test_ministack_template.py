"""MiniStack gets the template with a few known differences, and with no others."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tools.ministack_template import deployable
from tools.template import ROOT, parse, resources, template

API = ("Resources", "Api", "Properties")
LEFT_OUT = {
    ("Globals", "Function", "DeploymentPreference"),
    ("Resources", "Traces"),
    ("Resources", "WritesThrottled"),
    ("Resources", "EventsSilent"),
    ("Resources", "FunctionsThrottled"),
    (*API, "Auth", "ApiKeyRequired"),
    *(
        ("Resources", name, "Properties", "DeploymentPreference")
        for name, function in resources("AWS::Serverless::Function").items()
        if "DeploymentPreference" in function
    ),
    *(
        ("Resources", name, "Properties", "Events", event, "Properties", "Auth", "ApiKeyRequired")
        for name, function in resources("AWS::Serverless::Function").items()
        for event, route in function.get("Events", {}).items()
        if "ApiKeyRequired" in route["Properties"].get("Auth", {})
    ),
}
REPLACED = {(*API, "BinaryMediaTypes")}


def differences(before: Any, after: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the way to each property that only one of two templates has, or that they have with other values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() | after.keys():
            yield from differences(before.get(name), after.get(name), (*way, name))
    elif before != after:
        yield way


def test_only_the_known_settings_differ() -> None:
    given = deployable(template())
    assert set(differences(template(), given)) == LEFT_OUT | REPLACED
    assert given["Resources"]["Api"]["Properties"]["BinaryMediaTypes"] == ["*/*"]


def test_the_template_itself_is_left_alone() -> None:
    before = json.dumps(template())
    deployable(template())
    assert json.dumps(template()) == before


def test_a_setting_that_has_gone_is_noticed() -> None:
    without = json.loads(json.dumps(template()))
    del without["Resources"]["Api"]["Properties"]["Auth"]["ApiKeyRequired"]
    with pytest.raises(KeyError, match="ApiKeyRequired"):
        deployable(without)


def test_the_template_is_read_as_cfn_lint_reads_it() -> None:
    from cfnlint.decode import cfn_yaml  # seconds, for every process that collects tests

    assert template() == cfn_yaml.load(str(ROOT / "template.yaml"))


def test_short_forms_nest() -> None:
    read = parse("A: !If [C, !Sub ['${X}', {X: !GetAtt B.Arn.C}], !Join [',', [!Ref D]]]\nE: !Condition F")
    sub = {"Fn::Sub": ["${X}", {"X": {"Fn::GetAtt": ["B", "Arn.C"]}}]}
    assert read == {"A": {"Fn::If": ["C", sub, {"Fn::Join": [",", [{"Ref": "D"}]]}]}, "E": {"Condition": "F"}}
