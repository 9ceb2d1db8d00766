"""The dossier of one patch: the same bytes each time, whatever an area has, with hashes that hold."""

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from reportlab.platypus import Flowable, Paragraph
from shapely.geometry import Point, box

from engine import wording
from engine.errors import InputError
from engine.evidence.body import case_pages
from engine.evidence.case import Case, CasePhoto, Casework
from engine.evidence.charts import fitted_line
from engine.evidence.corners import corners_of
from engine.evidence.dossier import MANIFEST, Dossier, make_dossier
from engine.evidence.drawing import encoded, motion_colours
from engine.evidence.front import front_page, image_row
from engine.evidence.gathering import Uploaded, gather
from engine.evidence.selecting import patches_with, selection_frame
from engine.evidence.sheet import build, gap, heading, text
from engine.evidence.webmap import web_map
from engine.grid import geodesic_area
from engine.wording import dossiers
from store.home import Home
from store.photos import Shot
from store.reader import ReleaseReader, current_release
from tests.conftest import ROOT
from tests.photos import new_photo

PROGRAM = """
import sys, hashlib
from pathlib import Path
from engine.evidence.dossier import make_dossier
from engine.evidence.gathering import gather
from store.home import Home
from store.reader import current_release
reader = current_release(Home(Path(sys.argv[1])), sys.argv[2])
for language in ("en", "zh"):
    print(hashlib.sha256(make_dossier(gather(reader, sys.argv[3]), language).archive()).hexdigest())
"""

Maker = Callable[[Case, str], Dossier]

PATCH_KNOWN = {"confidence": 0.77, "activity": None}
PNG = encoded(np.zeros((2, 2, 3), np.uint8))


def reader_of(home: Home, area: str) -> ReleaseReader:
    reader = current_release(home, area)
    assert reader is not None
    return reader


@pytest.fixture(scope="module")
def strzegom(permitted: Home) -> ReleaseReader:
    return reader_of(permitted, "strzegom")


@pytest.fixture(scope="module")
def case(strzegom: ReleaseReader) -> Case:
    """A quarry that crosses the boundary of its permit."""
    return gather(strzegom, patches_with(strzegom, "crosses")[0])


@pytest.fixture(scope="module")
def radar_case(permitted: Home) -> Case:
    """A mine that the radar saw, without images and without a register."""
    return gather(reader_of(permitted, "metropolitan"), "M1345.B1")


@pytest.fixture(scope="module")
def make_once(case: Case, radar_case: Case) -> Maker:
    """Gives the dossier of one of the two cases that was made of it before, and makes it where there is none."""
    known: dict[tuple[bool, str], Dossier] = {}

    def make(one: Case, language: str) -> Dossier:
        assert one is case or one is radar_case
        key = one is case, language
        if key not in known:
            known[key] = make_dossier(one, language)
        return known[key]

    return make


@pytest.fixture(scope="module")
def dossier(case: Case, make_once: Maker) -> Dossier:
    return make_once(case, "en")


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_another_process_makes_the_same_bytes(permitted: Home, case: Case, dossier: Dossier, make_once: Maker) -> None:
    command = [sys.executable, "-c", PROGRAM, str(permitted.root), "strzegom", case.patch_id]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    english, chinese = done.stdout.split()
    assert hashlib.sha256(dossier.archive()).hexdigest() == english
    assert hashlib.sha256(make_once(case, "zh").archive()).hexdigest() == chinese
    assert english != chinese


def test_several_may_be_made_at_once(case: Case, radar_case: Case, dossier: Dossier, make_once: Maker) -> None:
    wanted = [(case, "en"), (case, "zh"), (radar_case, "zh"), (case, "en")]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda one: make_dossier(*one), wanted))
    assert made[0].archive() == made[3].archive() == dossier.archive()
    assert made[1].archive() == make_once(case, "zh").archive()
    assert wording.language() == "en"


