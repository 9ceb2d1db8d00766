"""From images to a release with the model that ships, on a part of the images that ship: three quarries, two dates."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window

from engine.area import read_area
from engine.blocks import Kind, Workers
from engine.errors import InputError
from engine.grid import Block, Grid
from engine.objects.steps import refine_masks
from engine.patches import blending, inference
from engine.pipeline import check_inputs, optical, run
from store.home import Home
from store.reader import ReleaseReader, current_release
from tests.conftest import ROOT
from tests.engine.conftest import UTM, phases, subsidence, write_geotiffs, write_patch

IMAGES = ROOT / "areas" / "strzegom" / "images"
FIRST, LAST = "strzegom_20210619_33u.tif", "strzegom_20230301_33u.tif"
FRAME = Window(0, 10, 220, 90)  # the quarries in the north-west
# The middle of the one at the left, degrees.
QUARRY = (16.2263, 51.0093)
# The reader's raster library (rio-tiler on rasterio) multiplies Affine transforms by `*` still.
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

TABLES = """
name = "quarries"
title = "Quarries"

[imagery]
nodata = 0

[[imagery.images]]
path = "first.tif"
date = 2021-06-19

[[imagery.images]]
path = "last.tif"
date = 2023-03-01
offset = 1000

[extraction]
model = "quarry-resnet18"
window = 128
margin = 32

