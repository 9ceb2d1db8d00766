"""What a model finds in images in memory, and figures of what it was trained on and of what was held out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.blocks import Workers
from engine.grid import Block, Grid
from engine.patches.inference import MASK, PROBABILITY, extract
from engine.patches.labelled import ReadImage
from engine.patches.labels import UNLABELLED
from engine.patches.mask import NO_MASK
from engine.patches.options import ExtractionOptions
from engine.patches.parts import parts_of
from engine.patches.places import Errors
from engine.patches.sampling import LabelledImage
from engine.patches.split import is_mine
from engine.raster import Raster, start_plain

# Figures from labels and from what was predicted there, both uint8 of one shape, UNLABELLED where nothing is known.
Score = Callable[[NDArray[np.uint8], NDArray[np.uint8]], Mapping[str, float]]
# Smaller regions are none (METHOD §3); pixels that meet at a corner belong to one.
LEAST_M2, EIGHT = 50.0, np.ones((3, 3), bool)


def predict_image(image: LabelledImage, grid: Grid, bands: Sequence[str], checkpoint: Path) -> NDArray[np.uint8]:
    """Class of every pixel of an image in memory, 0 for background, as a run of the pipeline finds it."""
    classes = find(image, grid, bands, checkpoint, MASK)
    classes[classes == NO_MASK] = 0
    return classes


def errors_of(one: ReadImage, checkpoint: Path) -> Errors:
    """Where a model sees a mine, more likely than not, in regions that touch none by the labels; and mines of which it
    sees less than half.

    Neither is of fewer than 50 m².
    """
    percent = find(one.image, one.grid, one.bands, checkpoint, PROBABILITY)
    found, labels = (percent >= 50) & (percent <= 100), one.image.labels
    least = LEAST_M2 / one.grid.square_pixel_m**2
    return Errors(
        # Unlabelled ground may be a mine as well.
        alarms=_regions(found, labels != 0, lambda mined, pixels: (mined == 0) & (pixels >= least)),
        missed=_regions(is_mine(labels), found, lambda seen, pixels: (seen < pixels / 2) & (pixels >= least)),
    )


def _regions(
    inside: NDArray[np.bool_],
    marked: NDArray[np.bool_],
    keep: Callable[[NDArray[np.number], NDArray[np.intp]], NDArray[np.bool_]],
) -> NDArray[np.bool_]:
    """The regions that are kept, by how many pixels of theirs are marked and how many they have."""
    regions, count = label(inside, EIGHT)
    of = regions[inside]
    kept = keep(np.bincount(of, marked[inside], count + 1), np.bincount(of, minlength=count + 1))
    kept[0] = False
    among: NDArray[np.bool_] = kept[regions]
    return among


def find(image: LabelledImage, grid: Grid, bands: Sequence[str], checkpoint: Path, product: str) -> NDArray[np.uint8]:
    """A product of the extraction of an image in memory."""
    options = ExtractionOptions(model=str(checkpoint))
    with TemporaryDirectory() as scratch:
        folder, path = Path(scratch), Path(scratch) / "image.tif"
        with start_plain(path, grid, dtype="float32", nodata=np.nan, unit="1", names=bands) as write:
            write(Block(0, grid.rows, 0, grid.cols), image.values.astype(np.float32, copy=False))
        extract(path, checkpoint, folder, options, workers=Workers(count=torch.get_num_threads()), count=_uncounted)
        with Raster(folder / product) as raster:
            values: NDArray[np.uint8] = raster.read()
    return values


def score_parts(read: Iterable[ReadImage], predicted: Iterable[NDArray[np.uint8]], score: Score) -> dict[str, float]:
    """Figures of four parts of the images: trained on, rows held out, dates held out, and both; named `part.figure`."""
    gathered: dict[str, list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]] = {}
    for one, found in zip(read, predicted, strict=True):
        for name, where in parts_of(one.seen, held_out=one.held_out, unseen="unseen_rows"):
            labels = one.image.labels[where]
            if (labels != UNLABELLED).any():
                gathered.setdefault(name, []).append((labels, found[where]))
    return {
        f"{name}.{figure}": value
        for name, those in gathered.items()
        for figure, value in score(*(np.concatenate(arrays) for arrays in zip(*those, strict=True))).items()
    }


def _uncounted(_total: int) -> Callable[[], None]:
    return lambda: None
