"""Mines, and what is mistaken for them, drawn on the ground with the same materials."""

from typing import NamedTuple

import numpy as np
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import Frame
from engine.simulate.noise import Field
from engine.simulate.optics.ground import Surface
from engine.simulate.optics.materials import Deposit
from engine.simulate.optics.view import REACH_M, Chip, smoothstep
from engine.simulate.plan import Activity, Change, Confuser, ConfuserKind, MineClass, Patch
from engine.simulate.terrain import Terrain

_PANEL = (0.060, 0.072, 0.110, 0.085)
_PANEL_ROWS_M = 7.5
# Ground that has been graded: what was dug, mixed with debris.
_GRADED = (0.280, 0.244, 0.196, 0.310)
_AT_WORK = (Activity.EXTRACTION, Activity.TIPPING, Activity.REMOVAL, Activity.DIGGING, Activity.LEVELLING)
# Fine noise: ground at work has another on every date (2019, 2021), the rest keeps its own.
_AT_WORK_GRAIN, _AT_REST_GRAIN = "grain at work {}", "grain at rest"


_SOFTEST_M = 18.0


class _Form(NamedTuple):
    """A body's shape on a chip, (rows, cols). along : what its bands follow, m. relief : against the ground, m."""

    along: Field
    relief: Field


def draw_patch(surface: Surface, frame: Frame, patch: Patch, season: int) -> None:
    """A mine as it is in a year. season : 0 in 2019, 1 in 2021."""
    chance = frame.chance("patch", patch.number, "look")
    deposit = Deposit.draw(patch.mine_class, chance)
    dust_m = float(chance.uniform(2, 9))
    outline = patch.after if season else patch.before
    if outline is not None:
        _draw_mine(surface, patch, outline, deposit, dust_m, season)
    elif patch.before is not None:
        _draw_levelled(surface, patch, patch.before, deposit)


def _draw_mine(
    surface: Surface, patch: Patch, outline: BaseGeometry, deposit: Deposit, dust_m: float, season: int
) -> None:
    chip = surface.window.chip(outline, 40.0)
    if chip is None:
        return
    grain = _AT_WORK_GRAIN.format(season) if patch.activity in _AT_WORK else _AT_REST_GRAIN
    form = _form(chip, patch, deposit.spacing)
    bands = deposit.bands(chip, form.along)
    edge = deposit.recipe.edge_m
    cover = smoothstep(-0.5 * edge, 0.5 * edge, chip.inside + 0.45 * edge * _ragged(chip)) * _opacity(deposit)
    old = _weathered(chip, patch)
    cover *= 1 - np.float32(0.45) * old
    surface.height[chip.slices] += form.relief * (1 - 0.35 * old)
    surface.height[chip.slices] += deposit.ledges(bands) * cover * smoothstep(0.0, 6.0, chip.inside)
    surface.paint(deposit.reflectance(chip, bands, grain), cover, chip.slices)
    # Dust and debris lie round a mine, here farther from its rim and there less far.
    dust = smoothstep(-dust_m - 6, 0.0, chip.inside + 3 * chip.noise("middle", 26.0))
    surface.paint(_GRADED, 0.35 * dust * (chip.inside < 0), chip.slices)


def _ragged(chip: Chip) -> Field:
    """How a rim strays from its outline, by a standard deviation of a little over 1."""
    return chip.noise("rim", 9.0) + 0.6 * chip.noise("rim", 3.0)


def _opacity(deposit: Deposit) -> np.float32:
    """The most that a body hides of the ground below it."""
    return np.float32(0.7 + 0.3 * deposit.cover)


def _weathered(chip: Chip, patch: Patch) -> Field:
    """1 in the old part of a patch, 0 in the rest; shape (rows, cols), or (1, 1) where all of it is new."""
    if patch.weathered is None:
        return np.zeros((1, 1), np.float32)
    part = Chip(chip.window, patch.weathered, chip.rows, chip.cols)
    return smoothstep(-8.0, 8.0, part.inside + 5 * chip.noise("middle", 26.0))


