"""Permits as the rest of the engine sees them."""

from dataclasses import dataclass

import geopandas as gpd

TEXT_COLUMNS = ("mine", "holder", "mineral", "kind", "status")
DATE_COLUMNS = ("valid_from", "valid_to", "issued", "reclaim_by")
NUMBER_COLUMNS = ("declared_m2", "top_m", "bottom_m")
PERMIT_COLUMNS = ["number", *TEXT_COLUMNS, *DATE_COLUMNS, *NUMBER_COLUMNS, "mended", "as_read", "geometry"]


@dataclass(frozen=True)
class Register:
    """permits : one row each, columns PERMIT_COLUMNS, in EPSG:4326; texts are empty where nothing is said, dates None,
    and a permit without an outline has an empty geometry. declared_m2, top_m, bottom_m : area as the register declares
    it and the elevations between which may be dug, NaN where it says nothing. as_read : WKB of the outline in `crs` as
    the file has it, before it was mended, its corners in the register's own order. `number` is unique: where the
    register gives none, or gives one number to permits that differ, it holds the row in the file, too.

    crs : the register's own coordinate reference system, as an authority's code or as WKT. joined : how many permits
    had several rows. unnumbered, ambiguous : how many are named by their row, and why.
    """

    permits: gpd.GeoDataFrame
    crs: str = "EPSG:4326"
    joined: int = 0
    unnumbered: int = 0
    ambiguous: int = 0

    @property
    def without_outline(self) -> int:
        """Permits that cannot be held against anything."""
        return int(self.permits.geometry.is_empty.sum())

    @property
    def without_dates(self) -> int:
        return int((self.permits["valid_from"].isna() & self.permits["valid_to"].isna()).sum())

    def report(self) -> dict[str, int]:
        """What a reader of the register should know of it."""
        odd = {
            "without_outline": self.without_outline,
            "without_dates": self.without_dates,
            "mended": int(self.permits["mended"].sum()),
            "joined": self.joined,
            "unnumbered": self.unnumbered,
            "ambiguous": self.ambiguous,
        }
        return {"permits": len(self.permits), **{name: count for name, count in odd.items() if count}}
