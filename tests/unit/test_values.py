"""Canonical values: properties of any date and any integer, of which the contract's tests are samples."""

import datetime as dt
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servicedesk.domain import values
from servicedesk.domain.faults import InvalidValueError
from servicedesk.domain.kinds import DATE
from servicedesk.domain.values import DateTimeOffset, Number
from servicedesk.wire.formats import Members


def code(read: Callable[[object], object], value: object) -> str:
    with pytest.raises(InvalidValueError) as caught:
        read(value)
    return caught.value.code


@pytest.mark.parametrize("month", range(1, 13))
def test_3_8_every_month_and_weekday_has_its_name(month: int) -> None:
    day = dt.date(2026, month, 15)
    following = day + timedelta(days=1)
    assert values.date(f"{day:%a %b %d %Y}") == f"{day}T00:00:00.0000000"
    with pytest.raises(InvalidValueError) as caught:
        values.date(f"{following:%a} {day:%b %d %Y}")
    assert caught.value.detail == f"{day:%d %B %Y} is a {day:%A}, not a {following:%A}."


def in_zone(minutes: int) -> str:
    """Return the suffix of a date whose clock is this many minutes ahead of UTC."""
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


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 30)), st.integers(0, 9_999_999))
def test_the_next_instant_is_the_least_that_is_later(second: datetime, ticks: int) -> None:
    at = f"{second.replace(microsecond=0).isoformat()}.{ticks:07}"
    after = values.next_instant(at)
    assert values.instant(after) == after > at
    moments = [(datetime.fromisoformat(text[:19]), int(text[20:])) for text in (at, after)]
    assert (moments[1][0] - moments[0][0]) // timedelta(seconds=1) * 10**7 + moments[1][1] - moments[0][1] == 1
