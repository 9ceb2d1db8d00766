"""Minerals compared by group, whatever they are called."""

import re
from functools import cache, lru_cache

from engine.permits.meanings import terms_of_registers
from engine.permits.phrases import Phrases, fold

_SEPARATORS = re.compile(r"[\s,;/+&、，；|-]+")


@lru_cache(maxsize=100_000)
def mineral_groups(text: str) -> frozenset[str]:
    """Groups of the minerals that a text names, such as "coal" or "iron"; empty where it names none that is known.

    Chemical symbols count where they stand alone and are written as such: "Au, Cu".
    """
    by_symbol = frozenset(group for word in _SEPARATORS.split(text) for group in _symbols().get(word, ()))
    return _phrases().found_in(text) | by_symbol


def class_minerals(mine_class: str) -> frozenset[str] | None:
    """Groups of the minerals that a mine of a class yields, by its key or its title; None for a class that is not
    known."""
    groups = terms_of_registers()["class"].get(fold(mine_class))
    return None if groups is None else frozenset(groups)


@cache
def _phrases() -> Phrases:
    return Phrases(terms_of_registers()["mineral"])


@cache
def _symbols() -> dict[str, tuple[str, ...]]:
    return {symbol: (group,) for group, symbols in terms_of_registers()["symbol"].items() for symbol in symbols}
