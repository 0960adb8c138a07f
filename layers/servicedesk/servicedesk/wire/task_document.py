"""A task as an answer shows it (contract section 5)."""

from servicedesk.domain import values
from servicedesk.domain.kinds import DATE
from servicedesk.domain.task import FIELDS, Task


def whole(task: Task, zone: str) -> dict[str, object]:
    """Return all fields of ``task`` in the page's order, null where unset, dates ending in ``zone`` (5.1, 5.5)."""
    document: dict[str, object] = {}
    for name, field in FIELDS.items():
        value = getattr(task, name)
        document[name] = values.date_text(value, zone) if field.kind is DATE and value else value
    return document


def minimal(task: Task) -> dict[str, object]:
    """Return what a client needs to find ``task`` again (rule 5.6)."""
    return {"id": task.id, "id2": task.id2}
