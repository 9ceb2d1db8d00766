"""GeoJSON and KML: texts that are read here once, so that GDAL finds UTF-8 and nothing that points elsewhere."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

from engine.errors import InputError
from engine.permits.intake import encodings, vectors
from engine.permits.intake.layers import Layer, Loaded, together
from engine.permits.intake.limits import Limits

_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_ROOT = re.compile(r"^\s*(?:<!--.*?-->\s*)*<(?:\w+:)?(\w+)", re.DOTALL)
# What KML always has, whether anybody has filled it in or not.
_OF_KML = {
    *("timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon", "id"),
    *("snippet", "Description", "description"),
}
_OF_DISPLAY = {"altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon"}


def geojson_layer(path: Path, folder: Path, limits: Limits, chosen: str | None) -> Layer:
    """The one layer of a GeoJSON file.

    Raises
    ------
    InputError
        When it is no JSON or no GeoJSON.
    """
    text, encoding, guessed = encodings.decode(path.read_bytes(), chosen)
    said = _parse(text)
    kinds = _collection_kinds(said)
    folder.mkdir()
    named = folder / "cadastre.geojson"
    named.write_text(text, encoding="utf-8")
    states_crs = isinstance(said.get("crs"), dict)
    del said, text
    names = vectors.names_in(named, "GeoJSON")
    if not names:
        raise InputError("no record in it", mend="supply the permits as polygons")

    def load() -> Loaded:
        loaded = vectors.load(named, names[0], "GeoJSON", limits)
        loaded.encoding, loaded.encoding_guessed = encoding, guessed
        if not states_crs and not _in_degrees(loaded):
            loaded.crs = None
        return loaded

    with vectors.quiet():
        fields = pyogrio.read_info(named)["fields"]
    kind = "any" if len(kinds) != 1 else kinds.pop()
    return Layer("permits", kind, tuple(str(name) for name in fields), load)


def _parse(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except RecursionError:
        raise InputError("it is nested too deeply", mend="export it anew from a GIS") from None
    except ValueError as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"it is no JSON{where}", mend="supply it again, or export it anew") from None
    if not isinstance(said, dict) or not isinstance(said.get("type"), str):
        raise InputError("it is JSON and no GeoJSON", mend="supply a FeatureCollection of polygons")
    if said["type"] == "Topology":
        raise InputError("it is TopoJSON", mend="supply the permits as GeoJSON")
    if said["type"] == "FeatureCollection" and not isinstance(said.get("features"), list):
        raise InputError("its features are no list", mend="supply a FeatureCollection of polygons")
    if said["type"] == "FeatureCollection" and not said["features"]:
        raise InputError("no record in it", mend="supply the permits as polygons")
    return said


def _collection_kinds(said: dict[str, Any]) -> set[str]:
    """Kinds of the geometries in a FeatureCollection."""
    features = said.get("features") or []
    words = set()
    for feature in features:
        shape = feature.get("geometry") if isinstance(feature, dict) else None
        words.add(vectors.kind_of(str(shape.get("type"))) if isinstance(shape, dict) else "none")
    return words


def _in_degrees(loaded: Loaded) -> bool:
    """GeoJSON that says no system is in degrees, or not after the standard."""
    import shapely

    corners = shapely.get_coordinates(loaded.shapes)
    return bool(len(corners) == 0 or (abs(corners) <= 180).mean() > 0.5)


def kml_layers(path: Path, folder: Path, limits: Limits) -> list[Layer]:
    """All folders of a KML file, as one layer.

    Raises
    ------
    InputError
        When it is no KML, or defines entities.
    """
    text = _kml_text(path.read_bytes())
    folder.mkdir()
    named = folder / "cadastre.kml"
    named.write_text('<?xml version="1.0" encoding="UTF-8"?>\n' + text, encoding="utf-8")
    names = list(dict.fromkeys(vectors.names_in(named, "KML")))
    if not names:
        raise InputError("no record in it", mend="supply the permits as polygons")
    parts = [vectors.layer_of(named, name, "KML", limits) for name in names]
    columns = tuple(dict.fromkeys(column for part in parts for column in part.columns))

    def load() -> Loaded:
        loaded = together([(part.name, _of_permits(part.load())) for part in parts])
        if len(parts) == 1:
            loaded.columns = loaded.columns.assign(layer=parts[0].name)
        renamed = loaded.columns.rename(columns={"layer": "folder", "layer of the file": "folder of the file"})
        loaded.columns = _without_empty(renamed)
        vectors.require_count(len(loaded.columns), limits)
        loaded.encoding = "UTF-8"
        return loaded

    return [Layer("permits", "any", columns, load)]


def _kml_text(data: bytes) -> str:
    declared = _DECLARED.match(data)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or not declared:
        text, _, _ = encodings.decode(data, None)
    else:
        text, _, _ = encodings.decode(data, declared.group(1).decode("ascii"))
    text = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise InputError("it defines entities, which may read other files", mend="save it anew as KML")
    root = _ROOT.match(text)
    if root is None or root.group(1).lower() != "kml":
        raise InputError("it is XML and no KML", mend="supply the permits as KML, GeoPackage or shapefile")
    return text.replace("\0", "")


def _of_permits(loaded: Loaded) -> Loaded:
    loaded.columns = loaded.columns.drop(columns=[name for name in loaded.columns if name in _OF_DISPLAY])
    return loaded


def _without_empty(columns: pd.DataFrame) -> pd.DataFrame:
    """Without what KML has and nobody has filled in."""
    empty = [name for name in columns if name in _OF_KML and (columns[name].isna() | (columns[name] == "")).all()]
    return columns.drop(columns=empty)
