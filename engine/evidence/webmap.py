"""The map of a case as one HTML file that opens in any browser without a network.

leafmap writes it. It takes two seconds to import, so only the function that draws does so. All that it would load
from elsewhere is left away, Leaflet itself is put in from what ships, and pictures are data in the page. What a part of
a map has rendered is compiled as a template once more, so no text may bring a brace of its own there.
"""

import base64
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from engine import wording
from engine.evidence.case import Case, Crop
from engine.evidence.drawing import CLUSTER, EARLIER, PATCH, PERMIT, ZONE, encoded, motion_colours
from engine.wording import dossiers, number

_LEAFLET = Path(__file__).parents[2] / "static" / "leaflet"
_HERE = "<!-- leaflet -->"
_RANDOM_NAME = re.compile(r"[0-9a-f]{32}")
_STYLE = """
html, body { height: 100%; margin: 0; font: 14px/1.4 system-ui, sans-serif; color: #1d2730; background: #eef1f3; }
body { display: flex; flex-direction: column; }
header { padding: 8px 14px; background: #fff; border-bottom: 1px solid #c9d0d6; }
header b { font-size: 16px; } header span { color: #5c6770; }
.folium-map, .leaflet-container { background: #eef1f3; }
.scale { font-size: 12px; margin-top: 4px; color: #5c6770; }
.scale i { display: inline-block; height: 10px; width: 220px; margin: 0 8px; }
"""


def web_map(case: Case) -> bytes:
    """Images of all dates and the rates to choose from; patch, ground outside, moving ground and permits over them."""
    import folium
    import leafmap.foliumap as leafmap

    west, south, east, north = _bounds(case)
    drawn = leafmap.Map(
        center=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        fullscreen_control=False,
        layers_control=False,
        draw_control=False,
        measure_control=False,
        search_control=False,
        height=None,
        attributionControl=False,
        max_zoom=22,
    )
    drawn.default_js, drawn.default_css = [], []
    root = drawn.get_root()
    root.header.add_child(folium.Element(f"<title>{_inert(case.patch_id)}</title>{_HERE}"), name="leaflet")
    root.html.add_child(folium.Element(f"<header>{_title(case)}</header>"), name="title")
    bases = _bases(case)
    for place, (name, crop, picture) in enumerate(bases):
        layer = folium.raster_layers.ImageOverlay(
            picture, _corners(crop), name=_inert(name), overlay=False, show=place == 0, mercator_project=False
        )
        layer.add_to(drawn)
    for name, features, style in _vectors(case):
        folium.GeoJson(
            {"type": "FeatureCollection", "features": features},
            name=_inert(name),
            style_function=lambda _feature, style=style: style,
            tooltip=folium.GeoJsonTooltip(["text"], labels=False),
            embed=True,
        ).add_to(drawn)
    folium.LayerControl(collapsed=False).add_to(drawn)
    drawn.fit_bounds([[south, west], [north, east]])
    return _finished(root.render())


def _bounds(case: Case) -> tuple[float, float, float, float]:
    inverse = Transformer.from_crs(case.crs, "EPSG:4326", always_xy=True)
    return inverse.transform_bounds(*case.frame)


def _title(case: Case) -> str:
    verdicts = " · ".join(wording.verdict_name(verdict.kind, verdict.certainty) for verdict in case.verdicts)
    title = _inert(dossiers.title(case.patch_id, case.patch["name"]))
    rest = " · ".join([case.release["title"], case.release["id"], case.release["attribution"]])
    return f"<b>{title}</b> {_inert(verdicts)}<br><span>{_inert(rest)}</span>" + _rate_scale(case)


def _rate_scale(case: Case) -> str:
    if case.rates is None:
        return ""
    colours = motion_colours(case.rates.high, case.rates.neutral)
    stops = ", ".join(
        "rgb({:.0f} {:.0f} {:.0f})".format(*(255 * value for value in colours(at)[:3])) for at in np.linspace(0, 1, 41)
    )
    low, high = (_inert(number(value)) for value in (-case.rates.high, case.rates.high))
    bar = f'<i style="background: linear-gradient(90deg, {stops})"></i>'
    return f'<div class="scale">{low}{bar}{high} {_inert(dossiers.legend("rate_axis"))}</div>'


