"""Deploy to AWS, for `make deploy`: guide the first deployment, repeat it later, and print the next steps.

SAM keeps the user's answers in `samconfig.toml`.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3

from tools.account import account, outputs_of
from tools.build import BUILD_STAMP, ROOT, SAM, architecture, build
from tools.template import read

CONFIG_FILE = ROOT / "samconfig.toml"


def main() -> None:
    """Deploy to one environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", default="default", help="the section of samconfig.toml to use")
    parser.add_argument("--yes", action="store_true", help="ask nothing, and deploy with the saved answers")
    arguments = parser.parse_args()
    environment = arguments.environment
    saved = answers(environment)
    if arguments.yes and not saved:
        sys.exit(
            f"{CONFIG_FILE.name} has no [{environment}.deploy.parameters] with a region, which a non-interactive "
            "deployment needs; see OPERATING.md, Roll out."
        )
    deploys_to = account()
    os.environ["ARCHITECTURE"] = saved.get("Architecture", architecture())
    print(f"Building functions and layers with SAM for {architecture()} …", flush=True)
    _deploy(build(), environment, guided=not saved, confirmed=arguments.yes)
    saved = answers(environment)
    if saved.get("Architecture", architecture()) != architecture():
        # SAM's guide asks for the architecture only after we have built the layers.
        os.environ["ARCHITECTURE"] = saved["Architecture"]
        print(f"You chose {architecture()}: building and deploying for that …", flush=True)
        _deploy(build(), environment, guided=False)
    if not saved:
        print(f"SAM did not save your answers to {CONFIG_FILE.name}; see the README for the next steps.")
        return
    outputs = outputs_of(boto3.client("cloudformation", region_name=saved["region"]), saved["stack_name"])
    if not outputs:
        sys.exit("Nothing was deployed.")
    remove_unused_versions(saved["stack_name"], saved["region"])
    print(f"\n{saved['stack_name']} in account {deploys_to}, {saved['region']}: {outputs['ApiUrl']}")
    print(next_steps(outputs, saved["region"]))


def answers(environment: str) -> dict[str, str]:
    """Return the user's answers for ``environment``: SAM's options and the parameters. A new environment has none."""
    sections = tomllib.loads(CONFIG_FILE.read_text()).get(environment, {})
    saved: dict[str, Any] = {}
    for command in ("global", "deploy"):
        saved |= sections.get(command, {}).get("parameters", {})
    if "region" not in saved:
        return {}
    overrides = saved.get("parameter_overrides", "")
    pairs = overrides if isinstance(overrides, list) else re.findall(r'\w+="[^"]*"|\w+=\S*', overrides)
    parameters = {name: value.strip('"') for name, _, value in (pair.partition("=") for pair in pairs)}
    return parameters | {name: value for name, value in saved.items() if isinstance(value, str)}


def release_of(inputs: str, saved: Mapping[str, str]) -> str:
    """Return the name of a release: a digest of ``inputs``, which stands for the sources, and of the ``saved`` answers.

    The same sources with the same answers have the same name, so that deploying them again publishes nothing.
    """
    return hashlib.sha256(json.dumps([inputs, dict(saved)], sort_keys=True).encode()).hexdigest()


def released(template: Mapping[str, Any], release: str) -> dict[str, Any]:
    """Return a copy of ``template`` that publishes every function and redeploys the API's stage for a new ``release``.

    SAM alone does not notice a changed parameter, so a narrowed `CorsOrigins` would reach neither the functions behind
    their alias nor the preflight (aws/serverless-application-model#3820). The release is written into the template,
    because as a parameter CloudFormation would keep its value, and a plain `sam deploy` of other code would publish
    nothing.
    """
    copied: dict[str, Any] = deepcopy(dict(template))
    for resource in copied["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # SAM also appends it to the description; without any change Lambda would not publish a version.
            resource["Properties"]["AutoPublishCodeSha256"] = release
    copied["Resources"]["Api"]["Properties"]["DefinitionBody"]["info"]["version"] = release
    return copied


def remove_unused_versions(stack_name: str, region: str) -> None:
    """Delete the versions of the stack's functions that no alias refers to. With SnapStart each costs money for ever.

    SAM retains them. No later deployment needs them, because a rollback returns to the version of the alias.
    """
    pages = boto3.client("cloudformation", region_name=region).get_paginator("list_stack_resources")
    parts = [part for page in pages.paginate(StackName=stack_name) for part in page["StackResourceSummaries"]]
    client = boto3.client("lambda", region_name=region)
    for name in [part["PhysicalResourceId"] for part in parts if part["ResourceType"] == "AWS::Lambda::Function"]:
        aliases = client.list_aliases(FunctionName=name)["Aliases"]
        named = {alias["FunctionVersion"] for alias in aliases}
        named |= {
            one for alias in aliases for one in alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        }
        for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=name):
            for version in {about["Version"] for about in page["Versions"]} - named - {"$LATEST"}:
                client.delete_function(FunctionName=name, Qualifier=version)


def next_steps(outputs: dict[str, str], region: str) -> str:
    """Return commands that onboard the first company, issue its key and create its first task."""
    company_id = uuid4()
    invoke = (
        f"aws lambda invoke --region {region} --function-name {outputs['OnboardCompanyName']} \\\n"
        "    --cli-binary-format raw-in-base64-out /dev/stdout --payload"
    )
    return f"""
  # onboard your first company, with the built-in catalogue; company_id is a GUID of your choice
  {invoke} '{{"action": "onboard", "company_id": "{company_id}"}}'

  # issue a key for it, which is shown only this once
  {invoke} '{{"action": "issue_key", "company_id": "{company_id}", "label": "first"}}'

  # create its first task, with that key
  curl -i {outputs["ApiUrl"]}/tasks -H "Authorization: Bearer $KEY" \\
    -H 'Content-Type: application/json' -d '{{"subject": "Printer on fire"}}'
"""


def _deploy(template: Path, environment: str, *, guided: bool, confirmed: bool = False) -> None:
    # The answers to SAM's guide are not known yet, so a guided deployment is always a new release.
    told = {"": str(uuid4())} if guided else answers(environment)
    release = release_of(template.with_name(BUILD_STAMP).read_text(), told)
    written = template.with_name("release.json")  # beside it, so that relative paths hold
    written.write_text(json.dumps(released(read(template), release)))
    command = [str(SAM), "deploy", "--template-file", str(written)]
    command += ["--config-file", str(CONFIG_FILE), "--config-env", environment, "--no-fail-on-empty-changeset"]
    if confirmed:
        command += ["--no-confirm-changeset"]
    if guided:
        stack_name = "task-api" if environment == "default" else f"task-api-{environment}"
        command += ["--guided", "--stack-name", stack_name, "--capabilities", "CAPABILITY_IAM"]
        command += ["--parameter-overrides", f"Architecture={architecture()}"]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit("sam deploy failed or was stopped; its output is above.")


if __name__ == "__main__":
    main()