[refinement]
least_share = 0.5
least_area_m2 = 500
"""


@dataclass
class Place:
    """An area and its home."""

    area: Path
    home: Home

    def run(self, kind: Kind = "serial", **options: Any) -> str:
        return run(read_area(self.area), self.home, workers=Workers(kind, 2), **options)

    @property
    def current(self) -> ReleaseReader:
        release = current_release(self.home, "quarries")
        assert release is not None
        return release

    def copy(self, folder: Path) -> "Place":
        shutil.copytree(self.area, folder / "area")
        shutil.copytree(self.home.root, folder / "home", symlinks=True)
        (folder / "home" / "work" / "quarries" / "area.txt").unlink()
        return Place(folder / "area", Home(folder / "home"))

    def set(self, old: str, new: str) -> None:
        file = self.area / "area.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))


def cut(name: str, target: Path, window: Window = FRAME, change: Callable[[Any], Any] = lambda values: values) -> None:
    """A part of a shipped image."""
    with rasterio.open(IMAGES / name) as source:
        profile = source.profile | {"height": window.height, "width": window.width}
        profile |= {"transform": source.window_transform(window), "tiled": False}
        values, names = change(source.read(window=window)), source.descriptions
    for unfit in ("blockxsize", "blockysize"):
        profile.pop(unfit, None)
    with rasterio.open(target, "w", **(profile | {"count": len(values), "dtype": values.dtype})) as written:
        written.write(values)
        for number, name in enumerate(names[: len(values)], start=1):
            written.set_band_description(number, name)


def build(folder: Path) -> Place:
    area = folder / "area"
    area.mkdir()
    cut(FIRST, area / "first.tif")
    cut(LAST, area / "last.tif")
    (area / "area.toml").write_text(TABLES)
    (area / "SOURCE.md").write_text("Contains modified Copernicus Sentinel data.\n")
    return Place(area, Home(folder / "home"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """With a good release. Read only: tests that change something work on copies."""
    place = build(tmp_path_factory.mktemp("optical"))
    place.run()
    return place


@pytest.fixture
def place(made: Place, tmp_path: Path) -> Place:
    return made.copy(tmp_path)


# What is published


def test_what_became_of_the_objects_is_a_layer_of_each_image(made: Place) -> None:
    """As the refinement counted them, and patches lie on what was kept."""
    reader = made.current
    report = next(step.report for step in reader.steps() if step.name == "refinement")
    for image in reader.images:
        name = f"fate-{image.date:%Y%m%d}"
        codes = {code: value for value, code in reader.codes(name).items()}
        with rasterio.open(reader.layer_path(name)) as raster:
            found = raster.read(1)
            kept = found == codes["kept"]
            area = kept.sum() * abs(raster.transform.a * raster.transform.e)
        assert set(np.unique(found)) <= {0, *codes.values()}
        outlines = [
            one for patch in reader.patches() for one in reader.outlines(patch.patch_id) if one.date == image.date
        ]
        assert area == pytest.approx(sum(one.area_m2 for one in outlines), rel=0.02)
        assert (report["dates"][str(image.date)]["low_share"] > 0) == bool((found == codes["low_share"]).any())


def test_the_quarries_are_found_on_both_dates(made: Place) -> None:
    reader = made.current
    large = [patch for patch in reader.patches() if patch.area_m2 > 100_000]
    assert len(large) == 2
    for patch in large:
        assert [str(outline.date) for outline in reader.outlines(patch.patch_id)] == ["2021-06-19", "2023-03-01"]
        assert patch.mine_class == "quarry"
        assert patch.confidence is not None
        assert 0.7 < patch.confidence <= 1


def test_fields_and_forest_are_no_patches(made: Place) -> None:
    inside = sum(patch.area_m2 for patch in made.current.patches())
    assert inside < 0.4 * FRAME.height * FRAME.width * 100


def test_a_release_of_images_says_what_it_is(made: Place) -> None:
    reader = made.current
    assert reader.radar is None
    assert (str(reader.info.first_date), str(reader.info.last_date)) == ("2021-06-19", "2023-03-01")
    assert [image.layer for image in reader.images] == ["image-20210619", "image-20230301"]
    extraction = reader.extraction
    assert extraction is not None
    assert (extraction.model, extraction.classes, extraction.least_share) == ("quarry-resnet18", ["quarry"], 0.5)
    assert extraction.boundary_error_m == pytest.approx(5, rel=0.01)
    assert extraction.metrics["unseen_rows_and_date.iou"] > 0.8
    assert [step.name for step in reader.steps()] == [
        *("image-20210619", "image-20230301"),
        *("extraction-20210619", "extraction-20230301", "objects-20210619", "objects-20230301"),
        *("refinement", "patches", "surface", "verdicts"),
    ]
    assert {row["file"] for row in reader.inputs()} >= {"first.tif", "last.tif", "quarry-resnet18.safetensors"}
    assert all(patch.activity is None for patch in reader.patches())


def test_without_a_register_permits_read_not_tested(made: Place) -> None:
    verdicts = made.current.verdicts()
    assert len(verdicts) == len(made.current.patches())
    assert {verdict.kind for verdict in verdicts} == {"not_tested"}


def test_a_place_has_its_probability_on_each_date(made: Place) -> None:
    reader = made.current
    inside = reader.probabilities(*QUARRY)
    assert [str(day) for day in inside] == ["2021-06-19", "2023-03-01"]
    assert all(value is not None and value > 0.5 for value in inside.values())
    assert reader.probabilities(0.0, 0.0) == {}
    assert reader.pixel(*QUARRY) is None


def test_areas_add_up_to_those_of_the_outlines(made: Place) -> None:
    reader = made.current
    outlines = [outline for patch in reader.patches() for outline in reader.outlines(patch.patch_id)]
    for (mine_class, day), (area, margin) in reader.areas_by_class().items():
        own = [outline for outline in outlines if (outline.mine_class, outline.date) == (mine_class, day)]
        assert area == pytest.approx(sum(outline.area_m2 for outline in own))
        assert margin == pytest.approx(sum(outline.margin_m2 for outline in own))


# Again, and otherwise


def test_a_second_run_does_nothing(place: Place) -> None:
    before = place.current.info.id
    assert place.run() == before


def test_two_threads_publish_the_same(made: Place, tmp_path: Path) -> None:
    other = build(tmp_path)
    other.run("threads")
    for layer in made.current.layers:
        assert other.current.layer_path(layer).read_bytes() == made.current.layer_path(layer).read_bytes()
    assert other.current.patches_geojson() == made.current.patches_geojson()


def test_windows_that_were_done_are_not_done_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is stopped in the middle of an image goes on with the next window, to the same result."""
    seen: list[str] = []
    original = inference._predict_segment

    def watched(segment: Block, **given: Any) -> Any:
        if len(seen) == 1:
            seen.append("stopped")
            raise KeyboardInterrupt
        seen.append(segment.name)
        return original(segment, **given)

    before = place.current.layer_path("probability-20210619").read_bytes()
    monkeypatch.setattr(blending, "_SEGMENT", 1)
    monkeypatch.setattr(inference, "_predict_segment", watched)
    with pytest.raises(KeyboardInterrupt):
        place.run(force=True)
    (stopped,) = place.home.work("quarries").glob("extraction-20210619.partial/windows")
    assert [path.stem for path in stopped.iterdir()] == seen[:1]
    place.run()
    assert seen[0] not in seen[2:3]
    assert place.current.layer_path("probability-20210619").read_bytes() == before


