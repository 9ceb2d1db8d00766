"""Small images with known content, and checkpoints of networks that nobody trained."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import torch
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from engine.grid import Grid
from engine.patches import model
from engine.patches.blending import NO_PROBABILITY
from engine.patches.checkpoint import BandOptions, Checkpoint, ModelDescription, write_checkpoint
from engine.patches.inference import PROBABILITY
from engine.raster import Raster
from tests.engine.conftest import write_tif

BANDS = ("B02", "B03", "B04")


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Threads that wait for each other are slow where several tests share the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def narrow() -> Iterator[None]:
    """Networks of the same layers that are far narrower, the smallest with one block in each, and so cost little.

    For what does not depend on how large a network is; processes that are spawned make them as large as ever.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(model, "_WIDTHS", (16, 16, 24, 32))
        patched.setattr(model, "_ASPP_WIDTH", 32)
        patched.setitem(model._LAYOUTS, "resnet18", model._Layout((1, 1, 1, 1), bottleneck=False))
        yield


def grid_of(rows: int, cols: int) -> Grid:
    """10 m pixels near Strzegom."""
    return Grid(CRS.from_epsg(32633), Affine(10.0, 0.0, 585_420.0, 0.0, -10.0, 5_652_250.0), (rows, cols))


def write_image(
    path: Path,
    values: NDArray[Any],
    bands: Sequence[str] = BANDS,
    nodata: float | None = None,
    grid: Grid | None = None,
) -> Path:
    """A GeoTIFF of bands with names, shape (bands, rows, cols)."""
    own = grid or grid_of(*values.shape[1:])
    profile: dict[str, Any] = {"driver": "GTiff", "count": len(values), "dtype": values.dtype, "nodata": nodata}
    profile |= {"height": own.rows, "width": own.cols, "transform": own.transform, "crs": own.crs.to_wkt()}
    with rasterio.open(path, "w", **profile) as target:
        target.write(values)
        for number, name in enumerate(bands, start=1):
            target.set_band_description(number, name)
    return path


def description_of(**changes: Any) -> ModelDescription:
    """Of a small network: three bands, two classes of mine."""
    plain: dict[str, Any] = {
        "name": "untrained",
        "architecture": "resnet18",
        "stride": 16,
        "zoom": 2,
        "rates": (1, 2, 3),
        "classes": ("background", "pit", "dump"),
        "bands": tuple(BandOptions(name=name, mean=1000.0, std=300.0) for name in BANDS),
    }
    return ModelDescription(**plain | changes)


def write_untrained(path: Path, **changes: Any) -> Checkpoint:
    """A checkpoint whose weights are random, always the same."""
    description = description_of(**changes)
    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = description.network()
    return write_checkpoint(path, description, network.state_dict())


def uncounted(_total: int) -> Callable[..., None]:
    return lambda *_: None


def extract_first_band(image: Path, _checkpoint: Path, folder: Path, *_options: Any, **_how: Any) -> None:
    """Stands in for a network: the first band is the probability in per cent."""
    with Raster(image) as raster:
        percent, grid = raster.read_bands()[0], raster.grid
    percent = np.where(np.isnan(percent), NO_PROBABILITY, percent).astype(np.uint8)
    write_tif(folder / PROBABILITY, percent, grid, nodata=NO_PROBABILITY)
