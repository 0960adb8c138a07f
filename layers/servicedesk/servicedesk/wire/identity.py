"""What a create is known by, so that sending it twice makes one task (contract rule 7.1)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from servicedesk.wire.problems import InvalidHeader

KEY_CHARACTERS = 255
"""The longest Idempotency-Key, in printable ASCII characters."""

_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BARE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Identity:
    """The id of a new task, and what of the client's gave it: its ``id``, an Idempotency-Key, or nothing."""

    task_id: str
    by_id: bool = False
    by_key: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether the client can send the same task again: else every request is a task of its own."""
        return self.by_id or self.by_key

    @classmethod
    def of(cls, client_id: str | None, idempotency_keys: Sequence[str], company_id: str) -> "Identity":
        """The client's id; else one derived from company and key (UUIDv5); else a new one.

        ``idempotency_keys`` are the values of all Idempotency-Key headers that the request has.

        Raises:
            InvalidHeader: an Idempotency-Key that is not 1 to ``KEY_CHARACTERS`` printable ASCII characters, or two
                that differ.
        """
        keys = {_key(value) for value in idempotency_keys}
        if len(keys) > 1:
            raise InvalidHeader("Idempotency-Key came twice, with different values. Send one of them.")
        key = next(iter(keys), None)
        if client_id is not None:
            return cls(client_id, by_id=True)
        if key is not None:
            return cls(str(uuid5(UUID(company_id), key)), by_key=True)
        return cls(str(uuid4()))


def _key(value: str) -> str:
    text = value.strip()
    if quoted := _QUOTED.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    elif not _BARE.fullmatch(text) or text.startswith('"'):
        text = ""
    if not 1 <= len(text) <= KEY_CHARACTERS:
        raise InvalidHeader(f"Idempotency-Key has to be 1 to {KEY_CHARACTERS} printable ASCII characters.")
    return text
