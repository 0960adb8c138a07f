"""Lists of a company's tasks, read page by page from the table's indexes (contract rules 8.1, 8.6, 8.7 and 8.9).

===================================  ==================================  ====================
index                                partition                           order
===================================  ==================================  ====================
``by_number``                        a company's open, archived tasks    ``id2``
``by_change``                        a company's tasks                   ``modified_dateutc``
``by_customer_reference`` and so on  the tasks with a reference          the company
===================================  ==================================  ====================

A page continues after the last task that was read: after its number, or after its instant and id. Neither changes
unless the task does, so every unchanged task is listed exactly once, whatever happens to the others meanwhile.

DynamoDB updates the indexes a moment after a write. Until then a list shows the old state of a task, or misses a task
that is just moving from one partition of an index to the other.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import inf
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from servicedesk.domain import values
from servicedesk.domain.faults import NoSuchTaskError, UnavailableError
from servicedesk.domain.task import INDEXED_REFERENCES, Task
from servicedesk.domain.task_position import LARGEST_NUMBER, AfterChange, AfterNumber, Position
from servicedesk.domain.task_query import Order, Range, TaskFilter, TaskQuery
from servicedesk.store import dynamodb, keys, task_items
from servicedesk.store.task_items import Versioned
from servicedesk.telemetry import timed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGE_BYTES = 600_000
"""Bytes of text after which a page ends. The last task can add 300,000 more, and escapes in the answer and in Lambda's
envelope can turn one byte into six. Lambda's limit is 6 MB."""

UNITS = 100.0
"""The read units after which a page sends no further request. The last request takes up to 128 more, for the 1 MB that
a query reads, so that a company at its limit of 50 requests a second stays below the 12,000 units a second that a new
table has for all."""

QUERIES = 6
"""The most requests that one page sends to find its tasks."""

QUERY_TASKS = 500
"""The most tasks that one query reads."""

BATCH_TASKS = 100
"""The most tasks that one ``BatchGetItem`` reads."""

GATHERED_TASKS = 500
"""The most tasks of one index that are sorted into the order of the other one."""

SEARCH_QUERIES = 24
"""The most queries of a search. Its answer has no link to a next page, so one request reads up to 10,500 tasks."""

READ_SECONDS = 8.0
"""Seconds after which a page, a search or the look-up of numbers sends no further request. The last one may take
``dynamodb.REQUEST_SECONDS`` more."""

FETCHED_AT_ONCE = 25
"""The tasks that are filtered at a time if the filter needs their long remarks, which no index has."""

REFERENCE_INDEXES = dict(
    zip(INDEXED_REFERENCES, ("by_customer_reference", "by_back_office_reference", "by_linked_object"), strict=True)
)
"""The index that finds the tasks with a value of a field (contract rule 8.7)."""

KEY_BYTES = 2048
"""The longest text that can be the partition key of an index."""

PAUSES = (0.05, 0.1, 0.2, 0.4)
"""The waits in seconds before each retry of a number that the index does not have."""

INDEX_SECONDS = 35.0
"""Seconds that the feed of changes waits beyond ``WRITE_SECONDS``: for writes that DynamoDB finishes after their
function ended, for replication into the index, and for clock skew."""

_FIRST_INSTANT, _LAST_INSTANT = "0001-01-01T00:00:00.0000000", "9999-12-31T23:59:59.9999999"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list.

    Attributes:
        tasks: the tasks; fewer than requested, or none, if the filter matched few of those that one request reads.
        next: where the next page begins; ``None`` on the last one.
        skip: how many tasks are still to be skipped.
        reached: the place after the last task that was read; ``None`` if there was none.
    """

    tasks: Sequence[Task]
    next: Position | None
    skip: int = 0
    reached: Position | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of the feed of changes.

    Attributes:
        tasks: the tasks in the order of their last change.
        position: where the feed continues, now or later.
        is_up_to_date: whether these are all changes up to the horizon.
    """

    tasks: Sequence[Task]
    position: AfterChange
    is_up_to_date: bool


