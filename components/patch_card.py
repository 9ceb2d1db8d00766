"""What is said of a selected patch or place: the sentence, the verdicts, the series."""

from dataclasses import asdict

import streamlit as st

from components import plain
from components.series import series_chart, series_csv
from engine import wording
from engine.wording import gettext as _
from engine.wording import ngettext
from store.reader import Patch, PixelReading, ReleaseReader
from web.palette import ACTIVITY_SIGNS


def patch_title(patch: Patch) -> str:
    """Identifier and name, as Markdown."""
    return plain.markdown(f"{patch.patch_id} · {patch.name}" if patch.name else patch.patch_id)


def activity_badge(activity: str) -> str:
    """The sign and the words of an activity."""
    return f"{ACTIVITY_SIGNS[activity]} {wording.activity_name(activity)}"


def patch_card(reader: ReleaseReader, patch: Patch) -> None:
    """Everything that the release says of a patch."""
    info = reader.info
    st.markdown(f"##### {patch_title(patch)}")
    facts = [f"**{activity_badge(patch.activity)}**", plain.markdown(patch.mine_class), wording.hectares(patch.area_m2)]
    st.markdown(" · ".join(facts))
    st.markdown(wording.patch_statement(asdict(patch), asdict(info)))
    for verdict in reader.verdicts(patch.patch_id):
        reasons = " ".join(wording.reason(item["code"], item["parameters"]) for item in verdict.reasons)
        st.markdown(f":material/help: **{wording.verdict_name(verdict.kind)}** – {reasons}")
    series = reader.patch_series(patch.patch_id)
    if series is None:
        st.info(_("No pixel of it is coherent, so there is no series."), icon=":material/blur_on:")
        return
    of = _("mean of the moving ground") if series.of == "cluster" else _("mean of the patch")
    count = ngettext("{count} pixel", "{count} pixels", series.pixels).format(count=wording.number(series.pixels))
    st.caption(f"{of}, {count}")
    series_chart(series, name=_("mean"), threshold=info.threshold, t95=info.t95, key=f"series-{patch.patch_id}")
    _download(series_csv(series), f"{info.area}-{patch.patch_id}.csv", key="patch-csv")


def place_card(reader: ReleaseReader, at: tuple[float, float]) -> None:
    """What is known of the pixel at a place, or why there is nothing."""
    info, (lon, lat) = reader.info, at
    st.markdown(f"##### {wording.place(lon, lat)}", help=_("WGS 84"))
    pixel = reader.pixel(lon, lat)
    if pixel is None:
        st.info(_("This place lies outside the frame that the radar saw."), icon=":material/crop_free:")
        return
    sentence = wording.pixel_statement(asdict(pixel), asdict(info))
    if pixel.series is None:
        st.warning(sentence, icon=":material/blur_on:")
        return
    st.markdown(sentence)
    if pixel.state != "solved":
        st.markdown(f":orange-badge[:material/flag: {wording.state_name(pixel.state)}]")
    st.caption(_facts(pixel))
    key = f"series-{lon:.5f}-{lat:.5f}"
    series_chart(pixel.series, name=_("pixel"), threshold=info.threshold, t95=info.t95, key=key)
    _download(series_csv(pixel.series), f"{info.area}-{lat:.5f}-{lon:.5f}.csv", key="pixel-csv")


def _facts(pixel: PixelReading) -> str:
    facts = []
    if pixel.vertical is not None:
        facts.append(_("vertical {rate}, if nothing moves sideways").format(rate=wording.rate(pixel.vertical)))
    if pixel.coherence is not None:
        facts.append(_("temporal coherence {value}").format(value=wording.number(pixel.coherence, 2)))
    return " · ".join(facts)


def _download(text: str, file_name: str, *, key: str) -> None:
    st.download_button(
        _("Series as CSV"), text, file_name, "text/csv", key=key, icon=":material/download:", type="tertiary"
    )
