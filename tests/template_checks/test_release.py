"""SAM translates the template before and after a change, and logical ids show what a second deployment publishes.

CloudFormation makes a new version, or a new deployment of the API, exactly where the logical id is a new one.
"""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tools.deploy import release_of, released
from tools.template import ROOT, resources, template

FUNCTIONS = sorted(resources("AWS::Serverless::Function"))
LAYERS = sorted(resources("AWS::Serverless::LayerVersion"))
PARAMETERS: Mapping[str, Mapping[str, Any]] = template()["Parameters"]
BUILT = "what it was built from"

type Case = dict[str, Any]


@dataclass(frozen=True)
class Published:
    """The versions behind the aliases and the stage after a deployment, by logical id."""

    versions: Mapping[str, str]
    """The version that each function's alias points to."""
    deployment: str
    descriptions: Mapping[str, str]


def case(*changed: str, release: str | None = None, **parameters: str) -> Case:
    """Return the template as `sam deploy` uploads it, with the code of the ``changed`` resources at another address."""
    packaged = json.loads(json.dumps(template()))
    for name in [*FUNCTIONS, *LAYERS]:
        uri = "CodeUri" if name in FUNCTIONS else "ContentUri"
        packaged["Resources"][name]["Properties"][uri] = f"s3://bucket/{name}{'-changed' if name in changed else ''}"
    return {"template": released(packaged, release) if release else packaged, "parameters": parameters}


def made(*changed: str, **parameters: str) -> Case:
    """Return the same for `make deploy`, which names the release after the sources and the saved answers."""
    inputs = " ".join([BUILT, *changed])
    return case(*changed, release=release_of(inputs, {"region": "eu-west-1", **parameters}), **parameters)


def another_value(parameter: str) -> str:
    about = PARAMETERS[parameter]
    return str(next((value for value in about.get("AllowedValues", []) if value != about["Default"]), "17"))


CASES = {
    "before": case(),
    "again": case(),
    **{f"changed {name}": case(name) for name in [*FUNCTIONS, *LAYERS]},
    "made": made(),
    "made again": made(),
    **{f"made with {name}": made(name) for name in [*FUNCTIONS, *LAYERS]},
    **{f"made with {name}": made(**{name: another_value(name)}) for name in PARAMETERS},
}


@pytest.fixture(scope="module")
def published() -> dict[str, Published]:
    """Return the published versions of each of ``CASES``."""
    command = [str(ROOT / ".local/sam/bin/python"), str(ROOT / "tools/translated_template.py"), "--cases"]
    sent = json.dumps(list(CASES.values()))
    done = subprocess.run(command, input=sent, capture_output=True, text=True, check=True)
    return dict(zip(CASES, map(_published, json.loads(done.stdout)), strict=True))


def _published(translated: dict[str, Any]) -> Published:
    parts = translated["Resources"]
    versions, descriptions = {}, {}
    for name in FUNCTIONS:
        version, attribute = parts[f"{name}Aliaslive"]["Properties"]["FunctionVersion"]["Fn::GetAtt"]
        assert attribute == "Version"
        assert parts[version]["Properties"]["FunctionName"] == {"Ref": name}
        versions[name] = version
        descriptions[name] = parts[name]["Properties"]["Description"]
    deployment = parts["ApiStage"]["Properties"]["DeploymentId"]["Ref"]
    assert parts[deployment]["Type"] == "AWS::ApiGateway::Deployment"
    return Published(versions, deployment, descriptions)


def new_versions(before: Published, after: Published) -> set[str]:
    return {name for name in FUNCTIONS if before.versions[name] != after.versions[name]}


# ---- sam build && sam deploy ----------------------------------------------------------------------------------------


def test_nothing_changed_publishes_nothing(published: dict[str, Published]) -> None:
    assert published["again"] == published["before"]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_changed_layer_reaches_every_function(published: dict[str, Published], layer: str) -> None:
    """Otherwise `live` keeps the old layer for ever (aws/aws-sam-cli#7775, aws/serverless-application-model#3610)."""
    assert new_versions(published["before"], published[f"changed {layer}"]) == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_changed_code_reaches_its_function(published: dict[str, Published], function: str) -> None:
    assert new_versions(published["before"], published[f"changed {function}"]) == {function}


def test_a_function_and_its_layers_are_always_of_one_release() -> None:
    """A version fixes a function with all its layers, so each layer's change needs a new version of every function."""
    shared = template()["Globals"]["Function"]
    assert shared["AutoPublishAliasAllProperties"] is True
    for function in resources("AWS::Serverless::Function").values():
        settings = {**shared, **function}
        assert settings["AutoPublishAlias"] == "live"
        assert settings["AutoPublishAliasAllProperties"] is True
        assert {layer["Ref"] for layer in settings["Layers"]} <= set(LAYERS)
    for layer in resources("AWS::Serverless::LayerVersion").values():
        assert layer["PublishLambdaVersion"] is True


# ---- make deploy ----------------------------------------------------------------------------------------------------


def test_the_same_release_publishes_nothing(published: dict[str, Published]) -> None:
    assert published["made again"] == published["made"]


@pytest.mark.parametrize("changed", [*PARAMETERS, *LAYERS, *FUNCTIONS])
def test_a_change_is_released_everywhere(published: dict[str, Published], changed: str) -> None:
    before, after = published["made"], published[f"made with {changed}"]
    assert new_versions(before, after) == set(FUNCTIONS)
    assert before.deployment != after.deployment


@pytest.mark.parametrize("changed", [*PARAMETERS, *LAYERS, *FUNCTIONS])
def test_lambda_finds_a_changed_function_to_publish(published: dict[str, Published], changed: str) -> None:
    """Lambda refuses to publish an unchanged function again, and CloudFormation would fail."""
    before, after = published["made"], published[f"made with {changed}"]
    assert not [name for name in FUNCTIONS if before.descriptions[name] == after.descriptions[name]]


def test_the_two_ways_to_deploy_can_follow_each_other(published: dict[str, Published]) -> None:
    for plain in ("before", *(f"changed {layer}" for layer in LAYERS)):
        assert new_versions(published["made"], published[plain]) == set(FUNCTIONS)
        assert published["made"].descriptions != published[plain].descriptions
