"""Faults between stream, function and bus: after recovery every version of every task has come at least once."""

from collections import defaultdict
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from tests.api import ALPHA, BETA, Context
from tests.events.bus import (
    Bus,
    StreamMapping,
    behind,
    history,
    invalid,
    killing,
    record,
    refusing,
    taken,
    throttled,
    unanswered,
    unreachable,
    version_of,
)
from tests.lists.board import a_task

RECORDS = history([a_task(company, number) for company in (ALPHA, BETA) for number in range(1, 9)], versions=3)
VERSIONS = {
    (task["pk"]["S"].removeprefix("COMPANY#"), task["sk"]["S"].removeprefix("TASK#"), int(task["version"]["N"]))
    for task in (written["dynamodb"]["NewImage"] for written in RECORDS)
}

some = st.sets(st.integers(0, 9), min_size=1).map(lambda places: refusing(*places))
faults = st.one_of(st.sampled_from([throttled, unreachable, unanswered]), st.integers(0, 10).map(killing), some)


def assert_all_told(bus: Bus, versions: set[Any] = VERSIONS) -> None:
    """Every version came, and each with one id of its own, however often it came; each change is in the history."""
    assert set(bus.versions) == versions
    for event in bus.events:
        _, task_id, number = version_of(event)
        entry = bus.history.get(f"HISTORY#{task_id}#{number:010}")
        assert (entry is None) == (event["detail-type"] == "TaskCreated")
        if entry:
            assert (entry[":type"], entry[":changed"]) == (event["detail-type"], event["detail"]["changed"])
    assert len(bus.history) == len([version for version in versions if version[2] > 1])
    ids = defaultdict(set)
    for version, event in zip(bus.versions, bus.events, strict=True):
        ids[version].add(event["detail"]["event_id"])
    assert all(len(found) == 1 for found in ids.values())
    assert len({event_id for found in ids.values() for event_id in found}) == len(versions)


@pytest.fixture(scope="module", params=["bisecting", "repeating"])
def bisects(request: pytest.FixtureRequest) -> bool:
    """Lambda halves a batch that failed; MiniStack sends it again as it was."""
    return bool(request.param == "bisecting")


throttled_entry = ClientError({"Error": {"Code": "ThrottlingException", "Message": "not now"}}, "UpdateItem")
unreachable_entry = ConnectTimeoutError(endpoint_url="https://dynamodb.example")
no_table = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}, "UpdateItem")


@given(
    plan=st.lists(faults, max_size=12),
    refused=st.lists(st.sampled_from([throttled_entry, unreachable_entry, no_table]), max_size=7),
)
def test_12_2_after_any_faults_every_version_has_come_and_is_in_the_history(
    publish_events: ModuleType, bisects: bool, plan: list[Any], refused: list[Exception]
) -> None:
    bus = Bus(plan, refused_entries=list(refused))
    mapping = StreamMapping(publish_events.lambda_handler, bisects)
    with behind(publish_events, bus):
        mapping.deliver(RECORDS)
    assert not mapping.dead_letters
    assert not bus.aside
    assert_all_told(bus)


def test_15_2_an_entry_is_there_before_its_event(publish_events: ModuleType) -> None:
    """A refusal of the database delays the event, too, and nothing before it."""
    creates, changes = RECORDS[:16], RECORDS[16:18]
    bus = Bus(refused_entries=[throttled_entry])
    with behind(publish_events, bus):
        answer = publish_events.lambda_handler({"Records": [*creates, *changes]}, Context())
    assert numbers(answer) == [changes[0]["dynamodb"]["SequenceNumber"]]
    assert len(bus.taken) == len(creates)
    assert not bus.history
    bus = Bus(refused_entries=[throttled_entry])
    with behind(publish_events, bus), pytest.raises(Exception, match="its log line says where"):
        publish_events.lambda_handler({"Records": changes}, Context())
    assert not bus.taken


