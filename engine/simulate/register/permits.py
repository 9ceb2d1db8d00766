"""What a register of mining permits holds, and the ways in which a patch can stand to it. All names are made up."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shapely import Polygon

from engine.simulate.plan import MineClass

# What radar sees, and with it the time that verdicts are about (METHOD §5).
PERIOD = datetime.date(2019, 1, 1), datetime.date(2021, 12, 30)
# Of a boundary against an image, m: within it a verdict is doubtful (METHOD §7).
POSITIONAL_ERROR_M = 5.0


class PermitCase(StrEnum):
    """How a patch was set against the register; a prohibited zone comes on top of another case."""

    INSIDE = "inside"
    CROSSES = "crosses"
    NO_PERMIT = "no permit"
    AFTER_EXPIRY = "after expiry"
    BEFORE_START = "before start"
    RENEWAL_PENDING = "renewal pending"
    EXPLORATION_ONLY = "exploration only"
    OTHER_MINERAL = "other mineral"
    SHIFTED = "shifted"
    MISSING_DATES = "missing dates"
    PROHIBITED_ZONE = "prohibited zone"
    NOT_RECLAIMED = "not reclaimed"


class PermitKind(StrEnum):
    MINING = "采矿许可证"
    EXPLORATION = "探矿许可证"


class PermitStatus(StrEnum):
    """As the office last set it; an expired permit may still be called valid."""

    VALID = "有效"
    EXPIRED = "过期"
    RENEWAL = "延续受理"
    WITHDRAWN = "注销"


@dataclass(frozen=True)
class Permit:
    """One record. area_km2 : as declared, which is not quite what the polygon covers. top_m, bottom_m : elevations
    between which may be dug. reclaim_by : day on which the ground has to be restored.

    case : what it was drawn for; none on ground without a mine. shift_m : by which its polygon lies too far east and
    north, as after a wrong datum. Both are truth, and not in the register.
    """

    number: str
    mine: str
    holder: str
    mineral: str
    kind: PermitKind
    status: PermitStatus | None
    valid_from: datetime.date | None
    valid_to: datetime.date | None
    issued: datetime.date | None
    area_km2: float
    top_m: int
    bottom_m: int
    reclaim_by: datetime.date | None
    outline: Polygon
    case: PermitCase | None = None
    shift_m: tuple[float, float] | None = None

    def valid_on(self, day: datetime.date) -> bool:
        return self.valid_from is not None and self.valid_to is not None and self.valid_from <= day <= self.valid_to

    def allows(self, mine_class: MineClass) -> bool:
        """Whether its mineral is what a class of mine yields."""
        return self.mineral in MINERALS[mine_class]


@dataclass(frozen=True)
class Zone:
    """A protected zone in which nothing may be mined."""

    name: str
    since: datetime.date
    outline: Polygon


@dataclass(frozen=True)
class Register:
    """cases : what each patch, by its number, was set up as; truth, and not in the files."""

    permits: tuple[Permit, ...]
    zones: tuple[Zone, ...]
    cases: Mapping[int, PermitCase]


# Names that registers use for the mineral of each class; the first is the most frequent one.
MINERALS = {
    MineClass.GANGUE_DUMP: ("煤", "煤炭", "煤矸石"),
    MineClass.IRON_PIT: ("铁矿", "铁", "赤铁矿"),
    MineClass.CLAY_PIT: ("陶瓷土", "粘土", "陶瓷粘土"),
    MineClass.SANDSTONE_PIT: ("砂岩", "建筑石料", "建筑用砂岩"),
}
# Minerals of none of the classes.
OTHER_MINERALS = ("石膏", "石灰岩", "白云岩", "建筑用砂")

# The digit of a permit's number that stands for its mineral's group: fuel, metal, else 7.
_GROUPS = {"煤": "1", "煤炭": "1", "煤矸石": "1", "铁矿": "2", "铁": "2", "赤铁矿": "2"}
_DIGITS = "零一二三四五六七八九"


def permit_number(kind: PermitKind, mineral: str, issued: datetime.date, serial: int) -> str:
    """Of the form that numbers have today: C for mining or T for exploration, the city, year and month of
    issue, group of the mineral, 130, serial number. Serial numbers from 900 001 on are made up."""
    letter = "C" if kind is PermitKind.MINING else "T"
    return f"{letter}640500{issued:%Y%m}{_GROUPS.get(mineral, '7')}130{900_000 + serial}"


def holder_name(owner: int) -> str:
    return f"卫宁{_numeral(owner)}号矿业公司"


def mine_name(number: int, mineral: str) -> str:
    return f"卫宁{_numeral(number)}号{mineral.removesuffix('矿')}矿"


def _numeral(number: int) -> str:
    """A number from 1 to 999 in Chinese."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{_DIGITS[tens]}十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")
