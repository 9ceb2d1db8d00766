"""A cadastre made a register: rows joined and named, cells understood, and a report that says what was done."""

import datetime
import math
import time
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import Point, Polygon, box

from engine.errors import InputError
from engine.grid import geodesic_area
from engine.permits.cadastre import Cadastre, CrsGuess, Heading
from engine.permits.fields import Field
from engine.permits.outlines import areas_m2, in_degrees
from engine.permits.quality import QualityReport, count_on
from engine.permits.register import PERMIT_COLUMNS, Register
from engine.permits.registering import make_register
from tests.engine.permits.cadastres import ONE, TWO, cadastre

ALL = {
    "采矿许可证号": ["C1", "C2"],
    "矿山名称": ["一号矿", "二号矿"],
    "采矿权人": ["甲公司", "乙公司"],
    "开采主矿种": ["煤", "铁矿"],
    "项目类型": ["采矿许可证", "探矿许可证"],
    "许可证状态": ["有效", "注销"],
    "有效期": ["2015年3月1日至2020年3月", "自2016年1月1日至长期"],
    "签发日期": ["20150201", "20151231"],
    "矿区面积（平方公里）": ["1.1058", "1.2"],
    "开采标高": ["+1250m至+980m", "1300-1100"],
    "复垦期限": ["2023年", ""],
    "备注": ["x", "y"],
}
D = datetime.date


def register(*shapes: Any, **columns: list[Any]) -> Register:
    return make_register(cadastre(*shapes, **columns))[0]


def report(*shapes: Any, **columns: list[Any]) -> QualityReport:
    return make_register(cadastre(*shapes, **columns))[1]


def codes(quality: QualityReport) -> dict[str, tuple[int, ...]]:
    return {note.code: note.rows for note in quality.notes}


def test_every_column_is_understood() -> None:
    found, quality = make_register(cadastre(**ALL))
    assert list(found.permits.columns) == PERMIT_COLUMNS
    one, two = found.permits.itertuples()
    assert (one.number, one.mine, one.holder, one.mineral) == ("C1", "一号矿", "甲公司", "煤")
    assert (one.kind, one.status) == ("采矿许可证", "有效")
    assert (one.valid_from, one.valid_to, one.issued) == (D(2015, 3, 1), D(2020, 3, 31), D(2015, 2, 1))
    assert (one.reclaim_by, two.reclaim_by) == (D(2023, 12, 31), None)
    assert (two.valid_from, two.valid_to) == (D(2016, 1, 1), D.max)
    assert (one.declared_m2, one.top_m, one.bottom_m) == pytest.approx((1_105_800, 1250, 980))
    assert quality.mapped_unaided == 11
    assert quality.left_over == ("备注",)
    assert quality.statuses == {"valid": 1, "withdrawn": 1}
    assert quality.kinds == {"extraction": 1, "exploration": 1}
    assert quality.mapping[Field.VALIDITY] == "有效期"


def test_a_chosen_mapping_is_taken_exactly() -> None:
    found, quality = make_register(cadastre(**ALL), {Field.NUMBER: "采矿许可证号", Field.MINE: "备注"})
    assert list(found.permits["mine"]) == ["x", "y"]
    assert found.without_dates == 2
    assert {column.how for column in quality.columns} == {"chosen"}
    assert quality.mapped_unaided == 0


def test_a_chosen_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError) as error:
        make_register(cadastre(no=["1", "2"], to=["2020", "2021"]), {Field.NUMBER: "nix"})
    assert (error.value.file, error.value.field) == ("register.gpkg", "permits.columns.number")
    assert error.value.mend == "take one of: no, to"


def test_without_a_reference_system_the_likely_ones_are_named() -> None:
    guess = CrsGuess("EPSG:4544", (104.0, 26.0, 105.0, 27.0), "near")
    with pytest.raises(InputError, match='crs = "EPSG:4544"'):
        make_register(cadastre(crs=None, guesses=(guess,)))
    with pytest.raises(InputError, match="EPSG:4544"):
        make_register(cadastre(crs=None))


def test_a_register_without_any_outline_is_refused() -> None:
    with pytest.raises(InputError, match="no polygon"):
        register(Point(104.2, 26.8))


def test_metres_that_pass_for_degrees_are_refused() -> None:
    with pytest.raises(InputError, match="no longitude and latitude"):
        register(box(435_000, 2_965_000, 436_000, 2_966_000))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4544", "EPSG:4523", "EPSG:3857"])
