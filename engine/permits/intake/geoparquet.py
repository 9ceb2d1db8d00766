"""GeoParquet, which is read without GDAL."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import InputError
from engine.permits.intake.layers import Layer, Loaded
from engine.permits.intake.limits import Limits
from engine.permits.intake.vectors import require_count


def layer_of(path: Path, limits: Limits) -> Layer:
    """The one layer of a GeoParquet file.

    Raises
    ------
    InputError
        When it is damaged, or a Parquet file without geometry.
    """
    try:
        described = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        raise InputError("the file is damaged or cut off", mend="supply it again") from None
    if b"geo" not in (described.metadata or {}):
        raise InputError("it is Parquet without outlines", mend="supply the permits as GeoParquet")
    require_count(described.num_rows, limits)
    return Layer("permits", "any", tuple(described.schema.to_arrow_schema().names), lambda: _load(path))


def _load(path: Path) -> Loaded:
    try:
        table = gpd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError):
        raise InputError("the file is damaged or cut off", mend="supply it again") from None
    columns = pd.DataFrame(table.drop(columns=table.geometry.name)).reset_index(drop=True)
    shapes = np.asarray(table.geometry.array, dtype=object)
    return Loaded(columns, shapes, None if table.crs is None else table.crs.to_wkt())
