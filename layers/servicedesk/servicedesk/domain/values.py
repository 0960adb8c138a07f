"""Parsers of values, each of which returns the canonical form of any accepted spelling.

Two values are equal exactly when their canonical forms are, and dates sort as their texts do. For a value of another
kind a parser raises ``InvalidValueError``, which pydantic understands.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from servicedesk.domain.faults import Code, InvalidValueError

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
"""The GUID that .NET clients send for "not filled" (contract rule 3.6)."""

UNSET_DATE = "1980-01-01T00:00:00.0000000"
"""The date that the original's clients send for "not filled"; ``date`` returns it for every such value (rule 3.6)."""

_GUID = re.compile(
    r"([0-9a-f]{8})(-?)([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{12})", re.ASCII | re.IGNORECASE
)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TIME = r"(?P<time>(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?)"
_ISO_DATE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    rf"(?:[Tt ]{_TIME}(?:(?<=:\d\d:\d\d)\.(?P<fraction>\d*))?"
    r"(?P<zone>[Zz]|(?P<sign>[+-])(?P<hours>\d\d)(?::?(?P<minutes>\d\d))?)?)?",
    re.ASCII,
)
_JSON_NET_DATE = re.compile(
    r"/Date\((?P<milliseconds>-?\d{1,17})(?:(?P<sign>[+-])(?P<hours>\d\d)(?P<minutes>\d\d))?\)/", re.ASCII
)
_BROWSER_DATE = re.compile(
    rf"(?P<weekday>{'|'.join(name[:3] for name in _WEEKDAYS)}) (?P<month>{'|'.join(name[:3] for name in _MONTHS)}) "
    # The original's own client appends the time, or the word null if its user chose none.
    rf"(?P<day>\d\d) (?P<year>\d{{4}})(?: {_TIME}| null)?",
    re.ASCII,
)
_OFFSET_MINUTES = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_LARGEST_OFFSET_MINUTES = 14 * 60
_SECOND = 10_000_000
_MINUTE = 60 * _SECOND
_DAY = 24 * 60 * _MINUTE
_EPOCH = (datetime(1970, 1, 1).toordinal() - 1) * _DAY
_YEAR_10000 = datetime.max.toordinal() * _DAY
_UNSET_TICKS = {
    0,  # .NET's DateTime.MinValue
    (datetime(1980, 1, 1).toordinal() - 1) * _DAY,
}
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_LEAST_INTEGER, _LARGEST_INTEGER = -(2**63), 2**63 - 1
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Number(str):
    """A number, kept as the text that the client wrote (contract rule 3.10)."""


class DateTimeOffset(NamedTuple):
    """A date as .NET's DataContractSerializer writes a ``DateTimeOffset``: the texts of its two elements.

    Attributes:
        date_time: the instant, in UTC.
        offset_minutes: the offset of the sender's clock from UTC, which does not change the instant.
    """

    date_time: str
    offset_minutes: str


class _Moment(NamedTuple):
    """A parsed date, in ticks of 100 ns since the start of the year 1.

    Attributes:
        clock: the sender's local time.
        utc: the instant. It can be outside of the years that a canonical date has.
    """

    clock: int
    utc: int


def guid(value: object) -> str:
    """Return a GUID as 32 lower-case digits with hyphens, from any spelling of contract rule 3.7.

    Raises:
        InvalidValueError: ``invalid_guid``.
    """
    if isinstance(value, str) and not isinstance(value, Number):
        text = value.strip()
        if (text[:1], text[-1:]) in (("{", "}"), ("(", ")")):
            text = text[1:-1]
        if match := _GUID.fullmatch(text):
            return "-".join(match.group(1, 3, 4, 5, 6)).lower()
    raise InvalidValueError(Code.INVALID_GUID, "This is not a GUID, like 3970f5af-af17-4420-b038-a1efdc261244.")


