"""Rows of a register made permits: one row each, under a number of its own."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from engine.permits.register import DATE_COLUMNS, TEXT_COLUMNS


class Joined(NamedTuple):
    """permits : one row each, named; row : of the file, the first of each. joined : how many had several rows.
    unnumbered, ambiguous : which are named by their row, because they have no number, or that of another."""

    permits: gpd.GeoDataFrame
    row: npt.NDArray[np.int64]
    joined: int
    unnumbered: npt.NDArray[np.bool_]
    ambiguous: npt.NDArray[np.bool_]


def join_rows(rows: gpd.GeoDataFrame, row_in_file: pd.Series) -> Joined:
    """Rows of one number that say the same are one permit of several parts; rows that differ are several, told apart by
    their place in the file, as are permits without a number.

    Of parts that declare different areas their sum counts; of one area that all declare, it is the whole's.
    """
    keys = rows[["number", *TEXT_COLUMNS, *DATE_COLUMNS]].astype(str)
    keys["number"] = keys["number"].where(keys["number"] != "", [f"\n{row}" for row in row_in_file])
    group = keys.groupby(list(keys.columns), sort=False, dropna=False).ngroup().to_numpy()
    _, first, sizes = np.unique(group, return_index=True, return_counts=True)
    permits = rows.iloc[first].reset_index(drop=True)
    several = np.flatnonzero(sizes > 1)
    if len(several):
        _join_parts(permits, rows, group, several)
    row = row_in_file.to_numpy()[first]
    unnumbered = (permits["number"] == "").to_numpy()
    ambiguous = permits["number"].duplicated(keep=False).to_numpy() & ~unnumbered
    unclear = ambiguous | unnumbered
    permits["number"] = [
        f"{number} (row {place})".strip() if named else number
        for number, place, named in zip(permits["number"], row, unclear, strict=True)
    ]
    return Joined(permits, row, len(several), unnumbered, ambiguous)


def _join_parts(
    permits: gpd.GeoDataFrame,
    rows: gpd.GeoDataFrame,
    group: npt.NDArray[np.int64],
    several: npt.NDArray[np.int64],
) -> None:
    """Put the parts of permits together, in place."""
    of_several = np.isin(group, several)
    parts = rows[of_several].groupby(group[of_several], sort=True)
    shapes = permits.geometry.to_numpy().copy()
    shapes[several] = [part.geometry.union_all() for _, part in parts]
    permits.geometry = shapes
    permits.loc[several, "mended"] = parts["mended"].any().to_numpy()
    permits.loc[several, "as_read"] = parts["as_read"].agg(_as_one).to_numpy()
    permits.loc[several, "declared_m2"] = parts["declared_m2"].agg(_whole_area).to_numpy()
    permits.loc[several, "top_m"] = parts["top_m"].max().to_numpy()
    permits.loc[several, "bottom_m"] = parts["bottom_m"].min().to_numpy()


def _as_one(parts: pd.Series) -> bytes:
    """Outlines as they were read, as one."""
    shapes = [shape for shape in shapely.from_wkb(list(parts), on_invalid="ignore") if shape is not None]
    polygons = [polygon for shape in shapes for polygon in shapely.get_parts(shape) if polygon.geom_type == "Polygon"]
    return bytes(shapely.to_wkb(shapely.multipolygons(polygons)))


def _whole_area(declared: pd.Series) -> float:
    different = declared.dropna().unique()
    return float(different[0] if len(different) == 1 else declared.sum(min_count=1))
