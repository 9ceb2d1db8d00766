"""Photos of a case: taken in with an entry, small in its trail, and large with what each says of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from components import plain, selection
from engine import wording
from engine.wording import gettext as _
from store.casebook import Casebook
from store.cases import Case, CasebookError, Entry
from store.nearness import distance_m
from store.photos import MOST_BYTES, MOST_PIXELS, SUFFIXES, NewPhoto, Photo, PhotoError, digest, read_photo
from store.reader import ReleaseReader
from web.urls import photo_url

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

# Metres from the patch of its case; None where that is not known.
Distance = Callable[[Photo], float | None]

_MOST_MB = MOST_BYTES // 1024**2
_MOST_AT_ONCE = 20
_SUFFIX_OF = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@dataclass(frozen=True)
class Read:
    """What was given as photos. new : those that the case has not. told : a sentence on each that is not among them.

    problem : of a file that cannot be taken, in words; then none is.
    """

    new: Sequence[NewPhoto] = ()
    told: Sequence[str] = ()
    problem: str = ""


def ask_photos(key: str) -> None:
    """A field for files. A phone that has another kind makes JPEG of it when it is asked for these alone."""
    st.file_uploader(_("Photos"), type=list(SUFFIXES), accept_multiple_files=True, key=key, max_upload_size=_MOST_MB)
    said = _(
        "JPEG, PNG or WebP of up to {most} MB each; save HEIC as JPEG first. When and where is read from the file."
    )
    st.caption(said.format(most=wording.number(_MOST_MB)))


def read_photos(case: Case, files: Sequence[UploadedFile]) -> Read:
    """Look files through that are to be added to a case.

    Raises
    ------
    CasebookError
        When it cannot be read what the case has.
    """
    if not files:
        return Read(problem=_("Nothing was entered: choose a photo."))
    if len(files) > _MOST_AT_ONCE:
        most = wording.number(_MOST_AT_ONCE)
        return Read(problem=_("Nothing was entered: add {most} photos at a time at most.").format(most=most))
    book = Casebook.default()
    kept, trail = {photo.sha256: photo for photo in book.photos(case.id)}, book.trail(case.id)
    since = {entry.version: entry for entry in trail}
    new: dict[str, NewPhoto] = {}
    told = []
    for file in files:
        content = file.getvalue()
        known = digest(content)
        if known in kept:
            told.append(_already(file.name, since[kept[known].version]))
        elif known in new:
            told.append(_("{file} was given twice, and was added once.").format(file=file.name))
        else:
            try:
                new[known] = read_photo(file.name, content)
            except PhotoError as error:
                return Read(problem=_problem(error))
    return Read(list(new.values()), told)


def _already(file: str, entry: Entry) -> str:
    said = _("{file} is in this case already: {person} added it on {day}. It was not added again.")
    return said.format(file=file, person=entry.by, day=wording.day(entry.at.date()))


def _problem(error: PhotoError) -> str:
    said = wording.photo_problem(error.why, error.file, most_mb=_MOST_MB, most_pixels=MOST_PIXELS)
    return _("Nothing was entered: {problem}").format(problem=said)


def thumbnails(entry: Entry, photos: Sequence[Photo], distance: Distance) -> None:
    """The photos of an entry, each a button that shows it large, and a word of those that were taken far away."""
    with st.container(horizontal=True, gap="small"):
        for photo in photos:
            with st.container(width=126, gap="xxsmall"):
                picture = f"![{plain.markdown(photo_words(entry, photo))}]({photo_address(photo, 'thumbnail')})"
                if st.button(picture, key=f"photo-{photo.case_id}-{photo.sha256}", type="tertiary"):
                    st.dialog(_("Photo"), width="large")(_large)(entry, photo, distance, wording.language())
                if far := wording.photo_far(distance(photo)):
                    st.caption(f":orange[:material/wrong_location: {plain.markdown(far)}]")


def photo_distance(reader: ReleaseReader, patch: str, photo: Photo) -> float | None:
    """Metres from a patch; None where the release has it not, and where the photo does not say its place."""
    return distance_m(reader, patch, photo.shot.place) if photo.shot.place else None


def photo_address(photo: Photo, size: str) -> str:
    return photo_url(photo.case_id, photo.sha256, size)


def photo_words(entry: Entry, photo: Photo) -> str:
    """A photo in a few words, for who cannot see it."""
    return " · ".join(part for part in (_("Photo"), entry.text, wording.photo_taken(asdict(photo.shot))) if part)


def _large(entry: Entry, photo: Photo, distance: Distance, language: str) -> None:
    """A photo as large as the window has room for, with all that is known of it."""
    wording.use_language(language)  # what is pressed in a dialog runs it alone, without the page's beginning
    with st.container(key="large-photo"):
        st.markdown(f"![{plain.markdown(photo_words(entry, photo))}]({photo_address(photo, 'picture')})")
    if entry.text:
        st.markdown(f"**{plain.markdown(entry.text)}**")
    st.markdown(" · ".join(plain.markdown(fact) for fact in wording.photo_facts(asdict(photo.shot))))
    if far := wording.photo_far(distance(photo)):
        st.warning(plain.markdown(far), icon=":material/wrong_location:")
    added = _("Added by {person}, {when}, as {file}.")
    said = added.format(person=entry.by, when=wording.moment(entry.at), file=photo.name)
    st.caption(f"{plain.markdown(said)}  \nSHA-256 `{photo.sha256}`")
    with st.container(horizontal=True):
        st.download_button(
            _("The file as it was given"),
            partial(_original, photo),
            # Not by its own name: what is called a page would be opened as one.
            f"case-{photo.case_id}-{photo.sha256[:12]}.{_SUFFIX_OF[photo.kind]}",
            photo.kind,
            key=f"original-{photo.sha256}",
            on_click="ignore",
            icon=":material/download:",
            type="tertiary",
        )
        key = f"place-{photo.sha256}"
        if photo.shot.place and st.button(_("Show on map"), key=key, icon=":material/map:", type="tertiary"):
            selection.select(at=photo.shot.place)
            st.switch_page("pages/inspect/map.py")


def _original(photo: Photo) -> bytes:
    found = Casebook.default().photo_bytes(photo.case_id, photo.sha256, "original")
    if found is None:
        raise CasebookError(f"case {photo.case_id} has no photo {photo.sha256}")
    return found
