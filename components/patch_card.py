"""What is said of a selected patch or place: the sentence, the verdicts, its outlines by date, the series."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import streamlit as st

from components import plain, selection
from components.cases import case_part
from components.dossiers import dossier_buttons
from components.links import compare_link, patch_link
from components.series import Marks, series_chart, series_csv
from components.verdicts import verdict_part
from engine import wording
from engine.wording import gettext as _
from engine.wording import ngettext
from store.reader import ReleaseReader
from store.rows import Patch, PixelReading, Verdict
from web.palette import ACTIVITY_SIGNS, CHANGE_SIGNS

_TWO_SIDED_95 = 1.96  # standard errors
_WHOLE = 0.97  # of a patch's ground; a rim without data is no gap


def selected_patch(reader: ReleaseReader) -> Patch | None:
    """The patch that is selected; one that the release does not have is named."""
    name = selection.current().patch
    patch = reader.patch(name) if name else None
    if name and patch is None:
        st.warning(_("There is no patch '{patch}' in this release.").format(patch=plain.markdown(name)))
    return patch


def patch_title(patch: Patch) -> str:
    """Identifier and name, as Markdown."""
    return plain.markdown(f"{patch.patch_id} · {patch.name}" if patch.name else patch.patch_id)


def activity_badge(activity: str) -> str:
    """The sign and the words of an activity."""
    return f"{ACTIVITY_SIGNS[activity]} {wording.activity_name(activity)}"


def change_badge(change: str) -> str:
    """The sign and the words of a change."""
    return f"{CHANGE_SIGNS[change]} {wording.change_name(change)}"


def patch_facts(patch: Patch) -> list[str]:
    """What a patch is, in a few words each, as Markdown."""
    badges = [activity_badge(patch.activity)] if patch.activity else []
    badges += [change_badge(patch.change)] if patch.change else []
    facts = [f"**{badge}**" for badge in badges]
    if dated := wording.turn_facts(asdict(patch)):
        facts.append(plain.markdown(dated))
    facts += [plain.markdown(wording.class_name(patch.mine_class)), wording.hectares(patch.area_m2)]
    if patch.confidence is not None:
        facts.append(_("confidence {share}").format(share=wording.percent(patch.confidence)))
    return facts


def patch_sentence(reader: ReleaseReader, patch: Patch) -> str:
    """What happens at a patch, in words."""
    facts = asdict(patch) | {"mine_class": plain.markdown(wording.class_name(patch.mine_class))}
    return wording.patch_statement(facts, asdict(reader.radar) if reader.radar else None)


def patch_card(reader: ReleaseReader, patch: Patch) -> None:
    """Everything that the release says of a patch."""
    st.markdown(f"##### {patch_title(patch)}")
    st.markdown(" · ".join(patch_facts(patch)))
    st.markdown(patch_sentence(reader, patch))
    verdicts = reader.verdicts(patch.patch_id)
    verdict_part(verdicts, reader.permits)
    case_part(reader, patch.patch_id, verdicts)
    if reader.extraction is not None:
        outline_table(reader, patch)
    with st.container(horizontal=True):
        patch_link(patch.patch_id)
        if len(reader.images) > 1:
            compare_link(patch.patch_id)
    if reader.radar is not None:
        patch_series(reader, patch, verdicts)
    else:
        st.caption(_("Motion: not measured, since this area has no radar."))
    attention_part(reader, patch)
    dossier_buttons(reader, patch)


def attention_part(reader: ReleaseReader, patch: Patch) -> None:
    """Why the patch stands where it does in the list."""
    parts = reader.attention(patch.patch_id)
    if not parts:
        return
    with st.expander(_("Attention: {points} of 100").format(points=wording.number(patch.attention))):
        rows = [(wording.attention_name(part), wording.number(points, 1)) for part, points in parts.items()]
        st.markdown(plain.table((_("because of"), _("points")), rows))
        st.caption(_("The list is in this order. The weights are a judgement: docs/activity.md says what they are."))


def outline_table(reader: ReleaseReader, patch: Patch) -> None:
    """The patch on the date of each image; where it was not found, whether the image shows its ground at all."""
    by_date = {outline.date: outline for outline in reader.outlines(patch.patch_id)}
    rows = []
    for sighting in reader.sightings(patch.patch_id):
        outline = by_date.get(sighting.date)
        if outline:
            area = wording.hectares_with_margin(outline.area_m2, outline.margin_m2)
        else:
            hidden = _("not found; {share} of its ground was seen").format(share=wording.percent(sighting.seen_share))
            area = _("not found") if sighting.seen_share > _WHOLE else hidden
        rows.append((wording.day(sighting.date), area, wording.percent(outline.confidence) if outline else ""))
    st.markdown(plain.table((_("image"), _("area"), _("confidence")), rows))
    st.caption(
        _("± is what the area changes by when the whole outline moves by {distance} m.").format(
            distance=wording.number(reader.extraction.boundary_error_m if reader.extraction else 0.0, 1)
        )
    )


def patch_series(reader: ReleaseReader, patch: Patch, verdicts: Sequence[Verdict]) -> None:
    radar, series = reader.radar, reader.patch_series(patch.patch_id)
    if radar is None or series is None:
        st.info(_("No pixel of it is coherent, so there is no series."), icon=":material/blur_on:")
        return
    of = _("mean of the moving ground") if series.of == "cluster" else _("mean of the patch")
    count = ngettext("{count} pixel", "{count} pixels", series.pixels).format(count=wording.number(series.pixels))
    against = _("against the still ground round it") if series.still is not None else ""
    st.caption(", ".join(part for part in (of, count, against) if part))
    numbers = list(dict.fromkeys(number for verdict in verdicts for number in verdict.permits))
    lost = ((patch.lost_first, patch.lost_last), (patch.lost_until_first, patch.lost_until_last))
    marks = Marks(
        images=[image.date for image in reader.images],
        permits=reader.permits(numbers) if numbers else [],
        turn=wording.turn_name(patch.turn) if patch.turn else "",
        lost=[span for first, last in lost if (span := _span(first, last))],
        activity=patch.activity or "",
    )
    series_chart(
        series,
        name=_("mean"),
        threshold=radar.threshold,
        t95=radar.t95,
        key=f"series-{patch.patch_id}",
        marks=marks,
    )
    download(series_csv(series), f"{reader.info.area}-{patch.patch_id}.csv", key="patch-csv")


def _span(first: date | None, last: date | None) -> tuple[date, date] | None:
    return (first, last) if first is not None and last is not None else None


def place_card(reader: ReleaseReader, at: tuple[float, float]) -> None:
    """What is known of a place, or why there is nothing."""
    lon, lat = at
    st.markdown(f"##### {wording.place(lon, lat)}", help=_("WGS 84"))
    if reader.extraction is not None:
        _place_in_images(reader, at)
    if reader.radar is not None:
        _place_in_radar(reader, at)
    if reader.extraction is None and reader.radar is None:
        st.caption(_("Nothing has been measured here: this area has images alone."))


def _place_in_images(reader: ReleaseReader, at: tuple[float, float]) -> None:
    """How probable a mine is there on the date of each image."""
    found = reader.probabilities(*at)
    if not found:
        st.info(_("This place lies outside the images."), icon=":material/crop_free:")
        return
    for day, probability in found.items():
        words = _("no data") if probability is None else wording.percent(probability)
        st.markdown(_("{day}: probability of a mine {share}").format(day=wording.day(day), share=words))


def _place_in_radar(reader: ReleaseReader, at: tuple[float, float]) -> None:
    """What the radar knows of the pixel there."""
    radar, (lon, lat) = reader.radar, at
    pixel = reader.pixel(lon, lat)
    if radar is None or pixel is None:
        st.info(_("This place lies outside the frame that the radar saw."), icon=":material/crop_free:")
        return
    sentence = wording.pixel_statement(asdict(pixel), asdict(radar))
    if pixel.series is None:
        st.warning(sentence, icon=":material/blur_on:")
        return
    st.markdown(sentence)
    if pixel.state != "solved":
        st.markdown(f":orange-badge[:material/flag: {wording.state_name(pixel.state)}]")
    st.caption(_facts(pixel))
    key = f"series-{lon:.5f}-{lat:.5f}"
    series_chart(pixel.series, name=_("pixel"), threshold=radar.threshold, t95=radar.t95, key=key)
    download(series_csv(pixel.series), f"{reader.info.area}-{lat:.5f}-{lon:.5f}.csv", key="pixel-csv")


def _facts(pixel: PixelReading) -> str:
    facts = []
    if pixel.vertical is not None:
        facts.append(_("vertical {rate}, if nothing moves sideways").format(rate=wording.rate(pixel.vertical)))
    if both := pixel.east_up:
        east = wording.rate(both.east, _TWO_SIDED_95 * both.east_standard_error)
        up = wording.rate(both.up, _TWO_SIDED_95 * both.up_standard_error)
        facts.append(_("east {east}, up {up} (95 %), from both orbits").format(east=east, up=up))
    if pixel.coherence is not None:
        facts.append(_("temporal coherence {value}").format(value=wording.number(pixel.coherence, 2)))
    return " · ".join(facts)


def download(text: str, file_name: str, *, key: str) -> None:
    """A button for a series as a table."""
    st.download_button(
        _("Series as CSV"), text, file_name, "text/csv", key=key, icon=":material/download:", type="tertiary"
    )
