"""Columns of registers told by their names in four languages, and by what is in them."""

from typing import Any

import pandas as pd
import pytest

from engine.permits.columns import How, guess_columns
from engine.permits.fields import Field
from engine.simulate.register.files import SHORT_NAMES
from tests.conftest import ROOT

CADASTRES = ROOT.parent / "shared" / "data" / "cadastres"
NUMBERS = [f"C{number}" for number in range(4)]
DAYS = ["2020-01-01", "2021-02-03", "2022-12-31", "2019-05-06"]
VALUES: dict[Field, list[Any]] = {
    Field.NUMBER: NUMBERS,
    Field.MINE: ["One", "Two", "Three", "Four"],
    Field.HOLDER: ["A Ltd", "B Ltd", "A Ltd", "A Ltd"],
    Field.MINERAL: ["coal", "铁矿", "Au,Cu", "arcilla"],
    Field.KIND: ["mining lease", "采矿权", "exploración", "lavra"],
    Field.STATUS: ["active", "有效", "vencido", "suspenso"],
    Field.VALID_FROM: DAYS,
    Field.VALID_TO: DAYS,
    Field.VALIDITY: ["2015-2020", "2015年3月1日至2020年3月1日", "01/03/2015 - 01/03/2020", "2019-2022"],
    Field.ISSUED: DAYS,
    Field.AREA: [1.5, 2.5, 3.5, 4.5],
    Field.TOP: [1250, 1300, 1280, 1200],
    Field.BOTTOM: [980, 900, 950, 1000],
    Field.ELEVATIONS: ["+1250m至+980m", "1300-900", "1280-950", "1200-1000"],
    Field.RECLAIM_BY: DAYS,
}


def guess(**columns: list[Any]) -> dict[str, str]:
    return {str(field): one.column for field, one in guess_columns(pd.DataFrame(columns)).items()}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *(
            ("许可证号", Field.NUMBER),
            ("采矿许可证号", Field.NUMBER),
            ("XKZH", Field.NUMBER),
            ("Lic_Code", Field.NUMBER),
        ),
        *(
            ("TENEMENT", Field.NUMBER),
            ("lease no.", Field.NUMBER),
            ("EXPEDIENTE", Field.NUMBER),
            ("CODIGOU", Field.NUMBER),
        ),
        *(("DSProcesso", Field.NUMBER), ("FMT_TENID", Field.NUMBER), ("Código único", Field.NUMBER)),
        *(("矿山名称", Field.MINE), ("KSMC", Field.MINE), ("Mine Name", Field.MINE), ("CONCESION", Field.MINE)),
        *(
            ("采矿权人", Field.HOLDER),
            ("Owners", Field.HOLDER),
            ("TIT_CONCES", Field.HOLDER),
            ("Titular", Field.HOLDER),
        ),
        *(
            ("开采主矿种", Field.MINERAL),
            ("Commodities", Field.MINERAL),
            ("SUSTANCIA", Field.MINERAL),
            ("SUBS", Field.MINERAL),
        ),
        *(("项目类型", Field.KIND), ("TypeGroup", Field.KIND), ("MODALIDAD", Field.KIND), ("tipo", Field.KIND)),
        *(
            ("许可证状态", Field.STATUS),
            ("TENSTATUS", Field.STATUS),
            ("D_ESTADO", Field.STATUS),
            ("Situação", Field.STATUS),
        ),
        *(("有效期起", Field.VALID_FROM), ("YXQQ", Field.VALID_FROM), ("DteGranted", Field.VALID_FROM)),
        *(
            ("Fecha de inicio", Field.VALID_FROM),
            ("data de outorga", Field.VALID_FROM),
            ("采矿权有效期起", Field.VALID_FROM),
        ),
        *(
            ("有效期止", Field.VALID_TO),
            ("YXQZ", Field.VALID_TO),
            ("DteExpires", Field.VALID_TO),
            ("valid_until", Field.VALID_TO),
        ),
        *(("Fecha Vencimiento", Field.VALID_TO), ("DT_VENCIMENTO", Field.VALID_TO), ("有效期限", Field.VALID_TO)),
        *(("licence expiry date", Field.VALID_TO), ("矿权终止时间", Field.VALID_TO)),
        *(
            ("有效期限", Field.VALIDITY),
            ("Vigencia", Field.VALIDITY),
            ("validade", Field.VALIDITY),
            ("YXQX", Field.VALIDITY),
        ),
        *(("签发时间", Field.ISSUED), ("issue date", Field.ISSUED), ("FECHA_RESOLUCION", Field.ISSUED)),
        *(
            ("矿区面积 (km2)", Field.AREA),
            ("面积(km²)", Field.AREA),
            ("HECTAGIS", Field.AREA),
            ("Superficie (has)", Field.AREA),
        ),
        *(("采深上限", Field.TOP), ("CSSX", Field.TOP), ("采深下限", Field.BOTTOM), ("CSXX", Field.BOTTOM)),
        *(("开采标高", Field.ELEVATIONS), ("复垦义务期限", Field.RECLAIM_BY), ("Reclamation due", Field.RECLAIM_BY)),
    ],
)
def test_names_in_four_languages(name: str, field: Field) -> None:
    assert guess(**{name: VALUES[field]}) == {str(field): name}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *(("CONCESIONA", Field.HOLDER), ("FECHA_VENC", Field.VALID_TO), ("fecha_de_v", Field.VALID_TO)),
        *(("PERMIT_NUM", Field.NUMBER), ("COMMENCEME", Field.VALID_FROM), ("EXPIRATION", Field.VALID_TO)),
        *(
            ("采矿许", Field.NUMBER),
            ("开采主矿种", Field.MINERAL),
            ("有效期终止", Field.VALID_TO),
            ("复垦义务期", Field.RECLAIM_BY),
        ),
        ("采矿许可证", Field.NUMBER),
    ],
)
def test_names_that_were_cut_to_ten_bytes(name: str, field: Field) -> None:
    assert guess(**{name: VALUES[field]}) == {str(field): name}


