"""The credentials behind a write (contract rules 12.1 and 15.3)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a write.

    Attributes:
        contact_id: the contact that the credentials name, if they name one.
        key_id: the id of the API key, if the credentials are one of this service's keys.
    """

    contact_id: str | None
    key_id: str | None


NOBODY = Actor(None, None)
"""The actor of a write without credentials, which only an operator can make, directly in the table."""
