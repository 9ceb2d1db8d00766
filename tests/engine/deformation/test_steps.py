"""The radar steps, from files to files: what is laid down, cut into blocks and put together again."""

import json
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from engine.blocks import Workers
from engine.deformation.inversion import Inversion, InversionOptions, PixelState
from engine.deformation.network import Network, NetworkOptions
from engine.deformation.normal_equations import invert_by_normal_equations
from engine.deformation.rates import MotionRasters, estimate_rates
from engine.deformation.readers import open_stack
from engine.deformation.space import bytes_needed
from engine.deformation.stack import GeoTiffOptions
from engine.deformation.steps import (
    ChosenNetwork,
    PreparedStack,
    choose_network,
    invert_stack,
    prepare_stack,
)
from engine.deformation.velocity import VelocityOptions, resolution_error
from engine.errors import InputError
from engine.grid import Pixel
from engine.raster import Raster
from engine.steps import Progress
from tests.engine.conftest import BOWL, BOWL_RATE, DATES, PAIRS, UTM, Phases, phases, subsidence, write_geotiffs

SERIAL = Workers("serial")


@dataclass
class Chain:
    """The radar steps on one stack in one folder, each made when it is first asked for."""

    folder: Path
    stack_of: Phases
    coherence: Phases | None = None

    def _new(self, name: str) -> Path:
        self.made = getattr(self, "made", 0) + 1
        path = self.folder / f"{name}-{self.made}"
        path.mkdir(parents=True)
        return path

    @property
    def progress(self) -> Progress:
        return Progress(self.folder / "status.json")

    @cached_property
    def stack(self) -> PreparedStack:
        table = write_geotiffs(self.folder, self.stack_of, UTM, self.coherence) | {"looks": 8}
        options = InversionOptions(weights="none" if self.coherence is None else "variance")
        reader = open_stack(GeoTiffOptions(**table), self.folder)
        folder = self._new("prepared")
        self.report = prepare_stack(reader, folder, options=options, progress=self.progress)
        return PreparedStack.read(folder)

    def network(self, **options: Any) -> ChosenNetwork:
        folder = self._new("network")
        self.report = choose_network(self.stack, folder, NetworkOptions(**options))
        return ChosenNetwork.read(folder, self.stack)

    def inverted(self, workers: Workers = SERIAL, chosen: ChosenNetwork | None = None, **options: Any) -> Path:
        folder = self._new("inverted")
        options.setdefault("weights", "none" if self.coherence is None else "variance")
        self.report = invert_stack(
            self.stack,
            chosen or self.network(),
            folder,
            InversionOptions(**options),
            workers=workers,
            progress=self.progress,
        )
        return folder

    def rates(self, inverted: Path, workers: Workers = SERIAL, block: int = 256, **options: Any) -> Path:
        folder = self._new("rates")
        chosen = VelocityOptions(**options)
        self.report = estimate_rates(
            self.stack, inverted, folder, chosen, block=block, workers=workers, progress=self.progress
        )
        return folder


def noisy(seed: int = 31) -> Phases:
    """Subsidence with noise and holes: pixels of every state."""
    generator, stack = np.random.default_rng(seed), phases(subsidence())
    for phase in stack.values():
        phase += generator.normal(scale=0.3, size=phase.shape).astype(np.float32)
        phase[generator.random(phase.shape) < 0.25] = 0
        phase[:2, :2] = 0
    return stack


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path, phases(subsidence()))


