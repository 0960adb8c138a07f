"""`make sam-local` and `make invoke` each work alone; tests/newcomer runs them together."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools import sam_local
from tools.template import ROOT

COMMAND = [sys.executable, "-m", "tools.sam_local"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )


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
    ("text", "said"), [("{", "is not JSON"), ("[]", "is neither"), ('{"httpMethod": "DELETE"}', "is neither")]
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


def test_invoke_needs_a_database_that_is_reached(built: None) -> None:
    elsewhere = "from tools import sam_local; sam_local._address_for_containers = lambda: '127.0.0.1'; sam_local.main()"
    done = subprocess.run(
        [sys.executable, "-c", elsewhere, "invoke", "create_task"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("Containers cannot reach the database, which listens at http://127.")


def test_a_base_image_that_cannot_be_had(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHITECTURE", "none")
    with (
        pytest.raises(SystemExit, match=r"^A container with the functions' base image does not run: docker: .+$"),
        sam_local.database(),
    ):
        pass


@pytest.mark.parametrize("environment", [{"PATH": "/nowhere"}, {"DOCKER_HOST": "unix:///nowhere/docker.sock"}])
def test_no_docker(environment: dict[str, str]) -> None:
    done = run("invoke", "create_task", **environment)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("SAM local runs the functions in Docker, and ")
