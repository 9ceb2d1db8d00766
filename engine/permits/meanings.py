"""What a register's words say of a permit's kind and status, in English, Chinese, Spanish and Portuguese."""

import tomllib
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from engine.permits.phrases import Phrases


class PermitKind(StrEnum):
    """OTHER : it is understood, and allows neither digging nor exploring. UNKNOWN : nothing is said, or it is not
    understood."""

    EXTRACTION = "extraction"
    EXPLORATION = "exploration"
    PROCESSING = "processing"
    OTHER = "other"
    UNKNOWN = "unknown"


class PermitStatus(StrEnum):
    """APPLICATION : asked for and not given. WITHDRAWN : cancelled, revoked, given back, refused. UNKNOWN : nothing is
    said, or it is not understood."""

    VALID = "valid"
    EXPIRED = "expired"
    RENEWAL_PENDING = "renewal_pending"
    APPLICATION = "application"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


# Of several that a text names the first counts: "expired, renewal pending" is pending.
_KINDS = (PermitKind.EXTRACTION, PermitKind.PROCESSING, PermitKind.EXPLORATION, PermitKind.OTHER)
_STATUSES = (
    PermitStatus.WITHDRAWN,
    PermitStatus.SUSPENDED,
    PermitStatus.RENEWAL_PENDING,
    PermitStatus.EXPIRED,
    PermitStatus.APPLICATION,
    PermitStatus.VALID,
)


@cache
def terms_of_registers() -> dict[str, Any]:
    """The tables of `terms.toml`."""
    return tomllib.loads(Path(__file__).with_name("terms.toml").read_text(encoding="utf-8"))


@cache
def _phrases(table: str) -> Phrases:
    return Phrases(terms_of_registers()[table])


@lru_cache(maxsize=100_000)
def kind_of(text: str) -> PermitKind:
    """What a permit is for. "Mine" alone is extraction; beside another word, such as boundary, it says nothing."""
    found = _phrases("kind").found_in(text)
    said = next((kind for kind in _KINDS if kind in found), None)
    return said or (PermitKind.EXTRACTION if _phrases("mine").meant_by(text) else PermitKind.UNKNOWN)


@lru_cache(maxsize=100_000)
def status_of(text: str) -> PermitStatus:
    """How a permit stands, as its register says."""
    found = _phrases("status").found_in(text)
    return next((status for status in _STATUSES if status in found), PermitStatus.UNKNOWN)
