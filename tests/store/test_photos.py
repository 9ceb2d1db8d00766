"""Photos: what a camera's file says of itself, how it is drawn anew, and what is refused."""

import hashlib
import io
import math
import struct
import zlib
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import GPS, Base
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

from store.photos import EDGE, MOST_BYTES, THUMBNAIL_EDGE, PhotoError, Shot, read_photo
from tests.photos import gps_of, photo

RED, BLUE = "red", "blue"
# Pillow warns of what it passes over; tests make errors of warnings.
_PASSED_OVER = pytest.mark.filterwarnings("ignore::UserWarning")


def drawn(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def colour(image: Image.Image, x: float, y: float) -> str:
    """Of a place, as shares of width and height."""
    red, _green, blue = image.convert("RGB").getpixel((int(x * image.width), int(y * image.height)))  # type: ignore[misc]
    return RED if red > blue else BLUE


@pytest.mark.parametrize(
    ("form", "kind"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("MPO", "image/jpeg")]
)
def test_a_photo_is_kept_as_it_was_and_drawn_anew(form: str, kind: str) -> None:
    more = {"save_all": True, "append_images": [Image.new("RGB", (8, 8))]} if form == "MPO" else {}
    content = photo((64, 48), form=form, **more)
    read = read_photo("whatever.exe", content)
    assert (read.name, read.kind, read.original) == ("whatever.exe", kind, content)
    assert read.sha256 == hashlib.sha256(content).hexdigest()
    for made in (read.picture, read.thumbnail):
        image = drawn(made)
        assert (image.format, image.size, image.mode) == ("JPEG", (64, 48), "RGB")
        assert (colour(image, 0.2, 0.5), colour(image, 0.8, 0.5)) == (RED, BLUE)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("size", [(4000, 1000), (1000, 4000), (2561, 2561)])
def test_it_is_made_as_small_as_it_is_shown(size: tuple[int, int], form: str) -> None:
    read = read_photo("a", photo(size, form=form))
    for made, edge in ((read.picture, EDGE), (read.thumbnail, THUMBNAIL_EDGE)):
        image = drawn(made)
        assert max(image.size) == edge
        assert image.width / image.height == pytest.approx(size[0] / size[1], rel=0.01)


def test_nothing_of_the_file_is_served_on_but_the_picture() -> None:
    info = PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    profile = b"<script>profile</script>" * 8
    hostile = [
        photo(form="PNG", pnginfo=info, icc_profile=profile),
        photo(comment=b"<script>alert(1)</script>", icc_profile=profile, details={Base.MakerNote: b"<script>"}),
        photo() + b"<script>alert(1)</script>",
    ]
    for content in hostile:
        read = read_photo("a.html", content)
        assert b"script" in read.original or b"script" in zlib.decompress(_chunk(read.original))
        for made in (read.picture, read.thumbnail):
            assert b"script" not in made
            assert not drawn(made).getexif()
            assert {"icc_profile", "comment", "exif"}.isdisjoint(drawn(made).info)


def _chunk(png: bytes) -> bytes:
    """The compressed profile of a PNG."""
    start = png.index(b"iCCP")
    (length,) = struct.unpack(">I", png[start - 4 : start])
    return png[start + 4 : start + 4 + length].split(b"\0\0", 1)[1]


# Where the red half of the picture comes to lie.
@pytest.mark.parametrize(
    ("orientation", "red", "turned"),
    [
        (1, (0.1, 0.5), False),
        (2, (0.9, 0.5), False),
        (3, (0.9, 0.5), False),
        (4, (0.1, 0.5), False),
        (5, (0.5, 0.1), True),
        (6, (0.5, 0.1), True),
        (7, (0.5, 0.9), True),
        (8, (0.5, 0.9), True),
        (0, (0.1, 0.5), False),
        (77, (0.1, 0.5), False),
    ],
)
def test_it_is_turned_upright(orientation: int, red: tuple[float, float], turned: bool) -> None:
    read = read_photo("a", photo((80, 40), orientation=orientation))
    for made in (read.picture, read.thumbnail):
        image = drawn(made)
        assert image.size == ((40, 80) if turned else (80, 40))
        assert colour(image, *red) == RED
        assert colour(image, 1 - red[0], 1 - red[1]) == BLUE


def test_what_is_clear_is_white_and_not_black() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(file, "PNG")
    assert drawn(read_photo("a", file.getvalue()).picture).getpixel((10, 10)) == (255, 255, 255)


@settings(max_examples=80, deadline=None)
@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90))
def test_a_place_anywhere_comes_back(lon: float, lat: float) -> None:
    shot = read_photo("a", photo((8, 8), place=(lon, lat))).shot
    if abs(lon) < 1e-6 and abs(lat) < 1e-6:
        return
    assert shot.place == pytest.approx((lon, lat), abs=1e-6)


@pytest.mark.parametrize(
    ("lon", "lat", "sides"), [(104.25, 26.9, "EN"), (-70.5, -33.4, "WS"), (150.9, -34.2, "ES"), (-115.2, 41.1, "WN")]
)
def test_both_sides_of_the_equator_and_of_greenwich(lon: float, lat: float, sides: str) -> None:
    assert (gps_of(lon, lat)[GPS.GPSLongitudeRef], gps_of(lon, lat)[GPS.GPSLatitudeRef]) == tuple(sides)
    assert read_photo("a", photo(place=(lon, lat))).shot.place == pytest.approx((lon, lat), abs=1e-6)