def test_15_2_an_entry_that_the_database_never_takes_is_put_aside(publish_events: ModuleType) -> None:
    never = ClientError({"Error": {"Code": "ValidationException", "Message": "too large"}}, "UpdateItem")
    bus = Bus(refused_entries=[never])
    with behind(publish_events, bus):
        answer = publish_events.lambda_handler({"Records": RECORDS[16:18]}, Context())
    assert not answer["batchItemFailures"]
    assert bus.aside == [place(RECORDS[16])]
    assert len(bus.taken) == len(bus.history) == 1


def test_15_2_the_history_leaves_time_for_the_bus(publish_events: ModuleType) -> None:
    class Slow(Context):
        """An invocation whose requests take four seconds each."""

        left = 25_000

        def get_remaining_time_in_millis(self) -> int:
            self.left -= 4_000
            return self.left

    bus = Bus()
    with behind(publish_events, bus):
        answer = publish_events.lambda_handler({"Records": RECORDS[16:26]}, Slow())
    assert len(bus.taken) == len(bus.history) == 2
    assert numbers(answer) == [RECORDS[18]["dynamodb"]["SequenceNumber"]]


def test_12_2_a_bus_that_is_down_for_a_while_delays_events(publish_events: ModuleType) -> None:
    bus = Bus([unreachable] * 19)
    mapping = StreamMapping(publish_events.lambda_handler, bisects=False)
    with behind(publish_events, bus):
        mapping.deliver(RECORDS)
    assert_all_told(bus)
    assert mapping.calls == 20
    assert len(bus.taken) == len(VERSIONS), "nothing came twice that had not come before"


def test_12_2_only_what_was_refused_is_sent_again(publish_events: ModuleType) -> None:
    bus = Bus([refusing(2, 7), refusing(1)])
    mapping = StreamMapping(publish_events.lambda_handler)
    with behind(publish_events, bus):
        mapping.deliver(RECORDS[:16])
    assert bus.requests == [10, 2, 1, 6]
    assert sorted(bus.versions) == sorted(set(bus.versions))
    assert mapping.calls == 1


def test_12_2_what_is_refused_again_and_again_fails_the_invocation(publish_events: ModuleType) -> None:
    bus = Bus([refusing(0)] * 3)
    mapping = StreamMapping(publish_events.lambda_handler, bisects=False)
    with behind(publish_events, bus):
        mapping.deliver(RECORDS)
    assert bus.requests[:4] == [10, 1, 1, 10]
    assert mapping.calls == 2
    assert_all_told(bus)


class Hurried(Context):
    """An invocation that has time for two requests."""

    requests = 2

    def get_remaining_time_in_millis(self) -> int:
        """Less each time it is asked."""
        self.requests -= 1
        return 25_000 if self.requests >= 0 else 5_000


def numbers(answer: dict[str, Any]) -> list[str]:
    """The records that an answer names as failed."""
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def test_12_2_a_function_stops_before_its_time_is_up_and_says_where(publish_events: ModuleType) -> None:
    bus = Bus()
    creates = [record(a_task(ALPHA, number), number=number) for number in range(1, 31)]
    with behind(publish_events, bus):
        answer = publish_events.lambda_handler({"Records": creates}, Hurried())
    assert bus.requests == [10, 10]
    assert numbers(answer) == [creates[20]["dynamodb"]["SequenceNumber"]]


@pytest.mark.parametrize(("places", "first"), [((7,), 7), ((3, 9), 3)])
def test_12_2_what_the_bus_refuses_is_named_so_that_nothing_before_it_is_sent_again(
    publish_events: ModuleType, places: tuple[int, ...], first: int
) -> None:
    bus = Bus([refusing(*places), *[refusing(*range(len(places)))] * 2])
    with behind(publish_events, bus):
        answer = publish_events.lambda_handler({"Records": RECORDS[:16]}, Context())
    assert numbers(answer) == [RECORDS[first]["dynamodb"]["SequenceNumber"]]