def _bases(case: Case) -> list[tuple[str, Crop, str]]:
    """Name, window and picture of what lies under the outlines, the latest image first."""
    found = []
    for one in reversed(case.pictures):
        rgba = np.dstack([one.mercator.values, np.where(one.mercator.seen, 255, 0).astype(np.uint8)])
        found.append((wording.day(one.date), one.mercator, _data(rgba)))
    if case.rates is not None:
        crop, high = case.rates.mercator, case.rates.high
        rgba = motion_colours(high, case.rates.neutral)((np.nan_to_num(crop.values) + high) / (2 * high), bytes=True)
        rgba[..., 3] = np.where(crop.seen, 255, 0)
        found.append((dossiers.label("rates"), crop, _data(rgba)))
    return found


def _data(rgba: NDArray[np.uint8]) -> str:
    return "data:image/png;base64," + base64.b64encode(encoded(rgba)).decode()


def _corners(crop: Crop) -> list[list[float]]:
    west, south, east, north = crop.bounds
    lons, lats = Transformer.from_crs(crop.crs, "EPSG:4326", always_xy=True).transform([west, east], [south, north])
    return [[lats[0], lons[0]], [lats[1], lons[1]]]


Layer = tuple[str, list[dict[str, Any]], dict[str, Any]]


def _vectors(case: Case) -> list[Layer]:
    permits = [(p.geometry, _permit_text(p)) for p in case.permits]
    zones = [(zone, name or dossiers.legend("zone")) for name, zone in case.zones]
    layers: list[Layer] = [
        (dossiers.legend("zone"), _features(zones), _line(ZONE, 2, "6 4")),
        (dossiers.legend("permit"), _features(permits), _line(PERMIT, 2)),
        (
            dossiers.legend("cluster"),
            _features([(case.cluster, dossiers.legend("cluster"))]),
            _line(CLUSTER, 1.5, "5 4"),
        ),
    ]
    for place, outline in enumerate(case.outlines, start=1):
        name = (
            dossiers.legend("patch")
            if outline.date is None
            else f"{dossiers.legend('patch')}, {wording.day(outline.date)}"
        )
        size = dossiers.size(outline.area_m2, outline.margin_m2, outline.date)
        colour = PATCH if place == len(case.outlines) else EARLIER
        layers.append((name, _features([(outline.geometry, f"{case.patch_id}: {size}")]), _line(colour, 3)))
    outside = [(verdict.outside, wording.verdict_name(verdict.kind, verdict.certainty)) for verdict in case.verdicts]
    layers.append((dossiers.legend("ground"), _features(outside), _line(PATCH, 0) | {"fillOpacity": 0.35}))
    return [layer for layer in layers if layer[1]]


def _permit_text(permit: Any) -> str:
    validity = wording.validity(permit.valid_from, permit.valid_to)
    return dossiers.permit_line(permit.number, permit.mine, permit.holder, validity)


def _features(shapes: Sequence[tuple[BaseGeometry | None, str]]) -> list[dict[str, Any]]:
    return [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {"text": _inert(words)}}
        for shape, words in shapes
        if shape is not None
    ]


def _line(colour: str, weight: float, dashes: str | None = None) -> dict[str, Any]:
    return {"color": colour, "weight": weight, "fillColor": colour, "fillOpacity": 0.0, "dashArray": dashes}


def _inert(words: str) -> str:
    """Text that neither a browser takes for tags nor the template engine for commands."""
    return escape(words).replace("{", "&#123;").replace("}", "&#125;")


def _finished(page: str) -> bytes:
    """The page with Leaflet in it, its random names counted instead, so that it comes out the same each time."""
    names: dict[str, str] = {}
    page = _RANDOM_NAME.sub(lambda found: names.setdefault(found[0], f"{len(names):032x}"), page)
    css, js = ((_LEAFLET / name).read_text(encoding="utf-8") for name in ("leaflet.css", "leaflet.js"))
    # Pictures that the page does not use are not there to be asked for either.
    css = re.sub(r"url\([^)]*\)", "none", css)
    js = re.sub(r"(?m)^//# sourceMappingURL.*$", "", js)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return page.replace(_HERE, f"{meta}<style>{css}{_STYLE}</style><script>{js}</script>", 1).encode()
