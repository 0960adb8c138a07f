"""The decision about a create: its task is written, looked up as a replay, or refused (contract sections 2 and 7)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from servicedesk.domain.catalogue import Catalogue
from servicedesk.domain.faults import Fault
from servicedesk.domain.identity import Identity
from servicedesk.domain.task import ClientFields, Task, in_page_order, missing_fields, new_task


class Decision(Enum):
    """The decision about a create before the table is read."""

    WRITE = auto()
    """The task is valid. Write it, unless it is a replay or its id is taken."""

    REPLAY_OR_REFUSE = auto()
    """The task is not valid now, but an earlier, equal create may have been: then this is a replay (rule 7.2)."""

    REFUSE = auto()
    """The task was never valid, so no earlier request can have stored it."""


@dataclass(frozen=True, slots=True)
class TaskCreation:
    """A new task and all its faults.

    Attributes:
        task: the task, without a number yet.
        identity: the identity of the create.
        lasting_faults: the faults of the body itself, whenever it is sent.
        passing_faults: the faults that depend on the company's catalogue, which changes, or on the client's
            preferences.
    """

    task: Task
    identity: Identity
    lasting_faults: Sequence[Fault]
    passing_faults: Sequence[Fault]

    @classmethod
    def of(
        cls,
        fields: ClientFields,
        faults: Sequence[Fault],
        named: Collection[str],
        catalogue: Catalogue,
        *,
        identity: Identity,
        company_id: str,
        contact_id: str | None,
        now: str,
    ) -> "TaskCreation":
        """Return the creation of a task with ``fields`` at the instant ``now``.

        ``faults`` are those of the fields that could not be read, and ``named`` has the names of all fields that the
        client fills.
        """
        references, reference_faults = catalogue.resolve(fields, named)
        task = new_task(fields, references, identity=identity, company_id=company_id, contact_id=contact_id, now=now)
        return cls(task, identity, [*faults, *missing_fields(fields, faults)], reference_faults)

    @property
    def decision(self) -> Decision:
        """The decision about the create."""
        if self.lasting_faults or (self.passing_faults and not self.identity.is_repeatable):
            return Decision.REFUSE
        return Decision.REPLAY_OR_REFUSE if self.passing_faults else Decision.WRITE

    @property
    def faults(self) -> Sequence[Fault]:
        """All faults, in the order of the page's fields."""
        return in_page_order([*self.lasting_faults, *self.passing_faults])
