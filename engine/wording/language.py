"""The language that is spoken, and its catalogues of messages."""

import gettext as _gettext
from collections.abc import Iterable
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

_CATALOGUES = Path(__file__).parents[2] / "locale"
LANGUAGES = ("en", "zh")
_language: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """The one that is spoken in this context."""
    return _language.get()


def use_language(language: str) -> None:
    """Speak `language` from here on, in this context."""
    _language.set(language)


def gettext(message: str) -> str:
    """The message in the current language."""
    return _catalogue(_language.get()).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """The message for `count` things, in the current language."""
    return _catalogue(_language.get()).ngettext(one, many, count)


def joined(sentences: Iterable[str]) -> str:
    """Sentences after each other: Chinese ones follow without a space."""
    return ("" if language().startswith("zh") else " ").join(sentences)


@lru_cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    return _gettext.translation("pitwatch", _CATALOGUES, [language], fallback=True)
