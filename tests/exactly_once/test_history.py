"""The history in DynamoDB's own engine: its stream, its conditions, its limits and its units."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from servicedesk.store import keys
from servicedesk.wire import cursors
from servicedesk.wire.cursors import Cursor

from tests.api import Context
from tests.events import record
from tests.events.bus import Bus
from tests.events.stream import Stream
from tests.exactly_once.conftest import Service
from tests.exactly_once.database import Database
from tests.exactly_once.requests import noted_units

LARGEST = "x" * 262_144
PARALLEL = 8


def entries(service: Service, company: str, task_id: str) -> list[dict[str, Any]]:
    answer = service.api.list(f"/tasks/{task_id}/history", company=company)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.document()["value"]
    return found


def records_of(database: Database) -> list[Any]:
    """Return the records that pass the mapping's filter."""
    return [one for one in record.records(database) if one["dynamodb"]["Keys"]["sk"]["S"].startswith("TASK#")]


def test_15_2_every_change_in_the_real_stream_has_its_entry(alone: Service, company: str) -> None:
    first = alone.api.create({"subject": "0"}, company=company).document()["id"]
    other = alone.api.create({"subject": "0", "remark": "r" * 600}, company=company).document()["id"]
    for number in range(1, 4):
        for task_id in (first, other):
            sent = {"subject": f"{number}", "remark": None if number % 2 else "Tür"}
            assert alone.api.change(task_id, sent, company=company).status == 200
    records = records_of(alone.database)
    assert len(records) == 8
    with patch.object(alone.api.publish_events.bus, "_client", Bus()) as bus:
        for batch in (records, records):
            alone.api.publish_events.lambda_handler({"Records": batch}, Context())
    told = {(e["detail"]["task"]["id"], e["detail"]["version"]): e["detail"] for e in bus.events}
    for task_id in (first, other):
        found = entries(alone, company, task_id)
        assert [entry["version"] for entry in found] == [4, 3, 2, 1]
        for entry in found[:-1]:
            event = told[task_id, entry["version"]]
            assert (entry["changed"], entry["previous"]) == (event["changed"], event["previous"])
            assert entry["current"].items() <= event["task"].items()
    assert all(one in records for one in records_of(alone.database)), "an entry makes no record that counts"


def test_15_2_of_many_at_once_one_entry_is_left(engine: Service, company: str) -> None:
    stream = Stream(engine.api, company)
    task_id = engine.api.create({"subject": "0"}, company=company).document()["id"]
    stream.written(task_id)
    engine.api.change(task_id, {"subject": "1"}, company=company)
    written = stream.written(task_id)
    with patch.object(engine.api.publish_events.bus, "_client", Bus()), ThreadPoolExecutor(PARALLEL) as pool:
        handler = engine.api.publish_events.lambda_handler
        answers = list(pool.map(lambda _: handler({"Records": [written]}, Context()), range(PARALLEL)))
    assert answers == [{"batchItemFailures": []}] * PARALLEL
    assert len(stream.entries()) == 1
    assert [entry["version"] for entry in entries(engine, company, task_id)] == [2, 1]


@pytest.mark.parametrize(("before", "after"), [(LARGEST, LARGEST[1:] + "y"), ("x" * 195_001, "y" * 195_000)])
def test_15_1_the_largest_change_fits_without_its_remarks(
    engine: Service, company: str, before: str, after: str
) -> None:
    """DynamoDB takes 400 KB of an item."""
    full = dict.fromkeys(("subject", "customer_reference", "reference_back_office"), "🖨" * 50)
    stream = Stream(engine.api, company)
    task_id = engine.api.create({"subject": "0", "remark": before}, company=company).document()["id"]
    stream.written(task_id)
    assert engine.api.change(task_id, {"remark": after, **full}, company=company).status == 200
    assert stream.deliver(stream.written(task_id)) == {"batchItemFailures": []}
    [entry, _] = entries(engine, company, task_id)
    assert entry["omitted"] == ["remark"]
    assert "remark" in entry["changed"]
    assert entry["current"].keys() == entry["previous"].keys() == set(entry["changed"]) - {"remark"}


