"""What people have made of a patch, from the casebook."""

from dataclasses import asdict

from engine.evidence.case import CasePhoto, Casework
from store.casebook import Casebook
from store.nearness import distance_m
from store.photos import Photo
from store.reader import ReleaseReader


def gather_casework(reader: ReleaseReader, patch_id: str, book: Casebook) -> Casework | None:
    """The case of a patch with its trail and photos; None where nobody has opened one.

    Raises
    ------
    CasebookError
        When the casebook cannot be read.
    """
    found = book.file_of(reader.info.area, patch_id)
    if found is None:
        return None
    case, trail = found
    photos = [_photo(reader, patch_id, book, one) for one in book.photos(case.id)]
    return Casework(asdict(case), [asdict(entry) for entry in trail], photos)


def _photo(reader: ReleaseReader, patch_id: str, book: Casebook, photo: Photo) -> CasePhoto:
    place = photo.shot.place
    return CasePhoto(
        version=photo.version,
        file=photo.name,
        sha256=photo.sha256,
        shot=asdict(photo.shot),
        distance_m=distance_m(reader, patch_id, place) if place else None,
        thumbnail=book.photo_bytes(photo.case_id, photo.sha256, "thumbnail") or b"",
    )
