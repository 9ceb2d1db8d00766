"""Neighbours on a lattice: what a whole array has in common with itself, moved."""


def overlapping(shape: tuple[int, int], down: int, right: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where on a lattice (rows, cols) both a place and the one `down` rows below it and `right` columns beside it are.

    Returns
    -------
    The slices of the places, and those of their neighbours; negative offsets are upwards and to the left.
    """
    rows, cols = shape
    here = slice(max(0, -down), rows - max(0, down)), slice(max(0, -right), cols - max(0, right))
    there = slice(max(0, down), rows + min(0, down)), slice(max(0, right), cols + min(0, right))
    return here, there
