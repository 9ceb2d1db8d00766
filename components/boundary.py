"""How the outline of a patch came about: from probability to mask, to objects, to what was kept."""

import streamlit as st

from components import plain
from components.map import release_map
from engine import wording
from engine.wording import gettext as _
from store.reader import ReleaseReader
from store.rows import Extraction, Patch


def boundary_part(reader: ReleaseReader, extraction: Extraction, patch: Patch) -> None:
    """The rule in words, and a map of the objects that were kept and dropped."""
    fates = [name for name in reader.layers if name.startswith("fate-")]
    st.markdown(
        _(
            "The model {model} gave each pixel a probability; those from {threshold} on are the mask. The image was "
            "divided into objects, and an object is kept when at least {share} of it lies in the mask (total-area "
            "control). Kept objects of one class that touch are one patch."
        ).format(
            model=plain.markdown(extraction.model),
            threshold=wording.percent(extraction.threshold),
            share=wording.percent(extraction.least_share),
        )
    )
    if (reach_m := reader.report("refinement").get("reach_m")) is not None:
        st.markdown(
            _(
                "An outline of the mask moves by no more than {distance} m, which is how far outlines of this model "
                "may lie off: further inside and outside the mask stands."
            ).format(distance=wording.number(reach_m, 1))
        )
    if not fates:
        st.caption(_("This release does not show its objects; the next one will."))
        return
    release_map(
        reader, patch=patch, at=None, on_pick=lambda _pick: None, first_data=fates[-1], close=True, key="boundary-map"
    )
