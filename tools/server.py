"""Servers on this machine, for as long as they are needed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tools.build import ROOT

READY_SECONDS = 60
STOP_SECONDS = 30


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    answers_at: str,
    log_file: Path,
    environment: Mapping[str, str] | None = None,
    stop_with: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; enter it, with the process, when the server answers.

    Raises:
        SystemExit: it does not answer, or ends; what it said is on stderr.
    """
    with log_file.open("w") as log:
        # A session of its own: Ctrl-C reaches us alone, and we stop it and its workers in order.
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT, start_new_session=True)
    try:
        if not _ready(process, answers_at):
            sys.exit(f"{log_file.read_text()}\n{Path(command[0]).name} did not start; see above.")
        yield process
    finally:
        process.send_signal(stop_with)
        try:
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _ready(process: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=1):
                return True
        except HTTPError as answer:
            if answer.code < 500:
                return True
        except (URLError, TimeoutError, ConnectionError):
            pass
        time.sleep(0.1)
    return False
