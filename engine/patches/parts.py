"""The parts of labelled images by what a training saw of them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

TRAINED, UNSEEN_GROUND, UNSEEN_DATE, UNSEEN_BOTH = "trained", "unseen_rows", "unseen_date", "unseen_rows_and_date"


def parts_of(seen: NDArray[np.bool_], *, held_out: bool) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The two parts of an image, and where they are: ground that training saw, and ground that it did not.

    Parameters
    ----------
    seen : ground that training may see, any shape. held_out : whether the image's date is one that it may not see.
    """
    yield (UNSEEN_DATE if held_out else TRAINED), seen
    yield (UNSEEN_BOTH if held_out else UNSEEN_GROUND), ~seen
