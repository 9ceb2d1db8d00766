"""Patches over dates: what belongs together, which name it keeps, and what is said to have changed."""

import datetime
from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.affinity import translate
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from engine.grid import geodesic_area
from engine.patches.changes import ChangeKind, ChangeOptions, Ground
from engine.patches.tracking import PATCH_COLUMNS, Tracked, track

FIRST, MIDDLE, LAST = datetime.date(2019, 6, 1), datetime.date(2020, 6, 1), datetime.date(2021, 6, 1)
# Degrees for metres, near enough at the equator.
M = 1 / 111_320
SEEN = Ground(1.0, 0.0)


def square(x: float, y: float, size: float) -> BaseGeometry:
    """Its south-west corner and edge, metres."""
    return box(x * M, y * M, (x + size) * M, (y + size) * M)


def outlines(*shapes: BaseGeometry, mine_class: str = "quarry", confidence: float = 0.9) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"mine_class": [mine_class] * len(shapes), "confidence": [confidence] * len(shapes)},
        geometry=list(shapes),
        crs="EPSG:4326",
    )


def known(**patches: BaseGeometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"patch_id": list(patches)}, geometry=list(patches.values()), crs="EPSG:4326")


def tracked(
    found: dict[datetime.date, gpd.GeoDataFrame],
    before: gpd.GeoDataFrame | None = None,
    *,
    unseen: Sequence[datetime.date] = (),
    faint: float = 0.0,
    used: Sequence[str] = (),
) -> Tracked:
    """`faint` : probability where no outline is. An outline stands for a probability of 0.9 over its ground."""

    def look(day: datetime.date, ground: BaseGeometry) -> Ground:
        if day in unseen:
            return Ground(0.0, 0.0)
        inside = found[day].geometry.union_all().intersection(ground).area / ground.area if len(found[day]) else 0.0
        return Ground(1.0, 0.9 * inside + faint * (1 - inside))

    earlier = known() if before is None else before

    def alike(_first: datetime.date, _last: datetime.date, _crs: CRS, _ground: BaseGeometry) -> float:
        return 0.0

    return track(found, earlier, look, alike, boundary_error_m=5.0, options=ChangeOptions(), used=used)


def kinds(result: Tracked) -> dict[str, str | None]:
    return dict(zip(result.patches["patch_id"], result.patches["change"], strict=True))


# What belongs together


def test_outlines_on_one_ground_are_one_patch() -> None:
    result = tracked({FIRST: outlines(square(0, 0, 100)), LAST: outlines(square(10, 0, 100), square(900, 0, 100))})
    assert len(result.patches) == 2
    assert sorted(result.outlines.groupby("patch_id").size()) == [1, 2]


def test_neighbours_that_only_touch_stay_apart() -> None:
    result = tracked({FIRST: outlines(square(0, 0, 100)), LAST: outlines(square(100, 0, 100), square(95, 100, 100))})
    assert len(result.patches) == 3


def test_pits_that_have_grown_together_are_one_patch_on_every_date() -> None:
    apart, joined = outlines(square(0, 0, 100), square(200, 0, 100)), outlines(box(0, 0, 300 * M, 100 * M))
    result = tracked({FIRST: apart, LAST: joined})
    (patch,) = result.patches.itertuples()
    first, last = result.outlines.sort_values("date")["area_m2"]
    assert first == pytest.approx(20_000, rel=0.02)
    assert last == pytest.approx(30_000, rel=0.02)
    assert patch.change == ChangeKind.GROWN
    assert patch.change_m2 == pytest.approx(last - first, rel=0.02)


def test_a_patch_is_what_it_was_last_seen_as() -> None:
    (patch,) = tracked({FIRST: outlines(square(0, 0, 100)), LAST: outlines(square(0, 0, 120))}).patches.itertuples()
    assert patch.area_m2 == pytest.approx(14_400, rel=0.02)
    assert (patch.first_seen, patch.last_seen) == (FIRST, LAST)


def test_two_classes_side_by_side_stay_two_patches() -> None:
    """Even where an outline of another date covers both; each keeps its own area, margin and valid outline."""
    pit, dump = square(0, 0, 100), square(100, 0, 100)
    first = pd.concat([outlines(pit, mine_class="pit"), outlines(dump, mine_class="dump")], ignore_index=True)
    result = tracked({FIRST: first, LAST: outlines(box(0, 0, 200 * M, 100 * M), mine_class="pit")})
    assert sorted(result.patches["mine_class"]) == ["dump", "pit"]
    by_class = result.outlines[result.outlines["date"] == FIRST].groupby("mine_class")["area_m2"].sum()
    assert by_class.to_dict() == pytest.approx({"pit": 10_000, "dump": 10_000}, rel=0.02)
    assert result.outlines.geometry.is_valid.all()


def test_what_is_taken_for_another_class_is_one_patch_of_the_class_last_seen() -> None:
    """The same ground is a mine on both dates; that it is called otherwise is no reason to say that it came or went."""
    found = {
        FIRST: outlines(square(0, 0, 100), mine_class="pit"),
        LAST: outlines(square(2, 0, 100), mine_class="dump"),
    }
    (patch,) = tracked(found).patches.itertuples()
    assert (patch.mine_class, patch.change) == ("dump", "unchanged")


def test_a_small_pit_within_what_becomes_a_dump_is_not_that_dump() -> None:
    """Of another class, and by far not the same ground."""
    found = {
        FIRST: outlines(square(0, 0, 60), mine_class="pit"),
        LAST: outlines(square(0, 0, 100), mine_class="dump"),
    }
    assert sorted(tracked(found).patches["mine_class"]) == ["dump", "pit"]


