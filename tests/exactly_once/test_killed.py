"""The process is killed on its way (contract rule 7.5)."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.api import event
from tests.exactly_once.conftest import Service
from tests.exactly_once.database import Database
from tests.faults.proxy import Fault, FaultProxy, Kind
from tools.template import ROOT


def killed_at(fault: Fault, database: Database, create: dict[str, Any], scratch: Path) -> int:
    """Answer an event in a process, kill that while it waits for the database, and return its exit status."""
    asked, answered = scratch / "event.json", scratch / "answer.json"
    asked.write_text(json.dumps(create))
    with FaultProxy(database.endpoint) as proxy:
        proxy.plan([fault])
        environment = os.environ | database.environment("api", proxy.url)
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "layers/servicedesk")])
        command = [sys.executable, "-m", "tests.exactly_once.worker", str(asked), str(answered)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            proxy.wait_for(fault.operation or "", fault.nth)
        finally:
            process.kill()
            status = process.wait()
    assert not answered.exists()
    return status


CASES = {
    "before the number": (Fault(Kind.TIMEOUT_BEFORE, "UpdateItem"), 0),
    "in taking the number": (Fault(Kind.TIMEOUT_AFTER, "UpdateItem"), 1),
    "between number and write": (Fault(Kind.TIMEOUT_BEFORE, "PutItem"), 1),
    "between write and answer": (Fault(Kind.TIMEOUT_AFTER, "PutItem"), 1),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("plain")
def test_7_5_a_process_killed(engine: Service, company: str, tmp_path: Path, case: str) -> None:
    fault, last_number = CASES[case]
    stored = case == "between write and answer"
    body = {"id": str(uuid4()), "subject": "Printer"}
    create = event(body=json.dumps(body), headers={"Content-Type": "application/json"}, company=company)
    assert killed_at(fault, engine.database, create, tmp_path) == -signal.SIGKILL
    assert engine.database.last_number(company) == last_number
    left = engine.database.tasks(company)
    assert len(left) == stored

    again = engine.api.create(body, company=company)
    assert again.status == 201
    assert ("Idempotent-Replayed" in again.headers) == stored
    assert again.document()["id2"] == (1 if stored else last_number + 1)
    [task] = engine.database.tasks(company)
    assert task["id2"] == again.document()["id2"]
    if stored:
        assert [task] == left
