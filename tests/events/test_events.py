"""Contract section 12: what is told of which writes."""

import json
import string
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servicedesk.domain.task import Task
from servicedesk.store import dynamodb, event_bus, keys, task_stream
from servicedesk.wire import event_entry, task_document

from tests.api import ALPHA, BETA, FIELDS, Context
from tests.events.bus import EPOCH, MEGABYTE, Bus, behind, record, stream_arn, version_of
from tests.events.record import BETA_TASK, OTHER_TASK, TASK
from tests.lists.board import a_task, instant
from tests.published.openapi import EVENT, validator

RECORDED = [
    ("TaskCreated", ALPHA, TASK, 1, None),
    ("TaskChanged", ALPHA, TASK, 2, {"due_date", "modified_dateutc"}),
    ("TaskClosed", ALPHA, TASK, 3, {"archived", "date_closed", "modified_dateutc"}),
    ("TaskCreated", ALPHA, OTHER_TASK, 1, None),
    ("TaskReopened", ALPHA, TASK, 4, {"archived", "date_closed", "modified_dateutc"}),
    ("TaskChanged", ALPHA, OTHER_TASK, 2, {"subject", "modified_dateutc"}),
    ("TaskCreated", BETA, BETA_TASK, 1, None),
]
"""The events of the recorded history: none of counters, a catalogue, an operator's rewrite and deletions."""


def published(module: ModuleType, records: Sequence[Any]) -> list[dict[str, Any]]:
    """The events that the function puts on a bus without faults."""
    bus = Bus()
    with behind(module, bus):
        assert module.lambda_handler({"Records": records}, Context()) == {"batchItemFailures": []}
    return bus.events


def entry_of(new: Task, version: int = 1, old: Task | None = None, epoch: str = EPOCH) -> dict[str, Any]:
    """The event of a write, read back from its entry."""
    told = task_stream.read(record(new, version, old, epoch=epoch))
    assert told
    entry = event_entry.of_event(told, event_bus.fits)
    return {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}


def test_12_1_each_creation_and_change_makes_one_event(publish_events: ModuleType, recorded: list[Any]) -> None:
    events = published(publish_events, recorded)
    told = [
        (
            event["detail-type"],
            *version_of(event),
            set(event["detail"]["changed"]) if "changed" in event["detail"] else None,
        )
        for event in events
    ]
    assert told == RECORDED
    assert {event["source"] for event in events} == {"servicedesk.tasks"}


def test_12_1_the_task_is_whole_and_as_an_answer_shows_it(publish_events: ModuleType, recorded: list[Any]) -> None:
    for event in published(publish_events, recorded):
        assert list(event["detail"]["task"]) == list(FIELDS)
        assert event["detail"]["task"]["company_id"] == event["detail"]["company_id"]
    first = published(publish_events, recorded)[0]["detail"]["task"]
    assert (first["remark"], first["due_date"]) == ("Tür 3", "2026-01-01T00:00:00.0000009+00:00")
    assert first["customer_reference"] is None


@pytest.mark.parametrize("key", [keys.counter(ALPHA), keys.catalogue(ALPHA)])
def test_12_1_what_is_no_task_makes_no_event(key: keys.Key) -> None:
    image = {**key, **dynamodb.to_item({"last_id2": 2})}
    for change in ({"NewImage": image}, {"NewImage": image, "OldImage": key}, {"OldImage": image}):
        written = {"Keys": key, "SequenceNumber": "1", **change}
        assert task_stream.read({"eventSourceARN": stream_arn(), "dynamodb": written}) is None


def test_12_2_an_event_keeps_its_id_and_no_other_has_it(publish_events: ModuleType, recorded: list[Any]) -> None:
    events = published(publish_events, recorded)
    ids = [event["detail"]["event_id"] for event in events]
    assert ids == [event["detail"]["event_id"] for event in published(publish_events, recorded)]
    assert len(set(ids)) == len(ids)
    assert {UUID(event_id).version for event_id in ids} == {5}


def test_12_2_a_task_s_id_in_two_companies_makes_two_events() -> None:
    one, other = (a_task(company, 1, id=TASK) for company in (ALPHA, BETA))
    assert entry_of(one)["detail"]["event_id"] != entry_of(other)["detail"]["event_id"]


def test_12_1_the_epoch_is_when_the_record_s_stream_was_switched_on() -> None:
    assert entry_of(a_task(ALPHA, 1))["detail"]["epoch"] == EPOCH


def test_12_2_after_a_restore_the_same_version_has_another_id_and_comes_later() -> None:
    """Even where somebody writes the same once more, at the same instant."""
    before, after = (
        entry_of(a_task(ALPHA, 1, id=TASK), epoch=epoch)["detail"] for epoch in (EPOCH, "2026-11-26T09:30:00.000")
    )
    assert before["event_id"] != after["event_id"]
    assert (before["epoch"], before["version"]) < (after["epoch"], after["version"])


def test_12_2_a_company_that_is_onboarded_again_repeats_no_event_id() -> None:
    """A client that sends its own ids creates the same tasks once more."""
    first, again = (a_task(ALPHA, 1, id=TASK, modified_dateutc=instant(number)) for number in (1, 2))
    assert entry_of(first)["detail"]["event_id"] != entry_of(again)["detail"]["event_id"]


