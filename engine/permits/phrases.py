"""Words of several languages found in a text, whatever its case and accents: the longest first, none within another."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

_TOKEN = re.compile(r"[a-z0-9&]+|[^\x00-\x7f]")
_LONGEST = 200  # signs of a text that is looked at; longer ones are prose


@lru_cache(maxsize=100_000)
def fold(text: str) -> str:
    """A text in lower case, without accents, with single blanks; forms of one sign, such as Ａ and A, are one."""
    apart = unicodedata.normalize("NFKD", text)
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return " ".join(plain.casefold().split())


class Phrases:
    """A table of phrases by what they mean. A Latin phrase is a whole word or several, or their plural; a Chinese one
    may stand anywhere.

    Parameters
    ----------
    table : meaning to its phrases, already folded or not.
    """

    def __init__(self, table: Mapping[str, Iterable[str]]) -> None:
        self._meanings: dict[tuple[str, ...], set[str]] = {}
        for meaning, phrases in table.items():
            for phrase in phrases:
                for tokens in _forms(_tokens(phrase)):
                    self._meanings.setdefault(tokens, set()).add(meaning)
        self._lengths: dict[str, list[int]] = {}
        for tokens in sorted(self._meanings, key=len, reverse=True):
            lengths = self._lengths.setdefault(tokens[0], [])
            if len(tokens) not in lengths:
                lengths.append(len(tokens))

    def found_in(self, text: str) -> frozenset[str]:
        """Every meaning of which a phrase occurs."""
        tokens, found, place = _tokens(text[:_LONGEST]), set[str](), 0
        while place < len(tokens):
            for length in self._lengths.get(tokens[place], ()):
                if meanings := self._meanings.get(tokens[place : place + length]):
                    found |= meanings
                    place += length
                    break
            else:
                place += 1
        return frozenset(found)

    def meant_by(self, text: str) -> frozenset[str]:
        """What a text means that is a phrase, and no more."""
        return frozenset(self._meanings.get(_tokens(text), ()))


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(fold(text)))


def _forms(tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A phrase, and its plural."""
    *front, last = tokens
    return [tokens] if not last.isascii() else [(*front, last + ending) for ending in ("", "s", "es")]
