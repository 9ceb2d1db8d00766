"""How functions are compiled with Numba here, so that all are compiled alike."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

# What may be done to sums of floating-point numbers for speed: all but to suppose that none is NaN or infinite.
_FAST = {"reassoc", "contract", "arcp", "nsz"}


def kernel(function: F) -> F:
    """Compile a function once a machine; other threads run on while it does."""
    return _compiled(function)


def fast_kernel(function: F) -> F:
    """A kernel whose sums may be taken in any order, so that several are taken at once."""
    return _compiled(function, fastmath=_FAST)


def inlined(function: F) -> F:
    """A kernel that becomes a part of those that call it: handing over the arrays would cost more than its work."""
    return _compiled(function, inline="always")


def _compiled(function: F, **options: Any) -> F:
    options |= {"nogil": True, "error_model": "numpy"}
    try:
        return cast(F, njit(cache=True, **options)(function))
    except RuntimeError:  # nowhere to keep it: neither beside the source nor in the user's cache can be written
        return cast(F, njit(**options)(function))
