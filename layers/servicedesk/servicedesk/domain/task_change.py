"""Changes of stored tasks (contract section 10)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

from servicedesk.domain import values
from servicedesk.domain.catalogue import Catalogue, References
from servicedesk.domain.faults import Fault
from servicedesk.domain.task import CHANGEABLE_FIELDS, ClientFields, Task, missing_fields

_TABLE = ("to_db_table_id", "to_db_table_name")
"""The two fields that name a linked table. A client can send either; the catalogue fills in the other."""


@dataclass(frozen=True, slots=True)
class TaskChange:
    """A request to change a stored task.

    Attributes:
        fields: the new values of changeable fields that are valid.
        faults: the faults of the others.
        replaces: whether a field that is not filled is cleared, or gets its default, rather than left alone.
    """

    fields: ClientFields
    faults: Sequence[Fault]
    replaces: bool

    def apply(self, task: Task, catalogue: Catalogue, now: str) -> tuple[Task, Sequence[Fault]]:
        """Return ``task`` as changed at the instant ``now``, and all faults of the change.

        If nothing changes, that is ``task`` itself (rule 10.6). Otherwise its ``modified_dateutc`` is ``now``, or, if
        the clock stands still or goes back, 100 ns after the previous one (10.7). A field that does not change keeps
        its stored value, even if the catalogue has dropped that (10.3).
        """
        stored = {name: getattr(task, name) for name in CHANGEABLE_FIELDS}
        wanted = self._wanted(stored)
        references, reference_faults = self._references(wanted, task, catalogue)
        faults = [*self.faults, *missing_fields(wanted, self.faults), *reference_faults]

        instant = max(now, values.next_instant(task.modified_dateutc))
        changed = task.model_copy(update=wanted | asdict(references))
        if changed.archived != task.archived:
            changed = changed.model_copy(update={"date_closed": instant if changed.archived else None})
        return (task if changed == task else changed.model_copy(update={"modified_dateutc": instant})), faults

    def _wanted(self, stored: ClientFields) -> dict[str, str | None]:
        """Return the new value of every changeable field; references are still unresolved."""
        if self.replaces:
            return {name: self.fields.get(name) for name in stored}
        wanted = {**stored, **self.fields}
        if any(name in self.fields for name in _TABLE):
            wanted |= {name: self.fields.get(name) for name in _TABLE}
        return wanted

    def _references(self, wanted: ClientFields, task: Task, catalogue: Catalogue) -> tuple[References, Sequence[Fault]]:
        stored = References(**{field.name: getattr(task, field.name) for field in fields(References)})
        named = {fault.field for fault in self.faults}
        if not _keeps_link(wanted, task):
            return catalogue.with_stored(stored).resolve(wanted, named)
        others = {name: value for name, value in wanted.items() if name not in _TABLE}
        references, faults = catalogue.with_stored(stored).resolve(others, named | {*_TABLE})
        return replace(references, **{name: getattr(stored, name) for name in _TABLE}), faults


def _keeps_link(wanted: ClientFields, task: Task) -> bool:
    """Return whether a change leaves the task's link to a table alone."""
    said = {name: text for name in _TABLE if (text := wanted[name]) is not None}
    if not said:
        return task.to_db_table_id is None and wanted["to_id_in_table"] in (None, task.to_id_in_table)
    return all(text.casefold() == (getattr(task, name) or "").casefold() for name, text in said.items())
