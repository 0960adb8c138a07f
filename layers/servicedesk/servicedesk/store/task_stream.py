"""The tasks table's stream, whose records become events.

A record has the item before and after one write. Lambda delivers records at least once, those of an item in the order
of its writes.
"""

from collections.abc import Mapping
from typing import Any

from servicedesk.domain import task_event
from servicedesk.domain.actor import NOBODY
from servicedesk.domain.task_event import TaskEvent
from servicedesk.store import dynamodb, keys, task_items


def read(record: Mapping[str, Any]) -> TaskEvent | None:
    """Return the event of a record, or ``None`` if nothing happened to a task.

    There is no event for counters and catalogues, for a write that changes no field of a task, and for a deletion,
    which is part of erasing a company.
    """
    change = record["dynamodb"]
    if not change["Keys"]["sk"]["S"].startswith(keys.TASK_PREFIX) or "NewImage" not in change:
        return None
    epoch = epoch_of(record["eventSourceARN"])
    item = dynamodb.from_item(change["NewImage"])
    new = task_items.read(item)
    if "OldImage" not in change:
        return task_event.created(new.task, epoch, new.version, new.actor)
    old = task_items.read(dynamodb.from_item(change["OldImage"]))
    if new.version > old.version:
        return task_event.changed(old.task, new.task, epoch, new.version, new.actor)
    write = str(change["SequenceNumber"])
    return task_event.changed(old.task, new.task, epoch, new.version, NOBODY, unversioned_write=write)


def epoch_of(stream_arn: str) -> str:
    """Return the moment at which a stream was enabled, with which its ARN ends: ``2026-06-24T00:00:00.000``.

    A restored table gets a stream of its own, so this grows with each restore. It is empty without an ARN.
    """
    return stream_arn.partition("/stream/")[2]
