"""Measure a page in a company of 100,000 tasks, beside one of 1,000, on DynamoDB Local.

    python -m tests.bench.lists [--tasks 100000] [--rounds 40]

The two pages of a ratio are read one after the other, in turn as first and as second; the table has the median of the
ratios, since times on a shared machine wander and ratios hardly do. Read units are those that DynamoDB counts.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter
from uuid import uuid4

from servicedesk.domain.task_position import AfterChange, AfterNumber
from servicedesk.domain.task_query import Order, TaskQuery
from servicedesk.store.task_lists import TaskLists
from servicedesk.store.tasks import TaskStore

from tests import dynamodb_local
from tests.exactly_once.database import tables_at
from tests.exactly_once.requests import noted_units
from tests.lists.board import ARCHIVED, OPEN, Board, a_task, changed, instant, numbered, where

SMALL = 1000
PAGE = 100
LOADERS = 4
REMARK = "x" * 300
"""It brings an item to about 0.9 KB, near the size that the other figures of the bench have."""

LIMIT = 1.2
"""The most that a page of the large company may take, in pages of the small one."""

LONG = 6_000
"""Bytes of a remark that no index has."""


@dataclass(frozen=True)
class Reading:
    """A way to read, given a company and its number of tasks."""

    name: str
    read: Callable[[TaskLists, str, int], object]


def page(query: TaskQuery) -> Callable[[TaskLists, str, int], object]:
    return lambda lists, company, _: lists.page(company, query, PAGE)


READINGS = [
    Reading("open, newest first", page(TaskQuery(OPEN))),
    Reading("archived, newest first", page(TaskQuery(ARCHIVED))),
    Reading("all, newest first", page(TaskQuery())),
    Reading("all, by last change", page(TaskQuery(order=Order.CHANGE))),
    Reading(
        "open, from the middle",
        lambda lists, company, tasks: lists.page(company, TaskQuery(OPEN), PAGE, AfterNumber(tasks // 2)),
    ),
    Reading(
        "100 numbers",
        lambda lists, company, tasks: lists.page(company, TaskQuery(numbered(tasks // 2, tasks // 2 + 99)), PAGE),
    ),
    Reading(
        "100 last changes, by number",
        lambda lists, company, tasks: lists.page(company, TaskQuery(changed(instant(tasks - 99), None)), PAGE),
    ),
    Reading(
        "a page of the feed",
        lambda lists, company, tasks: lists.changes(
            company, PAGE, "2026-02-01T00:00:00.0000000", AfterChange(instant(tasks // 2))
        ),
    ),
    Reading("one number, open", lambda lists, company, tasks: lists.id_of_number(company, tasks // 4 * 2 - 1)),
    Reading("one number, archived", lambda lists, company, tasks: lists.id_of_number(company, tasks // 4 * 2)),
    Reading(
        "one customer_reference", lambda lists, company, tasks: lists.page(company, referring(f"R{tasks // 2}"), PAGE)
    ),
]


def referring(reference: str) -> TaskQuery:
    """The query for the tasks with a reference."""
    return TaskQuery(
        where(lambda task: task.customer_reference == reference, references={"customer_reference": reference})
    )


def load(board: Board, tasks: int) -> None:
    """Write this many tasks, every other one archived."""

    def write(start: int) -> None:
        numbers = range(start, min(start + 25, tasks + 1))
        board.put(
            *(
                a_task(board.company, number, archived=number % 2 == 0, remark=REMARK, customer_reference=f"R{number}")
                for number in numbers
            )
        )

    with ThreadPoolExecutor(LOADERS) as pool:
        for done, _ in enumerate(pool.map(write, range(1, tasks + 1, 25))):
            if done % 400 == 0:
                say(f"\r{done * 25:,} of {tasks:,} tasks written ")
    say("\r" + " " * 50 + "\r")


def seconds(reading: Reading, lists: TaskLists, company: str, tasks: int) -> float:
    began: float = perf_counter()
    reading.read(lists, company, tasks)
    return perf_counter() - began


def measure(reading: Reading, companies: Sequence[tuple[str, int]], board: Board, rounds: int) -> float:
    """Print a row of the table, and return its ratio."""
    lists = board.lists
    counted = []
    for company, tasks in companies:
        with noted_units(board.client) as these:
            reading.read(lists, company, tasks)
        counted.append((len(these), sum(each for _, each in these)))
    times: list[list[float]] = [[], []]
    for number in range(-5, rounds):
        for place in (0, 1) if number % 2 else (1, 0):
            taken = seconds(reading, lists, *companies[place])
            if number >= 0:
                times[place].append(taken)
    ratio: float = median(large / small for small, large in zip(*times, strict=True))
    small, large = (f"{median(taken) * 1000:.1f} ms" for taken in times)
    (requests, small_units), (large_requests, large_units) = counted
    shown = f"{requests}" if requests == large_requests else f"{requests}, {large_requests}"
    print(f"| {reading.name} | {small} | {large} | **{ratio:.2f}** | {shown} | {small_units:g}, {large_units:g} |")
    return ratio


def create_units(board: Board) -> list[float]:
    """The write units of a create's requests."""
    with noted_units(board.client) as counted:
        TaskStore(board.client, board.table).create(a_task(str(uuid4()), 0, remark=REMARK), {})
    return [each for _, each in counted]


def long_remarks(board: Board) -> tuple[float, float]:
    """The read units of a page of tasks that each have a long remark, with the remarks and without."""
    board = replace(board, company=str(uuid4()))
    board.put(*(a_task(board.company, number, remark="x" * LONG) for number in range(1, PAGE + 1)))
    counts = []
    for with_remarks in (True, False):
        with noted_units(board.client) as counted:
            board.lists.page(board.company, TaskQuery(OPEN, with_remarks=with_remarks), PAGE)
        counts.append(sum(each for _, each in counted))
    return counts[0], counts[1]


def say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=100_000, help="of the large company")
    parser.add_argument("--rounds", type=int, default=40, help="pages of each kind that are timed")
    arguments = parser.parse_args()
    if reason := dynamodb_local.unavailable():
        sys.exit(reason)
    with dynamodb_local.start() as endpoint, tables_at(endpoint) as database:
        client = database.client()
        boards = [Board(client, database.tasks_table, str(uuid4())) for _ in range(2)]
        sizes = [SMALL, arguments.tasks]
        for board, tasks in zip(boards, sizes, strict=True):
            load(board, tasks)
        companies = [(board.company, tasks) for board, tasks in zip(boards, sizes, strict=True)]
        print(f"| a page of {PAGE} | of {SMALL:,} tasks | of {arguments.tasks:,} | ratio | queries | read units |")
        print("|---|---|---|---|---|---|")
        ratios = [measure(reading, companies, boards[0], arguments.rounds) for reading in READINGS]
        counter, item = create_units(boards[0])
        print(
            f"\nA create of one: {counter + item:g} write units ({counter:g} for the counter, {item:g} for the task)."
        )
        whole, without = long_remarks(boards[0])
        print(
            f"A page of {PAGE} tasks with {LONG:,} bytes of remark each: {whole:g} read units, and {without:g} without "
            "the remarks."
        )
    if max(ratios) > LIMIT:
        sys.exit(f"A page of the large company takes {max(ratios):.2f} times what one of the small company takes.")


if __name__ == "__main__":
    main()
