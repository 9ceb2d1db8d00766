"""How far a place is from a patch: nothing within it, and metres on the ellipsoid outside."""

import math

import pytest
import shapely
from pyproj import Geod

from store.nearness import distance_m
from store.reader import ReleaseReader

GEOD = Geod(ellps="WGS84")


@pytest.mark.parametrize("azimuth", [0, 77, 180, 260])
@pytest.mark.parametrize("metres", [30.0, 3_200.0, 250_000.0])
def test_metres_from_the_outline(reader: ReleaseReader, azimuth: float, metres: float) -> None:
    patch = reader.patch_ids()[0]
    shape = reader.patch_shape(patch)
    assert shape is not None
    hull = shapely.convex_hull(shapely.from_wkb(shape))
    # The corner that lies furthest in a direction: straight on from it nothing of the patch is nearer.
    lon, lat = max(hull.exterior.coords, key=lambda corner: along(hull.centroid.coords[0], corner, azimuth))
    away = GEOD.fwd(lon, lat, azimuth, metres)[:2]
    assert distance_m(reader, patch, away) == pytest.approx(metres, rel=2e-3)


def along(centre: tuple[float, float], corner: tuple[float, float], azimuth: float) -> float:
    towards, _back, metres = GEOD.inv(*centre, *corner)
    return metres * math.cos(math.radians(towards - azimuth))


def test_within_it_is_no_distance(reader: ReleaseReader) -> None:
    patch = reader.patch_ids()[0]
    inside = shapely.from_wkb(reader.patch_shape(patch)).representative_point()
    assert distance_m(reader, patch, (inside.x, inside.y)) == 0
    assert distance_m(reader, patch, (inside.x + 360, inside.y)) == pytest.approx(0, abs=1e-6)


def test_of_a_patch_that_is_not_there_nothing_is_known(reader: ReleaseReader) -> None:
    assert distance_m(reader, "P-9999", (0, 0)) is None
