"""The only writer of the simulation's vector files: the same content gives the same bytes."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.raw import write
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import OPTICAL_CRS

# What the files say they were last changed on: a day after the last acquisition.
WRITTEN_ON = "2021-12-31"

Column = NDArray[Any]


def texts(values: Sequence[str | None]) -> Column:
    """A column of text; None for what is missing."""
    column = np.empty(len(values), object)
    column[:] = values
    return column


def dates(values: Sequence[Any]) -> Column:
    """A column of days; None for what is missing."""
    return np.array([np.datetime64("NaT") if value is None else value for value in values], "datetime64[D]")


def write_geopackage(path: Path, columns: Mapping[str, Column], shapes: Sequence[BaseGeometry]) -> None:
    """Polygons of EPSG:4544 as a GPKG whose layer has the file's name."""
    # GDAL writes the time of writing into the file unless told another.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{WRITTEN_ON}T00:00:00.000Z"})
    try:
        _write(path, columns, [_multiple(shape) for shape in shapes], "MultiPolygon", driver="GPKG", layer=path.stem)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def write_shapefile(path: Path, columns: Mapping[str, Column], shapes: Sequence[BaseGeometry]) -> None:
    """Polygons of EPSG:4544 as a shape file as Chinese offices hand it out: text in GBK, and no file that says so.

    Raises
    ------
    ValueError
        For a column whose name is longer than the ten bytes that a DBF has for it; a Chinese character is two.
    """
    if long := [name for name in columns if len(name.encode("gb18030")) > 10]:
        raise ValueError(f"names of more than ten bytes: {', '.join(long)}")
    options = {"DBF_DATE_LAST_UPDATE": WRITTEN_ON}
    _write(path, columns, shapes, "Polygon", driver="ESRI Shapefile", encoding="GB18030", layer_options=options)
    path.with_suffix(".cpg").unlink()


def _write(path: Path, columns: Mapping[str, Column], shapes: Sequence[BaseGeometry], kind: str, **how: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A file that is there would be changed, and keep traces of what it held.
    path.unlink(missing_ok=True)
    held = np.empty(len(shapes), object)
    held[:] = shapes
    write(
        os.fspath(path),
        geometry=shapely.to_wkb(held),
        field_data=list(columns.values()),
        fields=list(columns),
        geometry_type=kind,
        crs=f"EPSG:{OPTICAL_CRS.to_epsg()}",
        **how,
    )


def _multiple(shape: BaseGeometry) -> BaseGeometry:
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
