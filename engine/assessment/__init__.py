"""Accuracy as the paper reports it (METHOD §4), at the level of pixels, of patches and of their areas."""

from engine.assessment.confusion import Confusion, score_mines

__all__ = ["Confusion", "score_mines"]
