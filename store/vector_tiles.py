"""Vector tiles of a release: what the map draws where there are too many patches to send them all at once."""

import math
from typing import Any

from store.map_shapes import DEEPEST, cell_degrees
from store.patches import PatchFilter, PatchQueries

EXTENT = 4096  # units of a tile's side
_BUFFER = 64  # units beyond the tile's sides, so that lines run on across them
_HALO = 0.006  # degrees: how far from its patch moving ground may lie
_DOT = 1.5 / 512  # of a tile's side: half the width of the smallest mark
_SQUARE = """ST_MakeEnvelope((west + east) / 2 - {dot}, (south + north) / 2 - {dot},
                             (west + east) / 2 + {dot}, (south + north) / 2 + {dot})"""
_LEAST_PART = 96  # of a tile's side: smaller permits are no more than a dot

# What the features of each layer say, beside their shape.
_OF_PATCHES = {
    "patches": "patch_id, name, activity, change",
    "outlines": "patch_id, date, change",
    "clusters": "patch_id, activity",
    "outside": "patch_id, kind, certainty",
}
_PERMITS = """SELECT number, mine, valid_from::VARCHAR AS valid_from, valid_to::VARCHAR AS valid_to, geometry AS shape
              FROM permit"""
_ZONES = "SELECT name, since::VARCHAR AS since, geometry AS shape FROM zone"
# Whether bounds reach into a window given as west, south, east, north.
_WITHIN = "east >= ? AND north >= ? AND west <= ? AND south <= ?"


class TileQueries(PatchQueries):
    """The queries of a release that are about vector tiles."""

    def vector_tile(self, z: int, x: int, y: int, chosen: PatchFilter | None = None) -> bytes:
        """A Mapbox vector tile (version 2) with the layers patches, outlines, clusters, outside, permits and zones.

        Of patches that would be smaller than a dot some are left out (`store/map_shapes.py`), of those that a filter
        leaves too. Properties are those of the GeoJSON of the same names. A layer without anything is left out.
        """
        tile = (z, x, y)
        west, south, east, north = _bounds(*tile)
        beyond = max((east - west) * _BUFFER / EXTENT, _HALO)
        window = [west - beyond, south - beyond, east + beyond, north + beyond]
        cell = cell_degrees(z)
        if chosen:
            drawn = self._drawn(window, cell if z < DEEPEST else 0.0, chosen)
            which, given = "patch_id IN (SELECT unnest(?))", [[*drawn]]
        else:
            which, given = f"least_zoom <= {z}", []
        # What is smaller than a dot is drawn as one: as it is it would fall together, and be gone.
        dot = (east - west) * _DOT
        shapes = {"patches": f"CASE WHEN size < {2 * dot} THEN {_SQUARE.format(dot=dot)} ELSE shape END AS shape"}
        layers = [
            self._layer(
                name,
                f"""SELECT {columns}, {shapes.get(name, "shape")} FROM map_shape
                    WHERE layer = '{name}' AND {_WITHIN} AND {which}
                          AND (size > {cell} OR layer = 'patches' OR {z} >= {DEEPEST})""",
                [*window, *given],
                tile,
            )
            for name, columns in _OF_PATCHES.items()
        ]
        seen = f"greatest(east - west, north - south) > {(east - west) / _LEAST_PART}"
        layers.append(self._layer("permits", f"{_PERMITS} WHERE {_WITHIN} AND {seen}", window, tile))
        layers.append(self._layer("zones", _ZONES, [], tile))
        return b"".join(layers)

    def _drawn(self, window: list[float], cell: float, chosen: PatchFilter) -> list[str]:
        """The patches that are drawn in a window, of those that a filter leaves."""
        where, given = self.condition(chosen)
        one_a_cell = f"""UNION ALL SELECT arg_max(patch_id, attention) FROM seen WHERE size <= {cell}
                         GROUP BY floor(west / {cell}), floor(south / {cell})"""
        rows = self._rows(
            f"""WITH seen AS (SELECT patch_id, west, south, attention, greatest(east - west, north - south) AS size
                              FROM patch WHERE {_WITHIN} AND {where})
                SELECT patch_id FROM seen WHERE size > {cell} {one_a_cell if cell else ""}""",
            [*window, *given],
        )
        return [row["patch_id"] for row in rows]

    def _layer(self, name: str, query: str, given: list[Any], tile: tuple[int, int, int]) -> bytes:
        box = "ST_Extent(ST_TileEnvelope({}, {}, {}))".format(*tile)
        mapped = "ST_Transform(shape, 'EPSG:4326', 'EPSG:3857')"  # Web Mercator, in which tiles are cut
        # Materialised: else DuckDB projects every shape of the table before it looks which are wanted.
        rows = self._rows(
            f"""WITH found AS MATERIALIZED ({query}),
                     cut AS (SELECT * REPLACE (ST_AsMVTGeom({mapped}, {box}, {EXTENT}, {_BUFFER}, true) AS shape)
                             FROM found WHERE shape IS NOT NULL)
                SELECT ST_AsMVT(cut, '{name}', {EXTENT}, 'shape') AS tile, count(*) AS count
                FROM cut WHERE shape IS NOT NULL""",
            given,
        )
        return bytes(rows[0]["tile"] or b"") if rows[0]["count"] else b""


def _bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east and north of a tile, degrees."""
    side = 360.0 / 2**z
    north, south = (math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z)))) for row in (y, y + 1))
    return x * side - 180.0, south, (x + 1) * side - 180.0, north