def test_every_reference_system_gives_the_same(crs: str) -> None:
    there = gpd.GeoSeries([ONE, TWO], crs="EPSG:4326").to_crs(crs)
    permits = make_register(cadastre(*there, crs=crs))[0].permits
    areas = [geodesic_area(shape) for shape in permits.geometry]
    assert areas == pytest.approx([geodesic_area(ONE), geodesic_area(TWO)], rel=1e-5)
    assert list(areas_m2(permits.geometry)) == pytest.approx(areas, rel=1e-6)
    assert [shapely.from_wkb(wkb) for wkb in permits["as_read"]] == list(there)


def test_long_edges_stay_straight_in_the_register_s_own_system() -> None:
    """A parallel of 40 km is straight in degrees; two corners alone would put its middle 17 m off in metres."""
    shape = in_degrees(gpd.GeoSeries([box(104.0, 26.8, 104.4, 26.9)], crs="EPSG:4326")).to_crs("EPSG:32648").iloc[0]
    middle = gpd.GeoSeries([Point(104.2, 26.9)], crs="EPSG:4326").to_crs("EPSG:32648").iloc[0]
    assert shape.exterior.distance(middle) < 0.05


def test_permits_without_an_outline_are_kept_and_noted() -> None:
    found, quality = make_register(cadastre(ONE, Point(104.2, 26.8), None))
    assert list(found.permits.geometry.is_empty) == [False, True, True]
    assert codes(quality)["without_outline"] == (2, 3)
    assert list(found.permits["mended"]) == [False, False, False]


def test_an_outline_that_was_mended_is_marked() -> None:
    bow_tie = Polygon([(104.20, 26.80), (104.21, 26.81), (104.21, 26.80), (104.20, 26.81)])
    found = register(bow_tie, TWO)
    assert list(found.permits["mended"]) == [True, False]
    assert found.report()["mended"] == 1


def test_permits_without_a_number_are_named_by_their_row() -> None:
    found, quality = make_register(cadastre(ONE, TWO, TWO, **{"permit number": ["C1", None, ""]}))
    assert list(found.permits["number"]) == ["C1", "(row 2)", "(row 3)"]
    assert found.report() == {"permits": 3, "without_dates": 3, "unnumbered": 2}
    assert codes(quality)["without_number"] == (2, 3)


def test_without_a_column_of_numbers_all_are_and_it_is_said() -> None:
    found, quality = make_register(cadastre(colour=["red", "red"]))
    assert list(found.permits["number"]) == ["(row 1)", "(row 2)"]
    assert "no_number_column" in codes(quality)


def test_numbers_that_are_numbers_are_written_whole() -> None:
    assert list(register(**{"permit number": [7.0, 12.0]}).permits["number"]) == ["7", "12"]


def parts(**columns: list[Any]) -> Register:
    return register(**{"permit number": ["C", "C"], **columns})


def test_rows_of_one_number_that_agree_are_one_permit() -> None:
    found = parts(expiry=["2025-12-31", "2025-12-31"])
    (permit,) = found.permits.itertuples()
    assert found.report() == {"permits": 1, "joined": 1}
    assert permit.valid_to == D(2025, 12, 31)
    assert geodesic_area(permit.geometry) == pytest.approx(geodesic_area(ONE) + geodesic_area(TWO), rel=1e-6)
    assert shapely.from_wkb(permit.as_read).equals(shapely.MultiPolygon([ONE, TWO]))


def test_parts_declare_the_whole_or_their_own_area() -> None:
    assert parts(area_ha=[250.0, 250.0]).permits["declared_m2"].iloc[0] == 2_500_000
    assert parts(area_ha=[120.0, 130.0]).permits["declared_m2"].iloc[0] == 2_500_000
    assert math.isnan(parts(area_ha=[None, None]).permits["declared_m2"].iloc[0])


def test_rows_of_one_number_that_differ_are_told_apart() -> None:
    found = parts(expiry=["2024-01-01", "2025-01-01"])
    assert list(found.permits["number"]) == ["C (row 1)", "C (row 2)"]
    assert found.ambiguous == 2


def test_cells_that_cannot_be_what_they_should_are_empty_and_listed() -> None:
    columns = {"expiry": ["soon", "2025-12-31"], "area_ha": ["large", "2 ha"], "upper limit": ["?", "1200"]}
    found, quality = make_register(cadastre(**{"permit number": ["C1", "C2"], **columns}))
    assert list(found.permits["valid_to"]) == [None, D(2025, 12, 31)]
    assert codes(quality)["not_a_date"] == codes(quality)["not_an_area"] == (1,)
    assert [note.parameters["texts"] for note in quality.under(Heading.REFUSED) if note.code == "not_a_date"] == [
        ["soon"]
    ]


