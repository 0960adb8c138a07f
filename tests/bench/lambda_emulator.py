"""A Lambda function as Lambda runs it: laid out read-only, started by AWS's Runtime Interface Emulator, and measured.

The emulator (RIE) comes with SAM CLI. It starts the runtime when the first invoke arrives, as a cold start does.
"""

import contextlib
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, Self

import yaml

from tools import lock

BENCH = Path(__file__).parent
ROOT = BENCH.parent.parent
PYTHON = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
"""The interpreter outside every virtual environment, so that a function sees only what its layout holds."""

SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""The packages that Lambda's runtime brings; a layer's own copy of one is not counted as a dependency."""

_INVOKE = "/2015-03-31/functions/function/invocations"
_START_SECONDS = 10.0
_INVOKE_SECONDS = 60.0
_STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Layout:
    """A function's three places: ``/var/task``, ``/opt`` and ``/var/runtime``, here in folders of their own."""

    task: Path
    opt: Path
    runtime: Path

    def package_size(self) -> int:
        """Bytes of function and layers, unzipped, the runtime's own packages left out."""
        return sum(
            file.stat().st_size
            for place in (self.task, self.opt)
            for file in place.rglob("*")
            if file.is_file() and not _is_sdk(file.relative_to(place).parts)
        )


def _is_sdk(parts: Sequence[str]) -> bool:
    return parts[0] == "python" and parts[1].partition("-")[0].partition(".")[0].replace("python_", "") in SDK


@dataclass(frozen=True)
class Build:
    """A function's folder and its layers' folders, in the order in which they go over each other."""

    function: Path
    layers: Sequence[Path]

    @classmethod
    def of(cls, folder: Path, function: str) -> Self:
        """The function and layers of a folder that `sam build` wrote, found by the template in it.

        Raises:
            FileNotFoundError: there is no build.
            KeyError: the build has no such function or layer.
        """
        template = yaml.load((folder / "template.yaml").read_text(), _TemplateLoader)
        resources = template["Resources"]
        properties = resources[function]["Properties"]
        shared = template.get("Globals", {}).get("Function", {})
        layers = [*shared.get("Layers", []), *properties.get("Layers", [])]
        return cls(
            folder / properties["CodeUri"],
            [folder / resources[layer["Ref"]]["Properties"]["ContentUri"] for layer in layers],
        )


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms; of them only ``!Ref`` matters here."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value = loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None
    return {suffix: value}


_TemplateLoader.add_multi_constructor("!", _intrinsic)


def rival(name: str, scratch: Path) -> Build:
    """One of ``handlers/`` with the packages that it asks for, all of it with the best bytecode."""
    function = scratch / name
    for part in ("shared", name):
        shutil.copytree(BENCH / "handlers" / part, function, ignore=_NO_CACHES, dirs_exist_ok=True)
    _compile(function)
    return Build(function, [packages(name).parent])


def lay_out(build: Build, into: Path) -> Layout:
    """Copy a build as Lambda mounts it: read-only, with meaningless timestamps.

    Layers overlay each other in order. Nothing is compiled: a build brings its bytecode, or pays for the lack of it.
    """
    layout = Layout(into / "task", into / "opt", packages("runtime"))
    _copy(build.function, layout.task)
    layout.opt.mkdir()
    for layer in build.layers:
        _copy(layer, layout.opt)
    for path in into.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return layout


def packages(group: str) -> Path:
    """The packages of a dependency group, installed and compiled once; a folder named ``python``."""
    requirements = lock.export(group)
    digest = hashlib.sha256(f"{sys.version} {requirements}".encode()).hexdigest()[:12]
    installed = ROOT / ".local" / "packages" / f"{group}-{digest}"
    if not installed.exists():
        installed.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=installed.parent) as scratch:
            target = Path(scratch, "layer", "python")
            install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
            install += ["--python", sys.executable, "--target", f"{target}", "--requirements", "-"]
            subprocess.run(install, check=True, input=requirements, text=True)
            _compile(target)
            target.parent.rename(installed)
    return installed / "python"


_NO_CACHES = shutil.ignore_patterns("__pycache__")


def _compile(folder: Path) -> None:
    compileall = [f"{PYTHON}", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", f"{folder}"]
    subprocess.run(compileall, check=True)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, copy_function=shutil.copyfile, dirs_exist_ok=True)


