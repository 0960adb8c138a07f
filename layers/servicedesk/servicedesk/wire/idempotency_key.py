"""The header ``Idempotency-Key`` (contract rule 7.1)."""

import re
from collections.abc import Sequence

from servicedesk.wire.problems import INVALID_HEADER, Problem

KEY_CHARACTERS = 255
"""The longest key, in printable ASCII characters."""

_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_BARE = re.compile(r"[\x20-\x7e]*")


def parse(sent: Sequence[str]) -> str | None:
    """Return the key in the header's values, quoted or bare; ``None`` if the header is missing.

    Raises:
        Problem: ``invalid-header``, if a value is not 1 to ``KEY_CHARACTERS`` printable ASCII characters, or if two
            differ.
    """
    keys = {_key(value) for value in sent}
    if len(keys) > 1:
        raise Problem(INVALID_HEADER, "Idempotency-Key was sent with two different values. Send one.")
    return keys.pop() if keys else None


def _key(value: str) -> str:
    text = value.strip()
    if quoted := _QUOTED.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    elif not _BARE.fullmatch(text) or text.startswith('"'):
        text = ""
    if not 1 <= len(text) <= KEY_CHARACTERS:
        raise Problem(
            INVALID_HEADER,
            f"Idempotency-Key must be 1 to {KEY_CHARACTERS} printable ASCII characters, quoted or bare.",
        )
    return text
