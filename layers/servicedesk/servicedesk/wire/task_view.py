"""A task as the original's ``TaskView`` shows it: without null, and with the names of its references (rule 8.11)."""

from collections.abc import Callable, Mapping, Sequence

from servicedesk.domain.catalogue import Catalogue
from servicedesk.domain.kinds import DATE, GUID, TEXT, Kind
from servicedesk.domain.task import FIELDS, Task

_BESIDE_FIELDS: Mapping[str, tuple[Kind, Callable[[Task, Catalogue], object]]] = {
    "task_type_name": (TEXT, lambda task, catalogue: _name(catalogue.types, task.task_type_id)),
    "task_status_name": (TEXT, lambda task, catalogue: _name(catalogue.statuses, task.task_status_id)),
    "task_priority_name": (TEXT, lambda task, catalogue: _name(catalogue.priorities, task.task_priority_id)),
    "company_name": (TEXT, lambda _, catalogue: catalogue.company_name),
    "contact_fullname": (TEXT, lambda _, __: ""),
    "assigned_to_user_id": (GUID, lambda _, __: GUID.unset),
    "assigned_to_user_fullname": (TEXT, lambda _, __: ""),
    "date_update": (DATE, lambda task, _: _without_null(DATE, task.modified_dateutc)),
}

KINDS: Mapping[str, Kind] = {
    **{name: field.kind for name, field in FIELDS.items()},
    **{name: kind for name, (kind, _) in _BESIDE_FIELDS.items()},
}
"""The members of an entry, in their order, and the kinds of their values."""


def entry(task: Task, catalogue: Catalogue) -> dict[str, object]:
    """Return ``task`` as an entry of ``TaskView``, with names from the company's catalogue."""
    shown = {name: _without_null(field.kind, getattr(task, name)) for name, field in FIELDS.items()}
    return shown | {name: value(task, catalogue) for name, (_, value) in _BESIDE_FIELDS.items()}


def _without_null(kind: Kind, value: object) -> object:
    shown = kind.unset if value is None else value
    # The original's dates have milliseconds.
    return f"{shown!s:.23}Z" if kind is DATE else shown


def _name(entries: Sequence[object], entry_id: str) -> str:
    return next((str(getattr(entry, "name", "")) for entry in entries if getattr(entry, "id", None) == entry_id), "")
