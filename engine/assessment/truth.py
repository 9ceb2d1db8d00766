"""What is true of an image: of a simulated area its truth, which nothing else reads; else what was interpreted."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from engine.assessment.patches import Patches, labelled_patches, outlined_patches
from engine.errors import InputError
from engine.grid import Grid
from engine.patches.labels import UNLABELLED, labels_of, read_labels
from engine.patches.options import ReferenceOptions
from engine.raster import Raster
from engine.vectors import READABLE, polygons_in, read_vectors

TRUTH = "truth"
# Codes in `truth/context_YEAR.tif`.
PLAIN, SHADOW, WIND_FARM = "plain", "terrain shadow", "wind farm"
CONTEXTS = {0: PLAIN, 1: SHADOW, 2: WIND_FARM}


@dataclass(frozen=True)
class Truth:
    """What is true of one image, on its grid.

    labels : as `engine.patches.labels` gives them. patches : each true patch. context : kind of ground, a code of
    CONTEXTS; None where it is not known. lookalikes : number of the kind in `kinds`, from 1, of ground that looks
    like a mine; None where none is known. simulated : whether it is the truth, and not what interpreters made of it.
    """

    labels: NDArray[np.uint8]
    patches: Patches
    simulated: bool
    context: NDArray[np.uint8] | None = None
    lookalikes: NDArray[np.uint8] | None = None
    kinds: Sequence[str] = field(default=())


def reference_for(classes: Sequence[str], reference: ReferenceOptions | None) -> ReferenceOptions:
    """The meaning of labels, its classes in the order of a model's (`classes`, without background).

    Raises
    ------
    InputError
        When the model's classes are not those of the area.
    """
    if reference is None:
        return ReferenceOptions(
            classes={name: (code,) for code, name in enumerate(classes, start=1)}, class_field="code"
        )
    if set(classes) != set(reference.classes):
        raise InputError(
            f"the model finds {', '.join(classes)}, and the labels show {', '.join(reference.classes)}",
            field="reference.classes",
            mend="assess a model for these classes, or name the classes as the model does",
        )
    return reference.model_copy(update={"classes": {name: reference.classes[name] for name in classes}})


def is_known(folder: Path, day: datetime.date, labels: Path | None) -> bool:
    """Whether it can be told what is true of the image of a day (see `read_truth`)."""
    return labels is not None or _true_labels(folder, day).is_file()


def _true_labels(folder: Path, day: datetime.date) -> Path:
    return folder / TRUTH / f"labels_{day.year}.tif"


def read_truth(folder: Path, day: datetime.date, labels: Path | None, grid: Grid, reference: ReferenceOptions) -> Truth:
    """What is true of the image of a day.

    Parameters
    ----------
    folder : the area's. labels : what interpreters made of the image, if anything.

    Raises
    ------
    InputError
        For files that cannot be read, and for rasters of the truth that lie on other pixels than the image.
    """
    if labels is None or _true_labels(folder, day).is_file():
        return _simulated(folder / TRUTH, day.year, grid, reference)
    codes = read_labels(labels, grid, reference)
    if labels.suffix.lower() in READABLE:
        return Truth(codes, _outlined(labels, grid, reference), simulated=False)
    return Truth(codes, labelled_patches(codes), simulated=False)


def _simulated(folder: Path, year: int, grid: Grid, reference: ReferenceOptions) -> Truth:
    known = reference.model_copy(update={"background": (0,), "class_field": "code"})
    labels = _lookup(known)[_codes(folder / f"labels_{year}.tif", grid)]
    patches = _outlined(folder / f"patches_{year}.gpkg", grid, known)
    context, confusers = folder / f"context_{year}.tif", folder / "confusers.gpkg"
    lookalikes, kinds = _lookalikes(confusers, grid) if confusers.is_file() else (None, ())
    return Truth(
        labels,
        patches,
        simulated=True,
        context=_codes(context, grid) if context.is_file() else None,
        lookalikes=lookalikes,
        kinds=kinds,
    )


def _lookup(reference: ReferenceOptions) -> NDArray[np.uint8]:
    """Label of each code that a byte can hold."""
    found = np.full(256, UNLABELLED, np.uint8)
    for label, codes in enumerate((reference.background, *reference.classes.values())):
        found[[int(code) for code in codes]] = label
    return found


def _outlined(path: Path, grid: Grid, reference: ReferenceOptions) -> Patches:
    """Each polygon that is of a class is a patch."""
    table = read_vectors(path, field="labels")
    codes = labels_of(table, path, reference)
    mines = (codes > 0) & (codes != UNLABELLED)
    return outlined_patches(_shapes(table, grid, mines), codes[mines].tolist(), grid)


def _lookalikes(path: Path, grid: Grid) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    table = read_vectors(path, field="kind")
    kinds = tuple(sorted(set(table["kind"])))
    codes: Mapping[str, int] = {kind: code for code, kind in enumerate(kinds, start=1)}
    found = np.zeros(grid.shape, np.uint8)
    burnt = zip(_shapes(table, grid, np.ones(len(table), bool)), table["kind"].map(codes), strict=True)
    shapes = [(shape, code) for shape, code in burnt if not shape.is_empty]
    if shapes:
        rasterize(shapes, out=found, transform=grid.transform, all_touched=False)
    return found, kinds


def _shapes(table: gpd.GeoDataFrame, grid: Grid, chosen: NDArray[np.bool_]) -> list[BaseGeometry]:
    return [polygons_in(shape) for shape in table.geometry[chosen].to_crs(grid.crs.to_wkt())]


def _codes(path: Path, grid: Grid) -> NDArray[np.uint8]:
    with Raster(path) as raster:
        if not raster.grid.matches(grid):
            raise InputError(
                "its pixels are not those of the image",
                file=path,
                field="grid",
                mend="make the area again: python -m engine simulate",
            )
        codes: NDArray[np.uint8] = raster.read()
    return codes
