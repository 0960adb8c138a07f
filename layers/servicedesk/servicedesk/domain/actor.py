"""Who made a write (contract rules 12.1 and 15.3)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """The credentials that a write was made with.

    Attributes:
        contact_id: the contact that they name, if they name one.
        key_id: the id of the API key, if they are one of this service.
    """

    contact_id: str | None
    key_id: str | None


NOBODY = Actor(None, None)
"""The actor of a write without credentials, which only an operator's own hand can make."""
