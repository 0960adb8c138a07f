"""The consumer of the tasks table's stream: writes the history of tasks, and publishes events."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from servicedesk import cold_start

with cold_start.without_collection():
    from servicedesk.domain.faults import UndeliveredError
    from servicedesk.store import dynamodb, event_bus, task_stream
    from servicedesk.store.event_bus import EventBus
    from servicedesk.store.history import HistoryStore
    from servicedesk.store.undelivered_events import UndeliveredEvents
    from servicedesk.telemetry import Outcome, describe, observed, record
    from servicedesk.wire import event_entry

    bus = EventBus(os.environ["EVENT_BUS"])
    epoch = task_stream.epoch_of(os.environ["TASKS_STREAM"])
    history = HistoryStore(dynamodb.client(), os.environ["TASKS_TABLE"], epoch)
    undelivered = UndeliveredEvents(os.environ["UNDELIVERED_EVENTS"])


@observed
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Put an event on the bus for each record of a task's write (contract rules 12.2 and 12.3).

    First the entry of a change is added to the history (15.2). Both are idempotent.

    Failures:

    - The history or the bus accepts only a part: the answer names the first record that it refused, from which Lambda
      retries until the records are too old. If it accepts none, the invocation fails, so that Lambda counts the error
      and bisects the batch.
    - Our code cannot make an event of a record, or history or bus will never accept it: no retry can help, so its
      position goes to the dead-letter queue immediately, and the other records go on. With ``"replayed": true`` it came
      from there, and the answer names it instead.
    """
    records = event["Records"]
    entries, faulty, end = _kept(records, context)
    places = list(entries)
    record(events=len(entries))
    try:
        refused, done = bus.put(list(entries.values()), context), len(entries)
    except UndeliveredError as error:
        if not error.done:
            raise
        refused, done, end = error.refused, error.done, places[error.done]
        record(Outcome.UNDELIVERED, error=describe(error))
    if refused:
        record(Outcome.UNDELIVERED)
        faulty += [places[place] for place in refused]
    failures = [end] if end < len(records) else []
    aside = [place for place in sorted(faulty) if place < end]
    if event.get("replayed"):
        failures = [*aside, *failures]
    else:
        for place in aside:
            undelivered.add(records[place])
    if failures or faulty:  # the outcome stays Failed or Undelivered, and Published is counted as well
        record(counts=[Outcome.PUBLISHED] if done > len(refused) else [])
    else:
        record(Outcome.PUBLISHED)
    return {
        "batchItemFailures": [{"itemIdentifier": records[place]["dynamodb"]["SequenceNumber"]} for place in failures]
    }


def _kept(records: Sequence[Mapping[str, Any]], context: Any) -> tuple[dict[int, Any], list[int], int]:
    """Add the changes in the records to the history.

    Returns the entries for the bus by the indices of their records, the indices of records without a valid entry, and
    the index at which the history stopped.
    """
    entries: dict[int, Any] = {}
    faulty: list[int] = []
    companies: dict[str, bool] = {}
    for place, each in enumerate(records):
        try:
            if told := task_stream.read(each):
                entry = event_entry.of_event(told, event_bus.fits)
                history.add(told, companies, context)
                entries[place] = entry
        except UndeliveredError as error:
            if not entries:
                raise
            record(Outcome.UNDELIVERED, error=describe(error))
            return entries, faulty, place
        except Exception as error:  # a fault of one record must not stop the others
            record(Outcome.FAILED, error=describe(error))
            faulty.append(place)
    return entries, faulty, len(records)
