"""Events as entries of EventBridge's PutEvents (contract section 12)."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from servicedesk.domain.task_event import TaskEvent
from servicedesk.wire import json_format, task_document

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "servicedesk.tasks"
"""The source of every event, by which rules match them."""

_ZONE = "+00:00"
"""The suffix of dates, as in all JSON of this service (contract rule 5.5)."""

OMITTED_WHEN_LARGE = "remark"
"""The one field that can make an event too large (contract rule 12.3)."""


def of_event(
    event: TaskEvent, fits: Callable[["PutEventsRequestEntryTypeDef"], bool]
) -> "PutEventsRequestEntryTypeDef":
    """Return the entry of ``event``, without the task's remark if the whole entry is too large for the bus."""
    entry = _entry(event)
    return entry if fits(entry) else _entry(event, omitted=[OMITTED_WHEN_LARGE])


def _entry(event: TaskEvent, omitted: Sequence[str] = ()) -> "PutEventsRequestEntryTypeDef":
    detail: dict[str, object] = {
        "event_id": event.event_id,
        "company_id": event.task.company_id,
        "epoch": event.epoch,
        "version": event.version,
        "actor": {"contact_id": event.actor.contact_id, "key_id": event.actor.key_id},
        "task": _without(omitted, task_document.whole(event.task, _ZONE)),
    }
    if event.before:
        before = task_document.whole(event.before, _ZONE)
        detail["changed"] = list(event.changed)
        detail["previous"] = _without(omitted, {name: before[name] for name in event.changed})
    if omitted:
        detail["omitted"] = list(omitted)
    return {"Source": SOURCE, "DetailType": str(event.type), "Detail": json_format.encode(detail)}


def _without(names: Sequence[str], document: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in names}
