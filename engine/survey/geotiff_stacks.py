"""Stacks of georeferenced rasters: unwrapped phase with two dates in its name, and what lies beside it."""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np

from engine.deformation.checks import in_degrees
from engine.deformation.finding import pair_of
from engine.deformation.pair_table import read_pair_table
from engine.deformation.stack import SENTINEL1_WAVELENGTH, DatePair, GeoTiffOptions
from engine.errors import InputError
from engine.survey.dates import dates_in
from engine.survey.files import Listing, Unused, printable, shown
from engine.survey.notes import Notes
from engine.survey.patterns import NOTHING, choose_pattern
from engine.survey.rasters import Facts, overlap
from engine.survey.stacks import (
    Stack,
    common_folder,
    one_of_each,
    says_sentinel1,
)
from engine.survey.toml import Line

_SENTINEL1_INCIDENCE = 39.0  # degrees; the middle of its wide swath, which spans about 30 to 46


class Role(StrEnum):
    """What a single-band raster is to a stack."""

    UNWRAPPED = "unwrapped phase"
    COHERENCE = "coherence"
    WRAPPED = "wrapped phase: unwrap it first"
    INCIDENCE = "incidence angles"
    LOOK = "angles of the look vector"
    HEIGHT = "heights"
    OTHER = "a product beside the phase that is not read"


_HEIGHT = {"dem", "hgt", "height", "heights", "elevation", "elev", "srtm", "dtm", "dsm"}
_WRAPPED = {"wrapped", "wrap", "int", "intf", "diff"}
_OTHER = {"amp", "amplitude", "mli", "los", "vert", "disp", "displacement", "vel", "velocity", "conncomp", "intensity"}
_TABLES = (".csv", ".tsv", ".txt")
_FLOATS = ("float32", "float64")


def role_of(facts: Facts) -> Role | None:
    """By the words of the name, as far as the values agree; by the values alone where it says nothing."""
    least, most, words = facts.pixels.least, facts.pixels.most, set(facts.words)
    if facts.bands != 1 or facts.pixels.is_empty:
        return None
    if "lv" in words:
        return Role.LOOK if "theta" in words else Role.OTHER
    if words & _HEIGHT and least > -1000 and most < 9000:
        return Role.HEIGHT
    if facts.dtype not in _FLOATS:
        return None
    if any(word.startswith("inc") for word in words) and 5 < _median_degrees(facts) < 80:
        return Role.INCIDENCE
    if words & _OTHER:
        return Role.OTHER
    if len(dates_in(facts.path.name)) < 2 and not _has_tagged_dates(facts):
        return None
    is_share = least >= 0 and most <= 1.001
    says_unwrapped = any(word.startswith("unw") for word in words)
    if is_share and (not says_unwrapped or any(word.startswith(("coh", "cor")) or word == "cc" for word in words)):
        return Role.COHERENCE
    if says_unwrapped:
        return Role.UNWRAPPED
    fills_one_cycle = least < 0 and 3.1 < max(-least, most) < 3.142
    return Role.WRAPPED if words & _WRAPPED or fills_one_cycle else Role.UNWRAPPED


def _median_degrees(facts: Facts) -> float:
    return float(np.median(in_degrees(facts.valid))) if facts.valid.size else np.nan


def _has_tagged_dates(facts: Facts) -> bool:
    return {"FIRST_DATE", "SECOND_DATE"} <= facts.tags.keys()


def find_geotiff_stacks(rasters: Sequence[Facts], listing: Listing, unused: Unused) -> list[Stack]:
    """A stack for every grid that unwrapped phase lies on, those with too few dates included."""
    by_role: dict[Role, list[Facts]] = {role: [] for role in Role}
    for facts in rasters:
        if role := role_of(facts):
            by_role[role].append(facts)
    for role in (Role.WRAPPED, Role.OTHER):
        for facts in by_role[role]:
            unused.add(facts.path, role)
    grids: list[list[tuple[Facts, DatePair]]] = []
    for facts in by_role[Role.UNWRAPPED]:
        pair = _pair(facts.path, unused)
        if pair is None:
            continue
        if facts.pixels.least == facts.pixels.most == 0:
            unused.add(facts.path, "an interferogram without a single pixel of phase")
        elif (largest := max(-facts.pixels.least, facts.pixels.most)) > 1e4:
            unused.add(facts.path, f"values up to {largest:.3g} cannot be radians")
        elif group := next((group for group in grids if group[0][0].grid.matches(facts.grid)), None):
            group.append((facts, pair))
        else:
            grids.append([(facts, pair)])
    return [_stack(group, by_role, listing, unused) for group in grids]


