"""Run servers on this machine, and explain why one cannot start."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import shorten
from typing import NoReturn
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil

from tools.build import ROOT

LAST_PORT = 65535
READY_SECONDS = 60
STOP_SECONDS = 30


def free_port() -> int:
    """Return a port of 127.0.0.1 that no process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def require_free(port: int, command: str) -> None:
    """Exit with one line of advice unless ``command`` can listen on this port of 127.0.0.1."""
    if not 1 <= port <= LAST_PORT:
        sys.exit(f"{port} is not a port; choose one from 1 to {LAST_PORT}: {command} PORT=4566")
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        advice = f"choose another one: {command} PORT={port + 1 if port < LAST_PORT else 4566}"
        if holder := _holder(port):
            shown = shorten(" ".join(holder.cmdline()), 100, placeholder=" …")
            advice = f"process {holder.pid} has it ({shown}). Stop that with `kill {holder.pid}`, or {advice}"
        sys.exit(f"Port {port} is taken; {advice}")


def _holder(port: int) -> psutil.Process | None:
    """Return the process that listens on this port, if the system shows it to this user."""
    with suppress(psutil.Error):
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port and found.pid:
                return psutil.Process(found.pid)
    return None


@contextmanager
def only_one(command: str) -> Iterator[None]:
    """Run the block, unless ``command`` is running in this folder already: two would write the same files."""
    with (ROOT / f".local/{command.replace(' ', '-')}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"{command} is running in this folder already; use that one, or run this in another clone.")
        yield


@contextmanager
def until_stopped() -> Iterator[None]:
    """Shut the block down gracefully on Ctrl-C, SIGTERM or SIGHUP."""
    # SIGINT is named too, because a process that a shell starts in the background ignores it.
    for end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        print("Stopped.")


def serve(server: subprocess.Popen[bytes], log_file: Path) -> NoReturn:
    """Wait for Ctrl-C. Exit with one line if the server ends first."""
    print("Ctrl-C stops everything.", flush=True)
    try:
        server.wait()
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
        raise
    sys.exit(f"A server has ended by itself; {log_file.relative_to(ROOT)} may say why.")


def progress_from_now() -> Callable[[str], None]:
    """Return a function that prints a step with the seconds since now."""
    started = time.monotonic()
    return lambda step: print(f"[{time.monotonic() - started:4.0f} s] {step} …", flush=True)


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    answers_at: str,
    log_file: Path,
    environment: Mapping[str, str] | None = None,
    stop_with: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server, run the block once the server answers at the URL ``answers_at``, and stop the server afterwards.

    Raises:
        SystemExit: the server ended, or did not answer within a minute. Its output is on stderr.
    """
    with log_file.open("w") as log:
        # In its own session the server does not get Ctrl-C, so we can stop it and its workers in order.
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT, start_new_session=True)
    try:
        if not _ready(process, answers_at):
            sys.exit(f"{log_file.read_text()}\n{Path(command[0]).name} did not start; its output is above.")
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
