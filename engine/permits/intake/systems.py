"""Coordinate reference systems: what a file says, whether its numbers can lie there, and which they allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError

from engine.errors import InputError
from engine.permits.cadastre import Choices, CrsGuess, Heading, Note
from engine.permits.intake.candidates import candidates, prefix_of

_SHOWN = 3
_MOST = 100  # guesses listed
_NEAR_DEGREES, _NEAR_LATITUDES = 1.5, 2.0  # a zone is used that far beyond its own area
_STATED_DEGREES = 8.0  # one that a file says, that far
_FAR_KM = 300.0
_NOTABLE_KM = 20.0  # systems that place a file this much alike are ranked by what is usual
_SAME_DEGREES, _SAME_M = 1e-7, 1.0
_GEOD = Geod(ellps="WGS84")

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Settled:
    """crs : None where it is open; then `guesses`. swapped : whether the axes are the other way round."""

    crs: str | None
    guesses: tuple[CrsGuess, ...]
    swapped: bool
    notes: tuple[Note, ...]


def settle(stated: str | None, polygons: NDArray[Any], choices: Choices, near: tuple[float, float] | None) -> Settled:
    """The system of outlines.

    Parameters
    ----------
    stated : by the file, as WKT or code. polygons : some may be empty.

    Raises
    ------
    InputError
        When the numbers cannot lie in what the file says or somebody has chosen, or a choice is no system.
    """
    extent = extent_of(polygons)
    if choices.crs is not None and (stated is None or choices.override_crs or not _is_known(stated)):
        crs = chosen(choices.crs)
        _require_fit(crs, extent, near, "the chosen system")
        return Settled(name_of(crs), (), False, (Note(Heading.READ, "crs_given", {"crs": name_of(crs)}),))
    if stated is not None:
        return _keep(_parse(stated), extent, near)
    guesses, swapped = guess(extent, near)
    notes = [Note(Heading.MENDED, "axes_swapped", {})] if swapped else []
    return Settled(None, guesses, swapped, (*notes, Note(Heading.GUESSED, "no_crs", {"count": len(guesses)})))


def _keep(crs: CRS, extent: Bounds, near: tuple[float, float] | None) -> Settled:
    west, south, east, north = extent
    turned = (south, west, north, east)
    if crs.is_geographic and not _fits(crs, extent, _STATED_DEGREES) and _fits(crs, turned, _STATED_DEGREES):
        return Settled(name_of(crs), (), True, (Note(Heading.MENDED, "axes_swapped", {}),))
    _require_fit(crs, extent, near, "the file says")
    return Settled(name_of(crs), (), False, (Note(Heading.READ, "crs_stated", {"crs": name_of(crs)}),))


def _is_known(stated: str) -> bool:
    try:
        _parse(stated)
    except InputError:
        return False
    return True


def _parse(stated: str) -> CRS:
    try:
        return CRS.from_user_input(stated)
    except CRSError:
        raise InputError(
            "its coordinate reference system cannot be understood",
            field="CRS",
            mend="choose the system, or supply the file again with the right one",
        ) from None


def chosen(text: str) -> CRS:
    """The system that somebody has chosen.

    Raises
    ------
    InputError
        When it is none that can hold outlines.
    """
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise InputError(
            f"'{text[:60]}' is no coordinate reference system", field="CRS", mend="give a code such as EPSG:4544"
        ) from None
    if not (crs.is_geographic or crs.is_projected):
        raise InputError(f"'{text[:60]}' is no system for maps", field="CRS", mend="give a code such as EPSG:4544")
    return crs


def name_of(crs: CRS) -> str:
    """ "EPSG:n" where a system is one of EPSG's, else its WKT."""
    flat = crs.to_2d() if len(crs.axis_info) == 3 else crs
    for confidence in (100, 70, 25):
        code = flat.to_epsg(min_confidence=confidence)
        if code is not None and _is_same(flat, CRS.from_epsg(code)):
            return f"EPSG:{code}"
    return str(flat.to_wkt())


def _is_same(one: CRS, other: CRS) -> bool:
    """Whether two systems put the same numbers at the same degrees of the same ellipsoid."""
    if one.is_geographic != other.is_geographic or one.ellipsoid is None or other.ellipsoid is None:
        return False
    if abs(one.ellipsoid.semi_major_metre - other.ellipsoid.semi_major_metre) > 0.01:
        return False
    if one.is_geographic:
        return True
    area = other.area_of_use
    if area is None or other.geodetic_crs is None or one.geodetic_crs is None:
        return False
    lon, lat = (area.west + area.east) / 2, (area.south + area.north) / 2
    x, y = Transformer.from_crs(other.geodetic_crs, other, always_xy=True).transform(lon, lat)
    back = Transformer.from_crs(one, one.geodetic_crs, always_xy=True).transform(x, y)
    return bool(abs(back[0] - lon) < _SAME_DEGREES and abs(back[1] - lat) < _SAME_DEGREES)


