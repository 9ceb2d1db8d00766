"""GeoJSON, looked through as JSON first, so that GDAL finds UTF-8 and what it can read."""

import json
from pathlib import Path
from typing import Any

import pyogrio
import shapely

from engine.errors import InputError
from engine.permits.intake import encodings, vectors
from engine.permits.intake.layers import Layer, Loaded
from engine.permits.intake.limits import Limits


def layer_of(path: Path, folder: Path, limits: Limits, chosen: str | None) -> Layer:
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
    corners = shapely.get_coordinates(loaded.shapes)
    return bool(len(corners) == 0 or (abs(corners) <= 180).mean() > 0.5)
