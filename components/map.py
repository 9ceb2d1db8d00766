"""The map: a small MapLibre component. Its library is vendored, its data are fetched by URL from this server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from engine import wording
from engine.wording import gettext as _
from store.reader import Layer, Patch, ReleaseReader
from web.palette import ACTIVITY_COLOURS, stops
from web.urls import VENDOR, tile_template, vector_url

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "pitwatch_map",
    html=(_HERE / "map.html").read_text(encoding="utf-8").replace("VENDOR", VENDOR),
    css=(_HERE / "map.css").read_text(encoding="utf-8"),
    js=(_HERE / "map.js").read_text(encoding="utf-8").replace("VENDOR", VENDOR),
)

# Layers of which one is shown at a time, and those that lie over or under it.
_DATA_LAYERS = ("rate", "vertical", "error", "coherence", "pairs")
_BELOW, _ABOVE = ("terrain",), ("state",)


class Pick(NamedTuple):
    """What was clicked: a patch, a place, or a place within a patch."""

    patch: str | None
    at: tuple[float, float] | None


def deformation_map(
    reader: ReleaseReader,
    *,
    patch: Patch | None,
    at: tuple[float, float] | None,
    on_pick: Callable[[Pick], None],
    key: str = "map",
) -> None:
    """Draw the map of a release with its selection; `on_pick` is called when something else is clicked."""

    def picked() -> None:
        value = st.session_state[key].get("pick")
        if value:
            place = value.get("at")
            on_pick(Pick(value.get("patch"), (place[0], place[1]) if place else None))

    _component(key=key, data=_data(reader, patch, at), on_pick_change=picked, height="content")


def _data(reader: ReleaseReader, chosen: Patch | None, at: tuple[float, float] | None) -> dict[str, Any]:
    info = reader.info
    return {
        "release": f"{info.area}/{info.id}",
        "bounds": [info.west, info.south, info.east, info.north],
        "layers": [_raster(reader, layer) for layer in reader.layers.values() if _role(layer.name)],
        "vectors": {name: vector_url(info.area, info.id, name) for name in ("patches", "clusters")},
        "activityColours": ACTIVITY_COLOURS,
        "selected": chosen.patch_id if chosen else None,
        "selectedBounds": [chosen.west, chosen.south, chosen.east, chosen.north] if chosen else None,
        "at": list(at) if at else None,
        "attribution": info.attribution,
        "words": {
            "layers": _("Layers"),
            "opacity": _("Opacity"),
            "none": _("None"),
            "patches": _("Outlines of sites"),
            "clusters": _("Moving ground"),
            "still": _("± {neutral}: no motion"),
            "away": _("away from satellite"),
            "towards": _("towards"),
            "lost": _("decorrelated"),
            "flagged": _("flagged"),
            "label": _("Map of ground motion. Click a site or any place to see its series."),
            "failed": _("The map cannot be drawn: this browser has no WebGL."),
        },
    }


def _role(name: str) -> str | None:
    roles = {"data": _DATA_LAYERS, "below": _BELOW, "above": _ABOVE}
    return next((role for role, names in roles.items() if name in names), None)


def _raster(reader: ReleaseReader, layer: Layer) -> dict[str, Any]:
    info = reader.info
    return {
        "name": layer.name,
        "label": wording.layer_name(layer.name),
        "role": _role(layer.name),
        "tiles": tile_template(info.area, info.id, layer.name),
        "legend": _legend(layer) if _role(layer.name) == "data" else None,
    }


def _legend(layer: Layer) -> dict[str, Any]:
    low, high = layer.low or 0.0, layer.high if layer.high is not None else 1.0
    # Ticks at the neutral band's ends, unless they would run into each other.
    inner = (-layer.neutral, layer.neutral) if layer.neutral and layer.neutral > 0.1 * high else ((low + high) / 2,)
    ticks = (low, *inner, high)
    return {
        "unit": wording.unit_name(layer.unit),
        "ticks": [[(value - low) / (high - low), wording.number(value, 0 if high > 1 else 1)] for value in ticks],
        "neutral": wording.number(layer.neutral) if layer.neutral else None,
        "stops": [[stop.place, stop.colour] for stop in stops(layer.palette, high, layer.neutral)],
    }