class TaskLists:
    """The tasks of all companies, in the orders of the indexes. Every method reads one company's."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        clock: Callable[[], float] = monotonic,
        wait: Callable[[float], None] = sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._wait = wait

    def id_of_number(self, company_id: str, number: int) -> str:
        """Return the id of the company's task with this ``id2`` (contract rule 8.8).

        Raises:
            NoSuchTaskError: the company has none.
            UnavailableError: the database did not answer in time, or the index is still being built.
        """
        return id_in(self.ids_of_numbers(company_id, [number]), number)

    def ids_of_numbers(self, company_id: str, numbers: Collection[int], each: "_Each" = map) -> Mapping[int, str]:
        """Return the ids of the company's tasks with these ``id2``, without the numbers that no task has.

        The index follows the table a moment later, and a task that is closed or reopened moves from one partition of
        the index to the other. So a missing number that the company has already assigned is looked up again after each
        of the ``PAUSES``, all of them together. Neither the number nor the id of a task ever changes.

        A number costs at most two queries in each round. ``each`` runs the look-ups of a round one by one, as ``map``
        does, or concurrently.

        Raises:
            UnavailableError: the database did not answer in time, or the index is still being built.
        """
        allowance = _Allowance(self._clock)
        found: dict[int, str] = {}

        def look_up(missing: Sequence[int]) -> Sequence[int]:
            results = list(each(lambda number: self._look_up(company_id, number, allowance), missing))
            found.update((number, task_id) for number, task_id in zip(missing, results, strict=True) if task_id)
            return [number for number in missing if number >= 1 and number not in found]

        if missing := look_up(list(numbers)):
            last = self._last_number(company_id, allowance)
            missing = [number for number in missing if number <= last]
        for pause in PAUSES:
            if not missing:
                break
            self._wait(pause)
            missing = look_up(missing)
        return found

    def rows(self, company_id: str, query: TaskQuery, size: int, skip: int) -> Page:
        """Return the ``size`` tasks after the first ``skip`` of a list, or all that there are.

        If they are too large, or too far from the start of the list, there are fewer, and the page has a ``next``.

        Raises:
            UnavailableError: the database did not answer in time, or the index is still being built.
        """
        allowance = _Allowance(self._clock, SEARCH_QUERIES)
        page = self._page(company_id, query, size, allowance, skip=skip)
        if page.next and len(page.tasks) < size:
            allowance.require()
        return page

    def page(
        self, company_id: str, query: TaskQuery, size: int, position: Position | None = None, skip: int = 0
    ) -> Page:
        """Return up to ``size`` tasks of the list that begins at ``position``, without the first ``skip`` of them.

        A page ends earlier if its tasks are large (``PAGE_BYTES``), or if one request has read all that it may.
        ``position`` must come from the same query.

        Raises:
            UnavailableError: the database did not answer in time, or the index is still being built.
        """
        allowance = _Allowance(self._clock, QUERIES, UNITS)
        return self._page(company_id, query, size, allowance, position=position, skip=skip)

    def _page(
        self,
        company_id: str,
        query: TaskQuery,
        size: int,
        allowance: "_Allowance",
        *,
        position: Position | None = None,
        skip: int = 0,
    ) -> Page:
        page_filter = query.filter or TaskFilter(_all)
        gathered = self._gather(company_id, query.order, page_filter, allowance) if _may_gather(position) else None
        place = _Places(query.order, query.descending, position, gathered=gathered is not None)
        if gathered is not None:
            found = iter(sorted(gathered, key=lambda one: place.rank(one.task), reverse=query.descending))
            ranges: Sequence[_IndexRange] = ()
        else:
            ranges = self._ranges(company_id, query, page_filter, position, allowance)
            found = _merged(ranges, query.descending, allowance, first_read=skip + size + 1)

        chosen: list[Versioned] = []
        room = PAGE_BYTES
        reached = position
        for indexed, whole in self._judged(found, page_filter, allowance):
            if whole and not place.is_passed(indexed.task) and page_filter.matches(whole.task):
                if skip:
                    skip -= 1
                elif allowance.is_used_up:
                    return Page(self._shown(chosen, query, allowance), reached, 0, reached)
                else:
                    chosen.append(whole)
                    room -= _text_bytes(whole)
            reached = place.after(indexed.task)
            if len(chosen) == size or room <= 0:
                # The tasks that were read already show whether there is a next one.
                allowance.use_up()
        tasks = self._shown(chosen, query, allowance)
        if not allowance.is_cut and all(index_range.is_done for index_range in ranges):
            return Page(tasks, None, skip, reached)
        if reached == position:
            raise UnavailableError("The database was too slow to read any task. Retry the same request.")
        return Page(tasks, reached, skip, reached)

    def _judged(
        self, found: Iterator[Versioned], page_filter: TaskFilter, allowance: "_Allowance"
    ) -> Iterator[tuple[Versioned, Versioned | None]]:
        """Yield each task as its index has it, and with its remark if the filter needs that.

        The latter is ``None`` for a task that has been erased since.
        """
        if not page_filter.reads_remark:
            yield from ((one, one) for one in found)
            return
        is_first = True
        while some := list(islice(found, FETCHED_AT_ONCE)):
            fetched: Mapping[str, Versioned] = {}
            if missing := [one for one in some if one.missing_remark]:
                if not allowance.take(is_needed=is_first):
                    allowance.is_cut = True
                    return
                fetched = self._whole(missing, allowance)
            is_first = False
            yield from ((one, fetched.get(one.task.id) if one.missing_remark else one) for one in some)

    def _shown(self, chosen: Sequence[Versioned], query: TaskQuery, allowance: "_Allowance") -> Sequence[Task]:
        """Return the tasks of a page, with their long remarks if the query wants them.

        A fetched task may be newer than the index, so it must still match the filter.
        """
        missing = [one for one in chosen if one.missing_remark] if query.with_remarks else []
        if not missing:
            return [one.task for one in chosen]
        fetched = self._whole(missing, allowance)
        matches = query.filter.matches if query.filter else _all
        whole = [fetched.get(one.task.id) if one.missing_remark else one for one in chosen]
        return [one.task for one in whole if one and matches(one.task)]

    def _whole(self, wanted: Sequence[Versioned], allowance: "_Allowance") -> Mapping[str, Versioned]:
        """Return the tasks from the table, by their ids."""
        return self._fetch({(one.task.company_id, one.task.id): one.version for one in wanted}, allowance)

    def _fetch(self, wanted: Mapping[tuple[str, str], int], allowance: "_Allowance") -> Mapping[str, Versioned]:
        """Return the tasks with these companies and ids, by their ids, without erased ones.

        ``wanted`` has the index's version of each. A task that a replica returns in an older version is read again,
        consistently.
        """
        fetched = self._get(list(wanted), allowance)
        stale = [key for key, version in wanted.items() if key[1] not in fetched or fetched[key[1]].version < version]
        return {**fetched, **self._get(stale, allowance, consistent=True)}

    def _get(
        self, ids: Sequence[tuple[str, str]], allowance: "_Allowance", *, consistent: bool = False
    ) -> Mapping[str, Versioned]:
        """Return the tasks with these companies and ids, by their ids."""
        found: dict[str, Versioned] = {}
        wanted = [keys.task(company_id, task_id) for company_id, task_id in ids]
        while wanted:
            allowance.require()
            asked, wanted = wanted[:BATCH_TASKS], wanted[BATCH_TASKS:]
            answer = self._batch({"Keys": asked, "ConsistentRead": consistent})
            allowance.count(answer)
            for item in answer["Responses"].get(self._table, []):
                one = task_items.read(dynamodb.from_item(item))
                found[one.task.id] = one
            # DynamoDB returns up to 16 MB, and leaves out what exceeds the throughput.
            wanted = [*answer["UnprocessedKeys"].get(self._table, {}).get("Keys", []), *wanted]
        return found

    @timed("ReadLatency")
    def _batch(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        with dynamodb.temporary_faults_as_unavailable():
            return self._client.batch_get_item(
                RequestItems={self._table: request},  # type: ignore[dict-item]
                ReturnConsumedCapacity="TOTAL",
            )

    def changes(self, company_id: str, size: int, now: str, position: AfterChange | None = None) -> Changes:
        """Return up to ``size`` tasks that were changed after ``position``, in the order of their last change.

        The feed ends at ``horizon(now)``, by which all writes with an earlier ``modified_dateutc`` are visible, so it
        misses none. A task that changes while the feed is read appears again.

        Raises:
            UnavailableError: the database did not answer in time, or the index is still being built.
        """
        position = position or AfterChange(_FIRST_INSTANT)
        up_to_horizon = TaskFilter(_all, changes=Range(high=horizon(now)))
        page = self.page(company_id, TaskQuery(up_to_horizon, Order.CHANGE, descending=False), size, position)
        if isinstance(page.reached, AfterChange):
            position = page.reached
        return Changes(page.tasks, position, is_up_to_date=page.next is None)

    def _look_up(self, company_id: str, number: int, allowance: "_Allowance") -> str | None:
        # Open tasks first: the second query finds a task that is closed between the two.
        for index_range in self._by_number(company_id, TaskFilter(_all, numbers=Range(number, number)), allowance):
            allowance.require()
            index_range.read(1)
            for found in index_range.tasks:
                return found.task.id
        return None

    @timed("ReadLatency")
    def _last_number(self, company_id: str, allowance: "_Allowance") -> int:
        """Return the last number that the company has assigned."""
        allowance.require()
        with dynamodb.temporary_faults_as_unavailable():
            answer = self._client.get_item(TableName=self._table, Key=keys.counter(company_id), ConsistentRead=True)
        return int(answer["Item"]["last_id2"]["N"]) if "Item" in answer else 0

    def _ranges(
        self,
        company_id: str,
        query: TaskQuery,
        page_filter: TaskFilter,
        position: Position | None,
        allowance: "_Allowance",
    ) -> Sequence["_IndexRange"]:
        match query.order, position:
            case Order.NUMBER, AfterNumber() | None:
                return self._by_number(company_id, page_filter, allowance, position, descending=query.descending)
            case Order.CHANGE, AfterChange() | None:
                return self._by_change(company_id, page_filter, allowance, position, descending=query.descending)
        raise ValueError("The position is not one of this order.")

    def _gather(
        self, company_id: str, order: Order, page_filter: TaskFilter, allowance: "_Allowance"
    ) -> Sequence[Versioned] | None:
        """Return all tasks that another index than the list's own finds for the filter, or ``None`` if they are many.

        Without this, a list would search all tasks for the few that changed today, or that have one reference.
        """
        for name, value in page_filter.references.items():
            if (few := self._with_reference(company_id, name, value, allowance)) is not None:
                return few
        numbers, changes = page_filter.numbers, page_filter.changes
        few_numbers = None not in (numbers.low, numbers.high) and _width(numbers) <= GATHERED_TASKS
        if order is Order.CHANGE and few_numbers:
            ranges = self._by_number(company_id, page_filter, allowance)
        elif order is Order.NUMBER and not few_numbers and (changes.low or changes.high):
            ranges = self._by_change(company_id, page_filter, allowance)
        else:
            return None
        tasks: dict[str, Versioned] = {}
        # Half of the allowance is left for the list's own index, in case the range turns out to be large.
        for _ in range(QUERIES // 2):
            unread = [index_range for index_range in ranges if not index_range.is_read]
            if not unread or len(tasks) > GATHERED_TASKS or not allowance.take():
                break
            unread[0].read(GATHERED_TASKS + 1)
            while unread[0].tasks:
                found = unread[0].take()
                tasks[found.task.id] = _later(found, tasks.get(found.task.id, found))
        is_whole = all(index_range.is_read for index_range in ranges) and len(tasks) <= GATHERED_TASKS
        return list(tasks.values()) if is_whole else None

    def _with_reference(
        self, company_id: str, name: str, value: str, allowance: "_Allowance"
    ) -> Sequence[Versioned] | None:
        """Return the company's tasks with this reference, or ``None`` if they are too many to sort."""
        if len(value.encode()) > KEY_BYTES or not allowance.take():
            return None
        keys_of_tasks = _IndexRange(
            self._client,
            {
                "TableName": self._table,
                "IndexName": REFERENCE_INDEXES[name],
                "KeyConditionExpression": f"{name} = :value AND pk = :partition",
                "ExpressionAttributeValues": dynamodb.to_item(
                    {":value": value, ":partition": keys.partition(company_id)}
                ),
            },
            None,
            allowance,
        ).read_items(GATHERED_TASKS + 1)
        if len(keys_of_tasks) > GATHERED_TASKS:
            return None
        # This index has only keys, and no version.
        ids = {keys.of_task(dynamodb.from_item(item)): task_items.FIRST_VERSION for item in keys_of_tasks}
        return list(self._fetch(ids, allowance).values())

    def _by_number(
        self,
        company_id: str,
        page_filter: TaskFilter,
        allowance: "_Allowance",
        position: AfterNumber | None = None,
        *,
        descending: bool = True,
    ) -> Sequence["_IndexRange"]:
        low = max(page_filter.numbers.low or 0, 0)
        high = LARGEST_NUMBER if page_filter.numbers.high is None else min(page_filter.numbers.high, LARGEST_NUMBER)
        if position:
            low, high = (low, min(high, position.number - 1)) if descending else (max(low, position.number + 1), high)
        if low > high:
            return ()
        # Open tasks come first: a task that is closed while both are read is in one of them, or in both.
        kinds = (False, True) if page_filter.archived is None else (page_filter.archived,)
        partitions = [keys.task_list(company_id, archived=archived) for archived in kinds]
        return [
            self._range(_BY_NUMBER, partition, (low, high), allowance, descending=descending)
            for partition in partitions
        ]

    def _by_change(
        self,
        company_id: str,
        page_filter: TaskFilter,
        allowance: "_Allowance",
        position: AfterChange | None = None,
        *,
        descending: bool = True,
    ) -> Sequence["_IndexRange"]:
        low, high = page_filter.changes.low or _FIRST_INSTANT, page_filter.changes.high or _LAST_INSTANT
        start: dynamodb.Item | None = None
        if position:
            low, high = (low, min(high, position.instant)) if descending else (max(low, position.instant), high)
            # Only DynamoDB knows the order of tasks within one instant. It continues after any key of the index, even
            # one that no item has any more, but refuses a key outside of the range that is read.
            if position.task_id and position.instant == (high if descending else low):
                place = dynamodb.to_item({"modified_dateutc": position.instant})
                start = {**keys.task(company_id, position.task_id), **place}
        if low > high:
            return ()
        partition = keys.partition(company_id)
        return [self._range(_BY_CHANGE, partition, (low, high), allowance, descending=descending, start=start)]

    def _range(
        self,
        index: "_Index",
        partition: str,
        between: tuple[int, int] | tuple[str, str],
        allowance: "_Allowance",
        *,
        descending: bool,
        start: dynamodb.Item | None = None,
    ) -> "_IndexRange":
        low, high = between
        arguments: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": index.name,
            "KeyConditionExpression": f"{index.partition} = :partition AND {index.order} BETWEEN :low AND :high",
            "ExpressionAttributeValues": dynamodb.to_item({":partition": partition, ":low": low, ":high": high}),
            "ScanIndexForward": not descending,
        }
        return _IndexRange(self._client, arguments, start, allowance)


