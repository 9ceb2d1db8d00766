"""area.toml: what it says is what is used, and what cannot be used is named with the key and the mend."""

import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from engine.area import Area, read_area
from engine.deformation.stack import GammaOptions, GeoTiffOptions, Hyp3Options
from engine.errors import InputError
from tests.engine.conftest import write_area

GEOTIFF = {"format": "geotiff", "path": "stack"}


def test_the_shipped_area_is_read(metropolitan: Area) -> None:
    options = metropolitan.options
    assert metropolitan.name == "metropolitan"
    assert isinstance(options.stack, GammaOptions)
    assert options.stack.path == Path("gamma")
    assert options.patches is not None
    assert (options.patches.id_field, options.patches.mine_class) == ("id", "underground coal mine")
    assert (options.inversion.weights, options.inversion.reference) == ("none", "median")


def test_an_area_is_given_by_its_folder_or_its_file(tmp_path: Path) -> None:
    folder = write_area(tmp_path / "area", GEOTIFF)
    assert read_area(folder) == read_area(folder / "area.toml")
    assert read_area(folder).folder == folder


def test_the_stack_s_form_chooses_its_options(tmp_path: Path) -> None:
    assert isinstance(read_area(write_area(tmp_path / "a", GEOTIFF)).options.stack, GeoTiffOptions)
    assert isinstance(read_area(write_area(tmp_path / "b", {"format": "gamma"})).options.stack, GammaOptions)
    assert isinstance(read_area(write_area(tmp_path / "c", {"format": "hyp3"})).options.stack, Hyp3Options)


def test_a_reference_point_is_longitude_and_latitude(tmp_path: Path) -> None:
    folder = write_area(tmp_path, GEOTIFF, inversion={"reference": [15.01, 50.99]})
    assert read_area(folder).options.inversion.reference == (15.01, 50.99)


def _add(folder: Path, lines: str) -> None:
    with (folder / "area.toml").open("a") as file:
        file.write(lines)


def refused(folder: Path) -> InputError:
    with pytest.raises(InputError) as error:
        read_area(folder)
    return error.value


def test_an_unknown_key_at_the_top_is_refused_with_the_nearest_known(tmp_path: Path) -> None:
    folder = write_area(tmp_path, GEOTIFF)
    file = folder / "area.toml"
    file.write_text('titel = "A testbed"\n' + file.read_text())
    error = refused(folder)
    assert (error.file, error.field, error.mend) == (file, "titel", "did you mean 'title'?")


@pytest.mark.parametrize(
    ("table", "entries", "key", "nearest"),
    [
        ("network", {"max_day": 60}, "max_day", "max_days"),
        ("inversion", {"weight": "none"}, "weight", "weights"),
        ("activity", {"treshold_mm_per_year": 4}, "treshold_mm_per_year", "threshold_mm_per_year"),
        ("patches", {"path": "p.shp", "name_fields": "n"}, "name_fields", "name_field"),
    ],
)
def test_an_unknown_key_in_a_table_is_refused_with_the_nearest_known(
    tmp_path: Path, table: str, entries: dict[str, Any], key: str, nearest: str
) -> None:
    error = refused(write_area(tmp_path, GEOTIFF, **{table: entries}))
    assert (error.field, error.problem, error.mend) == (f"{table}.{key}", "unknown key", f"did you mean '{nearest}'?")


def test_an_unknown_key_like_no_other_is_refused_with_all_that_are_known(tmp_path: Path) -> None:
    error = refused(write_area(tmp_path, GEOTIFF, network={"zzz": 1}))
    assert (
        error.mend == "known keys here: exclude_dates, max_days, max_perpendicular_m, min_coherence, neighbours, select"
    )


@pytest.mark.parametrize(
    ("stack", "field", "nearest"),
    [
        (GEOTIFF | {"incidence_dg": 37.0}, "stack.incidence_dg", "incidence_deg"),
        (GEOTIFF | {"headin_deg": 190.0}, "stack.headin_deg", "heading_deg"),
        ({"format": "gamma", "corners": "edge"}, "stack.corners", "corner"),
    ],
)
def test_an_unknown_key_of_the_stack_is_refused_with_the_nearest_of_its_form(
    tmp_path: Path, stack: dict[str, Any], field: str, nearest: str
) -> None:
    error = refused(write_area(tmp_path, stack))
    assert (error.field, error.mend) == (field, f"did you mean '{nearest}'?")


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "area.toml").write_text('name = "a"\n[stack]\nformat = "gamma"\n')
    error = refused(tmp_path)
    assert (error.field, error.mend) == ("title", "add 'title'")