NO_PLACE: list[dict[int, Any]] = [
    {},
    gps_of(0, 0),
    {**gps_of(104, 26), GPS.GPSLatitudeRef: "X"},
    {GPS.GPSLatitude: (26.0, 0.0, 0.0), GPS.GPSLongitude: (104.0, 0.0, 0.0)},
    {**gps_of(104, 26), GPS.GPSLatitude: (91.0, 0.0, 0.0)},
    {**gps_of(104, 26), GPS.GPSLongitude: (180.0, 0.1, 0.0)},
    {**gps_of(104, 26), GPS.GPSLatitude: (IFDRational(26, 0), IFDRational(0, 1), IFDRational(0, 1))},
    {key: value for key, value in gps_of(104, 26).items() if key != GPS.GPSLongitude},
]


@pytest.mark.parametrize("gps", NO_PLACE)
def test_a_place_that_is_none_is_not_made_up(gps: dict[int, Any]) -> None:
    shot = read_photo("a", photo(gps=gps)).shot
    assert (shot.lon, shot.lat, shot.place) == (None, None, None)


@pytest.mark.parametrize(("given", "said"), [(0.0, 0.0), (123.4, 123.4), (360.0, 0.0), (400.0, None)])
def test_the_direction(given: float, said: float | None) -> None:
    shot = read_photo("a", photo(gps={GPS.GPSImgDirection: given})).shot
    assert shot.direction == (said if said is None else pytest.approx(said))


def test_the_camera_s_clock() -> None:
    at = "2021:03:05 09:30:12"
    with_zone = photo(details={Base.DateTimeOriginal: at, Base.OffsetTimeOriginal: "+08:00"})
    assert read_photo("a", with_zone).shot == Shot(datetime(2021, 3, 5, 9, 30, 12), "+08:00")
    assert read_photo("a", photo(details={Base.DateTimeDigitized: at})).shot.taken_at == datetime(2021, 3, 5, 9, 30, 12)
    for broken in ("0000:00:00 00:00:00", "2021-03-05", "    :  :     :  :  ", ""):
        assert read_photo("a", photo(details={Base.DateTimeOriginal: broken})).shot == Shot()
    odd = photo(details={Base.DateTimeOriginal: at, Base.OffsetTimeOriginal: "Asia/Shanghai"})
    assert read_photo("a", odd).shot.utc_offset == ""


def test_a_photo_without_exif_says_nothing() -> None:
    file = io.BytesIO()
    Image.new("RGB", (10, 10)).save(file, "JPEG")
    assert read_photo("a", file.getvalue()).shot == Shot()


@_PASSED_OVER
def test_broken_exif_costs_no_photo() -> None:
    content = photo(place=(104, 26), details={Base.DateTimeOriginal: "2021:03:05 09:30:12"})
    start = content.index(b"Exif\0\0") + 6
    length = struct.unpack(">H", content[start - 8 : start - 6])[0] - 8
    rng, said = np.random.default_rng(3), set()
    for _ in range(60):
        mixed = bytearray(content)
        for at in rng.integers(start, start + length, rng.integers(1, 4)):
            mixed[at] = rng.integers(256)
        read = read_photo("a", bytes(mixed))
        assert drawn(read.picture).size == (64, 48)
        assert read.shot.place is None or all(map(math.isfinite, read.shot.place))
        said.add(read.shot)
    assert len(said) > 8  # some of it was lost, or changed


def why(content: bytes) -> str:
    with pytest.raises(PhotoError) as raised:
        read_photo("IMG_1.jpg", content)
    assert raised.value.file == "IMG_1.jpg"
    return raised.value.why


def image_of(form: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 20)).save(file, form)
    return file.getvalue()


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "PPM", "ICO", "AVIF", "PDF", "EPS"])
def test_other_kinds_are_refused_whatever_they_are_called(form: str) -> None:
    assert why(image_of(form)) == "kind"


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBP"],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    assert why(content) in ("kind", "broken")


def test_nothing_and_too_much_are_refused() -> None:
    assert why(b"") == "empty"
    assert why(photo() + b"\0" * MOST_BYTES) == "bytes"


def bomb(width: int, height: int) -> bytes:
    """A PNG that says to be large, and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(8001, 8001), (10_000, 10_000), (20_000, 20_000), (2**31 - 1, 1)])
def test_a_picture_that_would_fill_the_memory_is_not_decoded(width: int, height: int) -> None:
    assert why(bomb(width, height)) == "pixels"


def test_a_picture_that_breaks_off_is_broken() -> None:
    for form in ("JPEG", "PNG", "WEBP"):
        content = photo((300, 300), form=form)
        assert why(content[: len(content) // 2]) in ("broken", "kind")
    assert why(bomb(100, 100)) == "broken"


@_PASSED_OVER
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_damage_raises_anything_else(data: st.DataObject) -> None:
    content = bytearray(photo((40, 30), form=data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"])), place=(104, 26)))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_photo("a", bytes(content))
    except PhotoError:
        return
    assert drawn(read.picture).format == drawn(read.thumbnail).format == "JPEG"
