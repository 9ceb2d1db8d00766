"""Drafts that outlive their session, which ends when the browser loads the page again: in memory, for some hours.

A draft is found by its token, which nobody can guess and which stands in the page's address, and only by the person for
whom it is kept, where people sign in. The token is looked up and nothing else: no part of it names a file.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from components import sign_in

if TYPE_CHECKING:
    from components.permits.draft import Draft

HOURS = 12  # after the last change; a working day, as of a sign-in
_MOST_BYTES = 512 * 1024**2  # of all drafts; the oldest give way


@dataclass(frozen=True)
class _Kept:
    """owner : whose it is. until : when it goes, by the monotonic clock."""

    draft: Draft
    owner: str
    until: float


_kept: OrderedDict[str, _Kept] = OrderedDict()
_lock = Lock()


def keep(draft: Draft) -> None:
    """Keep what was uploaded and chosen, in place of what was kept of the same draft; not what was computed from it."""
    owner = _owner()
    if owner is None:
        return
    with _lock:
        _sweep()
        _kept[draft.token] = _Kept(replace(draft, made={}), owner, time.monotonic() + HOURS * 3600)
        _kept.move_to_end(draft.token)
        while _kept and sum(kept.draft.size for kept in _kept.values()) > _MOST_BYTES:
            _kept.popitem(last=False)


def taken_up(token: str) -> Draft | None:
    """The draft of a token; None where there is none, no longer, or not for whoever asks."""
    owner = _owner()
    with _lock:
        _sweep()
        kept = _kept.get(token)
    return replace(kept.draft, made={}) if kept is not None and kept.owner == owner else None


def _sweep() -> None:
    now = time.monotonic()
    for token in [token for token, kept in _kept.items() if kept.until <= now]:
        del _kept[token]


def _owner() -> str | None:
    """For whom things are kept: on an open server all are one; nobody for whom the provider has no identity."""
    author = sign_in.author("")
    if author is None or not (author.identity or sign_in.is_open()):
        return None
    return author.identity
