"""What happens once, when an execution environment starts."""

import gc
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import pytest
from botocore.exceptions import EndpointConnectionError
from servicedesk.store import dynamodb
from servicedesk.wire.problems import NoSuchTask

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
    dynamodb.rehearse(read)
    assert read.calls == 0


@pytest.mark.parametrize("end", [None, NoSuchTask("none"), EndpointConnectionError(endpoint_url="https://x")])
def test_provisioned_environments_read_once_however_it_ends(
    monkeypatch: pytest.MonkeyPatch, end: Exception | None
) -> None:
    monkeypatch.setenv(KIND, "provisioned-concurrency")
    read = Read(end)
    dynamodb.rehearse(read)
    assert read.calls == 1


def test_a_restored_snapshot_reads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: list[Callable[[], None]] = []
    runtime = ModuleType("snapshot_restore_py")
    vars(runtime)["register_after_restore"] = hooks.append
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", runtime)
    monkeypatch.setenv(KIND, "snap-start")
    read = Read()
    dynamodb.rehearse(read)
    assert (read.calls, len(hooks)) == (1, 1)
    hooks[0]()
    assert read.calls == 2


@pytest.mark.parametrize(("on_lambda", "frozen"), [(True, True), (False, False)])
def test_the_collector_waits_until_the_function_stands(on_lambda: bool, frozen: bool) -> None:
    function = """
import gc, servicedesk
during = gc.isenabled()
from servicedesk.telemetry import observed
observed(lambda event, context: event)
print(during, gc.isenabled(), gc.get_freeze_count() > 0)
"""
    environment = {"PYTHONPATH": str(ROOT / "layers/servicedesk"), "POWERTOOLS_SERVICE_NAME": "test"}
    if on_lambda:
        environment["AWS_LAMBDA_FUNCTION_NAME"] = "CreateTask"
    done = subprocess.run([sys.executable, "-c", function], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(not on_lambda), "True", str(frozen)]


def test_tests_collect() -> None:
    assert gc.isenabled()
