"""Vector tiles of a release: what the map draws where there are too many patches to send them all at once."""

import math

from store.map_shapes import DEEPEST, cell_degrees
from store.patches import PatchFilter, PatchQueries

EXTENT = 4096  # units of a tile's side
_BUFFER = 64  # units beyond the tile's sides, so that lines run on across them
_BEYOND = EXTENT / 2  # how far a shape may reach out of the tile before it is cut: drawing is quicker than cutting
_HALO = 0.006  # degrees: how far from its patch moving ground may lie
_DOT = 6  # units: half the width of the smallest mark
_WORLD = 2 * math.pi * 6_378_137.0  # metres of Web Mercator, EPSG:3857

# What the features of each layer say, beside their shape.
_LAYERS = {
    "patches": "patch_id, name, activity, change",
    "outlines": "patch_id, date, change",
    "clusters": "patch_id, activity",
    "outside": "patch_id, kind, certainty",
    "permits": "number, mine, valid_from, valid_to",
    "zones": "name, since",
}
# Whether bounds reach into a window given as west, south, east, north.
_WITHIN = "east >= ? AND north >= ? AND west <= ? AND south <= ?"


class TileQueries(PatchQueries):
    """The queries of a release that are about vector tiles."""

    def vector_tile(self, z: int, x: int, y: int, chosen: PatchFilter | None = None) -> bytes:
        """A Mapbox vector tile (version 2) with the layers patches, outlines, clusters, outside, permits and zones.

        Of patches that would be smaller than a dot some are left out (`store/map_shapes.py`), of those that a filter
        leaves too. Properties are those of the GeoJSON of the same names. A layer without anything is left out.
        """
        side = _WORLD / 2**z
        west, north = x * side - _WORLD / 2, _WORLD / 2 - y * side
        beyond = side * _BUFFER / EXTENT
        window = [west - beyond, north - side - beyond, west + side + beyond, north + beyond]
        which, given = f"least_zoom <= {z}", []
        if chosen:
            drawn = "patch_id IN (SELECT unnest(?::VARCHAR[]))"
            which = f"CASE layer WHEN 'patches' THEN {drawn} ELSE {which} AND (patch_id IS NULL OR {drawn}) END"
            given = [self._drawn((z, x, y), chosen)] * 2
        row = self._rows(_statement(west, north, side, which), [*window, *given])[0]
        return b"".join(bytes(row[name]) for name in _LAYERS if row[f"{name}_count"])

    def _drawn(self, tile: tuple[int, int, int], chosen: PatchFilter) -> list[str]:
        """The patches that are drawn in a tile, of those that a filter leaves."""
        west, south, east, north = _bounds(*tile)
        beyond = max((east - west) * _BUFFER / EXTENT, _HALO)
        window = [west - beyond, south - beyond, east + beyond, north + beyond]
        cell = cell_degrees(tile[0]) if tile[0] < DEEPEST else 0.0
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


def _statement(west: float, north: float, side: float, which: str) -> str:
    """SQL for all layers of a tile at once, given its corner and side in metres; one row.

    Shapes are moved into the tile's units (rounded by the half that is added: ST_AsMVT takes the whole part), and only
    those that reach far out of it are cut: ST_AsMVTGeom takes twenty times as long.
    """
    scale = EXTENT / side
    into = f"{scale}, 0, 0, {-scale}, {0.5 - west * scale}, {0.5 + north * scale}"
    reach = _BEYOND / scale
    whole = f"""west > {west - reach} AND south > {north - side - reach}
                AND east < {west + side + reach} AND north < {north + reach}"""
    # What is smaller than a dot is drawn as one: as it is it would fall together, and be gone.
    dot = _DOT / scale
    square = f"""ST_MakeEnvelope((west + east) / 2 - {dot}, (south + north) / 2 - {dot},
                                 (west + east) / 2 + {dot}, (south + north) / 2 + {dot})"""
    small = f"layer = 'patches' AND greatest(east - west, north - south) < {2 * dot}"
    box = f"ST_Extent(ST_MakeEnvelope({west}, {north - side}, {west + side}, {north}))"
    tiles = ", ".join(
        f"""(SELECT ST_AsMVT(one, '{name}', {EXTENT}, 'shape') FROM (SELECT {columns}, shape FROM seen
             WHERE layer = '{name}') one) AS {name},
            (SELECT count(*) FROM seen WHERE layer = '{name}') AS {name}_count"""
        for name, columns in _LAYERS.items()
    )
    return f"""
        WITH found AS MATERIALIZED (SELECT * FROM map_shape WHERE {_WITHIN} AND {which}),
             cut AS MATERIALIZED (
                 SELECT * REPLACE (CASE WHEN {small} THEN ST_Affine({square}, {into})
                                        WHEN {whole} THEN ST_Affine(shape, {into})
                                        ELSE ST_AsMVTGeom(shape, {box}, {EXTENT}, {_BUFFER}, true) END AS shape)
                 FROM found),
             seen AS (FROM cut WHERE shape IS NOT NULL)
        SELECT {tiles} FROM (SELECT 1)"""


def _bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east and north of a tile, degrees."""
    side = 360.0 / 2**z
    north, south = (math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z)))) for row in (y, y + 1))
    return x * side - 180.0, south, (x + 1) * side - 180.0, north
