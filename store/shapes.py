"""Geometry of a release as WKB in EPSG:4326: what evidence is drawn and written from."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from store.queries import Queries

Row = dict[str, Any]


class ShapeQueries(Queries):
    """The queries of a release that are about geometry."""

    def patch_shape(self, patch_id: str) -> bytes | None:
        """The latest outline of a patch; None where there is no such patch."""
        found = self._rows("SELECT ST_AsWKB(geometry) AS geometry FROM patch WHERE patch_id = ?", [patch_id])
        return bytes(found[0]["geometry"]) if found else None

    def patch_shapes(self) -> dict[str, bytes]:
        """The latest outline of every patch."""
        found = self._rows("SELECT patch_id, ST_AsWKB(geometry) AS geometry FROM patch ORDER BY patch_id")
        return {row["patch_id"]: bytes(row["geometry"]) for row in found}

    def outline_shapes(self, patch_id: str) -> dict[date, bytes]:
        """A patch on each date on which it was found."""
        found = self._rows(
            "SELECT date, ST_AsWKB(geometry) AS geometry FROM outline WHERE patch_id = ? ORDER BY date", [patch_id]
        )
        return {row["date"]: bytes(row["geometry"]) for row in found}

    def cluster_shape(self, patch_id: str) -> bytes | None:
        """The moving ground that speaks for a patch; None where nothing moves, or without a stack."""
        found = self._rows(
            "SELECT ST_AsWKB(cluster) AS cluster FROM activity WHERE patch_id = ? AND cluster IS NOT NULL", [patch_id]
        )
        return bytes(found[0]["cluster"]) if found else None

    def verdict_table(self, patch_id: str | None = None) -> list[Row]:
        """Rows of the table verdict, of one patch or of all; reasons as JSON, `outside` as WKB or None."""
        return self._rows(
            """SELECT * REPLACE (ST_AsWKB(outside) AS outside) FROM verdict
               WHERE $1 IS NULL OR patch_id = $1 ORDER BY patch_id, kind""",
            [patch_id],
        )

    def permit_table(self, bounds: tuple[float, float, float, float], numbers: Sequence[str] = ()) -> list[Row]:
        """Permits that reach into `bounds` (west, south, east, north) or are named, geometry as WKB."""
        west, south, east, north = bounds
        return self._rows(
            """SELECT * REPLACE (ST_AsWKB(geometry) AS geometry) FROM permit
               WHERE (west <= ? AND east >= ? AND south <= ? AND north >= ?)
                  OR list_contains(?, number) ORDER BY number""",
            [east, west, north, south, list(numbers)],
        )
