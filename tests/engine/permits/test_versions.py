"""Registers saved as versions: whole or not at all, damaged ones said and never fatal; mappings remembered."""

import json
import threading
from pathlib import Path

import pandas as pd
import pytest

from engine.errors import InputError
from engine.permits.fields import Field
from engine.permits.mappings import remember, remembered
from engine.permits.registering import make_register
from engine.permits.versions import Version, damaged_versions, read_version, save_version, versions
from tests.engine.permits.cadastres import cadastre

DAYS = {"permit number": ["C1", "C2"], "valid from": ["2015-03-01", None], "valid to": ["2020-03-01", "9999-12-31"]}


def save(folder: Path, note: str = "") -> Version:
    return save_version(folder, *make_register(cadastre(**DAYS)), name="register.gpkg", note=note)


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    register, report = make_register(cadastre(**DAYS))
    saved = save_version(tmp_path / "weining", register, report, name="矿权.zip", note="二〇二一")
    found, its_report, version = read_version(tmp_path / "weining", saved.id)
    pd.testing.assert_frame_equal(pd.DataFrame(found.permits), pd.DataFrame(register.permits), check_dtype=False)
    assert (found.crs, found.report()) == (register.crs, register.report())
    assert found.permits.crs.to_epsg() == 4326
    assert its_report == report
    assert version == saved == versions(tmp_path / "weining")[0]
    assert (version.name, version.note, version.permits) == ("矿权.zip", "二〇二一", 2)
    assert version.mapping == {"number": "permit number", "valid_from": "valid from", "valid_to": "valid to"}


def test_a_register_without_any_day_is_read_as_it_was(tmp_path: Path) -> None:
    register, report = make_register(cadastre())
    found, _, _ = read_version(tmp_path, save_version(tmp_path, register, report, name="a").id)
    assert list(found.permits["valid_to"]) == [None, None]
    assert found.without_dates == 2


def test_the_newest_comes_first_even_within_a_second(tmp_path: Path) -> None:
    saved = [save(tmp_path, str(number)) for number in range(4)]
    assert versions(tmp_path) == saved[::-1]
    assert len({version.id for version in saved}) == 4


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert versions(tmp_path / "nix") == damaged_versions(tmp_path / "nix") == []


@pytest.mark.parametrize("keep", [0, 10, 500, -1])
def test_a_damaged_version_is_said_and_the_others_are_there(tmp_path: Path, keep: int) -> None:
    good, bad = save(tmp_path), save(tmp_path)
    path = tmp_path / f"{bad.id}.parquet"
    path.write_bytes(path.read_bytes()[:keep])
    assert versions(tmp_path) == [good]
    assert damaged_versions(tmp_path) == [path.name]
    with pytest.raises(InputError, match="damaged") as error:
        read_version(tmp_path, bad.id)
    assert str(tmp_path) not in str(error.value)


def test_damage_within_is_found_when_it_is_read(tmp_path: Path) -> None:
    version = save(tmp_path)
    path = tmp_path / f"{version.id}.parquet"
    contents = bytearray(path.read_bytes())
    for place in range(40, 400, 20):
        contents[place] ^= 0xFF
    path.write_bytes(contents)
    with pytest.raises(InputError, match="damaged"):
        read_version(tmp_path, version.id)


def test_another_s_parquet_is_no_version(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "b.parquet")
    assert (versions(tmp_path), damaged_versions(tmp_path)) == ([], ["b.parquet"])


@pytest.mark.parametrize("version_id", ["nix", "../outside", "", "/etc/passwd"])
def test_only_versions_of_the_folder_are_read(tmp_path: Path, version_id: str) -> None:
    (tmp_path / "outside.parquet").touch()
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError, match="no register was saved"):
        read_version(tmp_path / "in", version_id)


def test_writers_at_once_get_a_version_each(tmp_path: Path) -> None:
    threads = [threading.Thread(target=save, args=(tmp_path, str(number))) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(version.note for version in versions(tmp_path)) == [str(number) for number in range(6)]
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("engine.permits.versions.pq.write_table", fail)
    with pytest.raises(OSError, match="disk full"):
        save(tmp_path)
    assert list(tmp_path.iterdir()) == []


MAPPING = {Field.NUMBER: "编号", Field.VALID_TO: "到期"}


def test_a_mapping_is_remembered_by_the_columns_in_any_order(tmp_path: Path) -> None:
    remember(tmp_path, ["编号", "到期", "备注", "geometry", "row_in_file"], MAPPING)
    assert remembered(tmp_path, ["备注", "到期", "编号"]) == MAPPING
    assert remembered(tmp_path, ["到期", "编号"]) is None
    remember(tmp_path, ["备注", "编号", "到期"], {Field.NUMBER: "备注"})
    assert remembered(tmp_path, ["备注", "到期", "编号"]) == {Field.NUMBER: "备注"}


@pytest.mark.parametrize("contents", ["", "[]", '{"number": "nix"}', '{"colour": "编号"}', "{"])
def test_a_damaged_mapping_is_none(tmp_path: Path, contents: str) -> None:
    remember(tmp_path, ["编号", "到期"], MAPPING)
    (path,) = (tmp_path / "mappings").iterdir()
    assert json.loads(path.read_text()) == {"number": "编号", "valid_to": "到期"}
    path.write_text(contents)
    assert remembered(tmp_path, ["编号", "到期"]) is None
