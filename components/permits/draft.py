"""A register on its way from a file to verdicts: what the reader has supplied and chosen."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from components import plain
from components.permits import shelf
from engine.errors import InputError
from engine.wording import gettext as _

if TYPE_CHECKING:
    from engine.permits.cadastre import Cadastre, Choices
    from engine.permits.fields import Field
    from engine.permits.quality import QualityReport
    from engine.permits.register import Register

ADDRESS = "draft"  # the token's name in the page's address
_KEY = "permits-draft"
Made = TypeVar("Made")


@dataclass(frozen=True)
class Draft:
    """files : name and content of each, or none where a saved version is looked at. version : its identifier.

    mapping : columns as the reader has set them; None leaves them to what was remembered of such a file, or a guess.
    as_of : the day that is asked about; None takes each patch on the date of its outline.
    datum_error_m : None leaves it to what is known of the register's datum. step : that the reader has come to.
    token : by which it is found again (`shelf`).
    """

    area: str
    name: str
    files: tuple[tuple[str, bytes], ...] = ()
    version: str | None = None
    layer: str | None = None
    encoding: str | None = None
    crs: str | None = None
    override_crs: bool = False
    mapping: tuple[tuple[Field, str], ...] | None = None
    as_of: date | None = None
    datum_error_m: float | None = None
    step: str = "file"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), compare=False, repr=False)
    made: dict[str, tuple[Any, Any]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def choices(self) -> Choices:
        from engine.permits.cadastre import Choices

        return Choices(self.layer, self.encoding, self.crs, self.override_crs)

    @property
    def digest(self) -> str:
        """Of the files."""
        parts = (hashlib.sha256(part).hexdigest() for name, data in self.files for part in (name.encode(), data))
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Of the files, bytes."""
        return sum(len(data) for _name, data in self.files)

    def once(self, name: str, rests_on: object, make: Callable[[], Made]) -> Made:
        """What `make` gives, computed again only when what it rests on has changed."""
        known = self.made.get(name)
        if known is None or known[0] != rests_on:
            known = (rests_on, make())
            self.made[name] = known
        made: Made = known[1]
        return made

    def cadastre(self, near: tuple[float, float]) -> Cadastre:
        """The files as they are read.

        Raises
        ------
        InputError
            When they cannot be.
        """

        def read() -> Cadastre:
            from engine.permits.reading import read_cadastre

            with TemporaryDirectory(prefix="pitwatch-upload-") as folder:
                paths = [Path(folder) / Path(name).name for name, _data in self.files]
                for path, (_name, data) in zip(paths, self.files, strict=True):
                    path.write_bytes(data)
                return read_cadastre(paths, self.choices, near=near)

        return self.once("cadastre", (self.digest, self.choices, near), read)

    def register(self, near: tuple[float, float], folder: Path) -> tuple[Register, QualityReport]:
        """The register that the files make with the columns as they are set, or the saved version.

        Parameters
        ----------
        near : of the area, degrees. folder : of the area's saved registers.
        """
        if self.version is not None:
            from engine.permits.versions import read_version

            version = self.version
            return self.once("register", version, lambda: read_version(folder, version)[:2])

        def make() -> tuple[Register, QualityReport]:
            from engine.permits.mappings import remembered
            from engine.permits.registering import make_register

            cadastre = self.cadastre(near)
            own = remembered(folder, cadastre.table.columns) if self.mapping is None else dict(self.mapping)
            return make_register(cadastre, own)

        return self.once("register", (self.digest, self.choices, near, self.mapping), make)


def current(area: str) -> Draft | None:
    """The draft that the page's address names, as after a reload, else that of this session; none of another area."""
    draft: Draft | None = st.session_state.get(_KEY)
    token = st.query_params.get(ADDRESS, "")
    if token and (draft is None or draft.token != token):
        kept = shelf.taken_up(token)
        if kept is not None and kept.area == area:
            draft = st.session_state[_KEY] = kept
    return draft if draft is not None and draft.area == area else None


def is_gone() -> bool:
    """Whether the page's address names a draft that is not kept any more."""
    token = st.query_params.get(ADDRESS, "")
    return bool(token) and shelf.taken_up(token) is None


def begin(draft: Draft) -> None:
    _take(draft)
    show_in_address(draft)


def change(draft: Draft, **changes: Any) -> Draft:
    """Take over what the reader has chosen."""
    changed = replace(draft, **changes)
    _take(changed)
    return changed


def show_in_address(draft: Draft) -> None:
    st.query_params[ADDRESS] = draft.token


def _take(draft: Draft) -> None:
    st.session_state[_KEY] = draft
    shelf.keep(draft)


def show_error(error: InputError) -> None:
    """What is wrong with the input, where, and how it is mended."""
    where = " · ".join(plain.markdown(str(part)) for part in (error.file, error.field) if part)
    mend = _("What to do: {mend}.").format(mend=plain.markdown(error.mend))
    problem = plain.markdown(error.problem)
    st.error(f"**{problem[:1].upper()}{problem[1:]}**  \n{where}  \n{mend}", icon=":material/error:")