def _pair(path: Path, unused: Unused) -> DatePair | None:
    try:
        return pair_of(path)
    except InputError as error:
        unused.add(path, f"an interferogram without two dates in order: {printable(error.mend)}")
        return None


def _stack(
    group: list[tuple[Facts, DatePair]], by_role: dict[Role, list[Facts]], listing: Listing, unused: Unused
) -> Stack:
    root, notes = listing.root, Notes()
    found = {facts.path: pair for facts, pair in group}
    chosen = one_of_each(found, root, unused)
    grid = group[0][0].grid
    first = next(facts for facts, _ in group if facts.path == chosen[0])
    pairs = {found[path] for path in chosen}
    coherent = _coherence(by_role[Role.COHERENCE], first, pairs, root, unused)
    folder = common_folder([*chosen, *coherent])
    default = GeoTiffOptions.model_fields
    unwrapped = choose_pattern(folder, chosen, default["unwrapped"].default)
    coherence = choose_pattern(
        folder, coherent, default["coherence"].default, lambda path: _is_read_as_coherence(path, pairs)
    )
    if coherence.besides:
        for path in coherent:
            unused.add(
                path, "coherence whose name does not set it apart from other files; it is only needed for weights"
            )
        coherent, coherence = [], coherence._replace(pattern=NOTHING)
    for path in sorted(unwrapped.besides):
        why = unused.reasons.get(path, "it is not one of the stack's interferograms")
        notes.missing.append(
            f"the pattern of the interferograms matches {shown(path, root)} too ({why}): remove or rename that file"
        )
    if not any(word.startswith("unw") for facts, _ in group for word in facts.words):
        notes.assumed.append(
            f"{shown(first.path, root)} and its like are unwrapped phase in radians, by their values; if they are "
            "something else, correct unwrapped in [stack]"
        )
    wavelength, wavelength_line = _wavelength(first, chosen, root, notes)
    incidence_line, angles = _incidence(first, by_role, chosen, root, notes)
    heights = [facts.path for facts in _nearest(by_role[Role.HEIGHT], first)[:1]]
    tables = _pair_tables(listing, folder, pairs)[:1]
    lines = [
        Line("format", "geotiff"),
        Line("path", folder.relative_to(root), "folder of the stack"),
        Line("unwrapped", unwrapped.pattern, "unwrapped phase in radians, later minus earlier"),
        Line("coherence", coherence.pattern, "only read when weights ask for it" if coherent else "there is none"),
        *(Line("pairs", path.relative_to(root), "table of perpendicular baselines") for path in tables),
        wavelength_line,
        incidence_line,
        *(Line("dem", path.relative_to(root), "raster of heights") for path in heights),
        Line("subsidence_is_positive_phase", True, "false where the processor writes the other sign", active=False),
    ]
    notes.assumed.append(
        "phase is positive where the ground moves away from the satellite (as GAMMA, ISCE and HyP3 write it); ground "
        "that is known to sink must come out negative (red), else set subsidence_is_positive_phase = false"
    )
    return Stack(
        form="geotiff",
        folder=folder,
        pairs=tuple(sorted(pairs)),
        grid=grid,
        lines=lines,
        files=frozenset([*chosen, *coherent]),
        beside=frozenset([*angles, *heights, *tables]),
        wavelength=wavelength,
        notes=notes,
    )


def _pair_tables(listing: Listing, folder: Path, pairs: set[DatePair]) -> list[Path]:
    """Tables that give every pair of a stack its perpendicular baseline."""
    found = []
    for entry in listing.entries:
        if entry.suffix not in _TABLES or not entry.is_text:
            continue
        try:
            table = read_pair_table(entry.path, folder)
        except InputError:
            continue  # a text of another kind
        if pairs <= {pair for pair, line in table.items() if line.perpendicular_baseline is not None}:
            found.append(entry.path)
    return found


def _is_read_as_coherence(path: Path, pairs: set[DatePair]) -> bool:
    """Whether a stack of these pairs would read it; coherence whose interferogram is missing or broken does no harm."""
    if not dates_in(path.name):
        return False
    try:
        return pair_of(path) in pairs
    except InputError:
        return True


