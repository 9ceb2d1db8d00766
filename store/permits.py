"""What the app asks of permits, zones and verdicts."""

import json
from collections.abc import Sequence
from functools import cached_property

import pandas as pd

from store.queries import Queries, remembered
from store.rows import Permit, Register, Verdict, VerdictSum


class PermitQueries(Queries):
    """The queries of a release that are about permits."""

    def verdicts(self, patch_id: str | None = None) -> list[Verdict]:
        """Of one patch, or of all."""
        rows = self._rows(
            "SELECT * EXCLUDE (outside) FROM verdict WHERE $1 IS NULL OR patch_id = $1 ORDER BY patch_id, kind",
            [patch_id],
        )
        return [Verdict(**{**row, "reasons": json.loads(row["reasons"])}) for row in rows]

    def verdicts_on(self, patch_ids: Sequence[str]) -> list[Verdict]:
        """Of some patches."""
        rows = self._rows(
            """SELECT * EXCLUDE (outside) FROM verdict WHERE patch_id IN (SELECT unnest(?)) ORDER BY patch_id, kind""",
            [list(patch_ids)],
        )
        return [Verdict(**{**row, "reasons": json.loads(row["reasons"])}) for row in rows]

    @remembered
    def verdict_sums(self) -> list[VerdictSum]:
        """What the verdicts of each kind and certainty come to; what no patch has is left out."""
        rows = self._rows(
            """SELECT kind, certainty, count(*) AS patches, count(*) FILTER (of_patch = 1) AS alone,
                      sum(area_m2) AS area_m2, coalesce(sum(least_m2), 0) AS least_m2,
                      coalesce(sum(likely_m2), 0) AS likely_m2, coalesce(sum(most_m2), 0) AS most_m2
               FROM (SELECT *, count(*) OVER (PARTITION BY patch_id) AS of_patch FROM verdict)
                    JOIN patch USING (patch_id)
               GROUP BY kind, certainty ORDER BY kind, certainty"""
        )
        return [VerdictSum(**row) for row in rows]

    @cached_property
    def has_register(self) -> bool:
        """Whether there are permits that patches were held against."""
        return bool(self._rows("SELECT count(*) > 0 AS some FROM permit")[0]["some"])

    @cached_property
    def has_zones(self) -> bool:
        """Whether there are zones in which nothing may be mined."""
        return bool(self._rows("SELECT count(*) > 0 AS some FROM zone")[0]["some"])

    @cached_property
    def register(self) -> Register | None:
        """What the permits come from; None in an area without any."""
        rows = self._rows("FROM register")
        return Register(**{**rows[0], "report": json.loads(rows[0]["report"])}) if rows else None

    def permits(self, numbers: Sequence[str]) -> list[Permit]:
        """Permits by number, in the order asked for."""
        rows = self._rows(
            """SELECT number, mine, holder, mineral, kind, status, valid_from, valid_to,
                      geometry IS NOT NULL AS has_outline
               FROM permit WHERE list_contains($1, number) ORDER BY list_position($1, number)""",
            [list(numbers)],
        )
        return [Permit(**row) for row in rows]

    def permit_bounds(self, number: str) -> tuple[float, float, float, float] | None:
        """West, south, east and north of a permit; None for one that is not known, or has no outline."""
        rows = self._rows("SELECT west, south, east, north FROM permit WHERE number = ? AND west IS NOT NULL", [number])
        return (rows[0]["west"], rows[0]["south"], rows[0]["east"], rows[0]["north"]) if rows else None

    def subject_tables(self) -> dict[str, pd.DataFrame]:
        """What patches are held against other permits by, geometry as WKB (`engine.permits.subjects`)."""
        queries = {
            "patch": "SELECT * REPLACE (ST_AsWKB(geometry) AS geometry) FROM patch ORDER BY patch_id",
            "outline": "SELECT * REPLACE (ST_AsWKB(geometry) AS geometry) FROM outline ORDER BY patch_id, date",
            "sighting": "FROM sighting ORDER BY patch_id, date",
            "surface": "FROM surface ORDER BY patch_id",
            "activity": "SELECT * REPLACE (ST_AsWKB(cluster) AS cluster) FROM activity ORDER BY patch_id",
            "course": "FROM course ORDER BY patch_id",
            "acquisition": "FROM acquisition ORDER BY date",
        }
        return {name: pd.DataFrame(self._rows(query)) for name, query in queries.items()}

    def outline_errors(self) -> dict[str, float | None]:
        """What is known of how exactly outlines lie: pixel_m of the images, boundary_m; empty for given outlines."""
        rows = self._rows(
            "SELECT boundary_error_m AS boundary_m, max(pixel_m) AS pixel_m FROM extraction, image GROUP BY ALL"
        )
        return rows[0] if rows else {}

    def zone_table(self) -> pd.DataFrame:
        """Zones in which nothing may be mined, geometry as WKB."""
        return pd.DataFrame(self._rows("SELECT name, since, ST_AsWKB(geometry) AS geometry FROM zone ORDER BY name"))

    def permits_geojson(self) -> str:
        """Permits in the frame and as far round it as it is wide, and those that verdicts rest on.

        A register may hold those of a whole country.
        """
        info = self.info
        width, height = info.east - info.west, info.north - info.south
        return self._geojson(
            """SELECT number, mine, valid_from::VARCHAR AS valid_from, valid_to::VARCHAR AS valid_to,
                      ST_AsGeoJSON(geometry) AS geometry
               FROM permit WHERE (west < ? AND east > ? AND south < ? AND north > ?)
                              OR (geometry IS NOT NULL AND number IN (SELECT unnest(permits) FROM verdict))""",
            [info.east + width, info.west - width, info.north + height, info.south - height],
        )

    def zones_geojson(self) -> str:
        """Zones in which nothing may be mined."""
        return self._geojson("SELECT name, since::VARCHAR AS since, ST_AsGeoJSON(geometry) AS geometry FROM zone")

    def outside_geojson(self) -> str:
        """The ground that verdicts are about: outside every valid permit, or inside a zone."""
        return self._geojson(
            """SELECT patch_id, kind, certainty, ST_AsGeoJSON(outside) AS geometry FROM verdict
               WHERE outside IS NOT NULL"""
        )
