"""Outlines that a register also writes into a column, as WKT: held against its geometry."""

import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from engine.permits.cadastre import Heading, Note
from engine.permits.intake import systems

_WKT = re.compile(r"^\s*(SRID=\d+;)?\s*(MULTI)?POLYGON\s*Z?\s*\(", re.IGNORECASE)
_APART_M = 10.0
_TRIED = 8  # systems


def wkt_column(columns: pd.DataFrame) -> str | None:
    """The column whose cells are mostly outlines written as WKT."""
    for name in columns.columns:
        cells = columns[name]
        if cells.dtype != object and not pd.api.types.is_string_dtype(cells):
            continue
        texts = [cell for cell in cells.dropna().head(200) if isinstance(cell, str) and cell.strip()]
        if texts and sum(bool(_WKT.match(text)) for text in texts) > 0.5 * len(texts):
            return str(name)
    return None


def check_attribute(table: gpd.GeoDataFrame, crs: str | None) -> list[Note]:
    """What is to be said of outlines in a column, beside those of the geometry."""
    columns = pd.DataFrame(table.drop(columns=["geometry", "as_read"]))
    column = wkt_column(columns)
    if column is None:
        return []
    said = {"column": column}
    written = [cell if isinstance(cell, str) else None for cell in columns[column]]
    shapes = shapely.from_wkt(np.array(written, dtype=object), on_invalid="ignore")
    shapes = np.where(shapely.is_empty(shapes), None, shapes)
    both = ~shapely.is_missing(shapes) & ~table.geometry.is_empty.to_numpy()
    notes = [Note(Heading.READ, "outlines_in_column", said)]
    if crs is None or not both.any():
        return notes
    apart, systems_met = _distances(table.geometry[both], shapes[both])
    if not systems_met:
        return notes
    rows = table["row_in_file"].to_numpy()[both]
    beyond = ~(apart <= _APART_M)
    parameters = {
        "column": column,
        "systems": systems_met,
        "count": int(beyond.sum()),
        "compared": int(both.sum()),
        "apart_m": _APART_M,
        "median_m": round(float(np.nanmedian(apart)), 1),
    }
    return [*notes, Note(Heading.READ, "column_against_geometry", parameters, tuple(int(row) for row in rows[beyond]))]


def _distances(outlines: gpd.GeoSeries, written: NDArray[Any]) -> tuple[NDArray[np.float64], list[str]]:
    """Metres between the middles of outlines and of what is written of them, and the systems that this was taken to be
    in: of each zone by itself the one that fits best. NaN where no system can be told."""
    middles = shapely.centroid(written)
    zones = (shapely.get_x(middles) // 1e6).astype(int)
    apart, names = np.full(len(written), np.nan), []
    for zone in np.unique(zones):
        of_zone = zones == zone
        here = outlines[of_zone]
        west, south, east, north = here.to_crs("EPSG:4326").total_bounds
        near = (float(west + east) / 2, float(south + north) / 2)
        tried = [
            (guess.crs, _apart(here, middles[of_zone], guess.crs))
            for guess in systems.guess(systems.extent_of(written[of_zone]), near)[0][:_TRIED]
        ]
        fitting = [(name, distances) for name, distances in tried if np.isfinite(distances).any()]
        if fitting:
            name, apart[of_zone] = min(fitting, key=lambda one: float(np.nanmedian(one[1])))
            names.append(name)
    return apart, names


def _apart(outlines: gpd.GeoSeries, middles: NDArray[Any], crs: str) -> NDArray[np.float64]:
    here = shapely.centroid(outlines.to_numpy())
    across = Transformer.from_crs(outlines.crs, crs, always_xy=True)
    x, y = across.transform(shapely.get_x(here), shapely.get_y(here))
    if across.target_crs is not None and across.target_crs.is_geographic:
        return np.full(len(x), np.nan)
    apart = np.hypot(x - shapely.get_x(middles), y - shapely.get_y(middles))
    return np.where(np.isfinite(apart), apart, np.nan)
