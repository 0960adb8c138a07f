"""Called with records of the tasks table's stream: tells others of each creation and change of a task."""

import os
from typing import Any

from servicedesk import cold_start

with cold_start.without_collection():
    from servicedesk.store import event_bus, task_stream
    from servicedesk.store.event_bus import EventBus
    from servicedesk.telemetry import Outcome, observed, record
    from servicedesk.wire import event_entry

    bus = EventBus(os.environ["EVENT_BUS"])


@observed
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Put an event on the bus for each record in which something happened to a task, and return how many those are.

    Where the bus does not take all of them, the invocation fails. Lambda then calls again with the same records, or
    with half of them, until all are through or it gives up on one of them and puts its place into the dead-letter queue
    (contract rules 12.2 and 12.3).
    """
    events = [told for each in event["Records"] if (told := task_stream.read(each))]
    record(Outcome.PUBLISHED, events=len(events))
    bus.put([event_entry.of_event(told, event_bus.fits) for told in events], context)
    return {"events": len(events)}
