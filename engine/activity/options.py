"""Options of activity."""

from pydantic import Field

from engine.options import Options, Positive, Share


class ActivityOptions(Options):
    """radius_m : of the halo. threshold_mm_per_year : slower than this is no motion. min_cluster_pixels : of one sign.

    decorrelated_share : the patch counts as decorrelated when more than this share of what the radar saw of it is.
    still_radius_m : how far round a patch ground that stands still is looked for, which its series is held against.
    """

    radius_m: float = Field(default=500.0, ge=0)
    threshold_mm_per_year: Positive = 5.0
    min_cluster_pixels: int = Field(default=10, ge=1)
    decorrelated_share: Share = 0.5
    still_radius_m: float = Field(default=300.0, ge=0)
