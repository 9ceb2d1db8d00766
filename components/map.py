"""The map: a small MapLibre component. Its library is vendored, its data are fetched by URL from this server."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from components.patch_card import activity_badge, change_badge
from engine import wording
from engine.wording import gettext as _
from store.map_shapes import DEEPEST
from store.patches import PatchFilter
from store.reader import ReleaseReader
from store.rows import Layer, Patch
from web.palette import ACTIVITY_COLOURS, CHANGE_COLOURS, CODE_COLOURS, OTHER_CODE, PERMIT_COLOUR, stops
from web.urls import VENDOR, tile_template, vector_tile_template, vector_url

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "pitwatch_map",
    html=(_HERE / "map.html").read_text(encoding="utf-8").replace("VENDOR", VENDOR),
    css=(_HERE / "map.css").read_text(encoding="utf-8").replace("PERMIT", PERMIT_COLOUR),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("map.js", "map_tools.js"))
    .replace("VENDOR", VENDOR)
    .replace("DEEPEST", str(DEEPEST)),
)

_VECTORS = ("patches", "outlines", "clusters", "permits", "outside", "zones")
# Kinds of layers (a layer of an image ends in its date): pictures and data, of each of which one is shown at a time,
# and what lies under and over them.
_ROLES = {
    "image": "image",
    **dict.fromkeys(("rate", "vertical", "error", "coherence", "pairs", "probability", "fate", "landcover"), "data"),
    **dict.fromkeys(("east", "up", "east_standard_error", "up_standard_error"), "data"),
    "terrain": "below",
    "state": "above",
}

# Beyond it the browser gets vector tiles: twelve megabytes of GeoJSON at 10,000 patches take seconds.
MOST_AT_ONCE = 3_000
_ALL = PatchFilter()
_UNCODED = "#7f7f7f"  # of patches of which neither activity nor change is known


Ring = list[tuple[float, float]]


@dataclass(frozen=True)
class PhotoMark:
    """Where a photo was taken.

    at : longitude and latitude. direction : in which it looks, degrees. thumbnail, picture : addresses. words : a few,
    for who cannot see it. lines : what stands under it.
    """

    at: tuple[float, float]
    direction: float | None
    thumbnail: str
    picture: str
    words: str
    lines: Sequence[str]


class Pick(NamedTuple):
    """What was clicked: a patch, a place, or a place within a patch."""

    patch: str | None
    at: tuple[float, float] | None


def release_map(
    reader: ReleaseReader,
    *,
    patch: Patch | None,
    at: tuple[float, float] | None,
    on_pick: Callable[[Pick], None],
    held_against: Mapping[str, str] | None = None,
    show: PatchFilter = _ALL,
    first_data: str | None = None,
    close: bool = False,
    on_ring: Callable[[Ring], None] | None = None,
    focus: Sequence[float] | None = None,
    ring: Sequence[tuple[float, float]] | None = None,
    photos: Sequence[PhotoMark] = (),
    key: str = "map",
) -> None:
    """Draw the map of a release with its selection; `on_pick` is called when something else is clicked.

    show : which patches are drawn, all by default.
    first_data : the layer of data that is shown at first.
    close : as a small map of the selected patch and what is round it.
    on_ring : called with the corners of an area that was drawn, none for one that was taken away.
    ring : corners of the area that is drawn.
    photos : of the selected patch's case.
    focus : west, south, east, north of what is to be seen, once.
    held_against : addresses of "permits" and of what lies "outside" them, instead of those of the release's register.
    """

    def picked() -> None:
        value = st.session_state[key].get("pick")
        if value:
            place = value.get("at")
            on_pick(Pick(value.get("patch"), (place[0], place[1]) if place else None))

    def drawn() -> None:
        ring = st.session_state[key].get("ring")
        if ring is not None and on_ring is not None:
            on_ring([(float(lon), float(lat)) for lon, lat in ring])

    data = _data(reader, patch, at, held_against) | _patches(reader, patch, show)
    data["photos"] = [asdict(photo) for photo in photos]
    data |= {"close": close, "focus": list(focus) if focus else None, "ring": [*map(list, ring)] if ring else None}
    if first_data is not None:
        data["first"] = {**data["first"], "data": first_data}
    _component(key=key, data=data, on_pick_change=picked, on_ring_change=drawn, height="content")


def _patches(reader: ReleaseReader, chosen: Patch | None, show: PatchFilter) -> dict[str, Any]:
    """How the map gets the patches: all at once with the names of those that are drawn, or, where they are too many for
    that, as tiles of those that the filter leaves."""
    if reader.patch_count() <= MOST_AT_ONCE:
        return {"tiles": None, "shown": reader.patch_ids(show) if show else None, "chosen": None}
    tiles = vector_tile_template(reader.info.area, reader.info.id, show.to_query())
    return {"tiles": tiles, "shown": None, "chosen": reader.patches_geojson(chosen.patch_id) if chosen else None}


@cache
def _chart_script() -> str | None:
    """Address of what Streamlit draws charts with, four megabytes that it fetches with the first one."""
    scripts = Path(st.__file__).parent / "static" / "static" / "js"
    found = next(scripts.glob("PlotlyChart.*.js"), None)
    return f"/static/js/{found.name}" if found else None


def _data(
    reader: ReleaseReader,
    chosen: Patch | None,
    at: tuple[float, float] | None,
    held_against: Mapping[str, str] | None,
) -> dict[str, Any]:
    info, images = reader.info, reader.images
    vectors = {name: vector_url(info.area, info.id, name) for name in _VECTORS} | dict(held_against or {})
    by, colours = "change", CHANGE_COLOURS
    badge: Callable[[str], str] = change_badge
    if reader.radar is not None:
        by, colours, badge = "activity", ACTIVITY_COLOURS, activity_badge
    counts = reader.counts(by)
    rasters = [_raster(reader, layer) for layer in reader.layers.values() if _role(layer.name)]
    return {
        # What the layers are made of: they are replaced when it changes.
        "release": "/".join([info.area, info.id, *(held_against or {}).values()]),
        "bounds": [info.west, info.south, info.east, info.north],
        "layers": rasters,
        # At first the newest picture, and over it the motion where there is any.
        "first": {"image": images[-1].layer if images else "", "data": "rate" if "rate" in reader.layers else ""},
        "vectors": vectors,
        # Outlines of each date but the last; the patches are the latest outline of each, whenever that was.
        "dates": _outline_dates(reader),
        "colours": colours,
        "colourBy": by,
        "codes": [
            *([colour, badge(code)] for code, colour in colours.items() if code in counts),
            *([[_UNCODED, _("Outlines of patches")]] if "" in counts else []),
        ],
        "uncoded": _UNCODED,
        "hasRadar": reader.radar is not None,
        "next": _chart_script() if reader.radar else None,
        "hasRegister": reader.has_register or bool(held_against),
        "hasZones": reader.has_zones,
        "permitColour": PERMIT_COLOUR,
        "scenes": vector_url(info.area, info.id, "scenes")
        if reader.radar and reader.patch_count() <= MOST_AT_ONCE
        else None,
        "selected": chosen.patch_id if chosen else None,
        "selectedBounds": [chosen.west, chosen.south, chosen.east, chosen.north] if chosen else None,
        "at": list(at) if at else None,
        "attribution": info.attribution,
        "words": {
            "layers": _("Layers"),
            "image": _("Image"),
            "data": _("Over it"),
            "opacity": _("Opacity"),
            "none": _("None"),
            "lines": _("Lines and areas"),
            "patches": _("Outlines of patches"),
            "clusters": _("Moving ground"),
            "permits": _("Permits"),
            "outside": _("Outside a valid permit"),
            "zones": _("Prohibited zones"),
            "photos": _("Photos of the case"),
            "scenes": _("Scenes: patch and {halo} m round it").format(
                halo=wording.number(reader.radar.halo_m if reader.radar else 0)
            ),
            "measure": _("Measure a distance"),
            "area": _("Draw an area: its size and mean motion"),
            "share": _("Copy a link to this view"),
            "copied": _("The link is in the clipboard."),
            "finish": _("double-click or Enter to finish, Esc to leave"),
            "still": _("± {neutral}: no motion"),
            "lost": _("decorrelated"),
            "flagged": _("flagged"),
            "label": _("Map of the area. Click a patch or any place to see what is known of it."),
            "failed": _("The map cannot be drawn: this browser has no WebGL."),
        },
    }


def _outline_dates(reader: ReleaseReader) -> list[dict[str, str]]:
    """Dates whose outlines can be shown beside the latest, with the words for them."""
    if reader.extraction is None:
        return []
    return [
        {"date": image.date.isoformat(), "label": _("Outlines of {day}").format(day=wording.day(image.date))}
        for image in reader.images[:-1]
    ]


def _role(name: str) -> str | None:
    return _ROLES.get(name.partition("-")[0])


def _raster(reader: ReleaseReader, layer: Layer) -> dict[str, Any]:
    info = reader.info
    return {
        "name": layer.name,
        "label": wording.layer_name(layer.name),
        "smooth": layer.palette in ("grey", "picture"),
        "role": _role(layer.name),
        "tiles": tile_template(info.area, info.id, layer.name),
        "legend": _legend(reader, layer) if _role(layer.name) == "data" else None,
    }


def _legend(reader: ReleaseReader, layer: Layer) -> dict[str, Any]:
    if colours := CODE_COLOURS.get(layer.palette):
        codes = reader.codes(layer.name).values()
        swatches = [[colours.get(code, OTHER_CODE), wording.category_name(layer.palette, code)] for code in codes]
        return {"unit": "", "swatches": swatches}
    low, high = layer.low or 0.0, layer.high if layer.high is not None else 1.0
    # Ticks at the neutral band's ends, unless they would run into each other.
    inner = (-layer.neutral, layer.neutral) if layer.neutral and layer.neutral > 0.1 * high else ((low + high) / 2,)
    ticks = (low, *inner, high)
    return {
        "unit": wording.unit_name(layer.unit),
        "ticks": [[(value - low) / (high - low), wording.number(value, 0 if high > 1 else 1)] for value in ticks],
        "neutral": wording.number(layer.neutral) if layer.neutral else None,
        "ends": _ends(layer.name),
        "stops": [[stop.place, stop.colour] for stop in stops(layer.palette, high, layer.neutral)],
    }


def _ends(layer: str) -> tuple[str, str]:
    """What the low and the high end of a scale of motion mean."""
    if layer == "east":
        return _("west"), _("east")
    if layer in ("up", "vertical"):
        return _("down"), _("up")
    return _("away from satellite"), _("towards")
