"""Where the photos of a case were taken, as marks on the map."""

from dataclasses import asdict

from components.case_photos import photo_address, photo_distance, photo_words
from components.map import PhotoMark
from engine import wording
from store.casebook import Casebook
from store.cases import CasebookError, Entry
from store.photos import Photo
from store.reader import ReleaseReader


def photo_marks(reader: ReleaseReader, patch: str | None) -> list[PhotoMark]:
    """Where the photos of a patch's case were taken, for the map; none where the casebook cannot be read, of which the
    patch's card has a word."""
    book = Casebook.default()
    try:
        found = book.file_of(reader.info.area, patch) if patch else None
        photos = book.photos(found[0].id) if found else []
    except CasebookError:
        return []
    entries = {entry.version: entry for entry in found[1]} if found else {}
    return [
        _mark(entries[photo.version], photo, photo.shot.place, photo_distance(reader, found[0].patch, photo))
        for photo in photos
        if found and photo.shot.place
    ]


def _mark(entry: Entry, photo: Photo, at: tuple[float, float], distance: float | None) -> PhotoMark:
    far = wording.photo_far(distance)
    lines = (entry.text, wording.photo_taken(asdict(photo.shot)), far)
    return PhotoMark(
        at=at,
        direction=photo.shot.direction,
        thumbnail=photo_address(photo, "thumbnail"),
        picture=photo_address(photo, "picture"),
        words=photo_words(entry, photo),
        lines=[line for line in lines if line],
    )
