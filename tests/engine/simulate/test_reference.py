"""An interpreter's outlines are near to the truth and never the truth."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from engine.simulate.reference import interpret, write_reference
from engine.simulate.truth import outlines_in
from tests.engine.simulate.made_up import made_up_plan


@pytest.mark.parametrize("year", [2019, 2021])
@pytest.mark.parametrize("seed", range(3))
def test_errors_are_of_the_size_that_interpreters_make(year: int, seed: int) -> None:
    plan = made_up_plan("medium", seed)
    truth = {patch.number: (patch, outline) for patch, outline in outlines_in(plan, year)}
    drawn = interpret(plan, year)
    overlap, offsets, wrong = [], [], 0
    for one in drawn:
        assert one.outline.is_valid and not one.outline.is_empty
        wrong += one.code is not truth[one.numbers[0]][0].mine_class
        if len(one.numbers) == 1:
            outline = truth[one.numbers[0]][1]
            assert not one.outline.equals(outline)
            overlap.append(one.outline.intersection(outline).area / one.outline.union(outline).area)
            centre, true = one.outline.centroid, outline.centroid
            offsets += [centre.x - true.x, centre.y - true.y]
    assert np.mean(np.array(overlap) > 0.8) > 0.9 and min(overlap) > 0.55 and max(overlap) < 0.999
    assert 0.8 < np.std(offsets) < 1.6
    assert 1 <= wrong <= 2
    named = [number for one in drawn for number in one.numbers]
    assert len(named) == len(set(named))
    left_out = [truth[number][0] for number in truth.keys() - set(named)]
    assert 0.015 * len(truth) <= len(left_out) <= 0.045 * len(truth)
    assert all(patch.role is None for patch in left_out)
    assert sum(len(one.numbers) > 1 for one in drawn) <= 3


def test_what_is_left_out_is_small() -> None:
    sizes, all_sizes = [], []
    for seed in range(6):
        plan = made_up_plan("medium", seed)
        named = {number for one in interpret(plan, 2021) for number in one.numbers}
        all_sizes += [outline.area for _, outline in outlines_in(plan, 2021)]
        sizes += [outline.area for patch, outline in outlines_in(plan, 2021) if patch.number not in named]
    assert np.median(sizes) < 0.6 * np.median(all_sizes)


def test_near_neighbours_are_drawn_as_one() -> None:
    assert any(len(one.numbers) == 2 for seed in range(4) for one in interpret(made_up_plan("medium", seed), 2019))


def test_files(tmp_path: Path) -> None:
    plan = made_up_plan("small", 0)
    first = {path.name: path.read_bytes() for path in write_reference(plan, tmp_path)}
    assert set(first) == {"reference_2019.gpkg", "reference_2021.gpkg"}
    table = gpd.read_file(tmp_path / "reference_2021.gpkg")
    assert list(table.columns) == ["code", "mine_class", "interpreter", "geometry"] and table.crs.to_epsg() == 4544
    assert set(table["code"]) <= {1, 2, 3, 4} and set(table["interpreter"]) <= {"A", "B", "C"}
    assert {path.name: path.read_bytes() for path in write_reference(plan, tmp_path)} == first
    other = {path.name: path.read_bytes() for path in write_reference(made_up_plan("small", 1), tmp_path)}
    assert all(other[name] != first[name] for name in first)
