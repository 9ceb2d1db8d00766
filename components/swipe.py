"""The swipe: images of two dates with a divider between them, and the outlines of both dates over them.

Folium writes the page of a Leaflet map, which stands in a frame of its own. It takes a second to import, so only the
function that draws does so. All that Folium would load from elsewhere is replaced by what is vendored. What a part of
the page has rendered, Folium renders once more as a template: no text may bring a brace of its own there.
"""

import json
import re
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from engine.wording import gettext as _
from web.palette import PERMIT_COLOUR
from web.urls import VENDOR

Bounds = tuple[float, float, float, float]  # west, south, east, north

_HERE = Path(__file__).parent
_CSS = (_HERE / "swipe.css").read_text(encoding="utf-8")
_JS = (_HERE / "swipe.js").read_text(encoding="utf-8")
_LEAFLET, _PLUGIN = f"{VENDOR}/leaflet", f"{VENDOR}/leaflet-side-by-side"
_DEEPEST = 20  # zoom level; below a quarter of a metre there is nothing to see

# The divider's plugin comes as a module for bundlers; it asks for Leaflet and for styles, which are there.
# The view is set before there are layers, which would ask for tiles of another one; the rest needs them.
_BEFORE = """
{% macro header(this, kwargs) %}
<style>{{ this.css }}</style>
<script>const module = {}, require = () => L;</script>
{% endmacro %}
{% macro script(this, kwargs) %}
{{ this.js }}
const swipe = JSON.parse({{ this.data }});
openView({{ this._parent.get_name() }}, swipe);
{% endmacro %}
"""
_AFTER = """
{% macro script(this, kwargs) %}
furnish({{ this._parent.get_name() }}, {{ this.divider.get_name() }}, swipe);
{% endmacro %}
"""


class SwipeImage(NamedTuple):
    """One of the two images: where its tiles are ({z}, {x} and {y} left open), and its date as text and in ISO form."""

    tiles: str
    label: str
    date: str


def swipe_map(
    *,
    left: SwipeImage,
    right: SwipeImage,
    bounds: Bounds,
    focus: Bounds | None = None,
    outlines: str,
    permits: str | None = None,
    selected: str | None = None,
    attribution: str,
    key: str,
    height: int = 480,
) -> None:
    """Draw two images with a divider to drag.

    Parameters
    ----------
    left, right
        The earlier and the later image.
    bounds
        Of the images: outside of them no tile is asked for.
    focus
        What is shown at first, such as the selected patch; without it, all of the images. The view moves when this
        changes, and stays as the reader left it when anything else does.
    outlines
        Path of a GeoJSON whose features have `patch_id` and `date`; those of the two dates are drawn.
    permits
        Path of a GeoJSON of permits, whose boundaries are drawn beneath the outlines.
    selected
        Identifier of the patch whose outlines are drawn thicker.
    attribution
        Plain text.
    key
        Under which the browser remembers view and divider, as long as its tab is open.
    height
        In pixels.
    """
    data = {
        "key": key,
        "focus": _corners(focus or bounds),
        "left": left._asdict(),
        "right": right._asdict(),
        "outlines": outlines,
        "permits": permits,
        "permitColour": PERMIT_COLOUR,
        "selected": selected,
        "words": {
            "divider": _("Divider between {left} and {right}").format(left=left.label, right=right.label),
            "failed": _("The outlines cannot be drawn."),
        },
    }
    text = _(
        "Images of {left} (left) and {right} (right) with a divider to drag. Outlines of {left}, where there are any, "
        "are dashed, those of {right} solid."
    )
    with st.container(key=key):
        page = _page(left, right, bounds, attribution, data)
        st.iframe(page, height=height, alt=text.format(left=left.label, right=right.label))


def _page(left: SwipeImage, right: SwipeImage, bounds: Bounds, attribution: str, data: dict[str, Any]) -> str:
    """The HTML of the frame. The same input gives the same text, so that a rerun does not load the frame again."""
    import folium
    from folium.plugins import SideBySideLayers

    page = folium.Map(
        tiles=None,
        zoom_control="bottomright",
        maxZoom=_DEEPEST,
        zoomSnap=0.25,  # whole steps would leave much of the frame empty
        # While they are animated, images do not keep to their side of the divider.
        zoom_animation=False,
        fade_animation=False,
    )
    page._id = "swipe"
    page.default_js = [("leaflet", f"{_LEAFLET}/leaflet.js")]
    page.default_css = [("leaflet_css", f"{_LEAFLET}/leaflet.css")]
    layers = [
        folium.TileLayer(
            re.sub(r"\{(?![zxy]\})", "%7B", image.tiles),
            attr=escape(attribution).replace("{", "&#123;") or " ",  # Leaflet takes HTML; Folium insists on some
            max_zoom=_DEEPEST,
            bounds=_corners(bounds),
        )
        for image in (left, right)
    ]
    divider = SideBySideLayers(*layers)  # type: ignore[no-untyped-call]
    divider.default_js = [("side_by_side", f"{_PLUGIN}/index.js")]
    divider.default_css = [(name, f"{_PLUGIN}/{name}.css") for name in ("layout", "range")]
    parts = {
        "before": _macro(_BEFORE, css=_CSS, js=_JS, data=_literal(data)),
        "left": layers[0],
        "right": layers[1],
        "divider": divider,
        "after": _macro(_AFTER, divider=divider),
    }
    for name, part in parts.items():
        part._id = name  # Folium's own names are drawn by chance
        part.add_to(page)
    html: str = page.get_root().render()
    return html


def _macro(template: str, **values: Any) -> Any:
    """Own parts of the page; `values` are what their template calls `this`."""
    from branca.element import MacroElement
    from folium.template import Template

    element = MacroElement()  # type: ignore[no-untyped-call]
    element._template = Template(template)
    vars(element).update(values)
    return element


def _literal(data: dict[str, Any]) -> str:
    """JSON as a string of JavaScript, with nothing in it that ends a script or begins a template."""
    text = json.dumps(json.dumps(data))
    return re.sub("[<>&{]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _corners(bounds: Bounds) -> list[list[float]]:
    """As Leaflet wants them: latitude first."""
    west, south, east, north = bounds
    return [[south, west], [north, east]]