type _Each = Callable[[Callable[[int], str | None], Sequence[int]], Iterable[str | None]]


def id_in(ids: Mapping[int, str], number: int) -> str:
    """Return the id of the task with a number, from the result of ``TaskLists.ids_of_numbers``.

    Raises:
        NoSuchTaskError: there is no such task.
    """
    if number not in ids:
        raise NoSuchTaskError("The company has no task with this number.")
    return ids[number]


@dataclass(frozen=True, slots=True)
class _Index:
    """An index of the table, and the attributes that are its keys."""

    name: str
    partition: str
    order: str


_BY_NUMBER = _Index("by_number", "task_list", "id2")
_BY_CHANGE = _Index("by_change", "pk", "modified_dateutc")


def horizon(now: str) -> str:
    """Return the instant up to which, at the instant ``now``, the index ``by_change`` has all writes."""
    moment = datetime.fromisoformat(now) - timedelta(seconds=dynamodb.WRITE_SECONDS + INDEX_SECONDS)
    return values.date(moment.isoformat())


def latest(now: str) -> AfterChange:
    """Return the position of a feed that starts now (contract rule 8.9).

    It is the horizon, because a write in flight may have an earlier ``modified_dateutc`` than now.
    """
    return AfterChange(horizon(now))


class _IndexRange:
    """A range of an index; ``tasks`` are those that were read and not yet taken."""

    def __init__(
        self,
        client: "DynamoDBClient",
        arguments: dict[str, Any],
        start: dynamodb.Item | None,
        allowance: "_Allowance",
    ) -> None:
        self._client = client
        self._arguments = arguments
        self._start = start
        self._allowance = allowance
        self.tasks: deque[Versioned] = deque()
        self.is_read = False

    @property
    def is_done(self) -> bool:
        """Return whether all tasks of the range were read and taken."""
        return self.is_read and not self.tasks

    def read(self, limit: int) -> None:
        """Read up to ``limit`` more tasks.

        Raises:
            UnavailableError: the database did not answer in time, or the index is still being built.
        """
        self.tasks.extend(task_items.read(dynamodb.from_item(item)) for item in self.read_items(limit))

    @timed("ReadLatency")
    def read_items(self, limit: int) -> Sequence[dynamodb.Item]:
        """Return up to ``limit`` more items.

        Raises:
            UnavailableError: as ``read``.
        """
        start: dict[str, Any] = {"ExclusiveStartKey": self._start} if self._start else {}
        try:
            with dynamodb.temporary_faults_as_unavailable():
                answer = self._client.query(**self._arguments, **start, Limit=limit, ReturnConsumedCapacity="TOTAL")
        except ClientError as error:
            if _is_about_index(error):
                raise UnavailableError(
                    "The index of tasks is still being built. Retry the same request later."
                ) from error
            raise
        self._allowance.count(answer)
        self._start = answer.get("LastEvaluatedKey")
        self.is_read = self._start is None
        return answer["Items"]

    def take(self) -> Versioned:
        """Take the first task."""
        return self.tasks.popleft()


