"""Optical images among the rasters: those of one place and of the same bands, one a date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from engine.grid import Grid
from engine.imagery import READABLE_TYPES
from engine.survey.dates import date_of_image
from engine.survey.files import Unused, shown
from engine.survey.notes import Notes
from engine.survey.rasters import Facts, Fourth, overlap
from engine.survey.toml import Line

_LEAST_BANDS = 3

# Sentinel-2's processing baseline 04.00 adds 1000 to every value, from this day on.
_OFFSET_FROM, _OFFSET = date(2022, 1, 25), 1000
_SENTINEL2_BANDS = 10
_DARK = 1.0  # per cent of a band's pixels that are darker

_OFFSET_COMMENTS = {
    _OFFSET: f"ASSUMED: Sentinel-2 since {_OFFSET_FROM}, and nothing is darker; 0 if it was taken off already",
    0: f"ASSUMED: some of it is darker than {_OFFSET}, so Sentinel-2's offset was taken off already",
}
_OFFSET_NOTES = {
    _OFFSET: f"the image carries Sentinel-2's offset, as its products do since {_OFFSET_FROM}, and its darkest pixels "
    f"lie above {_OFFSET}; if water and shadow are near 0 when it is subtracted, that is right, else offset is 0",
    0: f"the image carries no offset, though Sentinel-2's products do since {_OFFSET_FROM}: its darkest pixels lie "
    f"below {_OFFSET}, so it was taken off already",
}

_RGB = {3: ("red", "green", "blue"), 4: ("red", "green", "blue", "nir")}
_NO_INFRARED = {Fourth.OPACITY: "alpha", Fourth.EMPTY: "unused"}
_FOURTH_NOTES = {
    "alpha": "holds one value, and perhaps 0: it is opacity, no near infrared; where it is 0 there is no data",
    "unused": "is 0 everywhere: it is no near infrared, and no model may look at it",
}
_SENTINEL2_NAMES = {
    10: ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"),
    12: ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"),
    13: ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"),
}


@dataclass(frozen=True)
class Image:
    """An image and when it was taken."""

    facts: Facts
    day: date
    doubt: str  # of the date


@dataclass
class Imagery:
    """Images of one place and kind, by date. labels : beside some of them."""

    images: list[Image]

    def __post_init__(self) -> None:
        self.labels: dict[date, Path] = {}
        self.label_codes: list[int | str] = []
        self.label_field: str | None = None

    @property
    def grid(self) -> Grid:
        return self.images[0].facts.grid

    @property
    def bands(self) -> tuple[str, ...]:
        """Names of the bands, as the area file will have them."""
        facts = self.images[0].facts
        return facts.names or _usual_names(self) or tuple(str(number) for number in range(1, facts.bands + 1))

    @property
    def files(self) -> list[Path]:
        return [image.facts.path for image in self.images]


def find_images(rasters: Sequence[Facts], root: Path, unused: Unused) -> list[Imagery]:
    """Group the images by place, bands and, roughly, resolution; of several of one date the first stays."""
    dated = []
    for facts in rasters:
        if not _is_image(facts):
            continue
        if facts.dtype not in READABLE_TYPES:
            unused.add(
                facts.path, f"an image whose pixels are {facts.dtype}: convert them to {', '.join(READABLE_TYPES)}"
            )
        elif facts.pixels.is_empty:
            unused.add(facts.path, "an image without a single pixel of data")
        elif found := date_of_image(facts.path, root, facts.tags):
            dated.append(Image(facts, *found))
        else:
            unused.add(facts.path, "an image, but nothing says of which date: put it into the name, such as 2021-06-19")
    groups: list[Imagery] = []
    for image in sorted(dated, key=lambda image: (image.day, image.facts.path)):
        group = next((group for group in groups if _belongs(image, group)), None)
        if group is None:
            groups.append(Imagery([image]))
        elif image.day == group.images[-1].day:
            first = shown(group.images[-1].facts.path, root)
            unused.add(
                image.facts.path,
                f"a second image of {image.day} beside {first}: one a date; join tiles of one date into one file",
            )
        else:
            group.images.append(image)
    return groups


def _is_image(facts: Facts) -> bool:
    if facts.bands >= _LEAST_BANDS:
        return True
    return (
        facts.bands == 1
        and facts.dtype in ("uint8", "uint16")
        and not facts.pixels.codes
        and not {"dem", "hgt", "dtm", "dsm", "srtm", "coh", "cc", "cor"} & set(facts.words)
    )


def _belongs(image: Image, group: Imagery) -> bool:
    one, first = image.facts, group.images[0].facts
    sizes = one.grid.pixel_size[0] / first.grid.pixel_size[0]
    alike = (one.bands, one.names, _colours(one)) == (first.bands, first.names, _colours(first))
    return alike and 0.67 < sizes < 1.5 and overlap(one.grid, first.grid)


def imagery_lines(imagery: Imagery, root: Path, notes: Notes) -> tuple[list[Line], list[list[Line]]]:
    """The keys of [imagery], and of each [[imagery.images]]; what they assume is added to the notes."""
    lines = [*_band_lines(imagery, root, notes), *_nodata_lines(imagery, root, notes)]
    tables = []
    offset_of = {image.day: _offset(image) for image in imagery.images if not any(image.facts.offsets)}
    for image in imagery.images:
        if image.doubt:
            notes.assumed.append(f"{shown(image.facts.path, root)} is of {image.day}: {image.doubt}")
        offset = offset_of.get(image.day)
        table = [
            Line("path", image.facts.path.relative_to(root)),
            Line("date", image.day, f"CHECK: {image.doubt}" if image.doubt else ""),
        ]
        if not any(said := image.facts.offsets):
            table.append(Line("offset", offset or 0, "" if offset is None else _OFFSET_COMMENTS[offset]))
        elif len(set(said)) == 1:  # bands that differ in it are left to `check`, which says what to do
            table.append(Line("offset", said[0], "the file says it"))
        if labels := imagery.labels.get(image.day):
            table.append(Line("labels", labels.relative_to(root), "read by training and assessment alone"))
        tables.append(table)
    for offset, text in _OFFSET_NOTES.items():
        if days := [str(day) for day, own in offset_of.items() if own == offset]:
            notes.assumed.append(f"{', '.join(days)}: {text}")
    return lines, tables


def _usual_names(imagery: Imagery) -> tuple[str, ...] | None:
    """Of bands that the files do not name; opacity must not pass for near infrared, which models look at."""
    names = _RGB.get(imagery.images[0].facts.bands)
    if names is not None:
        names = (*_colours(imagery.images[0].facts), *names[3:])
    if names is None or len(names) < 4:
        return names
    fourths = {image.facts.fourth for image in imagery.images}
    return (*names[:3], next((_NO_INFRARED[one] for one in _NO_INFRARED if one in fourths), names[3]))


def _colours(facts: Facts) -> tuple[str, ...]:
    """The first three bands as the file says them, red, green and blue in any order; in this one where it does not."""
    said = facts.colours[:3]
    return said if set(said) == set(_RGB[3]) else _RGB[3]


def _band_lines(imagery: Imagery, root: Path, notes: Notes) -> list[Line]:
    first = imagery.images[0].facts
    if first.names:
        by_name = {name.upper(): name for name in first.names}
        natural = [by_name.get(name, "") for name in ("B04", "B03", "B02")]
        natural = natural if all(natural) else list((first.names * 3)[:3])
        return [Line("natural_colour", natural, "bands shown as red, green and blue", active=False)]
    if names := _usual_names(imagery):
        notes.assumed.append(
            f"the {first.bands} bands are {', '.join(names)}, as the files do not name them; check the colours on the "
            "map, and correct bands in [imagery]"
        )
        if said := _FOURTH_NOTES.get(names[-1]):
            odd = next(image.facts for image in imagery.images if image.facts.fourth is not Fourth.BAND)
            notes.assumed.append(f"the fourth band of {shown(odd.path, root)} {said}")
        return [Line("bands", names, "ASSUMED: the files do not name them; in the files' order")]
    names = _SENTINEL2_NAMES.get(first.bands) or tuple(str(number) for number in range(1, first.bands + 1))
    notes.missing.append(
        f"the names of the {first.bands} bands: the files do not give them, so no shipped model can be matched and the "
        "first three are shown as red, green and blue; fill in bands in [imagery]"
    )
    return [Line("bands", names, "TO FILL IN: in the files' order; this is only a proposal", active=False)]


def _nodata_lines(imagery: Imagery, root: Path, notes: Notes) -> list[Line]:
    facts_of = [image.facts for image in imagery.images]
    silent = [facts for facts in facts_of if facts.nodata is None and facts.fourth is not Fourth.OPACITY]
    empty = [facts for facts in silent if facts.pixels.empty_rim]
    if empty:
        notes.assumed.append(
            f"0 is no data, as it stands at the edge of {shown(empty[0].path, root)} and the file names no value; if "
            "it is a measurement, remove nodata from [imagery]"
        )
        return [Line("nodata", 0, "ASSUMED: it stands at the images' edge, and the files name no value")]
    if silent:
        return [Line("nodata", 0, "no data, where the files do not say it", active=False)]
    return []


def _offset(image: Image) -> int | None:
    """What has to be subtracted, None where nothing speaks for Sentinel-2's offset."""
    facts = image.facts
    upper = {band.upper() for band in facts.names}
    sentinel2 = {"B02", "B03", "B04"} <= upper or (not facts.names and facts.bands >= _SENTINEL2_BANDS)
    if not sentinel2 or facts.dtype != "uint16" or image.day < _OFFSET_FROM:
        return None
    values = facts.pixels.sample
    values = values[:, (values != (facts.nodata or 0)).any(axis=0)]
    dark = np.percentile(values, _DARK, axis=1) if values.size else np.zeros(1)
    return _OFFSET if np.mean(dark >= _OFFSET) > 0.5 else 0
