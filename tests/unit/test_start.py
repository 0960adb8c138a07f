"""The start of an execution environment."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from servicedesk import cold_start
from servicedesk.domain.faults import NoSuchTaskError
from servicedesk.store import dynamodb

from tests.api import load
from tests.conftest import FUNCTIONS
from tools import template
from tools.template import ROOT

KIND = "AWS_LAMBDA_INITIALIZATION_TYPE"


class Read:
    """A read that counts its calls and ends as planned."""

    def __init__(self, end: Exception | None = None) -> None:
        self.calls = 0
        self.end = end

    def __call__(self) -> None:
        self.calls += 1
        if self.end:
            raise self.end


@pytest.mark.parametrize("kind", [None, "on-demand"])
def test_where_somebody_waits_nothing_is_read_early(monkeypatch: pytest.MonkeyPatch, kind: str | None) -> None:
    if kind is None:
        monkeypatch.delenv(KIND, raising=False)
    else:
        monkeypatch.setenv(KIND, kind)
    read = Read()
    cold_start.warm_up(read)
    assert read.calls == 0


@pytest.mark.parametrize("end", [None, NoSuchTaskError("none"), EndpointConnectionError(endpoint_url="https://x")])
def test_provisioned_environments_read_once_however_it_ends(
    monkeypatch: pytest.MonkeyPatch, end: Exception | None
) -> None:
    monkeypatch.setenv(KIND, "provisioned-concurrency")
    read = Read(end)
    cold_start.warm_up(read)
    assert read.calls == 1


def test_a_restored_snapshot_reads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: list[Callable[[], None]] = []
    runtime = ModuleType("snapshot_restore_py")
    vars(runtime)["register_after_restore"] = hooks.append
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", runtime)
    monkeypatch.setenv(KIND, "snap-start")
    read = Read()
    cold_start.warm_up(read)
    assert (read.calls, len(hooks)) == (1, 1)
    hooks[0]()
    assert read.calls == 2


@pytest.mark.parametrize("function", ["authorizer", "api"])
@pytest.mark.parametrize(("kind", "reads"), [("on-demand", 0), ("provisioned-concurrency", 1)])
def test_a_function_warms_up_where_nobody_waits(
    aws_environment: pytest.MonkeyPatch, function: str, kind: str, reads: int
) -> None:
    asked: list[Mapping[str, Any]] = []

    class Database:
        def get_item(self, **request: Any) -> dict[str, Any]:
            asked.append(request)
            return {}

    for name, value in (template.environment(FUNCTIONS[function]) | {KIND: kind}).items():
        aws_environment.setenv(name, value)
    aws_environment.setattr(dynamodb, "client", Database)
    load(function)
    assert len(asked) == reads


STARTED = """
import gc

def collections():
    return sum(generation["collections"] for generation in gc.get_stats())

gc.collect()
before = collections()
{start}
print(collections() - before, gc.isenabled(), gc.get_freeze_count())
"""

FEW = 10
"""More collections than run after a start. Without the measures, 30 to 50 run during it."""


def started(start: str, **environment: str) -> tuple[int, bool, int]:
    """Return the collections during a start, whether the collector runs afterwards, and the frozen objects."""
    path = os.pathsep.join([str(ROOT / "layers/servicedesk"), *sys.path])
    variables = {"PYTHONPATH": path, "AWS_DEFAULT_REGION": "eu-west-1", "POWERTOOLS_METRICS_NAMESPACE": "Test"}
    done = subprocess.run(
        [sys.executable, "-c", STARTED.format(start=start)],
        env=variables | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    collections, is_enabled, frozen = done.stdout.split()
    return int(collections), is_enabled == "True", int(frozen)


@pytest.mark.parametrize("function", ["api", "authorizer", "publish_events"])
def test_the_collector_rests_while_a_function_starts(function: str) -> None:
    folder = ROOT / "functions" / function
    start = f"import sys; sys.path.insert(0, {str(folder)!r}); import app"
    environment = template.environment(FUNCTIONS[function]) | {"AWS_LAMBDA_FUNCTION_NAME": FUNCTIONS[function]}
    collections, is_enabled, frozen = started(start, **environment)
    assert collections < FEW
    assert is_enabled
    assert frozen > 50_000


def test_a_start_imports_only_what_a_create_needs() -> None:
    """The other operations, XML, filters and the model of OData are imported with the first request that needs them."""
    later = {f"servicedesk.wire.{name}" for name in ("odata", "odata_model", "odata_filter", "xml_format")}
    later |= {f"servicedesk.{name}" for name in ("domain.task_query", "domain.task_event", "operations.change_task")}
    start = f"import sys; sys.path.insert(0, {str(ROOT / 'functions/api')!r}); import app"
    check = f"{start}\nassert not {later} & sys.modules.keys(), {later} & sys.modules.keys()"
    started(check, **template.environment("ApiFunction"))


def test_the_collector_runs_again_after_a_start_that_failed() -> None:
    start = """
import contextlib
from servicedesk import cold_start
with contextlib.suppress(ImportError), cold_start.without_collection():
    raise ImportError
"""
    _, is_enabled, frozen = started(start, AWS_LAMBDA_FUNCTION_NAME="ApiFunction")
    assert is_enabled
    assert frozen > 0


def test_outside_of_lambda_the_collector_is_left_alone() -> None:
    collections, is_enabled, frozen = started(
        "from servicedesk import cold_start\nwith cold_start.without_collection(): import pydantic.main, boto3.session"
    )
    assert collections > FEW
    assert is_enabled
    assert frozen == 0