def _coherence(rasters: Sequence[Facts], first: Facts, pairs: set[DatePair], root: Path, unused: Unused) -> list[Path]:
    found = {}
    for facts in rasters:
        if facts.grid.matches(first.grid):
            try:
                pair = pair_of(facts.path)
            except InputError as error:
                unused.add(facts.path, f"coherence without two dates in order: {printable(error.mend)}")
                continue
            if pair in pairs:
                found[facts.path] = pair
            else:
                unused.add(facts.path, "coherence of a pair that has no interferogram")
    return one_of_each(found, root, unused, "coherence raster") if found else []


def _wavelength(first: Facts, paths: Sequence[Path], root: Path, notes: Notes) -> tuple[float | None, Line]:
    tag = _length(first.tags.get("WAVELENGTH_METRES", ""))
    if tag:
        return tag, Line("wavelength_m", tag, "the files say it themselves; this would be used instead", active=False)
    for key, value in sorted(first.tags.items()):
        if "WAVELENGTH" in key.upper() and (length := _length(value)):
            return length, Line("wavelength_m", length, f"from the tag {key}")
    beside = first.path.with_name(first.path.name + ".rsc")
    text = beside.read_text("utf-8", "replace") if beside.is_file() else ""
    if length := _length(re.sub(r"(?s).*^WAVELENGTH\s+(\S+).*", r"\1", text, flags=re.MULTILINE)):
        return length, Line("wavelength_m", length, f"from {beside.name}")
    if says_sentinel1(paths, root):
        notes.assumed.append(
            f"the radar is Sentinel-1, by the files' names, and its wavelength {SENTINEL1_WAVELENGTH} m; the files "
            "do not say it"
        )
        return SENTINEL1_WAVELENGTH, Line("wavelength_m", SENTINEL1_WAVELENGTH, "ASSUMED: Sentinel-1, by the names")
    notes.missing.append(
        "the radar's wavelength: neither the files nor their names say it; fill in wavelength_m in [stack]. The area "
        "does not run until then"
    )
    notes.to_fill_in.append("stack.wavelength_m")
    return None, Line("wavelength_m", SENTINEL1_WAVELENGTH, "TO FILL IN: m; this would be Sentinel-1's", active=False)


def _length(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.01 <= value <= 1 else None


def _incidence(
    first: Facts, by_role: dict[Role, list[Facts]], paths: Sequence[Path], root: Path, notes: Notes
) -> tuple[Line, list[Path]]:
    """The key of the incidence angle, and the files that it was taken from."""
    for facts in _nearest(by_role[Role.INCIDENCE], first):
        return Line("incidence", facts.path.relative_to(root), "raster of incidence angles"), [facts.path]
    for facts in _nearest(by_role[Role.LOOK], first):
        angles = 90 - in_degrees(facts.valid)
        angle = round(float(np.median(angles)), 2)
        if 5 < angle < 80:
            spread = float(angles.max() - angles.min())
            notes.assumed.append(
                f"the incidence angle is {angle}° over the whole frame: the complement of {shown(facts.path, root)}, "
                f"the look vector's angle above the horizon (HyP3, GAMMA), which varies by {spread:.1f}° over the frame"
            )
            return Line("incidence_deg", angle, "ASSUMED: 90° less the look vector's angle (median)"), [facts.path]
    for key, value in sorted(first.tags.items()):
        if "INCIDENCE" in key.upper() and (found := _angle(value)):
            return Line("incidence_deg", found, f"from the tag {key}"), []
    if says_sentinel1(paths, root):
        notes.assumed.append(
            f"the incidence angle is {_SENTINEL1_INCIDENCE}°, the middle of Sentinel-1's swath (30–46°); it enters "
            "vertical rates alone; give the true one as incidence_deg or a raster of it as incidence in [stack]"
        )
        return Line("incidence_deg", _SENTINEL1_INCIDENCE, "ASSUMED: the middle of Sentinel-1's swath"), []
    notes.missing.append(
        "the incidence angle: no raster and no metadata give it; fill in incidence_deg (or incidence) in [stack]. The "
        "area does not run until then"
    )
    notes.to_fill_in.append("stack.incidence_deg")
    return Line("incidence_deg", 39.0, "TO FILL IN: degrees from the vertical", active=False), []


def _angle(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 5 < value < 80 else None


def _nearest(rasters: Sequence[Facts], first: Facts) -> list[Facts]:
    """Those that show the stack's place, those on its own grid first."""
    there = [facts for facts in rasters if overlap(facts.grid, first.grid)]
    return sorted(there, key=lambda facts: (not facts.grid.matches(first.grid), facts.path))
