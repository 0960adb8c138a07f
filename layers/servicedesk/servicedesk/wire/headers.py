"""Header fields of a request, and the parsing of lists in them (RFC 9110 section 5)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

_QUOTED = r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'
_PARTS = {separator: re.compile(rf'(?:[^"{separator}]++|{_QUOTED})++', re.DOTALL) for separator in ",;"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


PARTS = 100
"""The most parts of a list that are read, so that the time for a long header is bounded."""


class Fields(Mapping[str, str]):
    """A case-insensitive multidict of header fields (RFC 9110 section 5.1) or query parameters.

    The values of a repeated name are joined with commas, as section 5.3 allows for header fields.
    """

    def __init__(self, pairs: Iterator[tuple[str, str]] | Sequence[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        self._as_sent: dict[str, str] = {}
        for name, value in pairs:
            self._values.setdefault(name.lower(), []).append(value)
            self._as_sent.setdefault(name.lower(), name)

    def __getitem__(self, name: str) -> str:
        return ", ".join(self._values[name.lower()])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def get_all(self, name: str) -> Sequence[str]:
        """Return each value that was sent under ``name``, in order."""
        return self._values.get(name.lower(), [])

    def as_sent(self, name: str) -> str:
        """Return the name as the client wrote it first."""
        return self._as_sent[name.lower()]


def split(value: str, separator: str) -> Sequence[str]:
    """Split ``value`` at a separator (comma or semicolon) outside of quoted strings.

    Empty parts are left out, as are those after the first ``PARTS``.
    """
    parts = (part.strip() for part in _PARTS[separator].findall(value))
    return list(islice(filter(None, parts), PARTS))


def unquote(text: str) -> str:
    """Return the content of a token or a quoted string."""
    text = text.strip()
    return _ESCAPE.sub(r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text