def test_the_manifest_names_every_file(dossier: Dossier) -> None:
    with zipfile.ZipFile(io.BytesIO(dossier.archive())) as archive:
        files = {name.removeprefix(f"{dossier.name}/"): archive.read(name) for name in archive.namelist()}
    lines = [line.split("  ") for line in files.pop(MANIFEST).decode().splitlines()]
    assert {name: value for value, name in lines} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    assert f"{dossier.name}.pdf" in files
    assert {"map.html", "evidence.gpkg", "corners.csv", "permits.csv", "case.json", "overview.png"} <= set(files)


def test_areas_of_every_kind_have_one(case: Case, radar_case: Case, both_published: Home, make_once: Maker) -> None:
    bare = gather(reader_of(both_published, "strzegom"), case.patch_id)
    assert (bare.register, bare.permits, bare.motion) == (None, [], None)
    assert (radar_case.pictures, radar_case.register) == ([], None)
    for one, make in ((case, make_once), (radar_case, make_once), (bare, make_dossier)):
        for language in ("en", "zh"):
            assert 4 <= pages(make(one, language).pdf) <= 9
    assert "series.csv" in make_once(radar_case, "en").files


def test_a_patch_with_hundreds_of_corners_and_names_without_end(case: Case) -> None:
    round_one = Point(case.place).buffer(0.003, quad_segs=200)
    permits = [
        replace(permit, holder="有限责任公司" * 40, mine="x" * 300, as_read=None, number="C" * 60)
        for permit in case.permits
    ]
    outlines = [replace(outline, geometry=round_one) for outline in case.outlines]
    long = replace(
        case,
        geometry=round_one,
        outlines=outlines,
        permits=permits,
        patch={**case.patch, "name": "<b>&{{ 7 }}" * 12},
        release={**case.release, "title": "卫宁北山" * 30, "attribution": "©" * 400},
    )
    for language in ("en", "zh"):
        made = make_dossier(long, language)
        assert pages(made.pdf) < 16
        assert made.files["corners.csv"].count(b"\npatch,") == 800


def test_no_such_patch(strzegom: ReleaseReader) -> None:
    with pytest.raises(InputError, match="P-9999"):
        gather(strzegom, "P-9999")


def test_the_permits_measures(case: Case) -> None:
    west = next(permit for permit in case.permits if permit.number == "W")
    assert west.named
    assert west.shared_m2 is not None
    assert west.outside_m2 is not None
    assert west.shared_m2 + west.outside_m2 == pytest.approx(geodesic_area(case.geometry), rel=1e-6)
    assert west.distance_m == 0
    assert case.register_crs == "EPSG:2177"


def test_corners_are_the_registers_own(case: Case) -> None:
    permit = next(permit for permit in case.permits if permit.number == "W")
    assert permit.as_read is not None
    corners = corners_of(permit.as_read, "EPSG:2177", "EPSG:2177")
    assert [(corner.x, corner.y) for corner in corners] == [
        tuple(point) for point in shapely.get_coordinates(permit.as_read)[:-1].tolist()
    ]
    assert {(round(corner.lon, 4), round(corner.lat, 4)) for corner in corners} >= {(16.21, 50.97), (16.2375, 51.02)}


def test_corners_of_a_register_in_degrees_have_no_metres() -> None:
    (corner, *_) = corners_of(box(105, 37, 106, 38), "EPSG:4326", "EPSG:4490")
    assert (corner.x, corner.y, corner.ring, corner.number) == (None, None, 1, 1)


