"""Outlines of permits in degrees, and their areas, for whole registers at once."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

# An edge of a permit is straight in the register's own system: it is cut so fine that in another it stays so to within
# centimetres.
_FINE_DEGREES, _FINE_METRES = 0.005, 500.0
_EQUAL_AREA = "EPSG:6933"  # cylindrical, on the ellipsoid of WGS 84


def in_degrees(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Outlines in EPSG:4326; empty where there is none."""
    outlines = np.where(shapely.is_missing(shapes.to_numpy()), shapely.Polygon(), shapes.to_numpy())
    shapes = gpd.GeoSeries(outlines, crs=shapes.crs)
    return shapes.segmentize(_FINE_DEGREES if shapes.crs.is_geographic else _FINE_METRES).to_crs("EPSG:4326")


def areas_m2(shapes: gpd.GeoSeries) -> npt.NDArray[np.float64]:
    """Areas on the ellipsoid of outlines in EPSG:4326 whose edges are cut fine; NaN where there is none.

    By a projection that keeps areas: ten times as fast as summing geodesics, and the same to within 1e-6.
    """
    metres = Transformer.from_crs("EPSG:4326", _EQUAL_AREA, always_xy=True)
    areas = shapely.area(shapely.transform(shapes.to_numpy(), metres.transform, interleaved=False))
    return np.where(shapes.is_empty, np.nan, areas)
