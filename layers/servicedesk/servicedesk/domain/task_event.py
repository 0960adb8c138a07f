"""Events of a task: one for its creation and one for each change (contract section 12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid5

from servicedesk.domain.actor import Actor
from servicedesk.domain.task import FIELDS, Task


class EventType(StrEnum):
    """The type of an event (contract rule 12.1)."""

    CREATED = "TaskCreated"
    CHANGED = "TaskChanged"
    CLOSED = "TaskClosed"
    REOPENED = "TaskReopened"


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One version of a task.

    Attributes:
        type: what happened.
        event_id: the same for each delivery of the event (contract rule 12.2).
        epoch: a text that grows, compared as text, with each restore of the table.
        version: 1 for the creation, and one more for each change.
        actor: the author of the write.
        task: the task after the write.
        before: the task before a change; ``None`` for a creation.
        changed: the names of the fields in which the two differ, in the page's order.
        unversioned_write: the sequence number of a write that did not raise the version, which only a direct edit of
            the table can make; empty for any other.
    """

    type: EventType
    event_id: str
    epoch: str
    version: int
    actor: Actor
    task: Task
    before: Task | None = None
    changed: Sequence[str] = ()
    unversioned_write: str = ""


def created(task: Task, epoch: str, version: int, actor: Actor) -> TaskEvent:
    """Return the event of a task's creation."""
    return TaskEvent(EventType.CREATED, _event_id(task, epoch, str(version)), epoch, version, actor, task)


def changed(
    before: Task, task: Task, epoch: str, version: int, actor: Actor, *, unversioned_write: str = ""
) -> TaskEvent | None:
    """Return the event of a change, or ``None`` if no field differs, as when only the store rewrites an item.

    If the id did not include ``unversioned_write``, such an event would have the id of the previous one, and consumers
    would drop it as a duplicate.
    """
    names = [name for name in FIELDS if getattr(before, name) != getattr(task, name)]
    if not names:
        return None
    if before.archived == task.archived:
        kind = EventType.CHANGED
    else:
        kind = EventType.CLOSED if task.archived else EventType.REOPENED
    write = f"{version}/{unversioned_write}" if unversioned_write else str(version)
    return TaskEvent(kind, _event_id(task, epoch, write), epoch, version, actor, task, before, names, unversioned_write)


def _event_id(task: Task, epoch: str, write: str) -> str:
    # Versions repeat after a restore, and when a client reuses the ids of a company that was erased and onboarded
    # again. The epoch tells the former apart, and the instant of the write the latter.
    return str(uuid5(UUID(task.company_id), f"event/{task.id}/{epoch}/{task.modified_dateutc}/{write}"))
