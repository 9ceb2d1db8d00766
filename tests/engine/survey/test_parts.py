"""Dates, patterns, columns, values in TOML: the parts that a survey is made of."""

import tomllib
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from engine.deformation.stack import DatePair
from engine.survey.columns import Subject, class_column, identifier_column, name_column, subject_of
from engine.survey.dates import date_of_image, dates_in
from engine.survey.files import Unused
from engine.survey.patterns import NOTHING, choose_pattern
from engine.survey.places import legal, readable
from engine.survey.stacks import one_of_each, says_sentinel1
from engine.survey.toml import Line, comment, literal

ROOT = Path("data")
SUMMER, AUTUMN = date(2021, 6, 19), date(2021, 10, 2)


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("a_20210619.tif", [SUMMER]),
        ("2021-06-19-x", [SUMMER]),
        ("x2021_06_19_33u", [SUMMER]),
        ("S2B_MSIL2A_20210619T100031_N0300_R122_T33UXS_20211002T131103", [SUMMER, AUTUMN]),
        ("20210619100031_x", [SUMMER]),
        ("19.06.2021", [SUMMER]),
        ("19-06-2021", [SUMMER]),
        ("03-04-2021", []),
        ("ifg_19Jun2021_02Oct2021_VV", [SUMMER, AUTUMN]),
        ("210619-211002_utm.unw", [SUMMER, AUTUMN]),
        ("20210619_211002", [SUMMER]),
        ("20210619-20211002.unw.cc", [SUMMER, AUTUMN]),
        ("2021-6-19", [SUMMER]),
        ("x_2021-6-19_2021-10-2.tif", [SUMMER, AUTUMN]),
        ("2021.06.19_x", [SUMMER]),
        ("LC08_L1TP_191025_20210619_20211002_02_T1", [SUMMER, AUTUMN]),
        ("LC81910252021170LGN00_B4", [SUMMER]),
        ("MOD09GA.A2021170.h19v03.061.2021172034056", [SUMMER]),
        ("HLS.S30.T33UXS.2021170T100031.v2.0", [SUMMER]),
        ("20210619_101231_1040_3B_AnalyticMS", [SUMMER]),
        ("A2020366", [date(2020, 12, 31)]),
        ("A2021366", []),
        ("A2021000", []),
        ("A2200100", []),
        ("MAA2021170", []),
        ("tile_2021170", []),
        ("A20211701", []),
        ("2021-6-191", []),
        ("2021-13-1", []),
        ("2021.6.1", []),
        ("tile_2021_6_19", []),
        ("T33UXS_N0301_R122_10980x10980", []),
        ("S2A_T33UXS_B04_10980", []),
        ("img_T101231_B4", []),
        ("LC08_191025_B4", []),
        ("LC08_L1TP_191025", []),
        ("epsg32633_utm33_3857", []),
        ("tile_20219999_123456", []),
        ("1234567890", []),
        ("18990101", []),
        ("", []),
    ],
)
def test_dates_are_found_however_they_are_written(name: str, days: list[date]) -> None:
    assert dates_in(name) == days


@pytest.mark.parametrize(
    ("path", "tags", "doubt"),
    [
        ("a_20210619.tif", {}, ""),
        ("a.tif", {"ACQUISITION_DATE": "2021-06-19T10:00:00Z"}, "tag ACQUISITION_DATE"),
        ("a.tif", {"TIFFTAG_DATETIME": "2021:06:19 10:00:31"}, "may have been written"),
        ("2021-06-19/a.tif", {}, "name of its folder"),
        ("20210619_20211002.tif", {}, "several dates"),
    ],
)
def test_a_date_says_where_it_comes_from(path: str, tags: dict[str, str], doubt: str) -> None:
    found = date_of_image(ROOT / path, ROOT, tags)
    assert found is not None
    assert found[0] == SUMMER
    assert doubt in found[1]


def test_an_image_may_have_no_date() -> None:
    assert date_of_image(ROOT / "a.tif", ROOT, {"AREA_OR_POINT": "Area"}) is None


@pytest.mark.parametrize(
    ("wanted", "others", "default", "pattern"),
    [
        (["20200101_20200113.unw"], [], "*.unw", "*.unw"),
        (["a_1.ph", "a_2.ph"], ["a_1.cc"], "*.unw", "*.ph"),
        (["1_ph.bin", "2_ph.bin"], ["1_cc.bin"], "*.unw", "*_ph.bin"),
        (["ph_1.bin", "ph_2.bin"], ["cc_1.bin", "dem.bin"], "*.unw", "ph_*.bin"),
        (["1_unw_a.tif", "2_unw_b.tif"], ["1_amp_a.tif"], "*.x", "*unw*.tif"),
        (["1.UNW", "2.unw"], ["1.cc"], "*.unw", "*.[uU][nN][wW]"),
        (["p/1.bin", "p/2.bin"], ["q/1.bin"], "*.x", "p/*.[bB][iI][nN]"),
        (["[1]*.x"], ["1.x"], "*.y", "[[]1][*].x"),
        ([], ["a.cc"], "*.cc", NOTHING),
        ([], ["a.x"], "*.cc", "*.cc"),
    ],
)
def test_a_pattern_matches_what_is_wanted_and_no_more(
    tmp_path: Path, wanted: list[str], others: list[str], default: str, pattern: str
) -> None:
    for name in (*wanted, *others):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    chosen = choose_pattern(tmp_path, [tmp_path / name for name in wanted], default)
    assert (chosen.pattern, chosen.besides) == (pattern, frozenset())
    assert set(tmp_path.rglob(chosen.pattern)) == {tmp_path / name for name in wanted}


