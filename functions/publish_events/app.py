"""Called with records of the tasks table's stream: keeps the history of tasks, and tells others of each event."""

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
    """Put an event on the bus for each record in which something happened to a task (contract rules 12.2 and 12.3).

    Before it, the entry of a change is added to the history (15.2). Both can be repeated.

    What becomes of the rest:

    - The history or the bus does not take all: the answer names the first record that it refused, from which on Lambda
      calls again until the records are too old. Where it took none, the invocation fails, so that Lambda counts it and
      halves the batch.
    - Our code cannot make an event of a record, or history or bus will never take it: no repetition helps, so its place
      goes into the dead-letter queue at once, and the others go on. ``"replayed": true`` says that it comes from there;
      then the answer names it.
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
    if failures or faulty:  # it stays Failed or Undelivered, and what was published counts beside it
        record(counts=[Outcome.PUBLISHED] if done > len(refused) else [])
    else:
        record(Outcome.PUBLISHED)
    return {
        "batchItemFailures": [{"itemIdentifier": records[place]["dynamodb"]["SequenceNumber"]} for place in failures]
    }


def _kept(records: Sequence[Mapping[str, Any]], context: Any) -> tuple[dict[int, Any], list[int], int]:
    """Add the changes of the records to the history.

    Returns the entries for the bus by the places of their records, the places of those of which none can be made, and
    the place at which the history took no more.
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
        except Exception as error:  # whatever is wrong with one record must not stop the others
            record(Outcome.FAILED, error=describe(error))
            faulty.append(place)
    return entries, faulty, len(records)