def test_12_2_where_the_bus_takes_nothing_the_invocation_fails(publish_events: ModuleType) -> None:
    """Lambda counts only failed invocations as errors, for which an alarm rings, and halves only their batches."""
    with behind(publish_events, Bus([unreachable])), pytest.raises(Exception, match="its log line says where"):
        publish_events.lambda_handler({"Records": RECORDS}, Context())


def test_12_3_what_a_bus_takes_after_a_hundred_refusals_is_not_lost(publish_events: ModuleType) -> None:
    bus = Bus([throttled] * 100)
    mapping = StreamMapping(publish_events.lambda_handler, attempts=1000)
    with behind(publish_events, bus):
        mapping.deliver(RECORDS[:1])
    assert len(bus.taken) == 1
    assert not mapping.dead_letters


def broken(number: int) -> Any:
    """A record that our code can make no event of."""
    made: Any = record(a_task(ALPHA, 99), number=number)
    made["dynamodb"]["NewImage"]["pk"] = {"S": "COMPANY#no guid"}
    return made


def place(of: Any) -> dict[str, str]:
    """The place of a record as it is put aside."""
    number = of["dynamodb"]["SequenceNumber"]
    return {"streamArn": of["eventSourceARN"], "startSequenceNumber": number, "endSequenceNumber": number}


def test_12_3_one_that_makes_no_event_is_put_aside_at_once_and_holds_up_no_other(publish_events: ModuleType) -> None:
    poison = broken(10_000)
    bus = Bus()
    mapping = StreamMapping(publish_events.lambda_handler)
    with behind(publish_events, bus):
        mapping.deliver([*RECORDS[:20], poison, *RECORDS[20:]])
    assert mapping.calls == 1
    assert bus.aside == [place(poison)]
    assert not mapping.dead_letters
    assert_all_told(bus)


def test_12_3_while_the_bus_is_down_nothing_is_put_aside_twice(publish_events: ModuleType) -> None:
    poison = broken(10_000)
    bus = Bus([taken, unreachable, unreachable])
    mapping = StreamMapping(publish_events.lambda_handler, bisects=False)
    with behind(publish_events, bus):
        mapping.deliver([*RECORDS[:15], poison, *RECORDS[15:]])
    assert bus.aside == [place(poison)]
    assert_all_told(bus)


def test_12_3_while_the_queue_is_down_as_well_nothing_is_lost(publish_events: ModuleType) -> None:
    bus = Bus(queue_is_down=True)
    with behind(publish_events, bus), pytest.raises(Exception, match="its log line says where"):
        publish_events.lambda_handler({"Records": [*RECORDS, broken(10_000)]}, Context())


def test_12_3_a_record_that_is_replayed_is_not_put_aside_again(publish_events: ModuleType) -> None:
    poison = broken(10_000)
    bus = Bus()
    with behind(publish_events, bus):
        answer = publish_events.lambda_handler({"Records": [poison, *RECORDS], "replayed": True}, Context())
    assert numbers(answer) == [poison["dynamodb"]["SequenceNumber"]]
    assert not bus.aside
    assert_all_told(bus)


FOR_GOOD = ("InvalidArgument", "MalformedDetail", "RedactionFailure")
PERMISSIONS = (
    "AccessDeniedException",
    "InvalidAccountIdException",
    "NotAuthorizedForSourceException",
    "NotAuthorizedForDetailTypeException",
)
"""The codes that AWS documents as not retryable, except for those that an operator can fix for all events."""


@pytest.mark.parametrize("code", FOR_GOOD)
def test_12_3_one_that_the_bus_will_never_take_is_put_aside_at_once_and_holds_up_no_other(
    publish_events: ModuleType, code: str
) -> None:
    bus = Bus([refusing(2, code=code)])
    mapping = StreamMapping(publish_events.lambda_handler)
    with behind(publish_events, bus):
        mapping.deliver(RECORDS)
    assert mapping.calls == 1
    assert bus.requests[:2] == [10, 10], "it is not sent again"
    assert bus.aside == [place(RECORDS[2])]
    assert len(bus.taken) == len(RECORDS) - 1
    assert not mapping.dead_letters


