"""The colours of map layers: the one source for tiles, legends and charts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Stop(NamedTuple):
    """A colour at a place on the scale, from 0 (low end) to 1 (high end)."""

    place: float
    colour: str


# Motion: red away from the satellite, grey still, blue towards it. The anchors are ColorBrewer's RdBu (Brewer 2003),
# which people with any common colour blindness tell apart.
_AWAY = ("#67001f", "#b2182b", "#d6604d", "#f4a582")
_TOWARDS = ("#92c5de", "#4393c3", "#2166ac", "#053061")
_STILL = "#d9d9d9"
# Sequential: cividis (Nuñez et al. 2018), perceptually even and colour-blind-safe.
_SEQUENTIAL = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838")

# Activity in Okabe–Ito colours (Okabe & Ito 2008), each with a sign so that colour is never alone.
ACTIVITY_COLOURS = {
    "negative": "#D55E00",
    "positive": "#0072B2",
    "settlement": "#E69F00",
    "decorrelated": "#CC79A7",
    "no_change": "#009E73",
    "not_observable": "#7F7F7F",
}
ACTIVITY_SIGNS = {
    "negative": "▼",
    "positive": "▲",
    "settlement": "▽",
    "decorrelated": "≈",
    "no_change": "○",
    "not_observable": "–",
}

# Change between images, in the same colours, and signs of its own.
CHANGE_COLOURS = {
    "new": "#D55E00",
    "grown": "#E69F00",
    "shrunk": "#56B4E9",
    "gone": "#0072B2",
    "passing": "#CC79A7",
    "undetermined": "#7F7F7F",
    "unchanged": "#009E73",
}
CHANGE_SIGNS = {
    "new": "✚",
    "grown": "↗",
    "shrunk": "↘",
    "gone": "✕",
    "passing": "↔",
    "undetermined": "?",
    "unchanged": "=",
}

# Classes of mines where bars are stacked by class: an area's classes are its own, so these are given in order.
CLASS_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7F7F7F")

# With them, so that they are told apart in grey.
CLASS_PATTERNS = ("", "/", ".", "x", "\\", "-", "+")

# Verdicts on permits, in the same colours: those that speak against a patch warm. In order of attention.
VERDICT_COLOURS = {
    "no_permit": "#D55E00",
    "crosses": "#E69F00",
    "prohibited_zone": "#D55E00",
    "after_expiry": "#D55E00",
    "before_start": "#D55E00",
    "other_mineral": "#E69F00",
    "exploration_only": "#E69F00",
    "not_reclaimed": "#E69F00",
    "renewal_pending": "#56B4E9",
    "inside": "#009E73",
    "not_tested": "",
}
VERDICT_SIGNS = {
    "no_permit": "⊘",
    "crosses": "◩",
    "prohibited_zone": "⊠",
    "after_expiry": "⇥",
    "before_start": "⇤",
    "other_mineral": "≠",
    "exploration_only": "⌕",
    "not_reclaimed": "⟲",
    "renewal_pending": "…",
    "inside": "✓",
    "not_tested": "",
}
# Before the sign of what is doubtful, so that it is not told by words alone.
DOUBTFUL_SIGN = "?"
# Boundaries of permits and the hatch of what lies outside: the one Okabe–Ito colour that nothing else has.
PERMIT_COLOUR = "#F0E442"

# Codes of layers that are filled areas, each a colour. What became of objects of an image:
FATE_COLOURS = {
    "kept": "#009E73",
    "part": "#0072B2",
    "low_share": "#E69F00",
    "land_cover": "#CC79A7",
    "small": "#7F7F7F",
    "unlike": "#56B4E9",
}
# Land cover, by the codes of ESA WorldCover; other maps' codes are grey.
LAND_COVER_COLOURS = {
    "10": "#1b7837",
    "20": "#c2a83e",
    "30": "#e3e08b",
    "40": "#e06fc0",
    "50": "#c62828",
    "60": "#b3b3b3",
    "70": "#f0f0f0",
    "80": "#2166ac",
    "90": "#1f9e9e",
    "95": "#00cf75",
    "100": "#e6dcb0",
}
CODE_COLOURS = {"fate": FATE_COLOURS, "landcover": LAND_COVER_COLOURS}
OTHER_CODE = "#8c8c8c"

# State layer: what is hatched and how densely. Codes that are not named are left clear.
HATCHED = {"minimum_norm": 1, "dates_missing": 3, "few_pairs": 3, "low_coherence": 3}


def stops(palette: str, high: float, neutral: float | None) -> list[Stop]:
    """Colours along a scale that ends at `high`; a diverging one begins at −`high` and is grey within ± `neutral`."""
    if palette == "motion":
        edge = (neutral or 0.0) / high
        # Just beyond the neutral band the colour is already told from grey: what moves does not fade in.
        away = [Stop(0.5 * (1 - edge) * share, colour) for share, colour in _spread(_AWAY)]
        towards = [Stop(0.5 * (1 + edge) + 0.5 * (1 - edge) * share, colour) for share, colour in _spread(_TOWARDS)]
        return [*away, Stop(0.5 * (1 - edge), _STILL), Stop(0.5 * (1 + edge), _STILL), *towards]
    if palette == "sequential":
        return [Stop(share, colour) for share, colour in _spread(_SEQUENTIAL)]
    if palette == "grey":
        return [Stop(0.0, "#000000"), Stop(1.0, "#ffffff")]
    raise ValueError(f"no palette '{palette}'")


def lookup_table(palette: str, high: float, neutral: float | None) -> NDArray[np.uint8]:
    """256 colours from the low to the high end of a scale, shape (256, 3)."""
    found = stops(palette, high, neutral)
    places = [stop.place for stop in found]
    colours = np.array([rgb(stop.colour) for stop in found], float)
    grid = np.linspace(0, 1, 256)
    table = np.stack([np.interp(grid, places, colours[:, band]) for band in range(3)], axis=1)
    return table.round().astype(np.uint8)


def _spread(colours: tuple[str, ...]) -> list[tuple[float, str]]:
    return [(number / (len(colours) - 1), colour) for number, colour in enumerate(colours)]


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
