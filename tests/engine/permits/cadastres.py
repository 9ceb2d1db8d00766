"""Cadastres as the reader hands them over, made by hand."""

from typing import Any

import geopandas as gpd
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from engine.permits.cadastre import Cadastre, CrsGuess
from engine.vectors import polygons_in

ONE, TWO = box(104.20, 26.80, 104.21, 26.81), box(104.22, 26.80, 104.23, 26.81)


def cadastre(
    *shapes: BaseGeometry | None,
    crs: str | None = "EPSG:4326",
    guesses: tuple[CrsGuess, ...] = (),
    **columns: list[Any],
) -> Cadastre:
    """By default two permits with a number each."""
    shapes = shapes or (ONE, TWO)
    columns = columns or {"permit number": [f"C{row}" for row in range(1, len(shapes) + 1)]}
    table = gpd.GeoDataFrame(columns, geometry=[polygons_in(shape) for shape in shapes], crs=crs)
    table["row_in_file"] = range(1, len(shapes) + 1)
    table["as_read"] = [b"" if shape is None else shape.wkb for shape in shapes]
    return Cadastre("register.gpkg", "0" * 64, "GeoPackage", ("a",), "a", None, False, crs, False, guesses, table)
