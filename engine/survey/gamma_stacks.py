"""Stacks in GAMMA's form: plain big-endian numbers that parameter files give a size and a place."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.deformation.checks import in_degrees
from engine.deformation.finding import pair_of
from engine.deformation.gamma import grid_of
from engine.deformation.parameters import read_parameters
from engine.deformation.stack import SPEED_OF_LIGHT, DatePair, GammaOptions
from engine.errors import InputError
from engine.grid import Grid
from engine.survey.dates import dates_in
from engine.survey.files import Entry, Listing, Unused, printable, shown
from engine.survey.notes import Notes
from engine.survey.patterns import NOTHING, choose_pattern
from engine.survey.stacks import Stack, common_folder, one_of_each
from engine.survey.toml import Line

_SAMPLE = 100_000  # values of a file that are looked at, in runs of so many
_RUN = 1_000
_LARGEST_PHASE = 1e4  # radians
_NEAR = 5.0  # degrees between the parameter file's incidence angle and a raster of them
_HEIGHT = ("dem", "hgt", "height", "elev", "srtm", "dtm")


@dataclass(frozen=True)
class Parameters:
    """The parameter files of a folder: grids of DEM files, those of acquisitions, and baselines of pairs."""

    grids: dict[Path, Grid]
    acquisitions: dict[Path, dict[str, str]]
    baselines: dict[Path, DatePair]

    @classmethod
    def read(cls, listing: Listing, unused: Unused) -> "Parameters":
        grids, acquisitions, baselines = {}, {}, {}
        for entry in listing.entries:
            if not entry.is_text or entry.is_markup or b":" not in entry.head:
                continue
            found = read_parameters(entry.path)
            try:
                if "DEM_projection" in found:
                    grids[entry.path] = grid_of(entry.path, corner_is_centre=False)
                elif "radar_frequency" in found:
                    acquisitions[entry.path] = found
                elif any(key.endswith("baseline(TCN)") for key in found):
                    baselines[entry.path] = pair_of(entry.path)
            except InputError as error:
                unused.add(entry.path, f"a parameter file of GAMMA: {printable(error.problem)}; {error.mend}")
        return cls(grids, acquisitions, baselines)


@dataclass(frozen=True)
class _Layer:
    """A file of numbers of a grid's size, and some of its values (those that are finite and not 0)."""

    path: Path
    values: NDArray[np.float32]

    @property
    def is_share(self) -> bool:
        return bool(self.values.min() >= 0 and self.values.max() <= 1.001)

    @property
    def degrees(self) -> float:
        return float(np.median(in_degrees(self.values)))


def find_gamma_stacks(listing: Listing, taken: Iterable[Path], unused: Unused) -> list[Stack]:
    """A stack for every grid that a DEM parameter file gives and that files of two dates fit.

    taken : files that are known to be something else.
    """
    parameters = Parameters.read(listing, unused)
    others = set(taken)
    plain = [entry for entry in listing.entries if not (entry.is_text or entry.is_markup or entry.path in others)]
    sets: list[tuple[Grid, list[Path], list[_Layer]]] = []
    for entry in plain:
        fitting = [path for path, grid in parameters.grids.items() if entry.size == 4 * grid.rows * grid.cols]
        if not fitting:
            continue
        parameter_file = max(fitting, key=lambda path: (_shared(path, entry.path), str(path)))
        layer = _look(entry, unused)
        if layer is None:
            continue
        grid = parameters.grids[parameter_file]
        for other, files, layers in sets:
            if other.matches(grid):
                files.append(parameter_file)
                layers.append(layer)
                break
        else:
            sets.append((grid, [parameter_file], [layer]))
    stacks = [_stack(grid, files, layers, parameters, listing.root, unused) for grid, files, layers in sets]
    return [stack for stack in stacks if stack]


def _shared(one: Path, other: Path) -> int:
    """How many folders two paths have in common."""
    return sum(1 for folder in one.parents if other.is_relative_to(folder))