def extent_of(polygons: NDArray[Any]) -> Bounds:
    """Bounds of most outlines: one that lies astray must not decide."""
    bounds = shapely.bounds(polygons)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    west, south = np.quantile(bounds[:, :2], 0.02, axis=0)
    east, north = np.quantile(bounds[:, 2:], 0.98, axis=0)
    return float(west), float(south), float(east), float(north)


def _require_fit(crs: CRS, extent: Bounds, near: tuple[float, float] | None, who: str) -> None:
    if _fits(crs, extent, _STATED_DEGREES):
        return
    guesses, _ = guess(extent, near)
    west, south, east, north = extent
    prefix, meant = prefix_of(extent), crs.is_projected and _false_easting(crs) >= 1e6
    why = ""
    if prefix is not None and not meant and crs.is_projected:
        why = f": its eastings begin with the zone number {prefix}, and this system has none"
    elif meant and abs(east) < 1e6:
        why = ": its eastings lack the zone number that this system wants"
    fitting = ", ".join(guess.crs for guess in guesses[:_SHOWN])
    raise InputError(
        f"coordinates such as {(west + east) / 2:.6g}, {(south + north) / 2:.6g} cannot lie in {crs.name}, "
        f"which is what {'has been chosen' if who == 'the chosen system' else 'the file says'}{why}",
        field="CRS",
        mend=f"choose the right system instead{f', such as {fitting}' if fitting else ''}",
    )


def _false_easting(crs: CRS) -> float:
    operation = crs.coordinate_operation
    if operation is None:
        return 0.0
    return float(next((p.value for p in operation.params if p.name == "False easting"), 0.0))


def guess(extent: Bounds, near: tuple[float, float] | None) -> tuple[tuple[CrsGuess, ...], bool]:
    """Systems in which numbers can lie, the likeliest first; and whether only with their axes swapped."""
    for swapped in (False, True):
        west, south, east, north = extent
        turned = (south, west, north, east) if swapped else extent
        if found := guess_as_given(turned, near):
            return found, swapped
    return (), False


def guess_as_given(extent: Bounds, near: tuple[float, float] | None) -> tuple[CrsGuess, ...]:
    """Systems in which numbers can lie as they stand, x (or the longitude) first; the likeliest first."""
    found = []
    for order, (crs, why) in enumerate(candidates(extent, near)):
        bounds = _placed(crs, extent)
        if bounds is None or not _within(crs, bounds, _NEAR_DEGREES, _NEAR_LATITUDES):
            continue
        middle = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
        distance = None if near is None else _GEOD.inv(*near, *middle)[2] / 1000
        if why == "place" and distance is not None and distance > _FAR_KM:
            continue  # a system that is used there, and not with these numbers
        rank = 0 if distance is None else round(distance / _NOTABLE_KM)
        rounded = None if distance is None else round(distance, 1)
        found.append((rank, order, CrsGuess(f"EPSG:{crs.to_epsg()}", bounds, why, rounded)))
    found.sort(key=lambda one: one[:2])
    return tuple(one for _, _, one in found[:_MOST])


def _fits(crs: CRS, extent: Bounds, degrees: float) -> bool:
    bounds = _placed(crs, extent)
    return bounds is not None and _within(crs, bounds, degrees, degrees)


def _placed(crs: CRS, extent: Bounds) -> Bounds | None:
    """Where numbers lie, in degrees of the system's own datum; None where they lie nowhere."""
    west, south, east, north = extent
    xs, ys = np.array([west, east, east, west]), np.array([south, south, north, north])
    if crs.is_geographic:
        factor = np.degrees(crs.axis_info[0].unit_conversion_factor)
        lon, lat = xs * factor, ys * factor
    else:
        try:
            there = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        except ProjError:  # some of EPSG's have no formula in PROJ
            return None
        lon, lat = there.transform(xs, ys)
        back = there.transform(lon, lat, direction="INVERSE")
        if not (np.abs(np.array(back) - (xs, ys)) < _SAME_M).all():
            return None  # beyond where the projection holds
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return None
    if max(abs(lon)) > 180 + 1e-6 or max(abs(lat)) > 90 + 1e-6:
        return None
    west, south, east, north = (round(float(each), 5) for each in (lon.min(), lat.min(), lon.max(), lat.max()))
    return west, south, east, north


def _within(crs: CRS, bounds: Bounds, degrees: float, latitudes: float) -> bool:
    area = crs.area_of_use
    if area is None or area.west > area.east:
        return True
    west, south, east, north = bounds
    return (
        west >= area.west - degrees
        and east <= area.east + degrees
        and south >= area.south - latitudes
        and north <= area.north + latitudes
    )


def in_degrees(crs: str | None, guesses: Sequence[CrsGuess], polygons: NDArray[Any]) -> bool:
    """Whether outlines are in degrees, as far as can be told."""
    name = crs or (guesses[0].crs if guesses else None)
    if name is not None:
        return bool(CRS.from_user_input(name).is_geographic)
    return bool(np.nanmax(np.abs(extent_of(polygons))) <= 180)