def test_an_uploaded_register_takes_the_place_of_the_releases(strzegom: ReleaseReader, case: Case) -> None:
    ground = box(16.0, 50.9, 16.5, 51.1)
    permit = {
        **dict.fromkeys(("mine", "holder", "mineral", "kind", "status"), ""),
        **{"number": "上传-1", "valid_from": date(2020, 1, 1), "valid_to": None, "as_read": ground.wkb},
    }
    verdict = {
        **{"patch_id": case.patch_id, "kind": "inside", "certainty": "certain", "since": None, "days": None},
        **{"date": None, "distance_m": 0.0, **dict.fromkeys(("least_m2", "likely_m2", "most_m2"), 0.0)},
        "reasons": json.dumps([{"code": "lies_inside", "parameters": {"permits": ["上传-1"]}}]),
        "permits": ["上传-1"],
    }
    uploaded = Uploaded(
        gpd.GeoDataFrame([verdict], geometry=[None], crs="EPSG:4326"),
        gpd.GeoDataFrame([permit], geometry=[ground], crs="EPSG:4326"),
        register="cadastre.zip",
        crs="EPSG:4326",
        sha256="0" * 64,
        error_m=5.0,
    )
    held = gather(strzegom, case.patch_id, uploaded)
    assert [one.kind for one in held.verdicts] == ["inside"]
    assert [one.number for one in held.permits] == ["上传-1"]
    assert (held.register, held.uploaded) == ("cadastre.zip", True)
    assert pages(make_dossier(held, "zh").pdf) >= 4


def test_the_geopackage_holds_the_case(dossier: Dossier, case: Case, tmp_path: Path) -> None:
    path = tmp_path / "evidence.gpkg"
    path.write_bytes(dossier.files["evidence.gpkg"])
    assert set(pyogrio.list_layers(path)[:, 0]) == {"patch", "outside", "permits"}
    patch, outside = (gpd.read_file(path, layer=name) for name in ("patch", "outside"))
    assert [str(day)[:10] for day in patch["date"]] == [str(outline.date) for outline in case.outlines]
    assert patch.geometry.iloc[-1].equals(case.geometry)
    likely = next(verdict.likely_m2 for verdict in case.verdicts if verdict.outside is not None)
    assert geodesic_area(outside.geometry[0]) == pytest.approx(likely, rel=1e-6)


def test_names_are_text_in_the_map(case: Case) -> None:
    page = web_map(
        replace(case, patch={**case.patch, "name": "<script>alert(1)</script>{{ 7 * 7 }}{% raw %}"})
    ).decode()
    assert "<script>alert(1)" not in page
    assert "&#123;&#123; 7 * 7 &#125;&#125;&#123;% raw %&#125;" in page
    assert not re.findall(r"""(?:src=|<link|url\(|@import)["'\s]*(?!data:)[^\s>]*//""", page)


def test_the_line_is_least_squares() -> None:
    import numpy as np

    days = np.array([0.0, 10.0, 20.0, 30.0])
    line, error = fitted_line(days, 2.0 - 0.5 * days, np.array([0.0, 40.0]))
    assert line == pytest.approx([2.0, -18.0])
    assert error == pytest.approx([0.0, 0.0], abs=1e-9)


def test_the_selection_is_what_the_reader_says(strzegom: ReleaseReader) -> None:
    frame = selection_frame(strzegom)
    assert list(frame["patch_id"]) == [patch.patch_id for patch in strzegom.patches()]
    crossing = patches_with(strzegom, "crosses")
    some = selection_frame(strzegom, crossing)
    assert sorted(some["patch_id"]) == crossing
    assert all("crosses" in kinds for kinds in some["verdict"])
    assert (some["outside_likely_m2"] > 0).all()
    for patch_id, shape, area in zip(frame["patch_id"], frame.geometry, frame["area_m2"], strict=True):
        assert geodesic_area(shape) == pytest.approx(area, rel=1e-6), patch_id


@pytest.mark.parametrize(
    ("kind", "certainty", "said"),
    [
        ("crosses", "certain", "It lies outside by more than the positional error of ± 5.0 m: at least 0.08 ha."),
        ("crosses", "doubtful", "What lies outside does so by no more than"),
        ("prohibited_zone", "certain", "It reaches into the zone by more than"),
    ],
)
def test_how_sure_says_what_the_verdict_is_about(kind: str, certainty: str, said: str) -> None:
    sure = dossiers.sureness(PATCH_KNOWN, {"kind": kind, "certainty": certainty, "least_m2": 804.6}, 5.0)
    assert sure[0].startswith(said)


def test_a_verdict_on_minerals_says_nothing_of_boundaries() -> None:
    worst = {"kind": "other_mineral", "certainty": "certain", "least_m2": 804.6}
    assert dossiers.sureness(PATCH_KNOWN, worst, 5.0) == ["Confidence of its outline: 77 %."]