def test_patches_keep_their_names_when_something_else_changes(place: Place) -> None:
    before = {patch.patch_id: patch.area_m2 for patch in place.current.patches() if patch.area_m2 > 10_000}
    first = place.current.info.id
    place.set("least_share = 0.5", "least_share = 0.6")
    place.run()
    after = {patch.patch_id: patch.area_m2 for patch in place.current.patches()}
    assert place.current.info.id != first
    assert before.keys() <= after.keys()
    for name, area in before.items():
        assert after[name] == pytest.approx(area, rel=0.3)


def test_a_changed_refinement_runs_neither_model_nor_segmentation_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise AssertionError("this need not run")

    monkeypatch.setattr("engine.pipeline.optical.extract", fails)
    monkeypatch.setattr("engine.pipeline.optical.segment_image", fails)
    place.set("least_area_m2 = 500", "least_area_m2 = 20000")
    place.run()
    assert all(
        outline.area_m2 > 15_000
        for patch in place.current.patches()
        for outline in place.current.outlines(patch.patch_id)
    )


def test_one_image_gives_patches_without_change(place: Place) -> None:
    text = (place.area / "area.toml").read_text()
    start, end = text.index('[[imagery.images]]\npath = "last.tif"'), text.index("[extraction]")
    (place.area / "area.toml").write_text(text[:start] + text[end:])
    place.run()
    assert place.current.patches()
    assert all(patch.change is None for patch in place.current.patches())


def test_images_without_a_model_are_shown_alone(place: Place) -> None:
    text = (place.area / "area.toml").read_text()
    start, end = text.index("[extraction]"), text.index("[refinement]")
    (place.area / "area.toml").write_text(text[:start] + text[end:])
    place.run()
    assert place.current.patches() == []
    assert place.current.extraction is None
    assert set(place.current.layers) == {"image-20210619", "image-20230301"}


def test_total_area_control_finds_the_share_on_labels(place: Place) -> None:
    """Labels of nearly the whole mask want nearly all of it kept, whatever share the area gives."""
    found = np.zeros((1, FRAME.height, FRAME.width), np.uint8)
    with rasterio.open(place.home.work("quarries") / "extraction-20210619" / "probability.tif") as raster:
        probability = raster.read(1)
    found[0][(probability >= 50) & (probability <= 100)] = 7
    found[0].flat[np.flatnonzero(found[0])[::12]] = 0  # all of it would want objects that it hardly touches, too
    found[0][found[0] == 0] = 1
    with rasterio.open(place.area / "first.tif") as source:
        profile = {**source.profile, "count": 1, "dtype": "uint8", "nodata": None}
    with rasterio.open(place.area / "labels.tif", "w", **profile) as target:
        target.write(found)
    place.set("date = 2021-06-19\n", 'date = 2021-06-19\nlabels = "labels.tif"\n')
    place.set("least_share = 0.5", "least_share = 0.99")
    place.set("[refinement]", "[reference]\nclasses = { quarry = [7] }\nbackground = [1]\n\n[refinement]")
    place.run()
    extraction = place.current.extraction
    report = next(step.report for step in place.current.steps() if step.name == "refinement")
    assert extraction is not None
    assert extraction.least_share == report["control"]["share"]
    assert 0.1 <= extraction.least_share < 0.5
    assert not report["control"]["saturated"]
    assert report["control"]["cumulated_m2"] == pytest.approx(report["control"]["reference_m2"], rel=0.05)
    curve = report["control"]["curve"]
    assert curve["share"] == sorted(curve["share"])
    assert curve["kept_m2"] == sorted(curve["kept_m2"], reverse=True)
    at = curve["share"].index(pytest.approx(report["control"]["share"], abs=1e-6))
    assert curve["kept_m2"][at] == pytest.approx(report["control"]["cumulated_m2"], abs=0.1)


