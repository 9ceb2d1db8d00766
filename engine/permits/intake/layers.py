"""The layers of a file, before any is loaded; and which of them hold the permits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import InputError
from engine.permits.cadastre import Note
from engine.permits.columns import known_names

_SHOWN = 20


@dataclass
class Loaded:
    """What a layer holds.

    columns : one row a record. shapes : its geometries, None where it has none. rows : of the file, from 1. crs : as
    the file says it; None where it does not. unclosed : rows whose rings were closed.
    """

    columns: pd.DataFrame
    shapes: NDArray[Any]
    crs: str | None
    encoding: str | None = None
    encoding_guessed: bool = False
    unclosed: tuple[int, ...] = ()
    notes: list[Note] = field(default_factory=list)
    rows: NDArray[Any] | None = None

    def row_numbers(self) -> NDArray[Any]:
        return np.arange(1, len(self.columns) + 1) if self.rows is None else self.rows


@dataclass(frozen=True)
class Layer:
    """kind : of its geometries: "polygon", "line", "point", "none", or "any" where only loading tells."""

    name: str
    kind: str
    columns: tuple[str, ...]
    load: Callable[[], Loaded]


def choose(layers: Sequence[Layer], wanted: str | None) -> list[Layer]:
    """The layers to read.

    Parameters
    ----------
    wanted : a name, or several with "|" between them; None where nobody has said.

    Raises
    ------
    InputError
        When there is none with polygons, none of that name, or more than one may be meant.
    """
    if wanted is not None:
        return _named(layers, wanted)
    fit = [layer for layer in layers if layer.kind in ("polygon", "any")]
    if not fit:
        kinds = {layer.kind for layer in layers}
        raise no_polygons("points" if kinds == {"point"} else "lines" if kinds == {"line"} else "no polygons")
    if len(fit) > 1:
        alike = [layer for layer in fit if len(known_names(layer.columns)) > 1]
        fit = alike or fit
    if len(fit) > 1:
        raise InputError(
            f"it has {len(fit)} layers that may hold the permits: {_list(fit)}",
            field="layer",
            mend='choose one of them, or several with "|" between their names',
        )
    return fit


def _named(layers: Sequence[Layer], wanted: str) -> list[Layer]:
    by_name = {layer.name: layer for layer in layers}
    names = [wanted] if wanted in by_name else [name.strip() for name in wanted.split("|")]
    if missing := [name for name in names if name not in by_name]:
        raise InputError(
            f"it has no layer '{missing[0]}'; it has: {_list(layers)}", field="layer", mend="choose one of its layers"
        )
    return [by_name[name] for name in dict.fromkeys(names)]


def _list(layers: Sequence[Layer]) -> str:
    names = [layer.name for layer in layers]
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def no_polygons(instead: str) -> InputError:
    held = {
        "points": "it holds points, not the outlines of permits",
        "lines": "it holds lines, not the outlines of permits",
        "points and lines": "it holds points and lines, not the outlines of permits",
    }.get(instead, "no polygon in it")
    mend = {
        "points": "supply the permits as polygons; corner points belong in a table (CSV or XLSX), one row a corner",
        "lines": "turn the lines into polygons in a GIS, and supply those",
    }.get(instead, "supply the permits as polygons")
    return InputError(held, field="geometry", mend=mend)


def together(parts: Sequence[tuple[str, Loaded]]) -> Loaded:
    """Several layers as one, with a column that says of which each record is.

    Raises
    ------
    InputError
        When they are not in one coordinate reference system.
    """
    if len(parts) == 1:
        return parts[0][1]
    if len({loaded.crs for _, loaded in parts}) > 1:
        raise InputError(
            "its layers are in different coordinate reference systems",
            field="layer",
            mend="choose layers of one system, or supply them one by one",
        )
    frames, rows, unclosed, shift = [], [], [], 0
    for name, loaded in parts:
        column = "layer" if "layer" not in loaded.columns else "layer of the file"
        frames.append(loaded.columns.assign(**{column: name}))
        rows.append(loaded.row_numbers() + shift)
        unclosed += [row + shift for row in loaded.unclosed]
        shift += int(loaded.row_numbers().max(initial=0))
    encodings = [loaded.encoding for _, loaded in parts if loaded.encoding]
    return Loaded(
        pd.concat(frames, ignore_index=True),
        np.concatenate([loaded.shapes for _, loaded in parts]),
        parts[0][1].crs,
        encodings[0] if encodings else None,
        any(loaded.encoding_guessed for _, loaded in parts),
        tuple(unclosed),
        [note for _, loaded in parts for note in loaded.notes],
        np.concatenate(rows),
    )
