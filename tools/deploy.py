"""`make deploy`: guide through a first deployment to AWS, repeat it later, and say what to do next.

Credentials come from where every AWS tool looks for them; answers are kept in `samconfig.toml`.
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.build import ROOT, SAM, architecture, build

CONFIG_FILE = ROOT / "samconfig.toml"


def main() -> None:
    """Deploy to one environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", default="default", help="whose answers in samconfig.toml to use")
    environment = parser.parse_args().environment
    account = _account()
    saved = answers(environment)
    os.environ["ARCHITECTURE"] = saved.get("Architecture", architecture())
    print(f"Building functions and layers with SAM for {architecture()} …", flush=True)
    _deploy(build(), environment, guided=not saved)
    saved = answers(environment)
    if saved.get("Architecture", architecture()) != architecture():
        # The guide asks for the processor after the layers are built.
        os.environ["ARCHITECTURE"] = saved["Architecture"]
        print(f"You chose {architecture()}: building and deploying for that …", flush=True)
        _deploy(build(), environment, guided=False)
    if not saved:
        print(f"The answers were not saved to {CONFIG_FILE.name}, so what comes next cannot be shown: see the README.")
        return
    outputs = _outputs(saved["stack_name"], saved["region"])
    if not outputs:
        sys.exit("Nothing was deployed.")
    print(f"\n{saved['stack_name']} in account {account}, {saved['region']}: {outputs['ApiUrl']}")
    print(next_steps(outputs, saved["region"]))


def answers(environment: str) -> dict[str, str]:
    """What a first deployment to an environment left in `samconfig.toml`, parameters included; nothing before it."""
    if not CONFIG_FILE.exists():
        return {}
    sections = tomllib.loads(CONFIG_FILE.read_text()).get(environment, {})
    saved: dict[str, Any] = sections.get("global", {}).get("parameters", {})
    saved = saved | sections.get("deploy", {}).get("parameters", {})
    if "region" not in saved:
        return {}
    overrides = saved.get("parameter_overrides", "")
    pairs = overrides if isinstance(overrides, list) else re.findall(r'\w+="[^"]*"|\w+=\S*', overrides)
    parameters = {name: value.strip('"') for name, _, value in (pair.partition("=") for pair in pairs)}
    return parameters | {name: value for name, value in saved.items() if isinstance(value, str)}


def next_steps(outputs: dict[str, str], region: str) -> str:
    """Commands to paste: the first company, its key, its first task."""
    company_id = uuid4()
    invoke = (
        f"aws lambda invoke --region {region} --function-name {outputs['OnboardCompanyName']} \\\n"
        "    --cli-binary-format raw-in-base64-out /dev/stdout --payload"
    )
    return f"""
  # onboard your first company, with the built-in catalogue; company_id is a GUID of your choice
  {invoke} '{{"action": "onboard", "company_id": "{company_id}"}}'

  # issue a key for it; it is shown this once
  {invoke} '{{"action": "issue_key", "company_id": "{company_id}", "label": "first"}}'

  # create its first task, with that key
  curl -i {outputs["ApiUrl"]}/tasks -H "Authorization: Bearer $KEY" \\
    -H 'Content-Type: application/json' -d '{{"subject": "Printer on fire"}}'
"""


def _account() -> str:
    try:
        return str(
            boto3.client("sts", region_name=boto3.Session().region_name or "us-east-1").get_caller_identity()["Account"]
        )
    except (BotoCoreError, ClientError) as error:
        reason = str(error).rstrip(".")
        sys.exit(
            f"AWS does not accept your credentials ({reason}): "
            "run `aws configure` or `aws sso login`, or set AWS_PROFILE."
        )


def _deploy(template: Path, environment: str, *, guided: bool) -> None:
    command = [str(SAM), "deploy", "--template-file", str(template)]
    command += ["--config-file", str(CONFIG_FILE), "--config-env", environment]
    command += ["--no-fail-on-empty-changeset"]
    if guided:
        stack_name = "task-api" if environment == "default" else f"task-api-{environment}"
        command += ["--guided", "--stack-name", stack_name, "--capabilities", "CAPABILITY_IAM"]
        command += ["--parameter-overrides", f"Architecture={architecture()}"]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit("sam deploy failed or was stopped; see above.")


def _outputs(stack_name: str, region: str) -> dict[str, str]:
    client = boto3.client("cloudformation", region_name=region)
    [stack] = client.describe_stacks(StackName=stack_name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


if __name__ == "__main__":
    main()
