"""What happens once, when an execution environment starts."""

import gc
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
    """A read that counts its calls and ends as told."""

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


def test_the_collector_rests_until_the_function_has_started() -> None:
    program = """
import gc
usual = gc.get_threshold()
from servicedesk import cold_start
print(gc.isenabled(), gc.get_threshold()[0])
cold_start.warm_up(lambda: None)
print(gc.isenabled(), gc.get_threshold() == usual, gc.get_freeze_count() > 0)
"""
    environment = {"PYTHONPATH": str(ROOT / "layers/servicedesk"), "AWS_LAMBDA_FUNCTION_NAME": "ApiFunction"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    during, after = (line.split() for line in done.stdout.splitlines())
    assert during[0] == "True"
    assert int(during[1]) > 230_000
    assert after == ["True", "True", "True"]


def test_outside_of_lambda_the_collector_is_left_alone() -> None:
    assert gc.get_threshold()[0] <= 10_000
    assert gc.get_freeze_count() == 0


@pytest.mark.parametrize("function", ["authorizer", "api", "publish_events"])
def test_functions_that_answer_requests_import_it_first(function: str) -> None:
    source = (ROOT / "functions" / function / "app.py").read_text()
    assert source.index("import cold_start") < source.index("from servicedesk.")