@pytest.fixture(scope="module")
def ragged(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(tmp_path_factory.mktemp("ragged"), noisy())


def rasters(folder: Path) -> dict[str, NDArray[Any]]:
    found = {}
    for path in folder.glob("*.tif"):
        with Raster(path) as raster:
            found[path.stem] = raster.read()
    if (folder / "timeseries.h5").exists():
        with h5py.File(folder / "timeseries.h5") as file:
            found["series"] = file["timeseries"][:]
    return found


# Stack


def test_the_prepared_stack_holds_what_the_reader_gave(chain: Chain) -> None:
    stack = chain.stack
    assert stack.grid.matches(UTM)
    assert stack.file.interferograms[0].pair == PAIRS[0]
    assert chain.report == {
        "pairs": 9,
        "dates": 6,
        "rows": 20,
        "columns": 24,
        "pairs_read": 9,
        "pairs_taken_over": 0,
        "all_read_anew": None,
    }
    expected = [float(np.median(phase)) for phase in chain.stack_of.values()]
    np.testing.assert_allclose(stack.medians, expected)
    assert stack.valid_shares == [1.0] * 9


def test_medians_and_shares_count_what_has_phase(ragged: Chain) -> None:
    for phase, median, share in zip(
        ragged.stack_of.values(), ragged.stack.medians, ragged.stack.valid_shares, strict=True
    ):
        assert median == np.median(phase[phase != 0])
        assert share == np.mean(phase != 0)


# Network


def test_pairs_are_chosen_by_number(chain: Chain) -> None:
    chosen = chain.network(exclude_dates=[DATES[-1]])
    assert chosen.numbers == [number for number, pair in enumerate(PAIRS) if DATES[-1] not in pair]
    assert chosen.network == Network(tuple(pair for pair in PAIRS if DATES[-1] not in pair))
    assert chain.report["discarded_dates"] == [str(DATES[-1])]
    assert (chain.report["pairs"], chain.report["dates"]) == (7, 5)


# Inversion


def test_a_bowl_is_recovered_to_the_hundredth_of_a_millimetre(chain: Chain) -> None:
    inverted = chain.inverted()
    series = rasters(inverted)["series"]
    years = np.array([(day - DATES[0]).days for day in DATES]) / 365.25
    expected = years[:, None, None] * subsidence() / 1000
    np.testing.assert_allclose(series, expected, atol=1e-5)
    assert (rasters(inverted)["state"] == PixelState.SOLVED).all()
    assert chain.report["shares"]["solved"] == 1.0


def test_a_chosen_network_is_inverted_with_its_own_pairs(chain: Chain) -> None:
    """Without the first date, whose pairs come first in the stack, the rest of the motion is the same."""
    chosen = chain.network(exclude_dates=[DATES[0]])
    assert chosen.numbers == [2, 3, 4, 5, 6, 7, 8]
    series = rasters(chain.inverted(chosen=chosen))["series"]
    years = np.array([(day - DATES[1]).days for day in DATES[1:]]) / 365.25
    np.testing.assert_allclose(series, years[:, None, None] * subsidence() / 1000, atol=1e-5)


def test_pixels_of_every_kind_are_there_to_be_tested(ragged: Chain) -> None:
    found = set(np.unique(rasters(ragged.inverted(min_temporal_coherence=0.985, min_pair_share=0.6))["state"]))
    assert found == {int(state) for state in PixelState} - {PixelState.WATER, PixelState.HIDDEN}


@pytest.mark.parametrize("size", [2, 5, 13, 24])
def test_blocks_of_any_size_give_the_same(ragged: Chain, size: int) -> None:
    whole, cut = rasters(ragged.inverted(block=1000)), rasters(ragged.inverted(block=size))
    for name in ("state", "pairs", "groups"):
        np.testing.assert_array_equal(cut[name], whole[name])
    np.testing.assert_allclose(cut["series"], whole["series"], atol=1e-8)
    np.testing.assert_allclose(cut["coherence"], whole["coherence"], atol=1e-6)


@pytest.mark.parametrize("workers", [Workers("threads", 2), Workers("processes", 1)], ids=["threads", "processes"])
def test_workers_of_any_kind_give_the_same(ragged: Chain, workers: Workers) -> None:
    alone, shared = rasters(ragged.inverted(block=12)), rasters(ragged.inverted(workers, block=12))
    assert alone.keys() == shared.keys()
    for name, expected in alone.items():
        np.testing.assert_array_equal(shared[name], expected)


def test_the_median_of_the_frame_stands_still(ragged: Chain) -> None:
    """Whatever offset a pair has, the series are relative to what most of the frame does."""
    moved = {pair: np.where(phase == 0, 0, phase + 7).astype(np.float32) for pair, phase in ragged.stack_of.items()}
    other = Chain(ragged.folder / "moved", moved)
    np.testing.assert_allclose(rasters(other.inverted())["series"], rasters(ragged.inverted())["series"], atol=1e-7)


def test_a_reference_point_stands_still(chain: Chain) -> None:
    centre = Pixel(10, 11)
    series = rasters(chain.inverted(reference=UTM.lonlat(centre)))["series"]
    np.testing.assert_array_equal(series[:, 10, 11], 0)
    years = (DATES[-1] - DATES[0]).days / 365.25
    np.testing.assert_allclose(series[-1, 0, 0], -BOWL_RATE / 1000 * years, rtol=1e-4)


def test_a_reference_point_outside_the_frame_is_refused(chain: Chain) -> None:
    with pytest.raises(InputError) as refused:
        chain.inverted(reference=(14.0, 51.0))
    assert refused.value.field == "inversion.reference"
    assert "14.0, 51.0 lies outside the frame" in refused.value.problem
    assert "median" in refused.value.mend


def test_a_reference_point_without_phase_is_refused(tmp_path: Path) -> None:
    stack = phases(subsidence())
    stack[PAIRS[4]][10, 11] = 0
    with pytest.raises(InputError) as refused:
        Chain(tmp_path, stack).inverted(reference=UTM.lonlat(Pixel(10, 11)))
    assert refused.value.field == "inversion.reference"
    assert str(PAIRS[4]) in refused.value.problem


def test_only_pixels_with_a_state_of_their_own_have_a_series(ragged: Chain) -> None:
    made = rasters(ragged.inverted(min_temporal_coherence=0.985, min_pair_share=0.6))
    has_series = np.isin(made["state"], [PixelState.SOLVED, PixelState.MINIMUM_NORM])
    np.testing.assert_array_equal(np.isfinite(made["series"]).all(axis=0), has_series)
    np.testing.assert_array_equal(np.isfinite(made["series"]).any(axis=0), has_series)
    np.testing.assert_array_equal(made["groups"][made["state"] == PixelState.SOLVED], 1)
    assert (made["groups"][made["state"] == PixelState.MINIMUM_NORM] > 1).all()
    np.testing.assert_array_equal(made["pairs"][:2, :2], 0)
    assert (made["state"][:2, :2] == PixelState.NO_DATA).all()


def test_finished_blocks_are_cleared_away(chain: Chain) -> None:
    inverted = chain.inverted(block=7)
    assert sorted(path.name for path in inverted.iterdir()) == [
        "coherence.tif",
        "groups.tif",
        "pairs.tif",
        "residual.tif",
        "state.tif",
        "timeseries.h5",
    ]


def test_a_pair_without_coherence_at_a_pixel_says_nothing_of_it(tmp_path: Path) -> None:
    coherence = {pair: np.full(UTM.shape, 0.6, np.float32) for pair in PAIRS}
    coherence[PAIRS[3]][4, 5], coherence[PAIRS[4]][4, 5] = 0, np.nan
    made = rasters(Chain(tmp_path, phases(subsidence()), coherence).inverted())
    assert made["pairs"][4, 5] == len(PAIRS) - 2
    assert made["pairs"].sum() == len(PAIRS) * made["pairs"].size - 2


def test_weights_hold_down_what_is_noisy(tmp_path: Path) -> None:
    """A pair that contradicts the others by 2 radians, with a coherence of 0.1 against 0.9, moves the series little."""
    stack, coherence = phases(subsidence()), {pair: np.full(UTM.shape, 0.9, np.float32) for pair in PAIRS}
    stack[PAIRS[1]][0, :12] += 2
    coherence[PAIRS[1]][0, :12] = 0.1
    weighted = rasters(Chain(tmp_path / "a", stack, coherence).inverted(min_temporal_coherence=0))["series"]
    alike = rasters(Chain(tmp_path / "b", stack, None).inverted(min_temporal_coherence=0))["series"]
    assert np.abs(weighted[:, 0]).max() < 0.05 * np.abs(alike[:, 0]).max()


def test_another_inverter_takes_the_place(chain: Chain) -> None:
    def doubled(network: Network, phase: Any, weight: Any = None, **options: Any) -> Inversion:
        found = invert_by_normal_equations(network, phase, weight, **options)
        return replace(found, phase=2 * found.phase)

    one, other = chain.inverted(), chain.folder / "doubled"
    other.mkdir()
    options = InversionOptions()
    invert_stack(
        chain.stack, chain.network(), other, options, workers=SERIAL, progress=chain.progress, inverter=doubled
    )
    np.testing.assert_allclose(rasters(other)["series"], 2 * rasters(one)["series"])


# Rates


def test_rates_vertical_rates_and_noise_of_a_known_bowl(chain: Chain) -> None:
    folder = chain.rates(chain.inverted())
    made = rasters(folder)
    np.testing.assert_allclose(made["rate"], subsidence(), atol=1e-2)
    np.testing.assert_allclose(made["vertical"][BOWL], BOWL_RATE / np.cos(np.radians(37)), rtol=1e-4)
    assert made["noise"].max() < 1e-2
    np.testing.assert_allclose(made["error"], np.hypot(made["noise"], resolution_error(made["rate"], 2.5)), rtol=1e-4)
    # A bowl of five pixels is what an average may have made shallower; far from it nothing is.
    assert made["error"][BOWL].min() > 5
    assert made["error"][:, -3:].max() < 0.05
    noise = json.loads((folder / "noise.json").read_text())
    assert list(noise) == [str(day) for day in DATES]
    assert max(noise.values()) < 1e-2
    assert chain.report["least_rate"] == BOWL_RATE
    assert chain.report["share_with_rate"] == 1.0


@pytest.mark.parametrize("size", [3, 13])
def test_rates_of_blocks_of_any_size_are_the_same(ragged: Chain, size: int) -> None:
    inverted = ragged.inverted()
    whole, cut = rasters(ragged.rates(inverted)), rasters(ragged.rates(inverted, block=size))
    for name, expected in whole.items():
        np.testing.assert_allclose(cut[name], expected, rtol=1e-4, atol=1e-3)


def test_a_frame_without_any_series_has_no_rates(ragged: Chain) -> None:
    folder = ragged.rates(ragged.inverted(min_temporal_coherence=0.99999, min_pair_share=1.0))
    assert np.isnan(rasters(folder)["rate"]).all()
    assert ragged.report["share_with_rate"] == 0
    assert "least_rate" not in ragged.report


def test_a_flagged_rate_is_shown_and_is_no_evidence(ragged: Chain) -> None:
    inverted = ragged.inverted(min_pair_share=0.3)
    rates = ragged.rates(inverted)
    state, shown = rasters(inverted)["state"], rasters(rates)["rate"]
    flagged = state == PixelState.MINIMUM_NORM
    assert flagged.any()
    assert np.isfinite(shown[flagged]).all()
    motion = MotionRasters.read(inverted, rates)
    np.testing.assert_array_equal(np.isfinite(motion.rate), state == PixelState.SOLVED)
    np.testing.assert_array_equal(np.isfinite(motion.error), state == PixelState.SOLVED)


def test_what_was_seen_and_what_was_lost(ragged: Chain) -> None:
    inverted = ragged.inverted(min_temporal_coherence=0.985, min_pair_share=0.6)
    motion, state = MotionRasters.read(inverted, ragged.rates(inverted)), rasters(inverted)["state"]
    np.testing.assert_array_equal(motion.observed, state != PixelState.NO_DATA)
    np.testing.assert_array_equal(motion.decorrelated, state >= PixelState.DATES_MISSING)


# Ground that no interferogram shows


def test_ground_without_any_phase_is_lost_within_the_frame_and_unseen_at_its_edge(tmp_path: Path) -> None:
    stack = phases(subsidence())
    for phase in stack.values():
        phase[8:11, 18:21] = 0  # enclosed
        phase[:, :2] = 0  # along the edge
    state = rasters(Chain(tmp_path, stack).inverted())["state"]
    assert (state[8:11, 18:21] == PixelState.FEW_PAIRS).all()
    assert (state[:, :2] == PixelState.NO_DATA).all()


# The reference


def test_a_reference_with_a_radius_is_the_median_round_the_place(tmp_path: Path) -> None:
    """One pixel's noise at the reference would be in every rate; the median of its neighbours leaves it out."""
    stack = phases(subsidence())
    clean = Chain(tmp_path / "clean", stack)
    place = clean.stack.grid.lonlat(Pixel(3, 3))
    expected = rasters(clean.inverted(reference=place))["series"]
    noisy = {pair: phase.copy() for pair, phase in stack.items()}
    for number, phase in enumerate(noisy.values()):
        phase[3, 3] += 0.5 * (-1) ** number
    away = np.ones(UTM.shape, bool)
    away[3, 3] = False
    chain = Chain(tmp_path / "noisy", noisy)
    alone = rasters(chain.inverted(reference=place, min_temporal_coherence=0))["series"]
    median = rasters(chain.inverted(reference=place, reference_radius_m=250, min_temporal_coherence=0))["series"]
    assert np.abs(alone - expected)[:, away].max() > 1e-4
    np.testing.assert_allclose(median[:, away], expected[:, away], atol=1e-5)


# What is said


def test_a_pair_without_baseline_is_named_by_its_own_file(tmp_path: Path) -> None:
    chain = Chain(tmp_path, phases(subsidence()))
    with pytest.raises(InputError, match="no perpendicular baseline") as refused:
        chain.network(max_perpendicular_m=100)
    assert refused.value.file == tmp_path / "stack" / f"{PAIRS[0]}_unw.tif"


# The disk


def test_what_the_disk_cannot_hold_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(InputError, match="1 MB free") as refused:
        _ = Chain(tmp_path, phases(subsidence())).stack
    assert "PITWATCH_HOME" in refused.value.mend
    assert list(tmp_path.rglob("*.h5")) == []


@pytest.mark.parametrize("all_asked_for", [False, True], ids=["plain", "with everything"])
def test_what_is_needed_of_the_disk_is_what_is_written_and_little_more(tmp_path: Path, all_asked_for: bool) -> None:
    """Chunks are laid down whole, so that a frame a little wider than one takes far more than its pixels."""
    shape = (300, 270)
    grid, noise = replace(UTM, shape=shape), np.random.default_rng(4)
    stack = {pair: noise.normal(size=shape).astype(np.float32) for pair in PAIRS}
    coherence = {pair: np.full(shape, 0.8, np.float32) for pair in PAIRS} if all_asked_for else None
    table = write_geotiffs(tmp_path, stack, grid, coherence) | {"looks": 8}
    reader = open_stack(GeoTiffOptions(**table), tmp_path)
    laid, inverted, corrected = (tmp_path / name for name in ("laid", "inverted", "corrected"))
    for folder in (laid, inverted, corrected):
        folder.mkdir()
    options = InversionOptions(
        weights="variance" if all_asked_for else "none", unwrapping_check=all_asked_for, min_temporal_coherence=0
    )
    progress = Progress(tmp_path / "status.json")
    prepare_stack(reader, laid, options=options, progress=progress)
    prepared = PreparedStack.read(laid)
    choose_network(prepared, laid, NetworkOptions())
    chosen = ChosenNetwork.read(laid, prepared)
    invert_stack(prepared, chosen, inverted, options, workers=SERIAL, progress=progress)
    # The release's copy of the series, and that of the corrections.
    for number in range(2 if all_asked_for else 1):
        shutil.copy(inverted / "timeseries.h5", corrected / f"{number}.h5")
    written = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.parent in (laid, inverted, corrected))
    needed = bytes_needed(
        grid,
        pairs=len(PAIRS),
        dates=len(DATES),
        coherent=all_asked_for,
        checked=all_asked_for,
        corrected=all_asked_for,
    )
    of_small_files = 20_000_000
    assert written < needed - of_small_files < 2 * written


def test_a_stack_across_the_antimeridian_is_refused_before_anything_is_laid_down(tmp_path: Path) -> None:
    across = replace(UTM, crs=CRS.from_epsg(32701), transform=Affine(100.0, 0.0, 181_000.0, 0.0, -100.0, 8_000_000.0))
    reader = open_stack(GeoTiffOptions(**write_geotiffs(tmp_path, phases(subsidence()), across)), tmp_path)
    laid = tmp_path / "laid"
    laid.mkdir()
    with pytest.raises(InputError, match="crosses the antimeridian") as error:
        prepare_stack(reader, laid, options=InversionOptions(), progress=Progress(tmp_path / "status.json"))
    assert error.value.field == "extent"
    assert list(laid.iterdir()) == []
