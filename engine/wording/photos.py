"""What is said of photos in a case: when and where they were taken, and why a file cannot be taken as one."""

from collections.abc import Mapping
from typing import Any

from engine.wording.language import gettext as _
from engine.wording.numbers import day, number, place

# From here on a reader must know that a photo may show something else: further than the error of a phone's position and
# than where one stands to have the whole of a pit in the picture.
FAR_M = 500.0


def photo_facts(shot: Mapping[str, Any]) -> list[str]:
    """What a photo says of itself. shot : fields of the store's `Shot`."""
    facts = [photo_taken(shot)]
    if shot["lon"] is None:
        facts.append(_("the photo does not say where it was taken"))
    else:
        facts.append(place(shot["lon"], shot["lat"]))
    if shot["direction"] is not None:
        facts.append(photo_direction(shot["direction"]))
    return facts


def photo_taken(shot: Mapping[str, Any]) -> str:
    """When, by the camera's clock."""
    at = shot["taken_at"]
    if at is None:
        return _("the photo does not say when it was taken")
    said = f"{day(at.date())} {at:%H:%M} {shot['utc_offset']}".strip()
    return _("taken {when}").format(when=said)


def photo_direction(degrees: float) -> str:
    """In which direction the camera looked."""
    said = (
        _("looking north ({degrees}°)"),
        _("looking northeast ({degrees}°)"),
        _("looking east ({degrees}°)"),
        _("looking southeast ({degrees}°)"),
        _("looking south ({degrees}°)"),
        _("looking southwest ({degrees}°)"),
        _("looking west ({degrees}°)"),
        _("looking northwest ({degrees}°)"),
    )
    return said[round(degrees / 45) % 8].format(degrees=number(round(degrees) % 360))


def photo_far(distance_m: float | None) -> str:
    """That a photo was taken elsewhere than at the patch; empty where it was not, and where that is not known."""
    if distance_m is None or distance_m < FAR_M:
        return ""
    km = distance_m / 1000
    return _("taken {distance} km from the patch").format(distance=number(km, 1 if km < 100 else 0))


def photo_problem(why: str, file: str, *, most_mb: int, most_pixels: int) -> str:
    """Why a file cannot be taken as a photo, and what mends it. why : of the store's `PhotoError`."""
    return {
        "empty": _("{file} is empty: send it once more."),
        "bytes": _("{file} is larger than {most} MB: make it smaller, or take it with fewer pixels."),
        "pixels": _("{file} has more than {pixels} million pixels: make it smaller."),
        "kind": _("{file} is no JPEG, PNG or WebP: save it as JPEG (a phone's HEIC too) and add that."),
        "broken": _("{file} is broken, and cannot be drawn: copy it from the camera once more, or save it anew."),
    }[why].format(file=file, most=number(most_mb), pixels=number(most_pixels / 1e6))