class _Allowance:
    """The reads that one request may do.

    Attributes:
        is_used_up: whether the page is full.
        is_cut: whether tasks that were read from an index could not be filtered any more.
    """

    def __init__(self, clock: Callable[[], float], queries: int = 0, units: float = inf) -> None:
        self._clock = clock
        self._queries = queries
        self._units = units
        self.is_used_up = False
        self.is_cut = False
        self._ends = clock() + READ_SECONDS

    def take(self, *, is_needed: bool = False) -> bool:
        """Return whether one more query is allowed, and count it.

        If ``is_needed``, because the page would make no progress without it, the query is allowed while there is time.
        """
        self._queries -= 1
        is_left = self._queries >= 0 and self._units > 0 and not self.is_used_up
        return (is_left or is_needed) and self._clock() < self._ends

    def count(self, answer: Mapping[str, Any]) -> None:
        """Count the read units that an answer reports."""
        consumed = answer.get("ConsumedCapacity") or {}
        for one in consumed if isinstance(consumed, list) else [consumed]:
            self._units -= one.get("CapacityUnits", 0.0)

    def require(self) -> None:
        """Raise ``UnavailableError`` if the time is over."""
        if self._clock() >= self._ends:
            raise dynamodb.unavailable()

    def use_up(self) -> None:
        """Allow no further query."""
        self.is_used_up = True


