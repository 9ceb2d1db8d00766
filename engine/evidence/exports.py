"""Selections of patches and permits in the formats of others."""

import datetime
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from engine.evidence import plain_formats, shapefile
from engine.evidence.tables import geopackage_of

Encoding = Literal["UTF-8", "GBK"]
# What has no time of its own says that it was changed then, so that the same data give the same file.
_UNDATED = datetime.datetime(1980, 1, 1)


class Form(StrEnum):
    """A format that a selection may be written in."""

    GPKG = "gpkg"
    SHAPEFILE = "shapefile"
    GEOJSON = "geojson"
    KML = "kml"
    GEOPARQUET = "geoparquet"
    CSV = "csv"
    XLSX = "xlsx"
    GPX = "gpx"


@dataclass(frozen=True)
class FileKind:
    suffix: str
    media_type: str


KINDS: Mapping[Form, FileKind] = {
    Form.GPKG: FileKind(".gpkg", "application/geopackage+sqlite3"),
    Form.SHAPEFILE: FileKind(".zip", "application/zip"),
    Form.GEOJSON: FileKind(".geojson", "application/geo+json"),
    Form.KML: FileKind(".kml", "application/vnd.google-earth.kml+xml"),
    Form.GEOPARQUET: FileKind(".parquet", "application/vnd.apache.parquet"),
    Form.CSV: FileKind(".csv", "text/csv"),
    Form.XLSX: FileKind(".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    Form.GPX: FileKind(".gpx", "application/gpx+xml"),
}


def export(frame: gpd.GeoDataFrame, form: Form, *, name: str, encoding: Encoding = "UTF-8") -> bytes:
    """A selection as a file.

    Parameters
    ----------
    frame : (multi)polygons in any system, missing where a row has none; the formats that know degrees alone (GeoJSON,
    KML, GPX) are given them. Lists are joined by commas, other values that are no plain ones become JSON.
    name : of the layer. encoding : of a shapefile's texts; what GBK cannot say there becomes a question mark.
    """
    flat = flattened(frame)
    degrees = flat if flat.crs is None or flat.crs.to_epsg() == 4326 else flat.to_crs("EPSG:4326")
    match form:
        case Form.GPKG:
            return geopackage_of({name: flat}, _UNDATED)
        case Form.SHAPEFILE:
            return shapefile.zipped(flat, name, encoding)
        case Form.GEOJSON:
            return _geojson(degrees)
        case Form.KML:
            return plain_formats.kml(degrees, name)
        case Form.GEOPARQUET:
            return plain_formats.geoparquet(flat)
        case Form.CSV:
            return plain_formats.csv_text(flat)
        case Form.XLSX:
            return plain_formats.xlsx(flat, name)
        case Form.GPX:
            return plain_formats.gpx(degrees, name)


def flattened(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns of texts, whole numbers, numbers, truth values and dates, None for what is missing; geometry last."""
    geometry = frame.geometry.map(lambda shape: None if shape is None or shape.is_empty else shape)
    columns = {
        str(column): [_flat(value) for value in frame[column]] for column in frame.columns.drop(frame.geometry.name)
    }
    typed = {name: pd.Series(values, index=frame.index, dtype=_dtype(values)) for name, values in columns.items()}
    return gpd.GeoDataFrame(typed, geometry=geometry.to_numpy(), crs=frame.crs, index=frame.index).reset_index(
        drop=True
    )


def _flat(value: Any) -> Any:
    if isinstance(value, list | tuple | set | np.ndarray):
        simple = all(isinstance(item, str | int | float) for item in value)
        return ", ".join(str(item) for item in value) if simple else _json(list(value))
    if isinstance(value, dict):
        return _json(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp | datetime.datetime):
        midnight = value.hour == value.minute == value.second == 0
        return value.date() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, str | int | float | datetime.date) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _dtype(values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    if not known:
        return "string"
    if all(isinstance(value, bool) for value in known):
        return "boolean" if len(known) < len(values) else "bool"
    if all(isinstance(value, int) and not isinstance(value, bool) for value in known):
        return "Int64" if len(known) < len(values) else "int64"
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return "float64"
    return "object"


def _geojson(frame: gpd.GeoDataFrame) -> bytes:
    """RFC 7946: WGS 84, outer rings counterclockwise, seven decimals (a centimetre)."""
    features = [
        {"type": "Feature", "properties": _properties(row), "geometry": _geometry(shape)}
        for row, shape in zip(frame.drop(columns=frame.geometry.name).to_dict("records"), frame.geometry, strict=True)
    ]
    return (json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False) + "\n").encode()


def _properties(row: Mapping[Any, Any]) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
            return None
        return value.isoformat() if isinstance(value, datetime.date) else value

    return {str(name): plain(value) for name, value in row.items()}


def _geometry(shape: Any) -> dict[str, Any] | None:
    if shape is None:
        return None
    rounded = shapely.transform(shape, lambda xy: np.round(xy, 7))
    if not rounded.is_valid:  # what is thinner than a centimetre may fall together
        rounded = shape
    found: dict[str, Any] = shapely.geometry.mapping(shapely.orient_polygons(rounded, exterior_cw=False))
    return found
