"""What no stack may be: rasters that are no phase, no coherence and no angles, and files of several radars."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.deformation.stack import Interferogram, Radar
from engine.errors import InputError

# Phase that spans a turn, but for so much of it, and no more, and jumps by as good as a whole one at this share of the
# pixels counts as wrapped.
_AT_ENDS, _WRAPPED_SHARE, _NEARLY_A_TURN = 0.05, 0.005, 1.5 * np.pi
# Between these, radians, a whole number at several pixels is a mark of no data: -999, -9999, 9999, -32768.
_LEAST_MARK, _MOST_MARK = 99, 99_999
# Wavelengths of one radar agree to this, relatively, and headings of one orbit to this, degrees.
_SAME_WAVELENGTH, _SAME_HEADING = 1e-3, 5.0


def check_phase(phase: NDArray[np.float32], interferogram: Interferogram) -> None:
    """Refuse a raster that holds no phase at all, or that cannot be unwrapped phase in radians.

    Wrapped phase spans a turn (from −π or from 0), goes no further, and jumps by nearly a whole one from pixel to
    pixel where it wraps. Phase that was unwrapped and is as small has no reason to stop there, and does not jump.
    """
    valid = phase[np.isfinite(phase)]
    if valid.size == 0:
        raise InputError(
            "the interferogram holds no data (every pixel is no-data or masked)",
            file=interferogram.unwrapped,
            field=str(interferogram.pair),
            mend="supply it again, or take it out of the stack",
        )
    for end in (float(valid.min()), float(valid.max())):
        if _LEAST_MARK <= abs(end) <= _MOST_MARK and end.is_integer() and np.count_nonzero(valid == end) > 1:
            raise InputError(
                f"{np.count_nonzero(valid == end)} pixels of {end:g}, which seems to mark where there is no data, "
                "as the file does not say",
                file=interferogram.unwrapped,
                field=str(interferogram.pair),
                mend="make it the file's no-data value (`rio edit-info --nodata VALUE FILE`), or set such pixels to 0",
            )
    if np.abs(valid).max() > 1e4:
        raise InputError(
            f"values up to {np.abs(valid).max():.3g} cannot be radians",
            file=interferogram.unwrapped,
            field=str(interferogram.pair),
            mend="check byte order, data type, unit and no-data value of the file",
        )
    turns = float(np.ptp(valid)) / (2 * np.pi)
    if 1 - _AT_ENDS < turns <= 1.0001:
        jumps = sum(int((np.abs(np.diff(phase, axis=axis)) > _NEARLY_A_TURN).sum()) for axis in (0, 1))
        if jumps > _WRAPPED_SHARE * valid.size:
            raise InputError(
                "the phase is wrapped: it keeps within one turn and jumps by nearly whole ones",
                file=interferogram.unwrapped,
                field=str(interferogram.pair),
                mend="supply the unwrapped interferogram",
            )


def check_coherence(coherence: NDArray[np.float32], interferogram: Interferogram) -> None:
    """Refuse a raster without any coherence, or whose values cannot be such; 0 says nothing of a pixel."""
    valid = coherence[np.isfinite(coherence)]
    if not valid.any():
        raise InputError(
            "the coherence holds no data (every pixel is no-data, masked or 0)",
            file=interferogram.coherence,
            field=str(interferogram.pair),
            mend="supply it again, or take the pair out of the stack",
        )
    if not (valid.min() >= 0 and valid.max() <= 1.001):
        raise InputError(
            f"values from {valid.min():.3g} to {valid.max():.3g} are no coherence, which lies between 0 and 1",
            file=interferogram.coherence,
            field=str(interferogram.pair),
            mend="scale it to 0–1, give its no-data value, or correct stack.coherence",
        )


def require_one_radar(
    wavelengths: Mapping[Path, float] | None = None, headings: Mapping[Path, float] | None = None
) -> None:
    """Refuse files of more than one radar (wavelengths, m) or of more than one orbit (headings, degrees)."""
    for what, unit, values in (("wavelength", "m", wavelengths or {}), ("heading", "degrees", headings or {})):
        if not values:
            continue
        first, expected = next(iter(values.items()))
        for path, value in values.items():
            if what == "wavelength":
                same = abs(value / expected - 1) <= _SAME_WAVELENGTH
            else:
                same = abs((value - expected + 180) % 360 - 180) <= _SAME_HEADING
            if not same:
                raise InputError(
                    f"a {what} of {value:g} {unit}, where {first.name} has {expected:g}: one stack is of one radar on "
                    "one orbit",
                    file=path,
                    field=what,
                    mend="make an area of each orbit and radar, or take the other files out of the folder",
                )


def in_degrees(angle: NDArray[np.float32]) -> NDArray[np.float32]:
    """Incidence angles in degrees; a raster of angles up to π/2 is taken as radians, as some processors write them."""
    return np.degrees(angle) if np.nanmax(angle) <= np.pi / 2 else angle


def incidence_of(angle: NDArray[np.float32], path: Path, field: str = "stack.incidence") -> NDArray[np.float32]:
    """Incidence angles in degrees of a raster (`in_degrees`), NaN where it has none; 0 is no angle of a radar's.

    Raises
    ------
    InputError
        For what cannot be angles between the vertical and the horizontal.
    """
    valid = angle[np.isfinite(angle) & (angle != 0)]
    if valid.size == 0 or valid.min() < 0 or valid.max() >= 90:
        held = f"values from {valid.min():.4g} to {valid.max():.4g}" if valid.size else "no values in the frame"
        raise InputError(
            f"{held}, where angles from the vertical, from 0° to 90°, are expected",
            file=path,
            field=field,
            mend="supply the raster of incidence angles, in degrees or radians, with what marks no data as its nodata",
        )
    return in_degrees(np.where(angle == 0, np.float32(np.nan), angle))


def require_coherence(interferograms: Sequence[Interferogram], radar: Radar, weights: str) -> None:
    """Refuse weights from coherence when a pair has none, or when the looks that variance depends on are unknown."""
    if weights == "variance" and radar.looks is None:
        raise InputError(
            "the number of independent looks is not known, and weights = 'variance' asks for it",
            field="stack.looks",
            mend="give it in area.toml: range looks x azimuth looks / oversampling (Sentinel-1: / 1.94)",
        )
    for interferogram in interferograms:
        if interferogram.coherence is None:
            raise InputError(
                f"the pair {interferogram.pair} has no coherence, and weights = '{weights}' asks for it",
                file=interferogram.unwrapped,
                field="inversion.weights",
                mend="supply its coherence raster (stack.coherence), or set weights = 'none'",
            )
