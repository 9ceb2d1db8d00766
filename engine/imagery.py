"""The images of an area, one a date, brought onto one grid."""

import datetime
from pathlib import Path

from pydantic import Field

from engine.options import Options


class ImageOptions(Options):
    """One image.

    path : relative to the area's folder. date : when it was taken. offset : subtracted from every value (Sentinel-2
    products since January 2022 carry 1000). labels : what is known of it, a raster of codes or polygons; only training
    and assessment read it.
    """

    path: Path
    date: datetime.date
    offset: float = 0.0
    labels: Path | None = None


class ImageryOptions(Options):
    """images : in any order; all are brought onto the grid of the first in time.

    bands : names of the bands in the files' order, where the files do not name them. natural_colour : names of the
    bands to show as red, green and blue; without it they are found by their usual names, or are the first three.
    nodata : value that stands for no data where the files do not say it (in every band of a pixel).
    """

    images: tuple[ImageOptions, ...] = Field(min_length=1)
    bands: tuple[str, ...] = ()
    natural_colour: tuple[str, str, str] | None = None
    nodata: float | None = None
