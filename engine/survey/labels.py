"""Rasters of class codes that tell what is known of an image."""

from collections.abc import Sequence
from pathlib import Path

from engine.survey.dates import dates_in
from engine.survey.files import Unused, shown
from engine.survey.images import Imagery
from engine.survey.rasters import Facts, overlap

_NO_LABELS = {"mask", "water", "cloud", "clouds", "scl", "qa", "valid", "conncomp", "shadow", "snow"}
_LABELS = {"label", "labels", "mask", "masks", "class", "classes", "truth", "reference", "train", "lulc", "landcover"}
MASK = (
    "a mask, which is not read unasked: one of water, shadow or layover can be named beside interferograms in GeoTIFF, "
    "as water_mask or shadow_mask in [stack]"
)


def is_label_raster(facts: Facts) -> bool:
    """Whether a raster holds a few whole numbers, as a map of classes does."""
    codes = facts.pixels.codes
    return facts.bands == 1 and len(codes) + (facts.nodata is not None) >= 2 and codes[0] >= 0


def attach_labels(rasters: Sequence[Facts], groups: Sequence[Imagery], root: Path, unused: Unused) -> None:
    """Put each raster of codes beside the image of its place and date."""
    codes: dict[int, set[int]] = {}
    for facts in rasters:
        if not is_label_raster(facts):
            continue
        folder_words = set(facts.path.parent.name.lower().replace("-", "_").split("_"))
        named = bool(_LABELS & (set(facts.words) | folder_words))
        if not named and _NO_LABELS & set(facts.words):
            unused.add(facts.path, MASK)
            continue
        if {"water", "cloud", "clouds"} & set(facts.words):
            unused.add(facts.path, MASK)
            continue
        places = [group for group in groups if overlap(group.grid, facts.grid)]
        if not places:
            continue
        days = dates_in(facts.path.name) or dates_in(facts.path.parent.name)
        group = next((group for group in places if any(image.day in days for image in group.images)), None)
        if group is None and not days and len(places[0].images) == 1:
            group, days = places[0], [places[0].images[0].day]
        if group is None:
            unused.add(facts.path, "a map of classes, of no image's date: put the image's date into its name")
            continue
        day = next(image.day for image in group.images if image.day in days)
        if day in group.labels:
            unused.add(facts.path, f"second labels of {day} beside {shown(group.labels[day], root)}")
            continue
        group.labels[day] = facts.path
        codes.setdefault(id(group), set()).update(facts.pixels.codes)
    for group in groups:
        group.label_codes = [*sorted(codes.get(id(group), ()))]
