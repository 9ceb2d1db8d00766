"""Shapes on the ground: what men dig and tip, and what nature lays bare."""

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import Polygon
from shapely.affinity import rotate, scale, translate
from shapely.geometry.base import BaseGeometry

from engine.simulate.terrain import Terrain

_POINTS = 96


def blob(chance: Generator, area: float, *, roughness: float, elongation: float, azimuth: float) -> Polygon:
    """A closed shape round the origin with an irregular rim.

    area : m². roughness : relative size of the rim's waves. elongation : length over width, along `azimuth` (degrees).
    """
    turn = np.linspace(0, 2 * np.pi, _POINTS, endpoint=False)
    radius = np.ones(_POINTS)
    for wave in range(2, 13):
        radius += roughness / wave**0.8 * chance.normal() * np.cos(wave * turn + chance.uniform(0, 2 * np.pi))
    radius = np.clip(radius, 0.35, 2.0)
    shape = Polygon(np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])).buffer(0)
    shape = scale(_largest(shape), elongation**0.5, elongation**-0.5, origin=(0, 0))
    return _of_area(rotate(shape, 90 - azimuth, origin=(0, 0)), area)


def dump(chance: Generator, area: float, *, azimuth: float) -> Polygon:
    """A tipped heap: an angular body with tongues down the slope, towards `azimuth` (degrees)."""
    corners = chance.integers(5, 9)
    anyhow, even = chance.uniform(0, 2 * np.pi, corners), np.linspace(0, 2 * np.pi, corners, endpoint=False)
    turn = np.sort(anyhow * 0.5 + even * 0.5)
    radius = chance.uniform(0.75, 1.25, corners)
    body = Polygon(np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])).convex_hull
    parts: list[BaseGeometry] = [body.buffer(0.08)]
    for _ in range(int(chance.integers(5, 11))):
        bearing = np.radians(90 - azimuth) + chance.normal(0, 0.65)
        start = np.array([np.cos(bearing), np.sin(bearing)]) * 0.6
        end = start * (1 + chance.uniform(0.35, 1.05))
        end += chance.normal(0, 0.08, 2)
        parts.append(shapely.LineString([start, end]).buffer(chance.uniform(0.2, 0.38)))
    heap = _largest(shapely.union_all(parts).buffer(0.09).buffer(-0.09))
    return _of_area(_roughened(heap, chance, 0.02), area)


def pit(chance: Generator, area: float, *, azimuth: float, ragged: float) -> Polygon:
    """An excavation: bays of several faces run together, longer along `azimuth` (degrees).

    area : m². ragged : roughness of the bays' rims, as in `blob`.
    """
    bays = int(chance.integers(1, 5))
    parts = []
    for _ in range(bays):
        one = blob(
            chance,
            chance.uniform(0.4, 1.0),
            roughness=ragged,
            elongation=chance.uniform(1.0, 2.0),
            azimuth=azimuth + chance.normal(0, 25),
        )
        parts.append(translate(one, chance.normal(0, 0.42 * (bays > 1)), chance.normal(0, 0.28 * (bays > 1))))
    return _of_area(_largest(shapely.union_all(parts).buffer(0.03).buffer(-0.03)), area)


def lens(chance: Generator, terrain: Terrain, x: float, y: float, length: float, width: float) -> Polygon:
    """Ground laid bare along a stratum: its middle line follows the strike from (x, y) eastwards. Sizes in m."""
    along = np.linspace(0, 1, max(8, int(length / 12)))
    places = x + length * along
    line = strike_line(terrain, places, y)
    wander = np.cumsum(chance.normal(0, 1, len(along)))
    wander = (wander - np.linspace(wander[0], wander[-1], len(along))) * width * 0.05
    upper = np.column_stack([places, line + wander + _side(chance, along, width)])
    lower = np.column_stack([places, line + wander - _side(chance, along, width)])[::-1]
    return _largest(Polygon(np.concatenate([upper, lower])).buffer(0))


def _side(chance: Generator, along: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """How far a lens reaches to one side of its middle line, m; along : from its one end, 0, to the other, 1."""
    swell = np.sin(np.pi * along) ** 0.45
    reach = width * swell * np.clip(0.5 + 0.22 * _waves(chance, len(along)), 0.08, 1.1)
    return np.asarray(np.abs(reach + chance.normal(0, 0.03 * width, len(along))), np.float64)


def strike_line(terrain: Terrain, x: NDArray[np.float64], y: float) -> NDArray[np.float64]:
    """y along a bed that passes (x[0], y), m, same shape as x; four steps of correction come close enough."""
    bed = terrain.sample_of(terrain.across_strike, x[:1], np.array([y]))
    line = np.full(len(x), y)
    for _ in range(4):
        line += 0.7 * (bed - terrain.sample_of(terrain.across_strike, x, line))
    return line


def fan(chance: Generator, length: float, *, azimuth: float) -> Polygon:
    """Debris below a gully: narrow at its apex in the origin, lobed at its foot, towards `azimuth` (degrees).

    length : from apex to foot, m.
    """
    opening = chance.uniform(0.35, 0.6)
    rays = np.linspace(-opening, opening, 24)
    reach = length * np.clip(1 + 0.25 * _waves(chance, len(rays)) - 0.5 * (rays / opening) ** 2, 0.3, 1.4)
    bearing = np.radians(90 - azimuth) + rays
    foot = np.column_stack([reach * np.cos(bearing), reach * np.sin(bearing)])
    return _largest(Polygon(np.concatenate([[[0.0, 0.0]], foot])).buffer(length * 0.04).buffer(0))


def _waves(chance: Generator, count: int) -> NDArray[np.float64]:
    """A smooth random course of standard deviation near 1."""
    at = np.linspace(0, 1, count)
    course = np.zeros(count)
    for wave in range(1, 7):
        course += chance.normal() * np.cos(2 * np.pi * wave * at + chance.uniform(0, 2 * np.pi)) / wave**0.5
    return course


def _roughened(shape: Polygon, chance: Generator, size: float) -> Polygon:
    """Its rim's points moved by a standard deviation of `size`, in the shape's own unit."""
    dense = shapely.segmentize(shape, 0.08)
    places = np.array(dense.exterior.coords)[:-1]
    return _largest(Polygon(places + chance.normal(0, size, places.shape)).buffer(0))


def _largest(shape: BaseGeometry) -> Polygon:
    return max(shapely.get_parts(shape), key=shapely.area) if shape.geom_type != "Polygon" else shape


def _of_area(shape: Polygon, area: float) -> Polygon:
    """Scaled to an area in m², its centroid in the origin."""
    factor = (area / shape.area) ** 0.5
    centre = shape.centroid
    return translate(scale(shape, factor, factor, origin=centre), -centre.x, -centre.y)
