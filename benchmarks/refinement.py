"""What refinement makes of preliminary masks, on simulated areas whose truth is known, outside the training ground.

    python -m benchmarks.refinement AREA [AREA ...] --model FILE [--objects FOLDER] [--pictures FILE] [--json]

The area share p* is found on the training patches of the first date, and everything is counted outside the training
tiles, on all dates and areas together: the likeliest classes, which the paper begins with; the preliminary masks, by
two thresholds; objects of which the mask covers p*, or the default share where p* cannot be found (see
docs/objects.md), which move outlines as far as a run lets them; the same objects whole; other shares; land cover by
either rule, where there is a map; and all of it without the regions of the masks that look like no mine, as the area's
own training ground tells, and with what the model brings along.
`--objects` keeps the segmentations from one run to the next. `--pictures` draws a patch with holes, one in fragments
and isolated errors, each as it was, after, and as it is.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.ndimage import binary_fill_holes, find_objects, label

from engine.area import Area, read_area
from engine.assessment.areas import AssessedImage, assess_area
from engine.assessment.counting import PartCounts, count_image, pooled
from engine.blocks import Workers
from engine.grid import Block
from engine.imagery import IMAGE, PICTURE
from engine.objects.control import stakes_of, total_area_threshold
from engine.objects.rasters import StretchedImage, segment_raster
from engine.objects.refinement import RefinementOptions, refine
from engine.objects.screening import Samples, known_regions, learn, regions_of
from engine.objects.steps import FoundClasses, describe_date
from engine.patches.checkpoint import read_checkpoint
from engine.patches.inference import CLASS_PROBABILITIES, MASK, PROBABILITY
from engine.patches.labels import UNLABELLED, read_labels
from engine.patches.split import is_mine, training_ground
from engine.pipeline.optical import samples_beside
from engine.raster import Raster
from store.home import Home

LAND_COVER = "land_cover.tif"
SHARES = (0.25, 0.65)
LIKELIEST, RAW, REFINED, SCREENED = "likeliest class", "two thresholds", "refined", "screened"
WHOLE = "refined, whole objects"
SCREENED_HERE = "screened by its own ground alone"


@dataclass
class Found:
    """Counts of every way, part by part; and what pictures are drawn of."""

    counts: dict[str, list[PartCounts]]
    picture: tuple[AssessedImage, NDArray[np.bool_]] | None = None


def main() -> None:
    given = _arguments()
    console, found = Console(), Found({})
    with TemporaryDirectory() as scratch:
        for path in given.area:
            area = read_area(path)
            refining = Refining(area, given.model, given.objects or Path(scratch), console, found)
            assess_area(area, Home.default(), workers=Workers(), model=given.model, show=refining.image)
            refining.screened()
            figures = {way: figures_of(parts) for way, parts in found.counts.items()}
            tell(console, figures, f"up to {area.name}")
    if given.pictures and found.picture:
        draw_pictures(*found.picture, given.pictures)
    if given.json:
        print(json.dumps(figures))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("area", nargs="+", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--objects", type=Path, help="folder that keeps segmentations")
    parser.add_argument("--pictures", type=Path, help="PNG to draw examples of the first image into")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON in the last line")
    return parser.parse_args()


def tell(console: Console, figures: dict[str, dict[str, float]], title: str) -> None:
    heads = ("", "F1", "user's", "producer's", "identified", "precision", "similarity", "> 0.80", "of all", "IoU")
    table = Table(*heads, title=title, title_justify="left")
    for way, values in figures.items():
        table.add_row(way, *(f"{value:.3f}" for value in values.values()))
    console.print(table)


class Refining:
    """The images of one area in the order of their dates, refined and counted as they come."""

    def __init__(self, area: Area, model: Path, objects: Path, console: Console, found: Found) -> None:
        self._area, self._model, self._objects, self._console, self._found = area, model, objects, console, found
        self._options: RefinementOptions | None = None
        self._whole: RefinementOptions | None = None
        self._ground: NDArray[np.bool_] | None = None
        self._training_patches: dict[date, NDArray[np.bool_]] = {}
        self._images: list[AssessedImage] = []

    def image(self, image: AssessedImage) -> None:
        labels, classes, probability = self._labels(image), classes_of(image), probability_of(image)
        training, self._ground = self._training(image)
        if self._options is None:
            given = self._area.options.refinement
            self._options = self._control(given, image, labels, classes, training)
            whole = given.model_copy(update={"whole_objects": True})
            self._whole = self._control(whole, image, labels, classes, training)
        self._count(LIKELIEST, image, likeliest(image))
        self._count(RAW, image, image.mask)
        for way, options, unmined in self._ways(image):
            patches = self._refined(way, image, labels, classes, probability, options, unmined)
            if way == REFINED and self._found.picture is None:
                self._found.picture = image, patches > 0
        if image.day not in self._held_out:
            self._training_patches[image.day] = training
        self._images.append(image)

    def screened(self) -> None:
        """Refine all images once more, without the regions of their masks that look like no mine."""
        assert self._options is not None and self._ground is not None
        regions = {image.day: self._regions(image, classes_of(image)) for image in self._images}
        looks = self._looks(regions)
        own = [
            known_regions(regions[day], looks[day], patches, self._ground)
            for day, patches in self._training_patches.items()
        ]
        for way, samples in ((SCREENED_HERE, own), (SCREENED, [*own, *self._brought(list(looks[min(looks)].columns))])):
            screening = learn(samples)
            self._console.print(f"{self._area.name}, {way}: {screening and screening.report}")
            if screening is None:
                continue
            for image in self._images:
                classes, probability = classes_of(image), probability_of(image)
                gone = np.concatenate([[False], ~screening.keeps(looks[image.day])])[regions[image.day]]
                left = np.where(gone, 0, classes).astype(np.uint8)
                self._count(f"{way}, mask", image, left)
                self._refined(way, image, self._labels(image), left, probability, self._options, None)

    def _refined(
        self,
        way: str,
        image: AssessedImage,
        labels: NDArray[np.int32],
        classes: NDArray[np.uint8],
        probability: NDArray[np.float32],
        options: RefinementOptions,
        unmined: NDArray[np.bool_] | None,
    ) -> NDArray[np.int32]:
        reach = self._reach(options, image)
        result = refine(labels, classes > 0, classes, probability, image.grid.pixel_area, options, unmined, reach)
        codes = np.concatenate([[0], result.patch_table["class_code"].to_numpy()]).astype(np.uint8)
        self._count(way, image, codes[result.patches])
        return result.patches

    def _reach(self, options: RefinementOptions, image: AssessedImage) -> float | None:
        """Pixels by which objects move outlines of the mask, as a run has it."""
        error_m = None if options.whole_objects else read_checkpoint(self._model).description.boundary_error_m
        return None if error_m is None else error_m / image.grid.square_pixel_m

    def _regions(self, image: AssessedImage, classes: NDArray[np.uint8]) -> NDArray[np.int32]:
        least = self._area.options.refinement.least_area_m2
        return regions_of(classes > 0, least / image.grid.square_pixel_m**2)

    def _looks(self, regions: dict[date, NDArray[np.int32]]) -> dict[date, pd.DataFrame]:
        images = {image.day: image.image / IMAGE for image in self._images}
        found = {image.day: FoundClasses(image.found / PROBABILITY, image.found / MASK) for image in self._images}
        return {
            image.day: describe_date(image.day, regions[image.day], probability_of(image), images, found, self._bands)
            for image in self._images
        }

    def _brought(self, looks_like: list[str]) -> list[Samples]:
        """What the model brings along."""
        path = samples_beside(self._model)
        if path is None:
            return []
        samples = Samples.read(path, looks_like, self._images[0].grid.square_pixel_m)
        return [] if samples is None else [samples]

    @property
    def _bands(self) -> list[str]:
        return [band.name for band in read_checkpoint(self._model).description.bands]

    @property
    def _held_out(self) -> tuple[date, ...]:
        assert self._area.options.reference is not None
        return self._area.options.reference.held_out_dates

    def _labels(self, image: AssessedImage) -> NDArray[np.int32]:
        kept = self._objects / f"{self._area.name}-{image.day}.npy"
        if not kept.exists():
            found = segment_raster(StretchedImage(image.image / IMAGE), self._area.options.segmentation, Workers())
            self._console.print(f"{self._area.name} {image.day}: {found.labels.max()} objects, seams {found.seams}")
            self._objects.mkdir(parents=True, exist_ok=True)
            np.save(kept, found.labels)
        labels: NDArray[np.int32] = np.load(kept)
        return labels

    def _training(self, image: AssessedImage) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Where training patches lie on an image, and the training ground."""
        reference, imagery = self._area.options.reference, self._area.options.imagery
        assert reference is not None and imagery is not None
        interpreted = {
            one.date: read_labels(self._area.folder / one.labels, image.grid, reference)
            for one in imagery.in_order
            if one.labels is not None
        }
        ground = training_ground(interpreted, reference)[image.day]
        return is_mine(interpreted[image.day]) & ground, ground

    def _control(
        self,
        options: RefinementOptions,
        image: AssessedImage,
        labels: NDArray[np.int32],
        classes: NDArray[np.uint8],
        training: NDArray[np.bool_],
    ) -> RefinementOptions:
        """Options with p*, found on the training patches of the first date."""
        areas = image.grid.pixel_area
        mask, reach = classes > 0, self._reach(options, image)
        control = total_area_threshold([stakes_of(labels, mask, training, areas, reach)])
        self._console.print(f"{self._area.name}{', whole objects' if reach is None else ''}: {control}")
        if control is None or control.saturated:
            return options
        return options.model_copy(update={"least_share": control.share})

    def _ways(self, image: AssessedImage) -> Iterator[tuple[str, RefinementOptions, NDArray[np.bool_] | None]]:
        assert self._options is not None and self._whole is not None
        yield REFINED, self._options, None
        yield WHOLE, self._whole, None
        for share in SHARES:
            yield f"share {share:g}", self._options.model_copy(update={"least_share": share}), None
        land_cover = self._area.folder / LAND_COVER
        if land_cover.exists():
            with Raster(land_cover) as raster:
                unmined = np.isin(raster.read_codes_onto(image.grid), self._options.unmined)
            for rule in ("half", "any"):
                yield f"and land cover, {rule}", self._options.model_copy(update={"land_cover_rule": rule}), unmined

    def _count(self, way: str, image: AssessedImage, mask: NDArray[np.uint8]) -> None:
        parts, _ = count_image(
            mask,
            replace(image.truth, context=None, lookalikes=None),
            self._ground,
            day=image.day,
            held_out=True,
            classes=image.classes,
            pixel_m2=image.grid.pixel_size[0] * image.grid.pixel_size[1],
            least_area_m2=50.0,
        )
        self._found.counts.setdefault(way, []).extend(part for part in parts if part.patches is not None)


