"""Zones in which nothing may be mined, drawn over some of the patches."""

import datetime

import numpy as np
import shapely

from engine.simulate.plan import Plan
from engine.simulate.register.mines import boundary
from engine.simulate.register.permits import Zone

_NAMES = "卫宁生态保护红线一区", "卫宁生态保护红线二区"
_SINCE = datetime.date(2018, 6, 30)
_ROOM_M = 60.0


def ecological_zones(plan: Plan, chance: np.random.Generator) -> tuple[Zone, ...]:
    """Two zones, round a patch somewhere and those nearest to it: together over at least 10 (2 in a small area)."""
    each = max(1, min(5, len(plan.patches) // 20))
    grounds = np.array([patch.ground for patch in plan.patches], object)
    zones: list[Zone] = []
    for name in _NAMES:
        free = [ground for ground in grounds if not any(zone.outline.intersects(ground) for zone in zones)]
        first = free[int(chance.integers(len(free)))]
        nearest = sorted(free, key=first.distance)[:each]
        outline = boundary(shapely.union_all(nearest), _ROOM_M, int(chance.integers(6, 10)), chance)
        zones.append(Zone(name, _SINCE, outline))
    return tuple(zones)
