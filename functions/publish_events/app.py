"""Called with records of the tasks table's stream: tells others of each creation and change of a task."""

import os
from typing import Any

from servicedesk import cold_start

with cold_start.without_collection():
    from servicedesk.domain.faults import UndeliveredError
    from servicedesk.store import event_bus, task_stream
    from servicedesk.store.event_bus import EventBus
    from servicedesk.store.undelivered_events import UndeliveredEvents
    from servicedesk.telemetry import Outcome, describe, observed, record
    from servicedesk.wire import event_entry

    bus = EventBus(os.environ["EVENT_BUS"])
    undelivered = UndeliveredEvents(os.environ["UNDELIVERED_EVENTS"])


@observed
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Put an event on the bus for each record in which something happened to a task (contract rules 12.2 and 12.3).

    What becomes of the rest:

    - The bus does not take all: the answer names the first record that it refused, from which on Lambda calls again
      until the records are too old. Where it took none, the invocation fails, so that Lambda counts it and halves the
      batch.
    - Our code cannot make an event of a record, or the bus will never take it: no repetition helps, so its place goes
      into the dead-letter queue at once, and the others go on. ``"replayed": true`` says that it comes from there; then
      the answer names it.
    """
    records = event["Records"]
    entries, places, faulty = [], [], []
    for place, each in enumerate(records):
        try:
            if told := task_stream.read(each):
                entries.append(event_entry.of_event(told, event_bus.fits))
                places.append(place)
        except Exception as error:  # whatever is wrong with one record must not stop the others
            record(Outcome.FAILED, error=describe(error))
            faulty.append(place)
    record(events=len(entries))
    end = len(records)
    try:
        refused, done = bus.put(entries, context), len(entries)
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
