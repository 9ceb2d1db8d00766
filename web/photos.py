"""Photos of cases: pictures that were drawn here (`store/photos.py`), never a file as somebody gave it."""

import re
from collections.abc import Mapping

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from store.casebook import Casebook, Size
from store.cases import CasebookError

_SIZES: Mapping[str, Size] = {"thumbnail": "thumbnail", "picture": "picture"}
# An address has one content for good; but a browser need not keep for long what was seen at a case.
_CACHED = {"Cache-Control": "private, max-age=3600, immutable"}


async def photo(request: Request) -> Response:
    """A JPEG; 404 for what is not there, 503 where the casebook cannot be read."""
    return await anyio.to_thread.run_sync(_answer, request.path_params)


def _answer(given: Mapping[str, str]) -> Response:
    size = _SIZES.get(given["size"])
    if size is None or not re.fullmatch(r"[0-9]{1,9}", given["case"]):
        return Response(status_code=404)
    try:
        found = Casebook.default().photo_bytes(int(given["case"]), given["sha256"], size)
    except CasebookError:
        return Response(status_code=503, headers={"Cache-Control": "no-store"})
    if found is None:
        return Response(status_code=404)
    return Response(found, media_type="image/jpeg", headers=_CACHED)
