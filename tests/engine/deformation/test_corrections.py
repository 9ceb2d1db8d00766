"""Corrections take out what was put in, and nothing of the motion."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.blocks import Workers
from engine.deformation.correcting import correct_series
from engine.deformation.corrections import (
    CorrectionOptions,
    HeightErrorCorrection,
    RampCorrection,
    Reference,
)
from engine.deformation.inversion import InversionOptions
from engine.deformation.mintpy_files import SeriesFile, read_geometry
from engine.deformation.network import Network, NetworkOptions, date_baselines
from engine.deformation.readers import open_stack
from engine.deformation.stack import GeoTiffOptions, Interferogram
from engine.deformation.steps import (
    ChosenNetwork,
    PreparedStack,
    choose_network,
    invert_stack,
    prepare_stack,
)
from engine.deformation.troposphere import Troposphere
from engine.errors import InputError
from engine.grid import Block, Pixel
from engine.steps import Progress
from tests.engine.conftest import BOWL, DATES, PAIRS, UTM, WAVELENGTH, phases, subsidence, write_geotiffs, write_tif
from tests.engine.deformation.test_troposphere import write_gacos

SERIAL = Workers("serial")
PHASE_PER_M = 4 * np.pi / WAVELENGTH
ROWS, COLS = (axis.ravel() for axis in np.indices(UTM.shape))
Array = NDArray[np.float32]


def ramp(date_number: int) -> NDArray[np.float64]:
    """m, over the frame, its own on each date."""
    x, y = COLS.reshape(UTM.shape) / UTM.cols, ROWS.reshape(UTM.shape) / UTM.rows
    return 0.01 * date_number + 0.03 * np.sin(date_number) * x - 0.02 * np.cos(3 * date_number) * y


# One by one, on arrays


@pytest.mark.parametrize("kind", ["linear", "quadratic"])
def test_a_ramp_is_taken_out_and_a_bowl_is_left(kind: str) -> None:
    truth = np.stack([subsidence() * years for years in range(4)]) / 1000
    laid_over = np.stack([ramp(number) for number in range(4)])
    if kind == "quadratic":
        laid_over += 0.01 * (ROWS.reshape(UTM.shape) / UTM.rows) ** 2
    series = (truth + laid_over).reshape(4, -1).astype(np.float32)
    correct = RampCorrection.fit(UTM, kind, series, (ROWS, COLS))  # type: ignore[arg-type]
    np.testing.assert_allclose(correct(series, (ROWS, COLS)), truth.reshape(4, -1), atol=1e-5)


def test_height_errors_are_told_from_motion_by_the_baselines() -> None:
    generator = np.random.default_rng(1)
    years = np.arange(40) * 12 / 365.25
    baselines = np.concatenate([[0], generator.normal(scale=60, size=39)])
    motion = np.outer(years, generator.normal(scale=0.02, size=50)) + np.outer(years**2, np.full(50, 0.005))
    wrong = generator.normal(scale=5e-5, size=50)
    series = (motion + np.outer(baselines, wrong)).astype(np.float32)
    correct = HeightErrorCorrection(baselines, years, 2)
    np.testing.assert_allclose(correct.estimate(series), wrong, atol=1e-7)
    np.testing.assert_allclose(correct(series, (ROWS[:50], COLS[:50])), motion, atol=1e-5)


def test_baselines_of_dates_follow_from_those_of_pairs() -> None:
    known = np.array([0.0, 40.0, -30.0, 5.0, 80.0, -60.0])
    network = Network(PAIRS)
    items = [
        Interferogram(pair, Path("x"), perpendicular_baseline=float(known[second] - known[first]))
        for pair, (first, second) in zip(PAIRS, network.edges, strict=True)
    ]
    np.testing.assert_allclose(date_baselines(items, network, field="corrections.height_errors"), known, atol=1e-9)
    with pytest.raises(InputError, match="no perpendicular baseline"):
        date_baselines([Interferogram(pair, Path("x")) for pair in PAIRS], network, field="network.select")


def test_the_reference_is_still_at_every_date_and_all_is_at_its_date() -> None:
    series = np.random.default_rng(2).normal(size=(6, 9)).astype(np.float32)
    referenced = Reference(series[:, 4].astype(float), 3)(series, (ROWS[:9], COLS[:9]))
    np.testing.assert_allclose(referenced[:, 4], 0, atol=1e-6)
    np.testing.assert_array_equal(referenced[3], 0)


# The step, from files to files


class Corrected:
    """A stack with known motion, an orbit's ramps and delays of the air, inverted and corrected."""

    def __init__(
        self, folder: Path, *, inversion: InversionOptions, options: CorrectionOptions, incidence: Array | None = None
    ) -> None:
        stack = phases(subsidence())
        self.delays = {day: write_gacos(folder / "gacos", day, UTM, number).mean() for number, day in enumerate(DATES)}
        for pair, phase in stack.items():
            first, second = (DATES.index(day) for day in pair)
            phase += (PHASE_PER_M * (ramp(second) - ramp(first))).astype(np.float32)
        table = write_geotiffs(folder, stack, UTM)
        if incidence is not None:
            table["incidence"] = write_tif(folder / "incidence.tif", incidence, UTM)
        reader = open_stack(GeoTiffOptions(**table), folder)
        progress = Progress(folder / "status.json")
        for name in ("prepared", "network", "inversion", "corrections"):
            (folder / name).mkdir()
        prepare_stack(reader, folder / "prepared", options=inversion, progress=progress)
        self.stack = PreparedStack.read(folder / "prepared")
        choose_network(self.stack, folder / "network", NetworkOptions())
        self.chosen = ChosenNetwork.read(folder / "network", self.stack)
        invert_stack(self.stack, self.chosen, folder / "inversion", inversion, workers=SERIAL, progress=progress)
        self.report = correct_series(
            self.stack,
            self.chosen,
            folder / "inversion",
            folder / "corrections",
            inversion=inversion,
            options=options,
            area_folder=folder,
            workers=SERIAL,
            progress=progress,
        )
        self.series = SeriesFile(folder / "corrections")

    def displacement(self) -> Array:
        return self.series.read(Block(0, UTM.rows, 0, UTM.cols))