def date(value: object) -> str:
    """Return an instant in UTC to 100 ns, such as ``2026-06-24T03:56:41.4578039``, always with seven fraction digits.

    Accepts the spellings of contract rule 3.8 for the years 1 to 9999. A date without a zone is in UTC, and more than
    seven fraction digits are cut off. Midnight of 0001-01-01 or of 1980-01-01, by the sender's own clock or in UTC,
    means "not filled" (rule 3.6) and becomes ``UNSET_DATE``.

    Raises:
        InvalidValueError: ``invalid_date``, also for dates that are impossible or can be read two ways.
    """
    moment = _read_date(value)
    return UNSET_DATE if _UNSET_TICKS.intersection(moment) else _canonical(moment.utc)


def instant(value: object) -> str:
    """Return the instant that a date spells, as ``date`` does, even if it means "not filled".

    It is for comparisons (contract rule 3.6): a date before the year 1 becomes the earliest instant.

    Raises:
        InvalidValueError: ``invalid_date``, as ``date``.
    """
    return _canonical(max(_read_date(value).utc, 0))


def now() -> str:
    """Return the present instant in the canonical form of ``date``."""
    return f"{datetime.now(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}0"


def next_instant(canonical: str) -> str:
    """Return the instant 100 ns after a canonical one, the smallest step.

    Raises:
        InvalidValueError: ``invalid_date``, after the last instant of the year 9999.
    """
    return _canonical(_read_date(canonical).utc + 1)


def date_text(canonical: str, zone: str) -> str:
    """Return a canonical date as an answer shows it: without trailing zeros, and with ``zone`` (contract rule 5.5)."""
    return canonical.rstrip("0").rstrip(".") + zone if "." in canonical else canonical + zone


def text(value: object) -> str:
    """Return a text as it was sent, or a JSON number as its text (contract rule 3.10).

    Raises:
        InvalidValueError: ``invalid_string``, for other types of JSON and for characters that XML 1.0 cannot carry.
    """
    if not isinstance(value, str):
        raise InvalidValueError(Code.INVALID_STRING, "This is not a string.")
    if match := _NOT_IN_XML.search(value):
        raise InvalidValueError(
            Code.INVALID_STRING,
            f"The text has U+{ord(match[0]):04X} at position {match.start() + 1}, a character that XML cannot carry.",
        )
    return str(value)


def boolean(value: object) -> str:
    """Return ``true`` or ``false``, from JSON's booleans and the spellings of XML Schema.

    Raises:
        InvalidValueError: ``invalid_boolean``.
    """
    text = str(value).strip().lower() if isinstance(value, bool | str) else ""
    if text in ("true", "1"):
        return "true"
    if text in ("false", "0"):
        return "false"
    raise InvalidValueError(Code.INVALID_BOOLEAN, "This is not a boolean.")


def integer(value: object, least: int = _LEAST_INTEGER, largest: int = _LARGEST_INTEGER) -> int:
    """Return an integer between two limits, by default those of 64 bits.

    Every integer is parsed here: ``int()`` takes quadratic time in the number of digits, and raises ``ValueError`` past
    4,300 of them.

    Raises:
        InvalidValueError: ``invalid_integer``.
    """
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    text = value.strip() if isinstance(value, str) else ""
    if _INTEGER.fullmatch(text):
        digits = text.lstrip("+-").lstrip("0")
        if len(digits) <= len(str(_LARGEST_INTEGER)):
            number = int(f"-0{digits}" if text.startswith("-") else f"0{digits}")
    if number is not None and least <= number <= largest:
        return number
    raise InvalidValueError(Code.INVALID_INTEGER, f"This is not an integer from {least} to {largest}.")


