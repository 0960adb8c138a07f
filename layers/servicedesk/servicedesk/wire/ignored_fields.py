"""The header ``Ignored-Fields``, which names the fields of a body that were ignored (contract rule 4.2)."""

import re
from collections.abc import Sequence
from urllib.parse import quote

HEADER_BYTES = 4096
"""The longest list, in bytes. A longer one is truncated, and ends in ``more;count=N``."""

_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_NOT_IN_A_STRING = re.compile(r"[^\x20-\x24\x26-\x7e]+")


def header(unknown: Sequence[str], overruled: Sequence[str]) -> str:
    """Return the names as a Structured Field list (RFC 9651 section 3.1), or an empty text if there are none."""
    members = [f"{_item(name)};reason=unknown" for name in unknown]
    members += [f"{_item(name)};reason=server-assigned" for name in overruled]
    whole = ", ".join(members)
    if len(whole) <= HEADER_BYTES:
        return whole
    shown: list[str] = []
    length = 0
    room = HEADER_BYTES - len(f"more;count={len(members)}")
    for member in members:
        length += len(member) + 2
        if length > room:
            break
        shown.append(member)
    return ", ".join([*shown, f"more;count={len(members) - len(shown)}"])


def _item(name: str) -> str:
    if _TOKEN.fullmatch(name):
        return name
    encoded = _NOT_IN_A_STRING.sub(lambda match: quote(match[0], errors="surrogatepass"), name)
    return '"{}"'.format(encoded.replace("\\", "\\\\").replace('"', '\\"'))
