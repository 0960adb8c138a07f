"""The stack under test: the one that the environment names, else `template.yaml` on MiniStack."""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.stack.client import Stack
from tests.stack.deployment import Deployment
from tools import demo, events
from tools.local_stack import STACK_NAME, LocalStack, deployed
from tools.server import free_port

NAMES = ("BASE_URL", "ALPHA_KEY", "BETA_KEY")
ENFORCED_AND_RECORDED = {"AUTH": "true", "CLOUDTRAIL_RECORDING": "1"}
"""MiniStack's settings: the roles' policies are enforced, and all API calls are recorded."""

LAST = {"test_fuzz.py": 1, "test_restoring.py": 2}
"""Modules that change the stack that all share: one leaves thousands of tasks, one replaces table and API."""

PATIENCE = 60.0
"""Seconds until what has not come counts as lost."""

type Find = Callable[[str], dict[str, Any]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the modules come last that leave another stack behind."""
    items.sort(key=lambda item: LAST.get(item.path.name, 0))


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


@pytest.fixture(scope="module")
def find(deployment: Deployment) -> Find:
    """Return a function that waits for the event of the task with a subject, in a queue at the bus."""
    url = events.attach(deployment.stack)
    queues = deployment.stack.client("sqs")
    queues.purge_queue(QueueUrl=url)  # what other modules have left
    by_subject: dict[str, dict[str, Any]] = {}

    def wait_for(subject: str) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while subject not in by_subject:
            assert time.monotonic() < deadline, f"no event of {subject} within {PATIENCE:.0f} s"
            by_subject.update({each["detail"]["task"]["subject"]: each for each in events.received(queues, url, 1)})
        return by_subject[subject]

    return wait_for
