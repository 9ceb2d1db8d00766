"""Labelled images in memory: in half precision where that loses nothing, and nowhere else."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from engine.imagery import ImageOptions, ImageryOptions
from engine.patches.labelled import read_labelled
from engine.patches.labels import UNLABELLED
from tests.engine.conftest import write_tif
from tests.engine.patches.conftest import grid_of, write_image
from tests.engine.patches.pits import REFERENCE, scene


@pytest.mark.parametrize(
    ("dtype", "offset", "held_as"),
    [("uint8", 0, np.float16), ("uint8", 0.001, np.float32), ("uint16", 0, np.float32), ("float32", 0, np.float32)],
)
def test_images_are_held_exactly(tmp_path: Path, dtype: str, offset: float, held_as: type) -> None:
    most = 255 if dtype == "uint8" else 60_001
    values = np.random.default_rng(0).integers(1, most, (3, 96, 96), endpoint=True).astype(dtype)
    values[:, 5, 6], values[:, 90, 90] = 0, most
    write_image(tmp_path / "image.tif", values, nodata=0)
    write_tif(tmp_path / "codes.tif", scene(0)[1], grid_of(96, 96), nodata=None)
    image = ImageOptions(path=Path("image.tif"), labels=Path("codes.tif"), date=date(2021, 6, 19), offset=offset)
    reference = REFERENCE.model_copy(update={"held_out_dates": ()})
    (read,) = read_labelled(ImageryOptions(images=(image,)), reference, tmp_path)
    assert read.image.values.dtype == held_as
    expected = values.astype(np.float32) - np.float32(offset)
    expected[:, 5, 6] = np.nan
    np.testing.assert_array_equal(read.image.values, expected)
    assert read.image.labels[5, 6] == UNLABELLED
