"""Vector data of a release: whole layers as GeoJSON, and tiles for areas of more patches than a browser can hold."""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from store.home import Home
from store.patches import PatchFilter
from store.reader import ReleaseReader, release
from web.tiles import tile_address

_KINDS: Mapping[str, Callable[[ReleaseReader], str]] = {
    "patches": ReleaseReader.patches_geojson,
    "outlines": ReleaseReader.outlines_geojson,
    "clusters": ReleaseReader.clusters_geojson,
    "permits": ReleaseReader.permits_geojson,
    "outside": ReleaseReader.outside_geojson,
    "zones": ReleaseReader.zones_geojson,
    "scenes": ReleaseReader.scenes_geojson,
}
_CACHED = {"Cache-Control": "private, max-age=31536000, immutable"}
# Of some ten to two hundred thousand bytes each.
_MOST_TILES = 256


async def vectors(request: Request) -> Response:
    """Outlines in longitude and latitude; 404 for what is not there.

    `near` in the query, west, south, east and north, leaves of the outlines those of the patches there.
    """
    return await anyio.to_thread.run_sync(_answer, request.path_params, request.query_params.get("near"))


def _answer(given: dict[str, str], near: str | None) -> Response:
    reader = release(Home.default(), given["area"], given["release"])
    query = _KINDS.get(given["name"])
    if reader is None or query is None:
        return Response(status_code=404)
    if near is None or given["name"] != "outlines":
        return Response(query(reader), media_type="application/geo+json", headers=_CACHED)
    bounds = _bounds(near)
    if bounds is None:
        return Response(status_code=404)
    return Response(reader.outlines_geojson(bounds), media_type="application/geo+json", headers=_CACHED)


def _bounds(text: str) -> list[float] | None:
    try:
        edges = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    return edges if len(edges) == 4 and all(map(math.isfinite, edges)) else None


async def vector_tile(request: Request) -> Response:
    """A Mapbox vector tile of the patches that the query leaves (`PatchFilter`) and of permits and zones.

    204 where there is nothing, 404 for what is not there.
    """
    return await anyio.to_thread.run_sync(_answer_tile, request.path_params, request.url.query)


def _answer_tile(given: dict[str, str], query: str) -> Response:
    reader = release(Home.default(), given["area"], given["release"])
    place = tile_address(given)
    if reader is None or place is None:
        return Response(status_code=404)
    tile = _tile(reader, place, PatchFilter.from_query(query))
    return Response(tile, 200 if tile else 204, media_type="application/vnd.mapbox-vector-tile", headers=_CACHED)


@lru_cache(maxsize=_MOST_TILES)
def _tile(reader: ReleaseReader, place: tuple[int, int, int], chosen: PatchFilter) -> bytes:
    return reader.vector_tile(*place, chosen)
