"""Deploy `template.yaml` to MiniStack on this machine, for `make run` and for the stack tests."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from tools import ministack_template
from tools.account import outputs_of
from tools.build import ROOT, SAM, architecture, build
from tools.server import running

MINISTACK = ROOT / ".local/ministack/bin/python"
LOG_FILE = ROOT / ".local/ministack.log"
STACK_NAME = "task-api"
REGION = "eu-west-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
"""The environment of commands, so that none reaches a real account."""

local_client = partial(boto3.client, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
"""Make a boto3 client with dummy credentials. It needs an ``endpoint_url``."""


@dataclass(frozen=True)
class LocalStack:
    """A deployed stack: the address of its API, and the AWS endpoint behind it."""

    base_url: str
    endpoint: str
    outputs: dict[str, str]
    server: subprocess.Popen[bytes]

    def client(self, service: Any) -> Any:
        """Return a boto3 client for the local endpoint."""
        return local_client(service, endpoint_url=self.endpoint)

    def onboard(self, command: dict[str, object]) -> dict[str, Any]:
        """Invoke ``OnboardCompany`` as an operator does, and return its answer.

        Raises:
            RuntimeError: the function refused the command.
        """
        answer = self.client("lambda").invoke(
            FunctionName=self.outputs["OnboardCompanyName"], Payload=json.dumps(command).encode()
        )
        result: dict[str, Any] = json.load(answer["Payload"])
        if "FunctionError" in answer or "status" in result:
            raise RuntimeError(f"OnboardCompany refused {command['action']}: {result}")
        return result


@contextmanager
def deployed(
    port: int, progress: Callable[[str], None], settings: Mapping[str, str] | None = None
) -> Iterator[LocalStack]:
    """Build the project, start MiniStack on ``port``, deploy to it, run the block, and stop MiniStack.

    MiniStack reads ``settings`` as environment variables.

    Raises:
        SystemExit: a step has failed. Its output is on stderr.
    """
    progress("Building functions and layers with SAM")
    template = ministack_template.write(build())
    progress(f"Starting MiniStack on 127.0.0.1:{port}")
    endpoint = f"http://127.0.0.1:{port}"
    # Functions inherit MiniStack's environment, so it contains nothing of the user's account or of our own packages.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    environment = {
        **inherited,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AWS_ENDPOINT_URL": endpoint,
        "MINISTACK_REGION": REGION,
        "PYTHONUNBUFFERED": "1",
        **(settings or {}),
    }
    command, health = (str(MINISTACK), "-m", "ministack"), f"{endpoint}/_ministack/health"
    # MiniStack unpacks functions and layers into TMPDIR for each of its workers, and leaves them there.
    with TemporaryDirectory(prefix="task-api-") as workers:
        environment["TMPDIR"] = workers
        with running(command, answers_at=health, log_file=LOG_FILE, environment=environment) as server:
            progress("Deploying template.yaml with SAM")
            _deploy(str(template), endpoint)
            yield describe(endpoint, server)


def _deploy(template: str, endpoint: str) -> None:
    command = [str(SAM), "deploy", "--template-file", template, "--stack-name", STACK_NAME, "--resolve-s3"]
    command += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar", "--region", REGION]
    command += ["--parameter-overrides", f"Architecture={architecture()}"]
    environment = {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nsam deploy failed; its output is above.")


def describe(endpoint: str, server: subprocess.Popen[bytes]) -> LocalStack:
    """Return the stack that is deployed at an endpoint. An update gives MiniStack's API another id."""
    outputs = outputs_of(local_client("cloudformation", endpoint_url=endpoint), STACK_NAME)
    api_id = outputs["ApiUrl"].removeprefix("https://").partition(".")[0]
    stage = outputs["ApiUrl"].rpartition("/")[2]
    base_url = f"{endpoint}/restapis/{api_id}/{stage}/_user_request_"
    # Events have another address than MiniStack's, and Location must be valid here, too.
    local_client("apigateway", endpoint_url=endpoint).update_stage(
        restApiId=api_id,
        stageName=stage,
        patchOperations=[{"op": "replace", "path": "/variables/public_url", "value": base_url}],
    )
    return LocalStack(base_url, endpoint, outputs, server)