def test_12_2_a_write_that_forgot_the_version_is_told_all_the_same() -> None:
    """Only somebody's own hand makes one. Its event must not pass for a repetition of the one before."""
    before = a_task(ALPHA, 1)
    after = before.model_copy(update={"subject": "By hand"})
    created = task_stream.read(record(before, 1))
    by_hand = [record(after, 1, before, number=number) for number in (7, 7, 8)]
    for unversioned in by_hand:
        unversioned["dynamodb"]["OldImage"]["version"] = {"N": "1"}
    first, again, later = (task_stream.read(unversioned) for unversioned in by_hand)
    assert created
    assert first
    assert again
    assert later
    assert first.version == 1
    assert first.event_id == again.event_id
    assert len({created.event_id, first.event_id, later.event_id}) == 3


# ---- Size -----------------------------------------------------------------------------------------------------------

LARGEST_REMARK = '"' * 262_144
"""The remark whose JSON is longest: each character takes two bytes there."""


def size(event: Mapping[str, Any]) -> int:
    detail = json.dumps(event["detail"], ensure_ascii=False, separators=(",", ":"))
    return len((event["source"] + event["detail-type"] + detail).encode())


def test_12_3_a_large_remark_is_in_the_event() -> None:
    event = entry_of(a_task(ALPHA, 1, remark=LARGEST_REMARK))
    assert event["detail"]["task"]["remark"] == LARGEST_REMARK
    assert "omitted" not in event["detail"]


def test_12_3_an_event_that_would_be_too_large_leaves_out_the_remark_and_says_so() -> None:
    before = a_task(ALPHA, 1, remark=LARGEST_REMARK)
    after = before.model_copy(update={"remark": LARGEST_REMARK[:-1] + "x", "subject": "Other"})
    detail = entry_of(after, 2, before)["detail"]
    assert detail["omitted"] == ["remark"]
    assert list(detail["task"]) == [name for name in FIELDS if name != "remark"]
    assert detail["changed"] == ["subject", "remark"]
    assert detail["previous"] == {"subject": before.subject}


def test_12_3_without_its_remark_the_largest_event_fits_many_times() -> None:
    longest = dict.fromkeys(("subject", "customer_reference", "reference_back_office"), "🔥" * 150)
    before = a_task(ALPHA, 1, remark=LARGEST_REMARK, to_db_table_name="x" * 1000, **longest)
    after = before.model_copy(update=dict.fromkeys(longest, '"' * 150) | {"remark": LARGEST_REMARK[1:] + "x"})
    event = entry_of(after, 2, before)
    assert event["detail"]["omitted"] == ["remark"]
    assert size(event) < MEGABYTE / 50


# ---- Properties -----------------------------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
dates = st.integers(0, 10**9).map(instant)
guids = st.uuids().map(str)
KINDS = {"guid": guids, "date": dates, "string": texts, "boolean": st.booleans(), "integer": st.integers(1, 10**9)}
ALWAYS_SET = {name for name, declared in Task.model_fields.items() if declared.is_required()}


def values_of(name: str) -> st.SearchStrategy[Any]:
    kind = KINDS[FIELDS[name]]
    return kind if name in ALWAYS_SET else st.none() | kind


@st.composite
def writes(draw: st.DrawFn) -> tuple[Task, Task]:
    """A task before and after a write that changes any fields but its keys."""
    before = {name: draw(values_of(name)) for name in FIELDS}
    names = draw(st.sets(st.sampled_from([name for name in FIELDS if name not in ("id", "company_id")])))
    after = before | {name: draw(values_of(name)) for name in names}
    return Task.model_construct(**before), Task.model_construct(**after)


@given(writes(), st.integers(2, 1000))
def test_12_1_an_event_tells_exactly_what_changed(write: tuple[Task, Task], version: int) -> None:
    before, after = write
    told = task_stream.read(record(after, version, before))
    differing = [name for name in FIELDS if getattr(before, name) != getattr(after, name)]
    if not differing:
        assert told is None
        return
    event = entry_of(after, version, before)
    detail = event["detail"]
    shown_before, shown_after = (task_document.whole(task, "+00:00") for task in write)
    assert detail["task"] == shown_after
    assert detail["changed"] == differing
    assert detail["task"] | detail["previous"] == shown_before
    kind = {(False, True): "TaskClosed", (True, False): "TaskReopened"}.get((before.archived, after.archived))
    assert event["detail-type"] == (kind or "TaskChanged")
    assert detail["version"] == version


@given(writes(), st.integers(2, 1000))
def test_12_1_every_event_is_as_the_schema_says(write: tuple[Task, Task], version: int) -> None:
    before, after = write
    schema = validator(EVENT)
    schema.validate(entry_of(after))
    if before != after:
        schema.validate(entry_of(after, version, before))


@given(writes(), st.dictionaries(st.text(string.ascii_lowercase, min_size=1).map("later_{}".format), texts))
def test_12_1_what_only_the_store_needs_makes_no_event(write: tuple[Task, Task], more: dict[str, str]) -> None:
    """Such as what a later release stores beside the task, or an operator's command adds for an index."""
    task, _ = write
    assert task_stream.read(record(task, 2, task, more=more)) is None
    created = task_stream.read(record(task, 1, more=more))
    assert created
    assert created.task == task_stream.read(record(task, 1)).task  # type: ignore[union-attr]


# ---- The schema -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": "1"},
        {"epoch": ""},
        {"epoch": 1},
        {"version": 0},
        {"version": "1"},
        {"company_id": None},
        {"task": {}},
        {"changed": ["subject"]},
        {"omitted": ["subject"]},
    ],
)
def test_12_1_the_schema_refuses_what_no_event_is(change: dict[str, Any]) -> None:
    event = entry_of(a_task(ALPHA, 1, id=str(uuid4())))
    schema = validator(EVENT)
    schema.validate(event)
    assert not schema.is_valid(event | {"detail": event["detail"] | change})
