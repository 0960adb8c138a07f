"""The document of a task in an answer (contract section 5)."""

from collections.abc import Mapping

from servicedesk.domain import values
from servicedesk.domain.kinds import DATE
from servicedesk.domain.task import FIELDS, Task


def whole(task: Task, zone: str) -> dict[str, object]:
    """Return all fields of ``task`` in the page's order, null where unset, dates ending in ``zone`` (5.1, 5.5)."""
    return part({name: getattr(task, name) for name in FIELDS}, zone)


def part(fields: Mapping[str, object], zone: str) -> dict[str, object]:
    """Return some fields as ``whole`` shows them."""
    return {
        name: values.date_text(str(value), zone) if FIELDS[name].kind is DATE and value else value
        for name, value in fields.items()
    }


def minimal(task: Task) -> dict[str, object]:
    """Return only the ids of ``task`` (rule 5.6)."""
    return {"id": task.id, "id2": task.id2}