def test_parts_of_one_patch_are_one_valid_outline() -> None:
    corner = outlines(square(0, 0, 100), square(100, 100, 100))
    result = tracked({FIRST: corner, LAST: outlines(box(0, 0, 200 * M, 200 * M))})
    assert len(result.patches) == 1
    assert result.outlines.geometry.is_valid.all()


def test_every_date_tells_what_it_shows_of_the_ground() -> None:
    result = tracked({FIRST: outlines(square(0, 0, 100)), LAST: outlines()}, unseen=[LAST])
    assert list(result.sightings["date"]) == [FIRST, LAST]
    assert list(result.sightings["seen_share"]) == [1.0, 0.0]


def test_what_came_and_went_is_said_so() -> None:
    found = {FIRST: outlines(), MIDDLE: outlines(square(0, 0, 100)), LAST: outlines()}
    assert list(kinds(tracked(found)).values()) == ["passing"]
    assert list(kinds(tracked(found, faint=0.4)).values()) == ["undetermined"]


def test_areas_are_geodesic_and_margins_are_of_the_outline() -> None:
    shape = square(0, 0, 200)
    result = tracked({FIRST: outlines(shape)})
    (row,) = result.outlines.itertuples()
    assert row.area_m2 == pytest.approx(geodesic_area(shape))
    assert row.margin_m2 == pytest.approx(800 * 5, rel=0.01)


def test_nothing_found_is_no_patch() -> None:
    result = tracked({FIRST: outlines(), LAST: outlines()})
    assert len(result.patches) == len(result.outlines) == 0
    assert list(result.patches.columns) == PATCH_COLUMNS


# Names


def test_new_patches_are_numbered_from_north_to_south() -> None:
    result = tracked({FIRST: outlines(square(0, 0, 100), square(0, 900, 100), square(0, 500, 100))})
    north = result.patches.sort_values("patch_id").geometry.bounds["maxy"]
    assert list(result.patches["patch_id"].sort_values()) == ["P-0001", "P-0002", "P-0003"]
    assert list(north) == sorted(north, reverse=True)


def test_a_patch_keeps_its_name_from_release_to_release() -> None:
    before = known(**{"P-0007": square(0, 0, 100), "P-0003": square(900, 0, 100)})
    result = tracked({LAST: outlines(square(905, 5, 110), square(5, 0, 90), square(0, 2000, 50))}, before)
    by_place = {round(patch.geometry.centroid.x / M, -2): patch.patch_id for patch in result.patches.itertuples()}
    assert by_place[1000.0] == "P-0003"
    assert set(result.patches["patch_id"]) == {"P-0003", "P-0007", "P-0008"}


def test_a_name_is_never_given_twice() -> None:
    """Of two patches on the ground of one, the one that shares more keeps the name; and no old name is given anew."""
    before = known(**{"P-0001": box(0, 0, 300 * M, 100 * M)})
    result = tracked({LAST: outlines(square(0, 0, 100), box(120 * M, 0, 300 * M, 100 * M))}, before, used=["P-0041"])
    by_area = result.patches.sort_values("area_m2", ascending=False)["patch_id"]
    assert list(by_area) == ["P-0001", "P-0042"]


# What changed


@pytest.mark.parametrize(
    ("first", "last", "change"),
    [
        ([square(0, 0, 100)], [square(0, 0, 130)], "grown"),
        ([square(0, 0, 130)], [square(0, 0, 100)], "shrunk"),
        ([square(0, 0, 100)], [square(0, 0, 104)], "unchanged"),
        ([], [square(0, 0, 100)], "new"),
        ([square(0, 0, 100)], [], "gone"),
        ([], [square(0, 0, 18)], "undetermined"),  # smaller than its boundary is uncertain
    ],
)
def test_changes_are_told_beyond_the_boundary_s_error(
    first: list[BaseGeometry], last: list[BaseGeometry], change: str
) -> None:
    result = tracked({FIRST: outlines(*first), LAST: outlines(*last)})
    assert list(kinds(result).values()) == [change]


def test_with_one_image_nothing_is_said_of_change() -> None:
    (patch,) = tracked({FIRST: outlines(square(0, 0, 100))}).patches.itertuples()
    assert patch.change is None
    assert patch.change_from is None


def test_ground_that_an_image_does_not_show_is_neither_new_nor_gone() -> None:
    result = tracked({FIRST: outlines(), LAST: outlines(square(0, 0, 100))}, unseen=[FIRST])
    assert list(kinds(result).values()) == [None]


def test_change_is_told_between_the_dates_that_show_the_ground() -> None:
    found = {FIRST: outlines(), MIDDLE: outlines(square(0, 0, 100)), LAST: outlines(square(0, 0, 150))}
    (patch,) = tracked(found, unseen=[FIRST]).patches.itertuples()
    assert (patch.change, patch.change_from, patch.change_to) == ("grown", MIDDLE, LAST)


def test_what_the_model_half_sees_is_not_called_gone() -> None:
    result = tracked({FIRST: outlines(square(0, 0, 100)), LAST: outlines()}, faint=0.4)
    assert list(kinds(result).values()) == ["undetermined"]


@settings(deadline=None)
@given(shift=st.floats(-30, 30), size=st.floats(60, 200))
def test_every_outline_belongs_to_one_patch(shift: float, size: float) -> None:
    first = [square(0, 0, size), square(400, 0, 100)]
    last = [translate(shape, shift * M, 0) for shape in first]
    result = tracked({FIRST: outlines(*first), LAST: outlines(*last)})
    assert len(result.patches) == 2
    assert len(result.outlines) == 4
    assert result.outlines.duplicated(["patch_id", "date"]).sum() == 0
