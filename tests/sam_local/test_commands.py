"""`make sam-local` and `make invoke` as a user runs them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.stack.client import Client
from tests.stack.test_http import SAMPLE_ID
from tools import sam_local
from tools.sam_local import ENVIRONMENT_FILE, LOG_FILE
from tools.server import free_port
from tools.template import ROOT

COMMAND = [sys.executable, "-m", "tools.sam_local"]
ENVIRONMENT = os.environ | {"PYTHONPATH": "layers/servicedesk"}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, env=ENVIRONMENT | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def environment_file() -> Iterator[Path]:
    """The file that a running `make run` may have left is put back."""
    before = ENVIRONMENT_FILE.read_text() if ENVIRONMENT_FILE.exists() else None
    yield ENVIRONMENT_FILE
    if before is None:
        ENVIRONMENT_FILE.unlink()
    else:
        ENVIRONMENT_FILE.write_text(before)


def status_of(line: str) -> int:
    """The status of the answer to a `curl` line, pasted into a shell."""
    pasted = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(pasted.stdout.split()[1])


def containers() -> set[str]:
    """The ids of the containers that run."""
    listed = subprocess.run(["docker", "ps", "--quiet", "--no-trunc"], capture_output=True, text=True, check=True)
    return set(listed.stdout.split())


def test_sam_local_serves_until_ctrl_c(built: None, environment_file: Path) -> None:
    port = free_port()
    serving = subprocess.Popen(
        [*COMMAND, "start-api", "--port", str(port)], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert serving.stdout
    with serving, serving.stdout:
        try:
            shown = "".join(iter(serving.stdout.readline, "Ctrl-C stops everything.\n"))
            lines = [line.strip() for line in shown.replace("\\\n", "").splitlines()]
            curls = [line for line in lines if line.startswith("curl ")]
            assert [status_of(line) for line in curls] == [201, 201, 200], shown
            named = dict(line.split("=", 1) for line in environment_file.read_text().splitlines())
            assert named["BASE_URL"] == f"http://127.0.0.1:{port}"
            # What a function stores by `make invoke` is served.
            alpha = Client(named["BASE_URL"], named["ALPHA_KEY"])
            assert alpha.get(f"/tasks/{SAMPLE_ID}").status == 404
            invoked = run("invoke", "create_task")
            assert json.loads(invoked.stdout)["statusCode"] == 201, invoked.stderr
            assert alpha.get(f"/tasks/{SAMPLE_ID}").status == 200
            ours = set(re.findall(r"SAM_CONTAINER_ID: (\w+)", LOG_FILE.read_text()))
            assert ours & containers()
        finally:
            serving.send_signal(signal.SIGINT)
            assert serving.wait(60) == 0
    assert not ours & containers()
    database = re.sub("^http://", "", named["AWS_ENDPOINT_URL_DYNAMODB"]).split(":")
    for address in (("127.0.0.1", port), (database[0], int(database[1]))):
        with closing(socket.socket()) as client:
            assert client.connect_ex(address) != 0


def test_invoke_brings_its_own_database(built: None) -> None:
    done = run("invoke", "get_task")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["statusCode"] == 200


def test_an_event_that_does_not_exist(engine: None) -> None:
    done = run("invoke", "create_tsak")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "create_tsak" in done.stderr
    assert "create_task" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"), [("{", "is not JSON"), ("[]", "is neither"), ('{"httpMethod": "PUT"}', "is neither")]
)
def test_an_event_for_nobody(engine: None, tmp_path: Path, text: str, said: str) -> None:
    event = tmp_path / "event.json"
    event.write_text(text)
    done = run("invoke", str(event))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


def test_a_port_that_is_taken(engine: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = run("start-api", "--port", str(port))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"Port {port} is taken; process {os.getpid()} has it (")
    assert done.stderr.endswith(f"choose another one: make sam-local PORT={port + 1}\n")


def test_a_database_that_no_container_reaches(engine: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(SystemExit) as refused:
            sam_local.require_reachable(endpoint)
    said = str(refused.value)
    assert said.startswith(f"Containers cannot reach the database, which listens at {endpoint} on this machine: ")
    assert "\n" not in said


@pytest.mark.parametrize("environment", [{"PATH": "/nowhere"}, {"DOCKER_HOST": "unix:///nowhere/docker.sock"}])
def test_no_docker(environment: dict[str, str]) -> None:
    done = run("invoke", "create_task", **environment)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("SAM local runs the functions in Docker, and ")
