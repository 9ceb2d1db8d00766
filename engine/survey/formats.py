"""Files in forms that are not read, and what to do with them."""

from collections.abc import Collection
from pathlib import Path

from engine.survey.files import Listing, Unused

_ADVICE = {
    "an archive: unpack it": (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"),
    "a raster in a form that is not read: convert it to GeoTIFF": (
        *(".jp2", ".j2k", ".nc", ".h5", ".he5", ".hdf", ".hdf5", ".grd", ".vrt", ".ecw", ".sid", ".zarr"),
    ),
    "a vector file in a form that is not read: convert it to GeoPackage or GeoJSON": (
        *(".kml", ".kmz", ".gml", ".tab", ".mif", ".dxf", ".dwg", ".fgb"),
    ),
}
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".pdf"}


def note_formats(listing: Listing, used: Collection[Path], unused: Unused) -> None:
    """Say of the files in well-known forms what would make them of use."""
    advice = {suffix: text for text, suffixes in _ADVICE.items() for suffix in suffixes}
    for entry in listing.entries:
        if entry.path in used:
            continue
        if entry.suffix in advice:
            unused.add(entry.path, advice[entry.suffix])
        elif entry.suffix in (".tif", ".tiff") and not entry.is_tiff:
            unused.add(entry.path, "a GeoTIFF by its name alone (a download that failed, perhaps): supply it again")
        elif "unw" in entry.path.name.lower() and not (entry.is_tiff or entry.is_text or entry.suffix in _PICTURES):
            unused.add(
                entry.path,
                "unwrapped phase, by its name, but no header and no parameter file (DEM_projection, width, nlines) "
                "gives its size",
            )
