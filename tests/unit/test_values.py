"""Canonical values: what is read, what is refused, what is the same."""

import datetime as dt
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servicedesk.domain import values
from servicedesk.domain.faults import InvalidValueError
from servicedesk.domain.kinds import DATE
from servicedesk.domain.values import DateTimeOffset, Number
from servicedesk.wire.formats import Members

GUID = "3970f5af-af17-4420-b038-a1efdc261244"
INSTANT = "2026-06-24T03:56:41.4578039"
UNSET_MOMENTS = (datetime(1, 1, 1), datetime(1980, 1, 1))


def code(read: Callable[[object], object], value: object) -> str:
    with pytest.raises(InvalidValueError) as caught:
        read(value)
    return caught.value.code


@given(st.uuids(), st.sampled_from(["{}", "{{{}}}", "({})", "  {}\t"]), st.booleans(), st.booleans())
def test_any_spelling_of_a_guid_is_the_same_value(guid: UUID, frame: str, hyphens: bool, upper: bool) -> None:
    text = str(guid) if hyphens else guid.hex
    assert values.guid(frame.format(text.upper() if upper else text)) == str(guid)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        GUID[:-1],
        GUID + "0",
        f"{{{GUID}",
        f"({GUID}}}",
        GUID.replace("-", "", 1),
        f"{GUID}\n0",
        7,
        True,
        None,
        Number("12345678901234567890123456789012"),
        Members(),
        "٣" * 32,
    ],
)
def test_what_is_no_guid(wrong: object) -> None:
    assert code(values.guid, wrong) == "invalid_guid"


@pytest.mark.parametrize(
    "spelling",
    [
        "2026-06-24T03:56:41.4578039Z",
        "2026-06-24 03:56:41.4578039",
        " 2026-06-24T03:56:41.45780391234+00:00\n",
        "2026-06-24T05:56:41.4578039+02:00",
        "2026-06-24T05:56:41.4578039+0200",
        "2026-06-24t03:56:41.4578039z",
        "2026-06-23T22:56:41.4578039-05",
    ],
)
def test_any_spelling_of_a_date_is_the_same_value(spelling: str) -> None:
    assert values.date(spelling) == INSTANT


@pytest.mark.parametrize(
    ("spelling", "instant"),
    [
        ("2026-06-24", "2026-06-24T00:00:00.0000000"),
        ("2026-06-24T09:00", "2026-06-24T09:00:00.0000000"),
        ("0001-01-02", "0001-01-02T00:00:00.0000000"),
        ("9999-12-31T23:59:59.9999999", "9999-12-31T23:59:59.9999999"),
        ("/Date(1782273401457)/", "2026-06-24T03:56:41.4570000"),
        ("/Date(1782273401457+0200)/", "2026-06-24T03:56:41.4570000"),
        ("/Date(-1)/", "1969-12-31T23:59:59.9990000"),
        ("Wed Jun 24 2026 09:00", "2026-06-24T09:00:00.0000000"),
        ("Wed Jun 24 2026 null", "2026-06-24T00:00:00.0000000"),
        ("Wed Jun 24 2026", "2026-06-24T00:00:00.0000000"),
        ("2028-02-29", "2028-02-29T00:00:00.0000000"),
    ],
)
def test_dates_in_other_forms(spelling: str, instant: str) -> None:
    assert values.date(spelling) == instant


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "tomorrow",
        "06/24/2026",
        "24-06-2026",
        "2026-02-30",
        "2026-13-01",
        "2026-06-24T25:00",
        "2026-06-24T24:00:01",
        "2026-06-24T03:56:60",
        "2026-06-24T03:56+24:00",
        "2026-06-24T03:56+02:60",
        "2026-06-24T03",
        "20260624",
        "0001-01-01T00:01+01:00",
        "9999-12-31T23:59-01:00",
        "0000-01-01",
        "/Date(99999999999999999)/",
        "/Date()/",
        "Thu Jun 24 2026 09:00",
        "Wed Jun 31 2026 09:00",
        "2026-06-24T09:00.5",
        "2026-W26-3",
        "٢٠٢٦-06-24",
        Number("20260624"),
        True,
        None,
        Members(),
    ],
)
def test_what_is_no_date(wrong: object) -> None:
    assert code(values.date, wrong) == "invalid_date"