def classes_of(image: AssessedImage) -> NDArray[np.uint8]:
    """Codes under the preliminary mask, 0 for none and for no data."""
    return np.where(image.mask == UNLABELLED, np.uint8(0), image.mask)


def probability_of(image: AssessedImage) -> NDArray[np.float32]:
    """Of a mine of any class, 0–1, NaN for no data."""
    with Raster(image.found / PROBABILITY) as raster:
        percent = raster.read()
        return np.where(percent == raster.nodata, np.nan, percent / 100).astype(np.float32)


def likeliest(image: AssessedImage) -> NDArray[np.uint8]:
    """Class of each pixel that is likelier in a mine than not, 0 for the others, as the network alone would have it."""
    codes = np.zeros(image.grid.shape, np.uint8)
    with Raster(image.found / PROBABILITY) as total, Raster(image.found / CLASS_PROBABILITIES) as classes:
        for row in range(0, image.grid.rows, 1024):
            rows = Block(row, min(row + 1024, image.grid.rows), 0, image.grid.cols)
            percent = total.read(block=rows)
            inside = (percent >= 50) & (percent != total.nodata)
            codes[rows.slices] = np.where(inside, 1 + classes.read_bands(rows).argmax(axis=0), 0)
    return codes


def figures_of(parts: list[PartCounts]) -> dict[str, float]:
    """Of all parts together."""
    (total,) = pooled(parts)
    mines, patches = total.pixels.mines, total.patches
    assert patches is not None
    return {
        "f1": float(mines.f1[1]),
        "users": float(mines.users_accuracy[1]),
        "producers": float(mines.producers_accuracy[1]),
        "identified": patches.identification,
        "precision": patches.precision,
        "similarity": patches.mean_similarity,
        "alike": patches.alike,
        "similarity_of_all": patches.mean_similarity_of_all,
        "iou": patches.mean_iou,
    }


