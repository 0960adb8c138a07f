"""The history of a task: an entry for its creation and for each change (contract section 15)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from servicedesk.domain.actor import Actor
from servicedesk.domain.task_event import EventType, TaskEvent
from servicedesk.domain.task_position import AfterVersion


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """The creation of a task, or one change.

    Attributes:
        version: 1 for the creation, and one more for each change.
        type: what happened, as events call it.
        date: the task's ``modified_dateutc`` after the write.
        actor: the author of the write.
        changed: the names of the changed fields; empty for a creation.
        previous: their old values, without unset ones.
        current: their new values, without unset ones.
        omitted: the names among ``changed`` whose values do not fit into the entry.
        unversioned_write: the sequence number of a direct edit of the table that did not raise the version, and so
            stands beside the version's own entry; empty for any other.
    """

    version: int
    type: str
    date: str
    actor: Actor
    changed: Sequence[str] = ()
    previous: Mapping[str, object] = field(default_factory=dict)
    current: Mapping[str, object] = field(default_factory=dict)
    omitted: Sequence[str] = ()
    unversioned_write: str = ""

    def without(self, name: str) -> "HistoryEntry":
        """Return the entry without the values of a field, which it then names in ``omitted``."""
        previous, current = (
            {one: value for one, value in values.items() if one != name} for values in (self.previous, self.current)
        )
        return replace(self, previous=previous, current=current, omitted=[*self.omitted, name])


def of_creation(date: str, actor: Actor) -> HistoryEntry:
    """Return the entry of a task's creation."""
    return HistoryEntry(1, EventType.CREATED, date, actor)


def of_change(event: TaskEvent) -> HistoryEntry:
    """Return the entry of the change that an event reports.

    Raises:
        ValueError: the event reports a creation.
    """
    if event.before is None:
        raise ValueError("A creation has no previous values.")
    previous, current = (
        {name: value for name in event.changed if (value := getattr(task, name)) is not None}
        for task in (event.before, event.task)
    )
    return HistoryEntry(
        event.version,
        event.type,
        event.task.modified_dateutc,
        event.actor,
        event.changed,
        previous,
        current,
        unversioned_write=event.unversioned_write,
    )


def complete_to(version: int, begin: AfterVersion | None, met: Sequence[HistoryEntry], end: AfterVersion | None) -> int:
    """Return the version up to which a page is complete (rule 15.2).

    That is ``version``, the task's, or the version below the page's highest gap. The page goes from ``begin``, ``None``
    for the task's version, to ``end``, ``None`` for the creation, and ``met`` are its entries, the newest first. Those
    of unversioned writes fill no gap.
    """
    first = version if begin is None else min(version, begin.lowest_passed - 1)
    last = 1 if end is None else end.lowest_passed
    own = [entry.version for entry in met if not entry.unversioned_write]
    for later, earlier in pairwise([first + 1, *own, last - 1]):
        if earlier < later - 1:
            return earlier
    return version
