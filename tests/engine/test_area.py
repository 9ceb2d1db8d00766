"""area.toml: what it says is what is used, and what cannot be used is named with the key and the mend."""

from pathlib import Path

import pytest

from engine.area import Area, read_area
from engine.deformation.stack import GammaOptions, GeoTiffOptions
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


def test_a_reference_point_is_longitude_and_latitude(tmp_path: Path) -> None:
    folder = write_area(tmp_path, GEOTIFF, inversion={"reference": [15.01, 50.99]})
    assert read_area(folder).options.inversion.reference == (15.01, 50.99)


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
    ("table", "key", "nearest"),
    [
        ("network", "max_day", "max_days"),
        ("inversion", "weight", "weights"),
        ("activity", "treshold_mm_per_year", "threshold_mm_per_year"),
        ("patches", "name_fields", "name_field"),
    ],
)
def test_an_unknown_key_in_a_table_is_refused_with_the_nearest_known(
    tmp_path: Path, table: str, key: str, nearest: str
) -> None:
    error = refused(write_area(tmp_path, GEOTIFF, **{table: {"path": "p.shp"} if table == "patches" else {}} | {table: {key: 1, **({"path": "p.shp"} if table == "patches" else {})}}))
    assert (error.field, error.mend) == (f"{table}.{key}", f"did you mean '{nearest}'?")