def test_what_a_pattern_cannot_leave_out_is_named(tmp_path: Path) -> None:
    for name in ("1.unw", "2.unw", "3.unw"):
        (tmp_path / name).touch()
    chosen = choose_pattern(tmp_path, [tmp_path / "1.unw", tmp_path / "3.unw"], "*.unw")
    assert chosen == ("*.unw", {tmp_path / "2.unw"})


def test_of_several_copies_of_a_stack_one_folder_is_taken() -> None:
    pairs = [DatePair(date(2020, 1, day), date(2020, 2, day)) for day in (1, 2, 3)]
    found = {ROOT / "now" / f"{pair}.unw": pair for pair in pairs}
    found |= {ROOT / "old" / f"{pair}.unw": pair for pair in pairs[:2]}
    unused = Unused(ROOT)
    assert one_of_each(found, ROOT, unused) == [ROOT / "now" / f"{pair}.unw" for pair in pairs]
    assert len(unused.reasons) == 2


def test_of_several_variants_of_an_interferogram_the_unwrapped_ones_are_taken() -> None:
    pairs = [DatePair(date(2020, 1, day), date(2020, 2, day)) for day in (1, 2, 3)]
    found = {ROOT / f"{pair}_{kind}.tif": pair for pair in pairs for kind in ("filt", "unw")}
    assert one_of_each(found, ROOT, Unused(ROOT)) == [ROOT / f"{pair}_unw.tif" for pair in pairs]


@pytest.mark.parametrize("name", ["S1AA_20180106", "s1a-iw", "Sentinel-1/x", "sentinel1", "083D_05292_131313/geo.tif"])
def test_sentinel1_is_known_by_its_names(name: str) -> None:
    assert says_sentinel1([ROOT / name], ROOT)
    assert not says_sentinel1([ROOT / "radars1x" / "ps10.tif"], ROOT)


@pytest.mark.parametrize(
    ("columns", "subject"),
    [
        (["许可证号", "采矿权人", "有效期止"], Subject.PERMITS),
        (["lic_code", "owner_name", "expiry_date"], Subject.PERMITS),
        (["expediente", "nombre", "mineral", "fecha_inic"], Subject.PERMITS),
        (["PROCESSO", "NOME", "SUBS", "FASE"], Subject.PERMITS),
        (["TENEMENT", "COMMODITY"], Subject.PERMITS),
        (["concesiona", "fecha_venc"], Subject.PERMITS),
        (["id", "mine feature category", "Owners", "Mine Name", "Coal Grade"], Subject.OUTLINES),
        (["osm_id", "name", "operator", "mineral", "status"], Subject.OUTLINES),
        ([], Subject.OUTLINES),
    ],
)
def test_columns_tell_permits_from_outlines(columns: list[str], subject: Subject) -> None:
    assert subject_of(pd.DataFrame({column: ["a", "b"] for column in columns})) is subject


def test_columns_tell_labels_by_their_classes() -> None:
    table = pd.DataFrame({"Class": ["pit", "pit", "road"], "id": [1, 2, 3]})
    assert (subject_of(table), class_column(table)) == (Subject.LABELS, "Class")
    assert class_column(pd.DataFrame({"class": ["a", "b"]})) is None


def test_identifiers_are_unique_and_names_are_words() -> None:
    table = pd.DataFrame(
        {
            "ID": [1, 1, 2],
            "x_id": ["a", "b", None],
            "Site ID": ["p", "q", "r"],
            "name": ["", "B", "C"],
            "title": [1, 2, 3],
        }
    )
    assert identifier_column(table) == "Site ID"
    assert name_column(table) == "name"
    assert identifier_column(pd.DataFrame({"id": [1.0, 2.0]})) is None


@pytest.mark.parametrize(
    "value", ['a"b\\c\n\x7f\x00é', ["x", 1], 0.0562, 3, True, date(2021, 6, 19), {"a b": [1]}, Path("a/b c"), []]
)
def test_values_come_back_from_toml(value: object) -> None:
    read = tomllib.loads(f"key = {literal(value)}")["key"]
    assert read == (value.as_posix() if isinstance(value, Path) else value)


def test_nothing_breaks_out_of_a_comment() -> None:
    text = str(Line("key", "v", 'x\nname = "y"'))
    assert tomllib.loads(text) == {"key": "v"}
    assert "\n" not in comment("a\rb\u2028c")
    assert tomllib.loads(str(Line("key", "a\nb", active=False))) == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [("My Data", "my-data"), ("_x_", "x"), ("矿区", "area"), ("é" * 80, "e" * 64), ("...", "area"), ("a/../b", "a-b")],
)
def test_names_become_legal(text: str, name: str) -> None:
    assert legal(text) == name


def test_titles_stay_on_one_line() -> None:
    assert readable("my_data\n\x1b[x") == "My data [x"
    assert readable("\n") == "An area"
