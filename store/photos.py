"""A photo as a camera made it: checked, turned upright, drawn anew, and what it says of when and where it was taken.

Nothing of a file is served on: what browsers get is a JPEG that was drawn here, without anything that the file held
besides the picture. The bytes as they were given are kept beside it, as evidence.
"""

import hashlib
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

# As Pillow calls them; MPO is the JPEG of phones that hides a second picture.
KINDS: Mapping[str, str] = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
SUFFIXES = ("jpg", "jpeg", "jfif", "png", "webp")
MOST_BYTES = 20 * 1024**2
MOST_PIXELS = 64_000_000  # a phone's 50 million, and no picture of a few bytes that fills the memory
EDGE, THUMBNAIL_EDGE = 2_560, 360  # pixels, the longer
_QUALITY = 85
# One after the other: a large picture takes some hundred megabytes while it is drawn.
_drawing = Lock()

# What turns a picture upright, by what EXIF calls its orientation; 1 is upright.
_UPRIGHT: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PhotoError(Exception):
    """A file that cannot be taken as a photo. file : its name. why : "empty", "bytes", "pixels", "kind" or "broken"."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(f"{file}: {why}")
        self.file, self.why = file, why


@dataclass(frozen=True)
class Shot:
    """What a photo says of itself.

    taken_at : by the camera's clock, without a zone. utc_offset : of that clock, such as "+08:00". lon, lat : WGS 84,
    both or neither. direction : in which the camera looked, degrees from north over east. None or empty is what the
    photo does not say.
    """

    taken_at: datetime | None = None
    utc_offset: str = ""
    lon: float | None = None
    lat: float | None = None
    direction: float | None = None

    @property
    def place(self) -> tuple[float, float] | None:
        return (self.lon, self.lat) if self.lon is not None and self.lat is not None else None


@dataclass(frozen=True)
class NewPhoto:
    """A photo that was looked through, to be kept.

    sha256 : of the original, the bytes as they were given, of type `kind`. picture, thumbnail : JPEG, upright, without
    anything but the picture.
    """

    name: str
    kind: str
    sha256: str
    shot: Shot
    original: bytes = field(repr=False)
    picture: bytes = field(repr=False)
    thumbnail: bytes = field(repr=False)


@dataclass(frozen=True)
class Photo:
    """A photo of a case, without its pixels. version : of the entry that it came with. name : of its file."""

    case_id: int
    version: int
    sha256: str
    name: str
    kind: str
    shot: Shot


def read_photo(name: str, content: bytes) -> NewPhoto:
    """Look a file through, whatever it calls itself.

    Raises
    ------
    PhotoError
        For what is no photo, is broken, or is too large.
    """
    if not content:
        raise PhotoError(name, "empty")
    if len(content) > MOST_BYTES:
        raise PhotoError(name, "bytes")
    image, kind = _opened(name, content)
    try:
        shot, turn = _said(image)
        with _drawing:
            drawn = _drawn(image, turn)
            picture, thumbnail = _jpeg(drawn, EDGE), _jpeg(drawn, THUMBNAIL_EDGE)
    except Exception as error:  # Pillow's readers raise whatever a broken file makes them stumble over
        raise PhotoError(name, "broken") from error
    return NewPhoto(name, kind, digest(content), shot, content, picture, thumbnail)


def digest(content: bytes) -> str:
    """SHA-256 of a file, by which it is known again."""
    return hashlib.sha256(content).hexdigest()


def _opened(name: str, content: bytes) -> tuple[Image.Image, str]:
    """The picture, of which no more than the head has been read, and its media type."""
    try:
        image = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError(name, "pixels") from error
    except Exception as error:
        raise PhotoError(name, "kind") from error
    if image.width * image.height > MOST_PIXELS:
        raise PhotoError(name, "pixels")
    return image, KINDS[image.format or ""]


def _drawn(image: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    """Upright, in colours that JPEG knows, no larger than it is kept."""
    image.draft("RGB", (EDGE, EDGE))  # of a large JPEG no more is decoded than is needed
    image.load()
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(seen, mask=seen)
    drawn = image.convert("RGB")
    drawn.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    return drawn if turn is None else drawn.transpose(turn)


def _jpeg(image: Image.Image, edge: int) -> bytes:
    image = image.copy()
    image.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    image.info.clear()  # profiles and comments would be written along
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()


def _said(image: Image.Image) -> tuple[Shot, Image.Transpose | None]:
    """What EXIF says of a photo, and how it is turned upright; nothing where EXIF is broken: the picture is there."""
    try:
        exif = image.getexif()
        details, gps = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
        turn = exif.get(Base.Orientation)
    except Exception:  # as above
        return Shot(), None
    lon = _degrees(gps.get(GPS.GPSLongitude), gps.get(GPS.GPSLongitudeRef), "E", "W", 180)
    lat = _degrees(gps.get(GPS.GPSLatitude), gps.get(GPS.GPSLatitudeRef), "N", "S", 90)
    if lon is None or lat is None or (lon, lat) == (0, 0):  # zeros are what cameras write that know no place
        lon = lat = None
    taken_at, offset = _taken(details)
    shot = Shot(taken_at, offset, lon, lat, _direction(gps.get(GPS.GPSImgDirection)))
    return shot, _UPRIGHT.get(turn) if isinstance(turn, int) else None


def _taken(details: Mapping[int, Any]) -> tuple[datetime | None, str]:
    """When, and the offset of the clock from UTC; the time at which a file was changed is no answer."""
    tags = ((Base.DateTimeOriginal, Base.OffsetTimeOriginal), (Base.DateTimeDigitized, Base.OffsetTimeDigitized))
    for tag, zone in tags:
        try:
            at = datetime.strptime(_text(details.get(tag)), "%Y:%m:%d %H:%M:%S")
        except ValueError:
            continue
        return at, _offset(_text(details.get(zone)))
    return None, ""


def _offset(text: str) -> str:
    try:
        datetime.strptime(text, "%z")
    except ValueError:
        return ""
    return text if len(text) == len("+08:00") else ""


def _degrees(parts: Any, side: Any, plus: str, minus: str, most: int) -> float | None:
    """From degrees, minutes and seconds, and the side of the equator or of Greenwich."""
    values = [_number(part) for part in parts] if isinstance(parts, tuple) and len(parts) == 3 else [None]
    sign = {plus: 1, minus: -1}.get(_text(side).upper())
    if sign is None:
        return None
    total = 0.0
    for value, unit in zip(values, (1, 60, 3600), strict=False):
        if value is None or value < 0:
            return None
        total += value / unit
    return sign * total if total <= most else None


def _direction(value: Any) -> float | None:
    degrees = _number(value)
    return degrees % 360 if degrees is not None and 0 <= degrees <= 360 else None


def _number(value: Any) -> float | None:
    """A number of EXIF's; None for what is none, such as a fraction over nothing."""
    try:
        number = float(value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip("\0 ") if isinstance(value, str) else ""
