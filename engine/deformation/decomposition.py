"""East and vertical rates of ground that is seen from two sides, as from an ascending and a descending orbit.

Motion towards a satellite is d = e·E + n·N + u·U of motion east E, north N and up U, all positive so; (e, n, u) is the
unit vector from the ground to the satellite, e = −sin θ sin φ, n = sin θ cos φ, u = cos θ of incidence θ and azimuth φ
(from north, anticlockwise). With the flight's heading α, of a radar that looks to the right, φ = 90° − α, which makes
this equation 1 of Fialko, Simons & Agnew (2001).

Two lines of sight tell two of the three. Orbits run nearly north and south, so that neither sees much of motion north
(Wright, Parsons & Lu 2004): N is taken as nil. What that leaves in the others is said in the report.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.deformation.mintpy_files import read_geometry
from engine.deformation.rates import MotionRasters
from engine.deformation.stack import Geometry
from engine.deformation.steps import PreparedStack
from engine.errors import InputError
from engine.raster import resample, write_cog

# Of lines of sight in the plane of east and up, degrees. Neighbouring tracks of one side differ by 15 at most, an
# ascending and a descending one by 60 to 90.
LEAST_ANGLE = 20.0

Values = NDArray[np.float32]


class LineOfSight(NamedTuple):
    """Parts of the unit vector from the ground to the satellite, each of the grid's shape; NaN where not known."""

    east: Values
    north: Values
    up: Values

    @classmethod
    def of(cls, geometry: Geometry, option: str) -> "LineOfSight":
        """As angles give it. option : the table of area.toml that the stack is from.

        Raises
        ------
        InputError
            When the azimuth is not known.
        """
        if geometry.azimuth is None:
            raise InputError(
                "it is not known from where the radar looks, which east and vertical rates ask for",
                field=option,
                mend="supply the rasters or metadata that say it, or (format = 'geotiff') give heading_deg",
            )
        incidence, azimuth = np.radians(geometry.incidence), np.radians(geometry.azimuth)
        return cls(-np.sin(incidence) * np.sin(azimuth), np.sin(incidence) * np.cos(azimuth), np.cos(incidence))


class Track(NamedTuple):
    """Rate towards the satellite and its standard error, in one unit, NaN where there is none, and the view of it."""

    rate: Values
    error: Values
    sight: LineOfSight


class EastUp(NamedTuple):
    """Rates, east and up positive, and their standard errors, in the tracks' unit; NaN but where both have a rate."""

    east: Values
    up: Values
    east_standard_error: Values
    up_standard_error: Values


def decompose(one: Track, other: Track) -> EastUp:
    """Rates east and up that give both tracks their rates, when nothing moves north; arrays of one shape.

    Standard errors are those of tracks that err independently. Where lines of sight are nearer to each other than
    `LEAST_ANGLE` there is no solution.
    """
    (east, _, up), (other_east, _, other_up) = one.sight, other.sight
    determinant = east * other_up - other_east * up
    apart = angle_between(one.sight, other.sight) >= LEAST_ANGLE
    scale = np.where(apart, 1 / np.where(apart, determinant, 1), np.nan)
    return EastUp(
        east=((other_up * one.rate - up * other.rate) * scale).astype(np.float32),
        up=((east * other.rate - other_east * one.rate) * scale).astype(np.float32),
        east_standard_error=(np.hypot(other_up * one.error, up * other.error) * np.abs(scale)).astype(np.float32),
        up_standard_error=(np.hypot(east * other.error, other_east * one.error) * np.abs(scale)).astype(np.float32),
    )


def angle_between(one: LineOfSight, other: LineOfSight) -> Values:
    """Of two lines in the plane of east and up, 0 to 90 degrees, NaN where one is not known."""
    crossed = one.east * other.up - other.east * one.up
    along = one.east * other.east + one.up * other.up
    return np.degrees(np.arctan2(np.abs(crossed), np.abs(along))).astype(np.float32)


def sights_of(first: Path, second: Path) -> tuple[LineOfSight, LineOfSight]:
    """Lines of sight of two prepared stacks, by their folders, on the first one's grid.

    Raises
    ------
    InputError
        When one is not known, when the stacks show no ground in common, or show it from one side.
    """
    grid, other_grid = PreparedStack.read(first).grid, PreparedStack.read(second).grid
    one = LineOfSight.of(read_geometry(first), "stack")
    own = LineOfSight.of(read_geometry(second), "second_stack")
    # Parts of vectors are resampled, and not angles, which jump by whole turns.
    other = LineOfSight(*(resample(part, other_grid, grid) for part in own))
    angle = angle_between(one, other)
    if not np.isfinite(angle).any():
        raise InputError(
            f"it shows nothing of the ground that [stack] shows, {grid.bounds_lonlat}",
            field="second_stack",
            mend="give a stack of the same place, or take [second_stack] out",
        )
    if (apart := float(np.nanmedian(angle))) < LEAST_ANGLE:
        raise InputError(
            f"the two stacks look from one side (lines of sight {apart:.0f}° apart), which does not tell east from up",
            field="second_stack",
            mend="give one of an ascending and one of a descending orbit, or take [second_stack] out",
        )
    return one, other


class Sources(NamedTuple):
    """Folders of the steps of one stack."""

    stack: Path
    inversion: Path
    velocity: Path


def decompose_stacks(first: Sources, second: Sources, folder: Path) -> dict[str, Any]:
    """Write rates east and up with their standard errors, mm/yr, on the first stack's grid, NaN for no data.

    The second stack is brought there bilinearly, without filling what it does not know: where its own nearest pixel has
    no evidence there is none, and its standard error is taken as that of pixels that err alike. Each stack's rates are
    relative to its own reference and of its own period.

    Raises
    ------
    InputError
        As `sights_of`, and when no pixel has rates of both.
    """
    sight, other_sight = sights_of(first.stack, second.stack)
    motion, own = (MotionRasters.read(one.inversion, one.velocity) for one in (first, second))
    grid = motion.grid
    rate, error = (resample(values, own.grid, grid) for values in (own.rate, own.error))
    found = decompose(Track(motion.rate, motion.error, sight), Track(rate, error, other_sight))
    known = np.isfinite(found.up)
    if not known.any():
        raise InputError(
            "no pixel has rates of both stacks",
            field="second_stack",
            mend="look at the states of both stacks' pixels; relax [network] and [inversion], or take it out",
        )
    for name, values in found._asdict().items():
        said = name.replace("_", " ") if "error" in name else f"rate, {name} positive"
        write_cog(folder / f"{name}.tif", values, grid, nodata=np.nan, unit="mm/year", name=said)
    # What motion north by 1 does to each track, taken for motion east and up.
    north = decompose(Track(sight.north, error, sight), Track(other_sight.north, error, other_sight))
    angle = angle_between(sight, other_sight)

    def median(values: Values, digits: int) -> float:
        return round(float(np.median(values[known])), digits)

    return {
        "share_with_both": round(float(known.mean()), 4),
        "lines_of_sight_apart_deg": median(angle, 1),
        "east_for_1_north": median(north.east, 3),
        "up_for_1_north": median(north.up, 3),
        "median_east_standard_error": median(found.east_standard_error, 2),
        "median_up_standard_error": median(found.up_standard_error, 2),
    }
