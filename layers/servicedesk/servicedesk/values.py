"""The kinds of value that a client fills in, each read from any accepted spelling into one canonical text.

Canonical texts compare as values: equal text is the same GUID, the same instant. Each function raises
``InvalidValueError`` for what is none of its kind; as a ``ValueError`` it serves in a pydantic model, too.
"""

import re
from datetime import UTC, datetime, timedelta

from servicedesk.codecs import Number

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
"""What a .NET client sends for "no GUID" (contract rule 3.6)."""

UNSET_DATE = "1980-01-01T00:00:00.0000000"
"""What the original's clients send for "no date" (contract rule 3.6)."""

_GUID = re.compile(
    r"([0-9a-f]{8})(-?)([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{12})", re.ASCII | re.IGNORECASE
)
_ISO_DATE = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d)?)(?:(?<=:\d\d:\d\d)\.(?P<fraction>\d*))?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<hours>\d\d)(?::?(?P<minutes>\d\d))?)?)?",
    re.ASCII,
)
_JSON_NET_DATE = re.compile(r"/Date\((?P<milliseconds>-?\d{1,17})(?:[+-]\d{4})?\)/", re.ASCII)
_BROWSER_DATE = re.compile(
    r"(?P<weekday>Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"(?P<day>\d\d) (?P<year>\d{4}) (?P<time>\d\d:\d\d(?::\d\d)?)",
    re.ASCII,
)
_INTEGER = re.compile(r"([+-]?)(\d+)", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EPOCH = datetime(1970, 1, 1)
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class InvalidValueError(ValueError):
    """A value that is none of the kind asked for: the contract's fault code, a sentence, the limit if there is one."""

    def __init__(self, code: str, detail: str, limit: int | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.limit = limit


def guid(value: object) -> str:
    """A GUID as 32 lower-case digits with hyphens, from any spelling of contract rule 3.7. Raises ``invalid_guid``."""
    if isinstance(value, str) and not isinstance(value, Number):
        text = value.strip()
        if (text[:1], text[-1:]) in (("{", "}"), ("(", ")")):
            text = text[1:-1]
        if match := _GUID.fullmatch(text):
            return "-".join(match.group(1, 3, 4, 5, 6)).lower()
    raise InvalidValueError("invalid_guid", "This is not a GUID, like 3970f5af-af17-4420-b038-a1efdc261244.")


def date(value: object) -> str:
    """An instant in UTC to 100 ns, as ``2026-06-24T03:56:41.4578039`` with always seven fraction digits.

    Reads the spellings of contract rule 3.8 (without a zone: UTC; more than seven fraction digits are cut), for the
    years 1 to 9999. Raises ``invalid_date`` for anything else, impossible and ambiguous dates among it.
    """
    if isinstance(value, str) and not isinstance(value, Number):
        text = value.strip()
        try:
            if match := _ISO_DATE.fullmatch(text):
                return _from_iso(match)
            if match := _JSON_NET_DATE.fullmatch(text):
                return _canonical(_EPOCH + timedelta(milliseconds=int(match["milliseconds"])))
            if match := _BROWSER_DATE.fullmatch(text):
                return _from_browser(match)
        except (ValueError, OverflowError):
            pass
    raise InvalidValueError(
        "invalid_date", "This is not a date, like 2026-06-24 or 2026-06-24T03:56:41.4578039Z (ISO 8601)."
    )


def now() -> str:
    """The present instant in the canonical form of ``date``."""
    return _canonical(datetime.now(UTC).replace(tzinfo=None))


def date_text(canonical: str, zone: str) -> str:
    """A canonical date as an answer shows it: fraction without trailing zeros, then ``zone`` (contract rule 5.5)."""
    return canonical.rstrip("0").rstrip(".") + zone if "." in canonical else canonical + zone


def text(value: object) -> str:
    """A text as sent; a JSON number becomes its text (contract rule 3.10).

    Raises ``invalid_string`` for other JSON types, and for characters that XML 1.0 cannot hold.
    """
    if not isinstance(value, str):
        raise InvalidValueError("invalid_string", "This is not a text.")
    if match := _NOT_IN_XML.search(value):
        raise InvalidValueError(
            "invalid_string",
            f"The text has U+{ord(match[0]):04X} at position {match.start() + 1}, a character that XML cannot carry.",
        )
    return str(value)


def boolean(value: object) -> str:
    """``true`` or ``false`` from JSON's booleans and the spellings of XML Schema. Raises ``invalid_boolean``."""
    text = str(value).strip().lower()
    if text in ("true", "1"):
        return "true"
    if text in ("false", "0"):
        return "false"
    raise InvalidValueError("invalid_boolean", "This is not a boolean.")


def integer(value: object) -> str:
    """The digits of an integer, without a plus sign or leading zeros. Raises ``invalid_integer``."""
    if isinstance(value, str) and (match := _INTEGER.fullmatch(value.strip())):
        sign, digits = match.groups()
        digits = digits.lstrip("0") or "0"
        return f"-{digits}" if sign == "-" and digits != "0" else digits
    raise InvalidValueError("invalid_integer", "This is not an integer.")


def _from_iso(match: re.Match[str]) -> str:
    moment = datetime.fromisoformat(f"{match['day']}T{match['time'] or '00:00'}")
    if match["sign"]:
        hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
        if hours > 23 or minutes > 59:
            raise ValueError("no such offset")
        offset = timedelta(hours=hours, minutes=minutes)
        moment = moment - offset if match["sign"] == "+" else moment + offset
    fraction = (match["fraction"] or "")[:7].ljust(7, "0")
    return f"{moment.isoformat(timespec='seconds')}.{fraction}"


def _from_browser(match: re.Match[str]) -> str:
    month = _MONTHS.index(match["month"]) + 1
    moment = datetime.fromisoformat(f"{match['year']}-{month:02}-{match['day']}T{match['time']}")
    if _WEEKDAYS[moment.weekday()] != match["weekday"]:
        raise ValueError("that day is another weekday")
    return _canonical(moment)


def _canonical(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='microseconds')}0"
