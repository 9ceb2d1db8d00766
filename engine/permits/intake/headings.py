"""Headings of tables: which columns hold corners, in Chinese, English, Spanish and Portuguese."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.permits.columns import guess_columns, known_names, plain_name
from engine.permits.fields import Field

_EAST = {"easting", "east", "este", "e", "leste", "东", "东坐标", "东向", "东距", "横坐标", "横坐标y", "y横坐标"}
_EAST |= {"utme", "utmeste", "coordeste", "coordenadaeste", "coordenadae", "eastings"}
_NORTH = {"northing", "north", "norte", "n", "北", "北坐标", "北向", "北距", "纵坐标", "纵坐标x", "x纵坐标"}
_NORTH |= {"utmn", "utmnorte", "coordnorte", "coordenadanorte", "coordenadan", "northings"}
_LON = {"lon", "long", "lng", "longitude", "longitud", "经度", "东经", "londd", "经度e", "dongjing"}
_LAT = {"lat", "latitude", "latitud", "纬度", "北纬", "latdd", "纬度n"}
_X = {"x", "x坐标", "坐标x", "xcoord", "coordx", "coordenadax", "pointx", "xcoordinate", "xm", "xutm", "utmx"}
_Y = {"y", "y坐标", "坐标y", "ycoord", "coordy", "coordenaday", "pointy", "ycoordinate", "ym", "yutm", "utmy"}
_POINT = {"点号", "拐点", "拐点号", "拐点编号", "序号", "点序号", "点序", "point", "pointno", "pt", "vertex", "vertice"}
_POINT |= {"corner", "cornerno", "ponto", "punto", "esquinero", "mojon", "pointid", "pointnumber", "界址点号", "顺序号"}
_PART = {"part", "区块", "地块", "地块号", "区块号", "圈号", "环号", "块号", "parte", "ring", "poligono", "polygon"}
_LIST = {"坐标", "拐点坐标", "区域坐标", "zb", "coordinates", "coordenadas", "vertices", "corners", "范围坐标"}
_LIST |= {"矿区范围拐点坐标", "矿区范围", "拐点", "coordinatelist", "coords"}
_WKT = {"wkt", "geometry", "geom", "wktgeom", "wktgeometry", "thegeom", "geometria", "shape", "ewkt"}
_ALL = _EAST | _NORTH | _LON | _LAT | _X | _Y | _POINT | _PART | _LIST | _WKT
_MOST = 100  # cells of a heading that are looked at
_PAIRS = re.compile(r"\d[\d.]*\D+\d[\d.]*")


@dataclass(frozen=True)
class CornerColumns:
    """first, second : of the coordinates. order : "east first", "north first", or "x first" where the numbers decide.

    number : of the permit. part, point : None where there is none.
    """

    first: str
    second: str
    order: str
    number: str | None
    part: str | None
    point: str | None


def is_heading_like(cells: Sequence[Any]) -> float:
    """How much a row looks like the names of columns; 0 where not at all."""
    texts = [str(cell) for cell in cells]
    if len(texts) < 1 or sum(any(sign.isdigit() for sign in text) for text in texts) > 0.5 * len(texts):
        return 0.0
    known = sum(plain_name(text) in _ALL for text in texts)
    fields = known_names(texts[:_MOST])
    return 2.0 * known + 2.0 * (len(fields) > 1) + (Field.NUMBER in fields) + (0.5 if len(texts) > 1 else 0.1)


def corner_columns(table: pd.DataFrame) -> CornerColumns | None:
    """The columns of a table with one row a corner; None where it has none."""
    names = {plain_name(str(column)): str(column) for column in reversed(list(table.columns))}

    def called(aliases: set[str]) -> str | None:
        return next((column for name, column in names.items() if name in aliases), None)

    for one, other, order in ((_LON, _LAT, "east first"), (_EAST, _NORTH, "east first"), (_X, _Y, "x first")):
        first, second = called(one), called(other)
        if first and second:
            part, point = called(_PART), called(_POINT)
            number = _number_column(table.drop(columns=[name for name in (first, second, part, point) if name]))
            return CornerColumns(first, second, order, number, part, point)
    return None


def _number_column(table: pd.DataFrame) -> str | None:
    """The column that names the permit, told by its different values: each stands at all corners of one."""
    different = pd.DataFrame({name: pd.Series(table[name].dropna().unique()) for name in table}, dtype=object)
    guess = guess_columns(different).get(Field.NUMBER)
    return guess.column if guess else None


def list_column(table: pd.DataFrame) -> str | None:
    """The column whose cells hold all corners of a permit."""
    named = [column for column in table.columns if plain_name(str(column)) in _LIST]
    for column in [*named, *table.columns]:
        cells = [str(cell) for cell in table[column].dropna().head(100)]
        if cells and sum(len(_PAIRS.findall(cell)) >= 3 for cell in cells) > 0.5 * len(cells):
            return str(column)
    return str(named[0]) if named else None
