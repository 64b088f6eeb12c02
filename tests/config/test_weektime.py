"""Times that come back every week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosspost.config.weektime import DAYS, Moment, parse_moment, parse_window

THURSDAY = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)

moments = st.builds(Moment, st.integers(0, 6), st.times().map(lambda t: t.replace(second=0, microsecond=0)))
times = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@given(moments, times)
def test_the_last_and_the_next_one_enclose_the_present(when: Moment, now: datetime) -> None:
    assert when.last(now) <= now < when.next(now)
    assert when.next(now) - when.last(now) == timedelta(days=7)
    assert DAYS[when.last(now).weekday()] == str(when)[:3]


@given(moments)
def test_what_is_written_reads_back(when: Moment) -> None:
    assert parse_moment(str(when)) == when


def test_a_window_goes_over_midnight_and_the_weeks_end() -> None:
    assert THURSDAY in parse_window("Wed 20:00 - Thu 08:00")
    assert THURSDAY + timedelta(hours=5) not in parse_window("Wed 20:00 - Thu 08:00")
    assert THURSDAY + timedelta(days=3) in parse_window("Sat 20:00 – Tue 08:00")
    assert THURSDAY not in parse_window("Sat 20:00 - Tue 08:00")


@pytest.mark.parametrize("text", ["", "Thu", "12:00", "Thu 24:00", "Thr 12:00", "Thu 12:00:00", "Thu 12.00"])
def test_what_is_no_time_of_the_week_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="Thu 12:00"):
        parse_moment(text)


@pytest.mark.parametrize("text", ["", "Wed 20:00", "Wed 20:00 -", "Wed 20:00 - Thu"])
def test_what_is_no_window_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="Wed 20:00 - Thu 08:00"):
        parse_window(text)
