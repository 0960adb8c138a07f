"""`make deploy` deploys to MiniStack, guided by answers on its standard input."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.stack.client import Client
from tools import deploy
from tools.local_stack import REGION, LocalStack
from tools.template import ROOT, template

# The layers are there for one processor, and MiniStack runs them whatever the template calls it.
DRIVER = """
import sys
from pathlib import Path
from tools import deploy, ministack_template
from tools.build import BUILT_TEMPLATE, architecture

def build():
    print("building for", architecture())
    return ministack_template.write(BUILT_TEMPLATE)

deploy.build = build
deploy.CONFIG_FILE = Path(sys.argv.pop())
deploy.main()
"""


def run(*arguments: str | Path, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    names = {"PYTHONPATH": ".", "ARCHITECTURE": "x86_64", "SAM_CLI_TELEMETRY": "0"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | names | environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings of SAM in which a deployment keeps its answers."""
    return Path(shutil.copy(ROOT / "samconfig.toml", tmp_path_factory.mktemp("deploy")))


@pytest.fixture(scope="module")
def first(local_stack: LocalStack, config_file: Path) -> str:
    """Deploy for the first time; what that prints."""
    answered = {"Architecture": "arm64", "CorsOrigins": "https://desk.example,https://old.example"}
    parameters = [answered.get(name, "") for name in template()["Parameters"]]
    stack_name, region, confirmations = "", "", [""] * 20
    return make_deploy(local_stack, config_file, "\n".join([stack_name, region, *parameters, *confirmations]))


def test_a_first_deployment_is_guided(local_stack: LocalStack, first: str) -> None:
    # The guide learned after the first build that another processor was wanted.
    built = [line for line in first.splitlines() if line.startswith("building for")]
    assert built == ["building for x86_64", "building for arm64"]
    deployed = f"task-api-trial in account 000000000000, {REGION}: https://"
    onboard, issue_key, create = first.partition(deployed)[2].replace("\\\n", "").split("\n\n")[1:4]
    assert invoked(local_stack, onboard)["next_number"] == 1
    key = str(invoked(local_stack, issue_key)["key"])
    api_url = next(word for word in shlex.split(create, comments=True) if word.startswith("https://"))
    api_id = api_url.removeprefix("https://").partition(".")[0]
    client = Client(f"{local_stack.endpoint}/restapis/{api_id}/v1/_user_request_", key)
    assert client.create({"subject": "Printer on fire"}).status == 201


def test_a_changed_answer_is_deployed(local_stack: LocalStack, first: str, config_file: Path) -> None:
    before = live(local_stack)
    assert before.variables["CORS_ORIGINS"] == "https://desk.example,https://old.example"
    config_file.write_text(config_file.read_text().replace(",https://old.example", ""))
    make_deploy(local_stack, config_file, "", "--yes")
    after = live(local_stack)
    assert after.variables["CORS_ORIGINS"] == "https://desk.example"
    assert after.deployment != before.deployment
    assert after.versions == {"$LATEST", after.version}


@dataclass(frozen=True)
class Live:
    """The released state of a stack."""

    variables: dict[str, str]
    version: str
    versions: set[str]
    deployment: str


def live(stack: LocalStack) -> Live:
    """Return the released state of the deployed stack."""
    pages = stack.client("cloudformation").get_paginator("list_stack_resources")
    parts = [part for page in pages.paginate(StackName="task-api-trial") for part in page["StackResourceSummaries"]]
    physical = {part["LogicalResourceId"]: part["PhysicalResourceId"] for part in parts}
    functions = stack.client("lambda")
    function = functions.get_function_configuration(FunctionName=physical["ApiFunction"], Qualifier="live")
    versions = functions.list_versions_by_function(FunctionName=physical["ApiFunction"])["Versions"]
    [stage] = stack.client("apigateway").get_stages(restApiId=physical["Api"])["item"]
    return Live(
        function["Environment"]["Variables"],
        function["Version"],
        {one["Version"] for one in versions},
        stage["deploymentId"],
    )


def make_deploy(stack: LocalStack, config_file: Path, given: str, *options: str) -> str:
    done = run(
        "-c",
        DRIVER,
        "--environment",
        "trial",
        *options,
        config_file,
        given=given,
        AWS_ENDPOINT_URL=stack.endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION=REGION,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_without_a_terminal_nothing_is_guessed() -> None:
    done = run("-m", "tools.deploy", "--environment", "absent", "--yes")
    assert done.returncode == 1
    assert done.stderr.startswith("samconfig.toml has no [absent.deploy.parameters]")


def invoked(stack: LocalStack, command: str) -> dict[str, object]:
    """Invoke a function by the printed `aws lambda invoke`, and return its answer."""
    words = shlex.split(command, comments=True)
    assert words[:3] == ["aws", "lambda", "invoke"]
    named = {name: words[words.index(name) + 1] for name in ("--region", "--function-name", "--payload")}
    assert named["--region"] == REGION
    answer = stack.client("lambda").invoke(FunctionName=named["--function-name"], Payload=named["--payload"].encode())
    returned: dict[str, object] = json.load(answer["Payload"])
    return returned


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
        {"AWS_ACCESS_KEY_ID": "AKIANOSUCHKEY0000000", "AWS_SECRET_ACCESS_KEY": "secret"},
        {"AWS_PROFILE": "no-such-profile"},
    ],
)
def test_bad_credentials(local_stack: LocalStack, tmp_path: Path, environment: dict[str, str]) -> None:
    elsewhere = {"AWS_ENDPOINT_URL": local_stack.endpoint, "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    done = run("-m", "tools.deploy", **elsewhere, **environment)
    assert done.returncode == 1
    assert not done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("AWS does not accept your credentials (")


@pytest.mark.parametrize(
    "overrides", [r'"A=\"1 2\" Architecture=\"arm64\" C=\"\" D=4"', '["A=1 2", "Architecture=arm64", "C=", "D=4"]']
)
def test_answers_are_read_as_sam_saves_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, overrides: str) -> None:
    config_file = tmp_path / "samconfig.toml"
    config_file.write_text(
        f"""version = 0.1
[default.global.parameters]
stack_name = "task-api"
[default.deploy.parameters]
resolve_s3 = true
[prod.deploy.parameters]
stack_name = "task-api-prod"
parameter_overrides = {overrides}
[prod.global.parameters]
region = "eu-west-1"
"""
    )
    monkeypatch.setattr(deploy, "CONFIG_FILE", config_file)
    assert deploy.answers("default") == deploy.answers("absent") == {}
    saved = {"stack_name": "task-api-prod", "region": "eu-west-1"}
    parameters = {"A": "1 2", "Architecture": "arm64", "C": "", "D": "4"}
    found = deploy.answers("prod")
    assert {name: found[name] for name in saved | parameters} == saved | parameters
