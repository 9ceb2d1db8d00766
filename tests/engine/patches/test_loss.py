"""The loss: of what is labelled alone, and next to nothing for what is right."""

import torch

from engine.patches.labels import UNLABELLED
from engine.patches.loss import segmentation_loss


def test_only_what_is_labelled_is_learnt_from() -> None:
    random = torch.Generator().manual_seed(1)
    logits = torch.randn(2, 3, 8, 8, generator=random)
    labels = torch.randint(0, 3, (2, 8, 8), generator=random)
    labels[:, 4:] = UNLABELLED
    changed = logits.clone()
    changed[:, :, 4:] += 100
    torch.testing.assert_close(segmentation_loss(changed, labels), segmentation_loss(logits, labels))
    known = segmentation_loss(logits[:, :, :4], labels[:, :4])
    torch.testing.assert_close(segmentation_loss(logits, labels), known)


def test_a_batch_without_labels_teaches_nothing() -> None:
    logits = torch.randn(1, 2, 4, 4, requires_grad=True)
    segmentation_loss(logits, torch.full((1, 4, 4), UNLABELLED)).backward()
    assert logits.grad is not None
    assert (logits.grad == 0).all()


def test_the_loss_of_what_is_right_is_next_to_nothing() -> None:
    labels = torch.randint(0, 3, (2, 8, 8), generator=torch.Generator().manual_seed(1))
    logits = 50 * torch.nn.functional.one_hot(labels, 3).permute(0, 3, 1, 2).float()
    assert segmentation_loss(logits, labels) < 1e-4
    assert segmentation_loss(-logits, labels) > 1
