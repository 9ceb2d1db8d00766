"""Dates of whole columns, in every form that registers were seen to use."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.permits.date_columns import EARLIEST, Days, date_order, looks_like_dates, read_days, read_ranges
from engine.permits.written_dates import FOREVER

D = datetime.date
DAY = D(2021, 8, 3)


def days(*cells: Any, end: bool = False, day_first: bool | None = None) -> Days:
    return read_days(pd.Series(list(cells), dtype=object), end=end, day_first=day_first)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2021年8月3日",
            "2021 年 8 月 3 日",
            "二〇二一年八月三日",
            "二零二一年八月三号",
            "２０２１年８月３日",
            "20210803",
        ),
        *("2021-08-03", "2021/8/3", "2021.08.03", "2021-08-03T00:00:00+08:00", "2021-08-03 12:30:00.000"),
        *("3-AUG-2021", "03 Aug 2021", "3rd August 2021", "Aug 03, 2021", "August 3, 2021", "3-Aug-21", "03AUG2021"),
        *("3 ago 2021", "3 de agosto de 2021", "03 de Agosto del 2021", "3 ago. 2021", "20210803.0"),
        *(20210803, np.int64(20210803), 20210803.0, DAY, pd.Timestamp(DAY), datetime.datetime(2021, 8, 3, 9)),
    ],
)
def test_every_way_to_write_a_day(text: Any) -> None:
    assert days(text).days == [DAY]


@pytest.mark.parametrize(
    "text", ["2021年8月", "2021-08", "202108", "08/2021", "agosto de 2021", "Aug 2021", "二〇二一年八月"]
)
def test_a_month_begins_on_its_first_day_and_ends_on_its_last(text: str) -> None:
    assert days(text).days == [D(2021, 8, 1)]
    assert days(text, end=True).days == [D(2021, 8, 31)]


@pytest.mark.parametrize("text", ["2020", 2020, 2020.0, "2020年"])
def test_so_does_a_year(text: Any) -> None:
    assert days(text).days == [D(2020, 1, 1)]
    assert days(text, end=True).days == [D(2020, 12, 31)]


def test_the_last_of_february_is_of_its_year() -> None:
    assert days("2024年2月", "2023年二月", end=True).days == [D(2024, 2, 29), D(2023, 2, 28)]


@pytest.mark.parametrize(
    ("text", "day"), [("二〇二一年十二月三十一日", D(2021, 12, 31)), ("2021年十月十日", D(2021, 10, 10))]
)
def test_chinese_tens(text: str, day: D) -> None:
    assert days(text).days == [day]


def test_one_value_decides_the_order_of_the_whole_column() -> None:
    first = days("03/04/2020", "31/12/2020")
    assert (first.days, first.order) == ([D(2020, 4, 3), D(2020, 12, 31)], "day first")
    month = days("03/04/2020", "12/31/2020")
    assert (month.days, month.order) == ([D(2020, 3, 4), D(2020, 12, 31)], "month first")


def test_an_order_that_nothing_decides_is_said() -> None:
    open_ = days("03/04/2020", "05/05/2020")
    assert (open_.days, open_.order) == ([D(2020, 4, 3), D(2020, 5, 5)], "undecided")
    assert days("03/04/2020", day_first=False).days == [D(2020, 3, 4)]
    assert days("05/05/2020").order == ""


def test_where_a_column_has_both_orders_what_is_open_is_refused() -> None:
    both = days("31/12/2020", "12/31/2020", "03/04/2020")
    assert both.days == [D(2020, 12, 31), D(2020, 12, 31), None]
    assert (both.order, both.refused) == ("mixed", {2: "03/04/2020"})


def test_columns_of_one_hand_decide_for_each_other() -> None:
    assert date_order([["03/04/2020"], ["31/12/2025"]]) is True
    assert date_order([["03/04/2020"], ["12/31/2025"]]) is False
    assert date_order([["31/12/2020"], ["12/31/2025"]]) is None
    assert date_order([["03/04/2020"]]) is None


def test_eight_digits_may_end_in_the_year() -> None:
    assert days("31122020").days == [D(2020, 12, 31)]


def test_years_of_two_digits_are_listed() -> None:
    short = days("31/12/20", "31/12/85")
    assert (short.days, short.short_years) == ([D(2020, 12, 31), D(1985, 12, 31)], [0, 1])


def test_serial_numbers_where_the_whole_column_is_such() -> None:
    serial = days(44411, "44412", 44413.5, None)
    assert (serial.form, serial.days) == ("serial", [DAY, D(2021, 8, 4), D(2021, 8, 5), None])
    mixed = days("44411", "2021-08-03", "2021-08-04", "2021-08-05")
    assert (mixed.form, mixed.refused) == ("", {0: "44411"})


def test_milliseconds_since_1970() -> None:
    noon = int(datetime.datetime(2021, 8, 3, 12, tzinfo=datetime.UTC).timestamp() * 1000)
    epoch = days(noon, noon - 5 * 3600_000)
    assert (epoch.form, epoch.days, epoch.moved) == ("epoch", [DAY, DAY], False)


def test_midnight_in_china_as_utc_writes_it_is_the_next_day() -> None:
    evening = [
        datetime.datetime(2021, 8, 2, 16, tzinfo=datetime.UTC),
        datetime.datetime(2021, 9, 1, 16, tzinfo=datetime.UTC),
    ]
    assert days(*evening).days == [DAY, D(2021, 9, 2)]
    assert days(*(int(moment.timestamp() * 1000) for moment in evening)).days == [DAY, D(2021, 9, 2)]
    assert read_days(pd.Series(evening), end=False).moved


@pytest.mark.parametrize(
    "cell",
    [
        None,
        "",
        " ",
        "-",
        "--",
        "/",
        "N/A",
        "nan",
        "无",
        "0",
        0,
        "0000-00-00",
        "00000000",
        float("nan"),
        pd.NaT,
        pd.NA,
        "s/d",
    ],
)
def test_what_stands_for_nothing_is_empty(cell: Any) -> None:
    empty = days(cell)
    assert (empty.days, empty.refused) == ([None], {})


@pytest.mark.parametrize(
    "cell", ["soon", "2020-13-01", "20200230", "31/02/2020", "5", "C640500", "2020-01-01 2021-01-01"]
)
def test_what_is_no_date_is_listed(cell: str) -> None:
    bad = days(cell, "2020-01-01")
    assert (bad.days, bad.refused) == ([None, D(2020, 1, 1)], {0: cell})


def test_placeholders_are_empty_and_listed() -> None:
    odd = days("1899-12-30", pd.Timestamp("1970-01-01"), "1900/1/1")
    assert (odd.days, odd.placeholders) == ([None] * 3, [0, 1, 2])


@pytest.mark.parametrize("cell", ["9999-12-31", "2999-12-31", "长期", "Indefinido", "99991231", "9999"])
def test_no_end_is_the_end_of_time_and_listed(cell: str) -> None:
    forever = days(cell, end=True)
    assert (forever.days, forever.unlimited) == ([FOREVER], [0])
    assert days(cell).days == [None]


def test_days_of_before_mining_law_are_listed() -> None:
    assert days("1723-05-04").early == {0: "1723-05-04"}


RANGE = D(2015, 3, 1), D(2020, 3, 1)


@pytest.mark.parametrize(
    "text",
    [
        *("2015年3月1日至2020年3月1日", "自2015年3月1日至2020年3月1日止", "伍年 自2015年03月01日至2020年03月01日"),
        *("01/03/2015 - 01/03/2020", "2015-03-01 ~ 2020-03-01", "2015-03-01-2020-03-01", "20150301-20200301"),
        *("from 1 March 2015 to 1 March 2020", "del 1 de marzo de 2015 al 1 de marzo de 2020", "2015.3.1—2020.3.1"),
        "01/03/2015 a 01/03/2020",
    ],
)
def test_ranges_in_one_field(text: str) -> None:
    both = read_ranges(pd.Series([text]))
    assert (both.first.days[0], both.last.days[0]) == RANGE


@pytest.mark.parametrize("text", ["2015-2020", "2015年至2020年", "2015 to 2020"])
def test_ranges_of_years(text: str) -> None:
    both = read_ranges(pd.Series([text]))
    assert (both.first.days[0], both.last.days[0]) == (D(2015, 1, 1), D(2020, 12, 31))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2015年3月1日起", RANGE[0], None),
        ("desde 1 de marzo de 2015", RANGE[0], None),
        ("2015-03-01 -", RANGE[0], None),
        ("至2020年3月1日", None, RANGE[1]),
        ("until 1 March 2020", None, RANGE[1]),
        ("vence 01/03/2020", None, RANGE[1]),
        ("2015年3月1日至长期", RANGE[0], FOREVER),
        ("长期", None, FOREVER),
        ("", None, None),
    ],
)
def test_ranges_open_on_a_side(text: str, first: D | None, last: D | None) -> None:
    both = read_ranges(pd.Series([text]))
    assert (both.first.days[0], both.last.days[0]) == (first, last)
    assert both.single == []


def test_a_single_day_in_a_range_is_taken_as_the_last_and_listed() -> None:
    both = read_ranges(pd.Series(["2020年3月1日", "nothing", "2015-01-01, 2016-01-01, 2017-01-01"]))
    assert (both.last.days[0], both.single) == (RANGE[1], [0])
    assert both.last.refused == {1: "nothing", 2: "2015-01-01, 2016-01-01, 2017-01-01"}


CHINESE = str.maketrans("0123456789", "〇一二三四五六七八九")
MONTHS = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"]
FORMS = {
    "iso": lambda day: day.isoformat(),
    "compact": lambda day: f"{day:%Y%m%d}",
    "chinese": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "numerals": lambda day: f"{str(day.year).translate(CHINESE)}年{tens(day.month)}月{tens(day.day)}日",
    "english": lambda day: f"{day:%d-%b-%Y}".upper(),
    "american": lambda day: f"{day:%B} {day.day}, {day.year}",
    "spanish": lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    "serial": lambda day: (day - D(1899, 12, 30)).days,
    "epoch": lambda day: int(datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC).timestamp() * 1000),
    "time": lambda day: pd.Timestamp(day),
}


def tens(number: int) -> str:
    ten, one = divmod(number, 10)
    front = "" if not ten else "十" if ten == 1 else str(ten).translate(CHINESE) + "十"
    return front + (str(one).translate(CHINESE) if one else "")


@pytest.mark.parametrize("form", FORMS)
@given(written=st.lists(st.dates(D(1975, 1, 1), D(2110, 12, 31)), min_size=1, max_size=20))
def test_what_is_written_is_read(form: str, written: list[D]) -> None:
    assert days(*(FORMS[form](day) for day in written)).days == written


@given(written=st.lists(st.dates(D(1975, 1, 1), D(2110, 12, 31)), min_size=1), first=st.booleans())
def test_days_and_months_are_never_read_the_wrong_way_round_in_silence(written: list[D], first: bool) -> None:
    read = days(*(f"{day:%d/%m/%Y}" if first else f"{day:%m/%d/%Y}" for day in written))
    assert read.days == written or read.order == "undecided"


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_listed_or_empty(text: str) -> None:
    read = days(text)
    assert read.days[0] is None or read.days[0] >= EARLIEST
    read_ranges(pd.Series([text]))


@pytest.mark.parametrize(
    ("cells", "share"),
    [
        (["2020-01-01", "31/12/2020", None], 1.0),
        (["2015-2020", "长期"], 1.0),
        (["Mine 2020", "granted"], 0.0),
        ([44411, 44500], 1.0),
        (["99", "12"], 0.0),
    ],
)
def test_whether_a_column_holds_dates(cells: list[Any], share: float) -> None:
    assert looks_like_dates(cells) == share
