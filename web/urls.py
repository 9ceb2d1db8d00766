"""Addresses of the server's own routes, for those who serve them and those who ask for them."""

TILES = "/tiles/{area}/{release}/{layer}/{z}/{x}/{y}.png"
VECTORS = "/vectors/{area}/{release}/{name}.geojson"
VENDOR = "/vendor"
MAP = "/map"
ABOUT = "/about.json"
HANDOVER = "/handover/{digest}.geojson"
# The app's pages, each under its name; all are Streamlit's one empty page until its script has run.
PAGES = ("map", "compare", "permits", "overview", "quality", "sources")


def tile_template(area: str, release: str, layer: str) -> str:
    """As map libraries want it, with {z}, {x} and {y} left open."""
    return f"/tiles/{area}/{release}/{layer}/{{z}}/{{x}}/{{y}}.png"


def vector_url(area: str, release: str, name: str) -> str:
    return f"/vectors/{area}/{release}/{name}.geojson"


def handover_url(digest: str) -> str:
    return f"/handover/{digest}.geojson"
