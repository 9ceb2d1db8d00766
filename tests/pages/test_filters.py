"""The filter of the list and the map: what it leaves, and what it offers."""

from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.filters import turned


def _page() -> None:
    """Patches that differ in all that can be asked for; says which are left."""
    from datetime import date as day
    from types import SimpleNamespace as Patch
    from typing import Any, cast

    import streamlit as st

    from components.filters import patch_filter

    def one(name: str, mine_class: str, activity: str, sure: float, turn: day | None, lost: day | None) -> Any:
        return Patch(
            patch_id=name,
            name="",
            mine_class=mine_class,
            activity=activity,
            class_confidence=sure,
            day=turn,
            lost_last=lost,
        )

    patches = [
        one("P-0001", "iron_pit", "negative", 0.99, day(2020, 8, 14), None),
        one("P-0002", "iron_pit", "no_change", 0.9, None, None),
        one("P-0003", "clay_pit", "decorrelated", 0.97, None, day(2019, 6, 1)),
        one("P-0104", "clay_pit", "negative", 0.7, day(2019, 9, 1), None),
    ]
    left = patch_filter(cast("Any", patches), key="f")
    st.code(" ".join(patch.patch_id for patch in left))


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(_page, default_timeout=30).run()


def left(app: AppTest) -> list[str]:
    assert not app.exception
    return str(app.code[0].value).split()


def test_nothing_chosen_leaves_everything(app: AppTest) -> None:
    assert len(left(app)) == 4
    assert not app.caption


def test_by_text(app: AppTest) -> None:
    assert left(app.text_input[0].set_value("p-0104").run()) == ["P-0104"]
    assert app.caption[0].value == "1 of 4 match the filter"


@pytest.mark.parametrize(
    ("label", "chosen", "expected"),
    [
        ("Class", ["clay_pit"], ["P-0003", "P-0104"]),
        ("Activity", ["negative"], ["P-0001", "P-0104"]),
        ("Activity", ["decorrelated", "no_change"], ["P-0002", "P-0003"]),
    ],
)
def test_by_class_and_activity(app: AppTest, label: str, chosen: Sequence[str], expected: list[str]) -> None:
    (box,) = [one for one in app.multiselect if one.label == label]
    assert left(box.set_value(list(chosen)).run()) == expected


def test_by_how_sure(app: AppTest) -> None:
    assert left(app.button_group[0].set_value(0.95).run()) == ["P-0001", "P-0003"]


def test_by_what_is_dated_since_a_day(app: AppTest) -> None:
    assert left(app.date_input[0].set_value(date(2019, 8, 1)).run()) == ["P-0001", "P-0104"]


def test_the_last_day_of_a_patch_counts() -> None:
    patch: Any = SimpleNamespace(day=date(2020, 1, 1), lost_last=date(2020, 3, 1))
    assert turned(patch) == date(2020, 3, 1)
