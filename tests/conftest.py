"""Fixtures: the functions over a moto database with the tables of `template.yaml`, and requirements of tests."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws
from moto.core.serialize import AttributePicker, AttributePickerContext, XFormedAttributePicker
from xdist.scheduler import LoadScopeScheduling

from tests import dynamodb_local
from tests.api import Api, load
from tools.template import ROOT, buses, environment, tables

# A busy machine is no fault. What `CI` chooses holds beside it.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

FUNCTIONS = {
    "api": "ApiFunction",
    "authorizer": "Authorizer",
    "onboard_company": "OnboardCompany",
    "erase_company": "EraseCompany",
    "publish_events": "PublishEvents",
}


def no_docker() -> str | None:
    """Return why no Docker engine can be used here; None if one answers."""
    answer = subprocess.run([ROOT / "tests/sam_local/engine.sh"], capture_output=True, text=True, check=False)
    return answer.stderr.strip() if answer.returncode else None


def no_dynamodb_local() -> str | None:
    """Return why DynamoDB Local cannot be started here; None if it can."""
    if reason := dynamodb_local.unsupported():
        pytest.skip(reason)
    return dynamodb_local.unavailable()


NEWTONSOFT = "/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll"
"""Its path in Debian's package."""


def no_mono() -> str | None:
    """Return which parts of Mono the .NET client lacks here; None if it has all."""
    missing = [command for command in ("mcs", "mono") if shutil.which(command) is None]
    if not Path(NEWTONSOFT).exists():
        missing.append("Newtonsoft.Json")
    return f"Mono is not complete here: {', '.join(missing)} is missing." if missing else None


CHROMIUM = "chromium"


def no_chromium() -> str | None:
    """Return that Chromium is missing; None if it is installed."""
    return None if shutil.which(CHROMIUM) else "There is no Chromium; Debian's package is `chromium`."


def no_npm() -> str | None:
    """Return that npm is missing; None if it is installed."""
    return None if shutil.which("npm") else "There is no npm, which installs axe-core, Redocly and clients of OData."


def no_command(name: str) -> str | None:
    """Return that a command is missing; None if it is installed."""
    return None if shutil.which(name) else f"There is no {name}."


TAKES_LONG = (
    "stack",
    "newcomer",
    "sam_local",
    "exactly_once",
    "events/test_wire_faults.py",
    "newcomer/test_recipes.py",
    "lists",
    "events",
)
"""The folders whose tests share servers, and files in them that use none; they come first."""


def group(path: str) -> str:
    """Return what is to run in one process with a file: its folder, where the tests share servers, or the file alone.

    ``path`` is relative to the tests, which it may name. Clients use the stack of the HTTP tests.
    """
    path = path.removeprefix("tests/")
    folder = path.partition("/")[0].replace("clients", "stack")
    return folder if folder in TAKES_LONG and path not in TAKES_LONG else path


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Hand out the tests in the order in which they were collected, each group to one process.

    xdist's own ``loadgroup`` would do the same, but groups nothing with pytest 9.2 (pytest-xdist issue 1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByGroup:
    """Have xdist use the scheduler above."""
    config.option.loadscopereorder = False
    return ByGroup(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and mark what takes Docker.

    Raises:
        pytest.UsageError: two tests have the same id. xdist would run one of them.
    """
    if len({item.nodeid for item in items}) < len(items):
        raise pytest.UsageError("Two tests have the same id, of which xdist would run one.")
    places = {name: place for place, name in enumerate(TAKES_LONG)}
    for item in items:
        if "sam_local" in item.path.as_posix():
            item.add_marker("docker")
    items.sort(key=lambda item: places.get(group(item.path.relative_to(ROOT / "tests").as_posix()), len(places)))


MISSING: Mapping[str, Callable[[], str | None]] = {
    "chromium": no_chromium,
    "curl": lambda: no_command("curl"),
    "docker": no_docker,
    "dynamodb-local": no_dynamodb_local,
    "java": lambda: no_command("javac"),
    "maven": lambda: no_command("mvn"),
    "mono": no_mono,
    "npm": no_npm,
    "wget": lambda: no_command("wget"),
}
"""The requirements of some tests beyond this project's own environments, each with the reason why it is missing."""


def needs(what: str) -> None:
    """Skip the test that calls this, or whose fixture does, if this machine lacks a requirement of `MISSING`.

    In CI, where the variable `CI` is set, the test fails instead, because `.ci/run` installs all that can be installed.
    A limit that no installation removes, such as the processor, is a skip there, too.
    """
    if reason := MISSING[what]():
        if os.environ.get("CI", "").lower() in ("", "0", "false"):
            pytest.skip(reason)
        pytest.fail(f"In CI nothing is skipped that could be installed: {reason}", pytrace=False)


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """The address of DynamoDB Local, or the one in `AWS_ENDPOINT_URL_DYNAMODB`."""
    needs("dynamodb-local")
    with dynamodb_local.start() as endpoint:
        yield endpoint


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which no test can reach a real account."""
    return without_account(monkeypatch)


@pytest.fixture
def moto_database(aws_environment: pytest.MonkeyPatch) -> Iterator[None]:
    """Empty tables, as the template defines them, in moto."""
    with moto_tables():
        yield


@pytest.fixture
def api(moto_database: None, aws_environment: pytest.MonkeyPatch) -> Api:
    """All functions, freshly imported, each in the environment that the template gives it."""
    return all_functions(aws_environment)


def without_account(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Remove from the environment everything that leads to a real account."""
    for name in (
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_EVENTBRIDGE",
        "AWS_SESSION_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    return monkeypatch


def pick(picker: XFormedAttributePicker, context: AttributePickerContext) -> Any:
    """Return a member of what moto answers: of a DynamoDB value by its name, since no value has other spellings.

    moto tries each spelling of each of a value's ten types, which takes 40 % of the time of a list of 100 tasks.
    """
    parent = getattr(context.shape, "parent", None)
    if parent is not None and parent.name == "AttributeValue" and isinstance(context.obj, dict):
        return context.obj.get(context.key)
    return AttributePicker.__call__(picker, context)


@contextmanager
def moto_tables() -> Iterator[None]:
    """Empty tables, as the template defines them, in moto, and the event bus."""
    with mock_aws(), patch.object(XFormedAttributePicker, "__call__", pick):
        client = boto3.client("dynamodb")
        for table in tables():
            client.create_table(**table)
        for bus in buses():
            boto3.client("events").create_event_bus(Name=bus)
        yield


@contextmanager
def shared_api() -> Iterator[Api]:
    """All functions over one moto database, for tests that each have companies of their own."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_account(monkeypatch)
        with moto_tables():
            yield all_functions(monkeypatch)


def all_functions(monkeypatch: pytest.MonkeyPatch) -> Api:
    """All functions, freshly imported, each in the environment that the template gives it."""
    modules = {}
    seen: dict[str, str] = {}
    for function, logical_id in FUNCTIONS.items():
        with monkeypatch.context() as scoped:
            for name, value in environment(logical_id).items():
                scoped.setenv(name, value)
            modules[function] = load(function)
            seen |= environment(logical_id)
    for name, value in seen.items():
        monkeypatch.setenv(name, value)
    return Api(**modules)
