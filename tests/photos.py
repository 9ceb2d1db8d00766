"""Photos as cameras make them, drawn here, for tests of what becomes of them."""

import io
from typing import Any

import numpy as np
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from store.photos import NewPhoto, read_photo


def photo(
    size: tuple[int, int] = (64, 48),
    *,
    form: str = "JPEG",
    place: tuple[float, float] | None = None,
    details: dict[int, Any] | None = None,
    gps: dict[int, Any] | None = None,
    orientation: int | None = None,
    seed: int = 0,
    **options: Any,
) -> bytes:
    """A photo whose left half is red and whose right half is blue, a little of both by chance.

    place : longitude and latitude. details, gps : further tags of EXIF. orientation : how it has to be turned.
    """
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[:, : size[0] // 2, 0], pixels[:, size[0] // 2 :, 2] = 220, 220
    pixels[..., 1] = np.random.default_rng(seed).integers(0, 12, pixels.shape[:2])
    exif = Image.Exif()
    if orientation is not None:
        exif[Base.Orientation] = orientation
    exif.get_ifd(IFD.Exif).update(details or {})
    exif.get_ifd(IFD.GPSInfo).update((gps_of(*place) if place else {}) | (gps or {}))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, exif=exif, **options)
    return file.getvalue()


def gps_of(lon: float, lat: float) -> dict[int, Any]:
    """A place as EXIF has it."""
    return {
        GPS.GPSLongitudeRef: "W" if lon < 0 else "E",
        GPS.GPSLongitude: _parts(abs(lon)),
        GPS.GPSLatitudeRef: "S" if lat < 0 else "N",
        GPS.GPSLatitude: _parts(abs(lat)),
    }


def _parts(degrees: float) -> tuple[float, float, float]:
    minutes = degrees % 1 * 60
    return (float(int(degrees)), float(int(minutes)), round(minutes % 1 * 60, 4))


def new_photo(name: str = "IMG_1.jpg", **given: Any) -> NewPhoto:
    """One that was looked through."""
    return read_photo(name, photo(**given))