def test_small_ground_is_not_said_to_be_none() -> None:
    assert [wording.ground(area) for area in (3.04, 334.0, 1833.9, 25_000.0)] == [
        "3 m²",
        "0.03 ha",
        "0.18 ha",
        "2.5 ha",
    ]
    assert wording.outside_range(0.0, 3.04, 9.2) == "3 m² outside (0–9)"


def test_captions_name_what_is_to_be_seen(case: Case) -> None:
    pictures = {f"image-{one.date}.png": PNG for one in case.pictures}
    said = []
    for one in (case, replace(case, permits=[])):
        (row,) = image_row(one, case.pictures[:1], pictures)
        said.append(row._cellvalues[0][0][2].text)
    assert ["permits in yellow" in words for words in said] == [True, False]


def test_the_map_for_browsers_shows_the_zones(case: Case) -> None:
    zoned = replace(case, zones=[("Quiet wood", case.geometry.buffer(0.001))])
    assert b"Quiet wood" in web_map(zoned)


@pytest.mark.parametrize("lines", range(44, 58, 2))
def test_no_heading_ends_a_page(lines: int) -> None:
    """Headings are pushed down, a line at a time, over a page's end."""

    def content() -> list[Flowable]:
        return [*(text("·") for _ in range(lines)), *heading("verdicts"), gap(10), text("end")]

    pdf = build(content, title="", header="", footer="", subject="")
    assert pages(pdf) == (1 if lines <= 44 else 2)


def words(content: Iterable[Any]) -> str:
    """All that a page says."""
    said = []
    for one in content:
        inner = getattr(one, "_cellvalues", None) or getattr(one, "_content", None)
        said.append(one.text if isinstance(one, Paragraph) else words(inner) if inner else "")
        if isinstance(one, list | tuple):
            said.append(words(one))
    return "\n".join(said)


def worked(step: str, state: str) -> Casework:
    """A case that was opened and came to something, with a text longer than a page."""
    opened = {"at": datetime(2021, 3, 1, 8), "by": "Wu Bo", "identity": "", "role": "", "step": "open", "state": "open"}
    opened |= {"version": 1, "text": "", "assignee": "", "due": None}
    judged = {**opened, "at": datetime(2021, 3, 5, 9, 30), "by": "李娜", "step": step, "state": state, "version": 2}
    judged |= {"role": "inspector", "identity": "li@example.org", "text": "two excavators " * 260}
    case = {"state": state, "assignee": "Ma Jun", "due": date(2021, 4, 1), "suspicion": ("crosses:certain",)}
    return Casework(case, [opened, judged])


@pytest.mark.parametrize(
    ("step", "state", "said"),
    [
        ("confirm", "confirmed", "Confirmed on 5 Mar 2021 by 李娜."),
        ("confirm", "closed", "Confirmed on 5 Mar 2021 by 李娜."),
        ("dismiss", "dismissed", "Dismissed on 5 Mar 2021 by 李娜."),
        ("note", "open", "This is a suspicion until a person has confirmed it."),
    ],
)
def test_what_people_have_made_of_it_is_said_first(
    case: Case, dossier: Dossier, step: str, state: str, said: str
) -> None:
    case = replace(case, verdicts=case.verdicts[:1])
    assert "This is a suspicion" in words(front_page(case, dossier.files))
    assert said in words(front_page(replace(case, casework=worked(step, state)), dossier.files))
    # The case is of the release's verdicts, not of those on whatever someone uploads.
    uploaded = replace(case, casework=worked(step, state), uploaded=True)
    assert "This is a suspicion" in words(front_page(uploaded, dossier.files))