@pytest.mark.parametrize(
    ("table", "key", "value", "field"),
    [
        ("inversion", "weights", "heavy", "inversion.weights"),
        ("inversion", "min_pair_share", "half", "inversion.min_pair_share"),
        ("network", "max_days", 12.5, "network.max_days"),
        ("network", "exclude_dates", "2006-12-01", "network.exclude_dates"),
        ("activity", "radius_m", [], "activity.radius_m"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_what_was_given(
    tmp_path: Path, table: str, key: str, value: Any, field: str
) -> None:
    error = refused(write_area(tmp_path, GEOTIFF, **{table: {key: value}}))
    assert error.field == field
    assert f"(given: {value!r})" in error.problem


@pytest.mark.parametrize(
    "written",
    ["2021-06-19", "2021/06/19", "2021/6/19", "2021-6-19", "2021.06.19", "20210619", 20210619, "2021年6月19日"],
)
def test_a_day_whose_year_comes_first_is_read(tmp_path: Path, written: str | int) -> None:
    own = write_area(tmp_path, GEOTIFF, velocity={"start": written}, network={"exclude_dates": [written]})
    options = read_area(own).options
    assert options.velocity.start == date(2021, 6, 19)
    assert options.network.exclude_dates == (date(2021, 6, 19),)


@pytest.mark.parametrize(
    ("written", "problem", "mend"),
    [
        ("19.06.2021", "the year does not come first", "write it as 2021-06-19"),
        ("06/19/2021", "the year does not come first", "write it as 2021-06-19"),
        ("03/04/2021", "which is the day and which the month", "write it as 2021-04-03 or 2021-03-04"),
        ("2021-13-01", "there is no such day", "write it as 2021-06-19 (year, month, day)"),
        ("2021/02-03", "it is no day", "write it as 2021-06-19 (year, month, day)"),
        ("31.02.2021", "it is no day", "write it as 2021-06-19 (year, month, day)"),
        ("19.06.21", "it is no day", "write it as 2021-06-19 (year, month, day)"),
        ("1624060800", "it is no day", "write it as 2021-06-19 (year, month, day)"),
        (86400, "it is no day", "write it as 2021-06-19 (year, month, day)"),
        (True, "it is no day", "write it as 2021-06-19 (year, month, day)"),
    ],
)
def test_another_day_is_refused_with_the_way_to_write_it(tmp_path: Path, written: Any, problem: str, mend: str) -> None:
    for table, value in (("velocity", {"start": written}), ("network", {"exclude_dates": ["2021-06-19", written]})):
        error = refused(write_area(tmp_path, GEOTIFF, **{table: value}))
        assert problem in error.problem
        assert str(written) in error.problem
        assert error.mend == mend
        assert error.field == f"{table}.{next(iter(value))}"


def test_a_day_with_a_time_is_refused(tmp_path: Path) -> None:
    _add(write_area(tmp_path, GEOTIFF), "[velocity]\nstart = 2021-06-19T10:00:00\n")
    error = refused(tmp_path)
    assert (error.field, error.mend) == ("velocity.start", "write it as 2021-06-19")


def test_a_held_out_day_is_told_the_form(tmp_path: Path) -> None:
    lines = "[reference]\nclasses = { pit = [1] }\nheld_out_dates = ['19.06.2021']\n"
    _add(write_area(tmp_path, GEOTIFF), lines)
    error = refused(tmp_path)
    assert (error.field, error.mend) == ("reference.held_out_dates", "write it as 2021-06-19")


@pytest.mark.parametrize("bare", ["19.06.2021", "2021/06/19", "2021-6-19", "2021-02-30", "[2021-06-19, 19.06.2021]"])
def test_a_bare_day_in_another_form_is_told_the_form(tmp_path: Path, bare: str) -> None:
    (tmp_path / "area.toml").write_text(f"[velocity]\nstart = {bare}\n")
    error = refused(tmp_path)
    assert "line 2" in error.problem
    assert "write a day as 2021-06-19" in error.mend


def test_other_mistakes_of_syntax_say_nothing_of_days(tmp_path: Path) -> None:
    (tmp_path / "area.toml").write_text("start = 2021-06-19\nname = mine\n")
    assert refused(tmp_path).mend == "correct the syntax at that place"


@pytest.mark.parametrize(
    "tables",
    [
        {"inversion": {"block": 0}},
        {"inversion": {"min_temporal_coherence": 7.0}},
        {"inversion": {"min_pair_share": -1.0}},
        {"inversion": {"reference": [200.0, 100.0]}},
        {"activity": {"radius_m": -50.0}},
        {"activity": {"threshold_mm_per_year": -5.0}},
        {"activity": {"decorrelated_share": 2.0}},
        {"stack": {"wavelength_m": -0.056}},
        {"stack": {"incidence_deg": 120.0}},
    ],
    ids=lambda tables: "-".join(f"{key}={value}" for table in tables.values() for key, value in table.items()),
)
def test_a_value_that_makes_no_sense_is_refused(tmp_path: Path, tables: dict[str, dict[str, Any]]) -> None:
    stack = GEOTIFF | tables.pop("stack", {})
    refused(write_area(tmp_path, stack, **tables))


@pytest.mark.parametrize("stack", [{"format": "snap"}, {"path": "stack"}], ids=["unknown", "missing"])
def test_a_form_that_is_not_read_is_refused(tmp_path: Path, stack: dict[str, str]) -> None:
    error = refused(write_area(tmp_path, stack))
    assert error.field == "stack.format"
    assert error.mend == "one of: gamma, geotiff, hyp3, licsar, isce"


@pytest.mark.parametrize("name", ["Big Mine", "a/b", "..", "", "-a", "ä"])
def test_a_name_that_is_no_path_is_refused(tmp_path: Path, name: str) -> None:
    error = refused(write_area(tmp_path, GEOTIFF, name=name))
    assert (error.field, error.mend) == ("name", "use lower-case letters, digits, - and _")


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    folder = write_area(tmp_path, GEOTIFF)
    (folder / "SOURCE.md").unlink()
    error = refused(folder)
    assert (error.file, error.field) == (folder / "SOURCE.md", "source")


@pytest.mark.parametrize(
    ("contents", "problem"),
    [(b"name = \n", "not valid TOML (Invalid value (at line 1, column 8))"), (b'name = "caf\xe9"\n', "not UTF-8 text")],
)
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, contents: bytes, problem: str) -> None:
    (tmp_path / "area.toml").write_bytes(contents)
    error = refused(tmp_path)
    assert (error.file, error.problem) == (tmp_path / "area.toml", problem)


@pytest.mark.parametrize("place", ["nowhere", "nowhere/area.toml"])
def test_a_place_without_area_is_refused(tmp_path: Path, place: str) -> None:
    error = refused(tmp_path / place)
    assert (error.file, error.problem) == (tmp_path / place, "the file does not exist")


def test_options_cannot_be_changed(metropolitan: Area) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        metropolitan.options.inversion.block = 1


def test_an_error_of_input_survives_a_process_pool() -> None:
    error = InputError("wrong", file="a.tif", field="CRS", mend="set it")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "a.tif: CRS: wrong. Mend: set it"
    assert (again.file, again.field, again.problem, again.mend) == ("a.tif", "CRS", "wrong", "set it")


def test_a_wavelength_in_centimetres_is_refused(tmp_path: Path) -> None:
    assert refused(write_area(tmp_path, GEOTIFF | {"wavelength_m": 5.546576})).field == "stack.wavelength_m"


def test_a_source_outside_the_area_is_refused(tmp_path: Path) -> None:
    """The app shows it: it must not be any file of the machine."""
    folder = write_area(tmp_path, GEOTIFF)
    text = (folder / "area.toml").read_text()
    (folder / "area.toml").write_text('source = "/etc/hosts"\n' + text)
    error = refused(folder)
    assert (error.field, error.problem) == ("source", "it lies outside the area's folder")