def test_total_area_control_knows_training_patches_alone(place: Place) -> None:
    """Of two labelled patches one tests; the date that is held out has labels too, and no patch of it counts."""
    codes = np.ones((1, FRAME.height, FRAME.width), np.uint8)
    codes[0, 10:18, 20:28], codes[0, 60:68, 160:168] = 7, 7
    with rasterio.open(place.area / "first.tif") as source:
        profile = {**source.profile, "count": 1, "dtype": "uint8", "nodata": None}
    with rasterio.open(place.area / "labels.tif", "w", **profile) as target:
        target.write(codes)
    for day in ("2021-06-19", "2023-03-01"):
        place.set(f"date = {day}\n", f'date = {day}\nlabels = "labels.tif"\n')
    reference = "classes = { quarry = [7] }\nbackground = [1]\nheld_out_dates = [2023-03-01]\n"
    place.set("[refinement]", f"[reference]\n{reference}split = {{ tile = 16, step = 8 }}\n\n[refinement]")
    place.run()
    report = next(step.report for step in place.current.steps() if step.name == "refinement")
    assert report["control"]["reference_m2"] == pytest.approx(64 * 100, rel=0.01)


@pytest.mark.parametrize("learnt", [False, True])
def test_patches_are_screened_by_ground_that_is_labelled_and_that_the_model_has_not_learnt_from(
    place: Place, monkeypatch: pytest.MonkeyPatch, learnt: bool
) -> None:
    codes = np.ones((1, FRAME.height, FRAME.width), np.uint8)
    codes[0, 10:18, 20:28] = 7
    codes[0, :, 100:] = 99  # means nothing: not labelled
    with rasterio.open(place.area / "first.tif") as source:
        profile = {**source.profile, "count": 1, "dtype": "uint8", "nodata": None}
    with rasterio.open(place.area / "labels.tif", "w", **profile) as target:
        target.write(codes)
    place.set("date = 2021-06-19\n", 'date = 2021-06-19\nlabels = "labels.tif"\n')
    place.set("[refinement]", "[reference]\nclasses = { quarry = [7] }\nbackground = [1]\n\n[refinement]")
    given: dict[str, Any] = {}

    def refining(*args: Any, **options: Any) -> dict[str, Any]:
        given.update(options)
        return refine_masks(*args, **options)

    monkeypatch.setattr(optical, "refine_masks", refining)
    if learnt:
        monkeypatch.setattr(optical, "seen_files", lambda _data, files: [path.name == "labels.tif" for path in files])
    place.run()
    if learnt:
        assert given["second_look"].grounds == {}
    else:
        (ground,) = given["second_look"].grounds.values()
        np.testing.assert_array_equal(ground, codes[0] != 99)


def test_labels_that_change_places_are_noticed(place: Place) -> None:
    """The files are the same two, each under the other date."""
    for name, rows in (("one.tif", slice(0, 45)), ("other.tif", slice(45, 90))):
        codes = np.ones((1, FRAME.height, FRAME.width), np.uint8)
        codes[0, rows] = 7
        with rasterio.open(place.area / "first.tif") as source:
            profile = {**source.profile, "count": 1, "dtype": "uint8", "nodata": None}
        with rasterio.open(place.area / name, "w", **profile) as target:
            target.write(codes)
    place.set("date = 2021-06-19\n", 'date = 2021-06-19\nlabels = "one.tif"\n')
    place.set("date = 2023-03-01\n", 'date = 2023-03-01\nlabels = "other.tif"\n')
    place.set("[refinement]", "[reference]\nclasses = { quarry = [7] }\nbackground = [1]\n\n[refinement]")
    before = place.run()
    place.set('"one.tif"', '"between.tif"')
    place.set('"other.tif"', '"one.tif"')
    place.set('"between.tif"', '"other.tif"')
    assert place.run() != before


