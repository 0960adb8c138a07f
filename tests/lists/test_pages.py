"""Pages: their tasks, their index, and how much one request reads (contract rules 8.1, 8.6 to 8.8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servicedesk.domain.faults import NoSuchTaskError, UnavailableError
from servicedesk.domain.task import REMARK_BYTES, Task
from servicedesk.domain.task_position import AfterChange, AfterNumber
from servicedesk.domain.task_query import Order, Range, TaskFilter, TaskQuery
from servicedesk.store import task_items, task_lists
from servicedesk.store.task_lists import TaskLists
from servicedesk.store.tasks import TaskStore
from servicedesk.wire import odata_filter

from tests.exactly_once.database import Database
from tests.exactly_once.requests import noted_units
from tests.lists.board import ARCHIVED, OPEN, Board, a_task, changed, instant, numbered, where
from tests.turns import turns

FEW = settings(max_examples=60, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def numbers(tasks: Sequence[Task]) -> list[int]:
    return [task.id2 or 0 for task in tasks]


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("descending", [True, False])
def test_8_1_a_last_page_that_is_full_has_no_next_one(board: Board, order: Order, descending: bool) -> None:
    board.add(range(1, 5))
    board.add(range(5, 7), archived=True)
    assert [len(page.tasks) for page in board.pages(TaskQuery(None, order, descending), 3)] == [3, 3]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_8_6_tasks_that_changed_at_one_instant_are_listed_once(board: Board, descending: bool, size: int) -> None:
    tied = board.add(range(1, 10), modified_dateutc=instant(7))
    board.add([20], modified_dateutc=instant(6))
    board.add([21], modified_dateutc=instant(8))
    listed = board.read(TaskQuery(order=Order.CHANGE, descending=descending), size)
    assert sorted(numbers(listed)) == [*numbers(tied), 20, 21]
    assert (listed[0].id2, listed[-1].id2) == ((21, 20) if descending else (20, 21))


def test_8_6_a_task_in_both_lists_for_a_moment_is_listed_once_as_it_is_now(board: Board) -> None:
    [task] = board.add([2])
    board.add([1, 3], archived=True)
    lists = board.lists
    with Stubber(board.client) as stub:
        for key in ("open", "archived"):
            now = task.model_copy(update={"archived": key == "archived"})
            item = task_items.of_task(now, "1:digest", version=2 if now.archived else 1)
            stub.add_response("query", {"Items": [item]})
        page = lists.page(board.company, TaskQuery(), 10)
    assert [(task.id2, task.archived) for task in page.tasks] == [(2, True)]


def test_8_6_open_tasks_are_read_before_archived_ones(board: Board) -> None:
    """A task that is closed between the two reads is met by the second one."""
    [task] = board.add([1])

    def close_after_first_read(**_: Any) -> None:
        board.client.meta.events.unregister("after-call.dynamodb.Query", close_after_first_read)
        board.change(task, 1, archived=True, modified_dateutc=instant(9))

    board.client.meta.events.register("after-call.dynamodb.Query", close_after_first_read)
    assert numbers(board.read(TaskQuery())) == [1]


def read_changing_index(board: Board, query: TaskQuery, size: int, sorted_pages: int) -> list[int]:
    """Return the numbers of a list whose first pages are sorted from the other index, while its range is small."""
    found: list[int] = []
    position = None
    for page_number in turns():
        with pytest.MonkeyPatch.context() as patch:
            if page_number >= sorted_pages:
                patch.setattr(task_lists, "GATHERED_TASKS", 0)
            page = board.lists.page(board.company, query, size, position)
        found += numbers(page.tasks)
        position = page.next
        if position is None:
            break
        assert page_number >= sorted_pages or position.gathered
    return found


@FEW
@given(
    instants=st.lists(st.integers(1, 3), min_size=1, max_size=12),
    descending=st.booleans(),
    size=st.integers(1, 4),
    sorted_pages=st.integers(0, 4),
)
def test_8_6_a_list_is_whole_wherever_it_leaves_the_other_index(
    board: Board, instants: list[int], descending: bool, size: int, sorted_pages: int
) -> None:
    company = replace(board, company=str(uuid4()))
    company.put(*(a_task(company.company, n, modified_dateutc=instant(at)) for n, at in enumerate(instants, 1)))
    query = TaskQuery(numbered(1, len(instants)), Order.CHANGE, descending)
    found = read_changing_index(company, query, size, sorted_pages)
    assert sorted(found) == list(range(1, len(instants) + 1))
    places = [instants[number - 1] for number in found]
    assert places == sorted(places, reverse=descending)


def test_8_6_a_position_shows_only_the_company_of_the_caller(board: Board) -> None:
    other = replace(board, company=str(uuid4()))
    board.add(range(1, 10))
    mine = other.add(range(1, 10))
    for order in Order:
        query = TaskQuery(order=order)
        theirs = board.lists.page(board.company, query, 4).next
        shown = other.lists.page(other.company, query, 100, theirs).tasks
        assert {task.id for task in shown} <= {task.id for task in mine}
        stranger = str(uuid4())
        assert board.lists.page(stranger, query, 100, theirs).tasks == []
        assert board.lists.page(stranger, query, 100).tasks == []


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("descending", [True, False])
def test_8_6_a_made_up_position_begins_elsewhere_and_fails_nowhere(
    board: Board, order: Order, descending: bool
) -> None:
    board.add(range(1, 4))
    places: dict[Order, list[Any]] = {
        Order.NUMBER: [AfterNumber(0), AfterNumber(10**30), AfterNumber(2, gathered=True)],
        Order.CHANGE: [
            AfterChange("0001-01-01T00:00:00.0000000", str(uuid4())),
            AfterChange("9999-12-31T23:59:59.9999999", sorted_until=str(uuid4())),
            AfterChange(instant(2), str(uuid4())),
            AfterChange(instant(2), str(uuid4()), str(uuid4())),
            AfterChange(instant(2), sorted_until=str(uuid4())),
            AfterChange(instant(2)),
        ],
    }
    for condition in (None, numbered(1, 3), changed(instant(1), instant(3))):
        for place in places[order]:
            query = TaskQuery(condition, order, descending)
            assert set(numbers(board.lists.page(board.company, query, 10, place).tasks)) <= {1, 2, 3}


@dataclass(frozen=True)
class Asked:
    """A list of a range, and how much of the other index may be sorted for it."""

    low: int | None
    high: int | None
    by_change: bool
    order: Order
    descending: bool
    size: int
    gathered: int

    def query(self) -> TaskQuery:
        """The query for it."""
        low, high = (None if end is None else instant(max(end, 0)) for end in (self.low, self.high))
        condition = changed(low, high) if self.by_change else numbered(self.low, self.high)
        return TaskQuery(condition, self.order, self.descending)


ENDS = st.none() | st.integers(-1, 12)
ASKED = st.builds(
    Asked,
    low=ENDS,
    high=ENDS,
    by_change=st.booleans(),
    order=st.sampled_from(list(Order)),
    descending=st.booleans(),
    size=st.integers(1, 6),
    gathered=st.sampled_from([0, 3, 500]),
)


@FEW
@given(asked=ASKED)
def test_8_7_a_range_shows_what_is_in_it(board: Board, asked: Asked) -> None:
    if not board.read(TaskQuery()):
        board.add(range(1, 11, 2))
        board.add(range(2, 11, 2), archived=True)
    low, high = (-1 if asked.low is None else asked.low), (99 if asked.high is None else asked.high)
    expected = sorted((number for number in range(1, 11) if low <= number <= high), reverse=asked.descending)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_lists, "GATHERED_TASKS", asked.gathered)
        assert numbers(board.read(asked.query(), asked.size)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "id2 le 10 and id2 le 40",
        "id2 le 40 and id2 le 10",
        "id2 ge 51 and id2 ge 20",
        "id2 ge 20 and id2 ge 51",
        "id2 gt 0 and id2 in (7, 8, 9) and id2 lt 50",
        f"modified_dateutc le {instant(10)}Z and modified_dateutc le {instant(40)}Z",
        f"modified_dateutc le {instant(40)}Z and modified_dateutc le {instant(10)}Z",
        f"modified_dateutc ge {instant(51)}Z and modified_dateutc ge {instant(20)}Z",
        f"modified_dateutc ge {instant(20)}Z and modified_dateutc ge {instant(51)}Z",
        "archived eq true and true",
        "false",
        "subject in ()",
    ],
)
def test_8_7_of_two_bounds_the_narrower_one_counts(board: Board, text: str) -> None:
    board.add(range(1, 61))
    read: list[int] = []

    def note(parsed: dict[str, Any], **_: Any) -> None:
        read.append(parsed["ScannedCount"])

    condition = odata_filter.read(text)
    order = Order.CHANGE if "modified" in text else Order.NUMBER
    board.client.meta.events.register("after-call.dynamodb.Query", note)
    page = board.lists.page(board.company, TaskQuery(condition, order), 100)
    board.client.meta.events.unregister("after-call.dynamodb.Query", note)
    assert (sum(read), page.next) == (len(page.tasks), None)
    assert len(page.tasks) <= 10


@pytest.mark.parametrize("extreme", [10**29, 10**40, -(10**40)])
def test_8_7_a_range_beyond_what_dynamodb_takes_is_a_range(board: Board, extreme: int) -> None:
    board.add([1])
    assert numbers(board.read(TaskQuery(numbered(extreme, None)))) == ([1] if extreme < 0 else [])
    assert numbers(board.read(TaskQuery(numbered(None, extreme)))) == ([] if extreme < 0 else [1])


@pytest.mark.parametrize(
    ("condition", "order"),
    [
        (OPEN, Order.NUMBER),
        (ARCHIVED, Order.NUMBER),
        (numbered(40, 45), Order.NUMBER),
        (changed(instant(40), instant(45)), Order.CHANGE),
        (changed(instant(1990), None), Order.NUMBER),
        (replace(numbered(1990, 1999), archived=False), Order.CHANGE),
    ],
)
def test_8_7_what_an_index_answers_takes_no_more_queries_than_indexes(
    board: Board, condition: Any, order: Order
) -> None:
    board.add(range(1, 2001))
    with board.counted() as calls:
        page = board.lists.page(board.company, TaskQuery(condition, order), 5)
    assert len(calls) <= 2
    assert len(page.tasks) == (0 if condition is ARCHIVED else 5)


def test_8_7_a_filter_that_matches_little_reads_a_bounded_amount_and_goes_on(board: Board) -> None:
    board.add(range(1, 3001), archived=False)
    read: list[int] = []

    def rare(task: Task) -> bool:
        read.append(task.id2 or 0)
        return task.id2 in (7, 2999)

    calls: list[str]
    position = None
    found: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_lists, "QUERY_TASKS", 200)
        for _ in turns():
            read.clear()
            with board.counted() as calls:
                page = board.lists.page(board.company, TaskQuery(where(rare)), 10, position)
            assert len(calls) <= task_lists.QUERIES
            assert len(read) <= task_lists.QUERIES * 200
            found += numbers(page.tasks)
            if page.next is None:
                break
            assert read, "each request gets further"
            position = page.next
    assert found == [2999, 7]


@pytest.mark.parametrize("limits", [{"QUERIES": 1}, {"QUERIES": 2}, {"QUERIES": 4}, {"UNITS": 0.1}])
@pytest.mark.parametrize(
    "condition",
    [
        OPEN,
        changed(instant(1), None),
        where(lambda task: len(task.remark or "") > 1, reads_remark=True),
        where(lambda task: bool(task.remark), changes=Range(low=instant(1)), reads_remark=True),
    ],
    ids=["open", "changed", "remark", "changed and remark"],
)
def test_8_7_each_page_gets_further_however_little_it_may_read(
    board: Board, condition: TaskFilter, limits: dict[str, float]
) -> None:
    tasks = [a_task(board.company, number, remark="x" * (2000 if number % 4 == 0 else 2)) for number in range(1, 13)]
    board.put(*tasks)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"QUERY_TASKS": 2, **limits}.items():
            patch.setattr(task_lists, name, value)
        for order in Order:
            listed = board.read(TaskQuery(condition, order, descending=False), 1)
            assert numbers(listed) == list(range(1, 13))


def test_8_7_a_full_page_reads_no_further_for_the_next_one(board: Board) -> None:
    board.add(range(1, 51))
    with board.counted() as calls:
        page = board.lists.page(board.company, TaskQuery(replace(OPEN, matches=lambda task: (task.id2 or 0) > 40)), 10)
    assert calls == ["Query"]
    assert len(page.tasks) == 10
    assert page.next == AfterNumber(40)


def test_8_7_large_tasks_make_short_pages(board: Board) -> None:
    board.put(*(a_task(board.company, number, remark="x" * REMARK_BYTES) for number in range(1, 9)))
    pages = list(board.pages(TaskQuery(), 500))
    assert [len(page.tasks) for page in pages] == [3, 3, 2]
    assert [number for page in pages for number in numbers(page.tasks)] == list(range(8, 0, -1))


def test_8_7_a_slow_database_ends_a_page_early_but_never_without_progress(board: Board) -> None:
    board.add(range(1, 21))
    moments = iter(range(0, 1000, 5))
    slow = TaskLists(board.client, board.table, clock=lambda: float(next(moments)))
    never = where(lambda _: False, archived=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_lists, "QUERY_TASKS", 3)
        page = slow.page(board.company, TaskQuery(never), 3)
        assert (list(page.tasks), page.next) == ([], AfterNumber(18))
        stopped = TaskLists(board.client, board.table, clock=iter([0.0, 9.0]).__next__)
        with pytest.raises(UnavailableError):
            stopped.page(board.company, TaskQuery(never), 3)


@pytest.mark.parametrize("seconds", [2.0, 3.0, 8.0])
def test_8_10_a_search_has_one_time_for_all_its_queries(board: Board, seconds: float) -> None:
    board.add(range(1, 21))
    clock = count(0, seconds)
    slow = TaskLists(board.client, board.table, clock=lambda: next(clock))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_lists, "QUERY_TASKS", 1)
        with board.counted() as calls, pytest.raises(UnavailableError):
            slow.rows(board.company, TaskQuery(OPEN), 1, skip=15)
    assert (len(calls) - 1) * seconds < task_lists.READ_SECONDS


def test_8_10_a_search_reads_as_far_as_two_pages(board: Board) -> None:
    board.add(range(1, 21))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_lists, "QUERY_TASKS", 1)
        patch.setattr(task_lists, "SEARCH_QUERIES", 12)
        assert numbers(board.lists.rows(board.company, TaskQuery(OPEN), 1, skip=10).tasks) == [10]
        page = board.lists.rows(board.company, TaskQuery(OPEN), 2, skip=12)
    assert (page.tasks, page.next, page.skip) == ([], AfterNumber(9), 0)


@pytest.mark.parametrize("descending", [True, False])
def test_8_2_the_first_tasks_are_left_out_over_as_many_pages_as_it_takes(board: Board, descending: bool) -> None:
    board.add(range(1, 41))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_lists, "QUERY_TASKS", 4)
        for skip in (0, 1, 30, 39, 40, 50):
            listed = numbers(board.read(TaskQuery(descending=descending), 6, skip))
            assert listed == sorted(range(1, 41), reverse=descending)[skip:]


def test_8_8_a_number_is_found_by_at_most_two_queries(board: Board) -> None:
    board.add([1])
    board.add([2], archived=True)
    replace(board, company=str(uuid4())).add([3])
    for number, queries in ((1, 1), (2, 2)):
        with board.counted() as calls:
            found = board.lists.id_of_number(board.company, number)
        assert TaskStore(board.client, board.table).get(board.company, found).task.id2 == number
        assert calls == ["Query"] * queries


def no_wait(_: float) -> None:
    raise AssertionError("nothing to wait for")


def test_8_8_a_number_that_was_not_given_is_missing_at_once(board: Board) -> None:
    TaskStore(board.client, board.table).start_numbers_at(board.company, 2)
    lists = TaskLists(board.client, board.table, wait=no_wait)
    for number in (0, -1, 2, 10**29, 10**50):
        with pytest.raises(NoSuchTaskError):
            lists.id_of_number(board.company, number)


@pytest.mark.parametrize("attempt", [1, 2, 3, 4])
def test_8_8_a_number_that_the_index_does_not_have_yet_is_looked_up_again(board: Board, attempt: int) -> None:
    TaskStore(board.client, board.table).start_numbers_at(board.company, 2)
    task = a_task(board.company, 1)
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == attempt:
            board.put(task)

    assert TaskLists(board.client, board.table, wait=wait).id_of_number(board.company, 1) == task.id
    assert len(waited) == attempt


def test_8_8_a_number_that_was_given_to_no_task_is_missing_in_the_end(board: Board) -> None:
    TaskStore(board.client, board.table).start_numbers_at(board.company, 2)
    waited: list[float] = []
    with pytest.raises(NoSuchTaskError):
        TaskLists(board.client, board.table, wait=waited.append).id_of_number(board.company, 1)
    assert sum(waited) < 1


def test_8_8_a_task_that_is_opened_between_the_two_queries_is_found(board: Board) -> None:
    TaskStore(board.client, board.table).start_numbers_at(board.company, 2)
    [task] = board.add([1], archived=True)

    def open_after_first_read(**_: Any) -> None:
        board.client.meta.events.unregister("after-call.dynamodb.Query", open_after_first_read)
        board.change(task, 1, archived=False, modified_dateutc=instant(9))

    board.client.meta.events.register("after-call.dynamodb.Query", open_after_first_read)
    assert board.lists.id_of_number(board.company, 1) == task.id


def test_8_8_a_number_is_looked_up_in_bounded_time(board: Board) -> None:
    TaskStore(board.client, board.table).start_numbers_at(board.company, 2)
    for seconds in (1.0, 3.0, 8.0):
        clock = count(0, seconds)
        with board.counted() as calls, pytest.raises(UnavailableError):
            TaskLists(board.client, board.table, lambda: next(clock), wait=lambda _: None).id_of_number(  # noqa: B023
                board.company, 1
            )
        assert (len(calls) - 1) * seconds < task_lists.READ_SECONDS


def test_8_7_an_index_that_is_missing_is_no_answer_for_now(board: Board) -> None:
    board.client.create_table(
        TableName=(table := f"plain-{uuid4()}"),
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    try:
        assert_unavailable(TaskLists(board.client, table), board.company)
    finally:
        board.client.delete_table(TableName=table)
    assert_unavailable(TaskLists(board.client, table), board.company)


def test_8_7_an_index_that_is_being_built_is_no_answer_for_now(board: Board) -> None:
    """DynamoDB Local builds an index at once. The message is the one of aws-cloudformation/…-roadmap issue 1075."""
    with Stubber(board.client) as stub:
        for _ in range(4):
            message = "Cannot read from backfilling global secondary index: by_number"
            stub.add_client_error("query", "ValidationException", message, 400)
        assert_unavailable(board.lists, board.company)


def assert_unavailable(lists: TaskLists, company: str) -> None:
    for order in Order:
        with pytest.raises(UnavailableError, match="index"):
            lists.page(company, TaskQuery(order=order), 10)
    with pytest.raises(UnavailableError, match="index"):
        lists.id_of_number(company, 1)
    with pytest.raises(UnavailableError, match="index"):
        lists.changes(company, 10, instant(0))


def test_7_6_a_create_places_its_task_in_both_indexes_for_four_write_units(board: Board, dynamodb: Database) -> None:
    client = dynamodb.client()
    store = TaskStore(client, board.table)
    for archived in (False, True):
        with noted_units(client) as noted:
            stored = store.create(a_task(board.company, 0, archived=archived), {}).task
        assert [units for _, units in noted] == [1, 3]
        assert board.read(TaskQuery(ARCHIVED if archived else OPEN)) == [stored]
        assert board.read(TaskQuery(changed(stored.modified_dateutc, None), Order.CHANGE))
