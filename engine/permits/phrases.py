"""Words of several languages found in a text, whatever its case and accents: the longest first, none within another."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

_LETTER = r"[^\W\d_]"


@cache
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
        self._meanings: dict[str, frozenset[str]] = {}
        for meaning, phrases in table.items():
            for phrase in phrases:
                key = fold(phrase)
                self._meanings[key] = self._meanings.get(key, frozenset()) | {meaning}
        longest_first = sorted(self._meanings, key=len, reverse=True)
        self._pattern = re.compile("|".join(f"({_as_pattern(phrase)})" for phrase in longest_first))
        self._in_order = longest_first

    def found_in(self, text: str) -> frozenset[str]:
        """Every meaning of which a phrase occurs."""
        found: frozenset[str] = frozenset()
        for match in self._pattern.finditer(re.sub(r"[_/\\|;,.()（）、，；。:：-]+", " ", fold(text))):
            found |= self._meanings[self._in_order[(match.lastindex or 1) - 1]]
        return found


def _as_pattern(phrase: str) -> str:
    if not phrase.isascii():
        return re.escape(phrase)
    return rf"(?<!{_LETTER}){re.escape(phrase)}(?:es|s)?(?!{_LETTER})"
