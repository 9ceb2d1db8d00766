"""The echoes themselves: complex images whose likeness from date to date is what `decorrelation` says.

Interferograms are then formed as a processor forms them, from products of echoes. Their noise is thus nobody's formula:
pairs that share an image share its speckle, phases of three pairs do not close, and tails are heavy, since few looks of
uneven brightness are averaged.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.simulate.noise import Field
from engine.simulate.radar.decorrelation import Decorrelation

Echoes = NDArray[np.complex64]
# Independent looks within one pixel, and the spread of their brightness (of the natural logarithm).
LOOKS, _UNEVEN = 2, 0.6


@dataclass(frozen=True)
class Image:
    """One date. echoes : shape (LOOKS, rows, cols). power : their sum of squares. quality : see `Decorrelation`.

    clock, turn, work : since the first date.
    """

    number: int
    echoes: Echoes
    power: Field
    quality: Field
    clock: Field
    turn: Field
    work: Field


def images(decorrelation: Decorrelation) -> Iterator[Image]:
    """The images of all dates in order, each from the one before."""
    frame, shape = decorrelation.plan.frame, (LOOKS, *decorrelation.places.shape)
    chance = frame.chance("speckle", "lasting")
    uneven = np.exp(np.float32(_UNEVEN) * chance.standard_normal(shape, np.float32))
    amplitude = np.sqrt(decorrelation.brightness * uneven)
    lasting, changing = _circular(chance, shape), _circular(chance, shape)
    lasting_share, changing_share = np.sqrt(decorrelation.stays), np.sqrt(1 - decorrelation.stays)
    clock, turn, work = (np.zeros(shape[1:], np.float32) for _ in range(3))
    for number in range(len(decorrelation.dates)):
        chance = frame.chance("speckle", number)
        if number:
            step, rotation = decorrelation.clock(number), decorrelation.turn(number)
            alike = np.exp(-step)
            changing *= alike * np.exp(1j * rotation).astype(np.complex64)
            changing += np.sqrt(1 - alike * alike) * _circular(chance, shape)
            clock, turn, work = clock + step, turn + rotation, work.copy()
            for block, worked in decorrelation.work(number):
                left = np.exp(-worked)
                for part in (lasting, changing):
                    part[:, *block.slices] *= left
                    part[:, *block.slices] += np.sqrt(1 - left * left) * _circular(chance, (LOOKS, *block.shape))
                work[block.slices] += worked
        quality = decorrelation.quality(number)
        echoes = changing * changing_share
        echoes += lasting * lasting_share
        echoes *= quality
        echoes += np.sqrt(1 - quality * quality) * _circular(chance, shape)
        echoes *= amplitude
        yield Image(number, echoes, _power(echoes), quality, clock, turn, work)


def true_coherence(first: Image, second: Image, stays: Field, baseline_share: float) -> Field:
    """What the coherence of two images is before any estimate."""
    changing = (1 - stays) * np.exp(first.clock - second.clock)
    square = stays**2 + changing**2 + 2 * stays * changing * np.cos(second.turn - first.turn)
    images = first.quality * second.quality * np.float32(baseline_share)
    return np.asarray(np.sqrt(square) * np.exp(first.work - second.work) * images, np.float32)


def product(first: Image, second: Image) -> Echoes:
    """Sum over looks of the later times the conjugate of the earlier, shape (rows, cols)."""
    total = second.echoes[0] * first.echoes[0].conj()
    for look in range(1, LOOKS):
        total += second.echoes[look] * first.echoes[look].conj()
    return np.asarray(total, np.complex64)


def _circular(chance: np.random.Generator, shape: tuple[int, ...]) -> Echoes:
    """Complex Gaussian noise of mean power 1."""
    parts = chance.standard_normal((*shape, 2), np.float32)
    parts *= np.float32(np.sqrt(0.5))
    return np.asarray(parts.view(np.complex64)[..., 0], np.complex64)


def _power(echoes: Echoes) -> Field:
    return np.asarray((echoes.real**2 + echoes.imag**2).sum(axis=0), np.float32)