def _look(entry: Entry, unused: Unused) -> _Layer | None:
    values = _some_values(np.memmap(entry.path, dtype=">f4", mode="r"))
    swapped = values.view("<f4").astype(np.float32)
    values = values.astype(np.float32)
    if not _plausible(values):
        why = "of the size of the stack's grid, but no float32 numbers that could be phase"
        if _plausible(swapped):
            why = "numbers in the order of bytes that GAMMA does not use: swap them"
        unused.add(entry.path, why)
        return None
    kept = values[np.isfinite(values) & (values != 0)]
    if kept.size == 0:
        unused.add(entry.path, "of the size of the stack's grid, but without a single value")
        return None
    return _Layer(entry.path, kept)


def _some_values(raw: NDArray[Any]) -> NDArray[Any]:
    """All of a small file, runs from all over a large one."""
    if raw.size <= _SAMPLE:
        return np.array(raw)
    starts = np.linspace(0, raw.size - _RUN, _SAMPLE // _RUN).astype(int)
    return np.concatenate([raw[start : start + _RUN] for start in starts])


def _plausible(values: NDArray[np.float32]) -> bool:
    finite = values[np.isfinite(values) & (values != 0)]
    if finite.size == 0:
        return bool((values == 0).any())
    sizes = np.abs(finite)
    return bool(np.mean(np.isfinite(values)) > 0.01 and sizes.max() < 1e6 and np.median(sizes) > 1e-6)


def _stack(
    grid: Grid, files: Sequence[Path], layers: Sequence[_Layer], parameters: Parameters, root: Path, unused: Unused
) -> Stack | None:
    notes = Notes()
    phases, coherences, rest = _sorted_out(layers, unused)
    if not phases:
        return None
    chosen = one_of_each(phases, root, unused)
    pairs = tuple(sorted(phases[path] for path in chosen))
    near = common_folder(chosen)
    dem_parameters = _closest(files, near)[0]
    acquisitions = _closest(parameters.acquisitions, near)
    if not acquisitions:
        for path in chosen:
            unused.add(
                path, "phase in GAMMA's form, but no parameter file of an acquisition (with radar_frequency) beside it"
            )
        return None
    first = parameters.acquisitions[acquisitions[0]]
    angle = _number(first.get("incidence_angle", ""))
    baselines = [path for path in _closest(parameters.baselines, near) if parameters.baselines[path] in pairs]
    coherent = {path: pair for path, pair in coherences.items() if pair in pairs and _shared(path, chosen[0])}
    coherent_files = one_of_each(coherent, root, unused, "coherence raster") if coherent else []
    incidence = _incidence(rest, angle, near)
    height = _height(rest, near)
    folder = common_folder([*chosen, *coherent_files, *baselines, *acquisitions, dem_parameters, *incidence, *height])
    wanted = {
        "unwrapped": (chosen, "unwrapped phase"),
        "coherence": (coherent_files, "coherence; only read when weights ask for it"),
        "dem_parameters": ([dem_parameters], "size and place of all rasters"),
        "slc_parameters": (acquisitions, "wavelength, heading, incidence angle"),
        "baselines": (baselines, "perpendicular baselines"),
        "incidence": (incidence, "raster of incidence angles"),
        "dem": (height, "raster of heights"),
    }
    lines = [Line("format", "gamma"), Line("path", folder.relative_to(root), "folder of the stack")]
    for key, (paths, what) in wanted.items():
        lines += _pattern_line(folder, key, list(paths), what, root, notes, unused)
    frequency = _number(first.get("radar_frequency", ""))
    wavelength = SPEED_OF_LIGHT / frequency if frequency else None
    if wavelength is not None:
        say = "would be used instead of the parameter files' radar_frequency"
        lines.append(Line("wavelength_m", float(f"{wavelength:.9g}"), say, active=False))
    lines.append(
        Line("corner", "edge", 'the grid\'s corner is the outer edge of its first pixel; or "centre"', active=False)
    )
    notes.assumed.append(
        f"the corner in {shown(dem_parameters, root)} is the outer edge of the first pixel; if outlines lie half a "
        'pixel off, set corner = "centre" in [stack]'
    )
    if incidence:
        notes.assumed.append(
            f"{shown(incidence[0], root)} holds incidence angles, as they agree with the {angle:g}° of "
            f"{shown(acquisitions[0], root)}"
        )
    used = [path for paths, _ in wanted.values() for path in paths]
    for layer in rest:
        if layer.path not in used:
            unused.add(layer.path, "of the size of the stack's grid, but of nothing that is read")
    return Stack("gamma", folder, pairs, grid, lines, frozenset(used), frozenset(), wavelength, notes)


def _sorted_out(
    layers: Sequence[_Layer], unused: Unused
) -> tuple[dict[Path, DatePair], dict[Path, DatePair], list[_Layer]]:
    """Phase and coherence by pair, and all that is not of a pair."""
    phases: dict[Path, DatePair] = {}
    coherences: dict[Path, DatePair] = {}
    rest = []
    for layer in layers:
        if len(dates_in(layer.path.name)) < 2:
            rest.append(layer)
            continue
        try:
            pair = pair_of(layer.path)
        except InputError as error:
            unused.add(layer.path, f"an interferogram without two dates in order: {printable(error.mend)}")
            continue
        says_phase = "unw" in layer.path.suffix.lower()
        if layer.is_share and not says_phase:
            coherences[layer.path] = pair
        elif np.abs(layer.values).max() > _LARGEST_PHASE:
            unused.add(layer.path, f"values up to {np.abs(layer.values).max():.3g} cannot be radians")
        else:
            phases[layer.path] = pair
    return phases, coherences, rest


def _closest(paths: Iterable[Path], folder: Path) -> list[Path]:
    """Those in or below a folder; where there are none, those that share most of its path."""
    ordered = sorted(set(paths))
    if below := [path for path in ordered if path.is_relative_to(folder)]:
        return below
    if not ordered:
        return []
    most = max(_shared(path, folder / "x") for path in ordered)
    return [path for path in ordered if _shared(path, folder / "x") == most]


def _incidence(rest: Sequence[_Layer], angle: float | None, folder: Path) -> list[Path]:
    """The raster that agrees with the parameter files' angle; the look vector's, its complement, does not."""
    if angle is None:
        return []
    found = {
        layer.path: abs(layer.degrees - angle)
        for layer in rest
        if layer.values.min() > 0 and layer.values.max() < 90 and abs(layer.degrees - angle) < _NEAR
    }
    return sorted(_closest(found, folder), key=lambda path: (found[path], path))[:1]


def _height(rest: Sequence[_Layer], folder: Path) -> list[Path]:
    found = [
        layer.path
        for layer in rest
        if any(word in layer.path.name.lower() for word in _HEIGHT)
        and layer.values.min() > -1000
        and layer.values.max() < 9000
    ]
    return _closest(found, folder)[:1]


def _pattern_line(
    folder: Path, key: str, wanted: list[Path], what: str, root: Path, notes: Notes, unused: Unused
) -> list[Line]:
    """The key of a pattern. Where no pattern fits exactly, one file stands for all or what is in the way is named."""
    default = str(GammaOptions.model_fields[key].default)
    chosen = choose_pattern(folder, wanted, default, _is_dated if key == "coherence" else lambda _: True)
    if chosen.besides and key == "slc_parameters":
        chosen = choose_pattern(folder, wanted[:1], default)
    if chosen.besides and key in ("coherence", "baselines"):
        for path in wanted:
            unused.add(
                path, "its name does not set it apart from other files; it is only needed for weights and baselines"
            )
        chosen, wanted = chosen._replace(pattern=NOTHING, besides=frozenset()), []
    for path in sorted(chosen.besides):
        why = unused.reasons.get(path, "it is something else")
        notes.missing.append(
            f"the pattern of {key} matches {shown(path, root)} too ({why}): remove or rename that file"
        )
    if not wanted and chosen.pattern == default:
        return []
    return [Line(key, chosen.pattern, what if wanted else "there is none")]


def _is_dated(path: Path) -> bool:
    return bool(dates_in(path.name))


def _number(text: str) -> float | None:
    try:
        return float(text.split()[0])
    except (ValueError, IndexError):
        return None
