"""How far outlines and permits may lie from where they are drawn."""

import math
from dataclasses import dataclass

from engine.permits.datums import datum_error
from engine.permits.options import JudgingOptions

# Images that were laid on control points lie off by a pixel or two of 1 m, whatever their resolution; coarser ones by
# half a pixel, as is usual of what is registered to a reference.
_IMAGE_M, _IMAGE_PIXELS = 1.5, 0.5
# An interpreter's line, and the staircase of a segmentation's pixels, lie off the true edge by as much.
_BOUNDARY_M, _BOUNDARY_PIXELS = 1.5, 0.5


@dataclass(frozen=True)
class Precision:
    """total_m : ε = k·√(σ_image² + σ_boundary² + σ_datum²) (METHOD §7): of an outline against a permit. Nearer to its
    boundary nothing is certain. outline_m : k·σ_boundary, by which an outline may be too wide or too narrow; where the
    image lies as a whole does not change its area.

    k : 2, for 95 %. σ_image : where the image lies on the ground. σ_boundary : of an outline in its image. σ_datum : of
    permits; CGCS2000 and WGS 84 have drifted apart by 0.7 m since 2000 (some 3.5 cm a year), a survey of corners by
    handheld or old instruments adds about a metre, and corners are listed to the tenth of a second or the metre.
    At images of 1 to 2 m these give 5 m. Where the
    step from a register's datum to WGS 84 is not public, its σ is some fifty metres (`engine.permits.datums`).
    """

    total_m: float
    outline_m: float


def precision_of(
    options: JudgingOptions, crs: str | None = None, *, pixel_m: float | None = None, boundary_m: float | None = None
) -> Precision:
    """What an area's options say; where they say nothing, what is known of its images and outlines.

    crs : of the register. pixel_m : of the images that outlines come from. boundary_m : as the search for patches gives
    it.
    """
    image, boundary = options.image_error_m, options.boundary_error_m
    if image is None:
        image = max(_IMAGE_M, _IMAGE_PIXELS * (pixel_m or 0.0))
    if boundary is None:
        boundary = max(_BOUNDARY_M, boundary_m or 0.0, _BOUNDARY_PIXELS * (pixel_m or 0.0))
    datum = datum_error(crs or "EPSG:4326") if options.datum_error_m is None else options.datum_error_m
    factor = options.confidence_factor
    return Precision(factor * math.hypot(image, boundary, datum), factor * boundary)
