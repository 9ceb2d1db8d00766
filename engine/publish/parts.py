"""What the radar half and the optical half each bring to a release."""

import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from engine.grid import Bounds

Row = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """tables : frames by name. layers : rows of the table layer, in order, without their position.

    bounds : of its data, in degrees. dates : the first and the last.
    """

    tables: dict[str, pd.DataFrame]
    layers: list[Row]
    bounds: Bounds
    dates: tuple[date, date]


def flat_with_bounds(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """A table whose geometry is WKB, with its bounds in plain columns; both are missing where it is empty."""
    bounds = table.bounds.set_axis(["west", "south", "east", "north"], axis=1)
    shapes = table.geometry.where(~table.geometry.is_empty)
    return pd.concat([pd.DataFrame(table.drop(columns="geometry")), bounds, shapes.to_wkb().rename("geometry")], axis=1)


def sequential(unit: str, low: float, high: float) -> Row:
    """The columns of a layer that runs from low to high."""
    return {"unit": unit, "palette": "sequential", "low": low, "high": high}


def share_file(path: Path, folder: Path, name: str | None = None) -> str:
    """Put a step's product into a release's folder; returns its name there."""
    target = folder / (name or path.name)
    try:
        os.link(path, target)  # the step's folder is replaced, never written to: sharing is safe
    except OSError:
        shutil.copyfile(path, target)
    return target.name
