"""A model of a company's tasks under arbitrary writes in any order, while lists and the feed of changes are read.

Time stands still except in the rule that advances it, and a write can last as long as a write may.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import ClassVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from servicedesk.domain.task import Task
from servicedesk.domain.task_position import AfterChange, Position
from servicedesk.domain.task_query import Order, TaskFilter, TaskQuery
from servicedesk.store import task_lists
from servicedesk.store.dynamodb import WRITE_SECONDS
from servicedesk.store.task_lists import INDEX_SECONDS, horizon

from tests.lists.board import ARCHIVED, OPEN, Board, a_task, changed, instant, numbered, ticks, where
from tests.turns import turns

RUNS = settings(
    max_examples=40,
    stateful_step_count=40,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
LATEST = int((WRITE_SECONDS + INDEX_SECONDS) * 10**7)
"""Ticks from the instant that a write carries until it can be seen, at the most."""

SECOND = 10**7
NUMBERS = st.integers(0, 12)
REMARKS = st.sampled_from([None, "short", "x" * 600, "y" * 600])
"""Two of them are so long that no index has them."""

LONG_REMARK = where(lambda task: (task.remark or "").startswith("x"), reads_remark=True)
FILTERS = st.one_of(
    st.sampled_from([None, OPEN, ARCHIVED, where(lambda task: task.subject == "B"), LONG_REMARK]),
    st.builds(numbered, NUMBERS, NUMBERS),
    st.builds(lambda low, high: changed(instant(low * SECOND), instant(high * SECOND)), NUMBERS, NUMBERS),
    st.builds(lambda low: changed(instant(low * SECOND), None), NUMBERS),
)


@dataclass
class Reader:
    """A client that follows the links of a list."""

    query: TaskQuery
    size: int
    still: dict[str, Task]
    """The tasks that were there when it began, and that nobody has changed since."""
    position: Position | None = None
    met: list[Task] = field(default_factory=list)


@dataclass
class Write:
    """A write that has its instant already, and is yet to be seen."""

    task: Task
    version: int


class Model(RuleBasedStateMachine):
    """Writers, readers and a follower of the feed, one step after another."""

    origin: ClassVar[Board]

    def __init__(self) -> None:
        super().__init__()
        self.board = replace(self.origin, company=str(uuid4()))
        self.now = 0
        self.last_number = 0
        self.tasks: dict[str, Task] = {}
        self.versions: Counter[str] = Counter()
        self.under_way: list[Write] = []
        self.readers: list[Reader] = []
        self.copy: dict[str, Task] = {}
        self.feed: AfterChange | None = None

    def finish(self, write: Write) -> None:
        """Let a write be seen; of two on one version the first one wins."""
        self.under_way.remove(write)
        task = write.task
        if self.versions[task.id] != write.version:
            return
        if write.version == 0:
            self.board.put(task)
        else:
            self.board.change(self.tasks[task.id], write.version, **task.model_dump())
        self.versions[task.id] += 1
        self.tasks[task.id] = task
        for reader in self.readers:
            reader.still.pop(task.id, None)

    @rule(subject=st.sampled_from("AB"), archived=st.booleans(), remark=REMARKS, at_once=st.booleans())
    def create(self, subject: str, archived: bool, remark: str | None, at_once: bool) -> None:
        """A create, of which only the number is taken at first, or the whole."""
        self.last_number += 1
        task = a_task(
            self.board.company,
            self.last_number,
            subject=subject,
            archived=archived,
            remark=remark,
            modified_dateutc=instant(self.now),
        )
        self.begin(Write(task, 0), at_once)

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), subject=st.sampled_from("AB"), archived=st.booleans(), remark=REMARKS, at_once=st.booleans())
    def change(self, data: st.DataObject, subject: str, archived: bool, remark: str | None, at_once: bool) -> None:
        """A change, which closes or opens the task or leaves it where it is."""
        task = data.draw(st.sampled_from(sorted(self.tasks.values(), key=lambda task: task.id2 or 0)))
        modified = instant(max(self.now, ticks(task.modified_dateutc) + 1))
        fields = {"subject": subject, "archived": archived, "remark": remark, "modified_dateutc": modified}
        after = task.model_copy(update=fields)
        self.begin(Write(after, self.versions[task.id]), at_once)

    def begin(self, write: Write, at_once: bool) -> None:
        self.under_way.append(write)
        if at_once:
            self.finish(write)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def finish_one(self, data: st.DataObject) -> None:
        """A write is seen, earlier or later than those beside it."""
        self.finish(self.under_way[data.draw(st.integers(0, len(self.under_way) - 1))])

    @contextmanager
    def between_query_and_fetch(self) -> Iterator[None]:
        """Let a write be seen between a query of an index and the fetch of what the index lacks, or else afterwards.

        Whether a page fetches anything depends on DynamoDB's order of tasks of one instant.
        """
        first = self.under_way[:1]

        def finish() -> None:
            while first:
                self.finish(first.pop())

        with self.board.before_fetching(finish):
            yield
        finish()

    @rule(seconds=st.sampled_from([0, 1, 20, 59, 60, 61]))
    def pass_time(self, seconds: int) -> None:
        """Time passes; no write takes longer than the longest."""
        self.now += seconds * SECOND + 1
        for write in list(self.under_way):
            if ticks(write.task.modified_dateutc) + LATEST <= self.now:
                self.finish(write)

    @rule(
        query=st.builds(TaskQuery, FILTERS, st.sampled_from(list(Order)), st.booleans()),
        size=st.integers(1, 3),
    )
    def begin_to_read(self, query: TaskQuery, size: int) -> None:
        """A client asks for a list."""
        reader = Reader(query, size, dict(self.tasks))
        self.readers.append(reader)
        self.turn_page(reader)

    # Not a precondition on readers: how many pages a list has depends on DynamoDB's order of tasks of one instant.
    @rule(which=st.integers(0, 5))
    def read_on(self, which: int) -> None:
        """A client follows the link to the next page, if any client has one."""
        if self.readers:
            self.turn_page(self.readers[which % len(self.readers)])

    def turn_page(self, reader: Reader) -> None:
        with self.between_query_and_fetch():
            page = self.board.lists.page(self.board.company, reader.query, reader.size, reader.position)
        assert len(page.tasks) <= reader.size
        assert page.next is None or page.next != reader.position
        reader.met += page.tasks
        reader.position = page.next
        if page.next is None:
            self.readers.remove(reader)
            condition = reader.query.filter or TaskFilter(lambda _: True)
            met = Counter(task.id for task in reader.met)
            assert all(met[task.id] == condition.matches(task) for task in reader.still.values())
            assert all(condition.matches(task) for task in reader.met)
            assert set(met) <= set(self.tasks)

    @rule(size=st.integers(1, 3))
    def follow_feed(self, size: int) -> None:
        """A client that keeps a copy asks for what has changed."""
        with self.between_query_and_fetch():
            changes = self.board.lists.changes(self.board.company, size, instant(self.now), self.feed)
        self.copy |= {task.id: task for task in changes.tasks}
        self.feed = changes.position
        if changes.is_up_to_date:
            reached = horizon(instant(self.now))
            settled = [task for task in self.tasks.values() if task.modified_dateutc <= reached]
            assert all(self.copy[task.id] == task for task in settled)

    def teardown(self) -> None:
        """All lists come to their ends, and the copy has all that there is."""
        while self.under_way:
            self.finish(self.under_way[0])
        for _ in turns():
            if not self.readers:
                break
            self.turn_page(self.readers[0])
        later = instant(self.now + 2 * LATEST)
        for _ in turns():
            changes = self.board.lists.changes(self.board.company, 3, later, self.feed)
            self.copy |= {task.id: task for task in changes.tasks}
            self.feed = changes.position
            if changes.is_up_to_date:
                break
        assert self.copy == self.tasks


@pytest.mark.parametrize("little", [True, False])
def test_8_6_a_model_agrees_with_the_lists_and_the_feed(
    board: Board, monkeypatch: pytest.MonkeyPatch, little: bool
) -> None:
    if little:
        # As if each task were a thousand.
        for name, value in {"QUERY_TASKS": 2, "GATHERED_TASKS": 2, "QUERIES": 4}.items():
            monkeypatch.setattr(task_lists, name, value)

    class Modelled(Model):
        origin = board

    run_state_machine_as_test(Modelled, settings=RUNS)
