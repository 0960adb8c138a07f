"""The stack under test: the one that the environment names, else `template.yaml` on MiniStack."""

import os
from collections.abc import Iterator

import pytest

from tests.stack.client import Stack
from tests.stack.deployment import Deployment
from tools import demo
from tools.local_stack import STACK_NAME, LocalStack, deployed
from tools.server import free_port

NAMES = ("BASE_URL", "ALPHA_KEY", "BETA_KEY")
ENFORCED_AND_RECORDED = {"AUTH": "true", "CLOUDTRAIL_RECORDING": "1"}
"""MiniStack's settings: the roles' policies are enforced, and all API calls are recorded."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the fuzz test come last: it leaves thousands of calls and tasks behind, in the stack that all tests share."""
    items.sort(key=lambda item: item.path.name == "test_fuzz.py")


@pytest.fixture(scope="session")
def local_stack() -> Iterator[LocalStack]:
    """Deploy `template.yaml` to a MiniStack of our own."""
    with deployed(free_port(), print, ENFORCED_AND_RECORDED) as stack:
        yield stack


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Stack:
    """Return the stack that the environment names, or else our own with the demo companies."""
    named = [os.environ.get(name, "") for name in NAMES]
    if any(named):
        if not all(named):
            pytest.fail(f"A deployed stack needs all of {', '.join(NAMES)}.", pytrace=False)
        base_url, alpha_key, beta_key = named
        return Stack(base_url.rstrip("/"), alpha_key, beta_key, has_demo_catalogue=False)
    local: LocalStack = request.getfixturevalue("local_stack")
    alpha, beta = (demo.onboard(company, local.onboard) for company in (demo.ALPHA, demo.BETA))
    return Stack(local.base_url, alpha.key, beta.key, has_demo_catalogue=True)


@pytest.fixture(scope="session")
def deployment(local_stack: LocalStack) -> Deployment:
    """Return the parts of our own stack."""
    client = local_stack.client("cloudformation")
    pages = client.get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    summaries = [summary for page in pages for summary in page["StackResourceSummaries"]]
    return Deployment(local_stack, {part["LogicalResourceId"]: part["PhysicalResourceId"] for part in summaries})
