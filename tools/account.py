"""The account that the user's credentials open, for the commands that work on AWS."""

import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def account() -> str:
    """Return the account's number. Exit with one line where AWS does not accept the credentials."""
    try:
        region = boto3.Session().region_name or "us-east-1"
        return str(boto3.client("sts", region_name=region).get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        reason = str(error).rstrip(".")
        sys.exit(
            f"AWS does not accept your credentials ({reason}): "
            "run `aws configure` or `aws sso login`, or set AWS_PROFILE."
        )
