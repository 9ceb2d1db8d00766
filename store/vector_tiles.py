"""Vector tiles of a release: what the map draws where there are too many patches to send them all at once."""

import math
from typing import Any

from store.patches import PatchFilter, PatchQueries

EXTENT = 4096  # units of a tile's side
_BUFFER = 64  # units beyond the tile's sides, so that lines run on across them
# Of patches that are smaller than such a cell of the tile, one a cell is drawn, that which asks for the most attention:
# the rest would be a blur, and a tile of a whole province would hold them all.
_CELLS = 48
_HALO = 0.006  # degrees: how far from its patch moving ground may lie
_LEAST_PART = 96  # of a tile's side: smaller permits are no more than a dot

# Of each layer its rows with their geometry in degrees, those of all patches.
_OF_PATCHES = {
    "patches": """SELECT patch_id, name, activity, change, patch.geometry AS shape
                  FROM patch LEFT JOIN activity USING (patch_id) WHERE true""",
    # The patch is the latest outline, so that of the last image is drawn already.
    "outlines": """SELECT patch_id, date::VARCHAR AS date, change, outline.geometry AS shape
                   FROM outline JOIN patch USING (patch_id) WHERE date < (SELECT max(date) FROM image)""",
    "clusters": "SELECT patch_id, activity, cluster AS shape FROM activity WHERE cluster IS NOT NULL",
    "outside": "SELECT patch_id, kind, certainty, outside AS shape FROM verdict WHERE outside IS NOT NULL",
}
_PERMITS = """SELECT number, mine, valid_from::VARCHAR AS valid_from, valid_to::VARCHAR AS valid_to, geometry AS shape
              FROM permit"""
_ZONES = "SELECT name, since::VARCHAR AS since, geometry AS shape FROM zone"


class TileQueries(PatchQueries):
    """The queries of a release that are about vector tiles."""

    def vector_tile(self, z: int, x: int, y: int, chosen: PatchFilter | None = None) -> bytes:
        """A Mapbox vector tile (version 2) with the layers patches, outlines, clusters, outside, permits and zones.

        The filter holds for patches and what belongs to them. Their properties are those of the GeoJSON of the same
        names. A layer without anything in the tile is left out.
        """
        tile = (z, x, y)
        west, south, east, north = _bounds(*tile)
        beyond = max((east - west) * _BUFFER / EXTENT, _HALO)
        window = [west - beyond, south - beyond, east + beyond, north + beyond]
        drawn = self._drawn(window, (east - west) / _CELLS, chosen or PatchFilter())
        large = [patch_id for patch_id, is_large in drawn.items() if is_large]
        layers = [
            self._layer(name, f"{query} AND patch_id IN (SELECT unnest(?))", [patches], tile)
            for name, query in _OF_PATCHES.items()
            if (patches := list(drawn) if name == "patches" else large)
        ]
        seen = f"greatest(east - west, north - south) > {(east - west) / _LEAST_PART}"
        layers.append(self._layer("permits", f"{_PERMITS} WHERE {_WITHIN} AND {seen}", window, tile))
        layers.append(self._layer("zones", _ZONES, [], tile))
        return b"".join(layers)

    def _drawn(self, window: list[float], cell: float, chosen: PatchFilter) -> dict[str, bool]:
        """The patches that are drawn in a window, and whether they are larger than a cell: of these all is drawn."""
        where, given = self.condition(chosen)
        rows = self._rows(
            f"""WITH seen AS (SELECT patch_id, west, south, attention, greatest(east - west, north - south) AS size
                              FROM patch WHERE {_WITHIN} AND {where})
                SELECT patch_id, true AS large FROM seen WHERE size > {cell}
                UNION ALL
                SELECT arg_max(patch_id, attention), false FROM seen WHERE size <= {cell}
                GROUP BY floor(west / {cell}), floor(south / {cell})""",
            [*window, *given],
        )
        return {row["patch_id"]: row["large"] for row in rows}

    def _layer(self, name: str, query: str, given: list[Any], tile: tuple[int, int, int]) -> bytes:
        box = "ST_Extent(ST_TileEnvelope({}, {}, {}))".format(*tile)
        mapped = "ST_Transform(shape, 'EPSG:4326', 'EPSG:3857')"  # Web Mercator, in which tiles are cut
        # Materialised: else DuckDB projects every shape of the table before it looks which are wanted.
        rows = self._rows(
            f"""WITH found AS MATERIALIZED ({query}),
                     cut AS (SELECT * REPLACE (ST_AsMVTGeom({mapped}, {box}, {EXTENT}, {_BUFFER}, true) AS shape)
                             FROM found WHERE shape IS NOT NULL)
                SELECT ST_AsMVT(cut, '{name}', {EXTENT}, 'shape') AS tile FROM cut WHERE shape IS NOT NULL""",
            given,
        )
        return bytes(rows[0]["tile"] or b"")


# Whether bounds reach into a window given as west, south, east, north.
_WITHIN = "east >= ? AND north >= ? AND west <= ? AND south <= ?"


def _bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east and north of a tile, degrees."""
    side = 360.0 / 2**z
    north, south = (math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z)))) for row in (y, y + 1))
    return x * side - 180.0, south, (x + 1) * side - 180.0, north
