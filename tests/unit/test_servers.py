"""The servers of `make run` and `make sam-local`, and the skipping of tests whose requirements are missing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest
from tools import server

LISTEN = """
import os, socket, time
listener = socket.create_server(("127.0.0.1", 0))
print(os.getpid(), listener.getsockname()[1], flush=True)
time.sleep(600)
"""
START = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], start_new_session=True)"


def test_the_process_that_was_left_behind_on_a_port_is_named() -> None:
    with subprocess.Popen([sys.executable, "-c", START, LISTEN], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        left_behind, port = map(int, starter.stdout.readline().split())
        starter.kill()
    try:
        with pytest.raises(SystemExit) as refused:
            server.require_free(port, "make run")
        said = str(refused.value)
        assert said.startswith(f"Port {port} is taken; process {left_behind} has it ({sys.executable} -c import os")
        assert said.endswith(f"kill {left_behind}`, or choose another one: make run PORT={port + 1}")
        assert "\n" not in said
    finally:
        os.kill(left_behind, signal.SIGTERM)


def test_a_second_server_of_a_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".local").mkdir()
    monkeypatch.setattr(server, "ROOT", tmp_path)
    refused = pytest.raises(SystemExit, match="make run is running in this folder already")
    with server.only_one("make run"), server.only_one("make sam-local"), refused, server.only_one("make run"):
        pass
    with server.only_one("make run"):
        pass


@pytest.mark.parametrize("machine", ["", "0", "false"])
def test_what_a_users_machine_lacks_is_skipped(monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    monkeypatch.setenv("CI", machine)
    monkeypatch.setattr(conftest, "MISSING", {"a thing": lambda: "no thing here"})
    with pytest.raises(pytest.skip.Exception, match="no thing here"):
        conftest.needs("a thing")


def test_what_ci_lacks_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(conftest, "MISSING", {"a thing": lambda: "no thing here", "another": lambda: None})
    with pytest.raises(pytest.fail.Exception, match="no thing here"):
        conftest.needs("a thing")
    conftest.needs("another")
