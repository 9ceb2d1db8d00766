"""An area of bright pits, at two dates, with labels of a part of it."""

from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.imagery import ImageOptions, ImageryOptions
from engine.patches.labels import UNLABELLED
from engine.patches.options import ReferenceOptions, TrainingOptions
from engine.patches.sampling import LabelledImage, training_parts
from engine.patches.split import training_ground
from tests.engine.conftest import write_tif
from tests.engine.patches.conftest import grid_of, write_image

FIRST, SECOND = date(2021, 6, 19), date(2023, 3, 1)
REFERENCE = ReferenceOptions(
    classes={"pit": (10,)}, background=(1,), held_out_rows=((48, 96),), held_out_dates=(SECOND,)
)
# Of an area.toml: what `write_dates` writes, the first date or both.
ONE_DATE = """name = "pits"
title = "Pits"
[imagery]
nodata = 0
[[imagery.images]]
path = "2021-06-19.tif"
labels = "2021-06-19_codes.tif"
date = 2021-06-19
"""
TWO_DATES = (
    ONE_DATE
    + """[[imagery.images]]
path = "2023-03-01.tif"
labels = "2023-03-01_codes.tif"
date = 2023-03-01
offset = 1000
"""
)
QUICK = TrainingOptions(stride=8, zoom=1, rates=(1, 2, 3), crop=32, batch=2, steps=2, validation=0)


def scene(seed: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Bright pits in darker ground, above and below the rows that are held out; right of column 80 nobody looked."""
    random = np.random.default_rng(seed)
    values, codes = random.normal(1000, 60, (3, 96, 96)), np.ones((96, 96), np.uint8)
    for row, col in ((4, 10), (20, 50), (60, 20), (72, 56)):
        values[:, row : row + 16, col : col + 16] += 800
        codes[row : row + 16, col : col + 16] = 10
    codes[:, 80:] = 0
    return values.astype(np.uint16), codes


def write_dates(folder: Path) -> ImageryOptions:
    images = []
    for number, day in enumerate((FIRST, SECOND)):
        values, codes = scene(number)
        write_image(folder / f"{day}.tif", values + np.uint16(1000 * number))
        write_tif(folder / f"{day}_codes.tif", codes, grid_of(96, 96), nodata=None)
        images.append(
            ImageOptions(path=Path(f"{day}.tif"), labels=Path(f"{day}_codes.tif"), date=day, offset=1000 * number)
        )
    return ImageryOptions(images=tuple(images), nodata=0)


def parts() -> list[LabelledImage]:
    values, codes = scene(0)
    labels = np.select([codes == 10, codes == 1], [1, 0], UNLABELLED).astype(np.uint8)
    image = LabelledImage("a", FIRST, values.astype(np.float32), labels)
    return training_parts([image], REFERENCE, list(training_ground({FIRST: labels}, REFERENCE).values()))