def _form(chip: Chip, patch: Patch, spacing: float) -> _Form:
    """The form of a patch's class. spacing : of its bands, m."""
    match patch.mine_class:
        case MineClass.GANGUE_DUMP:
            return _dump(chip, patch)
        case MineClass.IRON_PIT:
            return _iron_pit(chip, patch, spacing)
        case MineClass.CLAY_PIT:
            return _Form(_clods(chip), _excavated(chip, patch, steps=None))
        case MineClass.SANDSTONE_PIT:
            return _sandstone_pit(chip, patch, spacing)


def _dump(chip: Chip, patch: Patch) -> _Form:
    """A heap with a flat top; tongues run down from its tipping edge: bands go by bearing more than by depth."""
    radius = np.hypot(chip.x, chip.y)
    bearing = np.arctan2(chip.y, chip.x)
    wobble = 5.0 * chip.noise("tongues", 20.0)
    size = float(np.sqrt(patch.ground.area / np.pi))
    # A tongue is as wide as its place on the heap's rim allows.
    along = bearing * np.float32(0.75 * size) + 0.35 * chip.inside + wobble + 0.15 * radius
    flank = float(np.clip(1.5 * patch.relief_m, 5, 34))
    relief = np.float32(patch.relief_m) * smoothstep(-1.0, flank, chip.inside + 1.6 * chip.noise("rim", 9.0))
    return _Form(along, relief)


def _iron_pit(chip: Chip, patch: Patch, spacing: float) -> _Form:
    """Benches follow the rim; the ore's bands go through them along the strike."""
    along = chip.inside + 3.5 * chip.noise("benches", 24.0) + 0.25 * chip.y
    return _Form(along, _excavated(chip, patch, steps=spacing))


def _sandstone_pit(chip: Chip, patch: Patch, spacing: float) -> _Form:
    """Terraces cut into the slope, with heaps of waste on them."""
    along = chip.inside + 6.0 * chip.noise("benches", 24.0)
    heaps = smoothstep(0.4, 1.6, chip.noise("heaps", 8.0)) * smoothstep(3.0, 12.0, chip.inside)
    return _Form(along, _excavated(chip, patch, steps=1.6 * spacing) + 3.5 * heaps)


def _clods(chip: Chip) -> Field:
    """Clay has hardly any bands: it lies in clods, and a little by depth; m."""
    return 0.8 * chip.inside + 9.0 * chip.noise("clumps", 16.0)


def _excavated(chip: Chip, patch: Patch, steps: float | None) -> Field:
    """Depth of a pit in m, negative: down from the rim, in steps where it has benches."""
    wall = float(np.clip(2.2 * abs(patch.relief_m), 6, REACH_M - 6))
    depth = smoothstep(0.0, wall, chip.inside + 2.0 * chip.noise("rim", 9.0))
    if steps is not None and abs(patch.relief_m) > 5:
        count = max(2.0, min(5.0, wall / steps))
        stair = np.floor(depth * count + 0.5) / count
        depth = 0.45 * depth + 0.55 * stair
    return np.float32(patch.relief_m) * depth


def _draw_levelled(surface: Surface, patch: Patch, outline: BaseGeometry, deposit: Deposit) -> None:
    """A mine that was graded; one carries a solar station. outline : of what it was."""
    chip = surface.window.chip(outline, 20.0)
    if chip is None:
        return
    cover = smoothstep(-4.0, 6.0, chip.inside + 2.5 * chip.noise("rim", 9.0))
    # The grader's tracks, 6 m apart.
    across: Field = chip.x * np.float32(0.8) + chip.y * np.float32(0.6)
    tracks: Field = np.sin(across * np.float32(2 * np.pi / 6.0))
    remains = deposit.reflectance(chip, 0.2 * tracks, _AT_REST_GRAIN)
    mixed: Field = 0.62 * np.array(_GRADED, np.float32)[:, None, None] + 0.38 * remains
    surface.paint(mixed * (1 + 0.03 * tracks), 0.85 * cover, chip.slices)
    if patch.change is Change.SOLAR_STATION:
        part = np.mod(chip.y / np.float32(_PANEL_ROWS_M), np.float32(1))
        panels = (part < 0.52) * (chip.inside > 5) * (np.mod(chip.x, np.float32(46.0)) > 3.0)
        surface.paint(_PANEL, 0.93 * panels.astype(np.float32), chip.slices)
        surface.height[chip.slices] += 1.4 * panels


def draw_confuser(surface: Surface, frame: Frame, terrain: Terrain, confuser: Confuser, season: int) -> None:
    """Ground that looks like a mine. season : 0 in 2019, 1 in 2021."""
    chip = surface.window.chip(confuser.outline, 40.0)
    if chip is None:
        return
    chance = frame.chance("confuser", confuser.number, "look")
    deposit = Deposit.draw(confuser.like, chance)
    if confuser.kind is ConfuserKind.GRADED_GROUND:
        _draw_pad(surface, chip, terrain, deposit)
        return
    bands = deposit.bands(chip, _along(chip, terrain, confuser))
    # Edges from three and a half to eight times as wide as a mine's; blurred any wider, they would have other colours.
    soft = min(_SOFTEST_M, deposit.recipe.edge_m * float(np.exp(chance.uniform(np.log(3.5), np.log(8.0)))))
    ragged = 0.5 * soft * _ragged(chip) + 6.0 * chip.noise("middle", 26.0)
    cover = smoothstep(-0.5 * soft, 0.5 * soft, chip.inside + ragged) * _opacity(deposit)
    # Debris lies over part of it, as it does over the old parts of mines.
    cover *= 1 - 0.5 * smoothstep(0.9, 1.9, chip.noise("debris", 34.0) + np.float32(chance.normal(0, 0.4)))
    rise = np.float32(chance.choice([-1, 1]) * np.exp(chance.normal(0.6, 0.6)))
    surface.height[chip.slices] += rise * smoothstep(0.0, 14.0, chip.inside + ragged)
    surface.height[chip.slices] += deposit.ledges(bands) * cover
    grain = _AT_WORK_GRAIN.format(season) if chance.random() < 0.35 else _AT_REST_GRAIN
    surface.paint(deposit.reflectance(chip, bands, grain), cover, chip.slices)


def _along(chip: Chip, terrain: Terrain, confuser: Confuser) -> Field:
    """What the bands of natural ground follow: strata, the slope, or the bearing from a fan's apex; m."""
    window = chip.window
    match confuser.kind:
        case ConfuserKind.DARK_FAN:
            apex = np.array(confuser.outline.exterior.coords[0])
            x = (window.x[None, chip.cols] - apex[0]).astype(np.float32)
            y = (window.y[chip.rows, None] - apex[1]).astype(np.float32)
            reach = float(np.sqrt(confuser.outline.area))
            bearing: Field = np.arctan2(y, x)
            return bearing * np.float32(0.9 * reach) + 5.0 * chip.noise("tongues", 20.0)
        case ConfuserKind.RED_SCARP | ConfuserKind.BOULDER_FIELD:
            height = terrain.window(terrain.height, window.x[chip.cols], window.y[chip.rows])
            contours: Field = np.float32(2.4) * height + 0.3 * chip.y
            return contours + 6.0 * chip.noise("benches", 24.0)
        case ConfuserKind.CLAY_PAN:
            return _clods(chip)
        case _:
            beds = terrain.window(terrain.across_strike, window.x[chip.cols], window.y[chip.rows])
            return beds.astype(np.float32) + 3.5 * chip.noise("benches", 24.0)


def _draw_pad(surface: Surface, chip: Chip, terrain: Terrain, deposit: Deposit) -> None:
    """Ground levelled for a wind turbine: cut into the slope on one side, filled on the other."""
    middle = chip.shape.centroid
    level = np.float32(terrain.sample(np.array([middle.x]), np.array([middle.y]))[0])
    height = surface.height[chip.slices]
    height += smoothstep(-7.0, 3.0, chip.inside) * (level - height) * np.float32(0.8)
    colour = deposit.reflectance(chip, deposit.bands(chip, chip.inside), _AT_REST_GRAIN)
    cover = smoothstep(-1.5, 1.5, chip.inside + 1.2 * chip.noise("rim", 9.0))
    surface.paint(colour, 0.8 * cover, chip.slices)