@dataclass(frozen=True, slots=True)
class _Places:
    """The order of a list that continues after ``position``.

    Attributes:
        gathered: whether the tasks come from the other index and were sorted, those of one instant by id.
    """

    order: Order
    descending: bool
    position: Position | None
    gathered: bool

    def after(self, task: Task) -> Position:
        """Return the place after a task."""
        if self.order is Order.NUMBER:
            return AfterNumber(_number(task), self.gathered)
        if self.gathered:
            return AfterChange(task.modified_dateutc, sorted_until=task.id)
        match self.position:
            case AfterChange(instant, _, sorted_until) if instant == task.modified_dateutc:
                return AfterChange(instant, task.id, sorted_until)
        return AfterChange(task.modified_dateutc, task.id)

    def is_passed(self, task: Task) -> bool:
        """Return whether an earlier page has passed the task.

        Sorted tasks are those of the whole list. If a list began sorted and continues in its own index, which has the
        tasks of an instant in another order, that is read again from the start of the instant.
        """
        match self.position:
            case AfterNumber(number) if self.gathered:
                reached: tuple[int | str, str] = (number, "")
            case AfterChange(instant, _, str(sorted_until)):
                reached = (instant, sorted_until)
            case _:
                return False
        rank = self.rank(task)
        return bool(rank >= reached if self.descending else rank <= reached)

    def rank(self, task: Task) -> Any:
        """Return the sort key of a task."""
        return (_number(task), "") if self.order is Order.NUMBER else (task.modified_dateutc, task.id)


