"""The rows of figures at the top of the overview."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from components.verdicts import SUSPECTED
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from store.rows import Patch, Radar, Verdict, VerdictSum

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
    moving = [patch for patch in patches if patch.cluster_area_m2 is not None]
    fastest = max((patch.extreme_rate or 0.0 for patch in moving), key=abs, default=None)
    return [
        Figure(
            _("With motion"),
            wording.number(len(moving)),
            _("Patches with a connected cluster beyond ± {threshold} mm/yr.").format(
                threshold=wording.number(radar.threshold)
            ),
        ),
        Figure(
            _("Moving ground"),
            wording.hectares(radar.moving_area_m2),
            _("Area of these clusters, each piece of ground counted once, measured on the ellipsoid."),
        ),
        Figure(
            _("Fastest"),
            "–" if fastest is None else wording.rate(fastest),
            _("Single pixel with the greatest rate in a cluster, along the line of sight."),
        ),
    ]


def verdict_figure(patches: Sequence[Patch], verdicts: Sequence[Verdict]) -> Figure:
    """How many patches were held against permits."""
    tested = sum(1 for verdict in verdicts if verdict.kind != "not_tested")
    return Figure(
        _("Held against permits"),
        _("{tested} of {all}").format(tested=tested, all=len(patches)),
        _("Patches with a verdict. The others read “permits not tested”: no register has been loaded."),
    )


def suspected_figure(sums: Sequence[VerdictSum]) -> Figure:
    """How many patches are suspected, and how much of their ground lies outside permits."""
    own = [row for row in sums if row.kind in SUSPECTED]
    count = wording.number(sum(row.patches for row in own))
    least, likely, most = (sum(row[place] for row in (_areas(one) for one in own)) for place in range(3))
    explained = _(
        "Patches without a valid permit, or that cross the boundary of theirs: {area}. Nobody has confirmed them yet."
    )
    return Figure(
        _("Suspected"),
        f"{count} · {wording.hectares(likely)}" if own else count,
        explained.format(area=wording.outside_range(least, likely, most)),
    )


def _areas(row: VerdictSum) -> tuple[float, float, float]:
    return row.least_m2, row.likely_m2, row.most_m2
