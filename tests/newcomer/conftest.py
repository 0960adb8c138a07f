"""A fresh copy of this project, and its servers as a newcomer starts and stops them."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.newcomer import readme
from tools.server import free_port
from tools.template import ROOT

READY = "Ctrl-C stops everything.\n"
MADE_HERE = (".*", "__pycache__", "*.pyc")
WANTED = (".python-version", ".gitignore")
STOP_SECONDS = 60


@dataclass(frozen=True)
class Folder:
    """A folder of the project, with a shell in it."""

    path: Path

    def paste(self, lines: str) -> str:
        """Run lines in a shell and return what they print. The test fails with the first line that fails."""
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", lines],
            cwd=self.path,
            env=a_newcomers_environment() | {"CURL_HOME": str(self.path.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{lines}\n{done.stdout}{done.stderr}"
        return done.stdout

    @contextmanager
    def running(self, command: list[str]) -> Iterator[subprocess.Popen[str]]:
        """A command of a terminal of its own, in whose process group Ctrl-C would reach it; its end with the block."""
        process = subprocess.Popen(
            command,
            cwd=self.path,
            env=a_newcomers_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @contextmanager
    def serving(self, target: str) -> Iterator[tuple[int, str]]:
        """Run `make <target>` on a free port until Ctrl-C, and enter the block with the port and what it printed."""
        port = free_port()
        with (self.path / f"{target}.out").open("w+") as said:
            # A session of its own has the process group that Ctrl-C in a terminal reaches.
            server = subprocess.Popen(
                ["make", target, f"PORT={port}"],
                cwd=self.path,
                env=a_newcomers_environment(),
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                start_new_session=True,
            )
            assert server.stdout
            try:
                shown = ""
                for line in iter(server.stdout.readline, READY):
                    assert line, f"{shown}{Path(said.name).read_text()}"
                    shown += line
                yield port, shown
            finally:
                os.killpg(server.pid, signal.SIGINT)
                ending = server.communicate(timeout=STOP_SECONDS)[0]
            assert ending.endswith("Stopped.\n")


def a_newcomers_environment() -> dict[str, str]:
    """Return the environment without variables of these tests or of an AWS account."""
    ours = ("AWS_", "PYTHONPATH", "VIRTUAL_ENV", "BASE_URL", "ALPHA_KEY", "BETA_KEY", "MAKE", "MFLAGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.fixture(scope="session")
def folder() -> Iterator[Folder]:
    """Copy what this project keeps, without what was built here, and set it up as CONTRIBUTING.md says."""
    with TemporaryDirectory(prefix="task api ") as parent:
        path = Path(parent, "a clone")
        shutil.copytree(ROOT, path, ignore=shutil.ignore_patterns(*MADE_HERE))
        for name in WANTED:
            shutil.copy(ROOT / name, path)
        # A line of curl that is answered 4xx or 5xx fails.
        (path.parent / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
        copy = Folder(path)
        copy.paste("".join(readme.blocks("Set up", "sh")))
        yield copy
