"""The overview's charts are read in grey, too."""

from components.overview_charts import _PATTERNS
from store.patches import SUSPECTED
from web.palette import VERDICT_COLOURS


def test_kinds_of_one_colour_are_told_apart_by_their_patterns() -> None:
    looks = [(VERDICT_COLOURS[kind], _PATTERNS.get(kind, "")) for kind in SUSPECTED]
    assert len(set(looks)) == len(looks)
