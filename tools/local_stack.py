"""The template itself, deployed to MiniStack on this machine: for `make run` and for the stack tests."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from tools import ministack_template
from tools.build import ROOT, SAM, architecture, build
from tools.server import running

MINISTACK = ROOT / ".local/ministack/bin/python"
LOG_FILE = ROOT / ".local/ministack.log"
STACK_NAME = "task-api"
REGION = "eu-west-1"


@dataclass(frozen=True)
class LocalStack:
    """A deployed stack: where its API answers, and the AWS endpoint behind it."""

    base_url: str
    endpoint: str
    outputs: dict[str, str]
    server: subprocess.Popen[bytes]

    def client(self, service: Any) -> Any:
        """A boto3 client for the local endpoint."""
        return _client(service, self.endpoint)

    def onboard(self, command: dict[str, object]) -> dict[str, Any]:
        """Invoke ``OnboardCompany`` as an operator does and return its answer."""
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
    """Build, start MiniStack on ``port``, deploy with `sam deploy`; stop all of it in the end.

    ``settings`` are environment variables that MiniStack reads.

    Raises:
        SystemExit: a step failed; what it said is on stderr.
    """
    progress("Building functions and layers with SAM")
    template = build()
    progress(f"Starting MiniStack on 127.0.0.1:{port}")
    with _ministack(port, settings or {}) as (endpoint, server):
        progress("Deploying template.yaml with SAM")
        _deploy(ministack_template.write(template), endpoint)
        yield _describe(endpoint, server)


@contextmanager
def _ministack(port: int, settings: Mapping[str, str]) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    endpoint = f"http://127.0.0.1:{port}"
    # The functions inherit this: nothing of the caller's account, nor packages of ours beside their layers.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    environment = {
        **inherited,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AWS_ENDPOINT_URL": endpoint,
        "MINISTACK_REGION": REGION,
        "PYTHONUNBUFFERED": "1",
        **settings,
    }
    # MiniStack unpacks functions and layers for each of its workers, and leaves them there.
    with (
        TemporaryDirectory(prefix="task-api-") as workers,
        running(
            [MINISTACK, "-m", "ministack"],
            answers_at=f"{endpoint}/_ministack/health",
            log_file=LOG_FILE,
            environment=environment | {"TMPDIR": workers},
        ) as server,
    ):
        yield endpoint, server


def _deploy(template: Path, endpoint: str) -> None:
    environment = os.environ | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }
    command = [str(SAM), "deploy", "--template-file", str(template), "--stack-name", STACK_NAME, "--resolve-s3"]
    command += ["--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar", "--region", REGION]
    command += ["--parameter-overrides", f"Architecture={architecture()}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nsam deploy failed; see above.")


def _describe(endpoint: str, server: subprocess.Popen[bytes]) -> LocalStack:
    [stack] = _client("cloudformation", endpoint).describe_stacks(StackName=STACK_NAME)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    api_id = outputs["ApiUrl"].removeprefix("https://").partition(".")[0]
    stage = outputs["ApiUrl"].rpartition("/")[2]
    base_url = f"{endpoint}/restapis/{api_id}/{stage}/_user_request_"
    # The gateway's local address differs from what events say of it; Location has to hold here too.
    _client("apigateway", endpoint).update_stage(
        restApiId=api_id,
        stageName=stage,
        patchOperations=[{"op": "replace", "path": "/variables/public_url", "value": base_url}],
    )
    return LocalStack(base_url, endpoint, outputs, server)


def _client(service: Any, endpoint: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
