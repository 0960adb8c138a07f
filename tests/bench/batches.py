"""Measure importing 1,000 tasks in batches of 100, beside one by one over four connections, on DynamoDB Local.

    python -m tests.bench.batches [--rounds 5]

A connection is a process with the function, as an execution environment of Lambda is, and sends one request at a time.
The two ways take turns, and the table has the medians. Write units are those that DynamoDB counts.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median
from threading import Barrier
from types import ModuleType
from typing import Any
from uuid import uuid4

from tests import dynamodb_local
from tests.api import Context, event, load
from tests.bench.progress import with_progress
from tests.exactly_once.database import tables_at
from tests.exactly_once.requests import noted_units

TASKS = 1000
BATCH = 100
CONNECTIONS = 4
JSON = {"Content-Type": "application/json"}
BODY = {"subject": "Printer on fire", "due_date": "2026-12-24T17:00:00+01:00"}

type Events = Sequence[dict[str, Any]]


def one_by_one(company: str, tasks: int) -> Events:
    """Return requests that create this many tasks."""
    return [event(body=json.dumps(BODY | {"id": str(uuid4())}), headers=JSON, company=company) for _ in range(tasks)]


def in_batches(company: str, tasks: int) -> Events:
    """Return batches that create this many tasks."""
    creates = [
        {"id": str(place), "method": "POST", "url": "Task", "body": BODY | {"id": str(uuid4())}}
        for place in range(tasks)
    ]
    return [
        event(
            "POST",
            "/api/$batch",
            json.dumps({"requests": creates[first : first + BATCH]}),
            headers=JSON,
            company=company,
        )
        for first in range(0, tasks, BATCH)
    ]


_worker: dict[str, Any] = {}


def _begin(environment: Mapping[str, str], barrier: Barrier) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the function's log
    os.environ.update(environment)
    function = load("api")
    _worker.update(function=function, barrier=barrier)
    _send(function, [*one_by_one(str(uuid4()), 20), *in_batches(str(uuid4()), 20)])


def _share(events: Events) -> tuple[float, float]:
    """Send a share at the same time as all others, and return its start and end."""
    _worker["barrier"].wait()
    begun = time.monotonic()
    _send(_worker["function"], events)
    return begun, time.monotonic()


def _send(function: ModuleType, events: Events) -> None:
    for sent in events:
        answer = function.lambda_handler(sent, Context())
        if answer["statusCode"] not in (200, 201) or '"status":503' in answer["body"]:
            raise RuntimeError(answer["body"])


def _units(events: Events) -> float:
    with noted_units(_worker["function"].client) as noted:
        _send(_worker["function"], events)
    return sum(units for operation, units in noted if operation in ("UpdateItem", "PutItem"))


def main() -> int:
    """Run from the command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    if reason := dynamodb_local.unavailable():
        sys.stderr.write(f"batches: {reason}\n")
        return 1
    ways = {
        f"one by one, over {CONNECTIONS} connections": (one_by_one, CONNECTIONS),
        f"in batches of {BATCH}, over one connection": (in_batches, 1),
    }
    sys.stdout.write(f"| {TASKS} tasks | requests | seconds | write units a task |\n|---|---|---|---|\n")
    context = get_context("spawn")
    with dynamodb_local.start() as endpoint, tables_at(endpoint) as database:
        pools = {
            name: ProcessPoolExecutor(
                connections, context, _begin, (database.environment("api"), context.Barrier(connections))
            )
            for name, (_, connections) in ways.items()
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for name in with_progress(list(ways) * rounds, "imports"):
            make, connections = ways[name]
            company = str(uuid4())
            shares = [pools[name].submit(_share, make(company, TASKS // connections)) for _ in range(connections)]
            begun, ended = zip(*(share.result() for share in shares), strict=True)
            seconds[name].append(max(ended) - min(begun))
        for name, (make, _) in ways.items():
            events = make(str(uuid4()), TASKS)
            units = pools[name].submit(_units, events).result()
            sys.stdout.write(f"| {name} | {len(events)} | {median(seconds[name]):.2f} | {units / TASKS:g} |\n")
        for pool in pools.values():
            pool.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
