"""What a register can say of a permit, whatever its columns are called."""

from enum import StrEnum


class Field(StrEnum):
    """NUMBER : by which a permit is named. KIND : what it is a permit for, such as extraction or exploration.

    VALIDITY and ELEVATIONS : both ends in one column. RECLAIM_BY : day on which the ground has to be restored.
    """

    NUMBER = "number"
    MINE = "mine"
    HOLDER = "holder"
    MINERAL = "mineral"
    KIND = "kind"
    STATUS = "status"
    VALID_FROM = "valid_from"
    VALID_TO = "valid_to"
    VALIDITY = "validity"
    ISSUED = "issued"
    AREA = "area"
    TOP = "top"
    BOTTOM = "bottom"
    ELEVATIONS = "elevations"
    RECLAIM_BY = "reclaim_by"
