"""The parts of labelled images by what a training saw of them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

TRAINED, UNSEEN_GROUND, UNSEEN_DATE, UNSEEN_BOTH = "trained", "unseen_ground", "unseen_date", "unseen_ground_and_date"


def parts_of(
    seen: NDArray[np.bool_], *, held_out: bool, unseen: str = UNSEEN_GROUND
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The two parts of an image by name, and where they are: ground that training saw, and ground that it did not.

    Parameters
    ----------
    seen : ground that training may see, any shape. held_out : whether the image's date is one that it may not see.
    unseen : what the ground that it does not see is called.
    """
    yield (UNSEEN_DATE if held_out else TRAINED), seen
    yield (f"{unseen}_and_date" if held_out else unseen), ~seen