@pytest.mark.parametrize(
    ("before", "after"), [(LARGEST, None), (LARGEST, "y" * 127_000), ("x" * 195_000, "y" * 195_000)]
)
def test_15_1_remarks_that_fit_are_there(engine: Service, company: str, before: str, after: str | None) -> None:
    full = dict.fromkeys(("subject", "customer_reference", "reference_back_office"), "🖨" * 50)
    dates = dict.fromkeys(("date_start", "due_date", "date_assigned", "date_suggested_by_company"), "2026-06-24")
    stream = Stream(engine.api, company)
    task_id = engine.api.create({"subject": "0", "remark": before}, company=company).document()["id"]
    stream.written(task_id)
    sent = {"remark": after, "to_db_table_name": "project", "to_id_in_table": str(uuid4()), **full, **dates}
    assert engine.api.change(task_id, sent, company=company).status == 200
    assert stream.deliver(stream.written(task_id)) == {"batchItemFailures": []}
    [entry, _] = entries(engine, company, task_id)
    assert "omitted" not in entry
    assert (entry["previous"]["remark"], entry["current"]["remark"]) == (before, after)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_15_4_pages_pass_over_the_entries_of_an_erased_task(engine: Service, company: str, size: int) -> None:
    """An id that comes again after its company was erased; here only the task goes, which comes to the same."""
    stream = Stream(engine.api, company)
    sent = {"id": str(uuid4()), "subject": "Same"}
    path = f"/tasks/{sent['id']}/history"
    records: list[list[Any]] = []
    for life in ("Erased", "New"):
        assert engine.api.create(sent, company=company).status == 201
        records.append([stream.written(sent["id"])])
        for number in range(5):
            assert engine.api.change(sent["id"], {"subject": f"{life} {number}"}, company=company).status == 200
            records[-1].append(stream.written(sent["id"]))
        if life == "Erased":
            engine.api.api.client.delete_item(**stream.table, Key=keys.task(company, sent["id"]))
            stream = Stream(engine.api, company)
    stream.deliver(*records[0], records[1][3])
    assert len(stream.entries()) == 5

    def pages(**query: str) -> Iterator[tuple[list[int], str]]:
        headers = {"Prefer": f"maxpagesize={size}"}
        answer = engine.api.list(path, query=query, company=company, headers=headers)
        while True:
            document = answer.document()
            assert "Erased" not in answer.body
            yield [entry["version"] for entry in document["value"]], answer.headers["Complete-To-Version"]
            if "@odata.nextLink" not in document:
                return
            answer = engine.api.follow(document["@odata.nextLink"], company=company, headers=headers)

    assert [version for shown, _ in pages() for version in shown] == [4, 1]
    assert [version for shown, _ in pages(skip="1") for version in shown] == [1]
    assert {complete for _, complete in pages()} != {"6"}
    stream.deliver(*records[1])
    assert [version for shown, _ in pages() for version in shown] == [6, 5, 4, 3, 2, 1]
    assert {complete for _, complete in pages()} == {"6"}


def test_15_1_the_largest_skip_of_a_token_is_read_and_no_larger_one(engine: Service, company: str) -> None:
    """DynamoDB refuses a `Limit` that is too large, which is a 503 to whoever asks."""
    task_id = engine.api.create({"subject": "x"}, company=company).document()["id"]
    query_text = f"{task_id} {json.dumps(['/tasks/{id}/history', []])}"
    for skip, status in ((10_000, 200), (10_001, 400), (10**15, 400)):
        token = cursors.to_token(Cursor(None, None, skip), company, query_text)
        answer = engine.api.list(f"/tasks/{task_id}/history", query={"$skiptoken": token}, company=company)
        assert answer.status == status, answer.body


def test_what_the_history_costs(engine: Service, company: str) -> None:
    """Nothing for a creation; for a change a unit to write, and one to read that the company is there."""
    stream = Stream(engine.api, company)
    task_id = engine.api.create({"subject": "Printer", "customer_reference": "PO-1"}, company=company).document()["id"]
    created = stream.written(task_id)
    sent = {"subject": "Printer on fire", "customer_reference": "PO-4711", "due_date": "2026-06-30"}
    assert engine.api.change(task_id, sent, company=company).status == 200
    changed = stream.written(task_id)
    with noted_units(engine.api.publish_events.history._client) as noted:
        stream.deliver(created)
    assert not noted
    with noted_units(engine.api.publish_events.history._client) as noted:
        stream.deliver(changed)
    assert noted == [("GetItem", 1), ("UpdateItem", 1)]
    with noted_units(engine.api.api.client) as noted:
        assert len(entries(engine, company, task_id)) == 2
    assert noted == [("GetItem", 1), ("Query", 0.5)]
