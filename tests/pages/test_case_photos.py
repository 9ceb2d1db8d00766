"""Photos on the pages: added with an entry, told where that cannot be, shown in trail and map, never over another's."""

from pathlib import Path

import pytest
import shapely
from PIL.ExifTags import GPS, Base
from pyproj import Geod
from streamlit.testing.v1 import AppTest

from store.casebook import Casebook
from store.cases import Case
from store.home import Home
from store.photos import MOST_BYTES
from store.reader import ReleaseReader
from tests.pages.test_cases import AREA, CASES, MAP, WU, crowd, enter, home, opened
from tests.pages.test_filters import data
from tests.pages.test_pages import text
from tests.photos import new_photo, photo
from web.urls import photo_url

__all__ = ["crowd", "home"]
PATCH = CASES.parents[1] / "inspect" / "patch.py"
TAKEN = {Base.DateTimeOriginal: "2026:11:30 09:30:12", Base.OffsetTimeOriginal: "+08:00"}


@pytest.fixture
def case(home: Home, crowd: ReleaseReader) -> Case:
    return Casebook.default(home).open(AREA, crowd.patch_ids()[0], by=WU, release="r1")


def beside(crowd: ReleaseReader, patch: str, metres: float) -> tuple[float, float]:
    """A place that lies so far east of a patch."""
    shape = crowd.patch_shape(patch)
    assert shape is not None
    outline = shapely.from_wkb(shape)
    east = max(shapely.convex_hull(outline).exterior.coords)
    lon, lat, _back = Geod(ellps="WGS84").fwd(east[0], east[1], 90, metres)
    return lon, lat


def give(app: AppTest, key: str, *files: tuple[str, bytes], **values: str) -> AppTest:
    """Choose files in the form of photos and send it."""
    (field,) = [one for one in app.file_uploader if one.key == f"{key}-files"]
    field.set_value([(name, content, "application/octet-stream") for name, content in files])
    return enter(app, key, **values)


def buttons(app: AppTest) -> list[str]:
    """What the thumbnails are called, and show."""
    return [button.label for button in app.button if (button.key or "").startswith("photo-")]


def test_photos_are_added_with_a_caption_and_seen_in_the_trail(home: Home, crowd: ReleaseReader, case: Case) -> None:
    book, key = Casebook.default(home), f"case-{case.id}-photo"
    near, far = (photo(place=beside(crowd, case.patch, metres), seed=1, details=TAKEN) for metres in (80, 3_210))
    app = give(opened(CASES, patch=case.patch), key, ("IMG_1.jpg", near), ("IMG_2.jpg", far), text="from [the] road")
    first, second = book.photos(case.id)
    entry = book.trail(case.id)[-1]
    assert (entry.step, entry.text, entry.by) == ("photo", "from [the] road", "Li Na")
    assert (first.name, second.name) == ("IMG_1.jpg", "IMG_2.jpg")
    assert "added 2 photos: from \\[the\\] road" in text(app)
    shown = buttons(app)
    for one, label in zip((first, second), shown, strict=True):
        assert photo_url(case.id, one.sha256, "thumbnail") in label
    assert all("from \\[the\\] road" in label for label in shown)
    assert text(app).count("km from the patch") == 1
    assert "taken 3.2 km from the patch" in text(app)
    app.button(key=f"photo-{case.id}-{second.sha256}").click().run()
    assert not app.exception
    said = text(app)
    assert photo_url(case.id, second.sha256, "picture") in said
    assert second.sha256 in said
    assert "taken 30 Nov 2026 09\\:30 +08\\:00" in said
    assert "Added by Li Na" in said
    assert photo_url(case.id, first.sha256, "picture") not in said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("plan.jpg", b"<svg/>", "plan.jpg is no JPEG"),
        ("broken.jpg", photo((300, 300))[:900], "broken.jpg is broken"),
        ("huge.png", b"\x89PNG" + b"\0" * MOST_BYTES, "huge.png is larger than 20 MB"),
        ("empty.jpg", b"", "empty.jpg is empty"),
    ],
)
def test_a_file_that_is_no_photo_is_named_and_nothing_entered(
    home: Home, case: Case, name: str, content: bytes, said: str
) -> None:
    app = opened(CASES, patch=case.patch)
    app = give(app, f"case-{case.id}-photo", ("good.jpg", photo()), (name, content), text="digging")
    assert said in text(app)
    assert "Nothing was entered" in text(app)
    assert Casebook.default(home).case_of(AREA, case.patch) == case
    assert Casebook.default(home).photos(case.id) == []


def test_without_a_photo_there_is_no_entry(home: Home, case: Case) -> None:
    app = enter(opened(CASES, patch=case.patch), f"case-{case.id}-photo", text="digging")
    assert "choose a photo" in text(app)
    assert Casebook.default(home).case_of(AREA, case.patch) == case