def test_what_is_odd_about_days_is_listed() -> None:
    days = {"valid from": ["2021-01-01", "1899-12-30"], "valid to": ["2020-01-01", "9999-12-31"]}
    quality = report(**{"permit number": ["C1", "C2"], **days})
    found = codes(quality)
    assert (found["ends_before_it_begins"], found["date_placeholder"], found["no_end"]) == ((1,), (2,), (2,))


def test_columns_of_a_register_decide_each_other_s_order() -> None:
    days = {"valid from": ["03/04/2015", "05/06/2015"], "valid to": ["12/31/2020", "06/30/2021"]}
    found, quality = make_register(cadastre(**{"permit number": ["C1", "C2"], **days}))
    assert list(found.permits["valid_from"]) == [D(2015, 3, 4), D(2015, 5, 6)]
    assert {"date_order_from_others", "month_first"} <= codes(quality).keys()


def test_an_order_that_nothing_decides_can_be_said() -> None:
    given = cadastre(**{"permit number": ["C1", "C2"], "valid to": ["03/04/2025", "05/06/2025"]})
    found, quality = make_register(given)
    assert list(found.permits["valid_to"]) == [D(2025, 4, 3), D(2025, 6, 5)]
    assert "date_order_undecided" in codes(quality)
    found, quality = make_register(given, day_first=False)
    assert list(found.permits["valid_to"]) == [D(2025, 3, 4), D(2025, 5, 6)]
    assert "date_order_undecided" not in codes(quality)


def test_declared_areas_are_held_against_the_outlines() -> None:
    hectares = [geodesic_area(ONE) / 1e4, 1.2 * geodesic_area(TWO) / 1e4]
    quality = report(**{"permit number": ["C1", "C2"], "area_ha": hectares})
    assert quality.areas is not None
    assert (quality.areas.compared, quality.areas.over_1_percent, quality.areas.over_10_percent) == (2, 1, 1)
    assert [one.number for one in quality.areas.worst] == ["C2"]
    assert "area_unit_suspect" not in codes(quality)


def test_a_unit_that_does_not_fit_the_outlines_is_suspected() -> None:
    square_metres = [geodesic_area(ONE), geodesic_area(TWO)]
    quality = report(**{"permit number": ["C1", "C2"], "area_ha": square_metres})
    (note,) = [note for note in quality.notes if note.code == "area_unit_suspect"]
    assert note.parameters == {"read": "ha", "meant": "m2"}


def test_a_report_survives_json() -> None:
    quality = report(**ALL)
    assert quality.areas is not None
    assert QualityReport.from_json(quality.to_json()) == quality
    bare = report()
    assert QualityReport.from_json(bare.to_json()) == bare


def test_permits_are_counted_on_a_day() -> None:
    found = register(
        *(ONE, TWO, ONE, TWO),
        **{
            "permit number": ["1", "2", "3", "4"],
            "valid from": ["2010", "2015", "2022", None],
            "valid to": ["2020", None, "2030", None],
        },
    )
    assert count_on(found, D(2021, 6, 1)) == {"valid": 1, "expired": 1, "not_begun": 1, "without_dates": 1}


def large(count: int) -> Cadastre:
    chance = np.random.default_rng(5)
    west, south = 400_000 + 400.0 * np.arange(count) % 90_000, 2_900_000 + chance.uniform(0, 1e5, count)
    days = [D(2010, 1, 1) + datetime.timedelta(int(day)) for day in chance.integers(0, 4000, count)]
    return cadastre(
        *shapely.box(west, south, west + 300, south + 300),
        crs="EPSG:4544",
        **{
            "许可证号": [f"C64050020110871309{row:05}" for row in range(count)],
            "矿种": ["煤"] * count,
            "有效期起": [f"{day:%d/%m/%Y}" for day in days],
            "有效期止": [f"{day.year + 10}年{day.month}月" for day in days],
            "面积": ["9,00 ha"] * count,
        },
    )


def test_many_permits_take_no_time() -> None:
    given = large(5000)
    begun = time.perf_counter()
    found, _ = make_register(given)
    assert time.perf_counter() - begun < 5
    assert len(found.permits) == 5000