def test_a_cut_name_is_said_to_be_one() -> None:
    (found,) = guess_columns(pd.DataFrame({"FECHA_VENC": DAYS})).values()
    assert (found.how, found.samples) == (How.PREFIX, tuple(DAYS))
    assert 0.5 < found.confidence < 1


def test_the_values_decide_what_a_name_may_mean() -> None:
    assert guess(estado=["Zacatecas", "Sonora", "Puebla", "Jalisco"]) == {}
    assert guess(estado=VALUES[Field.STATUS]) == {"status": "estado"}
    assert guess(expiry=["never told", "soon", "?", "later"]) == {}
    assert guess(fase=VALUES[Field.KIND]) == {"kind": "fase"}
    assert guess(fase=VALUES[Field.STATUS]) == {"status": "fase"}


def test_a_number_that_most_permits_share_is_none() -> None:
    assert guess(**{"permit": ["mining"] * 20, "code": [f"A{row}" for row in range(20)]})["number"] == "code"


def test_a_better_name_counts_more_than_a_weak_one() -> None:
    assert guess(id=[1, 2, 3, 4], **{"permit number": NUMBERS})["number"] == "permit number"


def test_no_column_stands_for_two_fields() -> None:
    found = guess(**{"有效期": VALUES[Field.VALIDITY], "名称": VALUES[Field.MINE], "编号": NUMBERS})
    assert sorted(found.values()) == sorted(set(found.values()))


def test_where_the_name_says_nothing_the_values_may() -> None:
    columns = {
        "A": [f"C640500201108713090{row:04}" for row in range(8)],
        "B": ["煤", "铁矿"] * 4,
        "C": ["有效", "注销"] * 4,
    }
    found = guess_columns(pd.DataFrame(columns))
    assert {str(field): one.column for field, one in found.items()} == {"number": "A", "mineral": "B", "status": "C"}
    assert {one.how for one in found.values()} == {How.VALUES}
    assert all(one.confidence < 0.5 for one in found.values())


def test_columns_of_the_reader_are_none_of_the_register_s() -> None:
    assert guess(row_in_file=[1, 2], as_read=[b"", b""]) == {}


def test_an_empty_table_has_columns_all_the_same() -> None:
    assert guess(**{"permit number": [], "expiry": []}) == {"number": "permit number", "valid_to": "expiry"}


@pytest.mark.parametrize("names", [list(SHORT_NAMES), list(SHORT_NAMES.values())])
def test_the_simulated_register_needs_no_help(names: list[str]) -> None:
    fields = [*(Field.NUMBER, Field.MINE, Field.HOLDER, Field.MINERAL, Field.KIND, Field.STATUS, Field.VALID_FROM)]
    fields += [Field.VALID_TO, Field.ISSUED, Field.AREA, Field.TOP, Field.BOTTOM, Field.RECLAIM_BY]
    table = {name: VALUES[field] for name, field in zip(names, fields, strict=True)}
    assert guess(**table) == {str(field): name for name, field in zip(names, fields, strict=True)}


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        (
            "salta_mining_rights.geojson",
            {
                "number": "expediente",
                "mine": "nombre",
                "mineral": "mineral",
                "kind": "tipo",
                "status": "estado",
                "valid_from": "fecha_inic",
                "area": "area_ha",
            },
        ),
        (
            "philippines_mpsa_2023.geojson",
            {"number": "TENEMENT", "mineral": "COMMODITY", "kind": "CATEGORY", "area": "AREA"},
        ),
        ("gem_coal_mine_boundaries.gpkg", {"number": "id", "mine": "Mine Name", "holder": "Owners"}),
    ],
)
def test_real_registers(file: str, columns: dict[str, str]) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    if not (CADASTRES / file).is_file():
        pytest.skip(f"{file} does not ship")
    table = pyogrio.read_dataframe(CADASTRES / file, read_geometry=False)
    assert {str(field): one.column for field, one in guess_columns(table).items()} == columns


def test_a_name_is_the_mine_s_and_a_date_alone_is_nothing() -> None:
    assert guess(Name=VALUES[Field.MINE], Date=DAYS) == {"mine": "Name"}