def test_the_same_photo_twice_is_told_and_not_kept_twice(home: Home, case: Case) -> None:
    book, key = Casebook.default(home), f"case-{case.id}-photo"
    first, second = photo(seed=1), photo(seed=2)
    book.enter(case, "photo", by=WU, photos=[new_photo("DSC_7.jpg", seed=1)])
    app = give(opened(CASES, patch=case.patch), key, ("IMG_1.jpg", first))
    assert "IMG_1.jpg is in this case already: Wu Bo added it" in text(app).replace("\\", "")
    assert len(book.trail(case.id)) == 2
    app = give(app, key, ("IMG_1.jpg", first), ("IMG_2.jpg", second), ("IMG_3.jpg", second))
    assert "IMG_1.jpg is in this case already" in text(app).replace("\\", "")
    assert "IMG_3.jpg was given twice" in text(app).replace("\\", "")
    assert [one.name for one in book.photos(case.id)] == ["DSC_7.jpg", "IMG_2.jpg"]


def test_photos_over_an_entry_of_another_wait_for_a_decision(home: Home, case: Case) -> None:
    book, key = Casebook.default(home), f"case-{case.id}-photo"
    app = opened(CASES, patch=case.patch)
    book.enter(case, "photo", by=WU, text="from the air", photos=[new_photo(seed=5)])
    app = give(app, key, ("IMG_1.jpg", photo(seed=6)), text="from the road")
    assert "Your entry was not made" in text(app)
    assert text(app).count("added 1 photo") == 2  # in the trail, and beside what was not entered
    assert len(book.photos(case.id)) == 1
    app.button(key=f"again-{case.id}").click().run()
    assert [entry.text for entry in book.trail(case.id)[1:]] == ["from the air", "from the road"]
    assert [one.name for one in book.photos(case.id)] == ["IMG_1.jpg", "IMG_1.jpg"]


def test_what_another_has_added_meanwhile_is_not_added_again(home: Home, case: Case) -> None:
    book, key = Casebook.default(home), f"case-{case.id}-photo"
    app = opened(CASES, patch=case.patch)
    book.enter(case, "photo", by=WU, text="mine", photos=[new_photo(seed=6)])
    app = give(app, key, ("IMG_1.jpg", photo(seed=6)), text="from the road")
    assert "is in this case already" in text(app)
    assert len(book.photos(case.id)) == 1
    case = book.cases(AREA)[0]
    app = opened(CASES, patch=case.patch)
    book.enter(case, "note", by=WU, text="wait")
    app = give(app, key, ("IMG_2.jpg", photo(seed=7)))
    book.enter(book.cases(AREA)[0], "photo", by=WU, photos=[new_photo(seed=7)])
    app = app.run()
    app = app.button(key=f"again-{case.id}").click().run()
    assert not app.exception
    assert "is in this case already. Nothing was entered" in text(app)
    assert len(book.photos(case.id)) == 2


@pytest.mark.parametrize("page", [MAP, PATCH])
def test_a_photo_is_a_mark_on_the_map_where_it_was_taken(
    home: Home, crowd: ReleaseReader, case: Case, page: Path
) -> None:
    at = beside(crowd, case.patch, 700)
    placed = new_photo(place=at, gps={GPS.GPSImgDirection: 45.0}, details=TAKEN, seed=1)
    book = Casebook.default(home)
    book.enter(case, "photo", by=WU, text="<b>the pit</b>", photos=[placed, new_photo(seed=2)])
    app = opened(page, patch=case.patch)
    assert not app.exception
    (mark,) = data(app, "layers")["photos"]
    assert mark["at"] == pytest.approx(at, abs=1e-6)
    assert mark["direction"] == pytest.approx(45)
    assert mark["thumbnail"] == photo_url(case.id, placed.sha256, "thumbnail")
    assert mark["lines"] == ["<b>the pit</b>", "taken 30 Nov 2026 09:30 +08:00", "taken 0.7 km from the patch"]
    assert len(buttons(app)) == 2
    other = opened(page, patch=crowd.patch_ids()[1])
    assert data(other, "layers")["photos"] == []


def test_photos_stay_when_a_release_has_the_patch_no_more(home: Home, crowd: ReleaseReader) -> None:
    book = Casebook.default(home)
    case = book.open(AREA, "P-9999", by=WU, release="r1")
    book.enter(case, "photo", by=WU, photos=[new_photo(place=(104, 26))])
    app = opened(CASES, patch="P-9999")
    assert not app.exception
    assert len(buttons(app)) == 1
    assert "km from the patch" not in text(app)
