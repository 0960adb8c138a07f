"""Servers on this machine, for as long as they are needed."""

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

from tools.build import ROOT

LAST_PORT = 65535
LISTENING = "0A"  # as /proc/net/tcp has it
READY_SECONDS = 60
STOP_SECONDS = 30


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def require_free(port: int, command: str) -> None:
    """See to it that ``command`` can listen on that port of 127.0.0.1.

    Raises:
        SystemExit: it is none, or taken; one line says so.
    """
    if not 1 <= port <= LAST_PORT:
        sys.exit(f"{port} is no port; choose one from 1 to {LAST_PORT}: {command} PORT=4566")
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            other = port + 1 if port < LAST_PORT else 4566
            advice = f"choose another one: {command} PORT={other}"
            if holder := _holder(port):
                name, shown = holder
                advice = f"process {name} has it ({shown}). Stop that with `kill {name}`, or {advice}"
            sys.exit(f"Port {port} is taken; {advice}")


def _holder(port: int) -> tuple[str, str] | None:
    """Return the id and the command line of the process that listens on that port, where Linux lets us see it."""
    rows = [row.split() for table in Path("/proc/net").glob("tcp*") for row in table.read_text().splitlines()[1:]]
    sockets = {
        f"socket:[{row[9]}]" for row in rows if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port
    }
    for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda folder: int(folder.name)):
        with suppress(OSError):  # It is another user's, or has just ended.
            if any(str(opened.readlink()) in sockets for opened in (process / "fd").iterdir()):
                command = (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
                return process.name, shorten(command, 100, placeholder=" …")
    return None


@contextmanager
def only_one(command: str) -> Iterator[None]:
    """Keep others of ``command`` out of this folder while the block runs; they would write the same files.

    Raises:
        SystemExit: one is running here already; one line says so.
    """
    lock_file = ROOT / f".local/{command.replace(' ', '-')}.lock"
    with lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"{command} is running in this folder already; use that one, or a clone of its own.")
        yield


@contextmanager
def until_stopped() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and the end of the terminal end the block in order, and say that it has ended."""
    # SIGINT, too: who is started in the background inherits that it is ignored.
    for end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        print("Stopped.")


def serve(server: subprocess.Popen[bytes], log_file: Path) -> NoReturn:
    """Wait until we are told to stop.

    Raises:
        SystemExit: the server ended before; one line says so.
    """
    print("Ctrl-C stops everything.", flush=True)
    try:
        server.wait()
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
        raise
    sys.exit(f"A server has ended by itself; {log_file.relative_to(ROOT)} may say why.")


def progress_from_now() -> Callable[[str], None]:
    """A function that prints a step and how many seconds it is from now."""
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
