"""What a training makes small: cross-entropy and Dice on what is labelled (METHOD §1)."""

from torch import Tensor
from torch.nn import functional

from engine.patches.labels import UNLABELLED


def segmentation_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy, and 1 − Dice averaged over the mine classes that occur, both on labelled pixels alone.

    Parameters
    ----------
    logits : shape (n, classes, rows, cols). labels : int64, shape (n, rows, cols), UNLABELLED where nothing is known.
    """
    known = labels != UNLABELLED
    if not known.any():
        return 0 * logits.sum()
    return pixel_loss(logits.permute(0, 2, 3, 1)[known], labels[known])


def pixel_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """`segmentation_loss` of labelled pixels. logits : shape (pixels, classes). labels : int64, shape (pixels,)."""
    entropy = functional.cross_entropy(logits, labels)
    probability = logits.softmax(dim=1)[:, 1:]
    truth = functional.one_hot(labels, logits.shape[1])[:, 1:]
    common, sizes = (probability * truth).sum(dim=0), (probability + truth).sum(dim=0)
    present = truth.sum(dim=0) > 0
    if not present.any():
        return entropy
    return entropy + (1 - (2 * common + 1) / (sizes + 1))[present].mean()
