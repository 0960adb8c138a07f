"""Measure a create as built, beside small handlers: cold start, warm path, CPU, memory, size, database requests.

`python -m tests.bench.bench` after `sam build`; README.md beside this file explains the method.
"""

import argparse
import contextlib
import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.bench import lambda_emulator
from tests.bench.estimates import Estimate, of_median
from tests.bench.lambda_emulator import Build, Function, Layout
from tests.bench.progress import with_progress
from tools.template import environment

OURS = "create_task"
REFERENCE = "bare"
RIVALS = ("powertools_resolver",)

WARM_UP = 20
BLOCK = 10
BLOCKS = 30
"""Warm invokes: first some that are not counted, then blocks, in turn from the one and the other of a pair."""


@dataclass(frozen=True)
class Figures:
    """The result of one counted start. Times are milliseconds, memory is MiB, size is MB, requests are per create."""

    cold: float
    warm: float
    warm_p99: float
    cold_cpu: float
    warm_cpu: float
    peak_memory: float
    package_size: float
    requests: float


TITLES = {
    "cold": "cold ms",
    "warm": "warm ms",
    "warm_p99": "warm p99 ms",
    "cold_cpu": "cold CPU ms",
    "warm_cpu": "warm CPU ms",
    "peak_memory": "peak MiB",
    "package_size": "size MB",
    "requests": "db requests",
}


class Database:
    """The stand-in, in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def take_requests(self) -> dict[str, int]:
        """Requests since the last call, by operation."""
        self._connection.request("GET", "/requests")
        requests: dict[str, int] = json.loads(self._connection.getresponse().read())
        return requests

    @classmethod
    @contextlib.contextmanager
    def start(cls) -> Iterator["Database"]:
        """Start the stand-in; end it when the block is left."""
        command = [sys.executable, "-m", "tests.bench.dynamodb_stand_in"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=lambda_emulator.ROOT, stdin=pipe, stdout=pipe, text=True) as process:
            assert process.stdout
            yield cls(process.stdout.readline().strip())


class Bench:
    """Layouts, the database and the emulator, and the measurement of a pair."""

    def __init__(self, layouts: Mapping[str, Layout], database: Database, rie: Path) -> None:
        self._layouts = layouts
        self._database = database
        self._rie = rie
        self._event = (lambda_emulator.BENCH / "create_task.json").read_bytes()
        endpoint = {"AWS_ENDPOINT_URL_DYNAMODB": database.url}
        self._ours = environment("ApiFunction") | endpoint
        self._rivals = endpoint | {
            "TASKS_TABLE": "tasks",
            "POWERTOOLS_SERVICE_NAME": "bench",
            "POWERTOOLS_METRICS_NAMESPACE": "Bench",
        }

    def pair(self, first: str, second: str) -> tuple[Figures, Figures]:
        """Both handlers once: each started cold after a throwaway start of its own, then warm in turn."""
        with contextlib.ExitStack() as stack:
            runs = [self._cold(name, stack) for name in (first, second)]
            for run in runs:
                run.invoke(WARM_UP)
                run.begin()
            for _ in range(BLOCKS):
                for run in runs:
                    run.block()
            one, other = (run.figures() for run in runs)
        return one, other

    def _cold(self, name: str, stack: contextlib.ExitStack) -> "Run":
        with self._start(name) as throwaway:
            throwaway.invoke(self._event)
        function = stack.enter_context(self._start(name))
        return Run(function, self._event, self._database, self._layouts[name].package_size() / 1e6)

    def _start(self, name: str) -> contextlib.AbstractContextManager[Function]:
        variables = self._ours if name == OURS else self._rivals
        return lambda_emulator.start(self._layouts[name], variables, self._rie)


class Run:
    """One counted start of a handler and its warm invokes."""

    def __init__(self, function: Function, event: bytes, database: Database, package_size: float) -> None:
        self._function = function
        self._event = event
        self._database = database
        self._package_size = package_size
        self._warm: list[float] = []
        self._warm_cpu = 0.0
        self._requests = 0
        [self._cold] = self.invoke(1)
        self._cold_cpu = function.cpu_ms()

    def invoke(self, times: int) -> list[float]:
        """Milliseconds of each of so many invokes."""
        return [self._function.invoke(self._event) for _ in range(times)]

    def begin(self) -> None:
        """Discard the requests to the database so far."""
        self._database.take_requests()

    def block(self) -> None:
        """Measure one block of warm invokes."""
        cpu = self._function.cpu_ms()
        self._warm += self.invoke(BLOCK)
        self._warm_cpu += self._function.cpu_ms() - cpu
        self._requests += sum(self._database.take_requests().values())

    def figures(self) -> Figures:
        """Return the figures."""
        return Figures(
            cold=self._cold,
            warm=median(self._warm),
            warm_p99=quantiles(self._warm, n=100)[-1],
            cold_cpu=self._cold_cpu,
            warm_cpu=self._warm_cpu / len(self._warm),
            peak_memory=self._function.peak_mib(),
            package_size=self._package_size,
            requests=self._requests / len(self._warm),
        )


@dataclass(frozen=True)
class Row:
    """A handler's figures, and each as a ratio to the reference's in the same pair."""

    figures: Mapping[str, Estimate]
    ratios: Mapping[str, Estimate]

    @classmethod
    def of(cls, pairs: Sequence[tuple[Figures, Figures]]) -> "Row":
        """Sum up pairs of a handler's and the reference's figures."""
        names = [field.name for field in fields(Figures)]
        return cls(
            {name: of_median([getattr(figures, name) for figures, _ in pairs]) for name in names},
            {name: of_median([getattr(one, name) / getattr(other, name) for one, other in pairs]) for name in names},
        )


def measure(bench: Bench, names: Sequence[str], pairs: int) -> dict[str, Row]:
    """Interleave: in each round every handler meets the reference once, in turn as the first and as the second."""
    results: dict[str, list[tuple[Figures, Figures]]] = {name: [] for name in names}
    for number, name in with_progress([(number, name) for number in range(pairs) for name in names], "pairs"):
        if number % 2:
            reference, figures = bench.pair(REFERENCE, name)
        else:
            figures, reference = bench.pair(name, REFERENCE)
        results[name].append((figures, reference))
    references = [(reference, reference) for handler in results.values() for _, reference in handler]
    return {REFERENCE: Row.of(references)} | {name: Row.of(handler) for name, handler in results.items()}


def tables(rows: Mapping[str, Row]) -> str:
    """Two Markdown tables: the figures, and their ratios to the reference's."""
    figures = _table("median (95 % interval)", {name: row.figures for name, row in rows.items()})
    return f"{figures}\n" + _table(f"ratio to {REFERENCE}", {name: row.ratios for name, row in rows.items()})


