"""Header values that are lists: parted at separators, though not inside of quoted strings (RFC 9110 section 5.6)."""

import re
from collections.abc import Sequence

_QUOTED = r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'
_PARTS = {separator: re.compile(rf'(?:[^"{separator}]++|{_QUOTED})++', re.DOTALL) for separator in ",;"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def split(value: str, separator: str) -> Sequence[str]:
    """The parts of ``value`` between the ``separator``, a comma or a semicolon; empty ones left out."""
    return [part.strip() for part in _PARTS[separator].findall(value) if part.strip()]


def unquote(text: str) -> str:
    """What a token or a quoted string says."""
    text = text.strip()
    return _ESCAPE.sub(r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text