MONTHS_OF_2026 = [
    ("Thu Jan 15 2026", "15 January 2026 is a Thursday, not a Friday."),
    ("Sun Feb 15 2026", "15 February 2026 is a Sunday, not a Monday."),
    ("Sun Mar 15 2026", "15 March 2026 is a Sunday, not a Monday."),
    ("Wed Apr 15 2026", "15 April 2026 is a Wednesday, not a Thursday."),
    ("Fri May 15 2026", "15 May 2026 is a Friday, not a Saturday."),
    ("Mon Jun 15 2026", "15 June 2026 is a Monday, not a Tuesday."),
    ("Wed Jul 15 2026", "15 July 2026 is a Wednesday, not a Thursday."),
    ("Sat Aug 15 2026", "15 August 2026 is a Saturday, not a Sunday."),
    ("Tue Sep 15 2026", "15 September 2026 is a Tuesday, not a Wednesday."),
    ("Thu Oct 15 2026", "15 October 2026 is a Thursday, not a Friday."),
    ("Sun Nov 15 2026", "15 November 2026 is a Sunday, not a Monday."),
    ("Tue Dec 15 2026", "15 December 2026 is a Tuesday, not a Wednesday."),
]
"""The fifteenth of each month as a browser writes it, and what is said of it with the next day of the week."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@pytest.mark.parametrize(("spelling", "detail"), MONTHS_OF_2026)
def test_every_month_and_weekday_has_its_name(spelling: str, detail: str) -> None:
    month = MONTHS_OF_2026.index((spelling, detail)) + 1
    assert values.date(spelling) == f"2026-{month:02}-15T00:00:00.0000000"
    next_day = DAYS[(DAYS.index(spelling[:3]) + 1) % 7]
    with pytest.raises(InvalidValueError) as caught:
        values.date(next_day + spelling[3:])
    assert caught.value.detail == detail


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-23 * 60, 23 * 60), st.integers(0, 9))
def test_a_date_keeps_its_instant_to_100_ns(moment: datetime, offset: int, seventh: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    sent = local.isoformat(timespec="microseconds")
    spelling = f"{sent[:26]}{seventh}{sent[26:]}"
    assert values.date(spelling) == f"{moment.isoformat(timespec='microseconds')}{seventh}"


def in_zone(minutes: int) -> str:
    """The end of a date whose clock is so many minutes ahead of UTC."""
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59)
unset_days = st.sampled_from([datetime(1, 1, 1), datetime(1980, 1, 1)])


@given(unset_days, offsets, st.sampled_from(["", ".0", ".00000009"]))
def test_3_6_midnight_of_the_unset_days_means_unset_by_any_clock(day: datetime, minutes: int, fraction: str) -> None:
    ticks = (day - datetime(1970, 1, 1)) // timedelta(milliseconds=1)
    zone = in_zone(minutes)
    spellings: list[object] = [
        f"{day.isoformat()}{fraction}{zone}",
        f"/Date({ticks - minutes * 60_000}{zone.replace(':', '')})/",
        f"/Date({ticks}{zone.replace(':', '')})/",
    ]
    if minutes > 0 or day.year > 1:
        spellings.append(f"{(day + timedelta(minutes=minutes)).isoformat()}{fraction}{zone}")
    if abs(minutes) <= 14 * 60 and (minutes < 0 or day.year > 1):
        spellings.append(DateTimeOffset(f"{(day - timedelta(minutes=minutes)).isoformat()}Z", str(minutes)))
    for spelling in spellings:
        assert values.date(spelling) == values.UNSET_DATE
        assert DATE.is_unset(spelling)


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), offsets)
def test_3_6_in_comparisons_a_date_is_the_instant_that_it_spells(moment: datetime, minutes: int) -> None:
    local = moment.replace(microsecond=0)
    utc = (local - timedelta(minutes=minutes)).isoformat()
    assert values.instant(f"{local.isoformat()}{in_zone(minutes)}") == f"{utc}.0000000"
    for unset in ("1980-01-01T00:00:00", "0001-01-01T00:00:00"):
        assert values.instant(unset) == f"{unset}.0000000"


@given(st.integers(0, 23 * 60 + 59))
def test_3_6_before_the_year_1_it_is_the_least_instant(minutes: int) -> None:
    assert values.instant(f"0001-01-01T00:00:00{in_zone(minutes)}") == "0001-01-01T00:00:00.0000000"


@given(st.dates(datetime(2, 1, 1).date(), datetime(9998, 12, 31).date()), offsets)
def test_3_8_24_o_clock_is_the_next_midnight(day: dt.date, minutes: int) -> None:
    next_day = day + timedelta(days=1)
    zone = in_zone(minutes)
    assert values.date(f"{day}T24:00:00{zone}") == values.date(f"{next_day}T00:00:00{zone}")


@given(st.integers(-(10**25), 10**25), st.sampled_from(["", "0", "0" * 100]), st.sampled_from(["{}", " {}\n"]))
def test_an_integer_is_read_if_it_is_within_its_limits(number: int, zeros: str, frame: str) -> None:
    text = frame.format(f"{'-' if number < 0 else ''}{zeros}{abs(number)}")
    if -(2**63) <= number < 2**63:
        assert values.integer(Number(text)) == number
        assert values.integer(text, number, number) == number
        assert code(lambda value: values.integer(value, number + 1), text) == "invalid_integer"
        assert code(lambda value: values.integer(value, largest=number - 1), text) == "invalid_integer"
    else:
        assert code(values.integer, text) == "invalid_integer"


@pytest.mark.parametrize("sign", ["", "-", "+"])
@pytest.mark.parametrize("digits", ["9" * 19, "9" * 20, "9" * 5000, "1" + "0" * 1_000_000])
def test_more_digits_than_python_reads_are_no_integer(sign: str, digits: str) -> None:
    assert code(values.integer, Number(sign + digits)) == "invalid_integer"


@pytest.mark.parametrize(
    "wrong", ["", "+", "1.0", "1e2", "0x1", "--1", "1 2", "1_000", "٣", True, 10**30, 7.0, None, Members()]
)
def test_what_is_no_integer(wrong: object) -> None:
    assert code(values.integer, wrong) == "invalid_integer"


@given(
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).filter(lambda moment: moment not in UNSET_MOMENTS),
    st.sampled_from(["Z", "+00:00"]),
)
def test_what_an_answer_shows_reads_back_as_the_same_instant(moment: datetime, zone: str) -> None:
    canonical = f"{moment.isoformat(timespec='microseconds')}0"
    shown = values.date_text(canonical, zone)
    assert values.date(shown) == canonical
    assert not shown.removesuffix(zone).endswith((".", ".0"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")))
def test_a_text_is_kept_as_sent(text: str) -> None:
    assert values.text(text) == text


def test_texts_of_numbers_and_of_what_is_none() -> None:
    assert values.text(Number("1.50")) == "1.50"
    assert values.text("tab\tCR\rLF\n") == "tab\tCR\rLF\n"
    no_texts: list[object] = [True, Members(), [], "\x00", "\x1f", "\ud800", "\ufffe", "\uffff"]
    for wrong in no_texts:
        assert code(values.text, wrong) == "invalid_string"


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 30)), st.integers(0, 9_999_999))
def test_the_next_instant_is_the_least_that_is_later(second: datetime, ticks: int) -> None:
    at = f"{second.replace(microsecond=0).isoformat()}.{ticks:07}"
    after = values.next_instant(at)
    assert values.instant(after) == after > at
    moments = [(datetime.fromisoformat(text[:19]), int(text[20:])) for text in (at, after)]
    assert (moments[1][0] - moments[0][0]) // timedelta(seconds=1) * 10**7 + moments[1][1] - moments[0][1] == 1
