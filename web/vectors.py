"""Vector data of a release as GeoJSON."""

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from store.home import Home
from store.reader import ReleaseReader, release

_KINDS = {
    "patches": ReleaseReader.patches_geojson,
    "outlines": ReleaseReader.outlines_geojson,
    "clusters": ReleaseReader.clusters_geojson,
    "permits": ReleaseReader.permits_geojson,
    "outside": ReleaseReader.outside_geojson,
    "zones": ReleaseReader.zones_geojson,
}
_CACHED = {"Cache-Control": "private, max-age=31536000, immutable"}


async def vectors(request: Request) -> Response:
    """Outlines in longitude and latitude; 404 for what is not there."""
    return await anyio.to_thread.run_sync(_answer, request.path_params)


def _answer(given: dict[str, str]) -> Response:
    reader = release(Home.default(), given["area"], given["release"])
    query = _KINDS.get(given["name"])
    if reader is None or query is None:
        return Response(status_code=404)
    return Response(query(reader), media_type="application/geo+json", headers=_CACHED)