def test_the_case_and_its_trail_are_in_the_dossier(case: Case, dossier: Dossier) -> None:
    assert case_pages(case) == []
    assert "case" not in json.loads(dossier.files["case.json"])
    with_case = replace(case, casework=worked("confirm", "confirmed"))
    said = words(case_pages(with_case))
    for part in ("confirmed", "Ma Jun", "1 Apr 2021", "1 Mar 2021 08:00 UTC · Wu Bo opened the case", "two excavators"):
        assert part in said
    assert "李娜 (inspector) confirmed it" in said
    made = make_dossier(with_case, "zh")
    told = made.files["case.json"].decode()
    assert json.loads(told)["case"]["trail"][1]["by"] == "李娜"
    assert "li@example.org" not in told
    assert made.archive() == make_dossier(with_case, "zh").archive()


def seen(version: int, number: int, **known: Any) -> CasePhoto:
    """A photo that came with an entry of `worked`."""
    shot = asdict(Shot(datetime(2021, 3, 5, 9, 12), "+08:00", 104.2512, -26.8701, 45.0)) | known.pop("shot", {})
    new = new_photo(seed=number)
    return CasePhoto(
        version=version,
        file="IMG_0001.jpg",
        sha256=new.sha256,
        shot=shot,
        distance_m=known.pop("distance_m", 120.0),
        thumbnail=new.thumbnail,
        original=new.original,
        archived_as=f"photos/{number:02}-IMG_0001.jpeg",
    )


def test_photos_stand_with_their_entry(case: Case, dossier: Dossier) -> None:
    nothing = {"taken_at": None, "utc_offset": "", "lon": None, "lat": None, "direction": None}
    photos = [seen(2, 7), seen(2, 8, distance_m=3_240.0), seen(1, 9, shot=nothing, distance_m=None)]
    with_photos = replace(case, casework=replace(worked("photo", "open"), photos=photos))
    content = case_pages(with_photos)
    said = words(content)
    assert "李娜 (inspector) added 2 photos" in said
    assert "taken 5 Mar 2021 09:12 +08:00" in said
    assert "26.8701° S, 104.2512° E" in said
    assert "looking northeast (45°)" in said
    assert said.count("taken 3.2 km from the patch") == 1
    assert "0.1 km" not in said
    assert "the photo does not say where it was taken" in said
    for photo in photos:
        assert photo.sha256 in said
    assert said.index(photos[2].sha256) < said.index("added 2 photos") < said.index(photos[0].sha256)
    for language in ("en", "zh"):
        made = make_dossier(with_photos, language)
        assert made.pdf.count(b"/DCTDecode") == 3
        told = json.loads(made.files["case.json"])["case"]["photos"]
        assert [one["sha256"] for one in told] == [photo.sha256 for photo in photos]
        assert not {"thumbnail", "original"} & told[0].keys()
        for photo, one in zip(photos, told, strict=True):
            assert made.files[one["archived_as"]] == photo.original
            assert f"{photo.sha256}  {photo.archived_as}" in made.files[MANIFEST].decode()
        assert made.archive() == make_dossier(with_photos, language).archive()


@pytest.mark.parametrize("neutral", [1.0, 2.0, 2.5, 3.3, 5.0])
def test_every_scale_of_rates_has_colours(neutral: float) -> None:
    """Red, grey, blue, whatever the places of its parts round to."""
    for high in [5.0 * number for number in range(2, 60)]:
        red, grey, blue = (motion_colours(high, neutral)(at) for at in (0.0, 0.5, 1.0))
        assert red[0] > red[2] and blue[2] > blue[0]
        assert grey[0] == grey[1] == grey[2]


def test_thousands_of_permits_on_one_patch(case: Case) -> None:
    """The print names the first; the files have all."""
    permits = [replace(case.concerned[0], number=f"N-{place}") for place in range(300)]
    reasons = [{"code": "depth_not_tested", "parameters": {"permit": one.number}} for one in permits]
    verdict = replace(case.verdicts[0], reasons=reasons, permits=[one.number for one in permits])
    made = make_dossier(replace(case, permits=permits, verdicts=[verdict]), "en")
    assert pages(made.pdf) <= 12
    assert made.files["corners.csv"].count(b"N-299") >= 3


def test_a_sentence_names_a_dozen_permits() -> None:
    sentence = wording.reason("lies_inside", {"permits": [f"N-{place}" for place in range(3000)]})
    assert sentence.endswith("N-11 and 2,988 more.")