def test_a_threshold_of_nothing_takes_in_all_that_was_seen(place: Place) -> None:
    place.set("window = 128", "threshold = 0\nwindow = 128")
    place.run()
    (patch,) = place.current.patches()
    assert patch.area_m2 == pytest.approx(FRAME.height * FRAME.width * 100, rel=0.02)


def test_identifiers_outlive_the_schema(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release of a later version still knows which ground had which identifier."""
    before = {patch.patch_id: patch.geometry for patch in patches_of(place)}
    monkeypatch.setattr("store.reader.SCHEMA_VERSION", 999)
    monkeypatch.setattr("store.release.SCHEMA_VERSION", 999)
    monkeypatch.setattr("engine.publish.SCHEMA_VERSION", 999)
    place.set("least_share = 0.5", "least_share = 0.55")
    place.run()
    for patch in patches_of(place):
        if patch.geometry.area > 1e-6:
            assert patch.geometry.intersects(before[patch.patch_id])


def patches_of(place: Place) -> list[Any]:
    features = json.loads(place.current.patches_geojson())["features"]
    return list(gpd.GeoDataFrame.from_features(features).itertuples())


def test_a_date_that_does_not_show_the_ground_says_so(place: Place) -> None:
    """The later image ends in the middle of the frame: what lies beyond is not gone."""
    cut(LAST, place.area / "last.tif", change=lambda values: np.where(np.arange(FRAME.width) < 70, values, 0))
    place.run()
    reader = place.current
    beyond = [patch for patch in reader.patches() if patch.last_seen == reader.images[0].date]
    assert beyond
    for patch in beyond:
        unseen = [one.seen_share for one in reader.sightings(patch.patch_id)][-1]
        assert patch.change != "gone" or unseen > 0.8


# Images and radar together


def test_an_area_may_have_both(tmp_path: Path) -> None:
    """A radar frame over the same ground: patches from images, motion from interferograms."""
    place = build(tmp_path)
    with rasterio.open(place.area / "first.tif") as image:
        left, top = image.bounds.left, image.bounds.top
    frame = Grid(UTM.crs, Affine(100.0, 0.0, left, 0.0, -100.0, top), UTM.shape)
    stack = write_geotiffs(place.area, phases(subsidence()), frame)
    lines = [
        "[stack]",
        *(f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in stack.items()),
    ]
    with (place.area / "area.toml").open("a") as file:
        file.write("\n" + "\n".join(lines) + "\n")
    place.run()
    reader = place.current
    assert reader.radar is not None
    assert reader.extraction is not None
    assert all(patch.activity is not None and patch.confidence is not None for patch in reader.patches())
    assert reader.info.first_date < reader.radar.last_date


# What cannot be used


def spoil_bands(area: Path) -> None:
    cut(LAST, area / "last.tif", change=lambda values: values[:4])


def spoil_all_bands(area: Path) -> None:
    for name, target in ((FIRST, "first.tif"), (LAST, "last.tif")):
        cut(name, area / target, change=lambda values: values[:4])


def spoil_units(area: Path) -> None:
    cut(FIRST, area / "first.tif", change=lambda values: (values / 10_000).astype(np.float32))


def empty(area: Path) -> None:
    cut(LAST, area / "last.tif", change=lambda values: 0 * values)


def foreign(area: Path) -> None:
    (area / "foreign.safetensors").write_bytes((8).to_bytes(8, "little") + b'{"a":{}}')
    (area / "foreign.safetensors.sha256").write_text("0" * 64 + "  foreign.safetensors\n")


def pickled(area: Path) -> None:
    (area / "model.pt").write_bytes(b"cos\nsystem\n(S'touch /tmp/pitwatch-was-here'\ntR.")


REFUSED: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "fewer bands on one date": (spoil_bands, "last.tif", "bands"),
    "fewer bands than the model needs": (spoil_all_bands, "first.tif", "bands"),
    "other units": (spoil_units, "first.tif", "B02"),
    "nothing but no data": (empty, "last.tif", "pixels"),
    "missing": (lambda area: (area / "last.tif").unlink(), "last.tif", "path"),
}
MODELS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a foreign checkpoint": (foreign, "foreign.safetensors", "sha256"),
    "a pickle": (pickled, "model.pt", "format"),
    "none of that name": (lambda _: None, "nowhere", "extraction.model"),
}


@pytest.mark.parametrize(("spoil", "file", "field"), REFUSED.values(), ids=REFUSED.keys())
def test_images_that_cannot_be_used_are_explained(
    place: Place, spoil: Callable[[Path], None], file: str, field: str
) -> None:
    good = place.current.info.id
    spoil(place.area)
    with pytest.raises(InputError) as caught:
        place.run()
    assert (Path(str(caught.value.file)).name, caught.value.field) == (file, field)
    assert caught.value.mend
    assert place.current.info.id == good


@pytest.mark.parametrize(("spoil", "file", "field"), MODELS.values(), ids=MODELS.keys())
def test_models_that_cannot_be_used_are_explained(
    place: Place, spoil: Callable[[Path], None], file: str, field: str
) -> None:
    good = place.current.info.id
    spoil(place.area)
    place.set('"quarry-resnet18"', f'"{file}"')
    with pytest.raises(InputError) as caught:
        place.run()
    assert (Path(str(caught.value.file)).name, caught.value.field) == (file, field)
    assert place.current.info.id == good
    assert not Path("/tmp/pitwatch-was-here").exists()


def test_a_check_reads_images_and_model(place: Place) -> None:
    told = check_inputs(read_area(place.area), place.home, lambda _: None)
    for old, new in (("nodata = 0", 'nodata = 0\nnatural_colour = ["B04", "B03", "B99"]'),):
        place.set(old, new)
        with pytest.raises(InputError, match="B99"):
            check_inputs(read_area(place.area), place.home, lambda _: None)
        place.set(new, old)
    assert "2 images, 2021-06-19 to 2023-03-01, 10 bands, 90 x 220 pixels" in told
    assert "quarry-resnet18 (quarry)" in told
    spoil_all_bands(place.area)
    with pytest.raises(InputError, match="needs the bands"):
        check_inputs(read_area(place.area), place.home, lambda _: None)


def test_given_outlines_and_a_model_contradict_each_other(place: Place) -> None:
    write_patch(place.area / "outlines.geojson")
    place.set("[refinement]", '[patches]\npath = "outlines.geojson"\n\n[refinement]')
    with pytest.raises(InputError) as caught:
        read_area(place.area)
    assert caught.value.field == "patches"


def test_an_area_needs_images_or_interferograms(tmp_path: Path) -> None:
    (tmp_path / "area.toml").write_text('name = "a"\ntitle = "A"\n')
    with pytest.raises(InputError) as caught:
        read_area(tmp_path)
    assert caught.value.field == "imagery"
    (tmp_path / "area.toml").write_text(
        'name = "a"\ntitle = "A"\n[extraction]\nmodel = "m"\n[stack]\nformat = "gamma"\n'
    )
    with pytest.raises(InputError) as caught:
        read_area(tmp_path)
    assert caught.value.field == "extraction"


def test_an_unknown_key_of_an_image_is_named_with_its_place(place: Place) -> None:
    place.set("offset = 1000", "ofset = 1000")
    with pytest.raises(InputError) as caught:
        read_area(place.area)
    assert caught.value.field == "imagery.images[2].ofset"
    assert "offset" in caught.value.mend
