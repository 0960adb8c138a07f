"""Creates per second against 1, 4 and 16 companies, and the write units of one create, on DynamoDB Local.

`python -m tests.bench.throughput` prints them and draws throughput.svg beside this file.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from threading import Barrier
from typing import Any
from unittest.mock import patch
from uuid import UUID

from servicedesk.store import dynamodb

from tests import dynamodb_local
from tests.api import Context, load
from tests.bench.progress import with_progress
from tests.exactly_once.database import tables_at

HERE = Path(__file__).parent
COMPANIES = (1, 4, 16)
WORKERS = 4
"""Processes that create tasks at the same time."""

CREATES = 200
"""Of each worker in each round."""

ROUNDS = 5
EVENT = json.loads((HERE / "create_task.json").read_text())


class Creating:
    """The function over a database, called as Lambda calls it."""

    def __init__(self) -> None:
        self.client = dynamodb.client()
        with patch.object(dynamodb, "client", return_value=self.client):
            self._function = load("api")

    def create(self, company: int) -> None:
        """Create a task for the company of that number."""
        event = EVENT | {
            "requestContext": EVENT["requestContext"] | {"authorizer": {"company_id": str(UUID(int=1 + company))}}
        }
        answer = self._function.lambda_handler(event, Context())
        if answer["statusCode"] != 201:
            raise RuntimeError(answer["body"])


def measure(environment: Mapping[str, str]) -> tuple[dict[int, float], float]:
    """Creates per second by number of companies (medians of rounds that take turns), and the write units of one."""
    context = get_context("spawn")
    # Each worker waits for the others: all shares of a round begin together, one in each.
    barrier = context.Barrier(WORKERS)
    measured: dict[int, list[float]] = {companies: [] for companies in COMPANIES}
    with ProcessPoolExecutor(WORKERS, context, _begin, (environment, barrier)) as workers:
        for companies in with_progress(COMPANIES * ROUNDS, "runs"):
            shares = [workers.submit(_share, companies) for _ in range(WORKERS)]
            begun, ended = zip(*(share.result() for share in shares), strict=True)
            measured[companies].append(WORKERS * CREATES / (max(ended) - min(begun)))
        units = workers.submit(_write_units).result()
    return {companies: median(found) for companies, found in measured.items()}, units


_worker: dict[str, Any] = {}


def _begin(environment: Mapping[str, str], barrier: Barrier) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the function's log
    os.environ.update(environment)
    _worker.update(creating=Creating(), barrier=barrier)


def _share(companies: int) -> tuple[float, float]:
    create = _worker["creating"].create
    for company in range(companies):
        create(company)
    _worker["barrier"].wait()
    begun = time.monotonic()
    for number in range(CREATES):
        create(number % companies)
    return begun, time.monotonic()


def _write_units() -> float:
    units: list[float] = []
    creating: Creating = _worker["creating"]
    creating.create(0)
    events = creating.client.meta.events
    events.register(
        "before-parameter-build.dynamodb", lambda params, **_: params.update(ReturnConsumedCapacity="TOTAL")
    )
    events.register(
        "after-call.dynamodb", lambda parsed, **_: units.append(parsed["ConsumedCapacity"]["CapacityUnits"])
    )
    creating.create(0)
    return sum(units)


def draw(measured: Mapping[int, float]) -> str:
    """A bar for each number of companies, as SVG."""
    width, height, foot, gap = 420, 220, 40, 120
    scale = (height - foot - 30) / max(measured.values())
    parts = []
    for index, (companies, rate) in enumerate(measured.items()):
        left, top = 60 + index * gap, height - foot - rate * scale
        label = "1 company" if companies == 1 else f"{companies} companies"
        parts += [
            f'<rect x="{left}" y="{top:.0f}" width="60" height="{rate * scale:.0f}" rx="3" fill="#3b82f6"/>',
            f'<text x="{left + 30}" y="{top - 8:.0f}">{rate:.0f}</text>',
            f'<text x="{left + 30}" y="{height - foot + 20}">{label}</text>',
        ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
            '<g font-family="sans-serif" font-size="13" fill="#6b7280" text-anchor="middle">',
            "<title>Creates per second on DynamoDB Local</title>",
            *parts,
            "</g>",
            "</svg>\n",
        ]
    )


def main() -> int:
    """Run from the command line; the exit status."""
    if reason := dynamodb_local.unavailable():
        sys.stderr.write(f"throughput: {reason}\n")
        return 1
    with dynamodb_local.start() as endpoint, tables_at(endpoint) as database:
        rates, units = measure(database.environment("api"))
    (HERE / "throughput.svg").write_text(draw(rates))
    for companies, rate in rates.items():
        sys.stdout.write(f"{companies:2} companies: {rate:.0f} creates per second\n")
    sys.stdout.write(f"a create takes {units:g} write units\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
