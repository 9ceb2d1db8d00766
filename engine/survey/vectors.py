"""Vector files: what each of their layers shows, and where."""

import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry import box

from engine.errors import InputError
from engine.grid import Grid
from engine.patches.outlines import OutlineOptions, read_outlines
from engine.survey.columns import Subject, class_column, identifier_column, name_column, subject_of
from engine.survey.files import Entry, Listing, Unused, printable
from engine.vectors import READABLE, begins_as

_LARGEST = 200_000_000  # bytes
# The rest of these holds nothing that a run could use.
_POLYGONS = ("Polygon", "MultiPolygon", "GeometryCollection", "Unknown")
# Words of names, by their beginnings.
_MINES = re.compile(r"(?<![a-z])(?:mine|mining|quarr|pit|outline|bound|steinbr|tagebau|cantera|mina|patch)|矿")
_FRAMES = re.compile(r"(?<![a-z])(?:aoi|extent|frame|footprint|bbox|tile|grid)")
_FRAME_SHARE = 0.9


@dataclass(frozen=True)
class VectorLayer:
    """Polygons of one file or layer.

    said : folder, file and layer, as their names tell. outlines : in EPSG:4326, as a run would read them.
    """

    path: Path
    said: str
    layer: str | None
    subject: Subject
    outlines: gpd.GeoDataFrame
    id_field: str | None
    name_field: str | None
    class_field: str | None
    classes: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def says_mines(self) -> bool:
        return bool(_MINES.search(self.said))

    def within(self, grid: Grid) -> int:
        """How many polygons lie, at least in part, in a frame."""
        return int(self.outlines.intersects(box(*_ordered(grid))).sum())

    def is_frame_of(self, grid: Grid) -> bool:
        """Whether it only says where the data lie: one polygon that fills the frame, or a name that says so."""
        frame = box(*_ordered(grid))
        fills = len(self.outlines) == 1 and self.outlines.geometry.iloc[0].intersection(frame).area > (
            _FRAME_SHARE * frame.area
        )
        return not self.says_mines and (fills or bool(_FRAMES.search(self.said)))


def _ordered(grid: Grid) -> tuple[float, float, float, float]:
    west, south, east, north = grid.bounds_lonlat
    return west, south, east, north


def read_vectors(listing: Listing, unused: Unused, known: Collection[Path] = ()) -> list[VectorLayer]:
    """Every layer of polygons in a folder but those of `known` files; what cannot be read is noted with the reason."""
    found = []
    for entry in listing.entries:
        if entry.suffix not in READABLE or entry.path in known or not _is_vector(entry):
            continue
        if entry.size > _LARGEST:
            unused.add(entry.path, f"{entry.size // 1_000_000} MB are too many to look into: cut out the place")
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of dates and rings; what is wrong in earnest is raised
                found += list(_layers(entry.path, listing.root, unused))
        except InputError as error:
            unused.add(entry.path, f"{printable(error.problem)}; {error.mend}")
        except (DataSourceError, DataLayerError, ValueError, OSError):
            if entry.suffix != ".json":  # which may be anything
                unused.add(entry.path, "not a readable vector file; supply it again")
    return found


def _is_vector(entry: Entry) -> bool:
    """Whether a file holds what its suffix says; JSON may be anything, unless it is called GeoJSON."""
    said = entry.suffix != ".json" or b'"Feature' in entry.head or b'"coord' in entry.head
    return said and begins_as(entry.suffix, entry.head)


def _layers(path: Path, root: Path, unused: Unused) -> Iterator[VectorLayer]:
    if path.suffix.lower() == ".parquet":
        yield _layer(path, None, gpd.read_parquet(path), root)
        return
    layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    spatial = [name for name, kind in layers if kind is not None and str(kind).split(" ")[0] in _POLYGONS]
    if not spatial:
        unused.add(path, "no polygons in it")
    for name in spatial:
        table = gpd.read_file(path, layer=name)
        if isinstance(table, gpd.GeoDataFrame) and len(table):
            yield _layer(path, name if len(layers) > 1 else None, table, root)
        elif len(spatial) == 1:
            unused.add(path, "no polygons in it")


def _layer(path: Path, layer: str | None, table: gpd.GeoDataFrame, root: Path) -> VectorLayer:
    outlines = read_outlines(OutlineOptions(path=path.relative_to(root), layer=layer), root)
    kept = table[[column for column in table.columns if column != table.geometry.name]]
    if len(outlines) < len(table):
        # Columns are judged by the rows that are read: those with a polygon.
        shapes = table.geometry.to_numpy()
        kept = kept[~(shapely.is_empty(shapes) | shapely.is_missing(shapes))]
    return layer_of(path, layer, kept, outlines, root)


def layer_of(path: Path, layer: str | None, table: pd.DataFrame, outlines: gpd.GeoDataFrame, root: Path) -> VectorLayer:
    """What a table of polygons shows. outlines : in EPSG:4326."""
    column = class_column(table)
    return VectorLayer(
        path=path,
        said=f"{'/'.join(path.relative_to(root).with_suffix('').parts[-2:])} {layer or ''}".lower().replace("_", " "),
        layer=layer,
        subject=subject_of(table),
        outlines=outlines,
        id_field=identifier_column(table),
        name_field=name_column(table),
        class_field=column,
        classes=tuple(sorted({str(value) for value in table[column].dropna()})) if column else (),
        columns=tuple(str(name) for name in table.columns),
    )


def choose_outlines(layers: Sequence[VectorLayer], grid: Grid) -> VectorLayer | None:
    """Of several layers in a frame, the one whose name speaks of mines, then the one with most polygons in it."""
    candidates = [layer for layer in layers if layer.within(grid) and not layer.is_frame_of(grid)]
    return max(
        candidates,
        key=lambda layer: (layer.says_mines, layer.within(grid), -len(layer.path.parts), str(layer.path)),
        default=None,
    )
