"""What other dates say of a region: whether its ground looks alike there, and how sure the network was of it then.

What a network takes for a mine by the light of one day it mostly does not by that of another; a mine it finds again.
So ground that looks as it did and was no mine then is hardly one now, while of ground that has changed another date
says nothing.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from engine.grid import Block
from engine.likeness import pattern_likeness
from engine.raster import Raster


class Seen(NamedTuple):
    """A date on the area's grid. image : its bands, NaN for no data. probability : of a mine, per cent, with nodata."""

    image: Path
    probability: Path


class _Region(NamedTuple):
    """What a date shows of a region. bands : shape (bands, rows, cols). mean, most : probability of a mine within it,
    0–1, NaN where nothing is known."""

    bands: NDArray[np.floating]
    mean: float
    most: float


def describe_other_dates(regions: NDArray[np.int32], here: Seen, others: Sequence[Seen]) -> pd.DataFrame:
    """One row a region, in the order of their numbers; without other dates no columns.

    Parameters
    ----------
    regions : 1 to n, 0 for none, shape (rows, cols), of the mask of the date `here`.

    Returns
    -------
    alike : greatest likeness of its ground to that of another date, −1 to 1; p_then, p_then_most : mean and greatest
    probability within it on that date, 0–1; p_lost : by how much less the network was sure of it then, as far as the
    ground is alike. All NaN where no other date shows enough of it.
    """
    boxes = find_objects(regions)
    if not others:
        return pd.DataFrame(index=range(len(boxes)))
    rows = []
    with ExitStack() as stack:
        dates = [[stack.enter_context(Raster(path)) for path in seen] for seen in (here, *others)]
        for number, box in enumerate(boxes, start=1):
            block = Block(box[0].start, box[0].stop, box[1].start, box[1].stop)
            inside = np.asarray(regions[block.slices] == number)
            now, *then = (_look(image, probability, block, inside) for image, probability in dates)
            rows.append(_compare(now, then, inside))
    return pd.DataFrame(rows, columns=["alike", "p_then", "p_then_most", "p_lost"])


def _look(image: Raster, probability: Raster, block: Block, inside: NDArray[np.bool_]) -> _Region:
    percent = probability.read(block=block)
    known = percent[inside & (percent != probability.nodata)] / 100
    bands = image.read_bands(block)
    return _Region(bands, known.mean(), known.max()) if known.size else _Region(bands, np.nan, np.nan)


def _compare(now: _Region, then: Sequence[_Region], inside: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    alike = [pattern_likeness(now.bands, one.bands, inside) for one in then]
    if np.isnan(alike).all():
        return np.nan, np.nan, np.nan, np.nan
    best = int(np.nanargmax(alike))
    other = then[best]
    return alike[best], other.mean, other.most, max(alike[best], 0.0) * (now.mean - other.mean)