@pytest.mark.parametrize("code", ["InternalFailure", "ThrottlingException", "SomethingNew", *PERMISSIONS])
def test_12_3_what_can_be_mended_for_all_events_is_tried_again(publish_events: ModuleType, code: str) -> None:
    bus = Bus([refusing(2, code=code)] + [refusing(0, code=code)] * 10)
    mapping = StreamMapping(publish_events.lambda_handler, bisects=False)
    with behind(publish_events, bus):
        mapping.deliver(RECORDS)
    assert mapping.calls > 1
    assert not bus.aside
    assert_all_told(bus)


def test_12_3_what_is_put_aside_while_the_bus_refuses_another_is_put_aside_once(publish_events: ModuleType) -> None:
    """The bad one comes after the first of the batch that is refused for now, and then again."""
    bad, later = refusing(1, code="MalformedDetail"), refusing(0)

    def both(entries: Any, bus: Bus) -> Any:
        answer = refusing(0, 1)(entries, bus)
        answer["Entries"][1] = {"ErrorCode": "MalformedDetail", "ErrorMessage": "no"}
        return answer

    bus = Bus([both, later, later, bad])
    mapping = StreamMapping(publish_events.lambda_handler, bisects=False)
    with behind(publish_events, bus):
        mapping.deliver(RECORDS[:5])
    assert mapping.calls == 2
    assert bus.requests == [5, 1, 1, 5]
    assert bus.aside == [place(RECORDS[1])]


def test_12_3_one_that_the_bus_never_takes_is_named_when_it_is_replayed(publish_events: ModuleType) -> None:
    bus = Bus([refusing(2, code="MalformedDetail")])
    with behind(publish_events, bus):
        answer = publish_events.lambda_handler({"Records": RECORDS, "replayed": True}, Context())
    assert numbers(answer) == [RECORDS[2]["dynamodb"]["SequenceNumber"]]
    assert not bus.aside


def test_12_3_a_request_that_the_bus_finds_invalid_is_halved_until_one_is_left(publish_events: ModuleType) -> None:
    """As long as the third of four records is in it."""
    bus = Bus([invalid, taken, invalid])
    mapping = StreamMapping(publish_events.lambda_handler)
    with behind(publish_events, bus):
        mapping.deliver(RECORDS[:4])
    assert bus.requests == [4, 2, 2, 1, 1]
    assert not bus.aside

    bus = Bus([invalid, taken, invalid, invalid])
    with behind(publish_events, bus):
        mapping.deliver(RECORDS[:4])
    assert bus.requests == [4, 2, 2, 1, 1]
    assert bus.aside == [place(RECORDS[2])]
    assert [event["detail"]["version"] for event in bus.events] == [
        int(each["dynamodb"]["NewImage"]["version"]["N"]) for each in (*RECORDS[:2], RECORDS[3])
    ]


def test_12_3_large_events_share_no_request_that_would_be_too_large(publish_events: ModuleType) -> None:
    """The bus of these tests refuses requests of more than a megabyte."""
    large = [a_task(ALPHA, number, remark='"' * (40_000 * number)) for number in range(1, 7)]
    bus = Bus()
    with behind(publish_events, bus):
        publish_events.lambda_handler({"Records": [record(task) for task in large]}, Context())
    assert [event["detail"]["task"]["id2"] for event in bus.events] == [1, 2, 3, 4, 5, 6]
    assert len(bus.requests) > 1


def test_12_3_after_large_events_small_ones_share_requests_again(publish_events: ModuleType) -> None:
    sizes = [600_000, 600_000, *[1] * 18]
    tasks = [a_task(ALPHA, number, remark="x" * size) for number, size in enumerate(sizes, 1)]
    bus = Bus()
    with behind(publish_events, bus):
        publish_events.lambda_handler({"Records": [record(task) for task in tasks]}, Context())
    assert bus.requests == [1, 10, 9]
