"""A client that openapi-python-client generates from the document works as it stands."""

import importlib
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.stack.client import Stack
from tools.template import ROOT

NAME = "generated_task_api"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The client's package, generated from the committed document."""
    folder: Path = tmp_path_factory.mktemp("generated")
    command = [
        str(Path(sys.executable).with_name("openapi-python-client")),
        "generate",
        "--meta",
        "none",
        "--overwrite",
    ]
    command += ["--path", str(ROOT / "functions/describe_api/openapi.json"), "--output-path", str(folder / NAME)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    return NAME


@pytest.fixture
def client(package: str, stack: Stack) -> Any:
    """A client with Alpha's key."""
    return part("client").AuthenticatedClient(base_url=stack.base_url, token=stack.alpha_key)


def part(name: str) -> Any:
    """A module of the generated package."""
    return importlib.import_module(f"{NAME}.{name}")


def test_it_creates_reads_and_lists(client: Any) -> None:
    due = datetime(2026, 6, 26, 15, tzinfo=UTC)
    body = part("models").NewTask(subject="Generated", due_date=due, remark=None)
    created = part("api.tasks.create_task").sync_detailed(client=client, body=body, idempotency_key=str(uuid4()))
    assert created.status_code == 201
    task = created.parsed
    assert (task.subject, task.due_date, task.remark) == ("Generated", due, None)

    assert part("api.tasks.get_task").sync(client=client, id=str(task.id)) == task
    assert part("api.tasks.get_task").sync(client=client, id=str(task.id2)) == task

    page = part("api.tasks.list_tasks").sync(client=client, filter_=f"id2 eq {task.id2}", top=1)
    [listed] = page.value
    assert (listed.id, listed.id2, listed.due_date) == (task.id, task.id2, due)


def test_it_changes(client: Any) -> None:
    body = part("models").NewTask(subject="Generated", remark="Before")
    task = part("api.tasks.create_task").sync(client=client, body=body)
    change = part("models").TaskChange(subject="Changed", remark=None)
    changed = part("api.tasks.change_task").sync_detailed(client=client, id=str(task.id), body=change, if_match="*")
    assert changed.status_code == 200
    assert (changed.parsed.subject, changed.parsed.remark) == ("Changed", None)
    refused = part("api.tasks.change_task").sync_detailed(
        client=client, id=str(task.id), body=part("models").TaskChange(subject="Again"), if_match='W/"another"'
    )
    assert refused.status_code == 412


def test_it_asks_for_the_ids_alone(client: Any) -> None:
    body = part("models").NewTask(subject="Generated")
    ids = part("api.tasks.create_task").sync(client=client, body=body, prefer="return=minimal")
    assert type(ids).__name__ == "TaskIds"
    assert part("api.tasks.get_task").sync(client=client, id=str(ids.id)).id2 == ids.id2


def test_it_meets_a_422_with_every_fault(client: Any) -> None:
    body = part("models").NewTask(subject="x" * 151, task_type_id=uuid4())
    answer = part("api.tasks.create_task").sync_detailed(client=client, body=body)
    assert answer.status_code == 422
    assert str(answer.parsed.type_.value) == "urn:servicedesk:problem:invalid-task"
    assert [(fault.pointer, str(fault.code.value)) for fault in answer.parsed.errors] == [
        ("#/task_type_id", "unknown_reference"),
        ("#/subject", "too_long"),
    ]


def test_it_meets_a_404(client: Any) -> None:
    answer = part("api.tasks.get_task").sync_detailed(client=client, id=str(uuid4()))
    assert (answer.status_code, answer.parsed.title) == (404, "There is no such task")


def test_it_reads_the_catalogue(client: Any) -> None:
    catalogue = part("api.catalogue.get_catalogue").sync(client=client)
    assert [entry.name for entry in catalogue.priorities if entry.default] == ["Normal"]
