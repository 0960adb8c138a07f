"""The AWS account of the user's credentials, and the outputs of its stacks."""

import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def account() -> str:
    """Return the account's number, or exit with one line if AWS does not accept the credentials."""
    try:
        region = boto3.Session().region_name or "us-east-1"
        return str(boto3.client("sts", region_name=region).get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        reason = str(error).rstrip(".")
        sys.exit(
            f"AWS does not accept your credentials ({reason}): "
            "run `aws configure` or `aws sso login`, or set AWS_PROFILE."
        )


def outputs_of(cloudformation: Any, stack_name: str) -> dict[str, str]:
    """Return the outputs of a stack by their names."""
    [stack] = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
