"""The curve of total-area control: what is kept at each p*, and how few points tell it."""

import numpy as np
import pandas as pd
import pytest

from engine.pipeline.control import control_curve, with_curve


def objects(*pairs: tuple[float, float]) -> pd.DataFrame:
    """share and intersection_m2 of each."""
    return pd.DataFrame(pairs, columns=["share", "intersection_m2"])


def test_at_each_share_all_objects_of_it_and_more_are_kept() -> None:
    curve = control_curve(objects((0.5, 30.0), (0.25, 10.0), (1.0, 100.0), (0.5, 5.0)), 0.5)
    assert curve == {"share": [0.25, 0.5, 1.0], "kept_m2": [145.0, 135.0, 100.0]}


def test_many_objects_are_told_by_few_points_and_the_chosen_share_is_among_them() -> None:
    random = np.random.default_rng(1)
    shares, areas = np.sort(random.random(20_000)), random.random(20_000)
    curve = control_curve(pd.DataFrame({"share": shares, "intersection_m2": areas}), shares[7])
    assert len(curve["share"]) == len(curve["kept_m2"]) == 101
    assert (curve["share"][0], curve["share"][-1]) == pytest.approx((shares[0], shares[-1]), abs=1e-6)
    at = curve["share"].index(pytest.approx(shares[7], abs=1e-6))
    assert curve["kept_m2"][at] == pytest.approx(areas[7:].sum(), abs=0.1)


def test_without_control_there_is_no_curve() -> None:
    report = {"least_share": 0.5, "control": None, "dates": {}}
    assert with_curve(report, {}, {}, {}, None) is report  # type: ignore[arg-type]
