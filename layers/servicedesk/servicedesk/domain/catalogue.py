"""A company's catalogue: its task types, statuses, priorities and linkable tables, and the defaults among them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from servicedesk.domain.faults import Code, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType:
    """A type of task. It may name the status that its tasks start in."""

    id: str
    name: str
    default: bool = False
    default_status_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A status of a task. ``completed`` statuses archive it."""

    id: str
    name: str
    default: bool = False
    completed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """A priority of a task."""

    id: str
    name: str
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedTable:
    """A table of another system of the company, which a task can link to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """A task's foreign keys, resolved by a catalogue, with the defaults filled in.

    ``archived`` tells whether the status is a completed one.
    """

    task_type_id: str
    task_status_id: str
    task_priority_id: str
    to_db_table_id: str | None
    to_db_table_name: str | None
    archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything that a company's tasks may refer to. Exactly one type, one status and one priority is the default."""

    types: Sequence[TaskType]
    statuses: Sequence[Status]
    priorities: Sequence[Priority]
    tables: Sequence[LinkedTable]
    company_name: str = ""

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Catalogue":
        """Return the catalogue that ``document`` describes (``tables`` and so on as lists of objects).

        Members that this release does not know are left out, because a later release may have stored them.
        """
        return cls(
            types=_entries(TaskType, document["types"]),
            statuses=_entries(Status, document["statuses"]),
            priorities=_entries(Priority, document["priorities"]),
            tables=_entries(LinkedTable, document["tables"]),
            company_name=str(document.get("company_name", "")),
        )

    def with_stored(self, stored: References) -> "Catalogue":
        """Return this catalogue with the type, status and priority of a stored task, which it may have dropped since.

        A change of the task can then keep what it does not touch. The status counts as completed if it did when the
        task got it.
        """
        # Of two entries with the same id, the first one counts.
        return Catalogue(
            types=[*self.types, TaskType(id=stored.task_type_id, name="")],
            statuses=[Status(id=stored.task_status_id, name="", completed=stored.archived), *self.statuses],
            priorities=[*self.priorities, Priority(id=stored.task_priority_id, name="")],
            tables=self.tables,
        )

    def resolve(
        self, filled: Mapping[str, str | None], named: Collection[str] = ()
    ) -> tuple[References, Sequence[Fault]]:
        """Return the references of a task with the fields ``filled``, and a fault for each that is unknown.

        The default replaces a faulty reference. ``named`` has the names of all fields that the client filled, valid or
        not: a link without a table is a fault only if no table was named at all. An id of another company's catalogue
        is as unknown as one that exists nowhere (contract section 6).
        """
        faults: list[Fault] = []
        task_type = _with_id(self.types, filled.get("task_type_id"))
        if filled.get("task_type_id") and not task_type:
            faults.append(_unknown("task_type_id", "task type"))
        priority = _with_id(self.priorities, filled.get("task_priority_id"))
        if filled.get("task_priority_id") and not priority:
            faults.append(_unknown("task_priority_id", "task priority"))
        status = _with_id(self.statuses, filled.get("task_status_id"))
        if filled.get("task_status_id") and not status:
            faults.append(_unknown("task_status_id", "task status"))
        task_type = task_type or _default(self.types)
        status = status or _with_id(self.statuses, task_type.default_status_id) or _default(self.statuses)
        table, table_faults = self._table(filled.get("to_db_table_id"), filled.get("to_db_table_name"))
        faults += table_faults
        names_table = any(filled.get(name) or name in named for name in ("to_db_table_id", "to_db_table_name"))
        if filled.get("to_id_in_table") and not names_table:
            detail = "to_id_in_table needs the table that it points into: to_db_table_id or to_db_table_name."
            faults.append(Fault("to_id_in_table", Code.MISSING_REFERENCE, detail))
        references = References(
            task_type_id=task_type.id,
            task_status_id=status.id,
            task_priority_id=(priority or _default(self.priorities)).id,
            to_db_table_id=table.id if table else None,
            to_db_table_name=table.name if table else None,
            archived=status.completed,
        )
        return references, faults

    def _table(self, table_id: str | None, name: str | None) -> tuple[LinkedTable | None, Sequence[Fault]]:
        by_id, by_name = _with_id(self.tables, table_id), _with_name(self.tables, name)
        faults = []
        if table_id and not by_id:
            faults.append(_unknown("to_db_table_id", "table"))
        if name and not by_name:
            faults.append(_unknown("to_db_table_name", "table"))
        if by_id and by_name and by_id is not by_name:
            detail = "to_db_table_id and to_db_table_name name two different tables."
            faults.append(Fault("to_db_table_name", Code.CONFLICTING_REFERENCE, detail))
        return by_id or by_name, faults


