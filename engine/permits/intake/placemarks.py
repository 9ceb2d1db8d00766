"""KML: the placemarks of all its folders, however deep. GDAL's drivers lose names of columns that are not ASCII."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from engine.errors import InputError
from engine.permits.intake import encodings
from engine.permits.intake.layers import Layer, Loaded
from engine.permits.intake.limits import Limits
from engine.permits.intake.vectors import require_count

_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_ENTITIES = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_CONTAINERS = ("Document", "Folder")
_PARTS = ("MultiGeometry", "Polygon", "LineString", "LinearRing", "Point", "Track", "MultiTrack", "Model")
_DEEPEST = 100


def layer_of(path: Path, limits: Limits) -> Layer:
    """All placemarks of a KML file, with the folder that each is in.

    Raises
    ------
    InputError
        When it is no KML, defines entities, or holds no placemarks.
    """
    text, encoding = _text(path.read_bytes())
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        raise InputError("it is damaged: its XML does not end as it begins", mend="save it anew as KML") from None
    if _tag(root) != "kml":
        raise InputError("it is XML and no KML", mend="supply the permits as KML, GeoPackage or shapefile")
    del text

    def load() -> Loaded:
        return _load(root, encoding, limits)

    return Layer("permits", "any", (), load)


def _load(root: Element, encoding: str, limits: Limits) -> Loaded:
    rows, shapes, unclosed = [], [], []
    for folder, placemark in _placemarks(root, "", 0):
        closed = _Closed()
        shapes.append(_shape(placemark, closed))
        rows.append({**_columns(placemark), "folder": folder})
        if closed.count:
            unclosed.append(len(rows))
    require_count(len(rows), limits)
    columns = pd.DataFrame(rows, dtype=object)
    return Loaded(columns, np.array(shapes, dtype=object), "EPSG:4326", encoding, unclosed=tuple(unclosed))


def _text(data: bytes) -> tuple[str, str]:
    declared = _DECLARED.match(data)
    text, encoding, _ = encodings.decode(data, declared.group(1).decode("ascii") if declared else None)
    if _ENTITIES.search(text):
        raise InputError("it defines entities, which may read other files", mend="save it anew as KML")
    return _DECLARATION.sub("", text.lstrip("\ufeff"), count=1), encoding


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _placemarks(element: Element, folder: str, depth: int) -> Iterator[tuple[str, Element]]:
    if depth > _DEEPEST:
        raise InputError("its folders are nested too deeply", mend="save it anew as KML")
    for child in element:
        if _tag(child) in _CONTAINERS:
            name = _said(child, "name") if _tag(child) == "Folder" else ""
            yield from _placemarks(child, "/".join(part for part in (folder, name) if part), depth + 1)
        elif _tag(child) == "Placemark":
            yield folder, child


def _said(element: Element, tag: str) -> str:
    return next(((child.text or "").strip() for child in element if _tag(child) == tag), "")


def _columns(placemark: Element) -> dict[str, str | None]:
    """Name, description and extended data, under the names that the file gives them."""
    said: dict[str, str | None] = {"name": _said(placemark, "name") or None}
    if description := _said(placemark, "description"):
        said["description"] = description
    for element in placemark.iter():
        if _tag(element) == "Data" and (name := element.get("name")):
            said[name] = _said(element, "value") or None
        elif _tag(element) == "SimpleData" and (name := element.get("name")):
            said[name] = (element.text or "").strip() or None
    return said


class _Closed:
    """How many rings were left open."""

    count = 0


def _shape(element: Element, closed: _Closed, depth: int = 0) -> BaseGeometry | None:
    """The geometry of a placemark; None where it has none, or one that cannot be read."""
    if depth > _DEEPEST:
        return None
    shapes = [shape for child in element if _tag(child) in _PARTS and (shape := _part(child, closed, depth))]
    if not shapes:
        return None
    if len(shapes) == 1:
        return shapes[0]
    if all(shape.geom_type == "Polygon" for shape in shapes):
        return shapely.MultiPolygon(shapes)
    return shapely.GeometryCollection(shapes)


def _part(element: Element, closed: _Closed, depth: int) -> BaseGeometry | None:
    tag = _tag(element)
    if tag == "MultiGeometry":
        return _shape(element, closed, depth + 1)
    if tag == "Polygon":
        rings: dict[str, list[list[tuple[float, ...]]]] = {"outerBoundaryIs": [], "innerBoundaryIs": []}
        for boundary in element:
            if _tag(boundary) in rings:
                rings[_tag(boundary)] += [_ring(ring, closed) for ring in boundary if _tag(ring) == "LinearRing"]
        outer = next(iter(rings["outerBoundaryIs"]), [])
        if len(set(outer)) < 3:
            return None
        return shapely.Polygon(outer, [ring for ring in rings["innerBoundaryIs"] if len(set(ring)) >= 3])
    corners = _corners(element)
    if tag in ("LineString", "LinearRing") and len(corners) >= 2:
        return shapely.LineString(corners)
    return shapely.Point(corners[0]) if tag == "Point" and corners else None


def _ring(element: Element, closed: _Closed) -> list[tuple[float, ...]]:
    corners = _corners(element)
    closed.count += len(corners) >= 3 and corners[0] != corners[-1]
    return corners


def _corners(element: Element) -> list[tuple[float, ...]]:
    corners = []
    for written in _said(element, "coordinates").split():
        try:
            corner = tuple(float(part) for part in written.split(",") if part)
        except ValueError:
            return []
        if len(corner) < 2:
            return []
        corners.append(corner[:3])
    if len({len(corner) for corner in corners}) > 1:
        return [corner[:2] for corner in corners]
    return corners