def _merged(
    ranges: Sequence[_IndexRange], descending: bool, allowance: _Allowance, first_read: int
) -> Iterator[Versioned]:
    """Merge the ranges by the numbers of their tasks, or yield those of the only one, as far as the allowance goes."""
    limit = dict.fromkeys(ranges, min(first_read, QUERY_TASKS))
    choose = max if descending else min
    is_first = True
    while True:
        for index_range in ranges:
            while not index_range.tasks and not index_range.is_read:
                if not allowance.take(is_needed=is_first):
                    return
                index_range.read(limit[index_range])
                limit[index_range] = QUERY_TASKS
        heads = [index_range for index_range in ranges if index_range.tasks]
        if not heads:
            return
        is_first = False
        nearest = choose(heads, key=lambda head: _number(head.tasks[0].task)) if len(heads) > 1 else heads[0]
        found = nearest.take()
        for other in heads:
            # A task that is just being closed or reopened can be in both ranges.
            if other.tasks and other is not nearest and other.tasks[0].task.id == found.task.id:
                found = _later(found, other.take())
        yield found


def _all(_: Task) -> bool:
    return True


def _may_gather(position: Position | None) -> bool:
    return position is None or position.gathered


def _width(numbers: Range[int]) -> int:
    return (numbers.high or 0) - (numbers.low or 0) + 1


def _later(one: Versioned, other: Versioned) -> Versioned:
    return max(one, other, key=lambda found: found.version)


def _number(task: Task) -> int:
    return task.id2 or 0  # every stored task has a number


def _text_bytes(found: Versioned) -> int:
    texts = (value for value in found.task.__dict__.values() if isinstance(value, str))
    return found.missing_remark + sum(len(text.encode()) for text in texts)


def _is_about_index(error: ClientError) -> bool:
    code, message = error.response["Error"].get("Code"), error.response["Error"].get("Message", "")
    # Querying an index that is missing or in backfill is a ValidationException; only the message tells.
    no_index = "backfilling global secondary index" in message or "does not have the specified index" in message
    return code == "ResourceNotFoundException" or (code == "ValidationException" and no_index)