def _entries[Entry](kind: type[Entry], items: Sequence[Mapping[str, Any]]) -> Sequence[Entry]:
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return [kind(**{name: item[name] for name in known if name in item}) for item in items]


def _with_id[Entry: (TaskType, Status, Priority, LinkedTable)](
    entries: Sequence[Entry], id: str | None
) -> Entry | None:
    return next((entry for entry in entries if entry.id == id), None)


def _with_name(tables: Sequence[LinkedTable], name: str | None) -> LinkedTable | None:
    """Return the table with this name in any case.

    Case folding never shortens a text, so a name longer than every table's matches none and need not be folded.
    """
    folded = [table.name.casefold() for table in tables]
    if not name or len(name) > max(map(len, folded), default=0):
        return None
    wanted = name.casefold()
    return next((table for table, one in zip(tables, folded, strict=True) if one == wanted), None)


def _default[Entry: (TaskType, Status, Priority)](entries: Sequence[Entry]) -> Entry:
    return next(entry for entry in entries if entry.default)


def _unknown(field: str, what: str) -> Fault:
    detail = f"The company's catalogue has no such {what}. Ask the operator of this service for the catalogue."
    return Fault(field, Code.UNKNOWN_REFERENCE, detail)


BUILT_IN = Catalogue(
    types=[
        TaskType(id="0d617cf0-d523-44dc-aadd-19baf06cf913", name="Repair request", default=True),
        TaskType(id="5b2f7a52-1f0e-4c53-9e0b-6a6f3f6f4a01", name="Maintenance"),
        TaskType(id="c3a1d9d4-7c1b-4b1e-8a56-0f4f2d1e9b02", name="Installation"),
    ],
    statuses=[
        Status(id="d04abcdd-1a87-4d49-af1d-33ef6195ebd3", name="New", default=True),
        Status(id="7e5d2c18-93a4-4f6b-8d0f-2b9c4e1a7f03", name="In progress"),
        Status(id="a9f4b6e7-2d38-4c5a-b1e9-8c7d6f5e4a04", name="Completed", completed=True),
    ],
    priorities=[
        Priority(id="1c8e9f2a-4b5d-4e6f-9a7b-3d2c1b0a9f05", name="Low"),
        Priority(id="d69a8b21-9de2-4ec2-9a48-f91277b2ba4c", name="Normal", default=True),
        Priority(id="e2d3c4b5-a697-4889-b7a6-c5d4e3f2a106", name="High"),
        Priority(id="f6e5d4c3-b2a1-4908-97f6-e5d4c3b2a107", name="Critical"),
    ],
    tables=[
        LinkedTable(id="78154eca-ded3-490f-a47d-543e38c0e63d", name="project"),
        LinkedTable(id="9d8c7b6a-5f4e-4d3c-ab2a-190f8e7d6c08", name="jobs"),
        LinkedTable(id="448260e5-7a17-4381-a254-0b1d8fe53947", name="task"),
    ],
)
"""The catalogue of a company that was onboarded without one of its own. The ids never change."""
