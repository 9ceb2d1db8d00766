"""The radar half of a simulated area: a stack of interferograms as HyP3 delivers them, and apart from it the truth.

What every date adds to phase (motion, air, orbit, heights that are wrong) is made first; then images are made date by
date (`speckle`), and every pair of an image with earlier ones is formed while the next image is made. All random
numbers belong to a date, a pair or a patch, so that the result depends on nothing but plan and seed.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from engine.blocks import Workers
from engine.grid import Block, Pixel
from engine.simulate.noise import Field
from engine.simulate.plan import Plan
from engine.simulate.radar.acquisitions import MAX_PERPENDICULAR_M, Acquisition, Pair, acquisitions, interferograms
from engine.simulate.radar.atmosphere import Air
from engine.simulate.radar.decorrelation import Decorrelation, Ground
from engine.simulate.radar.gacos import GacosGrid, write_gacos
from engine.simulate.radar.heights import height_error
from engine.simulate.radar.hyp3 import Products
from engine.simulate.radar.interferograms import WrongTurns, aliased, interfere, not_unwrapped, wrong_turns
from engine.simulate.radar.line_of_sight import PHASE_PER_M, View
from engine.simulate.radar.motion import GroundMotion, ground_motion, line_of_sight
from engine.simulate.radar.motion_truth import Turns, Wrong, write_truth
from engine.simulate.radar.places import Places
from engine.simulate.radar.speckle import Image, images, product, true_coherence
from engine.simulate.terrain import Terrain

Count = Callable[[int], Callable[[], None]]
# Orbit errors of a date: rad over the paper's half width along each axis, and of a bend along the longer one.
_RAMP_RAD, _RAMP_LENGTH_M, _BEND_RAD = (0.9, 0.6), 11_000.0, 0.25
_MM = 1_000.0
# Truth is summed as whole numbers, so that the order in which pairs finish does not matter.
_COHERENCE_STEPS = 250


@dataclass(frozen=True)
class Scene:
    """All that pairs are made from."""

    plan: Plan
    terrain: Terrain
    passes: tuple[Acquisition, ...]

    @cached_property
    def dates(self) -> tuple[date, ...]:
        return tuple(item.date for item in self.passes)

    @cached_property
    def places(self) -> Places:
        return Places(self.plan.frame)

    @cached_property
    def view(self) -> View:
        return View(self.places)

    @cached_property
    def decorrelation(self) -> Decorrelation:
        return Decorrelation(self.plan, self.terrain, self.dates)

    @cached_property
    def motion(self) -> GroundMotion:
        return ground_motion(self.plan, self.decorrelation.heights, self.dates)

    @cached_property
    def height_error(self) -> Field:
        """By how much the ground is higher than the heights in use, m."""
        return height_error(self.plan, self.decorrelation.heights)

    def motion_phase(self, number: int) -> Field:
        """Radians: motion away from the satellite is positive."""
        return self.motion.towards_satellite(number, self.view) * np.float32(-PHASE_PER_M / _MM)

    def air_phase(self, air: Air) -> Field:
        """Radians of a day's delay along the line of sight, about its mean over the frame."""
        delay = air.delay(self.places.x, self.places.y, self.decorrelation.heights) / np.cos(self.view.incidence)
        return np.asarray(PHASE_PER_M * (delay - delay.mean()), np.float32)

    def orbit_phase(self, number: int) -> Field:
        chance = self.plan.frame.chance("orbit", str(self.dates[number]))
        x, y = self.places.x, self.places.y
        east, north = (x - x.mean()) / _RAMP_LENGTH_M, (y - y.mean()) / _RAMP_LENGTH_M
        along, across = chance.normal(0, _RAMP_RAD)
        bend = chance.normal(0, _BEND_RAD) * east**2
        return np.asarray((along * east + bend)[None, :] + (across * north)[:, None], np.float32)

    def height_phase(self, number: int) -> Field:
        return self.height_error * self.view.height_to_phase * np.float32(self.passes[number].perpendicular)

    def phase(self, number: int, air: Air) -> Field:
        """All that a date adds to the phase of its pairs, radians."""
        return self.motion_phase(number) + self.air_phase(air) + self.orbit_phase(number) + self.height_phase(number)

    def lost_turns(self, first: int, second: int) -> list[tuple[Block, Field]]:
        """What unwrapping loses of motion that is too steep for it, by moving place."""
        lost = []
        for item in self.motion.components:
            moved = float(item.course[second] - item.course[first])
            if abs(moved) * PHASE_PER_M / _MM > np.pi:
                signal = line_of_sight(item, self.view) * np.float32(-PHASE_PER_M / _MM * moved)
                turns = aliased(signal)
                if turns.any():
                    lost.append((item.block, turns))
        return lost


class Formed(NamedTuple):
    """What is told of a pair beside its files. coherence : the true one, in steps of 1/250."""

    pair: Pair
    coherence: NDArray[np.uint8]
    wrong: Wrong | None


class Tally:
    """What is gathered of pairs in whatever order they finish."""

    def __init__(self, scene: Scene, advance: Callable[[], None]) -> None:
        self._advance = advance
        self._coherence, self._pairs = np.zeros(scene.places.shape, np.uint32), 0
        self.wrong: list[Wrong] = []

    def add(self, formed: Formed) -> None:
        if abs(formed.pair.perpendicular) <= MAX_PERPENDICULAR_M:
            self._coherence += formed.coherence
            self._pairs += 1
        if formed.wrong is not None:
            self.wrong.append(formed.wrong)
        self._advance()

    @property
    def coherence(self) -> Field:
        """Mean true coherence over the pairs within the thresholds."""
        return np.asarray(self._coherence / (self._pairs * _COHERENCE_STEPS), np.float32)


