"""From two images to an interferogram: multilooking, coherence, Goldstein's filter, and unwrapping that goes wrong."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.fft import fft2, ifft2
from scipy.ndimage import binary_dilation, convolve1d, label, uniform_filter

from engine.simulate.noise import Field
from engine.simulate.radar.places import Mask
from engine.simulate.radar.speckle import LOOKS, Echoes

# Weights of the windows in which phase is averaged and coherence is estimated, along each axis.
_PHASE_WINDOW = np.array([0.2, 0.6, 0.2], np.float32)
_COHERENCE_WINDOW = np.array([0.0625, 0.25, 0.375, 0.25, 0.0625], np.float32)
# Goldstein & Werner (1998): edge of patches, half overlapping, and exponent of their spectrum. The usual 32 and
# 0.6 take a third of the motion of ground that is ten pixels across; these take a tenth.
_PATCH, FILTER_STRENGTH = 16, 0.2
# Under this estimate, averaged over 3 x 3 pixels, nothing is unwrapped.
_LEAST_COHERENCE = 0.22
# Share of pairs with a region that is off by whole turns: of good ones, and how it grows as mean coherence falls.
_WRONG_SHARE, _WRONG_BY_LOSS, _GOOD_COHERENCE = 0.03, 0.30, 0.62
_REGION_PIXELS, _LEAST_REGION_SHARE, _REGION_SHARE = 40, 0.0008, 0.12
_REGION_LEVELS = (0.04, 0.08, 0.12, 0.17, 0.22, 0.28, 0.34, 0.4)


@dataclass(frozen=True)
class Wrapped:
    """noise : what filtering leaves of it, radians about the true phase, from −π to π. coherence : estimated, 0–1."""

    noise: Field
    coherence: Field


class WrongTurns(NamedTuple):
    """A region that was unwrapped wrongly, and by how many turns."""

    region: Mask
    turns: int


def interfere(
    echoes: Echoes,
    powers: tuple[Field, Field],
    phase: Field,
    baseline_share: float,
    chance: np.random.Generator,
) -> Wrapped:
    """Filtered noise and estimated coherence of a pair.

    Parameters
    ----------
    echoes, powers : product and powers of the two images, summed over looks. phase : what turns it, radians: it is
    averaged and filtered with the noise, so that steep signals suffer.
    baseline_share : of coherence, that the distance of the orbits leaves.
    """
    turning = np.exp(1j * phase).astype(np.complex64)
    turned = echoes * turning
    if baseline_share < 1:
        lost = np.float32(np.sqrt((1 / baseline_share**2 - 1) / (2 * LOOKS)))
        noise = chance.standard_normal((*phase.shape, 2), np.float32).view(np.complex64)[..., 0]
        turned += noise * (lost * np.sqrt(powers[0] * powers[1]))
    first, second = (_averaged(power, _COHERENCE_WINDOW) for power in powers)
    if baseline_share < 1:
        second /= np.float32(baseline_share**2)
    coherence = np.abs(_averaged_echoes(turned, _COHERENCE_WINDOW)) / np.sqrt(first * second)
    filtered = goldstein(_averaged_echoes(turned / np.sqrt(first * second), _PHASE_WINDOW))
    return Wrapped(np.angle(filtered * turning.conj()), np.clip(coherence, 0, 0.999))


def goldstein(values: Echoes, strength: float = FILTER_STRENGTH) -> Echoes:
    """Weigh the spectrum of each patch by its own amplitude to the power of `strength`; patches blend linearly."""
    half, (rows, cols) = _PATCH // 2, values.shape
    down, along = (-(-size // _PATCH) + 1 for size in (rows, cols))
    padded = np.zeros(((down + 1) * _PATCH, (along + 1) * _PATCH), np.complex64)
    padded[half : half + rows, half : half + cols] = values
    total = np.zeros_like(padded)
    ramp = 1 - np.abs((np.arange(_PATCH, dtype=np.float32) + 0.5) / half - 1)
    blend = ramp[:, None] * ramp[None, :]
    for top in (0, half):
        for left in (0, half):
            part = (slice(top, top + down * _PATCH), slice(left, left + along * _PATCH))
            patches = padded[part].reshape(down, _PATCH, along, _PATCH).swapaxes(1, 2)
            spectrum = fft2(patches)
            weight = uniform_filter(np.abs(spectrum), (1, 1, 3, 3), mode="wrap")
            spectrum *= np.power(weight, np.float32(strength))
            smooth = ifft2(spectrum) * blend
            total[part] += smooth.swapaxes(1, 2).reshape(down * _PATCH, along * _PATCH)
    return total[half : half + rows, half : half + cols]


def not_unwrapped(coherence: Field) -> Mask:
    """Where a processor gives up."""
    return np.asarray(uniform_filter(coherence, 3) < _LEAST_COHERENCE, np.bool_)


def wrong_turns(coherence: Field, chance: np.random.Generator) -> WrongTurns | None:
    """For some pairs a region that low coherence cuts off from the rest, and how many turns it is off by."""
    loss = max(_GOOD_COHERENCE - float(coherence.mean()), 0.0)
    if chance.random() > _WRONG_SHARE + _WRONG_BY_LOSS * loss:
        return None
    turns = int(chance.choice((-1, 1)))
    smooth = uniform_filter(coherence, 7)
    for level in np.quantile(smooth, _REGION_LEVELS):
        regions, _ = label(smooth > level)
        sizes = np.bincount(regions.ravel())
        sizes[0] = 0
        least = max(_REGION_PIXELS, _LEAST_REGION_SHARE * coherence.size)
        fitting = np.flatnonzero((sizes >= least) & (sizes <= _REGION_SHARE * coherence.size))
        if len(fitting):
            chosen = regions == chance.choice(fitting)
            return WrongTurns(np.asarray(binary_dilation(chosen, iterations=2), np.bool_), turns)
    return None


def aliased(signal: Field, steepest: float = 0.9 * np.pi) -> Field:
    """Phase that unwrapping loses where motion is steeper than half a turn from pixel to pixel, radians.

    `signal` : of one moving place, radians. Ground inside the steep rim is off by as many whole turns as fit.
    """
    lost = np.zeros_like(signal)
    down, along = (np.abs(np.diff(signal, axis=axis)) for axis in (0, 1))
    if signal.size and max(down.max(initial=0), along.max(initial=0)) > steepest:
        peak = float(signal.ravel()[np.argmax(np.abs(signal))])
        lost[np.abs(signal) > abs(peak) / 2] = 2 * np.pi * round(peak / (2 * np.pi))
    return lost


def _averaged(values: Field, window: Field) -> Field:
    """Weighted mean over a window of the given weights along both axes."""
    return np.asarray(convolve1d(convolve1d(values, window, axis=0), window, axis=1), np.float32)


def _averaged_echoes(values: Echoes, window: Field) -> Echoes:
    result = np.empty_like(values)
    result.real, result.imag = _averaged(values.real, window), _averaged(values.imag, window)
    return result
