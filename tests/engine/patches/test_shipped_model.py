"""The model that ships: whole, known by its sum, described by its card, and finding quarries in images that ship."""

import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from engine.area import AreaOptions
from engine.blocks import Workers
from engine.grid import Block
from engine.imagery import ImageOptions, ImageryOptions, read_source
from engine.options import read_options
from engine.patches.checkpoint import MODELS, find_checkpoint, read_checkpoint
from engine.patches.inference import PROBABILITY, extract
from engine.patches.options import ExtractionOptions
from engine.raster import Raster, start_cog
from tests.conftest import ROOT
from tests.engine.patches.conftest import uncounted

NAME = "quarry-resnet18"
BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
SHIPPED_IMAGES = Path("areas/strzegom/images")
DATA = ROOT.parent / "shared" / "data" / "strzegom"
# Within the large quarry in the south-west, which no training saw, and forest and fields beside it.
CROP, QUARRY, NO_QUARRY = (
    Block(205, 275, 65, 265),
    (slice(220, 232), slice(120, 145)),
    (slice(210, 260), slice(165, 260)),
)


def test_it_is_found_by_name_and_loads(tmp_path: Path) -> None:
    checkpoint = read_checkpoint(find_checkpoint(NAME, tmp_path))
    description = checkpoint.description
    assert (description.name, description.architecture) == (NAME, "resnet18")
    assert description.classes == ("background", "quarry")
    assert tuple(band.name for band in description.bands) == BANDS
    assert date(2023, 3, 1) in description.data.held_out_dates
    assert not checkpoint.network.training
    assert checkpoint.path.stat().st_size < 40e6


def test_its_card_gives_its_sum_and_its_figures() -> None:
    checkpoint = read_checkpoint(MODELS / f"{NAME}.safetensors")
    card = (MODELS / f"{NAME}.md").read_text(encoding="utf-8")
    assert checkpoint.sha256 in card
    for part in ("unseen_rows", "unseen_date", "unseen_rows_and_date"):
        assert f"{checkpoint.description.metrics[f'{part}.iou']:.3f}" in card


def test_it_was_made_by_its_recipe() -> None:
    recipe = read_options(MODELS / f"{NAME}.toml", AreaOptions)
    description = read_checkpoint(MODELS / f"{NAME}.safetensors").description
    assert description.recipe == recipe.training
    assert recipe.imagery is not None
    assert recipe.reference is not None
    assert description.data.held_out_rows == recipe.reference.held_out_rows
    assert description.data.held_out_dates == recipe.reference.held_out_dates
    assert {path for path in description.data.files if path.startswith("imagery/")} == {
        image.path.as_posix() for image in recipe.imagery.images
    }


@pytest.mark.parametrize(("day", "offset"), [("20210619", 0), ("20230301", 1000)])
def test_it_finds_the_quarry_in_images_that_ship(tmp_path: Path, day: str, offset: int) -> None:
    """In rows that no training saw; the second date, no training saw either."""
    image = SHIPPED_IMAGES / f"strzegom_{day}_33u.tif"
    if not (ROOT / image).is_file():
        pytest.skip(f"{image} is not there")
    options = ImageryOptions(images=(ImageOptions(path=image, date=date(2021, 1, 1), offset=offset),), nodata=0)
    values, grid, bands = read_source(options.images[0], options, ROOT)
    values = np.where(np.isin(np.arange(grid.rows), np.arange(CROP.row0, CROP.row1))[:, None], values, np.nan)
    values[:, :, : CROP.col0], values[:, :, CROP.col1 :] = np.nan, np.nan
    with start_cog(tmp_path / "image.tif", grid, dtype="float32", nodata=np.nan, unit="1", names=bands) as write:
        write(Block(0, grid.rows, 0, grid.cols), values)
    window = ExtractionOptions(model=NAME, window=96, margin=24)
    checkpoint = find_checkpoint(NAME, tmp_path)
    extract(tmp_path / "image.tif", checkpoint, tmp_path, window, workers=Workers("threads", 2), count=uncounted)
    with Raster(tmp_path / PROBABILITY) as raster:
        found = raster.read()
    assert (found[QUARRY] >= 50).mean() > 0.9
    assert (found[NO_QUARRY] >= 50).mean() < 0.02


@pytest.mark.skipif(not DATA.is_dir(), reason="the labelled images are not there")
def test_its_training_data_are_known_by_their_sums() -> None:
    for name, digest in read_checkpoint(MODELS / f"{NAME}.safetensors").description.data.files.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest
