"""What laid-bare ground looks like. Mines and what is mistaken for them are drawn with the same materials.

A mine's bands follow its own outline (benches, tongues), those of natural ground the strata and the slope: colours,
bands and textures are drawn from the same distributions, so that shape, context and arrangement alone tell them apart.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from engine.simulate.noise import Field
from engine.simulate.optics.view import Chip, smoothstep
from engine.simulate.plan import MineClass

# Reflectances in red, green, blue, near infrared, from the darkest to the brightest of each material.
_PALETTES = {
    MineClass.GANGUE_DUMP: (
        (0.070, 0.068, 0.066, 0.076),
        (0.115, 0.110, 0.104, 0.122),
        (0.172, 0.160, 0.146, 0.185),
        (0.245, 0.220, 0.188, 0.262),
    ),
    MineClass.IRON_PIT: (
        (0.150, 0.104, 0.082, 0.180),
        (0.215, 0.142, 0.108, 0.250),
        (0.272, 0.200, 0.152, 0.305),
        (0.325, 0.274, 0.208, 0.356),
    ),
    MineClass.CLAY_PIT: (
        (0.300, 0.264, 0.208, 0.335),
        (0.362, 0.330, 0.270, 0.395),
        (0.420, 0.394, 0.340, 0.448),
        (0.472, 0.450, 0.405, 0.494),
    ),
    MineClass.SANDSTONE_PIT: (
        (0.225, 0.210, 0.190, 0.240),
        (0.315, 0.298, 0.270, 0.330),
        (0.400, 0.385, 0.358, 0.410),
        (0.480, 0.468, 0.446, 0.486),
    ),
}


class Recipe(NamedTuple):
    """How strong each part of a material is, in steps of its palette: bands, clumps (16 m), grains (5 m, 2 m).

    relief_m : height of the ledges that go with the bands. edge_m : width of its rim.
    """

    middle: float
    bands: float
    clumps: float
    coarse: float
    fine: float
    relief_m: float
    edge_m: float


_RECIPES = {
    MineClass.GANGUE_DUMP: Recipe(1.15, 0.38, 0.42, 0.26, 0.20, 1.3, 2.0),
    MineClass.IRON_PIT: Recipe(1.45, 0.62, 0.40, 0.24, 0.20, 2.6, 2.5),
    MineClass.CLAY_PIT: Recipe(1.40, 0.10, 0.40, 0.12, 0.10, 0.25, 7.0),
    MineClass.SANDSTONE_PIT: Recipe(1.35, 0.36, 0.50, 0.46, 0.42, 2.2, 3.0),
}


@dataclass(frozen=True)
class Deposit:
    """One body of a material. All is drawn from the same distributions, whether men or nature laid it bare.

    shade : its own place in the palette. brightness : of all its bands. spacing : of its bands, m. cover : how much of
    the ground it hides.
    """

    like: MineClass
    shade: float
    brightness: float
    tint: tuple[float, float, float, float]
    spacing: float
    contrast: float
    phase: float
    cover: float

    @staticmethod
    def draw(like: MineClass, chance: Generator) -> "Deposit":
        return Deposit(
            like,
            shade=float(chance.normal(0, 0.42)),
            brightness=float(np.exp(chance.normal(0, 0.10))),
            tint=tuple(np.exp(chance.normal(0, 0.012, 4)).tolist()),
            spacing=float(np.exp(chance.uniform(np.log(7), np.log(20)))),
            contrast=float(chance.uniform(0.45, 1.45)),
            phase=float(chance.uniform(0, 1)),
            cover=float(chance.uniform(0.72, 1.0)),
        )

    @property
    def recipe(self) -> Recipe:
        return _RECIPES[self.like]

    def bands(self, chip: Chip, along: Field) -> Field:
        """Between −1 and 1: a sawtooth with rounded corners over `along`, in m; bands wander, fade and end."""
        wander: Field = chip.noise("bands wander", 30.0) + 0.5 * chip.noise("bands wander", 11.0)
        wandering: Field = along + np.float32(0.55 * self.spacing) * wander
        part = np.mod(wandering / np.float32(self.spacing) + np.float32(self.phase), np.float32(1))
        saw = smoothstep(0.0, 0.78, part) * 2 - 1 - 2 * smoothstep(0.80, 1.0, part)
        return saw * smoothstep(-1.6, 0.9, chip.noise("bands fade", 19.0))

    def reflectance(self, chip: Chip, bands: Field, grain: str) -> Field:
        """Shape (4, rows, cols). grain : which fine noise it has; that of ground at work is another on every date."""
        recipe = self.recipe
        course = recipe.middle + self.shade + np.float32(self.contrast * recipe.bands) * bands
        course = course + np.float32(recipe.clumps * self.contrast) * chip.noise("clumps", 16.0)
        course += np.float32(recipe.coarse) * chip.noise(grain, 5.0) + np.float32(recipe.fine) * chip.noise(grain, 2.0)
        return self._colours(course)

    def _colours(self, course: Field) -> Field:
        palette = np.array(_PALETTES[self.like], np.float32)
        palette = palette * np.float32(self.brightness) * np.array(self.tint, np.float32)
        course = np.clip(course, -0.35, len(palette) - 0.65)
        step = np.clip(np.floor(course), 0, len(palette) - 2).astype(np.intp)
        part = (course - step)[..., None]
        mixed = palette[step] * (1 - part) + palette[step + 1] * part
        return np.moveaxis(mixed, -1, 0)

    def ledges(self, bands: Field) -> Field:
        """Relief in m that goes with the bands."""
        return np.float32(0.32 * self.recipe.relief_m * self.contrast) * bands
