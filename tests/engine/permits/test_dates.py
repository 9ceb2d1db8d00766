"""Dates as registers write them, and what is none."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.permits.dates import as_date

DAY = datetime.date(2020, 12, 31)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "2020-12-31",
            "2020/12/31",
            "2020.12.31",
            "20201231",
            "2020年12月31日",
            " 2020-12-31T00:00:00Z ",
            "20201231.0",
        ),
        *(20201231, 20201231.0, np.int64(20201231), np.float64(20201231)),
        *(DAY, datetime.datetime(2020, 12, 31, 9), pd.Timestamp(DAY), pd.Timestamp("2020-12-31", tz="UTC")),
    ],
)
def test_every_way_to_write_a_day_names_it(value: Any) -> None:
    assert as_date(value) == DAY


@pytest.mark.parametrize("value", [None, "", "  ", float("nan"), pd.NaT, pd.NA])
def test_an_empty_cell_names_none(value: Any) -> None:
    assert as_date(value) is None


@pytest.mark.parametrize(
    "value", ["soon", "31/12/2020", "2020-13-01", "20200230", "2020", 2020, "长期", float("inf"), 0]
)
def test_what_is_no_date_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is no"):
        as_date(value)


def test_the_end_of_time_is_a_day() -> None:
    assert as_date("9999-12-31") == datetime.date(9999, 12, 31)