def simulate_radar(
    plan: Plan,
    terrain: Terrain,
    folder: Path,
    truth_folder: Path,
    *,
    workers: Workers,
    count: Count = lambda _: lambda: None,
    passes: Sequence[Acquisition] | None = None,
) -> None:
    """Write the stack, with `gacos/` beside it, into `folder`, and what is true into `truth_folder`.

    workers : threads, or "serial". count : is told how many pairs there are, and gives what is called after each.
    passes : in order of date; all of the paper's where none are given.
    """
    if workers.kind not in ("threads", "serial"):
        raise ValueError(f"images are shared between threads, which '{workers.kind}' cannot do")
    scene = Scene(plan, terrain, tuple(passes or acquisitions()))
    pairs = interferograms(scene.passes)
    (folder / "gacos").mkdir(parents=True, exist_ok=True)
    truth_folder.mkdir(parents=True, exist_ok=True)
    _prepare(scene)
    products = Products(folder, plan.frame.radar_grid, scene.view)
    air = scene.decorrelation
    products.write_geometry(pairs[0], air.heights - scene.height_error, air.ground == Ground.WATER)
    tally = Tally(scene, count(len(pairs)))
    with workers.executor() as (executor, _):
        phases = _phases(scene, folder / "gacos", executor)
        _form_all(scene, pairs, phases, products, tally, executor, 2 * workers.count)
    write_truth(truth_folder, plan, scene.motion, scene.view, tally.coherence, tally.wrong)


def _prepare(scene: Scene) -> None:
    """Make what all threads read, once."""
    _ = scene.view.towards, scene.view.height_to_phase, scene.motion, scene.height_error
    _ = scene.decorrelation.stays


def _phases(scene: Scene, gacos: Path, executor: Executor | None) -> list[Field]:
    """Phase that each date adds; the files of its air are written on the way."""
    grid = GacosGrid(scene.plan.frame, scene.terrain)
    _ = grid.heights

    def of(number: int) -> Field:
        air = Air(scene.plan.frame, scene.dates[number])
        write_gacos(gacos, air, grid)
        return scene.phase(number, air)

    numbers = range(len(scene.passes))
    return list(executor.map(of, numbers) if executor else map(of, numbers))


def _form_all(
    scene: Scene,
    pairs: list[Pair],
    phases: list[Field],
    products: Products,
    tally: Tally,
    executor: Executor | None,
    in_flight: int,
) -> None:
    """Go through the dates, hold the images that later pairs still need, and form pairs as their images are there."""
    number_of = {item: number for number, item in enumerate(scene.passes)}
    last_use = {number_of[pair.first]: number_of[pair.second] for pair in pairs}
    held: dict[int, Image] = {}
    running: set[Future[Formed]] = set()
    for image in images(scene.decorrelation):
        held[image.number] = image
        for pair in (pair for pair in pairs if number_of[pair.second] == image.number):
            task = (scene, pair, held[number_of[pair.first]], image, phases, products)
            if executor is None:
                tally.add(_form(*task))
                continue
            while len(running) >= in_flight:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    tally.add(future.result())
            running.add(executor.submit(_form, *task))
        held = {number: own for number, own in held.items() if last_use.get(number, -1) > image.number}
    for future in running:
        tally.add(future.result())


def _form(scene: Scene, pair: Pair, first: Image, second: Image, phases: list[Field], products: Products) -> Formed:
    """Form, unwrap and write one pair."""
    chance = scene.plan.frame.chance("pair", pair.name)
    phase = phases[second.number] - phases[first.number]
    share = scene.decorrelation.baseline(pair.perpendicular)
    wrapped = interfere(product(first, second), (first.power, second.power), phase, share, chance)
    unwrapped = phase + wrapped.noise
    lost = scene.lost_turns(first.number, second.number)
    for block, turns in lost:
        unwrapped[block.slices] -= turns
    wrong = wrong_turns(wrapped.coherence, chance)
    if wrong is not None:
        unwrapped[wrong.region] += np.float32(2 * np.pi * wrong.turns)
    reference = Pixel(*(int(index) for index in np.unravel_index(np.argmax(wrapped.coherence), phase.shape)))
    unwrapped -= unwrapped[reference]
    unwrapped[not_unwrapped(wrapped.coherence)] = np.nan
    products.write_pair(pair, unwrapped, wrapped.coherence, reference)
    truth = np.round(true_coherence(first, second, scene.decorrelation.stays, share) * _COHERENCE_STEPS)
    steep = tuple(Turns(block, np.round(-turns / (2 * np.pi)).astype(np.int8)) for block, turns in lost)
    told = Wrong(pair.name, () if wrong is None else (_region(wrong),), steep)
    return Formed(pair, truth.astype(np.uint8), told if told.cut_off or told.steep else None)


def _region(wrong: WrongTurns) -> Turns:
    """No more of the frame than the region reaches."""
    rows, cols = find_objects(wrong.region.astype(np.int8))[0]
    block = Block(rows.start, rows.stop, cols.start, cols.stop)
    return Turns(block, (wrong.region[block.slices] * wrong.turns).astype(np.int8))
