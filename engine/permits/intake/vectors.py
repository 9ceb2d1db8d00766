"""Layers that GDAL reads, under the drivers that are allowed."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from engine.errors import InputError
from engine.permits.intake.drivers import ALLOWED
from engine.permits.intake.layers import Layer, Loaded
from engine.permits.intake.limits import Limits

FAILURES = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError, ValueError, OSError, RuntimeError)
_ADDRESS = re.compile(r"(/[^\s'\"`,;:()]+)+")


def names_in(path: Path, form: str) -> list[str]:
    """Layers with geometry.

    Raises
    ------
    InputError
        When GDAL does not read the file as what it should be.
    """
    with quiet():
        try:
            found = pyogrio.list_layers(path)
        except FAILURES as error:
            raise unreadable(form, error) from None
    return [str(name) for name, kind in found if kind is not None]


def layer_of(
    path: Path, name: str, form: str, limits: Limits, *, title: str | None = None, encoding: str | None = None
) -> Layer:
    """A layer as it can be told without loading it. title : for people, where it is not its name."""
    with quiet():
        try:
            info = pyogrio.read_info(path, layer=name, encoding=encoding)
        except FAILURES as error:
            raise unreadable(form, error) from None
    if info["driver"] not in ALLOWED:
        raise InputError(f"it is no {form}", mend="supply it again")
    return Layer(
        title or name,
        kind_of(info["geometry_type"]),
        tuple(str(field) for field in info["fields"]),
        lambda: load(path, name, form, limits, encoding),
    )


def kind_of(geometry_type: str | None) -> str:
    plain = str(geometry_type)
    for word, kind in (("Polygon", "polygon"), ("Surface", "polygon"), ("Line", "line"), ("Curve", "line")):
        if word in plain and "Unknown" not in plain:
            return kind
    return "point" if "Point" in plain else "none" if plain == "None" else "any"


def load(path: Path, name: str, form: str, limits: Limits, encoding: str | None = None) -> Loaded:
    """Load a layer.

    Raises
    ------
    InputError
        When it cannot be read, its texts are of another encoding, or it holds more records than are read here.
    """
    with quiet():
        try:
            more = limits.records + 1
            info = pyogrio.read_info(path, layer=name, encoding=encoding)
            columns = pyogrio.read_dataframe(
                path, layer=name, encoding=encoding, read_geometry=False, max_features=more
            )
            _, _, written, _ = pyogrio.raw.read(path, layer=name, encoding=encoding, columns=[], max_features=more)
        except UnicodeDecodeError as error:
            raise wrong_encoding(error) from None
        except FAILURES as error:
            raise unreadable(form, error) from None
    if written is None:
        written = np.full(len(columns), None, dtype=object)
    require_count(len(written), limits)
    shapes, unclosed = from_wkb(written)
    # Without any column, pandas does not know how many records there are.
    columns = pd.DataFrame(columns).reset_index(drop=True).reindex(range(len(written)))
    return Loaded(columns, shapes, info["crs"], unclosed=tuple(unclosed))


def require_count(count: int, limits: Limits) -> None:
    if count > limits.records:
        raise InputError(
            f"it has more than {limits.records} records", mend="supply only the permits of the place in question"
        )


def from_wkb(written: NDArray[Any]) -> tuple[NDArray[Any], list[int]]:
    """Shapes, and the rows (from 1) in which rings were not closed, and now are."""
    shapes = shapely.from_wkb(written, on_invalid="ignore")
    broken = np.flatnonzero(shapely.is_missing(shapes) & ~pd.isna(written))
    if len(broken):
        shapes[broken] = shapely.from_wkb(written[broken], on_invalid="fix")
    return shapes, [int(row) + 1 for row in broken]


def wrong_encoding(error: UnicodeDecodeError) -> InputError:
    return InputError(
        f"its texts are not written in {error.encoding}",
        field="encoding",
        mend="choose another encoding, such as GB18030 or UTF-8",
    )


def unreadable(form: str, error: Exception) -> InputError:
    """What GDAL says of a file, without the addresses in it."""
    said = _ADDRESS.sub("the file", str(error).replace("'", "")).split(";")[0].split("\n")[0][:160]
    return InputError(f"not a readable {form} ({said.strip(' .')})", mend="supply it again, or save it anew in a GIS")


@contextmanager
def quiet() -> Iterator[None]:
    """GDAL's warnings name addresses, and say nothing that the notes do not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
