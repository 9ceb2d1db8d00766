"""What is known of an area that a reader has drawn on the map: its size, and the mean motion of its pixels."""

import json
from collections.abc import Sequence

import streamlit as st
from pyproj import Geod
from shapely.geometry import Polygon, mapping

from components import selection
from components.patch_card import download
from components.series import series_chart, series_csv
from engine import wording
from engine.wording import gettext as _
from store.grounds import TooMuchGround
from store.reader import ReleaseReader

_KEY = "drawn-ring"
Ring = Sequence[tuple[float, float]]


def keep_ring(reader: ReleaseReader, ring: Ring) -> None:
    """Remember what was drawn on a release's area, and what was selected then; nothing takes it away."""
    st.session_state[_KEY] = (reader.info.area, list(ring), _selected()) if ring else None


def drawn_ring(reader: ReleaseReader) -> Ring | None:
    """What was drawn on the area of a release."""
    kept = st.session_state.get(_KEY)
    return kept[1] if kept and kept[0] == reader.info.area else None


def is_latest() -> bool:
    """Whether nothing else was selected since the area was drawn."""
    kept = st.session_state.get(_KEY)
    return kept is not None and kept[2] == _selected()


def _selected() -> tuple[object, ...]:
    chosen = selection.current()
    return chosen.patch, chosen.at


def ground_card(reader: ReleaseReader, ring: Ring) -> None:
    """Size, mean series and files of the area."""
    polygon = Polygon(ring)
    title, away = st.columns([3, 1], vertical_alignment="center")
    title.markdown("##### " + _("Drawn area"))
    if away.button(_("Remove"), type="tertiary", icon=":material/close:", key="ground-away"):
        keep_ring(reader, [])
        st.rerun()
    if not polygon.is_valid or polygon.is_empty:
        st.warning(_("Its boundary crosses itself: draw it once more."))
        return
    metres2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(polygon)[0])
    st.markdown(f"**{wording.ground(metres2)}**")
    name = f"{reader.info.area}-drawn"
    if reader.radar is None:
        st.caption(_("Motion: not measured, since this area has no radar."))
    else:
        _motion(reader, polygon, name)
    feature = {"type": "Feature", "properties": {"area_m2": round(metres2, 1)}, "geometry": mapping(polygon)}
    st.download_button(
        _("Outline as GeoJSON"),
        json.dumps(feature),
        f"{name}.geojson",
        "application/geo+json",
        icon=":material/download:",
        type="tertiary",
        key="ground-geojson",
    )


def _motion(reader: ReleaseReader, polygon: Polygon, name: str) -> None:
    radar = reader.radar
    assert radar is not None
    try:
        ground, series = reader.ground_series(polygon)
    except TooMuchGround:
        st.warning(_("That is more ground than is read at once. Draw a smaller area."))
        return
    if series is None:
        nothing = _("Outside the frame that the radar saw.") if not ground.all_pixels else ""
        st.info(nothing or _("None of its pixels has a series."), icon=":material/blur_on:")
        return
    st.caption(
        _("Mean of {used} of {all} pixels, relative to {reference}.").format(
            used=wording.number(ground.pixels),
            all=wording.number(ground.all_pixels),
            reference=wording.reference_name(radar.reference),
        )
    )
    series_chart(series, name=_("mean"), threshold=radar.threshold, t95=radar.t95, key="series-ground")
    download(series_csv(series), f"{name}.csv", key="ground-csv")
