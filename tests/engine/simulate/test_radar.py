"""The stack on disk: network, signs, closure, coherence, and that the result hangs on plan and seed alone."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.blocks import Workers
from engine.deformation.hyp3 import Hyp3Stack
from engine.deformation.network import NetworkOptions, choose_pairs
from engine.deformation.stack import Hyp3Options
from engine.grid import Block
from engine.raster import Raster
from engine.simulate.radar.acquisitions import MAX_DAYS, MAX_PERPENDICULAR_M, Pair, discarded, interferograms
from engine.simulate.radar.atmosphere import Air
from engine.simulate.radar.hyp3 import product_name
from engine.simulate.radar.motion_truth import Turns, write_turns
from engine.simulate.radar.speckle import images, true_coherence
from engine.simulate.radar.stack import Scene
from tests.engine.simulate.conftest import REMOVED, VIOLENT, Simulated, make_plan

WAVELENGTH_M = 0.05546576


def pairs_of(scene: Scene) -> list[Pair]:
    return interferograms(scene.passes)


def raster(folder: Path, pair: Pair, part: str) -> NDArray[np.float32]:
    name = product_name(pair)
    with Raster(folder / name / f"{name}_{part}.tif") as source:
        values: NDArray[np.float32] = source.read()
    return np.where(values == 0, np.nan, values)


def core(scene: Scene, number: int) -> NDArray[np.bool_]:
    patch = scene.plan.patches[number - 1]
    whole = np.zeros(scene.places.shape, np.bool_)
    scene.places.paint(whole, patch.core, True)
    return whole


def test_the_reader_finds_the_papers_network(simulated: Simulated) -> None:
    scene, folder, _ = simulated
    stack = Hyp3Stack(Hyp3Options(format="hyp3"), folder)
    chosen = choose_pairs(
        stack.interferograms, NetworkOptions(max_days=MAX_DAYS, max_perpendicular_m=MAX_PERPENDICULAR_M)
    )
    assert (len(stack.interferograms), len(chosen)) == (337, 334)
    assert np.mean([item.pair.days for item in chosen]) == pytest.approx(35.96, abs=0.005)
    baselines = [abs(item.perpendicular_baseline or np.nan) for item in chosen]
    assert np.mean(baselines) == pytest.approx(48.30, abs=0.005)
    assert (min(baselines), max(baselines)) == pytest.approx((1.97, 111.44))
    left = {day for item in chosen for day in item.pair}
    assert (len(left), discarded().date in left) == (89, False)
    assert stack.grid.matches(scene.plan.frame.radar_grid)
    assert stack.radar.wavelength == pytest.approx(WAVELENGTH_M)
    geometry = stack.geometry()
    assert geometry.incidence.mean() == pytest.approx(37.28, abs=0.02)
    assert geometry.height is not None
    assert np.abs(geometry.height - scene.decorrelation.heights).max() < 40


def test_the_view_is_from_the_west_and_above(simulated: Simulated) -> None:
    scene, folder, _ = simulated
    first = pairs_of(scene)[0]
    theta, phi = raster(folder, first, "lv_theta"), raster(folder, first, "lv_phi")
    towards = np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), np.sin(theta)
    assert [float(part.mean()) for part in towards] == pytest.approx([-0.591, -0.132, 0.796], abs=0.002)
    assert np.ptp(theta) > 0


def test_sinking_ground_has_positive_phase(simulated: Simulated) -> None:
    """Displacement towards the satellite is −λ/(4π)·φ: against ground beside it, it sinks as told."""
    scene, folder, _ = simulated
    inside = core(scene, REMOVED)
    number_of = {item: number for number, item in enumerate(scene.passes)}
    still = scene.motion.towards_satellite(80, scene.view) == 0
    beside = still & (np.roll(inside, 10, axis=0) | np.roll(inside, -10, axis=0))
    pairs = [pair for pair in pairs_of(scene) if discarded() not in pair]
    design, phase = np.zeros((len(pairs), len(scene.passes))), np.zeros(len(pairs))
    for row, pair in enumerate(pairs):
        design[row, [number_of[pair.first], number_of[pair.second]]] = -1, 1
        values = raster(folder, pair, "unw_phase")
        phase[row] = np.nanmedian(values[inside]) - np.nanmedian(values[beside])
    solved = np.linalg.lstsq(design, phase, rcond=None)[0] * (-WAVELENGTH_M / (4 * np.pi) * 1e3)
    true = [float(scene.motion.towards_satellite(number, scene.view)[inside].mean()) for number in range(90)]
    years = np.array([(item.date - scene.passes[0].date).days / 365.25 for item in scene.passes])
    kept = np.array([item != discarded() for item in scene.passes])
    rate, expected = (np.polyfit(years[kept], np.asarray(part)[kept], 1)[0] for part in (solved, true))
    assert expected < -12
    assert 1.15 * expected < rate < 0.65 * expected  # the filter takes some of it, moist ground beside it some more


def test_without_air_orbits_and_noise_phase_is_the_motion(simulated: Simulated) -> None:
    scene, _, truth = simulated
    numbers = 10, 70
    phase = scene.motion_phase(numbers[1]) - scene.motion_phase(numbers[0])
    parts = []
    for name in ("east", "north", "up"):
        with Raster(truth / f"displacement_{name}.tif") as cube:
            bands = cube.read_bands()
            assert cube.band_names == [str(day) for day in scene.dates]
        parts.append(bands[numbers[1]] - bands[numbers[0]])
    seen = sum(part * towards for part, towards in zip(parts, scene.view.towards, strict=True))
    known = np.isfinite(seen)
    np.testing.assert_allclose((-WAVELENGTH_M / (4 * np.pi) * 1e3 * phase)[known], seen[known], atol=2e-3)


def test_phases_of_three_pairs_do_not_close(simulated: Simulated) -> None:
    scene, folder, _ = simulated
    days = [scene.passes[number] for number in (44, 45, 46)]
    first, second, both = Pair(days[0], days[1]), Pair(days[1], days[2]), Pair(days[0], days[2])
    closure = sum(raster(folder, pair, "unw_phase") for pair in (first, second)) - raster(folder, both, "unw_phase")
    closure -= np.nanmedian(closure)
    assert 0.02 < np.nanmedian(np.abs(closure)) < 0.6


def test_coherence_is_an_estimate_that_is_too_high_where_it_is_low(simulated: Simulated) -> None:
    scene, folder, _ = simulated
    pair = Pair(scene.passes[4], scene.passes[5])
    every = list(zip(range(6), images(scene.decorrelation), strict=False))
    true = true_coherence(every[4][1], every[5][1], scene.decorrelation.stays, 1.0)
    told = raster(folder, pair, "corr")
    low = np.zeros(true.shape, np.bool_)
    scene.places.paint(low, scene.plan.ponds[0].buffer(-20), True)
    assert true[low].max() < 0.1 < np.nanmean(told[low])
    assert np.corrcoef(true.ravel(), told.ravel())[0, 1] > 0.5
    assert np.nanstd(told - true) > 0.03


def test_digging_leaves_no_phase(simulated: Simulated) -> None:
    """While it goes on coherence is gone and phase is noise; before and after there is both. Truth says nothing."""
    scene, folder, truth = simulated
    inside = core(scene, VIOLENT)
    told = {pair.first.date: float(np.nanmean(raster(folder, pair, "corr")[inside])) for pair in pairs_of(scene)}
    motion = scene.plan.patches[VIOLENT - 1].motion
    assert motion.day is not None
    assert motion.until is not None
    pairs = [pair for pair in pairs_of(scene) if pair.days == 12]
    within = [told[p.first.date] for p in pairs if motion.day <= p.first.date and p.second.date <= motion.until]
    before = [told[p.first.date] for p in pairs if p.second.date <= motion.day]
    after = [told[p.first.date] for p in pairs if p.first.date >= motion.until]
    assert np.mean(within) < 0.3
    assert min(np.mean(before), np.mean(after)) > 0.55
    with Raster(truth / "displacement_up.tif") as cube:
        up = cube.read_bands()
    lost = [day >= motion.day for day in scene.dates]
    assert (np.isnan(up[:, inside]).all(axis=1) == lost).all()


def test_truth_begins_at_nothing_and_its_rates_span_the_papers(simulated: Simulated) -> None:
    *_, truth = simulated
    for name in ("east", "north", "up"):
        with Raster(truth / f"displacement_{name}.tif") as cube:
            assert (cube.read(1) == 0).all()
    with (truth / "motion.csv").open(newline="") as file:
        rows = {int(row["patch"]): row for row in csv.DictReader(file)}
    rates = [float(row["rate_up"]) for row in rows.values() if row["motion"] == "linear"]
    assert min(rates) == pytest.approx(-18, abs=1)
    assert max(rates) == pytest.approx(15, abs=1)
    expected = [rows[number]["expected"] for number in range(1, 13)]
    assert expected == [
        *("no change", "negative", "positive", "negative", "no change", "negative"),
        *("negative", "no change", "settlement", "decorrelated", "negative", "not observable"),
    ]


def test_some_pairs_are_unwrapped_wrongly(simulated: Simulated) -> None:
    scene, folder, truth = simulated
    with (truth / "unwrapping.csv").open(newline="") as file:
        wrong = {row["pair"] for row in csv.DictReader(file)}
    assert 0.005 < len(wrong) / len(pairs_of(scene)) < 0.15
    assert not list(folder.rglob("*unwrapping*"))
    assert not list(folder.rglob("*turns*"))


def test_truth_says_where_phase_is_off_by_whole_turns(simulated: Simulated) -> None:
    """Less what was put into it phase is noise, from −π to π; with `turns_*.tif` taken out, and not without."""
    scene, folder, truth = simulated
    off = {pair.name: np.zeros(scene.places.shape, np.int8) for pair in pairs_of(scene)}
    for kind in ("cut_off", "steep"):
        with Raster(truth / f"turns_{kind}.tif") as cube:
            assert cube.dtype == "int8"
            for name, band in zip(cube.band_names, cube.read_bands(), strict=True):
                assert band.any()
                off[name] += band
    phases = [scene.phase(number, Air(scene.plan.frame, day)) for number, day in enumerate(scene.dates)]
    number_of = {item: number for number, item in enumerate(scene.passes)}
    told, seen = [], []
    for pair in pairs_of(scene):
        left = raster(folder, pair, "unw_phase") - phases[number_of[pair.second]] + phases[number_of[pair.first]]
        left -= np.nanmedian(left[off[pair.name] == 0])
        there = np.isfinite(left)
        told.append(off[pair.name][there])
        seen.append(np.round(left[there] / (2 * np.pi)))
    turns, found = np.concatenate(told), np.concatenate(seen)
    assert np.count_nonzero(turns) > 500
    assert (turns == found)[turns != 0].mean() > 0.95
    assert (turns == found).mean() > 0.99


def test_turns_are_laid_down_piece_by_piece(tmp_path: Path) -> None:
    grid = make_plan().frame.radar_grid
    own, other = np.zeros((2, *grid.shape), np.int8)
    own[3:30, 5:9], own[20:24, 7:40], other[0, 0] = 1, -2, -1
    own[20:24, 7:9] = -1
    pieces = (
        Turns(Block(3, 30, 5, 9), np.full((27, 4), 1, np.int8)),
        Turns(Block(20, 24, 7, 40), np.full((4, 33), -2, np.int8)),
    )
    path = tmp_path / "turns.tif"
    write_turns(path, {"one": pieces, "other": (Turns(Block(0, 1, 0, 1), np.full((1, 1), -1, np.int8)),)}, grid)
    with Raster(path) as cube:
        assert cube.band_names == ["one", "other"]
        np.testing.assert_array_equal(cube.read_bands(), [own, other])
    write_turns(tmp_path / "none.tif", {}, grid)
    assert not (tmp_path / "none.tif").exists()


def test_another_number_of_workers_gives_the_same_bytes(simulate_few: Callable[[str, int, Workers], Path]) -> None:
    one = simulate_few("one", 1, Workers("serial", 1))
    two = simulate_few("two", 1, Workers("threads", 2))
    other = simulate_few("other", 2, Workers("threads", 2))
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    assert len([name for name in files if name.suffix == ".ztd"]) == 6
    assert [name for name in files if (one / name).read_bytes() != (two / name).read_bytes()] == []
    rasters = [name for name in files if name.name.endswith(("_unw_phase.tif", "_corr.tif", ".ztd"))]
    assert [name for name in rasters if (one / name).read_bytes() == (other / name).read_bytes()] == []
