"""What a page has computed and its map fetches by address: in memory, the oldest dropped beyond a bound.

The address is a digest of the data, so that the browser may keep them, and only who was given it can ask for it.
"""

import hashlib
from collections import OrderedDict
from threading import Lock

from starlette.requests import Request
from starlette.responses import Response

from web.urls import handover_url

_MOST_BYTES = 256 * 1024**2
_CACHED = {"Cache-Control": "private, max-age=3600, immutable"}

_kept: OrderedDict[str, bytes] = OrderedDict()
_lock = Lock()


def hand_over(geojson: str) -> str:
    """Keep GeoJSON for the browser; returns its address on this server."""
    data = geojson.encode()
    digest = hashlib.sha256(data).hexdigest()
    with _lock:
        _kept[digest] = data
        _kept.move_to_end(digest)
        while len(_kept) > 1 and sum(map(len, _kept.values())) > _MOST_BYTES:
            _kept.popitem(last=False)
    return handover_url(digest)


async def handed_over(request: Request) -> Response:
    """What was kept under a digest; 404 for what was not, or was dropped."""
    with _lock:
        data = _kept.get(request.path_params["digest"])
    if data is None:
        return Response(status_code=404)
    return Response(data, media_type="application/geo+json", headers=_CACHED)
