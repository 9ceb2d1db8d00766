"""The rows of figures at the top of the overview."""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import streamlit as st

from components.verdicts import SUSPECTED
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from store.rows import Patch, Radar, Verdict

_FEWEST, _MOST = 5, 6  # columns in a row
_WHOLE = 0.97  # of a frame; a rim without data is no gap


class Figure(NamedTuple):
    """A figure and what it is made of."""

    label: str
    value: str
    help: str


def show_figures(figures: Sequence[Figure]) -> None:
    """In rows of equal length, as far as they go."""
    rows = math.ceil(len(figures) / _MOST)
    in_a_row = max(_FEWEST, len(figures)) if rows == 1 else math.ceil(len(figures) / rows)
    for start in range(0, len(figures), in_a_row):
        columns = st.columns(in_a_row)
        for column, figure in zip(columns, figures[start : start + in_a_row], strict=False):
            column.metric(figure.label, figure.value, help=figure.help)


def patch_figures(reader: ReleaseReader, patches: Sequence[Patch]) -> list[Figure]:
    """How many patches there are; where they were found in images, how large they are and what changed."""
    figures = [Figure(_("Patches"), wording.number(len(patches)), _("The table below lists them."))]
    if reader.extraction is None:
        return figures
    last = reader.images[-1].date
    sums = [row for (_class, day), row in reader.areas_by_class().items() if day == last]
    area, margin = sum(row[0] for row in sums), sum(row[1] for row in sums)
    explained = _(
        "Area of all outlines on the latest image, measured on the ellipsoid; ± {margin} if every boundary lay off to "
        "the same side."
    )
    figures.append(
        Figure(
            _("Mined, {day}").format(day=wording.day(last)),
            wording.hectares(area),
            explained.format(margin=wording.hectares(margin)),
        )
    )
    if len(reader.images) > 1:
        figures += [_changed(patches, "new", _("New")), _changed(patches, "grown", _("Grown"))]
    return figures


def hidden_share(reader: ReleaseReader) -> None:
    """Say which images do not show the whole frame: what they do not show is not in their areas."""
    for image in reader.images:
        if image.valid_share < _WHOLE:
            text = _("The image of {day} shows {share} of the frame; the rest is not counted.")
            st.caption(text.format(day=wording.day(image.date), share=wording.percent(image.valid_share)))


def _changed(patches: Sequence[Patch], change: str, label: str) -> Figure:
    own = [patch for patch in patches if patch.change == change]
    gained = wording.hectares(sum(patch.change_m2 or 0.0 for patch in own))
    count = wording.number(len(own))
    return Figure(
        label,
        f"{count} · {gained}" if own else count,
        _("Number of patches, and the area that they gained, between the first and the last image."),
    )


def motion_figures(radar: Radar, patches: Sequence[Patch]) -> list[Figure]:
    """How many patches move, how much ground, and how fast."""
    moving = [patch for patch in patches if patch.activity in ("negative", "positive", "settlement")]
    fastest = max((patch.extreme_rate or 0.0 for patch in moving), key=abs, default=None)
    return [
        Figure(
            _("With motion"),
            wording.number(len(moving)),
            _("Patches whose own ground moves against the still ground round it; digging that leaves no phase apart."),
        ),
        Figure(
            _("Moving ground"),
            wording.hectares(radar.moving_area_m2),
            _("Area of the ground that is shown with patches, in them or near them, each piece counted once."),
        ),
        Figure(
            _("Fastest"),
            "–" if fastest is None else wording.rate(fastest),
            _("Single pixel with the greatest rate in a cluster, along the line of sight."),
        ),
    ]


def verdict_figure(patches: Sequence[Patch], verdicts: Sequence[Verdict]) -> Figure:
    """How many patches were held against permits."""
    tested = {verdict.patch_id for verdict in verdicts if verdict.kind != "not_tested"}
    return Figure(
        _("Held against permits"),
        _("{tested} of {all}").format(tested=len(tested), all=len(patches)),
        _("Patches with a verdict. The others read “permits not tested”; the card of each says what is missing."),
    )


def suspected_figures(verdicts: Sequence[Verdict]) -> list[Figure]:
    """How many patches are suspected for certain, and of how many that is doubtful; of each the ground concerned."""
    against = [verdict for verdict in verdicts if verdict.kind in SUSPECTED]
    certain = {verdict.patch_id for verdict in against if verdict.certainty == "certain"}
    doubtful = {verdict.patch_id for verdict in against} - certain
    explained = _(
        "Patches with a verdict against them: {area}. Of a patch with several verdicts the largest ground counts. "
        "Nobody has confirmed them yet."
    )
    figures = [_figure(_("Suspected"), explained, certain, [one for one in against if one.certainty == "certain"])]
    if doubtful:
        explained = _("Patches of which the positional error, or a missing date, leaves open whether they are: {area}.")
        figures.append(_figure(_("Doubtful"), explained, doubtful, against))
    return figures


def _figure(label: str, explained: str, patches: Collection[str], verdicts: Sequence[Verdict]) -> Figure:
    """Of some patches: how many, and the ground that their verdicts are about, each piece counted once."""
    areas: dict[str, tuple[float, float, float]] = {}
    for one in verdicts:
        area = one.likely_m2 or 0.0, one.least_m2 or 0.0, one.most_m2 or 0.0
        if one.patch_id in patches:
            areas[one.patch_id] = max(areas.get(one.patch_id, (0.0, 0.0, 0.0)), area)
    likely, least, most = (sum(area[place] for area in areas.values()) for place in range(3))
    count = wording.number(len(patches))
    return Figure(
        label,
        f"{count} · {wording.hectares(likely)}" if patches else count,
        explained.format(area=wording.outside_range(least, likely, most)),
    )
