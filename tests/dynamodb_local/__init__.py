"""DynamoDB Local, the database's real engine, for tests: fetched once, started, stopped.

`python -m tests.dynamodb_local` runs it in the foreground. Where `AWS_ENDPOINT_URL_DYNAMODB` is
set, that endpoint is used instead, and nothing is fetched or started.

Its access key ids are letters and digits only; any such id and any secret will do.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_HERE = Path(__file__).parent
_POM = _HERE / "pom.xml"
_FETCHED = _HERE.parent.parent / ".local" / "dynamodb-local"
_OLDEST_JAVA = 17
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
# sqlite4java has native libraries for no others but Windows, where this module does not run.
_PLATFORMS = {("Linux", "x86_64"), ("Darwin", "x86_64")}


def unsupported() -> str | None:
    """Return in one line why no installation makes `start` work here; None if it can work."""
    here = (platform.system(), platform.machine())
    if os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or here in _PLATFORMS:
        return None
    return f"DynamoDB Local has no sqlite for {here[0]} on {here[1]}"


def unavailable() -> str | None:
    """Return in one line why `start` cannot work here, for a skipped test; None if it can."""
    if os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"):
        return None
    if reason := unsupported():
        return reason
    java = _java_version()
    if java is None or java < _OLDEST_JAVA:
        found = "none found" if java is None else f"found {java}"
        return f"DynamoDB Local needs a JDK, {_OLDEST_JAVA} or newer ({found})"
    if not _library().is_dir() and shutil.which("mvn") is None:
        return "DynamoDB Local is not fetched yet, and fetching it needs Maven (mvn)"
    return None


@contextmanager
def start() -> Iterator[str]:
    """A running, empty DynamoDB Local; yields its endpoint URL and stops it in the end.

    In memory, one database whatever the region and access key, on a free port of 127.0.0.1 only,
    without telemetry. With `AWS_ENDPOINT_URL_DYNAMODB` set, yields that instead, with whatever it
    holds.

    Raises RuntimeError where it cannot be fetched, does not start or does not answer in a minute.
    """
    given = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
    if given:
        yield given
        return
    reason = unavailable()
    if reason is not None:
        raise RuntimeError(reason)
    library = _fetch()
    command = [
        _java(),
        "-Xmx512m",
        # For a process that lives for minutes: the second compiler takes more time than it saves, twice over.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        f"-Dsqlite4java.library.path={library}",
        "-classpath",
        str(library / "*"),
        str(_HERE / "LoopbackServer.java"),
    ]
    with tempfile.TemporaryFile() as log:
        # A session of its own: Ctrl-C is for the tests, which then stop it. Standard input is a
        # pipe so that it ends with this process, however that ends.
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
        try:
            yield _wait_for_endpoint(process, log)
        finally:
            _stop(process)


def _wait_for_endpoint(process: subprocess.Popen[bytes], log: IO[bytes]) -> str:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        # Not read(): the process writes where the file's shared position stands.
        written = os.pread(log.fileno(), 100_000, 0).decode(errors="replace")
        # Printed once the port accepts requests.
        port = re.search(r"^port (\d+)\n", written, re.MULTILINE)
        if port is not None:
            return f"http://127.0.0.1:{port[1]}"
        if ended:
            raise RuntimeError(f"DynamoDB Local ended with {process.returncode}:\n{written}")
        time.sleep(0.02)
    raise RuntimeError(f"DynamoDB Local did not start within {_START_SECONDS:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _fetch() -> Path:
    """Return the directory of DynamoDB Local's jars and native libraries, fetched on first use."""
    library = _library()
    if library.is_dir():
        return library
    sys.stderr.write(f"fetching DynamoDB Local {library.name} with Maven, once ...\n")
    sys.stderr.flush()
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=library.parent, prefix="fetching-") as scratch:
        # Complete or absent: two test runs may be fetching at once, and either can be interrupted.
        fetched = Path(scratch) / "library"
        maven = subprocess.run(
            [
                shutil.which("mvn") or "mvn",
                "--batch-mode",
                "--quiet",
                "--strict-checksums",
                f"--file={_POM}",
                "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies",
                f"-DoutputDirectory={fetched}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if maven.returncode != 0:
            raise RuntimeError(f"Maven could not fetch DynamoDB Local:\n{maven.stdout[-4000:]}")
        try:
            fetched.rename(library)
        except OSError:
            if not library.is_dir():
                raise
    return library


def _library() -> Path:
    """Return the directory of the version in pom.xml."""
    version = re.search(r"<artifactId>DynamoDBLocal</artifactId>\s*<version>(.+?)</version>", _POM.read_text())
    assert version is not None
    return _FETCHED / version[1]


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home, "bin", "java")) if home else "java"


def _java_version() -> int | None:
    """Return the JDK's major version; None without Java, or if it cannot run a source file."""
    try:
        modules = subprocess.run([_java(), "--list-modules"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    compiler = re.search(r"^jdk\.compiler@(\d+)", modules.stdout, re.MULTILINE)
    return int(compiler[1]) if compiler else None