def draw_pictures(image: AssessedImage, refined: NDArray[np.bool_], path: Path) -> None:
    """A patch with holes, one in fragments, isolated errors: the likeliest class, what became of it, the truth."""
    true = is_mine(image.truth.labels)
    raw = likeliest(image) > 0
    gained, vanished = refined & ~raw & true, _vanished(raw, refined)
    rows = {
        "a patch with holes": _most_changed(
            true, lambda window: 0 if _holes(true[window]) else _holes(raw[window]) - _holes(refined[window])
        ),
        "a patch in fragments": _most_changed(
            true, lambda window: int(gained[window].sum()) * (label(raw[window])[1] - label(refined[window])[1])
        ),
        "isolated errors": _most_changed(
            vanished, lambda window: 0 if true[window].any() else int(vanished[window].sum())
        ),
    }
    figure = Figure(figsize=(10.5, 11), layout="constrained")
    panels = figure.subplots(3, 3)
    with Raster(image.image / PICTURE) as picture:
        for line, (name, block) in zip(panels, rows.items(), strict=True):
            ground = np.moveaxis(picture.read_bands(block), 0, -1)
            for panel, title, where in zip(
                line, ("likeliest class", "refined", "true"), (raw, refined, true), strict=True
            ):
                panel.imshow(ground, interpolation="nearest")
                shown = where[block.slices]
                panel.imshow(np.where(shown, 1.0, np.nan), cmap="autumn", alpha=0.35, vmin=0, vmax=1)
                if shown.any() and not shown.all():
                    panel.contour(shown, levels=[0.5], colors=["#ffd54d"], linewidths=1.0)
                panel.set_xticks([])
                panel.set_yticks([])
                panel.set_title(f"{name}: {title}" if title == LIKELIEST else title, fontsize=9, loc="left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _holes(mask: NDArray[np.bool_]) -> int:
    return int(binary_fill_holes(mask).sum() - mask.sum())


def _vanished(raw: NDArray[np.bool_], refined: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Regions of the mask of which nothing is left."""
    numbers, count = label(raw)
    left = np.zeros(count + 1, np.bool_)
    left[np.unique(numbers[refined])] = True
    gone: NDArray[np.bool_] = raw & ~left[numbers]
    return gone


def _most_changed(where: NDArray[np.bool_], change: Any) -> Block:
    """The window, of those round the larger parts of `where`, in which most has changed."""
    numbers, _ = label(where)
    sizes = np.bincount(numbers.ravel())
    boxes = find_objects(numbers)
    best: tuple[float, Block] | None = None
    for number in np.argsort(-sizes[1:])[:150] + 1:
        rows, cols = boxes[number - 1]
        window = Block(rows.start, rows.stop, cols.start, cols.stop).widened(60, where.shape)
        score = change(window.slices)
        if max(window.shape) < 700 and (best is None or score > best[0]):
            best = score, window
    assert best is not None
    return best[1]


if __name__ == "__main__":
    main()
