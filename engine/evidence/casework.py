"""What people have made of a patch, from the casebook."""

import re
from dataclasses import asdict
from pathlib import PurePath

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
    photos = [_photo(reader, patch_id, book, one, number) for number, one in enumerate(book.photos(case.id), 1)]
    return Casework(asdict(case), [asdict(entry) for entry in trail], photos)


def _photo(reader: ReleaseReader, patch_id: str, book: Casebook, photo: Photo, number: int) -> CasePhoto:
    place = photo.shot.place
    # Cameras of two people call their photos alike, and a name from outside must not lead out of the archive.
    stem = re.sub(r"[^\w-]+", "_", PurePath(photo.name).stem)[:60]
    return CasePhoto(
        version=photo.version,
        file=photo.name,
        sha256=photo.sha256,
        shot=asdict(photo.shot),
        distance_m=distance_m(reader, patch_id, place) if place else None,
        thumbnail=book.photo_bytes(photo.case_id, photo.sha256, "thumbnail") or b"",
        original=book.photo_bytes(photo.case_id, photo.sha256, "original") or b"",
        archived_as=f"photos/{number:02}-{stem}.{photo.kind.removeprefix('image/')}",
    )
