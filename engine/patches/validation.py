"""Patches that training sets aside of its own ground, to tell which of its weights are the best."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import center_of_mass, distance_transform_edt, find_objects, label
from torch import Tensor, nn

from engine.patches.hardware import Hardware
from engine.patches.labels import UNLABELLED
from engine.patches.loss import segmentation_loss
from engine.patches.options import TrainingOptions
from engine.patches.sampling import LabelledImage, Standard, cut


class Figures(NamedTuple):
    """How well weights do on what was set aside. loss : as in training. f1 : of any mine against background."""

    loss: float
    f1: float


def set_aside(
    parts: Sequence[LabelledImage], options: TrainingOptions
) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """What is left to learn from, and windows, as large as a crop, that show what was set aside.

    Of each class, patches evenly along the rows, none where that would be less than half a patch. A pixel of a window
    goes with the patch that is nearest to it, so that background is set aside as well. In what is left, values stay and
    labels go. Parts of one place and shape are taken to show one ground on several dates: what is aside on one, is on
    all.
    """
    if not options.validation:
        return list(parts), []
    left, windows = [], []
    for ground in sorted({(part.place, part.shape) for part in parts}):
        together = [part for part in parts if (part.place, part.shape) == ground]
        aside, corners = _aside([part.labels for part in together], options)
        for part in together:
            apart = replace(part, labels=np.where(aside, part.labels, np.uint8(UNLABELLED)))
            windows += [
                replace(part, values=values, labels=labels, seen=None, standard=None)
                for values, labels in (cut(apart, corner, options.crop) for corner in corners)
                if (labels != UNLABELLED).any()
            ]
            left.append(replace(part, labels=np.where(aside, np.uint8(UNLABELLED), part.labels)))
    return left, windows


def _aside(
    labels: Sequence[NDArray[np.uint8]], options: TrainingOptions
) -> tuple[NDArray[np.bool_], list[tuple[int, int]]]:
    """Where labels of one ground go, and the corners of the windows that show them."""
    codes = np.zeros(labels[0].shape, np.uint8)
    for one in labels:
        codes = np.where((codes == 0) & (one != UNLABELLED), one, codes)
    patches, _ = label(codes > 0, structure=np.ones((3, 3)))
    chosen = list(_chosen(codes, patches, options.validation))
    aside: NDArray[np.bool_] = np.isin(patches, chosen)
    if not chosen:
        return aside, []
    size, corners = options.crop, []
    for middle in np.rint(center_of_mass(patches > 0, patches, chosen)).astype(int):
        row, col = np.maximum(0, np.minimum(middle - size // 2, np.array(codes.shape) - size)).tolist()
        window = np.s_[row : row + size, col : col + size]
        there = patches[window]
        if not there.any():
            continue  # the middle of a ring that is larger than a crop
        nearest = distance_transform_edt(there == 0, return_distances=False, return_indices=True)
        aside[window] |= np.isin(there[tuple(nearest)], chosen)
        corners.append((row, col))
    return aside, corners


def _chosen(codes: NDArray[np.uint8], patches: NDArray[np.int32], share: float) -> Iterator[int]:
    """Numbers of the patches to set aside. They are numbered along the rows: every n-th of a class lies spread."""
    pieces = enumerate(find_objects(patches), start=1)
    classes = np.array([np.bincount(codes[piece][patches[piece] == number]).argmax() for number, piece in pieces])
    for code in np.unique(classes):
        members = 1 + np.flatnonzero(classes == code)
        count = min(round(share * len(members)), len(members) - 1)
        for number in range(count):
            yield int(members[int((number + 0.5) * len(members) / count)])


class Validation:
    """The windows of what was set aside, in batches on a device. standard : that of the training."""

    def __init__(
        self, windows: Sequence[LabelledImage], standard: Standard, options: TrainingOptions, hardware: Hardware
    ) -> None:
        self._options, self._hardware = options, hardware
        mean, std = (array.astype(np.float32)[:, None, None] for array in standard)
        self._windows = [
            (torch.from_numpy(np.nan_to_num((one.values - mean) / std, nan=0.0)), torch.from_numpy(one.labels))
            for one in windows
        ]

    def __bool__(self) -> bool:
        return bool(self._windows)

    @torch.no_grad()
    def measure(self, network: nn.Module) -> Figures:
        """How well a network does that is in its mode for inference."""
        logits, labels = (torch.cat(all_of) for all_of in zip(*self._predicted(network), strict=True))
        found, truth = logits.argmax(dim=1) > 0, labels > 0
        hits, sizes = int((found & truth).sum()), int(found.sum() + truth.sum())
        return Figures(segmentation_loss(logits, labels).item(), 2 * hits / max(sizes, 1))

    def _predicted(self, network: nn.Module) -> Iterator[tuple[Tensor, Tensor]]:
        """Logits of labelled pixels, shape (pixels, classes), and their labels, batch by batch."""
        for first in range(0, len(self._windows), self._options.batch):
            values, labels = zip(*self._windows[first : first + self._options.batch], strict=True)
            batch = torch.stack(values).to(self._hardware.device, memory_format=torch.channels_last)
            with self._hardware.autocast(self._options.precision):
                logits = network(batch).float().cpu()
            known = torch.stack(labels)
            there = known != UNLABELLED
            yield logits.permute(0, 2, 3, 1)[there], known[there].long()