class FunctionError(Exception):
    """An invoke that did not answer as it should; the text holds the end of the function's log."""


class Function:
    """One execution environment: RIE and, from the first invoke on, the runtime process that it starts."""

    def __init__(self, process: subprocess.Popen[bytes], connection: http.client.HTTPConnection, log: int) -> None:
        self._process = process
        self._connection = connection
        self._log = log

    def invoke(self, event: bytes, expected_status: int = 201) -> float:
        """Send ``event`` and read the whole answer; the milliseconds between.

        Of the first invoke, that is a cold start: RIE starts the runtime process (fork, exec), it imports, initialises
        and handles the event.

        Raises:
            FunctionError: the answer's ``statusCode`` is another one.
        """
        begin = time.perf_counter_ns()
        self._connection.request("POST", _INVOKE, event)
        answer = self._connection.getresponse().read()
        milliseconds = (time.perf_counter_ns() - begin) / 1e6
        try:
            status = json.loads(answer)["statusCode"]
        except (ValueError, KeyError, TypeError):
            status = None
        if status != expected_status:
            raise FunctionError(f"{answer[:2000].decode(errors='replace')}\n{self.log()[-4000:]}")
        return milliseconds

    def log(self) -> str:
        """Return the output of the function and RIE."""
        return os.pread(self._log, 10_000_000, 0).decode(errors="replace")

    def cpu_ms(self) -> float:
        """CPU time of the runtime process up to now, user and system, all threads, in milliseconds."""
        # clock_getcpuclockid(3) in arithmetic: the process's clock id, with CPUCLOCK_SCHED.
        clock = (~self._runtime() << 3) | 2
        return time.clock_gettime_ns(clock) / 1e6

    def peak_mib(self) -> float:
        """The most resident memory that the runtime process has had, in MiB."""
        for line in Path(f"/proc/{self._runtime()}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise FunctionError("the runtime process has ended")

    def _runtime(self) -> int:
        threads = Path(f"/proc/{self._process.pid}/task").iterdir()
        [runtime] = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
        return runtime


def lambda_environment(layout: Layout) -> dict[str, str]:
    """Return the environment of Lambda's Python runtime, before the function's own variables."""
    # A path that Lambda mounts read-only gets no bytecode, whoever runs this.
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": str(layout.task),
        "PYTHONPATH": os.pathsep.join(map(str, (layout.task, layout.opt / "python", layout.runtime))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(layout.task),
        "LAMBDA_RUNTIME_DIR": str(layout.runtime),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_SESSION_TOKEN": "bench",
    }


@contextlib.contextmanager
def start(
    layout: Layout, environment: dict[str, str], rie: Path, handler: str = "app.lambda_handler"
) -> Iterator[Function]:
    """A function that waits for its first invoke; ended, with its runtime, when the block is left.

    ``environment`` comes on top of what Lambda sets; nothing of this process's own is passed on.
    """
    interface, api = _free_ports(2)
    command: list[str | Path] = [rie, "--log-level", "error"]
    command += ["--runtime-interface-emulator-address", f"127.0.0.1:{interface}"]
    command += ["--runtime-api-address", f"127.0.0.1:{api}"]
    command += [PYTHON, "-m", "awslambdaric", handler]
    with TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            cwd=layout.task,
            env=lambda_environment(layout) | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        connection = http.client.HTTPConnection("127.0.0.1", interface, timeout=_INVOKE_SECONDS)
        try:
            _connect(connection, process)
            yield Function(process, connection, log.fileno())
        finally:
            connection.close()
            _stop(process)


def _connect(connection: http.client.HTTPConnection, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            connection.connect()
        except ConnectionRefusedError:
            if process.poll() is not None:
                raise FunctionError(f"RIE ended with {process.returncode}") from None
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # RIE ends its runtime, too
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [opened.getsockname()[1] for opened in sockets]


def find_rie() -> Path:
    """The emulator of the project's SAM CLI.

    Raises:
        FileNotFoundError: SAM CLI is not installed under .local/sam.
    """
    machine = {"aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    pattern = f"sam/lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"
    for found in (ROOT / ".local").glob(pattern):
        return found
    raise FileNotFoundError(f"no .local/{pattern}: `make bench` installs SAM CLI")
