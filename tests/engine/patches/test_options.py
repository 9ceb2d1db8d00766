"""Options of extraction and training: what contradicts itself is refused when the area is read."""

import pytest

from engine.patches.options import ExtractionOptions, TrainingOptions


def test_margins_are_at_most_half_a_window() -> None:
    with pytest.raises(ValueError, match="a margin of 20 pixels is more than half a window of 32"):
        ExtractionOptions(model="-", window=32, margin=20)


def test_light_is_a_range() -> None:
    with pytest.raises(ValueError, match=r"the least light 1\.2 is more than the greatest 0\.8"):
        TrainingOptions(light=(1.2, 0.8))


def test_crops_are_shared_out_and_errors_are_some_models() -> None:
    with pytest.raises(ValueError, match=r"balanced_share 0\.75 and hard_share 0\.5 are more than all crops"):
        TrainingOptions(hard_share=0.5, initial="m")
    with pytest.raises(ValueError, match="hard_share needs a model"):
        TrainingOptions(balanced_share=0.5, hard_share=0.5)
    with pytest.raises(ValueError, match="missed_share needs a model"):
        TrainingOptions(balanced_share=0.5, missed_share=0.5)
    with pytest.raises(
        ValueError, match=r"balanced_share 0\.5, hard_share 0\.4 and missed_share 0\.3 are more than all"
    ):
        TrainingOptions(balanced_share=0.5, hard_share=0.4, missed_share=0.3, initial="m")
    assert TrainingOptions(balanced_share=0.5, hard_share=0.5, initial="m").hard_share == 0.5


def test_what_is_kept_is_of_other_weights() -> None:
    with pytest.raises(ValueError, match="keep needs weights"):
        TrainingOptions(keep=0.5)
    assert TrainingOptions(keep=0).keep == 0
    assert TrainingOptions(keep=0.5, initial="m").keep == 0.5


def test_the_low_threshold_is_not_above_the_high_one() -> None:
    assert ExtractionOptions(model="m").thresholds == (0.5, 0.5)
    assert ExtractionOptions(model="m", threshold_low=0.3).thresholds == (0.3, 0.5)
    with pytest.raises(ValueError, match=r"threshold_low 0\.6 is above threshold 0\.5"):
        ExtractionOptions(model="m", threshold=0.5, threshold_low=0.6)


def test_without_a_threshold_the_models_own_is_taken() -> None:
    assert ExtractionOptions(model="m").with_threshold(0.7).thresholds == (0.7, 0.7)
    assert ExtractionOptions(model="m", threshold=0.6).with_threshold(0.7).thresholds == (0.6, 0.6)
    low = ExtractionOptions(model="m", threshold_low=0.3)
    assert low.with_threshold(0.7).thresholds == (0.3, 0.7)
    assert low.with_threshold(0.2).thresholds == (0.2, 0.2)


def test_pytorch_runs_in_float32() -> None:
    with pytest.raises(ValueError, match="PyTorch runs in float32, not in int8"):
        ExtractionOptions(model="m", backend="pytorch", precision="int8")
