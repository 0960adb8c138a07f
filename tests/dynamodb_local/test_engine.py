"""The installation, start and stop of DynamoDB Local. The tests that use it assert its behaviour."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import dynamodb_local
from tests.conftest import needs

OVERRIDE = "AWS_ENDPOINT_URL_DYNAMODB"


def connect(host: str, endpoint: str) -> None:
    socket.create_connection((host, urlsplit(endpoint).port or 0)).close()


@pytest.mark.skipif(OVERRIDE in os.environ, reason=f"{OVERRIDE} is set")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has 127.0.0.2 unasked")
def test_the_command_runs_it_on_one_address_until_it_is_told_to_end() -> None:
    needs("dynamodb-local")
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.dynamodb_local"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout
            endpoint = running.stdout.readline().strip()
            connect("127.0.0.1", endpoint)
            with pytest.raises(ConnectionRefusedError):
                connect("127.0.0.2", endpoint)
        finally:
            running.terminate()
        assert running.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        connect("127.0.0.1", endpoint)


def test_a_given_endpoint_is_used_and_nothing_else_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    monkeypatch.setenv(OVERRIDE, "http://127.0.0.1:8000")
    assert dynamodb_local.unavailable() is None
    with dynamodb_local.start() as endpoint:
        assert endpoint == "http://127.0.0.1:8000"


def test_without_java_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OVERRIDE, raising=False)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    reason = "DynamoDB Local needs a JDK, 17 or newer (none found)"
    assert dynamodb_local.unavailable() == reason
    with pytest.raises(RuntimeError, match="needs a JDK"), dynamodb_local.start():
        pass