def _table(title: str, rows: Mapping[str, Mapping[str, Estimate]]) -> str:
    lines = [f"| {title} | {' | '.join(TITLES.values())} |", "|---" * (len(TITLES) + 1) + "|"]
    for name, estimates in rows.items():
        lines.append(f"| {name} | {' | '.join(_cell(estimates[figure]) for figure in TITLES)} |")
    return "\n".join(lines) + "\n"


def _cell(estimate: Estimate) -> str:
    digits = 0 if estimate.median >= 100 else 1 if estimate.median >= 10 else 2
    middle, low, high = (f"{value:.{digits}f}" for value in (estimate.median, estimate.low, estimate.high))
    return middle if low == high else f"{middle} ({low} to {high})"


def main() -> int:
    """Run from the command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=lambda_emulator.ROOT / ".aws-sam" / "build", metavar="DIR")
    parser.add_argument("--function", default="ApiFunction", help="its name in the template")
    parser.add_argument("--rie", type=Path, help="aws-lambda-rie, if not SAM CLI's own")
    parser.add_argument("--pairs", type=int, default=20, help="counted starts of each handler beside the reference")
    parser.add_argument("--only", nargs="+", choices=(OURS, REFERENCE, *RIVALS), default=(OURS, *RIVALS))
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that all that was started is stopped
    try:
        rie = arguments.rie or lambda_emulator.find_rie()
        builds = {OURS: Build.of(arguments.build, arguments.function)} if OURS in arguments.only else {}
    except FileNotFoundError as error:
        sys.stderr.write(f"bench: {error.filename or error} is missing; `sam build` makes it\n")
        return 1
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        for name in {REFERENCE, *arguments.only} - {OURS}:
            builds[name] = lambda_emulator.rival(name, scratch / "handlers")
        layouts = {name: lambda_emulator.lay_out(build, scratch / "laid-out" / name) for name, build in builds.items()}
        database = stack.enter_context(Database.start())
        rows = measure(Bench(layouts, database, rie), arguments.only, arguments.pairs)
    if arguments.json:
        handlers = {name: asdict(row) for name, row in rows.items()}
        document = {"date": f"{date.today()}", "pairs": arguments.pairs, "reference": REFERENCE, "handlers": handlers}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        sys.stdout.write(tables(rows))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nbench: interrupted")
