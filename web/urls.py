"""Addresses of the server's own routes, for those who serve them and those who ask for them."""

from collections.abc import Sequence

TILES = "/tiles/{area}/{release}/{layer}/{z}/{x}/{y}"
VECTORS = "/vectors/{area}/{release}/{name}.geojson"
VECTOR_TILES = "/vector-tiles/{area}/{release}/{z}/{x}/{y}.mvt"
VENDOR = "/vendor"
CHINESE_FONT = f"{VENDOR}/fonts/wqy-microhei.ttf"
MAP = "/map"
ABOUT = "/about.json"
HANDOVER = "/handover/{digest}.geojson"
PHOTOS = "/photos/{case}/{sha256}/{size}.jpg"
# The app's pages, each under its name; all are Streamlit's one empty page until its script has run.
PAGES = ("map", "patch", "compare", "cases", "permits", "overview", "quality", "sources")


def tile_template(area: str, release: str, layer: str) -> str:
    """As map libraries want it, with {z}, {x} and {y} left open."""
    return f"/tiles/{area}/{release}/{layer}/{{z}}/{{x}}/{{y}}"


def vector_url(area: str, release: str, name: str, near: Sequence[float] | None = None) -> str:
    """near : west, south, east and north of what is wanted; of outlines alone, and all of them without it."""
    address = f"/vectors/{area}/{release}/{name}.geojson"
    return f"{address}?near={','.join(f'{edge:.6f}' for edge in near)}" if near else address


def vector_tile_template(area: str, release: str, query: str) -> str:
    """As map libraries want it, with {z}, {x} and {y} left open. query : of a `PatchFilter`."""
    address = f"/vector-tiles/{area}/{release}/{{z}}/{{x}}/{{y}}.mvt"
    return f"{address}?{query}" if query else address


def handover_url(digest: str) -> str:
    return f"/handover/{digest}.geojson"


def photo_url(case_id: int, sha256: str, size: str) -> str:
    """A photo of a case, as "thumbnail" or "picture". sha256 : of the file that it came in."""
    return f"/photos/{case_id}/{sha256}/{size}.jpg"
