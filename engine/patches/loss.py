"""What a training makes small: cross-entropy and Dice on what is labelled (METHOD §1)."""

from torch import Tensor
from torch.nn import functional

from engine.patches.labels import UNLABELLED


def segmentation_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy, and 1 − Dice averaged over the mine classes that occur, both on labelled pixels alone.

    Parameters
    ----------
    logits : shape (n, classes, …). labels : int64, shape (n, …), UNLABELLED where nothing is known.
    """
    known = labels != UNLABELLED
    if not known.any():
        return 0 * logits.sum()
    entropy = functional.cross_entropy(logits, labels, ignore_index=UNLABELLED)
    # What is not labelled is multiplied by nothing rather than left out: to pick pixels costs more than all the rest.
    inside = known.unsqueeze(1)
    probability = logits.softmax(dim=1)[:, 1:] * inside
    truth = functional.one_hot(labels.where(known, 0), logits.shape[1]).movedim(-1, 1)[:, 1:] * inside
    over = [dimension for dimension in range(logits.ndim) if dimension != 1]
    common, sizes = (probability * truth).sum(dim=over), (probability + truth).sum(dim=over)
    present = truth.sum(dim=over) > 0
    if not present.any():
        return entropy
    return entropy + (1 - (2 * common + 1) / (sizes + 1))[present].mean()
