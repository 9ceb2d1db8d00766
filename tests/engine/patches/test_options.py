"""Options of extraction and training: what contradicts itself is refused when the area is read."""

import pytest

from engine.patches.options import ExtractionOptions, TrainingOptions


def test_margins_are_at_most_half_a_window() -> None:
    with pytest.raises(ValueError, match="a margin of 20 pixels is more than half a window of 32"):
        ExtractionOptions(model="-", window=32, margin=20)


def test_light_is_a_range() -> None:
    with pytest.raises(ValueError, match=r"the least light 1\.2 is more than the greatest 0\.8"):
        TrainingOptions(light=(1.2, 0.8))
