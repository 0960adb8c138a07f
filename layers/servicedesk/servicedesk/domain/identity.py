"""The identity of a create, by which a retry makes no second task (contract rule 7.1)."""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID, uuid4, uuid5


class IdentifiedBy(Enum):
    """The origin of the id of a new task."""

    ID = "the client's id"
    KEY = "the client's Idempotency-Key"
    NOTHING = "a new id"


@dataclass(frozen=True, slots=True)
class Identity:
    """The id of a new task, and its origin."""

    task_id: str
    identified_by: IdentifiedBy

    @property
    def is_repeatable(self) -> bool:
        """Return whether the client can retry the create. Without an id and a key, each request makes a new task."""
        return self.identified_by is not IdentifiedBy.NOTHING

    @classmethod
    def choose(cls, client_id: str | None, idempotency_key: str | None, company_id: str) -> "Identity":
        """Return the client's id, or else one derived from company and key (UUIDv5), or else a new one."""
        if client_id is not None:
            return cls(client_id, IdentifiedBy.ID)
        if idempotency_key is not None:
            return cls(str(uuid5(UUID(company_id), idempotency_key)), IdentifiedBy.KEY)
        return cls(str(uuid4()), IdentifiedBy.NOTHING)