def true_displacement() -> NDArray[np.float64]:
    years = np.array([(day - DATES[0]).days for day in DATES]) / 365.25
    return subsidence()[None] * years[:, None, None] / 1000


@pytest.mark.parametrize("block", [7, 256])
def test_ramps_are_taken_out_of_the_series_whatever_the_blocks(tmp_path: Path, block: int) -> None:
    made = Corrected(tmp_path, inversion=InversionOptions(block=block), options=CorrectionOptions(ramp="linear"))
    np.testing.assert_allclose(made.displacement(), true_displacement(), atol=2e-5)
    before, after = (made.report["rms_mm"][name] for name in ("inverted", "ramps"))
    assert after < 0.05 * before


def test_a_reference_point_and_a_reference_date_are_still(tmp_path: Path) -> None:
    place = UTM.lonlat(Pixel(2, 3))
    made = Corrected(
        tmp_path,
        inversion=InversionOptions(reference=tuple(place)),
        options=CorrectionOptions(ramp="linear", reference_date=DATES[2]),
    )
    displacement = made.displacement()
    np.testing.assert_allclose(displacement[:, 2, 3], 0, atol=1e-6)
    np.testing.assert_array_equal(displacement[2], 0)
    expected = true_displacement()
    np.testing.assert_allclose((displacement - (expected - expected[2]))[(slice(None), *BOWL)], 0, atol=2e-5)


def test_delays_of_the_air_are_taken_out_with_their_sign(tmp_path: Path) -> None:
    """The stack has none of them: what is corrected shows them, more delay as more motion towards the satellite."""
    made = Corrected(tmp_path, inversion=InversionOptions(), options=CorrectionOptions(gacos=Path("gacos")))
    inverted = SeriesFile(tmp_path / "inversion").read(Block(0, UTM.rows, 0, UTM.cols))
    change = (made.displacement() - inverted).reshape(len(DATES), -1)
    incidence = read_geometry(tmp_path / "prepared").incidence.ravel()
    slant = Troposphere(tmp_path / "gacos", DATES, UTM).slant_delay((ROWS, COLS), incidence)
    off = change - (slant - slant[:1])
    assert np.ptp(slant - slant[:1], axis=1).max() > 0.005
    np.testing.assert_allclose(off - np.median(off, axis=1, keepdims=True), 0, atol=2e-6)


def test_where_the_incidence_is_not_known_series_end_and_others_do_not(tmp_path: Path) -> None:
    incidence = np.full(UTM.shape, 37, np.float32)
    everywhere, in_part = incidence.copy(), incidence.copy()
    in_part[:, -1] = 0
    options = CorrectionOptions(gacos=Path("gacos"))
    whole, part = (
        Corrected(tmp_path / name, inversion=InversionOptions(block=7), options=options, incidence=given)
        for name, given in (("whole", everywhere), ("part", in_part))
    )
    expected, found = whole.displacement(), part.displacement()
    assert np.isnan(found[:, :, -1]).all()
    # Their medians are of other pixels.
    off = (found - expected)[:, :, :-1]
    np.testing.assert_allclose(off - np.median(off, axis=(1, 2), keepdims=True), 0, atol=2e-6)
    assert all(np.isfinite(value) for value in part.report["rms_mm"].values())


def test_a_reference_point_without_incidence_is_refused(tmp_path: Path) -> None:
    incidence = np.full(UTM.shape, 37, np.float32)
    incidence[2, 3] = 0
    with pytest.raises(InputError, match="incidence angle is not known at the reference point") as refused:
        Corrected(
            tmp_path,
            inversion=InversionOptions(reference=tuple(UTM.lonlat(Pixel(2, 3)))),
            options=CorrectionOptions(gacos=Path("gacos")),
            incidence=incidence,
        )
    assert refused.value.field == "inversion.reference"


def test_a_reference_date_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no date of the network"):
        Corrected(
            tmp_path,
            inversion=InversionOptions(),
            options=CorrectionOptions(reference_date=DATES[0] + timedelta(days=1)),
        )


def test_nothing_is_asked_for_where_nothing_is_said() -> None:
    assert not CorrectionOptions().any
    assert not CorrectionOptions(height_error_order=3).any
    assert CorrectionOptions(reference_date=date(2020, 1, 1)).any
    assert CorrectionOptions(ramp="linear").any