def _read_date(value: object) -> _Moment:
    if isinstance(value, DateTimeOffset):
        return _from_date_time_offset(value)
    if isinstance(value, str) and not isinstance(value, Number):
        text = value.strip()
        if match := _ISO_DATE.fullmatch(text):
            return _from_iso(match)
        if match := _JSON_NET_DATE.fullmatch(text):
            utc = _EPOCH + int(match["milliseconds"]) * (_SECOND // 1000)
            return _Moment(utc + _offset(match), utc)
        if match := _BROWSER_DATE.fullmatch(text):
            return _from_browser(match)
    raise _no_date("This is not a date, like 2026-06-24 or 2026-06-24T03:56:41.4578039Z (ISO 8601).")


def _from_iso(match: re.Match[str]) -> _Moment:
    clock = _clock(_day(match["year"], int(match["month"]), match["day"]), match, match["fraction"] or "")
    if match["sign"] and (int(match["hours"]) > 23 or int(match["minutes"] or 0) > 59):
        raise _no_date(f"The offset {match['zone']} does not exist.")
    return _Moment(clock, clock - _offset(match))


def _from_browser(match: re.Match[str]) -> _Moment:
    month = next(number for number, name in enumerate(_MONTHS, 1) if name.startswith(match["month"]))
    day = _day(match["year"], month, match["day"])
    weekday, said = _WEEKDAYS[day.weekday()], next(name for name in _WEEKDAYS if name.startswith(match["weekday"]))
    if weekday != said:
        raise _no_date(f"{day.day} {_MONTHS[month - 1]} {match['year']} is a {weekday}, not a {said}.")
    clock = _clock(day, match)
    return _Moment(clock, clock)


def _from_date_time_offset(value: DateTimeOffset) -> _Moment:
    # .NET writes the instant into DateTime, in UTC, and the offset beside it only for display.
    match = _ISO_DATE.fullmatch(value.date_time.strip())
    offset = _OFFSET_MINUTES.fullmatch(value.offset_minutes.strip())
    if not match or not offset or abs(int(offset[0])) > _LARGEST_OFFSET_MINUTES:
        raise _no_date(
            "This is not a DateTimeOffset: it has DateTime, like 2026-06-24T03:56:41.4578039Z, and OffsetMinutes, "
            f"from -{_LARGEST_OFFSET_MINUTES} to {_LARGEST_OFFSET_MINUTES}."
        )
    if not match["zone"] and int(offset[0]):
        # .NET itself reads such a DateTime as local time, though it never writes one.
        raise _no_date("This DateTimeOffset can be read two ways: its DateTime, which is in UTC, must end in Z.")
    utc = _from_iso(match).utc
    return _Moment(utc + int(offset[0]) * _MINUTE, utc)


def _offset(match: re.Match[str]) -> int:
    """Return the offset of a clock from UTC in ticks, 0 without one."""
    minutes = int(match["hours"] or 0) * 60 + int(match["minutes"] or 0)
    return (-minutes if match["sign"] == "-" else minutes) * _MINUTE


def _day(year: str, month: int, day: str) -> datetime:
    """Return the day with these parts, or raise ``invalid_date`` and name the impossible part."""
    if year == "0000":
        raise _no_date("There is no year 0000; the years go from 0001 to 9999.")
    if not 1 <= month <= len(_MONTHS):
        raise _no_date(f"There is no month {month:02}; the months go from 01 to 12.")
    for one_year, named in ((2000, ""), (int(year), f" {year}")):  # 2000 has all days that any year has
        try:
            found = datetime(one_year, month, int(day))
        except ValueError:
            raise _no_date(f"{int(day)} {_MONTHS[month - 1]}{named} does not exist.") from None
    return found


def _clock(day: datetime, match: re.Match[str], fraction: str = "") -> int:
    """Return the local time on ``day`` at the time in ``match``, in ticks. 24:00:00 is the next midnight."""
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    is_midnight = hour == 24 and not minute and not second and not fraction.strip("0")
    if not is_midnight and (hour > 23 or minute > 59 or second > 59):
        raise _no_date(f"The time {match['time']}{fraction and f'.{fraction[:20]}'} does not exist.")
    ticks = ((hour * 60 + minute) * 60 + second) * _SECOND + int(fraction[:7].ljust(7, "0"))
    return (day.toordinal() - 1) * _DAY + ticks


def _canonical(ticks: int) -> str:
    if not 0 <= ticks < _YEAR_10000:
        raise _no_date("In UTC, this date is outside of the years 0001 to 9999.")
    seconds, fraction = divmod(ticks, _SECOND)
    return f"{(datetime.min + timedelta(seconds=seconds)).isoformat(timespec='seconds')}.{fraction:07}"


def _no_date(detail: str) -> InvalidValueError:
    return InvalidValueError(Code.INVALID_DATE, detail)
