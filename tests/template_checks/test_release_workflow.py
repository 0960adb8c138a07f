"""The release workflow refers to existing things, and its role may deploy the template's resources."""

import json
import re
import shlex
import subprocess
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml
from cfnlint.decode import cfn_yaml

from tests.template_checks.conftest import Translated
from tools.template import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TEXT = (ROOT / ".github/workflows/release.yml").read_text()
WORKFLOW = yaml.safe_load(TEXT)
ROLE = cfn_yaml.load(str(ROOT / ".github/release-role.yaml"))
STATEMENTS: list[dict[str, Any]] = ROLE["Resources"]["ReleaseRole"]["Properties"]["Policies"][0]["PolicyDocument"][
    "Statement"
]
OPERATING = (ROOT / "OPERATING.md").read_text()
PREFIXES = {"ApiGateway": "apigateway", "Logs": "logs", "WAFv2": "wafv2", "XRay": "xray"}
"""IAM's names of services that are not the lower case of CloudFormation's names."""
NEEDED = [
    "cloudformation:CreateChangeSet",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:DescribeStacks",
    "cloudformation:ListStackResources",
    "iam:CreateRole",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:CreatePolicyVersion",
    "lambda:CreateEventSourceMapping",
    "lambda:DeleteFunction",
    "lambda:ListAliases",
    "s3:PutObject",
    "wafv2:AssociateWebACL",
    "xray:UpdateSamplingRule",
]
"""The permissions that a deployment, and `make deploy` after it, need."""


def allowed(action: str) -> bool:
    """Return whether the role may do something to any resource. IAM's only other wildcard, ?, is not used."""
    return any(fnmatchcase(action, pattern) for statement in STATEMENTS for pattern in _listed(statement["Action"]))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit(path: Any) -> None:
    used = re.findall(r"uses: (\S+)", path.read_text())
    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each) for each in used)


def test_expressions_name_what_there_is() -> None:
    inputs = WORKFLOW[True]["workflow_dispatch"]["inputs"]  # YAML 1.1 reads `on` as true
    named = re.findall(r"\$\{\{ (\w+)\.(\w+) \}\}", TEXT)
    assert len(named) == TEXT.count("${{")
    assert {name for kind, name in named if kind == "inputs"} == inputs.keys()
    variables = {name for kind, name in named if kind == "vars"}
    assert {name for name in variables if f"`{name}`" in OPERATING} == variables
    assert {kind for kind, _ in named} == {"inputs", "vars"}
    assert "`RoleArn`" in OPERATING
    assert "RoleArn" in ROLE["Outputs"]


def test_it_runs_only_after_approval_and_holds_no_secret() -> None:
    [job] = WORKFLOW["jobs"].values()
    assert WORKFLOW[True].keys() == {"workflow_dispatch"}
    assert job["environment"]
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert "secrets." not in TEXT
    assert not [path for path in WORKFLOWS if path.name != "release.yml" and "deploy" in path.read_text()]
    [trust] = ROLE["Resources"]["ReleaseRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    subject = trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]["Fn::Sub"]
    assert subject == "repo:${Repository}:environment:${Environment}"


def test_its_command_asks_nothing() -> None:
    [job] = WORKFLOW["jobs"].values()
    [command] = [step["run"] for step in job["steps"] if "run" in step]
    words = shlex.split(command.replace("$ENVIRONMENT", "prod"))
    dry = subprocess.run([*words, "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "tools.deploy --environment prod --yes" in dry


def test_the_role_may_deploy_every_service_of_the_template(translated: Translated) -> None:
    services = {part["Type"].split("::")[1] for part in translated.template["Resources"].values()}
    prefixes = {PREFIXES.get(service, service.lower()) for service in services}
    granted = {pattern.partition(":")[0] for statement in STATEMENTS for pattern in _listed(statement["Action"])}
    assert prefixes <= granted, "give .github/release-role.yaml what the new service needs"


@pytest.mark.parametrize("action", NEEDED)
def test_the_role_may(action: str) -> None:
    assert allowed(action)


def test_the_role_may_not_touch_other_stacks_or_people() -> None:
    assert not any(map(allowed, ["iam:CreateUser", "iam:CreateAccessKey", "sts:AssumeRole", "s3:DeleteBucket"]))
    scoped = [statement for statement in STATEMENTS if any("iam:" in each for each in _listed(statement["Action"]))]
    assert all("${Stack}-" in json.dumps(each) for statement in scoped for each in _listed(statement["Resource"]))
