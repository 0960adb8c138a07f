"""What a create is known by, so that sending it twice makes one task (contract rule 7.1)."""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID, uuid4, uuid5


class IdentifiedBy(Enum):
    """Where the id of a new task comes from."""

    ID = "the client's id"
    KEY = "the client's Idempotency-Key"
    NOTHING = "a new id"


@dataclass(frozen=True, slots=True)
class Identity:
    """The id of a new task, and where it comes from."""

    task_id: str
    identified_by: IdentifiedBy

    @property
    def is_repeatable(self) -> bool:
        """Whether the client can send the same create again. Without id and key, each request is a new task."""
        return self.identified_by is not IdentifiedBy.NOTHING

    @classmethod
    def choose(cls, client_id: str | None, idempotency_key: str | None, company_id: str) -> "Identity":
        """Return the client's id; or else one derived from company and key (UUIDv5); or else a new one."""
        if client_id is not None:
            return cls(client_id, IdentifiedBy.ID)
        if idempotency_key is not None:
            return cls(str(uuid5(UUID(company_id), idempotency_key)), IdentifiedBy.KEY)
        return cls(str(uuid4()), IdentifiedBy.NOTHING)
